"""Estimate the share of each label in the comments of a table."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import f as fisher

from stancekit import columns as col
from stancekit.errors import DataWarning
from stancekit.intervals import check_level
from stancekit.prevalence.limits import (
    effective_clusters,
    effective_labels,
    labelled_clusters,
    share_limits,
)
from stancekit.prevalence.notes import (
    notes_on,
    warn_of_few_labels,
    wider_than_labels_only,
)
from stancekit.prevalence.result import Prevalence
from stancekit.prevalence.rows import Rows, take_rows
from stancekit.prevalence.shares import (
    ROUNDING,
    ClusterTotals,
    Shares,
    estimate_shares,
    project,
    total_clusters,
)


def estimate_prevalence(
    table: Any,
    label_column: str = col.STANCE,
    *,
    proba_columns: Sequence[str] | Mapping[str, str] | None = None,
    by: str | None = None,
    unit: str = "comment",
    group: str = col.ARTICLE_ID,
    sampling_prob: str | None = None,
    min_labelled: int = 1,
    pool: bool = False,
    confidence_level: float = 0.95,
) -> Prevalence:
    """Estimate the share of each label, corrected for the classifier's errors.

    Predictions for all comments are corrected by what they get wrong on the labelled
    ones. The result shows the naive share (counting predictions), the share among
    the labels alone, and the corrected share with its interval.

    Parameters
    ----------
    table : DataFrame
        Comments with predictions, some of them labelled. Those deleted, removed or
        without text do not count; those on which the model abstains do.
    label_column : str, default="stance"
        The human label; missing where there is none, as are blanks, "NA" and the
        like. The labelled comments must have been drawn at random, with known
        probabilities.
    proba_columns : sequence of str, or mapping of label to str, optional
        Predicted probability of each label, by a model that was not trained on the
        comment or its article, as ``cross_fit`` makes them. By default all columns
        ``proba_<label>``.
    by : str, optional
        A column; each of its values gets shares of its own. Or "day", "week"
        (named by its Monday), "month", "quarter" or "year" of ``created_at`` (UTC).
        The shares in all comments, as without it, are the result's ``overall``.
    unit : {"comment", "author", "thread"}, default="comment"
        What counts once. With "author", each author's comments in a group share the
        weight of one; a comment without author is an author of its own.
    group : str, default="article_id"
        Comments of one group may resemble each other and count as one cluster, never
        as independent. Where it is missing, the thread. Threads also take the place
        of articles where no value of ``by`` has more than one article.
    sampling_prob : str, optional
        Column with the probability π of each comment to be drawn for labelling. By
        default ``sampling_prob`` where there is one, else all have the same. In a
        group with every comment labelled it does not matter.
    min_labelled : int, default=1
        Groups with fewer labelled comments are left out, and named.
    pool : bool, default=False
        Put them together instead: periods with those after them until there are
        enough labels, the last with those before; other groups as "others".
    confidence_level : float, default=0.95
        Of the intervals.

    Returns
    -------
    Prevalence

    Raises
    ------
    TypeError
        If ``table`` is no table.
    ValueError
        If no comment is labelled, a column is missing, a label has no column of
        probabilities, a probability is missing or not in its range, or the model was
        trained on labelled comments, as the column ``in_training`` tells.

    Warns
    -----
    DataWarning
        If a group has too few labels and is left out, or has labels in one cluster
        only; its interval is then [0, 1].

    Notes
    -----
    For a label, with y = 1 where the comment has it and f its predicted probability,
    the corrected share is the mean of

        ỹ = λ f + R / π (y - λ f)

    where R = 1 for a labelled comment, else 0, and R / π is divided by its mean
    (Hájek). It is right on average whatever the predictions are worth [1]_ [3]_. The
    weight λ in [0, 1] makes the linearised variance least [2]_, separately for each
    label and group, so that useless predictions are left out; it is 1 for a label
    below 5 % with fewer than 20 labelled comments, which are too few to tune by, where
    that leaves less variance than the labels alone. The shares of all labels are then
    projected together to be at least 0 and add up to 1.

    **What the interval is about.** The table is taken as a sample of clusters
    (articles), and the interval holds the share in all the comments such articles
    get; more often than it says also the share in this very table. When all comments
    are labelled it does not shrink to a point: other articles have other shares.

    **The interval.** The variance V is the delete-one-cluster jackknife, λ tuned anew
    each time; it equals the linearised cluster-robust variance [4]_ but for terms
    that matter with few clusters [5]_. Limits are Wilson's, with the effective number
    of labels p (1 - p) / V in place of n, p being the share among the labels, and
    Student's quantile in place of the normal one [6]_; its degrees of freedom are the
    effective number of labelled clusters less one, or Satterthwaite's where a few
    clusters make most of the variance. Where clusters differ much in size, the share
    may go with the size, and the limit on the side to which their influence is skewed
    moves outwards [7]_. Limits stay within [0, 1].

    **What is tested.** Whether the predictions on the labelled comments are like those
    on all, given how they were drawn (Hotelling's T² over clusters); ``balance`` is the
    p-value, and below 0.05 a note stands beside the shares. It catches labels drawn
    twice as often where the label is "pro", but not comments left out at random or for
    what no prediction sees.

    **What holds.** In simulated threads
    (``benchmarks/results/interval_coverage.md``) 95 % intervals hold the truth in 94
    to 97 % of cases with 30 clusters or more and at least 20 labelled comments of the
    label to be expected, however labels are drawn, and are at most 1.03 times as wide
    as those from the labels alone. With 5 to 20 clusters or rarer labels it is 91 to
    99 %: least where a label of 1 or 2 % meets an accurate scorer, so that its errors
    go unseen. Where the share goes with the size of clusters, some of them ten times
    as large as most, it is 93 to 95 % with 30 clusters or more.

    References
    ----------
    .. [1] Angelopoulos, A. N., Bates, S., Fannjiang, C., Jordan, M. I., Zrnic, T.
       (2023). Prediction-powered inference. Science 382, 669-674.
    .. [2] Angelopoulos, A. N., Duchi, J. C., Zrnic, T. (2023). PPI++: Efficient
       prediction-powered inference. arXiv:2311.01453.
    .. [3] Egami, N., Hinck, M., Stewart, B. M., Wei, H. (2023). Using imperfect
       surrogates for downstream inference: design-based supervised learning for
       social science applications of large language models. NeurIPS 36.
    .. [4] Liang, K.-Y., Zeger, S. L. (1986). Longitudinal data analysis using
       generalized linear models. Biometrika 73, 13-22.
    .. [5] Bell, R. M., McCaffrey, D. F. (2002). Bias reduction in standard errors for
       linear regression with multi-stage samples. Survey Methodology 28, 169-181.
    .. [6] Dean, N., Pagano, M. (2015). Evaluating confidence interval methods for
       binomial proportions in clustered surveys. Journal of Survey Statistics and
       Methodology 3, 484-503.
    .. [7] Hall, P. (1992). On the removal of skewness by transformation. Journal of
       the Royal Statistical Society B 54, 221-228.

    Examples
    --------
    Eight comments of eight articles. Among the four labelled ones half are "pro"
    where the model saw 1/4; in all eight it sees 3/8:

    >>> table = pd.DataFrame({
    ...     "article_id": list("abcdefgh"),
    ...     "stance": ["pro", "pro", "anti", "anti", None, None, None, None],
    ...     "proba_pro": [1.0, 0, 0, 0, 1, 1, 0, 0],
    ...     "proba_anti": [0.0, 1, 1, 1, 0, 0, 1, 1],
    ... })
    >>> shares = estimate_prevalence(table)
    >>> print(shares)
    Share of each label, per comment, in percent with 95 % intervals; clusters:
    article_id
    label naive      labels only        corrected  n  labelled  clusters
      pro  37.5 50.0 [6.1, 93.9] 56.7 [7.2, 95.7]  8         4         8
     anti  62.5 50.0 [6.1, 93.9] 43.3 [4.3, 92.8]  8         4         8
    Without sampling_prob, the labelled comments are assumed to have been drawn at
    random.
    Wider than the interval of labels only: 'pro', 'anti'; to weigh the predictions by
    so few labels takes more precision than they give.

    The clusters' linearised parts of the labels' mean are 8/64 (1, 1, -1, -1, 0, 0,
    0, 0), those of the model's means 1/64 (7, -1, -1, -1, -5, -5, 3, 3). So the
    least variance has λ = 8 (7 - 1 + 1 + 1) / (49 + 1 + 1 + 1 + 25 + 25 + 9 + 9) =
    8/15, and the share is 1/2 + 8/15 (3/8 - 1/4) = 17/30:

    >>> frame = shares.to_frame()
    >>> print(frame.loc[0, "tuning"].round(4), frame.loc[0, "corrected"].round(4))
    0.5333 0.5667
    """
    check_level(confidence_level)
    of_all: dict[str, Any] = {
        "proba_columns": proba_columns,
        "unit": unit,
        "group": group,
        "sampling_prob": sampling_prob,
    }
    rows = take_rows(
        table, label_column, by=by, min_labelled=min_labelled, pool=pool, **of_all
    )
    overall = None
    if by is not None:
        of_all["confidence_level"] = confidence_level
        with warnings.catch_warnings():
            # What is odd about the labels is said of the groups.
            warnings.simplefilter("ignore", DataWarning)
            overall = estimate_prevalence(table, label_column, **of_all)
    totals = total_clusters(
        rows.cell, rows.cluster, rows.weight, rows.predictions, rows.label, rows.prob
    )
    # Shown beside the corrected shares, and the measure of what predictions add.
    labels_only = estimate_shares(totals, tuning=0.0)
    corrected = estimate_shares(totals)
    warn_of_few_labels(rows, totals, min_labelled)
    balance = _balance(totals, corrected)
    shares = _frame(rows, totals, labels_only, corrected, confidence_level)
    notes = notes_on(rows, by, balance, min_labelled)
    return Prevalence(
        shares=shares,
        by=by,
        unit=unit,
        clusters=rows.clusters,
        confidence_level=confidence_level,
        n_hidden=rows.n_hidden,
        n_without_text=rows.n_without_text,
        n_without_group=rows.n_without_group,
        without_labels=rows.without_labels,
        balance=balance,
        min_labelled=min_labelled,
        pooled=rows.pooled,
        design=rows.design,
        notes=(*notes, *wider_than_labels_only(shares, labels_only, corrected)),
        overall=overall,
        totals=totals,
        labels_only=labels_only,
        corrected=corrected,
    )


def _frame(
    rows: Rows,
    totals: ClusterTotals,
    labels_only: Shares,
    corrected: Shares,
    level: float,
) -> pd.DataFrame:
    """Return the table of shares that :meth:`Prevalence.to_frame` documents."""
    n_labels_only, n_corrected = effective_labels(totals, labels_only, corrected)
    alone = project(labels_only.estimate)
    alone_low, alone_high = share_limits(totals, labels_only, n_labels_only, level)
    share = project(corrected.estimate)
    low, high = share_limits(totals, corrected, n_corrected, level)
    by_label = {
        "naive": _naive(rows),
        "labels_only": alone,
        # Projecting may move a share beyond its limits.
        "labels_only_low": np.minimum(alone_low, alone),
        "labels_only_high": np.maximum(alone_high, alone),
        "corrected": share,
        "low": np.minimum(low, share),
        "high": np.maximum(high, share),
        "std_error": np.sqrt(corrected.variance),
        "tuning": corrected.tuning,
    }
    by_cell = {
        "n": totals.sum_by_cell(totals.n).astype(int),
        "n_labelled": totals.sum_by_cell(totals.n_labelled).astype(int),
        "n_clusters": np.bincount(totals.cell),
        "n_labelled_clusters": labelled_clusters(totals),
    }
    k = len(rows.labels)
    return pd.DataFrame(
        {
            "group": pd.Series(rows.groups).repeat(k).to_numpy(),
            "label": rows.labels * len(rows.groups),
            **{name: values.ravel() for name, values in by_label.items()},
            **{name: np.repeat(values, k) for name, values in by_cell.items()},
            "n_effective": n_corrected.ravel(),
        }
    )


def _naive(rows: Rows) -> np.ndarray:
    """Return the share of each predicted label, shape (cells, k)."""
    counts = np.zeros((len(rows.groups), len(rows.labels)))
    np.add.at(counts, (rows.cell, rows.predicted), rows.weight)
    return counts / counts.sum(axis=1, keepdims=True)


def _balance(totals: ClusterTotals, shares: Shares) -> float:
    """Return how likely chance alone makes the labelled so unlike the others."""
    # Hotelling's T² of the mean prediction of each label among the labelled comments
    # and among all, with the variance between clusters; cells count by their weight.
    # NaN where nothing was drawn, or there are too few clusters.
    of_cell = totals.sum_by_cell(totals.weight) / totals.weight.sum()
    gap = of_cell @ shares.gap
    parts = of_cell[totals.cell, None] * shares.gap_influence
    influence = np.zeros((int(totals.cluster.max()) + 1, len(gap)))
    np.add.at(influence, totals.cluster, parts)
    # The predictions of all labels add up to 1, so the last gap tells nothing new.
    gap, influence = gap[:-1], influence[:, :-1]
    sizes, directions = np.linalg.eigh(influence.T @ influence)
    # Directions without variance, as where a label is never predicted.
    told = sizes > ROUNDING * max(1, sizes.max(initial=0))
    rank, n = int(told.sum()), effective_clusters(totals).sum()
    if not rank or n <= rank + 1:
        return float("nan")
    square = ((gap @ directions)[told] ** 2 / sizes[told]).sum()
    return float(fisher.sf(square * (n - rank) / (rank * n), rank, n - rank))
