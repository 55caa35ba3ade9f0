"""Tell how many more labels an interval of a given width takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stancekit.prevalence.estimate import estimate_prevalence
from stancekit.prevalence.limits import effective_labels, wilson_limits
from stancekit.prevalence.result import Prevalence
from stancekit.prevalence.shares import ROUNDING


def power(prevalence: Any, *, margin: float = 0.03) -> pd.DataFrame:
    """Tell how many more labels it takes to know each share to within a margin.

    Parameters
    ----------
    prevalence : Prevalence or DataFrame
        Estimated shares, or a table that :func:`estimate_prevalence` takes without
        further arguments.
    margin : float, default=0.03
        Wanted half-width of the interval; 0.03 is three percentage points.

    Returns
    -------
    DataFrame
        One row for each group and label, with the columns

        - ``group``, ``label``, ``n_labelled``;
        - ``half_width``: of the interval now;
        - ``more_labels``: how many further comments to label, drawn at random; all
          that are left where even they are not enough;
        - ``half_width_then``: what to expect with them;
        - ``reachable``: whether that is within the margin.

    Raises
    ------
    ValueError
        If the margin is not in (0, 0.5).

    Notes
    -----
    A plan, not a promise: it takes the share, the part R² of the variance that the
    predictions explain, and the correlation ρ of labels within a cluster to be as they
    were found. Of N comments, n labelled at random then count as

        n / (1 + (n - 1) κ ρ) / (1 - R² (1 - n / N))

    independent labels, where κ is the chance that two comments are of the same
    cluster [1]_. So with few clusters some margins are out of reach, however many
    comments are labelled.

    References
    ----------
    .. [1] Kish, L. (1965). Survey Sampling. Wiley.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "stance": ["pro", "anti"] * 20 + [None] * 2000,
    ...     "proba_pro": 0.5,
    ...     "proba_anti": 0.5,
    ... })
    >>> plan = power(table, margin=0.05)
    >>> plan[["label", "n_labelled", "more_labels", "reachable"]]
      label  n_labelled  more_labels  reachable
    0   pro          40          353       True
    1  anti          40          353       True
    """
    if not 0 < margin < 0.5:
        raise ValueError(
            f"A margin lies between 0 and 0.5, as 0.03 for 3 points; found {margin!r}."
        )
    if not isinstance(prevalence, Prevalence):
        prevalence = estimate_prevalence(prevalence)
    shares = prevalence.shares
    now = (shares["high"] - shares["low"]).to_numpy() / 2
    plan = _plan(prevalence)
    n = np.where(now <= margin, shares["n_labelled"], plan.search(margin).ravel())
    then = np.where(
        now <= margin, now, plan.half_width(n.reshape(plan.share.shape)).ravel()
    )
    return shares[["group", "label", "n_labelled"]].assign(
        half_width=now,
        more_labels=n - shares["n_labelled"],
        half_width_then=then,
        reachable=then <= margin,
    )


@dataclass(frozen=True)
class _Plan:
    """What the width depends on; arrays of shape (cells, k) or (cells, 1)."""

    share: np.ndarray
    worth: np.ndarray
    explained: np.ndarray
    correlation: np.ndarray
    meeting: np.ndarray
    n_labelled: np.ndarray
    n: np.ndarray
    n_clusters: np.ndarray
    level: float

    def half_width(self, n: np.ndarray) -> np.ndarray:
        """Return the half-width to expect with n labels."""
        clustering = 1 + (n - 1) * self.meeting * self.correlation
        unexplained = 1 - self.explained * (1 - n / self.n)
        df = np.maximum(np.minimum(n, self.n_clusters) - 1, 1)
        low, high = wilson_limits(
            self.share, self.worth * n / clustering / unexplained, df, self.level
        )
        return (high - low) / 2

    def search(self, margin: float) -> np.ndarray:
        """Return the least number of labels within the margin, else all comments."""
        too_few = np.broadcast_to(self.n_labelled, self.share.shape)
        enough = np.broadcast_to(self.n, self.share.shape)
        while (enough - too_few > 1).any():
            middle = (too_few + enough) // 2
            within = self.half_width(middle) <= margin
            too_few = np.where(within, too_few, middle)
            enough = np.where(within, middle, enough)
        return enough


def _plan(prevalence: Prevalence) -> _Plan:
    totals = prevalence.totals
    of_labels, of_corrected = effective_labels(
        totals, prevalence.labels_only, prevalence.corrected
    )
    n = totals.sum_by_cell(totals.n)[:, None]
    n_labelled = totals.sum_by_cell(totals.n_labelled)[:, None]
    in_cluster = totals.n_labelled * (totals.n_labelled - 1)
    company = totals.sum_by_cell(in_cluster)[:, None] / n_labelled
    design_effect = n_labelled / of_labels
    correlation = np.clip((design_effect - 1) / np.maximum(company, ROUNDING), 0, 1)
    saved = np.clip(1 - of_labels / of_corrected, 0, 1)
    left = np.maximum(1 - n_labelled / n, ROUNDING)
    meeting = totals.sum_by_cell(totals.n * (totals.n - 1))[:, None]
    return _Plan(
        share=np.clip(prevalence.corrected.estimate, 0, 1),
        worth=np.minimum((1 + company * correlation) / design_effect, 1),
        explained=np.clip(saved / left, 0, 1 - ROUNDING),
        correlation=correlation,
        meeting=meeting / np.maximum(n * (n - 1), 1),
        n_labelled=n_labelled.astype(int),
        n=n.astype(int),
        n_clusters=np.bincount(totals.cell)[:, None],
        level=prevalence.confidence_level,
    )
