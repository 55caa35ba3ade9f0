"""Turn comments into the rows of one sparse matrix, block by block."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, hstack, issparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted, validate_data

from stancekit.features.linear import KINDS, LinearScorer, to_half
from stancekit.features.views import SHAPE_COLUMNS, VIEWS, shape_matrix
from stancekit.ngrams import (
    NgramMap,
    NgramScorer,
    NgramTable,
    count_ngrams,
    inverse_document_frequency,
    weigh,
)
from stancekit.threads import with_context

OTHER_VIEWS = [view for view in VIEWS if view != "own"]
BLOCKS = [(view, kind) for view in VIEWS for kind in KINDS]


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
    headline_weight, replies_weight : float, default=0.0
        Weight of the words of the headline, and of the first 20 replies to the comment;
        0 leaves them out.
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
    n_features_in_, feature_names_in_ : int, array of str
        Columns of the table that it was fitted on; not there after bare texts.

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
        headline_weight: float = 0.0,
        replies_weight: float = 0.0,
        shape_weight: float = 0.0,
        n_buckets: int = 2**20,
        kernel: str = "auto",
    ) -> None:
        self.word_ngrams = word_ngrams
        self.char_ngrams = char_ngrams
        self.idf_power = idf_power
        self.parent_weight = parent_weight
        self.opening_weight = opening_weight
        self.headline_weight = headline_weight
        self.replies_weight = replies_weight
        self.shape_weight = shape_weight
        self.n_buckets = n_buckets
        self.kernel = kernel

    def fit(self, X: Any, y: Any = None) -> CommentFeatures:
        """Learn how rare each n-gram is and how the shape varies.

        Parameters
        ----------
        X : DataFrame or sequence of str, or csr_matrix
            Comments, as :func:`~stancekit.check_comments` takes them, or what
            :meth:`count` found in them.
        y : ignored

        Returns
        -------
        CommentFeatures
            Itself.
        """
        remember_columns(self, X)
        X = self._counted(X)
        self.idf_ = {
            (view, kind): self._idf(X[:, self._place((view, kind))], lengths)
            for view, ngram_map in self.maps.items()
            for kind, lengths in zip(
                KINDS, (ngram_map.word_ngrams, ngram_map.char_ngrams), strict=True
            )
        }
        shape = self._shape(X)
        self.shape_mean_ = shape.mean(axis=0)
        self.shape_scale_ = shape.std(axis=0)
        self.shape_scale_[self.shape_scale_ == 0] = 1
        self.n_ngrams_ = sum(int(np.count_nonzero(idf)) for idf in self.idf_.values())
        self.n_features_out_ = self.n_ngrams_ + shape.shape[1]
        return self

    def transform(self, X: Any) -> csr_matrix:
        """Return the features of comments.

        Parameters
        ----------
        X : DataFrame or sequence of str, or csr_matrix
            n comments, or what :meth:`count` found in them.

        Returns
        -------
        csr_matrix of shape (n, `n_features_out_`)
        """
        check_is_fitted(self)
        X = self._counted(X)
        weights = self.view_weights
        blocks = [
            _known_columns(weigh(X[:, self._place(block)], idf), idf)
            * weights[block[0]]
            for block, idf in self.idf_.items()
        ]
        shape = (self._shape(X) - self.shape_mean_) / self.shape_scale_
        shape = csr_matrix(self.shape_weight * shape, dtype=np.float32)
        return hstack([*blocks, shape], format="csr")

    def fit_transform(self, X: Any, y: Any = None) -> csr_matrix:
        """Fit and return the features, counting only once."""
        remember_columns(self, X)
        counted = self._counted(X)
        return self.fit(counted).transform(counted)

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
        shape = SHAPE_COLUMNS if self.shape_weight else ()
        return np.array([*names, *(f"shape {name}" for name in shape)], dtype=object)

    def count(self, X: Any) -> csr_matrix:
        """Count the n-grams of comments and measure their shape; needs no fit.

        Folds of the result can be fitted and transformed in place of comments, by
        features of other weights too, so that nothing is counted twice. First of the
        `n_counted` columns are the n-grams, block by block, then the shape. What has
        the weight 0 is not counted.
        """
        table = with_context(X)
        counted = dict.fromkeys(BLOCKS, csr_matrix((len(table), self.n_buckets)))
        for view, ngram_map in self.maps.items():
            # A parent is the parent of many: its words need counting only once.
            codes, different = pd.factorize(VIEWS[view](table))
            found = count_ngrams(ngram_map, different, kernel=self.kernel)
            for kind, counts in zip(KINDS, found, strict=True):
                counted[view, kind] = counts[codes]
        size = (len(table), len(SHAPE_COLUMNS))
        shape = shape_matrix(table) if self.shape_weight else np.zeros(size)
        parts = [*counted.values(), csr_matrix(shape)]
        return hstack(parts, format="csr", dtype=np.float32)

    def compacted(self, X: csr_matrix) -> tuple[CommentFeatures, csr_matrix]:
        """Return features, and their counts, without the buckets that are empty.

        On rows of these counts they make the columns that these features make on rows
        of `X`, in less time. Columns behind the counts stay behind them.
        """
        end = self.n_counted - len(SHAPE_COLUMNS)
        is_filled = np.zeros(end, dtype=bool)
        is_filled[X.indices[X.indices < end]] = True
        by_block = is_filled.reshape(len(BLOCKS), -1)
        width = 2 ** max(int(by_block.sum(axis=1).max() - 1).bit_length(), 1)
        place = by_block.cumsum(axis=1, dtype=np.int32) - 1
        place += width * np.arange(len(BLOCKS), dtype=np.int32)[:, None]
        others = np.arange(X.shape[1] - end, dtype=np.int32) + len(BLOCKS) * width
        place = np.concatenate([place.ravel(), others])
        shape = (X.shape[0], len(BLOCKS) * width + len(others))
        compact = csr_matrix((X.data, place[X.indices], X.indptr), shape)
        return clone(self).set_params(n_buckets=width), compact

    @property
    def n_counted(self) -> int:
        """How many columns :meth:`count` returns."""
        return len(BLOCKS) * self.n_buckets + len(SHAPE_COLUMNS)

    def scorer(
        self, coef: np.ndarray, intercept: np.ndarray, is_known: np.ndarray
    ) -> LinearScorer:
        """Return what scores comments by coef (n_scores, `n_features_out_`) on these.

        `is_known`, of shape (n_buckets,), tells which buckets hold a known word.
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
                ngram_map,
                *(tables[view, kind] for kind in KINDS),
                is_known=is_known if view == "own" else None,
                kernel=self.kernel,
            )
            for view, ngram_map in self.maps.items()
        }
        return LinearScorer(
            views, shape_weights, intercept - self.shape_mean_ @ shape_weights
        )

    @property
    def view_weights(self) -> dict[str, float]:
        """The views that are used, and their weights."""
        weights = {"own": 1.0}
        weights |= {view: getattr(self, f"{view}_weight") for view in OTHER_VIEWS}
        return {view: weight for view, weight in weights.items() if weight}

    @property
    def maps(self) -> dict[str, NgramMap]:
        """How the texts of each used view become hashed n-grams."""
        whole = NgramMap(self.word_ngrams, self.char_ngrams, self.n_buckets)
        words = NgramMap(self.word_ngrams, (0, 0), self.n_buckets)
        return {
            view: words if view == "opening" else whole for view in self.view_weights
        }

    def _counted(self, X: Any) -> csr_matrix:
        return X if issparse(X) else self.count(X)

    def _place(self, block: tuple[str, str]) -> slice:
        """Return in which columns of the counts a block is."""
        start = BLOCKS.index(block) * self.n_buckets
        return slice(start, start + self.n_buckets)

    def _idf(self, X: csr_matrix, lengths: tuple[int, int]) -> np.ndarray:
        if lengths == (0, 0):  # counted for other features, but left out of these
            return np.zeros(self.n_buckets, dtype=np.float32)
        idf = inverse_document_frequency(X)
        known = np.flatnonzero(idf)
        idf[known] = to_half(idf[known] ** self.idf_power)
        return idf

    def _shape(self, X: csr_matrix) -> np.ndarray:
        end = self.n_counted
        start = end - len(SHAPE_COLUMNS) if self.shape_weight else end
        return X[:, start:end].toarray().astype(float)


def remember_columns(estimator: BaseEstimator, X: Any) -> None:
    """Let an estimator have scikit-learn's attributes for the columns of a table."""
    if hasattr(X, "columns"):
        validate_data(estimator, X, skip_check_array=True)


def _known_columns(matrix: csr_matrix, idf: np.ndarray) -> csr_matrix:
    """Keep the columns of the known buckets of a matrix that has no other entries."""
    # As scipy does by [:, known], but sooner.
    known = np.flatnonzero(idf)
    column = np.zeros(len(idf), dtype=np.int32)
    column[known] = np.arange(len(known))
    shape = (matrix.shape[0], len(known))
    return csr_matrix((matrix.data, column[matrix.indices], matrix.indptr), shape)
