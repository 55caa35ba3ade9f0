"""Compute scores from confusion matrices and probabilities."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stancekit.intervals import f1_by_class


def confusion_by_group(
    y_true: np.ndarray,
    y_pred: np.ndarray,
    groups: np.ndarray,
    n_classes: int,
    n_groups: int | None = None,
) -> np.ndarray:
    """Return one confusion matrix a group, shape (n_groups, n_classes, n_classes).

    Labels and groups are positions. Rows are true, columns predicted labels; there
    are ``n_groups``, by default the largest and one.
    """
    if n_groups is None:
        n_groups = int(groups.max()) + 1 if len(groups) else 0
    cells = (groups * n_classes + y_true) * n_classes + y_pred
    counts = np.bincount(cells, minlength=n_groups * n_classes**2)
    return counts.reshape(n_groups, n_classes, n_classes)


def macro_f1(confusion: np.ndarray) -> np.ndarray:
    """Return the mean F1 over the classes, shape (...)."""
    return f1_by_class(confusion).mean(axis=-1)


def accuracy(confusion: np.ndarray) -> np.ndarray:
    """Return the share of right predictions, shape (...)."""
    right = np.diagonal(confusion, axis1=-2, axis2=-1).sum(axis=-1)
    return right / np.maximum(confusion.sum(axis=(-2, -1)), 1)


def reliability_curve(
    confidence: np.ndarray, right: np.ndarray, n_bins: int = 10
) -> pd.DataFrame:
    """Return the bins of :attr:`Evaluation.reliability`."""
    order = np.argsort(confidence, kind="stable")
    # Of equal size, so that each mean rests on as many comments (Nguyen, K., O'Connor,
    # B. (2015). Posterior calibration and exploratory analysis for natural language
    # processing models. EMNLP); empty where there are fewer comments than bins.
    bins = [rows for rows in np.array_split(order, n_bins) if len(rows)]
    return pd.DataFrame(
        {
            "confidence": [float(confidence[rows].mean()) for rows in bins],
            "accuracy": [float(right[rows].mean()) for rows in bins],
            "n": [len(rows) for rows in bins],
        }
    )


def calibration_error(
    confidence: np.ndarray, right: np.ndarray, n_bins: int = 10
) -> float:
    """Return the mean distance of confidence and accuracy over bins of equal size.

    >>> calibration_error(np.array([0.5, 0.5, 0.9, 0.9]),
    ...                   np.array([True, False, True, True]), n_bins=2)
    0.05
    """
    curve = reliability_curve(confidence, right, n_bins)
    distance = (curve["confidence"] - curve["accuracy"]).abs()
    # Rounding errors shall not show.
    return round(float(np.average(distance, weights=curve["n"])), 12)


def risk_coverage_curve(confidence: np.ndarray, right: np.ndarray) -> pd.DataFrame:
    """Return the rows of :attr:`Evaluation.risk_coverage`."""
    order = np.argsort(-confidence, kind="stable")
    sorted_confidence = confidence[order]
    # Equal confidences are kept or set aside together.
    last = np.append(np.flatnonzero(np.diff(sorted_confidence)), len(order) - 1)
    kept = last + 1
    return pd.DataFrame(
        {
            "threshold": sorted_confidence[last],
            "coverage": kept / len(order),
            "error": np.cumsum(~right[order].astype(bool))[last] / kept,
            "n": kept,
        }
    )


def first_to_second(sums: np.ndarray) -> np.ndarray:
    """Return the first sum as a share of the second, NaN where that is 0."""
    whole = np.where(sums[:, 1] > 0, sums[:, 1], np.nan)
    return sums[:, 0] / whole
