"""Count and weigh the n-grams of texts as sparse matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from stancekit.ngrams.definition import NgramMap
from stancekit.ngrams.kernels import choose_kernel
from stancekit.ngrams.packing import as_sequence, split_blocks


def count_ngrams(
    ngram_map: NgramMap, texts: Any, *, kernel: str = "auto"
) -> tuple[csr_matrix, csr_matrix]:
    """Count the n-grams of each text.

    Parameters
    ----------
    ngram_map : NgramMap
    texts : sequence of str of length n
        A list, tuple, array or Series; an Arrow-backed one is not copied.
    kernel : {"auto", "numpy", "numba"}, default="auto"
        What counts; the result is the same.

    Returns
    -------
    words, characters : csr_matrix of float32, each of shape (n, n_buckets)
        Occurrences, in canonical form: indices sorted, none twice.

    Examples
    --------
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
    """Return the weight of each bucket by how few texts have it.

    The weight is ``log((1 + n) / (1 + df)) + 1`` for n texts, df of which have the
    bucket, and 0 where df is below `min_count`: an unknown bucket must not count.

    Parameters
    ----------
    counts : csr_matrix of shape (n, n_buckets)
        Occurrences, in canonical form.
    min_count : int, default=1
        In how many texts a bucket must stand to be known.

    Returns
    -------
    ndarray of float32 of shape (n_buckets,)

    Examples
    --------
    >>> counts, _ = count_ngrams(NgramMap(), ["ja", "ja nein"])
    >>> idf = inverse_document_frequency(counts)
    >>> idf[idf > 0].round(2)
    array([1.  , 1.41, 1.41], dtype=float32)
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
    the length of the row, it adds up over the parts of a text.

    Parameters
    ----------
    counts : csr_matrix of shape (n, n_buckets)
        Occurrences.
    idf : ndarray of shape (n_buckets,)
        Weights of the buckets, 0 for unknown ones.

    Returns
    -------
    csr_matrix of float32 of shape (n, n_buckets)
        Without the unknown buckets; a row in which nothing is known is empty.

    Examples
    --------
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
