"""Turn comments into the rows of one sparse matrix, block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from stancekit.features.linear import KINDS, LinearScorer, to_half
from stancekit.features.shape import SHAPE_COLUMNS, shape_matrix
from stancekit.features.views import VIEWS, unique_texts
from stancekit.ngrams import (
    NgramMap,
    NgramScorer,
    NgramTable,
    inverse_document_frequency,
    weigh,
)
from stancekit.threads import with_context


@dataclass(frozen=True, eq=False)
class Counts:
    """What is counted of n comments before anything is learnt from them.

    Parameters
    ----------
    ngrams : dict of (str, str) to csr_matrix of shape (n, n_buckets)
        Occurrences, by view and kind of n-gram.
    shape : array of shape (n, n_shape)
        See :func:`~stancekit.features.shape.shape_matrix`.
    """

    ngrams: dict[tuple[str, str], csr_matrix]
    shape: np.ndarray

    def take(self, rows: np.ndarray) -> Counts:
        """Return the counts of some of the comments."""
        ngrams = {block: counts[rows] for block, counts in self.ngrams.items()}
        return Counts(ngrams, self.shape[rows])


class CommentFeatures(TransformerMixin, BaseEstimator):
    """Features of comments: own words, parent's words, opening, shape.

    Word and character n-grams are hashed (see
    :class:`~stancekit.ngrams.NgramMap`), so no vocabulary is kept. The words and the
    characters of each view are valued so that a row has about the length of the
    view's weight.

    Parameters
    ----------
    word_ngrams : (int, int), default=(1, 2)
        Shortest and longest n-gram of words; (0, 0) for none.
    char_ngrams : (int, int), default=(2, 6)
        Shortest and longest n-gram of characters; (0, 0) for none.
    idf_power : float, default=1.5
        How strongly rare n-grams are preferred: the power of their idf.
    parent_weight : float, default=1.0
        Weight of the words of the comment answered; 0 leaves them out.
    opening_weight : float, default=0.0
        Weight of the first three words of comments that answer a comment or a
        headline; 0 leaves them out.
    shape_weight : float, default=0.0
        Weight of each scaled shape column (place in the thread, questions, links,
        words of the parent); 0 leaves them out.
    n_buckets : int, default=2**20
        How many buckets the n-grams of each kind and view are hashed into.
    kernel : {"auto", "numpy", "numba"}, default="auto"
        What counts the n-grams; the result is the same.

    Attributes
    ----------
    idf_ : dict of (str, str) to array of shape (n_buckets,)
        By view and kind: rarity of each bucket, 0 where it was not seen.
    shape_mean_, shape_scale_ : array of shape (n_shape,)
        What the shape columns are scaled by.
    n_features_out_, n_ngrams_ : int
        Number of columns of the matrix; how many of them, the first, are n-grams.

    Examples
    --------
    >>> features = CommentFeatures().fit(["Erst reden!", "Liefern, jetzt!"])
    >>> features.transform(["Reden!"]).shape[1] == len(features.get_feature_names_out())
    True
    """

    def __init__(
        self,
        *,
        word_ngrams: tuple[int, int] = (1, 2),
        char_ngrams: tuple[int, int] = (2, 6),
        idf_power: float = 1.5,
        parent_weight: float = 1.0,
        opening_weight: float = 0.0,
        shape_weight: float = 0.0,
        n_buckets: int = 2**20,
        kernel: str = "auto",
    ) -> None:
        self.word_ngrams = word_ngrams
        self.char_ngrams = char_ngrams
        self.idf_power = idf_power
        self.parent_weight = parent_weight
        self.opening_weight = opening_weight
        self.shape_weight = shape_weight
        self.n_buckets = n_buckets
        self.kernel = kernel

    def fit(self, X: Any, y: Any = None) -> CommentFeatures:
        """Learn how rare each n-gram is and how the shape varies.

        Parameters
        ----------
        X : DataFrame or sequence of str
            Comments, as :func:`~stancekit.check_comments` takes them.
        y : ignored

        Returns
        -------
        CommentFeatures
            Itself.
        """
        return self.learn(self.count(X))

    def transform(self, X: Any) -> csr_matrix:
        """Return the features of comments.

        Parameters
        ----------
        X : DataFrame or sequence of str
            n comments.

        Returns
        -------
        csr_matrix of shape (n, n_features_out_)
        """
        check_is_fitted(self)
        return self.weigh(self.count(X))

    def fit_transform(self, X: Any, y: Any = None) -> csr_matrix:
        """Fit and return the features, counting only once."""
        counts = self.count(X)
        return self.learn(counts).weigh(counts)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the name of each column; a hashed n-gram has only a number.

        To see which n-grams a text has, use ``NgramMap.enumerate``.
        """
        check_is_fitted(self)
        names = [
            f"{view} {kind} {bucket}"
            for (view, kind), idf in self.idf_.items()
            for bucket in np.flatnonzero(idf)
        ]
        return np.array([*names, *self._shape_names()], dtype=object)

    def count(self, X: Any) -> Counts:
        """Count the n-grams of comments and measure their shape; needs no fit."""
        table = with_context(X)
        ngrams = {}
        for view, ngram_map in self.maps.items():
            codes, different = unique_texts(VIEWS[view](table))
            found = ngram_map.count(different, kernel=self.kernel)
            for kind, counts in zip(KINDS, found, strict=True):
                ngrams[view, kind] = counts[codes]
        shape = shape_matrix(table) if self.shape_weight else np.empty((len(table), 0))
        return Counts(ngrams, shape)

    def learn(self, counts: Counts) -> CommentFeatures:
        """Fit on counted comments; blocks of weight 0 may be among the counts."""
        self.idf_ = {
            (view, kind): to_half(self._idf(counts.ngrams[view, kind], ngram_range))
            for view, ngram_map in self.maps.items()
            for kind, ngram_range in zip(
                KINDS, (ngram_map.word_ngrams, ngram_map.char_ngrams), strict=True
            )
        }
        shape = self._shape(counts)
        self.shape_mean_ = shape.mean(axis=0)
        self.shape_scale_ = shape.std(axis=0)
        self.shape_scale_[self.shape_scale_ == 0] = 1
        known = sum(np.count_nonzero(idf) for idf in self.idf_.values())
        self.n_ngrams_ = int(known)
        self.n_features_out_ = self.n_ngrams_ + shape.shape[1]
        return self

    def weigh(self, counts: Counts) -> csr_matrix:
        """Return the features of counted comments."""
        weights = self.view_weights
        blocks = [
            _known_columns(weigh(counts.ngrams[block], idf), idf) * weights[block[0]]
            for block, idf in self.idf_.items()
        ]
        shape = (self._shape(counts) - self.shape_mean_) / self.shape_scale_
        shape = csr_matrix(self.shape_weight * shape, dtype=np.float32)
        return hstack([*blocks, shape], format="csr")

    def scorer(self, coef: np.ndarray, intercept: np.ndarray) -> LinearScorer:
        """Return what scores comments by a linear model over these features.

        Parameters
        ----------
        coef : array of shape (n_scores, n_features_out_)
        intercept : array of shape (n_scores,)

        Returns
        -------
        LinearScorer
        """
        weights = self.view_weights
        tables, start = {}, 0
        for block, idf in self.idf_.items():
            buckets = np.flatnonzero(idf)
            end = start + len(buckets)
            tables[block] = NgramTable(
                buckets.astype(np.int32),
                idf[buckets],
                to_half(weights[block[0]] * coef[:, start:end].T),
            )
            start = end
        shape_weights = (
            self.shape_weight * coef[:, start:].T / self.shape_scale_[:, None]
        )
        views = {
            view: NgramScorer(
                ngram_map, *(tables[view, kind] for kind in KINDS), kernel=self.kernel
            )
            for view, ngram_map in self.maps.items()
        }
        return LinearScorer(
            views, shape_weights, intercept - self.shape_mean_ @ shape_weights
        )

    @property
    def view_weights(self) -> dict[str, float]:
        """The views that are used, and their weights."""
        weights = {
            "own": 1.0,
            "parent": self.parent_weight,
            "opening": self.opening_weight,
        }
        return {view: weight for view, weight in weights.items() if weight}

    @property
    def maps(self) -> dict[str, NgramMap]:
        """How the texts of each used view become hashed n-grams."""
        whole = NgramMap(self.word_ngrams, self.char_ngrams, self.n_buckets)
        words = NgramMap(self.word_ngrams, (0, 0), self.n_buckets)
        return {
            view: words if view == "opening" else whole for view in self.view_weights
        }

    def _idf(self, matrix: csr_matrix, ngram_range: tuple[int, int]) -> np.ndarray:
        """Return how rare each bucket is; 0 for all where the block is left out."""
        if ngram_range == (0, 0):
            return np.zeros(self.n_buckets)
        return inverse_document_frequency(matrix) ** self.idf_power

    def _shape(self, counts: Counts) -> np.ndarray:
        return counts.shape if self.shape_weight else counts.shape[:, :0]

    def _shape_names(self) -> list[str]:
        return [f"shape {name}" for name in SHAPE_COLUMNS] if self.shape_weight else []


def _known_columns(matrix: csr_matrix, idf: np.ndarray) -> csr_matrix:
    """Keep the columns of the known buckets of a matrix that has no other entries."""
    known = np.flatnonzero(idf)
    column = np.zeros(len(idf), dtype=np.int32)
    column[known] = np.arange(len(known))
    return csr_matrix(
        (matrix.data, column[matrix.indices], matrix.indptr),
        (matrix.shape[0], len(known)),
    )
