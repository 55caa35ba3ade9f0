"""Give an estimate its interval: bootstrap over groups, Wilson for a proportion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

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


def wilson(successes: float, n: int, *, level: float = 0.95) -> Interval:
    """Return Wilson's score interval for a proportion.

    Parameters
    ----------
    successes : float
        How many of the n trials succeeded.
    n : int
        Number of independent trials. With none, the interval is [0, 1].
    level : float, default=0.95
        Confidence level.

    Returns
    -------
    Interval

    Raises
    ------
    ValueError
        If there are more successes than trials, or the level is not in (0, 1).

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical
    inference. Journal of the American Statistical Association 22, 209-212.

    Examples
    --------
    >>> print(wilson(8, 10))
    0.800 [0.490, 0.943] (95 %, n = 10)
    """
    check_level(level)
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes in {n} trials are not possible.")
    if n == 0:
        return Interval(float("nan"), 0.0, 1.0, level, 0)
    z = float(norm.ppf((1 + level) / 2))
    share = successes / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return Interval(share, min(low, share), max(high, share), level, n)


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
    which resemble each other, are never taken for independent.

    Parameters
    ----------
    statistic : callable
        Maps sums of totals, shape (b, ...), to b values. It must depend on the data
        through these sums only, as every score from a confusion matrix does.
    totals : array of shape (n_groups, ...)
        What each group adds to the sums, for instance its confusion matrix.
    n_bootstrap : int, default=1000
        How many times the groups are drawn.
    level : float, default=0.95
        Confidence level.
    random_state : int, default=0
        Seed of the draws.

    Returns
    -------
    Interval
        With the statistic of all groups as its estimate and n = n_groups. Draws in
        which the statistic is not defined are left out.

    Raises
    ------
    ValueError
        If there is no group, or the level is not in (0, 1).

    References
    ----------
    Davison, A. C., Hinkley, D. V. (1997). Bootstrap Methods and their Application,
    section 3.8. Cambridge University Press.

    Examples
    --------
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
    flat = totals.reshape(n_groups, -1)
    rng = np.random.default_rng(random_state)
    values = []
    for size in _blocks(n_bootstrap, n_groups):
        draws = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=size)
        sums = (draws @ flat).reshape(size, *totals.shape[1:])
        values.append(np.asarray(statistic(sums), dtype=float))
    defined = np.concatenate(values)
    defined = defined[np.isfinite(defined)]
    if not len(defined):
        return Interval(estimate, estimate, estimate, level, n_groups)
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(
        estimate, min(float(low), estimate), max(float(high), estimate), level, n_groups
    )


def check_level(level: float) -> None:
    """Raise ValueError unless the confidence level is in (0, 1)."""
    if not 0 < level < 1:
        raise ValueError(f"A confidence level lies between 0 and 1; found {level!r}.")


def _blocks(n_bootstrap: int, n_groups: int) -> list[int]:
    """Return sizes of blocks of draws that together make n_bootstrap."""
    most = max(1, BLOCK // n_groups)
    return [min(most, n_bootstrap - start) for start in range(0, n_bootstrap, most)]
