"""Turn scores into probabilities, and probabilities into decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

# Keeps the biases finite where a class is rare; worth this many comments a class.
PRIOR_COMMENTS = 1.0

# What moving a decision weight by a factor of e must bring, in standard errors of the
# score: on few comments the best weights are mostly noise.
COST_OF_WEIGHT = 1.0
STEPS = np.round(np.arange(-1.5, 1.51, 0.1), 1)


@dataclass(frozen=True, eq=False)
class Calibration:
    """Maps the scores of K classes to probabilities.

    p = softmax(slope * scores + bias)

    Parameters
    ----------
    slope : float
        One over the temperature.
    bias : array of shape (K,)
        One number a class. A slope alone cannot undo class weights.

    References
    ----------
    Guo, C., Pleiss, G., Sun, Y., Weinberger, K. Q. (2017). On calibration of modern
    neural networks. ICML. (Temperature and vector scaling; this is one temperature
    with a bias for each class.)
    """

    slope: float
    bias: np.ndarray

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Return the probabilities of the classes, shape (n, K)."""
        return softmax(self.slope * scores + self.bias, axis=1)


def fit_calibration(
    scores: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None
) -> Calibration:
    """Fit slope and biases by maximum likelihood.

    Parameters
    ----------
    scores : array of shape (n, K)
        Scores of comments that the model was not trained on.
    y : array of int, shape (n,)
        Their classes.
    weight : array of shape (n,), optional
        How much each comment counts.

    Returns
    -------
    Calibration

    Examples
    --------
    >>> scores = np.array([[2.0, 0.0], [2.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    >>> calibration = fit_calibration(scores, np.array([0, 0, 1, 1]))
    >>> calibration.probabilities(scores).round(1)[:, 0]
    array([0.7, 0.7, 0.7, 0.1])
    """
    n, n_classes = scores.shape
    weight = np.ones(n) if weight is None else weight
    truth = np.eye(n_classes)[y]

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        slope, bias = np.exp(parameters[0]), parameters[1:]
        logits = slope * scores + bias
        likelihood = (log_softmax(logits, axis=1)[np.arange(n), y] * weight).sum()
        excess = (softmax(logits, axis=1) - truth) * weight[:, None]
        gradient = np.append((excess * scores).sum() * slope, excess.sum(axis=0))
        penalty = PRIOR_COMMENTS / 2 * (parameters**2).sum()
        return -likelihood + penalty, gradient + PRIOR_COMMENTS * parameters

    found = minimize(loss, np.zeros(n_classes + 1), jac=True, method="L-BFGS-B").x
    return Calibration(float(np.exp(found[0])), found[1:] - found[1:].mean())


def tune_decision_weights(
    proba: np.ndarray,
    y: np.ndarray,
    *,
    start: np.ndarray | None = None,
    targets: Sequence[int] | None = None,
    weight: np.ndarray | None = None,
) -> np.ndarray:
    """Choose the class weights under which the most probable class scores best.

    The decision is ``argmax(weights * proba)``. The score is the mean F1 of the
    target classes; coordinate ascent, one class after the other. The further a
    weight moves from where it starts, the more it must bring, and the more so the
    fewer comments there are.

    Parameters
    ----------
    proba : array of shape (n, K)
        Calibrated out-of-fold probabilities.
    y : array of int, shape (n,)
        The true classes.
    start : array of shape (K,), optional
        Weights to start from; by default the probabilities decide alone.
    targets : sequence of int, optional
        The classes whose F1 counts; all of them by default.
    weight : array of shape (n,), optional
        How much each comment counts.

    Returns
    -------
    array of shape (K,)
        Weights with a geometric mean of 1.

    Examples
    --------
    A rare class that is never the most probable one is decided for all the same:

    >>> proba = np.array([[0.9, 0.1]] * 80 + [[0.6, 0.4]] * 20)
    >>> y = np.array([0] * 80 + [1] * 20)
    >>> weights = tune_decision_weights(proba, y)
    >>> np.unique((proba * weights).argmax(axis=1), return_counts=True)
    (array([0, 1]), array([80, 20]))
    """
    n, n_classes = proba.shape
    targets = range(n_classes) if targets is None else targets
    weight = np.ones(n) if weight is None else weight
    logits = np.log(np.maximum(proba, 1e-12))
    origin = np.zeros(n_classes) if start is None else np.log(start)
    cost = COST_OF_WEIGHT * standard_error(n)

    def value(shift: np.ndarray) -> float:
        decided = (logits + shift).argmax(axis=1)
        moved = np.abs(shift - origin).sum()
        return mean_f1(y, decided, n_classes, targets, weight) - cost * float(moved)

    shift = origin.copy()
    best = value(shift)
    improved = True
    while improved:
        improved = False
        for label in range(n_classes):
            for step in STEPS:
                trial = shift.copy()
                trial[label] = origin[label] + step
                if (reached := value(trial)) > best + 1e-9:
                    best, shift, improved = reached, trial, True
    return np.exp(shift - shift.mean())


def standard_error(n: int) -> float:
    """Return about how much a score on n comments varies by chance, at most."""
    return float(0.5 / np.sqrt(n))


def mean_f1(
    y: np.ndarray,
    decided: np.ndarray,
    n_classes: int,
    targets: Sequence[int],
    weight: np.ndarray,
) -> float:
    """Return the mean F1 of the target classes; 0 for a class nobody has or gets."""
    pairs = np.bincount(y * n_classes + decided, weights=weight, minlength=n_classes**2)
    confusion = pairs.reshape(n_classes, n_classes)
    both = confusion.sum(axis=0) + confusion.sum(axis=1)
    f1 = np.divide(
        2 * confusion.diagonal(), both, out=np.zeros(n_classes), where=both > 0
    )
    return float(f1[list(targets)].mean())
