"""Solve a linear support vector machine, exactly or by stochastic descent."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import SGDClassifier
from sklearn.svm import LinearSVC
from sklearn.utils.class_weight import compute_sample_weight

from stancekit.classifier.calibration import mean_f1

# Descent stops after so many passes, or when so many did not better the best by this.
MOST_EPOCHS = 20
PATIENCE = 2
LEAST_GAIN = 0.001
# A plain hinge loss needs a larger C than a squared one to follow labels as closely.
HINGE_C = 2.0


@dataclass(frozen=True, eq=False)
class Examples:
    """Comments to learn from or to be tested on.

    Parameters
    ----------
    X : csr_matrix of shape (n, n_features)
    y : array of int, shape (n,)
        Classes.
    weight : array of shape (n,)
        How much each comment counts.
    """

    X: csr_matrix
    y: np.ndarray
    weight: np.ndarray

    def macro_f1(self, solved: LinearSVC | SGDClassifier) -> float:
        """Return the mean F1 of the classes as they are predicted."""
        classes = range(len(solved.classes_))
        predicted = solved.predict(self.X)
        return mean_f1(self.y, predicted, len(classes), classes, self.weight)


@dataclass(frozen=True, eq=False)
class LinearModel:
    """One hyperplane for each of K classes.

    Parameters
    ----------
    coef : array of shape (K, n_features)
    intercept : array of shape (K,)
    n_epochs : int, optional
        How many passes over the examples it took; None if it was solved exactly.
    """

    coef: np.ndarray
    intercept: np.ndarray
    n_epochs: int | None = None

    @classmethod
    def of(cls, solved: LinearSVC | SGDClassifier) -> LinearModel:
        """Copy what scikit-learn found."""
        coef, intercept = solved.coef_.copy(), solved.intercept_.copy()
        if len(coef) == 1:  # two classes share one weight vector
            coef = np.vstack([-coef, coef])
            intercept = np.concatenate([-intercept, intercept])
        return cls(coef, intercept)

    def score(self, X: csr_matrix) -> np.ndarray:
        """Return the scores of comments, shape (n, K)."""
        return X @ self.coef.T + self.intercept


@dataclass(frozen=True, eq=False)
class SupportVectorMachine:
    """One class against the rest, with a hinge loss.

    Parameters
    ----------
    C : float
        How closely it follows the labels.
    class_weight : "balanced", dict of int to float, or None
        Weight of the classes 0, 1, ...
    random_state : int or None
        Seed of the order in which examples are taken.
    """

    C: float
    class_weight: str | dict[int, float] | None
    random_state: int | None

    def solve(self, examples: Examples) -> LinearModel:
        """Minimise the squared hinge loss by coordinate descent, to convergence."""
        solved = LinearSVC(
            C=self.C,
            class_weight=self.class_weight,
            random_state=self.random_state,
            max_iter=10_000,
            tol=0.01,
        ).fit(examples.X, examples.y, sample_weight=examples.weight)
        return LinearModel.of(solved)

    def descend(
        self, examples: Examples, held_out: Examples | None, n_epochs: int = MOST_EPOCHS
    ) -> LinearModel:
        """Minimise the hinge loss by stochastic gradient descent.

        Parameters
        ----------
        examples : Examples
        held_out : Examples or None
            Others, on whose macro-F1 the best pass is chosen; training stops when it
            does not rise any more. Without them the last pass is taken.
        n_epochs : int, default=20
            How many passes over the examples, at most.

        Returns
        -------
        LinearModel
        """
        classes = np.arange(examples.y.max() + 1)
        weight = compute_sample_weight(self.class_weight, examples.y) * examples.weight
        solver = SGDClassifier(
            alpha=1 / (HINGE_C * self.C * len(examples.y)),
            # Not a number: each pass shall take the examples in another order.
            random_state=np.random.RandomState(self.random_state),
        )
        best_epoch, best_score = 0, -1.0
        for epoch in range(1, n_epochs + 1):
            solver.partial_fit(examples.X, examples.y, classes, weight)
            score = float(epoch) if held_out is None else held_out.macro_f1(solver)
            if score > best_score + LEAST_GAIN:
                best, best_epoch, best_score = LinearModel.of(solver), epoch, score
            elif epoch == best_epoch + PATIENCE:
                break
        return replace(best, n_epochs=best_epoch)
