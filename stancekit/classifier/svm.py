"""Solve a linear support vector machine, exactly or by stochastic descent."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import SGDClassifier
from sklearn.svm import LinearSVC
from sklearn.utils.class_weight import compute_sample_weight

from stancekit.classifier.labelled import NO_TEXT

# Added to the counts of an n-gram before their ratio is taken: what a few comments
# show of a rare one is mostly chance.
RATIO_PRIOR = 3.0
TINY = 1e-9
# The scores of a looser solution rank comments as those of an exact one, and
# calibration sets their size; a tighter one takes several times as long.
TOLERANCE = 0.1
# A plain hinge loss needs a larger C than a squared one to follow labels as closely.
HINGE_C = 2.0


class RatioSVC(LinearSVC):
    """One class against the rest, solved by scikit-learn's LinearSVC on scaled columns.

    For each class the columns of n-grams, all but the last `n_plain`, are scaled by how
    well they tell it from the others; `coef_` is that of the unscaled columns. With
    `n_epochs`, SGDClassifier learns in so many passes instead, and scales nothing.
    """

    def __init__(
        self,
        C: float = 1.0,
        *,
        ratio_share: float = 0.0,
        n_plain: int = 0,
        n_epochs: int | None = None,
        class_weight: str | dict[Any, float] | None = None,
        random_state: int | None = 0,
    ) -> None:
        self.C = C
        self.ratio_share = ratio_share
        self.n_plain = n_plain
        self.n_epochs = n_epochs
        self.class_weight = class_weight
        self.random_state = random_state

    def fit(self, X: csr_matrix, y: Any, sample_weight: Any = None) -> RatioSVC:
        """Learn from comments (n, n_features) and their classes."""
        if not X.shape[1]:
            raise ValueError(NO_TEXT)
        self.classes_, codes = np.unique(y, return_inverse=True)
        weight = np.ones(len(codes)) if sample_weight is None else sample_weight
        balanced = weight * compute_sample_weight(self.class_weight, y)
        if self.n_epochs is not None:
            solver = SGDClassifier(
                alpha=1 / (HINGE_C * self.C * len(codes)),
                max_iter=self.n_epochs,
                tol=None,
                random_state=self.random_state,
            ).fit(X, codes, sample_weight=balanced)
            self.coef_, self.intercept_ = solver.coef_, solver.intercept_
            return self
        scales = ratio_scales(X, codes, weight, self.ratio_share, self.n_plain)
        # As in scikit-learn, two classes share one plane.
        labels = range(len(scales)) if len(scales) > 2 else [1]
        planes = [self._solve(X, codes == k, balanced, scales[k]) for k in labels]
        self.coef_ = np.array([coef for coef, _ in planes])
        self.intercept_ = np.array([intercept for _, intercept in planes])
        return self

    def _solve(
        self, X: csr_matrix, inside: np.ndarray, weight: np.ndarray, scale: np.ndarray
    ) -> tuple[np.ndarray, float]:
        """Return the plane between one class and the rest."""
        scaled = X.copy()
        scaled.data *= scale[scaled.indices]
        solved = LinearSVC(
            C=self.C, random_state=self.random_state, max_iter=10_000, tol=TOLERANCE
        ).fit(scaled, inside, sample_weight=weight)
        return solved.coef_[0] * scale, solved.intercept_[0]


def ratio_scales(
    X: csr_matrix, codes: np.ndarray, weight: np.ndarray, share: float, n_plain: int = 0
) -> np.ndarray:
    """Return how much each column shall count for each class.

    For an n-gram and a class it is ``(1 - share) mean(r) + share r`` with r the
    absolute log-count ratio: how much more often, in a log, comments of the class have
    it than others do [1]_. The scales of a class have a mean square of 1.

    References
    ----------
    .. [1] Wang, S., Manning, C. D. (2012). Baselines and bigrams: simple, good
       sentiment and topic classification. ACL. (There the share is 1, and weights are
       interpolated.)
    """
    n_ngrams = X.shape[1] - n_plain
    scales = np.ones((codes.max() + 1, X.shape[1]))
    if not share or not n_ngrams:
        return scales
    present = csr_matrix((np.ones_like(X.data), X.indices, X.indptr), shape=X.shape)
    of_class = np.eye(len(scales))[codes] * weight[:, None]
    inside = (present.T @ of_class).T[:, :n_ngrams]
    outside = inside.sum(axis=0) - inside
    # Where none tells anything, all count the same.
    ratio = np.abs(_log_shares(inside) - _log_shares(outside)) + TINY
    scale = (1 - share) * ratio.mean(axis=1, keepdims=True) + share * ratio
    scale /= np.sqrt((scale**2).mean(axis=1, keepdims=True))
    scales[:, :n_ngrams] = scale
    return scales


def _log_shares(counts: np.ndarray) -> np.ndarray:
    counts = counts + RATIO_PRIOR
    return np.log(counts / counts.sum(axis=1, keepdims=True))
