"""Estimate shares and their variance from the totals of clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

# Below this part of its terms a difference is rounding, not signal.
ROUNDING = 1e-12


@dataclass(frozen=True)
class ClusterTotals:
    """What each cluster adds to each cell; a cell is one share per label.

    Parameters
    ----------
    cell, cluster : array of int, shape (p,)
        Which cell and which cluster each row of totals is about; cells count from 0
        without gaps.
    n, n_labelled : array of shape (p,)
        Number of comments, of labelled comments.
    weight : array of shape (p,)
        Sum of the weights w of the comments.
    predicted : array of shape (p, k)
        Sum of w f, with f the predicted probability of each label.
    label_weight, label_weight_squared : array of shape (p,)
        Sum of a and of a², where a = w / π for a labelled comment and 0 for others.
    labelled : array of shape (p, k)
        Sum of a y, with y = 1 for the comment's label and 0 for the others.
    labelled_predicted : array of shape (p, k)
        Sum of a f.
    """

    cell: np.ndarray
    cluster: np.ndarray
    n: np.ndarray
    n_labelled: np.ndarray
    weight: np.ndarray
    predicted: np.ndarray
    label_weight: np.ndarray
    label_weight_squared: np.ndarray
    labelled: np.ndarray
    labelled_predicted: np.ndarray

    @property
    def n_cells(self) -> int:
        """How many cells there are."""
        return int(self.cell.max()) + 1

    def sum_by_cell(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of values, shape (p,) or (p, k), over each cell."""
        if values.ndim == 1:
            return np.bincount(self.cell, values, self.n_cells)
        return np.column_stack([self.sum_by_cell(column) for column in values.T])


@dataclass(frozen=True)
class Shares:
    """Estimated shares with what their variance is made of.

    Parameters
    ----------
    estimate, variance : array of shape (cells, k)
        Share of each label, not yet projected, and its jackknife variance.
    tuning : array of shape (cells, k)
        The weight λ that the predictions got.
    influence : array of shape (p, k)
        Linearised contribution of each cluster; the squares add up to the
        linearised variance.
    deviation : array of shape (p, k)
        What the estimate changes by when the cluster is left out.
    """

    estimate: np.ndarray
    variance: np.ndarray
    tuning: np.ndarray
    influence: np.ndarray
    deviation: np.ndarray


def total_clusters(
    cell: np.ndarray,
    cluster: np.ndarray,
    weight: np.ndarray,
    predictions: np.ndarray,
    label: np.ndarray,
    prob: np.ndarray,
) -> ClusterTotals:
    """Add up comments by cell and cluster.

    Parameters
    ----------
    cell, cluster : array of int, shape (n,)
        Both count from 0; no cell is empty.
    weight, prob : array of shape (n,)
        Weight of each comment in the share; its probability of being labelled.
    predictions : array of shape (n, k)
        Predicted probability of each label.
    label : array of int, shape (n,)
        Position of the comment's label, -1 where it has none.

    Returns
    -------
    ClusterTotals
    """
    n_clusters = int(cluster.max()) + 1
    pairs, row = np.unique(
        cell.astype(np.int64) * n_clusters + cluster, return_inverse=True
    )
    is_labelled = label >= 0
    a = np.where(is_labelled, weight / prob, 0.0)

    def total(values: np.ndarray) -> np.ndarray:
        if values.ndim == 2:
            return np.column_stack([total(column) for column in values.T])
        return np.bincount(row, values, len(pairs))

    is_label = label[:, None] == np.arange(predictions.shape[1])
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


def estimate_shares(totals: ClusterTotals, tuning: float | None = None) -> Shares:
    """Estimate the shares, with the weight on the predictions tuned or given.

    Parameters
    ----------
    totals : ClusterTotals
        Every cell has at least one labelled comment.
    tuning : float, optional
        The weight λ. By default the one of least variance in [0, 1], for each cell
        and label; 0 makes no use of the predictions.

    Returns
    -------
    Shares
    """
    cell = totals.cell
    means = _means(totals)
    of_labels, of_gap = _influences(totals, means)
    best, best_without = _tune(totals, of_labels, of_gap, tuning)
    estimate = means.combine(best)
    without = _means_without(totals).combine(best_without)
    # Without the only labelled cluster there is no estimate.
    deviation = np.where(_others_labelled(totals), without - estimate[cell], 0.0)
    return Shares(
        estimate=estimate,
        variance=_jackknife_variance(totals, deviation),
        tuning=best,
        influence=of_labels - best[cell] * of_gap,
        deviation=deviation,
    )


def project(estimates: np.ndarray) -> np.ndarray:
    """Return the nearest shares that are not negative and add up to 1.

    Parameters
    ----------
    estimates : array of shape (cells, k)

    Returns
    -------
    array of shape (cells, k)

    References
    ----------
    Duchi, J., Shalev-Shwartz, S., Singer, Y., Chandra, T. (2008). Efficient
    projections onto the l1-ball for learning in high dimensions. ICML.

    Examples
    --------
    >>> project(np.array([[0.5, 0.7, -0.1]]))
    array([[0.4, 0.6, 0. ]])
    """
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


def _means(totals: ClusterTotals) -> _Means:
    label_weight = totals.sum_by_cell(totals.label_weight)[:, None]
    return _Means(
        totals.sum_by_cell(totals.labelled) / label_weight,
        totals.sum_by_cell(totals.labelled_predicted) / label_weight,
        totals.sum_by_cell(totals.predicted)
        / totals.sum_by_cell(totals.weight)[:, None],
    )


def _means_without(totals: ClusterTotals) -> _Means:
    """Return the means of the cell without each of its clusters."""

    def rest(values: np.ndarray) -> np.ndarray:
        return totals.sum_by_cell(values)[totals.cell] - values

    label_weight = rest(totals.label_weight)[:, None]
    return _Means(
        _divide(rest(totals.labelled), label_weight),
        _divide(rest(totals.labelled_predicted), label_weight),
        _divide(rest(totals.predicted), rest(totals.weight)[:, None]),
    )


def _others_labelled(totals: ClusterTotals) -> np.ndarray:
    """Tell where another cluster of the cell has labels, as an array (p, 1)."""
    in_cell = totals.sum_by_cell(totals.n_labelled)[totals.cell]
    return (in_cell > totals.n_labelled)[:, None]


def _jackknife_variance(totals: ClusterTotals, deviation: np.ndarray) -> np.ndarray:
    """Return the sum of (n - 1) / n times the squares.

    Clusters with labels are a smaller sample than all clusters, so n is their number
    for them.
    """
    has_labels = totals.n_labelled > 0
    n_labelled, n_all = totals.sum_by_cell(has_labels), np.bincount(totals.cell)
    n = np.where(has_labels, n_labelled[totals.cell], n_all[totals.cell])[:, None]
    return totals.sum_by_cell((n - 1) / n * deviation**2)


def _influences(totals: ClusterTotals, means: _Means) -> tuple[np.ndarray, np.ndarray]:
    """Return the influence on the labels' mean and on the gap between predictions."""

    def influence(sums: np.ndarray, mean: np.ndarray, weight: np.ndarray) -> np.ndarray:
        centred = sums - mean[totals.cell] * weight[:, None]
        return centred / totals.sum_by_cell(weight)[totals.cell, None]

    on_labels = influence(totals.labelled, means.labels, totals.label_weight)
    on_labelled_predictions = influence(
        totals.labelled_predicted, means.labelled_predictions, totals.label_weight
    )
    on_predictions = influence(totals.predicted, means.predictions, totals.weight)
    return on_labels, on_labelled_predictions - on_predictions


def _tune(
    totals: ClusterTotals,
    of_labels: np.ndarray,
    of_gap: np.ndarray,
    tuning: float | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return λ for each cell, and for the cell without each of its clusters."""
    if tuning is not None:
        best = np.full((totals.n_cells, of_gap.shape[1]), float(tuning))
        return best, best[totals.cell]
    product, square = of_labels * of_gap, of_gap**2
    products, squares = totals.sum_by_cell(product), totals.sum_by_cell(square)
    sizes = totals.predicted / totals.sum_by_cell(totals.weight)[totals.cell, None]
    rounding = (ROUNDING**2) * totals.sum_by_cell(sizes**2)
    best = _divide(products, squares, least=rounding)
    best_without = _divide(
        products[totals.cell] - product,
        squares[totals.cell] - square,
        least=rounding[totals.cell],
    )
    return np.clip(best, 0, 1), np.clip(best_without, 0, 1)


def _divide(
    above: np.ndarray, below: np.ndarray, least: np.ndarray | float = 0.0
) -> np.ndarray:
    """Return the quotient, 0 where the divisor is not above the least."""
    quotient = np.zeros_like(above)
    return np.divide(above, below, out=quotient, where=below > least)
