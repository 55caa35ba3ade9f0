"""Put limits around shares and around differences of shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from stancekit.prevalence.shares import ClusterTotals, Shares

# A smaller variance than this part of that of independent comments is chance.
LEAST_DESIGN_EFFECT = 0.25
# When nothing went wrong in n trials, 3 / n of them still may.
RULE_OF_THREE = 3


def effective_clusters(totals: ClusterTotals) -> np.ndarray:
    """Return how many clusters of equal weight the labels are worth, shape (cells, 1).

    With A the sum of label weights of a cluster, it is (Σ A)² / Σ A².
    """
    squares = totals.sum_by_cell(totals.label_weight**2)
    return (totals.sum_by_cell(totals.label_weight) ** 2 / squares)[:, None]


def effective_labels(
    totals: ClusterTotals, labels_only: Shares, corrected: Shares
) -> tuple[np.ndarray, np.ndarray]:
    """Return how many independent labels would give the variances.

    Parameters
    ----------
    totals : ClusterTotals
    labels_only, corrected : Shares
        Estimates without and with the predictions.

    Returns
    -------
    labels_only, corrected : array of shape (cells, k)
        The effective numbers p (1 - p) / V, with p the share among the labels.

    Notes
    -----
    Where p is 0 or 1 its variance says nothing; then the design effect is that of
    the cell's other labels together, and where there are none, as many labels count
    as there are clusters. Variances that are too small to be believed are raised: a
    design effect to ``LEAST_DESIGN_EFFECT``, and the part that the predictions
    leave of the variance to 3 in the number of effective clusters, since errors
    rarer than that need not have been seen among the labels [1]_.

    References
    ----------
    .. [1] Hanley, J. A., Lippman-Hand, A. (1983). If nothing goes wrong, is
       everything all right? JAMA 249, 1743-1745.
    """
    share = np.clip(labels_only.estimate, 0, 1)
    spread = share * (1 - share)
    clusters = effective_clusters(totals)
    kish = (
        totals.sum_by_cell(totals.label_weight) ** 2
        / totals.sum_by_cell(totals.label_weight_squared)
    )[:, None]
    pooled = np.where(
        spread.any(axis=1, keepdims=True),
        _quotient(
            spread.sum(axis=1, keepdims=True),
            labels_only.variance.sum(axis=1, keepdims=True),
        ),
        clusters,
    )
    most = kish / LEAST_DESIGN_EFFECT
    of_labels = np.minimum(
        np.where(spread > 0, _quotient(spread, labels_only.variance), pooled), most
    )
    most = of_labels * np.maximum(1, clusters / RULE_OF_THREE)
    of_corrected = np.minimum(
        np.where(spread > 0, _quotient(spread, corrected.variance), of_labels), most
    )
    return of_labels, of_corrected


def degrees_of_freedom(totals: ClusterTotals, shares: Shares) -> np.ndarray:
    """Return the degrees of freedom of the variances, shape (cells, k).

    The effective clusters less one, or less where a few clusters make most of the
    variance: Satterthwaite's 2 (Σ ψ²)² / Σ var(ψ²) with var(ψ²) = 2/3 ψ⁴, as for
    normal ψ.

    References
    ----------
    Satterthwaite, F. E. (1946). An approximate distribution of estimates of variance
    components. Biometrics Bulletin 2, 110-114.
    """
    squares = shares.influence**2
    uneven = _quotient(
        3 * totals.sum_by_cell(squares) ** 2, totals.sum_by_cell(squares**2)
    )
    return np.maximum(np.minimum(uneven, effective_clusters(totals) - 1), 1)


def wilson_limits(
    share: np.ndarray | float,
    n: np.ndarray | float,
    df: np.ndarray | float,
    level: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return Wilson's limits with effective numbers and Student's quantile.

    Examples
    --------
    >>> low, high = wilson_limits(0.8, 10, np.inf, 0.95)
    >>> print(f"{low:.3f} {high:.3f}")
    0.490 0.943
    """
    share = np.clip(share, 0, 1)
    t2 = student.ppf((1 + level) / 2, df) ** 2
    centre = (share + t2 / (2 * n)) / (1 + t2 / n)
    half = np.sqrt(t2 * (share * (1 - share) / n + t2 / (4 * n**2))) / (1 + t2 / n)
    return np.clip(centre - half, 0, share), np.clip(centre + half, share, 1)


def share_limits(
    totals: ClusterTotals, shares: Shares, n: np.ndarray, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the limits of shares that rest on n effective labels.

    Labels in a single cluster tell nothing about other clusters: there the limits
    are 0 and 1.
    """
    low, high = wilson_limits(
        shares.estimate, n, degrees_of_freedom(totals, shares), level
    )
    alone = labelled_clusters(totals)[:, None] < 2
    return np.where(alone, 0.0, low), np.where(alone, 1.0, high)


def labelled_clusters(totals: ClusterTotals) -> np.ndarray:
    """Return how many clusters of each cell have labels."""
    return totals.sum_by_cell(totals.n_labelled > 0).astype(int)


def difference_limits(
    first: ArrayLike, second: ArrayLike, correlation: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """Return limits of the difference of two shares from their own limits.

    Parameters
    ----------
    first, second : array of shape (3, ...)
        Estimate, lower and upper limit of each share.
    correlation : array
        Between the two estimates.

    Returns
    -------
    low, high : array
        Limits of first - second, within [-1, 1].

    Notes
    -----
    The distance from the estimates to their limits takes the place of the standard
    error, on the side where it matters (MOVER). Limits of 0 and 1 are certain, not
    estimated; with such a share on either side the distances are added up instead.

    References
    ----------
    Zou, G. Y., Donner, A. (2008). Construction of confidence limits about effect
    measures: a general approach. Statistics in Medicine 27, 1693-1702.

    Examples
    --------
    >>> low, high = difference_limits([0.5, 0.4, 0.6], [0.3, 0.2, 0.4], 0.0)
    >>> print(f"{low:.3f} {high:.3f}")
    0.059 0.341
    """
    a, low_a, high_a = np.asarray(first, dtype=float)
    b, low_b, high_b = np.asarray(second, dtype=float)
    unknown = ((low_a == 0) & (high_a == 1)) | ((low_b == 0) & (high_b == 1))

    def distance(of_a: np.ndarray, of_b: np.ndarray) -> np.ndarray:
        square = of_a**2 + of_b**2 - 2 * correlation * of_a * of_b
        return np.where(unknown, of_a + of_b, np.sqrt(np.maximum(square, 0)))

    low = a - b - distance(a - low_a, high_b - b)
    high = a - b + distance(high_a - a, b - low_b)
    return np.clip(low, -1, 1), np.clip(high, -1, 1)


def _quotient(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return the quotient, infinite where the divisor is 0."""
    infinite = np.full(np.broadcast(above, below).shape, np.inf)
    return np.divide(above, below, out=infinite, where=below > 0)
