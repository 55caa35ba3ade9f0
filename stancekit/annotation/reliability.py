"""Measure how far annotators agree: Krippendorff's alpha, Cohen's kappa."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import cohen_kappa_score

from stancekit.annotation.label_table import ANNOTATOR, LABEL, given_labels
from stancekit.intervals import Interval, bootstrap
from stancekit.threads import COMMENT_ID, THREAD_ID, name_rows, with_context

N_EXAMPLES = 3


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far annotators agree.

    Parameters
    ----------
    alpha : Interval
        Krippendorff's alpha over all labels: 1 is perfect agreement, 0 what chance
        would give. NaN where only one label was ever given.
    by_label : dict of str to Interval
        Alpha of each label against all others together.
    observed : float
        Share of pairs of labels on the same comment that are equal, each comment
        weighted by its number of labels.
    n_comments : int
        Comments with two labels or more; only these count.
    n_annotators : int
        Annotators with a label on such a comment.
    kappas : DataFrame
        Cohen's kappa of each two annotators with common comments: ``annotator_a``,
        ``annotator_b``, ``n_comments``, ``observed`` (share of equal labels),
        ``kappa`` (NaN where both gave one and the same label throughout).
    confusions : DataFrame
        Each two labels that stand on the same comment, the most frequent first:
        ``label_a``, ``label_b``, ``n_comments``, ``comment_ids`` (up to three).
    """

    alpha: Interval
    by_label: dict[str, Interval]
    observed: float
    n_comments: int
    n_annotators: int
    kappas: pd.DataFrame
    confusions: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """Return the alphas as a table: one row for all labels, one for each label."""
        rows = {"all labels": self.alpha, **self.by_label}
        return pd.DataFrame(
            [
                (label, each.estimate, each.low, each.high, each.level, each.n)
                for label, each in rows.items()
            ],
            columns=["label", "alpha", "low", "high", "level", "n_groups"],
        )

    def __str__(self) -> str:
        lines = [
            f"Krippendorff's alpha {self.alpha}",
            f"{self.n_comments} comments with two labels or more, {self.n_annotators} "
            f"annotators, observed agreement {self.observed:.3f}",
        ]
        lines += [f"  {label}: {each}" for label, each in self.by_label.items()]
        most = self.confusions.head(N_EXAMPLES).to_dict("records")
        lines += [
            f"Confused: {row['label_a']} and {row['label_b']} on {row['n_comments']} "
            f"comments ({name_rows(row['comment_ids'])})"
            for row in most
        ]
        return "\n".join(lines)


def agreement(
    labels: pd.DataFrame,
    *,
    table: Any = None,
    n_bootstrap: int = 1000,
    confidence_level: float = 0.95,
    random_state: int | None = 0,
) -> Agreement:
    r"""Measure how far annotators agree beyond chance.

    Any number of annotators may have labelled any part of the comments.

    Parameters
    ----------
    labels : DataFrame
        Labels as :func:`read_labels` returns them: ``comment_id``, ``annotator``,
        ``label`` and, if it is there, ``status``. Only submitted labels count.
    table : DataFrame, optional
        The comment table: the intervals then come from drawing whole threads, since
        comments of one thread are hard or easy together. Without it, from drawing
        single comments, which is too narrow where threads are long.
    n_bootstrap : int, default=1000
        How many times threads are drawn.
    confidence_level : float, default=0.95
        Level of the intervals.
    random_state : int, default=0
        Seed of the draws.

    Returns
    -------
    Agreement

    Raises
    ------
    ValueError
        If a column is missing, a label has no annotator, an annotator gave one comment
        several labels, no comment has two labels, or a comment is not in the table.

    Notes
    -----
    Let comment u have :math:`m_u \ge 2` labels, :math:`n_{uc}` of them c. With the
    coincidences :math:`o_{ck} = \sum_u n_{uc} (n_{uk} - [c = k]) / (m_u - 1)`, their
    sums :math:`n_c = \sum_k o_{ck}` and :math:`n = \sum_c n_c`,

    .. math:: \alpha = 1 - (n - 1)
       \frac{\sum_{c \ne k} o_{ck}}{\sum_{c \ne k} n_c n_k}

    for nominal labels [1]_. Coincidences add up over comments, so a bootstrap needs
    only those of each thread. For one label against the others, the rows and columns
    of the others are added up.

    References
    ----------
    .. [1] Krippendorff, K. (2011). Computing Krippendorff's alpha-reliability.
       University of Pennsylvania, Annenberg School for Communication.

    Examples
    --------
    Four comments, three with two labels: the coincidences are pro-pro 2, contra-contra
    2, pro-contra 1 and contra-pro 1, so n = 6, three of each label, and
    alpha = 1 - 5 · 2 / (2 · 3 · 3) = 0.444. Cohen's kappa is (2/3 - 4/9) / (5/9) = 0.4.

    >>> labels = pd.DataFrame({
    ...     "comment_id": ["c1", "c1", "c2", "c2", "c3", "c3", "c4"],
    ...     "annotator": ["ina", "ole", "ina", "ole", "ina", "ole", "ina"],
    ...     "label": ["pro", "pro", "contra", "contra", "pro", "contra", "pro"],
    ... })
    >>> result = agreement(labels)
    >>> round(result.alpha.estimate, 3)
    0.444
    >>> result.kappas
      annotator_a annotator_b  n_comments  observed  kappa
    0         ina         ole           3  0.666667    0.4
    >>> result.confusions
      label_a label_b  n_comments comment_ids
    0  contra     pro           1        [c3]
    """
    given = given_labels(labels)
    given[LABEL] = given[LABEL].astype(str)
    given = given[given.groupby(COMMENT_ID)[LABEL].transform("size") >= 2]
    if given.empty:
        raise ValueError(
            "No comment has labels by two annotators, so there is nothing to compare."
        )
    counts = pd.crosstab(given[COMMENT_ID], given[LABEL])
    totals = _add_up(_coincidences(counts.to_numpy()), _groups(counts.index, table))

    def alpha_interval(totals: np.ndarray) -> Interval:
        return bootstrap(
            _alpha,
            totals,
            n_bootstrap=n_bootstrap,
            level=confidence_level,
            random_state=random_state,
        )

    everything = totals.sum(axis=0)
    return Agreement(
        alpha=alpha_interval(totals),
        by_label={
            label: alpha_interval(_one_against_rest(totals, k))
            for k, label in enumerate(counts.columns)
        },
        observed=float(np.trace(everything) / everything.sum()),
        n_comments=len(counts),
        n_annotators=given[ANNOTATOR].nunique(),
        kappas=_kappas(given),
        confusions=_confusions(counts),
    )


def _coincidences(counts: np.ndarray) -> np.ndarray:
    """Return what each comment adds to the coincidences, shape (n, k, k)."""
    counts = counts.astype(float)
    pairs = counts[:, :, None] * counts[:, None, :]
    diagonal = np.arange(counts.shape[1])
    pairs[:, diagonal, diagonal] -= counts
    return pairs / (counts.sum(axis=1) - 1)[:, None, None]


def _groups(comments: pd.Index, table: Any) -> np.ndarray:
    """Return the thread of each comment; without a table the comment itself."""
    if table is None:
        return np.arange(len(comments))
    table = with_context(table)
    threads = table.set_index(COMMENT_ID)[THREAD_ID].reindex(comments)
    if threads.isna().any():
        raise ValueError(
            f"{threads.isna().sum()} labelled comments are not in the table: "
            f"{name_rows(threads.index[threads.isna()])}. Pass the table that holds "
            "all of them, or leave table= out."
        )
    return threads.to_numpy(dtype=object)


def _add_up(coincidences: np.ndarray, groups: np.ndarray) -> np.ndarray:
    codes, names = pd.factorize(groups, sort=True)
    totals = np.zeros((len(names), *coincidences.shape[1:]))
    np.add.at(totals, codes, coincidences)
    return totals


def _alpha(sums: np.ndarray) -> np.ndarray:
    """Return alpha for each matrix of coincidences, shape (b, k, k)."""
    by_label = sums.sum(axis=2)
    n = by_label.sum(axis=1)
    differing = n - np.trace(sums, axis1=1, axis2=2)
    expected = n**2 - (by_label**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 0, 1 - (n - 1) * differing / expected, np.nan)


def _one_against_rest(totals: np.ndarray, label: int) -> np.ndarray:
    """Return the coincidences of one label and of all others, shape (n, 2, 2)."""
    both = totals[:, label, label]
    one = totals[:, label, :].sum(axis=1) - both
    rest = totals.sum(axis=(1, 2)) - both - 2 * one
    return np.stack([both, one, one, rest], axis=1).reshape(-1, 2, 2)


def _kappas(given: pd.DataFrame) -> pd.DataFrame:
    wide = given.pivot(index=COMMENT_ID, columns=ANNOTATOR, values=LABEL)
    rows = []
    for a, b in combinations(wide.columns, 2):
        both = wide[[a, b]].dropna()
        if len(both):
            same = float((both[a] == both[b]).mean())
            rows.append((a, b, len(both), same, _kappa(both[a], both[b])))
    columns = ["annotator_a", "annotator_b", "n_comments", "observed", "kappa"]
    return pd.DataFrame(rows, columns=columns)


def _kappa(a: pd.Series, b: pd.Series) -> float:
    if len(set(a) | set(b)) < 2:
        return float("nan")
    return float(cohen_kappa_score(a, b))


def _confusions(counts: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for a, b in combinations(counts.columns, 2):
        ids = counts.index[(counts[a] > 0) & (counts[b] > 0)]
        if len(ids):
            rows.append((a, b, len(ids), list(ids[:N_EXAMPLES])))
    columns = ["label_a", "label_b", "n_comments", "comment_ids"]
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values(
        "n_comments", ascending=False, kind="stable", ignore_index=True
    )
