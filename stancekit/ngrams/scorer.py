"""Score texts by the weights of their n-grams."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

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
        rows[:, :n_scores] = self.idf[:, None] * self.weights
        rows[:, n_scores] = self.idf**2
        rows[:, n_scores + 1] = 1
        return rows


class Engine(Protocol):
    """What a kernel offers: a space for each thread, and scoring in it."""

    def make_space(self) -> Any:
        """Return an empty cache and room to work."""

    def score(
        self, block: Any, space: Any, scores: np.ndarray, evidence: np.ndarray
    ) -> None:
        """Write scores and evidence of a block of texts."""


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
        Size of each cache in chunks, a power of two; a chunk takes about 100 bytes.

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

    def __init__(
        self,
        ngram_map: NgramMap,
        words: NgramTable,
        characters: NgramTable,
        *,
        kernel: str = "auto",
        n_slots: int = 2**16,
    ) -> None:
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
        if self._engine is None:
            self._engine = self._make_engine()

        def score_block(start: int, block: Any) -> None:
            rows = slice(start, start + len(block))
            self._score_block(block, scores[rows], evidence[rows])

        if n_threads == 1:
            for start, block in split_blocks(texts):
                score_block(start, block)
        else:
            with ThreadPoolExecutor(n_threads) as pool:
                # Consumed for the exceptions.
                list(pool.map(score_block, *zip(*split_blocks(texts), strict=True)))
        return scores, evidence

    def _score_block(
        self, block: Any, scores: np.ndarray, evidence: np.ndarray
    ) -> None:
        """Score a block in a space that no other thread uses meanwhile."""
        try:
            space = self._spaces.pop()
        except IndexError:
            space = self._engine.make_space()
        self._engine.score(block, space, scores, evidence)
        self._spaces.append(space)

    def _make_engine(self) -> Engine:
        """Prepare the tables for the kernel."""
        if choose_kernel(self.kernel) == "numba":
            from stancekit.ngrams.numba_scoring import NumbaEngine

            return NumbaEngine(
                self.ngram_map, self.words, self.characters, self.n_slots
            )
        from stancekit.ngrams.numpy_scoring import NumpyEngine

        return NumpyEngine(self.ngram_map, self.words, self.characters, self.n_slots)

    def _forget(self) -> None:
        """Drop all that is made on demand."""
        self._engine: Engine | None = None
        self._spaces: list[Any] = []

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if not k.startswith("_")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._forget()
