"""Tell how many more labels an interval of a given width takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm
from scipy.stats import t as student

from stancekit.intervals import wilson_limits
from stancekit.prevalence.estimate import estimate_prevalence
from stancekit.prevalence.limits import (
    degrees_of_freedom,
    effective_clusters,
    effective_labels,
)
from stancekit.prevalence.result import Prevalence
from stancekit.prevalence.shares import ROUNDING, divide


def labels_needed(
    prevalence: Any,
    *,
    margin: float = 0.03,
    assurance: float = 0.5,
    more: Sequence[int] = (50, 200),
) -> pd.DataFrame:
    """Tell how many more labels it takes to know each share to within a margin.

    Also what some more labels would give, and what the model spares.

    Parameters
    ----------
    prevalence : Prevalence or DataFrame
        Estimated shares, or a table that :func:`estimate_prevalence` takes without
        further arguments.
    margin : float, default=0.03
        Wanted half-width of the interval; 0.03 is three percentage points.
    assurance : float, default=0.5
        How likely the plan shall hold; with 0.5 half-widths are those to expect.
    more : sequence of int, default=(50, 200)
        Numbers of further labels to look at.

    Returns
    -------
    DataFrame
        One row for each group and label, with the columns

        - ``group``, ``label``, ``n_labelled``;
        - ``half_width``: of the interval now;
        - ``more_labels``: how many further comments to label, drawn at random; all
          that are left where even they are not enough;
        - ``half_width_then``: what to expect with them;
        - ``reachable``: whether that is within the margin;
        - ``half_width_50_more``, ``half_width_200_more``: what to expect with so many,
          or with all that are left; as `more` says;
        - ``labels_saved``, ``labels_saved_low``, ``labels_saved_high``: how many labels
          more it would have taken to know the share as well without the predictions,
          with its interval; negative where labels alone do better.

    Raises
    ------
    ValueError
        If the margin is not in (0, 0.5), or the assurance not in (0, 1).

    Notes
    -----
    A plan, not a promise: it takes the share, the part R² of the variance that the
    predictions explain, and the correlation ρ of labels within a cluster to be as they
    were found. Of N comments, n labelled at random then count as

        n / (1 + (n - 1) κ ρ) / (1 - R² (1 - n / N))

    independent labels, where κ is the chance that two comments are of the same
    cluster [1]_. So with few clusters some margins are out of reach, however many
    comments are labelled. To be kept with an assurance, a half-width is multiplied by
    exp(z √(1 / 2 ν)), after the spread of a standard error with ν degrees of freedom,
    and the predictions are taken to spare no more than the lower limit of r, below,
    with the same assurance.

    Labels saved are n (r - 1), where r = Σ ψ² / Σ φ² over clusters, with their
    linearised influence on the share among the labels, ψ, and on the corrected one, φ.
    The interval of r is made on the logarithm, with the linearised standard error and
    Student's t with Satterthwaite's degrees of freedom. In simulations
    (``benchmarks/results/label_plan.json``) with 200 labels, 95 % intervals of the
    labels saved hold them in 93 to 98 % of cases. With an assurance of 0.9, half-widths
    with 50 and 200 more are kept in 93 to 100 %, and a margin that takes at most as
    many labels again in 95 % (87 % with 100 clusters).

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
    >>> plan = labels_needed(table, margin=0.05)
    >>> plan[["label", "n_labelled", "more_labels", "reachable"]]
      label  n_labelled  more_labels  reachable
    0   pro          40          353       True
    1  anti          40          353       True
    """
    if not 0 < margin < 0.5:
        raise ValueError(
            f"A margin lies between 0 and 0.5, as 0.03 for 3 points; found {margin!r}."
        )
    if not 0 < assurance < 1:
        raise ValueError(
            f"An assurance lies between 0 and 1, as 0.9; found {assurance!r}."
        )
    # A table will do.
    if not isinstance(prevalence, Prevalence):
        prevalence = estimate_prevalence(prevalence)
    shares, shape = prevalence.shares, prevalence.corrected.estimate.shape
    now = (shares["high"] - shares["low"]).to_numpy() / 2
    labelled, comments = (
        shares[name].to_numpy().reshape(shape) for name in ("n_labelled", "n")
    )
    half_width = _half_width(prevalence, labelled, comments, assurance)
    found = _search(lambda n: half_width(n) <= margin, labelled, comments)
    n = np.where(now <= margin, shares["n_labelled"], found.ravel())
    then = np.where(now <= margin, now, half_width(found).ravel())
    with_more = {
        f"half_width_{k}_more": half_width(np.minimum(labelled + k, comments)).ravel()
        for k in more
    }
    level = prevalence.confidence_level
    ends = {"": 0.5, "_low": (1 - level) / 2, "_high": (1 + level) / 2}
    saved = {
        f"labels_saved{end}": labelled * (_labels_worth(prevalence, quantile) - 1)
        for end, quantile in ends.items()
    }
    return shares[["group", "label", "n_labelled"]].assign(
        half_width=now,
        more_labels=n - shares["n_labelled"],
        half_width_then=then,
        reachable=then <= margin,
        **with_more,
        **{name: numbers.ravel() for name, numbers in saved.items()},
    )


def _labels_worth(prevalence: Prevalence, quantile: float) -> np.ndarray:
    """Return for how many labels alone one with the predictions may stand.

    The quantile is that of what may be, 0.5 the estimate.
    """
    totals = prevalence.totals
    alone, with_model = (
        shares.influence**2 for shares in (prevalence.labels_only, prevalence.corrected)
    )
    of_alone, of_model = totals.sum_by_cell(alone), totals.sum_by_cell(with_model)
    # Of a label that nobody gave nothing is known.
    estimate = np.where(of_alone > 0, divide(of_alone, of_model, otherwise=1.0), 1.0)
    # Linearised: what each cluster adds to the logarithm of the ratio.
    parts = divide(alone, of_alone[totals.cell]) - divide(
        with_model, of_model[totals.cell]
    )
    squares = totals.sum_by_cell(parts**2)
    df = np.clip(
        divide(squares**2, totals.sum_by_cell(parts**4), otherwise=1.0),
        1,
        np.maximum(effective_clusters(totals) - 1, 1),
    )
    # The second factor is for how little so few clusters tell of the spread itself.
    far = student.ppf(quantile, df) * np.sqrt((1 + 2 / df) * squares)
    return estimate * np.exp(far)


def _half_width(
    prevalence: Prevalence,
    labelled: np.ndarray,
    comments: np.ndarray,
    assurance: float,
) -> Callable[[np.ndarray], np.ndarray]:
    """Return what tells the half-width to expect with n labels, shape (cells, k)."""
    totals = prevalence.totals
    of_labels, of_corrected = effective_labels(
        totals, prevalence.labels_only, prevalence.corrected
    )
    # How many others of its cluster a comment meets, on average: among the labelled
    # ones, and of all others what share.
    in_cluster = totals.n_labelled * (totals.n_labelled - 1)
    company = totals.sum_by_cell(in_cluster)[:, None] / labelled
    together = totals.sum_by_cell(totals.n * (totals.n - 1))[:, None]
    meeting = together / np.maximum(comments * (comments - 1), 1)
    design_effect = labelled / of_labels
    correlation = np.clip((design_effect - 1) / np.maximum(company, ROUNDING), 0, 1)
    # More than one label each would promise what only luck gave.
    worth = np.minimum((1 + company * correlation) / design_effect, 1)
    # What part of the variance the predictions took away, or less to be sure.
    surely = _labels_worth(prevalence, 1 - assurance) / _labels_worth(prevalence, 0.5)
    saved = np.clip(1 - of_labels / of_corrected / surely, 0, 1)
    left = np.maximum(1 - labelled / comments, ROUNDING)
    explained = np.clip(saved / left, 0, 1 - ROUNDING)
    share = np.clip(prevalence.corrected.estimate, 0, 1)
    n_clusters = np.bincount(totals.cell)[:, None]
    # Standard errors now and then vary, the less the more degrees of freedom.
    known = degrees_of_freedom(totals, prevalence.corrected)
    allowance = np.exp(norm.ppf(assurance) * np.sqrt(1 / (2 * known)))

    def half_width(n: np.ndarray) -> np.ndarray:
        clustering = 1 + (n - 1) * meeting * correlation
        unexplained = 1 - explained * (1 - n / comments)
        # No more clusters have labels than there are labels.
        df = np.maximum(np.minimum(n, n_clusters) - 1, 1)
        n_worth = worth * n / clustering / unexplained
        low, high = wilson_limits(share, n_worth, df, prevalence.confidence_level)
        return (high - low) / 2 * allowance

    return half_width


def _search(
    is_enough: Callable[[np.ndarray], np.ndarray],
    too_few: np.ndarray,
    enough: np.ndarray,
) -> np.ndarray:
    """Return the least numbers that are enough, by halving what lies between."""
    while (enough - too_few > 1).any():
        middle = (too_few + enough) // 2
        within = is_enough(middle)
        too_few = np.where(within, too_few, middle)
        enough = np.where(within, middle, enough)
    return enough
