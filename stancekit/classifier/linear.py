"""Train a linear model on described comments, whole or fold by fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from scipy.sparse import csr_matrix, hstack
from sklearn.base import clone

from stancekit.classifier.encoding import EncodedBlock
from stancekit.classifier.svm import Examples, SupportVectorMachine
from stancekit.features import CommentFeatures, Counts, LinearScorer
from stancekit.threads.folds import Folds


@dataclass(frozen=True, eq=False)
class Described:
    """What is known of n comments before anything is learnt from them.

    Parameters
    ----------
    counts : Counts
    encoded : array of float32, shape (n, d)
        Rows by an encoder; d is 0 without one.
    """

    counts: Counts
    encoded: np.ndarray

    def take(self, rows: np.ndarray) -> Described:
        """Return what is known of some of the comments."""
        return Described(self.counts.take(rows), self.encoded[rows])


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
    encoder_weight : float, default=0.0
        Mean length of the encoded rows beside the other features.
    """

    features: CommentFeatures
    machine: SupportVectorMachine
    encoder_weight: float = 0.0

    def fit(
        self,
        described: Described,
        y: np.ndarray,
        weight: np.ndarray,
        n_epochs: int | None,
    ) -> tuple[LinearScorer, np.ndarray]:
        """Return the model trained on all comments, in as many passes as given.

        Returns
        -------
        scorer : LinearScorer
        encoder_coef : array of shape (d, K)
            What a unit of each column of the encoded rows adds to the scores.
        """
        blocks = _Blocks.learn(self, described)
        examples = blocks.examples(described, y, weight)
        model = self.machine.train(examples, n_epochs=n_epochs)
        return blocks.scorer(model.coef, model.intercept)

    def hold_out(
        self,
        described: Described,
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
            known, new = described.take(train), described.take(test)
            blocks = _Blocks.learn(self, known)
            examples = blocks.examples(known, y[train], weight[train])
            others = blocks.examples(new, y[test], weight[test])
            model = self.machine.train(examples, held_out=others)
            return model.score(others.X), model.n_epochs

        # Processes, also within those of others: the solver draws from one generator
        # a process, so that threads would disturb each other's order.
        parallel = Parallel(n_jobs=n_jobs, backend="loky")
        parts = parallel(delayed(score)(*fold) for fold in folds)
        rows = np.concatenate([test for _, test in folds])
        order = np.argsort(rows)
        scores = np.concatenate([scores for scores, _ in parts])[order]
        epochs = [n_epochs for _, n_epochs in parts if n_epochs is not None]
        return HeldOut(rows[order], scores, round(np.mean(epochs)) if epochs else None)


@dataclass(frozen=True, eq=False)
class _Blocks:
    """All features of comments side by side, learnt from some of them."""

    features: CommentFeatures
    encoded: EncodedBlock

    @classmethod
    def learn(cls, recipe: Recipe, described: Described) -> _Blocks:
        features = clone(recipe.features).learn(described.counts)
        if not features.n_features_out_ + described.encoded.shape[1]:
            raise ValueError(
                "The labelled comments hold no text to learn from. Fill in their texts."
            )
        encoded = EncodedBlock.learn(described.encoded, recipe.encoder_weight)
        return cls(features, encoded)

    def examples(
        self, described: Described, y: np.ndarray, weight: np.ndarray
    ) -> Examples:
        X = self.features.weigh(described.counts)
        if described.encoded.shape[1]:
            encoded = csr_matrix(self.encoded.scale(described.encoded))
            X = hstack([X, encoded], format="csr")
        return Examples(X, self.features.n_ngrams_, y, weight)

    def scorer(
        self, coef: np.ndarray, intercept: np.ndarray
    ) -> tuple[LinearScorer, np.ndarray]:
        """Return a model over these features as what scores unscaled ones."""
        n_counted = self.features.n_features_out_
        encoder_coef = self.encoded.factor * coef[:, n_counted:].T
        intercept = intercept - self.encoded.mean @ encoder_coef
        return self.features.scorer(coef[:, :n_counted], intercept), encoder_coef
