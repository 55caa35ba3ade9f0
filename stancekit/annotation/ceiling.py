"""Measure how well people do at the task: the score a model can hope for."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.annotation.label_table import GROUP
from stancekit.intervals import Interval, bootstrap, f1_by_class

# With two, the "majority of the others" is one person's label.
FEWEST_ANNOTATORS = 3
MAJORITY = "majority"


def against_others(given: pd.DataFrame) -> pd.DataFrame:
    """Return the labels with the majority of the other annotators beside each.

    Labels on comments of too few annotators, and those without a majority, are left
    out.
    """
    annotators = given.groupby(col.COMMENT_ID)[col.ANNOTATOR].transform("size")
    enough = given[annotators >= FEWEST_ANNOTATORS].reset_index(drop=True)
    if enough.empty:
        return enough.assign(**{MAJORITY: None})
    votes = pd.crosstab(enough[col.COMMENT_ID], enough[col.LABEL])
    own = votes.columns.get_indexer(enough[col.LABEL])
    others = votes.loc[enough[col.COMMENT_ID]].to_numpy(copy=True)
    # Without the own label, or everybody would agree with oneself.
    others[np.arange(len(own)), own] -= 1
    decided = (others == others.max(axis=1, keepdims=True)).sum(axis=1) == 1
    majority = votes.columns.to_numpy()[others.argmax(axis=1)]
    return enough.assign(**{MAJORITY: majority})[decided]


def score_people(
    compared: pd.DataFrame, n_bootstrap: int, level: float, random_state: int | None
) -> tuple[Interval, pd.DataFrame]:
    """Return the mean macro-F1 of the annotators, and that of each with its n."""
    groups, group_names = pd.factorize(compared[GROUP], sort=True)
    people, names = pd.factorize(compared[col.ANNOTATOR], sort=True)
    labels = pd.Index(sorted({*compared[col.LABEL], *compared[MAJORITY]}))
    totals = np.zeros((len(group_names), len(names), len(labels), len(labels)))
    majority, own = (
        labels.get_indexer(compared[name]) for name in (MAJORITY, col.LABEL)
    )
    np.add.at(totals, (groups, people, majority, own), 1)
    overall = Interval(np.nan, np.nan, np.nan, level, 0)
    if len(totals):
        overall = bootstrap(
            _mean_score,
            totals,
            n_bootstrap=n_bootstrap,
            level=level,
            random_state=random_state,
        )
    each = totals.sum(axis=0)
    scores = {"macro_f1": _scores(each), "n": each.sum(axis=(1, 2)).astype(int)}
    return overall, pd.DataFrame(scores, index=pd.Index(names, name=col.ANNOTATOR))


def _scores(confusions: np.ndarray) -> np.ndarray:
    """Return macro-F1 over the labels that stand in each confusion, shape (...)."""
    n_labels = (confusions.sum(axis=-1) + confusions.sum(axis=-2) > 0).sum(axis=-1)
    return f1_by_class(confusions).sum(axis=-1) / np.maximum(n_labels, 1)


def _mean_score(sums: np.ndarray) -> np.ndarray:
    """Return the mean score of people, each weighted by n, shape (b,)."""
    n = sums.sum(axis=(-2, -1))
    return (_scores(sums) * n).sum(axis=-1) / n.sum(axis=-1)
