"""Estimate shares and their variance from the totals of clusters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

# Below this part of its terms a difference is rounding, not signal.
ROUNDING = 1e-12
# A label is rare below this share and with fewer labelled comments than that: the λ of
# least variance then follows the few that happen to be there, and draws the share after
# them, by a tenth of a share of 1 % in simulations.
RARE_SHARE = 0.05
FEW_OF_LABEL = 20


@dataclass(frozen=True)
class ClusterTotals:
    """What each cluster adds to each cell, p rows; a cell has a share of each label."""

    # Which cell and which cluster; cells count from 0 without gaps.
    cell: np.ndarray
    cluster: np.ndarray
    # Comments, labelled comments.
    n: np.ndarray
    n_labelled: np.ndarray
    # Sums of the weights w of comments, and (p, k) of w f, f being the probabilities
    # predicted.
    weight: np.ndarray
    predicted: np.ndarray
    # Sums of a and of a², where a = w / π for a labelled comment and 0 for others.
    label_weight: np.ndarray
    label_weight_squared: np.ndarray
    # Sums (p, k) of a y, where y = 1 for the comment's label and 0 for others; of a f.
    labelled: np.ndarray
    labelled_predicted: np.ndarray

    @property
    def n_equal_labels(self) -> np.ndarray:
        """How many labels of equal weight those of a cell are worth, (cells, 1)."""
        squares = self.sum_by_cell(self.label_weight_squared)
        return (self.sum_by_cell(self.label_weight) ** 2 / squares)[:, None]

    def sum_by_cell(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of values, shape (p,) or (p, k), over each cell."""
        return _sums(self.cell, values, int(self.cell.max()) + 1)

    def sum_of_others(self, values: np.ndarray) -> np.ndarray:
        """Return for each row the sum over the other rows of its cell."""
        return self.sum_by_cell(values)[self.cell] - values


@dataclass(frozen=True)
class Shares:
    """Estimated shares (cells, k) with what their variance is made of (p, k)."""

    # Not yet projected; the variance is that of the jackknife.
    estimate: np.ndarray
    variance: np.ndarray
    # Of the estimate, by the jackknife; small, and not taken off.
    bias: np.ndarray
    # The weight λ that the predictions got.
    tuning: np.ndarray
    # What each cluster adds, linearised: the squares add up to that variance.
    influence: np.ndarray
    # Mean prediction of the labelled comments less that of all; what a cluster adds.
    gap: np.ndarray
    gap_influence: np.ndarray
    # What the estimate changes by when the cluster is left out.
    deviation: np.ndarray


def total_clusters(
    cell: np.ndarray,
    cluster: np.ndarray,
    weight: np.ndarray,
    predictions: np.ndarray,
    label: np.ndarray,
    prob: np.ndarray,
) -> ClusterTotals:
    """Add up n comments, as :class:`Rows` has them, by cell and cluster."""
    n_clusters = int(cluster.max()) + 1
    pairs, row = np.unique(
        cell.astype(np.int64) * n_clusters + cluster, return_inverse=True
    )
    is_labelled = label >= 0
    is_label = label[:, None] == np.arange(predictions.shape[1])
    a = np.where(is_labelled, weight / prob, 0.0)

    def total(values: np.ndarray) -> np.ndarray:
        return _sums(row, values, len(pairs))

    return ClusterTotals(
        cell=pairs // n_clusters,
        cluster=pairs % n_clusters,
        n=np.bincount(row, minlength=len(pairs)),
        n_labelled=np.bincount(row[is_labelled], minlength=len(pairs)),
        weight=total(weight),
        predicted=total(weight[:, None] * predictions),
        label_weight=total(a),
        label_weight_squared=total(a**2),
        labelled=total(a[:, None] * is_label),
        labelled_predicted=total(a[:, None] * predictions),
    )


def _sums(row: np.ndarray, values: np.ndarray, n: int) -> np.ndarray:
    """Return the sums of values, shape (m,) or (m, k), over those of each row."""
    if values.ndim == 2:
        return np.column_stack([_sums(row, column, n) for column in values.T])
    return np.bincount(row, values, n)


def estimate_shares(totals: ClusterTotals, tuning: float | None = None) -> Shares:
    """Estimate the shares of cells that have a label each.

    ``tuning`` is the weight λ of the predictions. By default it is the one of least
    variance in [0, 1], for each cell and label, or 1 for a rare label with an accurate
    scorer; 0 makes no use of the predictions.
    """
    cell = totals.cell
    means = _means(totals, totals.sum_by_cell)
    of_labels, of_gap = _influences(totals, means)
    if tuning is None:
        best, best_without = _tune(totals, of_labels, of_gap)
        left = totals.sum_by_cell((of_labels - of_gap) ** 2)
        trusted = _rare_and_accurate(totals, means.combine(np.ones_like(best)), left)
        best = np.where(trusted, 1.0, best)
        best_without = np.where(trusted[cell], 1.0, best_without)
    else:
        best = np.full(means.labels.shape, float(tuning))
        best_without = best[cell]
    estimate = means.combine(best)
    without = _means(totals, totals.sum_of_others).combine(best_without)
    # Without the only labelled cluster there is no estimate.
    others = totals.sum_of_others(totals.n_labelled)[:, None] > 0
    deviation = np.where(others, without - estimate[cell], 0.0)
    return Shares(
        estimate=estimate,
        variance=_jackknife(totals, deviation**2),
        bias=_jackknife(totals, deviation),
        tuning=best,
        influence=of_labels - best[cell] * of_gap,
        gap=means.labelled_predictions - means.predictions,
        gap_influence=of_gap,
        deviation=deviation,
    )


def project(estimates: np.ndarray) -> np.ndarray:
    """Return the nearest shares that are not negative and add up to 1, (cells, k).

    >>> project(np.array([[0.5, 0.7, -0.1]]))
    array([[0.4, 0.6, 0. ]])
    """
    # The nearest point of the simplex: what is above 1 is taken off all alike. Duchi,
    # J., Shalev-Shwartz, S., Singer, Y., Chandra, T. (2008). Efficient projections onto
    # the l1-ball for learning in high dimensions. ICML.
    falling = -np.sort(-estimates, axis=1)
    excess = (np.cumsum(falling, axis=1) - 1) / np.arange(1, falling.shape[1] + 1)
    last = (falling > excess).sum(axis=1, keepdims=True) - 1
    nearest = np.maximum(estimates - np.take_along_axis(excess, last, axis=1), 0.0)
    rounding = np.abs(nearest - estimates).max(axis=1, keepdims=True) < ROUNDING
    return np.where(rounding, np.maximum(estimates, 0.0), nearest)


class _Means(NamedTuple):
    """Means of the labels, and of the predictions where labelled and everywhere."""

    labels: np.ndarray
    labelled_predictions: np.ndarray
    predictions: np.ndarray

    def combine(self, tuning: np.ndarray) -> np.ndarray:
        return self.labels + tuning * (self.predictions - self.labelled_predictions)


def _means(totals: ClusterTotals, sums: Callable[[np.ndarray], np.ndarray]) -> _Means:
    """Return the means of each cell, or of the cell without each of its clusters."""
    label_weight = sums(totals.label_weight)[:, None]
    return _Means(
        divide(sums(totals.labelled), label_weight),
        divide(sums(totals.labelled_predicted), label_weight),
        divide(sums(totals.predicted), sums(totals.weight)[:, None]),
    )


def _jackknife(totals: ClusterTotals, values: np.ndarray) -> np.ndarray:
    """Return the sum of (n - 1) / n times the values."""
    # Clusters with labels are a smaller sample than all clusters, so n is their number
    # for them.
    has_labels = totals.n_labelled > 0
    n_labelled, n_all = totals.sum_by_cell(has_labels), np.bincount(totals.cell)
    n = np.where(has_labels, n_labelled[totals.cell], n_all[totals.cell])[:, None]
    return totals.sum_by_cell((n - 1) / n * values)


def _influences(totals: ClusterTotals, means: _Means) -> tuple[np.ndarray, np.ndarray]:
    """Return the influence on the labels' mean and on the gap between predictions."""

    def influence(sums: np.ndarray, mean: np.ndarray, weight: np.ndarray) -> np.ndarray:
        # A ratio of sums: the size of a cluster varies, too.
        centred = sums - mean[totals.cell] * weight[:, None]
        return centred / totals.sum_by_cell(weight)[totals.cell, None]

    on_labels = influence(totals.labelled, means.labels, totals.label_weight)
    on_labelled_predictions = influence(
        totals.labelled_predicted, means.labelled_predictions, totals.label_weight
    )
    on_predictions = influence(totals.predicted, means.predictions, totals.weight)
    return on_labels, on_labelled_predictions - on_predictions


def _tune(
    totals: ClusterTotals, of_labels: np.ndarray, of_gap: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return λ for each cell, and for the cell without each of its clusters."""
    product, square = of_labels * of_gap, of_gap**2
    sizes = totals.predicted / totals.sum_by_cell(totals.weight)[totals.cell, None]
    least = ROUNDING**2 * totals.sum_by_cell(sizes**2)
    best = divide(totals.sum_by_cell(product), totals.sum_by_cell(square), least=least)
    best_without = divide(
        totals.sum_of_others(product),
        totals.sum_of_others(square),
        least=least[totals.cell],
    )
    return np.clip(best, 0, 1), np.clip(best_without, 0, 1)


def _rare_and_accurate(
    totals: ClusterTotals, share: np.ndarray, left: np.ndarray
) -> np.ndarray:
    """Tell where a label is too rare to tune λ by, and its scorer helps, (cells, k)."""
    # Both are judged by the share with λ = 1, and the variance that it leaves: of a
    # rare label there may be none among the labelled comments.
    n, share = totals.n_equal_labels, np.clip(share, 0, 1)
    # What nearly every comment has is as hard to tune by as what hardly any has.
    rarer = np.minimum(share, 1 - share)
    rare = (rarer < RARE_SHARE) & (n * rarer < FEW_OF_LABEL)
    return rare & (left < share * (1 - share) / n)


def divide(
    above: np.ndarray,
    below: np.ndarray,
    *,
    least: np.ndarray | float = 0.0,
    otherwise: float = 0.0,
) -> np.ndarray:
    """Return the quotient, something else where the divisor is not above the least."""
    quotient = np.full(np.broadcast(above, below).shape, otherwise)
    return np.divide(above, below, out=quotient, where=below > least)
