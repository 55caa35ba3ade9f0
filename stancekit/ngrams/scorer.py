"""Score texts by the weights of their n-grams."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any, Protocol

import numpy as np

from stancekit.ngrams.counting import inverse_document_frequency
from stancekit.ngrams.definition import NgramMap
from stancekit.ngrams.kernels import choose_kernel
from stancekit.ngrams.packing import as_sequence, split_blocks


@dataclass(frozen=True, eq=False)
class NgramTable:
    """What a model knows about one block: its known buckets and their weights.

    Attributes
    ----------
    buckets : ndarray of int32 of shape (n_known,)
        In ascending order.
    idf : ndarray of float32 of shape (n_known,)
        How rare each is.
    weights : ndarray of float32 of shape (n_known, n_scores)
        What each adds to a score, per unit of the feature.
    """

    buckets: np.ndarray
    idf: np.ndarray
    weights: np.ndarray

    def __post_init__(self) -> None:
        n_known = len(self.buckets)
        if len(self.idf) != n_known or self.weights.shape[:1] != (n_known,):
            raise ValueError(
                f"There are {n_known} buckets, {len(self.idf)} idf values and weights "
                f"of shape {self.weights.shape}. Each bucket needs one of each."
            )
        if n_known and (self.buckets[0] < 0 or np.any(np.diff(self.buckets) <= 0)):
            raise ValueError("The buckets are not in ascending order from 0 on.")

    @classmethod
    def from_dense(cls, idf: np.ndarray, weights: np.ndarray) -> NgramTable:
        """Keep the known buckets, those whose idf is not 0.

        Parameters
        ----------
        idf : ndarray of shape (n_buckets,)
        weights : ndarray of shape (n_buckets, n_scores)

        Returns
        -------
        NgramTable

        Examples
        --------
        >>> idf, weights = np.array([0.0, 1.5]), np.array([[0.0], [2.0]])
        >>> NgramTable.from_dense(idf, weights).buckets
        array([1], dtype=int32)
        """
        known = np.flatnonzero(idf)
        return cls(
            known.astype(np.int32),
            np.asarray(idf, dtype=np.float32)[known],
            np.asarray(weights, dtype=np.float32)[known],
        )

    def to_rows(self, width: int) -> np.ndarray:
        """Return what one occurrence adds up to: scores, squared norm, 1, fill.

        Parameters
        ----------
        width : int
            Number of columns, at least ``n_scores + 2``.

        Returns
        -------
        ndarray of float32 of shape (n_known, width)
        """
        n_scores = self.weights.shape[1]
        rows = np.zeros((len(self.buckets), width), dtype=np.float32)
        idf = self.idf.astype(np.float32)
        rows[:, :n_scores] = idf[:, None] * self.weights
        rows[:, n_scores] = idf**2
        rows[:, n_scores + 1] = 1
        return rows


class Engine(Protocol):
    """What a kernel offers: a space for each thread, and scoring in it."""

    def make_space(self) -> Any:
        """Return an empty cache and room to work."""

    def score(
        self, block: Any, space: Any, scores: np.ndarray, evidence: np.ndarray
    ) -> None:
        """Write scores and evidence of a block of texts into arrays of zeros."""


class NgramScorer:
    """Scores texts by their n-grams, without building a feature matrix.

    A score is the sum of ``occurrences * idf * weight`` over the known n-grams of a
    block, divided by the norm of the block (see `weigh`), and summed over the two
    blocks.

    What a chunk of text adds up to depends on the chunk alone, so it is kept in a
    cache of fixed size for chunks that come again, one for each thread. The cache
    never changes a result and is left behind when the scorer is copied or pickled.

    Parameters
    ----------
    ngram_map : NgramMap
    words, characters : NgramTable
        The known buckets of the two blocks, with as many scores each.
    kernel : {"auto", "numpy", "numba"}, default="auto"
        What scores. The results differ by rounding of single precision only.
    n_slots : int, default=65536
        Size of each cache in chunks, a power of two from 4 on; a chunk takes about
        100 bytes.

    Examples
    --------
    >>> ngram_map = NgramMap(char_ngrams=None)
    >>> counts, _ = ngram_map.count(["gut", "schlecht"])
    >>> idf = inverse_document_frequency(counts)
    >>> weights = np.ones((ngram_map.n_buckets, 1))
    >>> words = NgramTable.from_dense(idf, weights)
    >>> none = NgramTable.from_dense(0 * idf, weights)
    >>> scores, evidence = NgramScorer(ngram_map, words, none).score(["gut gut", "so"])
    >>> scores.round(3).tolist(), evidence.tolist()
    ([[1.414], [0.0]], [2, 0])
    """

    _engine: Engine | None
    _spaces: list[Any]

    def __init__(
        self,
        ngram_map: NgramMap,
        words: NgramTable,
        characters: NgramTable,
        *,
        kernel: str = "auto",
        n_slots: int = 2**16,
    ) -> None:
        for table in (words, characters):
            if len(table.buckets) and table.buckets[-1] >= ngram_map.n_buckets:
                raise ValueError(
                    f"Bucket {table.buckets[-1]} is none of the {ngram_map.n_buckets} "
                    "of the map. The table belongs to another map."
                )
        if words.weights.shape[1] != characters.weights.shape[1]:
            raise ValueError(
                f"The words have {words.weights.shape[1]} scores, the characters "
                f"{characters.weights.shape[1]}. They must have the same."
            )
        if n_slots < 4 or n_slots & (n_slots - 1):
            raise ValueError(f"n_slots is {n_slots}. Give a power of two from 4 on.")
        self.ngram_map = ngram_map
        self.words = words
        self.characters = characters
        self.kernel = kernel
        self.n_slots = n_slots
        self._forget()

    @property
    def n_scores(self) -> int:
        """How many scores a text gets."""
        return self.words.weights.shape[1]

    def score(self, texts: Any, *, n_threads: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Score texts.

        Parameters
        ----------
        texts : sequence of str of length n
            A list, tuple, array or Series; an Arrow-backed one is not copied.
        n_threads : int, default=1
            How many threads share the work. The result is the same.

        Returns
        -------
        scores : ndarray of float64 of shape (n, n_scores)
        evidence : ndarray of int64 of shape (n,)
            How many n-grams of the text are known, each as often as it occurs.

        Raises
        ------
        TypeError
            If a text is no string.
        """
        texts = as_sequence(texts)
        scores = np.zeros((len(texts), self.n_scores))
        evidence = np.zeros(len(texts), dtype=np.int64)
        engine = self._engine = self._engine or self._make_engine()
        blocks, lock = split_blocks(texts), Lock()
        work = partial(self._score_blocks, engine, blocks, lock, scores, evidence)
        if n_threads == 1:
            work()
            return scores, evidence
        with ThreadPoolExecutor(n_threads) as pool:
            for done in [pool.submit(work) for _ in range(n_threads)]:
                done.result()
        return scores, evidence

    def _score_blocks(
        self,
        engine: Engine,
        blocks: Iterator[tuple[int, Any]],
        lock: Lock,
        scores: np.ndarray,
        evidence: np.ndarray,
    ) -> None:
        """Score one block after the other until none is left."""
        try:
            space = self._spaces.pop()
        except IndexError:
            space = engine.make_space()
        while True:
            with lock:
                start, block = next(blocks, (0, None))
            if block is None:
                break
            rows = slice(start, start + len(block))
            engine.score(block, space, scores[rows], evidence[rows])
        self._spaces.append(space)

    def _make_engine(self) -> Engine:
        """Prepare the tables for the kernel."""
        tables = self.words, self.characters
        if choose_kernel(self.kernel) == "numba":
            from stancekit.ngrams.numba_scoring import NumbaEngine

            return NumbaEngine(self.ngram_map, *tables, self.n_slots)
        from stancekit.ngrams.numpy_scoring import NumpyEngine

        return NumpyEngine(self.ngram_map, *tables, self.n_slots)

    def _forget(self) -> None:
        """Drop all that is made on demand."""
        self._engine = None
        self._spaces = []

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if not k.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._forget()


def warm_up(kernel: str = "auto") -> None:
    """Compile what counts and scores, or load it if it was compiled before.

    Without this, the first text pays for it: some ten seconds once after
    installation, then less than a second in each process.

    Parameters
    ----------
    kernel : {"auto", "numpy", "numba"}, default="auto"
    """
    ngram_map = NgramMap(n_buckets=2)
    tables = []
    for counts in ngram_map.count([""], kernel=kernel):
        idf = inverse_document_frequency(counts)
        tables.append(NgramTable.from_dense(idf, np.zeros((len(idf), 1))))
    NgramScorer(ngram_map, *tables, kernel=kernel, n_slots=4).score([""])
