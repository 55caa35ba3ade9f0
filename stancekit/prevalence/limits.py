"""Put limits around shares and around differences of shares."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from stancekit.intervals import wilson_limits
from stancekit.prevalence.shares import ClusterTotals, Shares, divide

# A smaller variance than this part of that of independent comments is chance.
LEAST_DESIGN_EFFECT = 0.25
# When nothing went wrong in n trials, 3 / n of them still may.
RULE_OF_THREE = 3
# Clusters that are worth more than this part of their number are of about one size.
OF_ONE_SIZE = 0.8
# Infinite where the divisor is 0.
_quotient = partial(divide, otherwise=np.inf)


def effective_clusters(totals: ClusterTotals) -> np.ndarray:
    """Return how many clusters of equal weight the labels are worth, (cells, 1)."""
    return _worth(totals, totals.label_weight)[:, None]


def _worth(totals: ClusterTotals, weight: np.ndarray) -> np.ndarray:
    """Return how many clusters of equal weight those of a cell are worth."""
    return totals.sum_by_cell(weight) ** 2 / totals.sum_by_cell(weight**2)


def effective_labels(
    totals: ClusterTotals, labels_only: Shares, corrected: Shares
) -> tuple[np.ndarray, np.ndarray]:
    """Return how many independent labels would give the variances, (cells, k) each.

    The first are for shares without, the second for those with the predictions:
    p (1 - p) / V, with p the share among the labels.
    """
    # Where p is 0 or 1 its variance says nothing; then the design effect is that of the
    # cell's other labels together, and where there are none, as many labels count as
    # there are clusters. Variances too small to be believed are raised: a design effect
    # to the least, and the part that the predictions leave of the variance to 3 in the
    # number of effective clusters, since errors rarer than that need not have been seen
    # among the labels (Hanley, J. A., Lippman-Hand, A. (1983). If nothing goes wrong,
    # is everything all right? JAMA 249, 1743-1745).
    share = np.clip(labels_only.estimate, 0, 1)
    spread, clusters = share * (1 - share), effective_clusters(totals)
    together = spread.sum(axis=1, keepdims=True)
    variance = labels_only.variance.sum(axis=1, keepdims=True)
    pooled = np.where(together > 0, _quotient(together, variance), clusters)
    most = totals.n_equal_labels / LEAST_DESIGN_EFFECT
    of_labels = np.minimum(
        np.where(spread > 0, _quotient(spread, labels_only.variance), pooled), most
    )
    most = of_labels * np.maximum(1, clusters / RULE_OF_THREE)
    of_corrected = np.minimum(
        np.where(spread > 0, _quotient(spread, corrected.variance), of_labels), most
    )
    return of_labels, of_corrected


def degrees_of_freedom(totals: ClusterTotals, shares: Shares) -> np.ndarray:
    """Return the degrees of freedom of the variances, shape (cells, k)."""
    # The effective clusters less one, or less where a few clusters make most of the
    # variance: 2 (Σ ψ²)² / Σ var(ψ²) with var(ψ²) = 2/3 ψ⁴, as for normal ψ
    # (Satterthwaite, F. E. (1946). An approximate distribution of estimates of variance
    # components. Biometrics Bulletin 2, 110-114).
    squares = shares.influence**2
    uneven = _quotient(
        3 * totals.sum_by_cell(squares) ** 2, totals.sum_by_cell(squares**2)
    )
    return np.maximum(np.minimum(uneven, effective_clusters(totals) - 1), 1)


def share_limits(
    totals: ClusterTotals, shares: Shares, n: np.ndarray, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the limits of shares that rest on n effective labels."""
    df = degrees_of_freedom(totals, shares)
    low, high = wilson_limits(shares.estimate, n, df, level)
    shift = _skewness_shift(totals, shares, n, df, level)
    low = np.clip(low + np.minimum(shift, 0), 0, 1)
    high = np.clip(high + np.maximum(shift, 0), 0, 1)
    # Labels in a single cluster tell nothing about other clusters.
    alone = labelled_clusters(totals)[:, None] < 2
    return np.where(alone, 0.0, low), np.where(alone, 1.0, high)


def _skewness_shift(
    totals: ClusterTotals, shares: Shares, n: np.ndarray, df: np.ndarray, level: float
) -> np.ndarray:
    """Return how far the limit on one side must move where large clusters differ."""
    # Where the share in a cluster goes with its size, a few large clusters pull the
    # estimate, its variance with it, and the limits are too short on that side: by the
    # jackknife's bias and by the skewness of the clusters' influence (Hall 1992),
    # beyond that of a proportion, which Wilson's limits have.
    share = np.clip(shares.estimate, 0, 1)
    spread = share * (1 - share)
    squares = totals.sum_by_cell(shares.influence**2)
    known = (squares > 0) & (spread > 0)
    skewness = _quotient(totals.sum_by_cell(shares.influence**3), squares**1.5)
    # Among few clusters the skewness looks smaller than it is.
    clusters = np.maximum(df + 1, 3)
    skewness *= np.sqrt(clusters * (clusters - 1)) / (clusters - 2)
    of_proportion = _quotient(1 - 2 * share, np.sqrt(n * spread))
    excess = np.where(known, skewness, 0) - np.where(known, of_proportion, 0)
    t2 = student.ppf((1 + level) / 2, df) ** 2
    shift = excess / 6 * (2 * t2 + 1) * np.sqrt(shares.variance) - shares.bias
    uneven = _worth(totals, totals.weight) < OF_ONE_SIZE * np.bincount(totals.cell)
    return np.where(uneven[:, None], shift, 0)


def labelled_clusters(totals: ClusterTotals) -> np.ndarray:
    """Return how many clusters of each cell have labels."""
    return totals.sum_by_cell(totals.n_labelled > 0).astype(int)


def difference_limits(
    first: ArrayLike, second: ArrayLike, correlation: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """Return limits of first - second, each given with its limits, shape (3, ...).

    >>> low, high = difference_limits([0.5, 0.4, 0.6], [0.3, 0.2, 0.4], 0.0)
    >>> print(f"{low:.3f} {high:.3f}")
    0.059 0.341
    """
    a, low_a, high_a = np.asarray(first, dtype=float)
    b, low_b, high_b = np.asarray(second, dtype=float)
    # The distance from the estimates to their limits takes the place of the standard
    # error, on the side where it matters (MOVER: Zou, G. Y., Donner, A. (2008).
    # Construction of confidence limits about effect measures: a general approach.
    # Statistics in Medicine 27, 1693-1702). Limits of 0 and 1 are certain, not
    # estimated; with such a share on either side the distances are added up instead.
    unknown = ((low_a == 0) & (high_a == 1)) | ((low_b == 0) & (high_b == 1))

    def distance(of_a: np.ndarray, of_b: np.ndarray) -> np.ndarray:
        square = of_a**2 + of_b**2 - 2 * correlation * of_a * of_b
        return np.where(unknown, of_a + of_b, np.sqrt(np.maximum(square, 0)))

    low = a - b - distance(a - low_a, high_b - b)
    high = a - b + distance(high_a - a, b - low_b)
    return np.clip(low, -1, 1), np.clip(high, -1, 1)
