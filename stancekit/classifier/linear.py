"""Train a linear model on counted comments, whole or fold by fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone

from stancekit.classifier.svm import Examples, SupportVectorMachine
from stancekit.features import CommentFeatures, Counts, LinearScorer
from stancekit.threads.folds import Folds


@dataclass(frozen=True, eq=False)
class HeldOut:
    """How comments were scored by models that were not trained on them.

    Parameters
    ----------
    rows : array of int, shape (n,)
        Which comments, in order.
    scores : array of shape (n, K)
    n_epochs : int or None
        How many passes over the examples the models took, on average; None if they
        were solved exactly.
    """

    rows: np.ndarray
    scores: np.ndarray
    n_epochs: int | None


@dataclass(frozen=True, eq=False)
class Recipe:
    """How a linear model is made from labelled comments.

    Parameters
    ----------
    features : CommentFeatures
        Not fitted.
    machine : SupportVectorMachine
        What is trained on them.
    exact : bool
        Whether it is solved exactly or by stochastic descent.
    """

    features: CommentFeatures
    machine: SupportVectorMachine
    exact: bool

    def fit(
        self, counts: Counts, y: np.ndarray, weight: np.ndarray, n_epochs: int | None
    ) -> LinearScorer:
        """Return the model trained on all comments, in as many passes as given."""
        features = clone(self.features).learn(counts)
        examples = Examples(features.weigh(counts), y, weight)
        if n_epochs is None:
            model = self.machine.solve(examples)
        else:
            model = self.machine.descend(examples, None, n_epochs)
        return features.scorer(model.coef, model.intercept)

    def hold_out(
        self,
        counts: Counts,
        y: np.ndarray,
        weight: np.ndarray,
        folds: Folds,
        *,
        n_jobs: int | None = None,
    ) -> HeldOut:
        """Score the comments of each test part by a model that saw none of its groups.

        Returns
        -------
        HeldOut
        """

        def score(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, int | None]:
            learnt = counts.take(train)
            features = clone(self.features).learn(learnt)
            known = Examples(features.weigh(learnt), y[train], weight[train])
            new = Examples(features.weigh(counts.take(test)), y[test], weight[test])
            if self.exact:
                model = self.machine.solve(known)
            else:
                model = self.machine.descend(known, new)
            return model.score(new.X), model.n_epochs

        # Processes, not threads: the solver draws from one generator a process, so
        # that threads would disturb each other's order.
        parts = Parallel(n_jobs=n_jobs)(delayed(score)(*fold) for fold in folds)
        rows = np.concatenate([test for _, test in folds])
        order = np.argsort(rows)
        scores = np.concatenate([scores for scores, _ in parts])[order]
        epochs = [n_epochs for _, n_epochs in parts if n_epochs is not None]
        return HeldOut(rows[order], scores, round(np.mean(epochs)) if epochs else None)
