"""Turn scores into probabilities, and probabilities into decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from scipy.stats import beta

from stancekit.intervals import f1_by_class

# Keeps the biases finite where a class is rare; worth this many comments a class.
PRIOR_COMMENTS = 1.0

# What moving a decision weight by a factor of e must bring, in standard errors of the
# score: on few comments the best weights are mostly noise.
COST_OF_WEIGHT = 1.0
# How sure we are that errors among the surest comments are no more often.
SURE = 0.95
# A lower cap would decide instead of protecting: few comments bear out nothing at all.
LOWEST_CAP = 0.8
STEPS = np.round(np.arange(-1.5, 1.51, 0.1), 1)


@dataclass(frozen=True, eq=False)
class Calibration:
    """Maps scores to probabilities: p = softmax(slope * scores + bias).

    References
    ----------
    Guo, C., Pleiss, G., Sun, Y., Weinberger, K. Q. (2017). On calibration of modern
    neural networks. ICML. (Temperature and vector scaling; this is one temperature
    with a bias for each class.)
    """

    slope: float
    # A number for each of K classes: a slope alone cannot undo class weights.
    bias: np.ndarray
    # No comment is surer than this, whatever its scores.
    highest: float = 1.0

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Return the probabilities of the classes, shape (n, K)."""
        # Never 0, however long a comment is: their logs are taken.
        proba = softmax(self.slope * scores + self.bias, axis=1)
        return np.maximum(proba, np.finfo(float).tiny)


def fit_calibration(
    scores: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None
) -> Calibration:
    """Fit slope and biases to scores (n, K) of comments of classes y, by likelihood."""
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
    calibration = Calibration(float(np.exp(found[0])), found[1:] - found[1:].mean())
    proba = calibration.probabilities(scores)
    return replace(calibration, highest=highest_borne_out(proba, y))


def highest_borne_out(proba: np.ndarray, y: np.ndarray) -> float:
    """Return the highest probability that comments of classes y bear out.

    Of the n comments that are at least so sure of a class, k are wrong; with 95 %
    confidence no more than ``beta.ppf(0.95, k + 1, n - k)`` of such comments are [1]_.
    A probability p is borne out if that is 1 - p or less; 0.8 always is.

    References
    ----------
    .. [1] Clopper, C. J., Pearson, E. S. (1934). The use of confidence or fiducial
       limits illustrated in the case of the binomial. Biometrika 26, 404-413.

    Thirty comments without an error bear out less than three hundred:

    >>> sure = np.array([[0.999, 0.001]])
    >>> highest = [highest_borne_out(sure.repeat(n, 0), np.zeros(n)) for n in (30, 300)]
    >>> np.round(highest, 3).tolist()
    [0.905, 0.99]
    """
    confidence = proba.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum((proba.argmax(axis=1) != y)[order])
    right = np.arange(1, len(y) + 1) - wrong
    # Of none right, the bound of the share that is wrong is 1.
    bound = np.where(right > 0, beta.ppf(SURE, wrong + 1, np.maximum(right, 1)), 1.0)
    return float(max(np.minimum(confidence[order], 1 - bound).max(), LOWEST_CAP))


def cap(proba: np.ndarray, highest: float) -> np.ndarray:
    """Lower probabilities (n, K) above the highest to it; the other classes gain.

    >>> cap(np.array([[0.996, 0.003, 0.001], [0.5, 0.3, 0.2]]), 0.98).round(3).tolist()
    [[0.98, 0.015, 0.005], [0.5, 0.3, 0.2]]
    """
    rows = np.flatnonzero(proba.max(axis=1) > highest)
    others = proba[rows]
    top = others.argmax(axis=1)
    others[np.arange(len(rows)), top] = 0
    capped = proba.copy()
    capped[rows] = (1 - highest) * others / others.sum(axis=1, keepdims=True)
    capped[rows, top] = highest
    return capped


def tune_decision_weights(
    proba: np.ndarray,
    y: np.ndarray,
    *,
    start: np.ndarray | None = None,
    targets: Sequence[int] | None = None,
    weight: np.ndarray | None = None,
) -> np.ndarray:
    """Choose the class weights under which the most probable class scores best.

    The decision is ``argmax(weights * proba)``, its score the mean F1 of the target
    classes, by default all, on out-of-fold probabilities (n, K); coordinate ascent from
    `start`. The further a weight moves, the more it must bring, and the more so the
    fewer comments there are. The geometric mean of the weights is 1.

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
    # Classes first: numpy finds the largest of a column sooner than of a short row.
    logits = np.ascontiguousarray(np.log(np.maximum(proba, 1e-12)).T)
    origin = np.zeros(n_classes) if start is None else np.log(start)
    # A score on n comments varies by chance by about 0.5 / sqrt(n), at most.
    cost = COST_OF_WEIGHT * 0.5 / np.sqrt(n)

    def value(shift: np.ndarray) -> float:
        decided = (logits + shift[:, None]).argmax(axis=0)
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


def mean_f1(
    y: np.ndarray,
    decided: np.ndarray,
    n_classes: int,
    targets: Sequence[int],
    weight: np.ndarray,
) -> float:
    """Return the mean F1 of the target classes; 0 for a class nobody has or gets."""
    pairs = np.bincount(y * n_classes + decided, weights=weight, minlength=n_classes**2)
    f1 = f1_by_class(pairs.reshape(n_classes, n_classes))
    return float(f1[list(targets)].mean())
