"""Offer the hashed n-grams as a scikit-learn transformer."""

from __future__ import annotations

from typing import Any, NoReturn

from scipy.sparse import csr_matrix, hstack
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from stancekit.ngrams.counting import inverse_document_frequency, weigh
from stancekit.ngrams.definition import NgramMap


class HashedNgrams(TransformerMixin, BaseEstimator):
    """Weighted word and character n-grams of texts, for any estimator.

    The same features as :class:`~stancekit.StanceClassifier` has for a comment's own
    words. They need no vocabulary; see :class:`~stancekit.ngrams.NgramMap`.

    Parameters
    ----------
    word_ngrams : tuple of int or None, default=(1, 2)
        Shortest and longest word n-gram, within 1 and 2; None for none.
    char_ngrams : tuple of int or None, default=(2, 5)
        Shortest and longest character n-gram, within 1 and 6; None for none.
    n_buckets : int, default=1048576
        Columns of each block, a power of two up to 2**22.
    min_count : int, default=1
        In how many texts a bucket must stand to be known.
    kernel : {"auto", "numpy", "numba"}, default="auto"
        What counts; the result is the same.

    Attributes
    ----------
    ngram_map_ : NgramMap
        Its ``enumerate(text)`` lists the n-grams of a text and their buckets.
    idf_ : tuple of two ndarrays of float32 of shape (n_buckets,)
        Weights of the buckets of words and of characters, 0 for unknown ones.

    Examples
    --------
    >>> features = HashedNgrams().fit_transform(["Frieden jetzt", "Helme jetzt!"])
    >>> features.shape
    (2, 2097152)
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
        """Learn how rare each bucket is.

        Parameters
        ----------
        X : sequence of str of length n
        y : ignored

        Returns
        -------
        self
        """
        self._learn(X)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> csr_matrix:
        """Learn how rare each bucket is, and weigh the same texts.

        Parameters
        ----------
        X : sequence of str of length n
        y : ignored

        Returns
        -------
        csr_matrix of float32 of shape (n, 2 * n_buckets)
        """
        return self._weigh(self._learn(X))

    def transform(self, X: Any) -> csr_matrix:
        """Return the weighted n-grams, the words left of the characters.

        Parameters
        ----------
        X : sequence of str of length n

        Returns
        -------
        csr_matrix of float32 of shape (n, 2 * n_buckets)
        """
        check_is_fitted(self)
        return self._weigh(self.ngram_map_.count(X, kernel=self.kernel))

    def get_feature_names_out(self, input_features: Any = None) -> NoReturn:
        """Refuse: a column may stand for several n-grams and keeps none of them.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError(
            "Hashed n-grams have no names: a column may stand for several. Use "
            "ngram_map_.enumerate(text), which lists the n-grams of a text with "
            "their places and buckets."
        )

    def _learn(self, texts: Any) -> tuple[csr_matrix, csr_matrix]:
        """Count texts and learn from the counts."""
        self.ngram_map_ = NgramMap(
            self.word_ngrams or (0, 0), self.char_ngrams or (0, 0), self.n_buckets
        )
        blocks = self.ngram_map_.count(texts, kernel=self.kernel)
        self.idf_ = tuple(
            inverse_document_frequency(block, self.min_count) for block in blocks
        )
        return blocks

    def _weigh(self, blocks: tuple[csr_matrix, csr_matrix]) -> csr_matrix:
        """Weigh both blocks and put them side by side."""
        weighted = [weigh(*pair) for pair in zip(blocks, self.idf_, strict=True)]
        return hstack(weighted, format="csr")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        return tags
