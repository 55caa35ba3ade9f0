"""Count the n-grams of texts as sparse matrices, and weigh them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from stancekit.errors import missing_extra
from stancekit.ngrams.definition import NgramMap
from stancekit.ngrams.packing import as_sequence, split_blocks

KERNELS = ("auto", "numpy", "numba")


def choose_kernel(kernel: str) -> str:
    """Return what counts and scores: numba where it is installed, else numpy."""
    if kernel not in KERNELS:
        raise ValueError(f"kernel is {kernel!r}. Choose one of {KERNELS}.")
    error = _numba_error()
    # The compiled code reads eight bytes as one number, lowest byte first.
    if kernel == "auto":
        return "numba" if error is None and sys.byteorder == "little" else "numpy"
    if kernel == "numba" and error is not None:
        raise missing_extra("numba", "fast", "The numba kernel") from error
    return kernel


def _numba_error() -> Exception | None:
    """Return why numba cannot be imported, or None if it can."""
    try:
        import numba  # noqa: F401
    # One that is there but does not fit the other packages may raise anything.
    except Exception as error:
        return error
    return None


def count_ngrams(
    ngram_map: NgramMap, texts: Any, *, kernel: str = "auto"
) -> tuple[csr_matrix, csr_matrix]:
    """Count the words, and the character n-grams, of n texts of any container.

    Each matrix, of float32 and shape (n, n_buckets), is in canonical form: indices
    sorted, none twice. It is the same with any kernel.

    >>> words, characters = count_ngrams(NgramMap(), ["Ja, ja!", "Nein"])
    >>> words.shape, words.nnz
    ((2, 1048576), 3)
    """
    if choose_kernel(kernel) == "numba":
        from stancekit.ngrams.numba_counting import find_keys
    else:
        from stancekit.ngrams.numpy_counting import find_keys
    texts = as_sequence(texts)
    words, characters = _Rows(ngram_map.n_buckets), _Rows(ngram_map.n_buckets)
    for _, block in split_blocks(texts):
        word_keys, char_keys = find_keys(ngram_map, block)
        words.add(word_keys, len(block))
        characters.add(char_keys, len(block))
    return words.to_matrix(), characters.to_matrix()


class _Rows:
    """The rows of a matrix of counts, block by block."""

    def __init__(self, n_buckets: int) -> None:
        self.n_buckets = n_buckets
        self.buckets = [np.empty(0, np.int32)]
        self.counts = [np.empty(0, np.float32)]
        self.sizes = [np.zeros(1, np.int64)]

    def add(self, keys: np.ndarray, n_rows: int) -> None:
        """Add rows by their keys ``row * n_buckets + bucket``."""
        keys.sort()
        firsts = np.flatnonzero(np.diff(keys, prepend=keys[:1] + np.uint32(1)))
        self.counts.append(np.diff(firsts, append=len(keys)).astype(np.float32))
        rows, buckets = np.divmod(keys[firsts], np.uint32(self.n_buckets))
        self.buckets.append(buckets.astype(np.int32))
        self.sizes.append(np.bincount(rows, minlength=n_rows))

    def to_matrix(self) -> csr_matrix:
        """Return all rows as one matrix."""
        starts = np.cumsum(np.concatenate(self.sizes))
        parts = (np.concatenate(self.counts), np.concatenate(self.buckets), starts)
        matrix = csr_matrix(parts, shape=(len(starts) - 1, self.n_buckets))
        matrix.has_canonical_format = True
        return matrix


def inverse_document_frequency(counts: csr_matrix, min_count: int = 1) -> np.ndarray:
    """Return the weight of each bucket by how few of n texts have it.

    The weight is ``log((1 + n) / (1 + df)) + 1``, of float32, where df texts have the
    bucket, and 0 where df is below `min_count`: an unknown bucket must not count.
    """
    n_texts, n_buckets = counts.shape
    frequency = np.bincount(counts.indices, minlength=n_buckets)
    # Of a million buckets few texts have some thousand.
    known = np.flatnonzero(frequency >= max(min_count, 1))
    idf = np.zeros(n_buckets, dtype=np.float32)
    idf[known] = np.log((1 + n_texts) / (1 + frequency[known])) + 1
    return idf


def weigh(counts: csr_matrix, idf: np.ndarray) -> csr_matrix:
    """Weigh occurrences by rarity and divide each text by its norm.

    The norm is the root of the sum of ``idf ** 2`` over all *occurrences*. Unlike
    the length of the row, it adds up over the parts of a text. Unknown buckets, of
    idf 0, have no entries; a row in which nothing is known is empty.

    >>> counts = csr_matrix([[3.0, 0.0, 1.0], [0.0, 2.0, 0.0]])
    >>> weigh(counts, np.array([1.0, 0.0, 1.0])).toarray()
    array([[1.5, 0. , 0.5], [0. , 0. , 0. ]], dtype=float32)
    """
    norms = np.sqrt(counts @ np.square(idf, dtype=np.float64))
    norms[norms == 0] = 1
    values = counts.data * idf[counts.indices]
    values /= np.repeat(norms, np.diff(counts.indptr))
    parts = (values.astype(np.float32, copy=False), counts.indices, counts.indptr)
    weighted = csr_matrix(parts, shape=counts.shape, copy=True)
    weighted.eliminate_zeros()
    return weighted


@dataclass(frozen=True, eq=False)
class NgramTable:
    """What a model knows about one block: its known buckets and their weights."""

    buckets: np.ndarray  # int32 (n_known,), ascending
    idf: np.ndarray  # float32 (n_known,), how rare each is
    weights: np.ndarray  # float32 (n_known, n_scores), per unit of the feature

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
        """Keep, of idf and weights of all buckets, those whose idf is not 0."""
        known = np.flatnonzero(idf)
        return cls(
            known.astype(np.int32),
            np.asarray(idf, dtype=np.float32)[known],
            np.asarray(weights, dtype=np.float32)[known],
        )

    def to_rows(self, width: int) -> np.ndarray:
        """Return what one occurrence adds up to: scores, squared norm, zeros."""
        n_scores = self.weights.shape[1]
        rows = np.zeros((len(self.buckets), width), dtype=np.float32)
        idf = self.idf.astype(np.float32)
        rows[:, :n_scores] = idf[:, None] * self.weights
        rows[:, n_scores] = idf**2
        return rows
