"""Give an estimate its interval, and the score F1, which nearly all of them are of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

# Draws are made in blocks of at most this many numbers, to bound the memory.
BLOCK = 4_000_000


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval.

    Parameters
    ----------
    estimate : float
        The point estimate.
    low, high : float
        Ends of the interval.
    level : float
        Confidence level, for instance 0.95.
    n : int
        How many independent units (groups, trials) it rests on.

    Examples
    --------
    >>> print(Interval(0.31, 0.27, 0.352, level=0.95, n=154))
    0.310 [0.270, 0.352] (95 %, n = 154)
    """

    estimate: float
    low: float
    high: float
    level: float
    n: int

    def __str__(self) -> str:
        return (
            f"{self.estimate:.3f} [{self.low:.3f}, {self.high:.3f}] "
            f"({100 * self.level:g} %, n = {self.n})"
        )

    @property
    def width(self) -> float:
        """Length of the interval."""
        return self.high - self.low


def f1_by_class(confusion: np.ndarray) -> np.ndarray:
    """Return F1 of each class, shape (..., K), from confusions (..., K, K).

    F1 = 2 TP / (2 TP + FP + FN); 0 where a class neither stands nor is predicted.

    >>> f1_by_class(np.array([[3, 1], [1, 1]]))
    array([0.75, 0.5 ])
    """
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    both = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    return np.divide(2 * right, both, out=np.zeros(both.shape), where=both > 0)


def wilson(successes: float, n: int, *, level: float = 0.95) -> Interval:
    """Return Wilson's score interval for the share of successes in independent trials.

    Without any trial it is [0, 1].

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical
    inference. Journal of the American Statistical Association 22, 209-212.

    >>> print(wilson(8, 10))
    0.800 [0.490, 0.943] (95 %, n = 10)
    """
    check_level(level)
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes in {n} trials are not possible.")
    if n == 0:
        return Interval(float("nan"), 0.0, 1.0, level, 0)
    share = successes / n
    low, high = wilson_limits(share, n, np.inf, level)
    return Interval(share, float(low), float(high), level, n)


def wilson_limits(
    share: np.ndarray | float,
    n: np.ndarray | float,
    df: np.ndarray | float,
    level: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return Wilson's limits with effective numbers and Student's quantile."""
    share = np.clip(share, 0, 1)
    t2 = student.ppf((1 + level) / 2, df) ** 2
    centre = (share + t2 / (2 * n)) / (1 + t2 / n)
    half = np.sqrt(t2 * (share * (1 - share) / n + t2 / (4 * n**2))) / (1 + t2 / n)
    return np.clip(centre - half, 0, share), np.clip(centre + half, share, 1)


def bootstrap(
    statistic: Callable[[np.ndarray], np.ndarray],
    totals: np.ndarray,
    *,
    n_bootstrap: int = 1000,
    level: float = 0.95,
    random_state: int | None = 0,
) -> Interval:
    """Return the percentile bootstrap interval of a statistic over groups.

    Whole groups are drawn with replacement, so comments of one article or thread,
    which resemble each other, are never taken for independent [1]_. The totals, shape
    (n_groups, ...), are what each group adds to the sums, for instance its confusion
    matrix. The statistic maps sums, shape (b, ...), to b values; it must depend on the
    data through these sums only, as every score from a confusion matrix does. Draws in
    which it is not defined are left out.

    The percentiles lie further out the fewer groups there are [2]_: plain ones are too
    narrow by √(1 - 1/n), and know nothing of Student's t.

    References
    ----------
    .. [1] Davison, A. C., Hinkley, D. V. (1997). Bootstrap Methods and their
       Application, section 3.8. Cambridge University Press.
    .. [2] Hesterberg, T. C. (2015). What teachers should know about the bootstrap. The
       American Statistician 69, 371-386. (Expanded percentiles.)

    The share of agreeing comments in three threads of four:

    >>> totals = np.array([[4, 4], [1, 4], [3, 4]])
    >>> print(bootstrap(lambda sums: sums[:, 0] / sums[:, 1], totals))
    0.667 [0.250, 1.000] (95 %, n = 3)
    """
    check_level(level)
    totals = np.asarray(totals, dtype=float)
    n_groups = len(totals)
    if n_groups == 0:
        raise ValueError("There are no groups to draw from.")
    estimate = float(statistic(totals.sum(axis=0, keepdims=True))[0])
    rng, even = np.random.default_rng(random_state), np.full(n_groups, 1 / n_groups)
    sums = drawn_sums(
        totals, n_bootstrap, lambda size: rng.multinomial(n_groups, even, size=size)
    )
    values = np.asarray(statistic(sums), dtype=float)
    defined = values[np.isfinite(values)]
    if not len(defined):
        return Interval(estimate, estimate, estimate, level, n_groups)
    tail = _expanded_tail(level, n_groups)
    low, high = np.quantile(defined, [tail, 1 - tail])
    return Interval(
        estimate, min(float(low), estimate), max(float(high), estimate), level, n_groups
    )


def drawn_sums(
    totals: np.ndarray, n_draws: int, draw: Callable[[int], np.ndarray]
) -> np.ndarray:
    """Return sums of the totals of groups under drawn weights, shape (n_draws, ...).

    ``draw`` returns so many weights of each group as it is asked for.
    """
    flat = totals.reshape(len(totals), -1)
    most = max(1, BLOCK // len(totals))
    sums = [
        draw(min(most, n_draws - start)) @ flat for start in range(0, n_draws, most)
    ]
    return np.concatenate(sums).reshape(n_draws, *totals.shape[1:])


def check_level(level: float) -> None:
    """Raise ValueError unless the confidence level is in (0, 1)."""
    if not 0 < level < 1:
        raise ValueError(f"A confidence level lies between 0 and 1; found {level!r}.")


def _expanded_tail(level: float, n: int) -> float:
    """Return which part of the draws lies beyond either limit."""
    n = max(n, 2)
    quantile = student.ppf((1 + level) / 2, n - 1)
    return float(norm.cdf(-np.sqrt(n / (n - 1)) * quantile))
