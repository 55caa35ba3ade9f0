"""Score texts by the weights of their n-grams."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any

import numpy as np

from stancekit.ngrams.counting import (
    NgramTable,
    choose_kernel,
    count_ngrams,
    inverse_document_frequency,
)
from stancekit.ngrams.definition import NgramMap
from stancekit.ngrams.packing import as_sequence, split_blocks


class NgramScorer:
    """Scores texts by their n-grams, without building a feature matrix.

    A score is the sum of ``occurrences * idf * weight`` over the known n-grams of a
    block, divided by the norm of the block (see `weigh`), and summed over the two
    blocks.

    What a chunk of text adds up to depends on the chunk alone, so it is kept in a
    cache of fixed size for chunks that come again, one for each thread. The cache
    never changes a result and is left behind when the scorer is copied or pickled.

    The tables hold the known buckets of the two blocks, with as many scores each;
    `is_known` tells which of all buckets hold a known word, by default none. The
    kernels differ by rounding of single precision only. `n_slots` is the size of each
    cache in chunks, a power of two from 4 on; a chunk takes about 100 bytes.

    >>> ngram_map = NgramMap(char_ngrams=None)
    >>> counts, _ = count_ngrams(ngram_map, ["gut", "schlecht"])
    >>> idf = inverse_document_frequency(counts)
    >>> weights = np.ones((ngram_map.n_buckets, 1))
    >>> words = NgramTable.from_dense(idf, weights)
    >>> none = NgramTable.from_dense(0 * idf, weights)
    >>> scorer = NgramScorer(ngram_map, words, none, is_known=idf > 0)
    >>> scores, n_words = scorer.score(["gut gut", "so gut", "so"])
    >>> scores.round(3).tolist(), n_words.tolist()
    ([[1.414], [1.0], [0.0]], [[2, 2], [2, 1], [1, 0]])
    """

    _engine: Any  # of the kernel
    _spaces: list[Any]  # a cache and room to work for each thread

    def __init__(
        self,
        ngram_map: NgramMap,
        words: NgramTable,
        characters: NgramTable,
        *,
        is_known: np.ndarray | None = None,
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
        unknown = np.zeros(ngram_map.n_buckets, dtype=bool)
        self.is_known = unknown if is_known is None else is_known
        self.kernel = kernel
        self.n_slots = n_slots
        self._forget()

    @property
    def n_scores(self) -> int:
        """How many scores a text gets."""
        return self.words.weights.shape[1]

    def score(self, texts: Any, *, n_threads: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Score n texts of any container, the same with any number of threads.

        Returns the scores, float64 of shape (n, n_scores), and, int64 of shape (n, 2),
        how many words each text has and how many of them are known, each as often as
        it occurs.
        """
        texts = as_sequence(texts)
        scores = np.zeros((len(texts), self.n_scores))
        words = np.zeros((len(texts), 2), dtype=np.int64)
        engine = self._engine = self._engine or self._make_engine()
        blocks, lock = split_blocks(texts), Lock()
        work = partial(self._score_blocks, engine, blocks, lock, scores, words)
        if n_threads == 1:
            work()
            return scores, words
        with ThreadPoolExecutor(n_threads) as pool:
            for done in [pool.submit(work) for _ in range(n_threads)]:
                done.result()
        return scores, words

    def _score_blocks(
        self,
        engine: Any,
        blocks: Iterator[tuple[int, Any]],
        lock: Lock,
        scores: np.ndarray,
        words: np.ndarray,
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
            engine.score(block, space, scores[rows], words[rows])
        self._spaces.append(space)

    def _make_engine(self) -> Any:
        """Prepare the tables for the kernel."""
        tables = self.words, self.characters, self.is_known
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
    """
    ngram_map = NgramMap(n_buckets=2)
    tables = []
    for counts in count_ngrams(ngram_map, [""], kernel=kernel):
        idf = inverse_document_frequency(counts)
        tables.append(NgramTable.from_dense(idf, np.zeros((len(idf), 1))))
    NgramScorer(ngram_map, *tables, kernel=kernel, n_slots=4).score([""])


def is_compiled(kernel: str = "auto") -> bool:
    """Return whether the first text need not wait for a compilation of some seconds."""
    if choose_kernel(kernel) == "numpy":
        return True
    from stancekit.ngrams.compiling import is_ready
    from stancekit.ngrams.numba_counting import write_keys
    from stancekit.ngrams.numba_scoring import score

    return is_ready(write_keys) and is_ready(score)
