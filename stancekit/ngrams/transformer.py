"""Offer the hashed n-grams as a scikit-learn transformer."""

from __future__ import annotations

from typing import Any

from scipy.sparse import csr_matrix, hstack
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from stancekit.ngrams.counting import inverse_document_frequency, weigh
from stancekit.ngrams.definition import NgramMap


class HashedNgrams(TransformerMixin, BaseEstimator):
    """Weighted word and character n-grams of texts, for any estimator.

    Parameters
    ----------
    word_ngrams, char_ngrams, n_buckets
        See `NgramMap`.
    min_count : int, default=1
        In how many texts a bucket must stand to be known.
    kernel : {"auto", "numpy", "numba"}, default="auto"
        What counts; the result is the same.
    """

    def __init__(
        self,
        *,
        word_ngrams: tuple[int, int] | None = (1, 2),
        char_ngrams: tuple[int, int] | None = (2, 5),
        n_buckets: int = 2**20,
        min_count: int = 1,
        kernel: str = "auto",
    ) -> None:
        self.word_ngrams = word_ngrams
        self.char_ngrams = char_ngrams
        self.n_buckets = n_buckets
        self.min_count = min_count
        self.kernel = kernel

    def fit(self, X: Any, y: Any = None) -> HashedNgrams:
        """Learn how rare each bucket is."""
        self.fit_transform(X)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> csr_matrix:
        """Learn how rare each bucket is and weigh the same texts."""
        self.ngram_map_ = NgramMap(self.word_ngrams, self.char_ngrams, self.n_buckets)
        blocks = self.ngram_map_.count(X, kernel=self.kernel)
        self.idf_ = tuple(inverse_document_frequency(b, self.min_count) for b in blocks)
        return self._weigh(blocks)

    def transform(self, X: Any) -> csr_matrix:
        """Return the weighted n-grams, words first, of shape (n, 2 * n_buckets)."""
        check_is_fitted(self)
        return self._weigh(self.ngram_map_.count(X, kernel=self.kernel))

    def _weigh(self, blocks: Any) -> csr_matrix:
        return hstack([weigh(*pair) for pair in zip(blocks, self.idf_, strict=True)], format="csr")
