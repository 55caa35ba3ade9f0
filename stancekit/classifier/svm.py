"""Solve a linear support vector machine, exactly or by stochastic descent."""

from __future__ import annotations

from abc import ABC, abstractmethod
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
# Added to the counts of an n-gram before their ratio is taken.
RATIO_PRIOR = 3.0
TINY = 1e-9
# A plain hinge loss needs a larger C than a squared one to follow labels as closely.
HINGE_C = 2.0


@dataclass(frozen=True, eq=False)
class Examples:
    """Comments to learn from or to be tested on.

    Parameters
    ----------
    X : csr_matrix of shape (n, n_features)
    n_ngrams : int
        How many of the columns, the first ones, tell of n-grams.
    y : array of int, shape (n,)
        Classes.
    weight : array of shape (n,)
        How much each comment counts.
    """

    X: csr_matrix
    n_ngrams: int
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
    def of(cls, coef: np.ndarray, intercept: np.ndarray) -> LinearModel:
        """Copy what was found; two classes share one hyperplane."""
        if len(coef) == 1:
            return cls(np.vstack([-coef, coef]), np.append(-intercept, intercept))
        return cls(coef.copy(), intercept.copy())

    def score(self, X: csr_matrix) -> np.ndarray:
        """Return the scores of comments, shape (n, K)."""
        return X @ self.coef.T + self.intercept


@dataclass(frozen=True, eq=False)
class SupportVectorMachine(ABC):
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

    @abstractmethod
    def train(
        self,
        examples: Examples,
        *,
        held_out: Examples | None = None,
        n_epochs: int | None = None,
    ) -> LinearModel:
        """Learn from examples.

        Parameters
        ----------
        examples : Examples
        held_out : Examples, optional
            Others, which may tell when to stop.
        n_epochs : int, optional
            In how many passes to learn, where that was found before.

        Returns
        -------
        LinearModel
        """

    def _weights(self, examples: Examples) -> np.ndarray:
        balance = compute_sample_weight(self.class_weight, examples.y)
        return balance * examples.weight


@dataclass(frozen=True, eq=False)
class ExactMachine(SupportVectorMachine):
    """Minimises the squared hinge loss by coordinate descent, to convergence.

    For each class the columns of n-grams are first scaled by how well they tell it
    from the others.

    Parameters
    ----------
    C, class_weight, random_state
        As above.
    ratio_share : float, default=0.0
        How much more an n-gram counts that tells a class from the others, in [0, 1].
    """

    ratio_share: float = 0.0

    def train(
        self,
        examples: Examples,
        *,
        held_out: Examples | None = None,
        n_epochs: int | None = None,
    ) -> LinearModel:
        """Learn from examples alone."""
        weight = self._weights(examples)
        scales = ratio_scales(examples, self.ratio_share)
        coef, intercept = [], []
        for label in range(len(scales)) if len(scales) > 2 else [1]:
            scale = scales[label]
            scaled = examples.X.copy()
            scaled.data *= scale[scaled.indices]
            solved = LinearSVC(
                C=self.C, random_state=self.random_state, max_iter=10_000, tol=0.1
            ).fit(scaled, examples.y == label, sample_weight=weight)
            coef.append(solved.coef_[0] * scale)
            intercept.append(solved.intercept_[0])
        return LinearModel.of(np.array(coef), np.array(intercept))


@dataclass(frozen=True, eq=False)
class StochasticMachine(SupportVectorMachine):
    """Minimises the hinge loss by stochastic gradient descent."""

    def train(
        self,
        examples: Examples,
        *,
        held_out: Examples | None = None,
        n_epochs: int | None = None,
    ) -> LinearModel:
        """Learn in passes over the examples.

        The pass with the best macro-F1 on the held-out examples is taken, and training
        stops when that does not rise any more; without them the last one is.
        """
        classes = np.arange(examples.y.max() + 1)
        weight = self._weights(examples)
        solver = SGDClassifier(
            alpha=1 / (HINGE_C * self.C * len(examples.y)),
            # Not a number: each pass shall take the examples in another order.
            random_state=np.random.RandomState(self.random_state),
        )
        best_epoch, best_score = 0, -1.0
        for epoch in range(1, (n_epochs or MOST_EPOCHS) + 1):
            solver.partial_fit(examples.X, examples.y, classes, weight)
            score = float(epoch) if held_out is None else held_out.macro_f1(solver)
            if score > best_score + LEAST_GAIN:
                best = LinearModel.of(solver.coef_, solver.intercept_)
                best_epoch, best_score = epoch, score
            elif epoch == best_epoch + PATIENCE:
                break
        return replace(best, n_epochs=best_epoch)


def ratio_scales(examples: Examples, share: float) -> np.ndarray:
    """Return how much each column shall count for each class.

    For an n-gram and a class it is ``(1 - share) mean(r) + share r`` with r the
    absolute log-count ratio: how much more often, in a log, comments of the class have
    it than others do. The scales of a class have a mean square of 1.

    Parameters
    ----------
    examples : Examples
    share : float
        In [0, 1]; 0 scales nothing.

    Returns
    -------
    array of shape (K, n_features)
        1 for columns that tell of no n-gram.

    References
    ----------
    Wang, S., Manning, C. D. (2012). Baselines and bigrams: simple, good sentiment and
    topic classification. ACL. (There the share is 1, and weights are interpolated.)

    Examples
    --------
    The first of two n-grams stands in the comments of one class only:

    >>> X = csr_matrix([[1.0, 1.0], [1.0, 1.0], [0.0, 1.0], [0.0, 1.0]])
    >>> examples = Examples(X, 2, np.array([0, 0, 1, 1]), np.ones(4))
    >>> ratio_scales(examples, 0.5).round(2)
    array([[1.06, 0.93],
           [1.06, 0.93]])
    """
    X, n_ngrams = examples.X, examples.n_ngrams
    scales = np.ones((examples.y.max() + 1, X.shape[1]))
    if not share or not n_ngrams:
        return scales
    present = csr_matrix((np.ones_like(X.data), X.indices, X.indptr), shape=X.shape)
    of_class = np.eye(len(scales))[examples.y] * examples.weight[:, None]
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
