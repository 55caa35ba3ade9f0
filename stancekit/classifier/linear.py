"""Train a linear model on counted comments, whole or fold by fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.svm import LinearSVC

from stancekit.features import CommentFeatures, Counts, LinearScorer
from stancekit.threads.folds import Folds


@dataclass(frozen=True, eq=False)
class Recipe:
    """How a linear model is made from labelled comments.

    Parameters
    ----------
    features : CommentFeatures
        Not fitted.
    C : float
        How closely the model follows the labels.
    class_weight : "balanced", dict of int to float, or None
        Weight of the classes 0, 1, ...
    random_state : int or None
        Seed of the solver.
    """

    features: CommentFeatures
    C: float
    class_weight: str | dict[int, float] | None
    random_state: int | None

    def fit(self, counts: Counts, y: np.ndarray, weight: np.ndarray) -> LinearScorer:
        """Return the model trained on all comments."""
        features, coef, intercept = self._solve(counts, y, weight)
        return features.scorer(coef, intercept)

    def out_of_fold(
        self,
        counts: Counts,
        y: np.ndarray,
        weight: np.ndarray,
        folds: Folds,
        *,
        n_jobs: int | None = None,
    ) -> np.ndarray:
        """Score each comment by a model that saw nothing of its group.

        Returns
        -------
        array of shape (n, K)
        """

        def score(train: np.ndarray, test: np.ndarray) -> np.ndarray:
            features, coef, intercept = self._solve(
                counts.take(train), y[train], weight[train]
            )
            return features.weigh(counts.take(test)) @ coef.T + intercept

        # Processes, not threads: the solver draws from one generator a process, so
        # that threads would disturb each other's order.
        parts = Parallel(n_jobs=n_jobs)(delayed(score)(*fold) for fold in folds)
        scores = np.empty((len(y), parts[0].shape[1]))
        for (_, test), part in zip(folds, parts, strict=True):
            scores[test] = part
        return scores

    def _solve(
        self, counts: Counts, y: np.ndarray, weight: np.ndarray
    ) -> tuple[CommentFeatures, np.ndarray, np.ndarray]:
        """Return fitted features, coefficients (K, n_features), intercepts (K,)."""
        features = clone(self.features).learn(counts)
        model = LinearSVC(
            C=self.C,
            class_weight=self.class_weight,
            random_state=self.random_state,
            max_iter=10_000,
            tol=0.01,
        ).fit(features.weigh(counts), y, sample_weight=weight)
        coef, intercept = model.coef_, model.intercept_
        if len(coef) == 1:  # two classes share one weight vector
            coef = np.vstack([-coef, coef])
            intercept = np.concatenate([-intercept, intercept])
        return features, coef, intercept
