"""Measure how well people do at the task: the score a model can hope for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stancekit.evaluation.scores import confusion_by_group, f1_by_class
from stancekit.intervals import Interval, bootstrap
from stancekit.threads import (
    COMMENT_ID,
    STATUS,
    THREAD_ID,
    missing_column,
    name_rows,
    with_context,
)

ANNOTATOR = "annotator"
LABEL = "label"
SUBMITTED = "submitted"
FEWEST_ANNOTATORS = 3


@dataclass(frozen=True, eq=False)
class HumanCeiling:
    """How well people agree with the majority of other people.

    Parameters
    ----------
    macro_f1 : Interval
        Mean of the annotators, each weighted by how many comments they are compared
        on.
    by_annotator : DataFrame
        Indexed by ``annotator``: ``macro_f1`` and ``n`` (comments compared).
    n_comments : int
        Comments with three annotators or more and a majority to compare with.
    n_left_out : int
        Comments with fewer annotators, or without any such majority.
    """

    macro_f1: Interval
    by_annotator: pd.DataFrame
    n_comments: int
    n_left_out: int

    def to_frame(self) -> pd.DataFrame:
        """Return the scores of the annotators, and of all of them, as a table."""
        score = self.macro_f1
        overall = {
            "macro_f1": score.estimate,
            "low": score.low,
            "high": score.high,
            "n": self.n_comments,
        }
        everyone = pd.DataFrame(overall, index=["all annotators"])
        return pd.concat([everyone, self.by_annotator]).rename_axis(ANNOTATOR)

    def __str__(self) -> str:
        return (
            f"Human ceiling: macro-F1 {self.macro_f1}; {len(self.by_annotator)} "
            f"annotators, {self.n_comments} comments, {self.n_left_out} left out"
        )


def human_ceiling(
    labels: pd.DataFrame,
    *,
    table: Any = None,
    n_bootstrap: int = 1000,
    confidence_level: float = 0.95,
    random_state: int | None = 0,
) -> HumanCeiling:
    """Score each annotator against the majority of the others.

    A model that agrees with people's majority as well as a single person does has
    reached what these labels can show. Only for labels by people: models of one kind
    agree with one another far more than people do, so it must not be used for the
    annotations of the bundled corpus.

    Parameters
    ----------
    labels : DataFrame
        One row for each label: ``comment_id``, ``annotator``, ``label`` and, if it is
        there, ``status``. Only submitted labels count.
    table : DataFrame, optional
        The comment table: the interval then comes from drawing whole threads. Without
        it, from drawing single comments, which is too narrow where threads are long.
    n_bootstrap : int, default=1000
        How many times threads are drawn.
    confidence_level : float, default=0.95
        Of the interval.
    random_state : int, default=0
        Seed of the draws.

    Returns
    -------
    HumanCeiling

    Raises
    ------
    ValueError
        If a column is missing, a label has no annotator, no comment has three, the
        others never have a majority, an annotator gave a comment several labels, or a
        comment is not in the table.

    Notes
    -----
    Where the most frequent labels of the others are tied, the annotator is not
    compared on that comment. Ties are the hard comments, so the ceiling is rather too
    high than too low, most so with three annotators, where the other two must agree.
    The mean F1 of an annotator is over the labels that they or the majorities they
    are compared with gave.

    Examples
    --------
    On c1 and c2 all agree; on c3 only uwe has a majority to be compared with. Ina and
    ole are right on two of two comments each; uwe is right on two of three, with F1
    2/3 for both labels. The mean over the seven comparisons is (2 + 2 + 3 · 2/3) / 7.

    >>> labels = pd.DataFrame({
    ...     "comment_id": ["c1"] * 3 + ["c2"] * 3 + ["c3"] * 3,
    ...     "annotator": ["ina", "ole", "uwe"] * 3,
    ...     "label": ["pro"] * 3 + ["contra"] * 3 + ["pro", "pro", "contra"],
    ... })
    >>> ceiling = human_ceiling(labels)
    >>> ceiling.by_annotator.round(3)
               macro_f1  n
    annotator
    ina           1.000  2
    ole           1.000  2
    uwe           0.667  3
    >>> round(ceiling.macro_f1.estimate, 3)
    0.857
    """
    given = _given_labels(labels)
    compared = _against_others(given)
    totals, annotators = _confusions(compared, _groups(compared[COMMENT_ID], table))
    scores, n = _scores(totals.sum(axis=0)), totals.sum(axis=(0, 2, 3))
    n_comments = compared[COMMENT_ID].nunique()
    return HumanCeiling(
        bootstrap(
            _weighted_score,
            totals,
            n_bootstrap=n_bootstrap,
            level=confidence_level,
            random_state=random_state,
        ),
        pd.DataFrame(
            {"macro_f1": scores, "n": n}, index=pd.Index(annotators, name=ANNOTATOR)
        ),
        n_comments,
        given[COMMENT_ID].nunique() - n_comments,
    )


def _given_labels(labels: pd.DataFrame) -> pd.DataFrame:
    """Return the submitted labels, at most one for each comment and annotator."""
    columns = [COMMENT_ID, ANNOTATOR, LABEL]
    for name in columns:
        if name not in labels.columns:
            raise missing_column(name, labels.columns)
    given = labels[labels[LABEL].notna()]
    if STATUS in given.columns:
        given = given[given[STATUS] == SUBMITTED]
    nameless = given.index[given[[COMMENT_ID, ANNOTATOR]].isna().any(axis=1)]
    if len(nameless):
        raise ValueError(
            f"{len(nameless)} labels do not say by whom or on which comment they are, "
            f"in rows {name_rows(nameless)}. Fill in {COMMENT_ID!r} and {ANNOTATOR!r}."
        )
    given = given[columns].astype(str).drop_duplicates(ignore_index=True)
    twice = given.loc[given.duplicated([COMMENT_ID, ANNOTATOR]), COMMENT_ID].unique()
    if len(twice):
        raise ValueError(
            f"{len(twice)} comments have several labels by the same annotator: "
            f"{name_rows(twice)}. Keep one of them."
        )
    return given


def _against_others(given: pd.DataFrame) -> pd.DataFrame:
    """Return the labels with the majority of the other annotators beside each.

    Labels on comments of too few annotators, and those without a majority, are left
    out.
    """
    annotators = given.groupby(COMMENT_ID)[ANNOTATOR].transform("size")
    enough = given[annotators >= FEWEST_ANNOTATORS]
    if enough.empty:
        raise ValueError(
            f"No comment has labels by {FEWEST_ANNOTATORS} annotators or more (at most "
            f"{annotators.max() if len(given) else 0}), so there is no majority of "
            "others to compare anybody with. Let more people label the same comments; "
            "for two of them see agreement()."
        )
    votes = pd.crosstab(enough[COMMENT_ID], enough[LABEL])
    own = votes.columns.get_indexer(enough[LABEL])
    others = votes.loc[enough[COMMENT_ID]].to_numpy(copy=True)
    others[np.arange(len(own)), own] -= 1
    most = others.max(axis=1, keepdims=True)
    decided = (others == most).sum(axis=1) == 1
    if not decided.any():
        raise ValueError(
            "The other annotators never have a majority: on every comment their labels "
            "are tied. Let more people label the same comments."
        )
    majority = votes.columns.to_numpy()[others.argmax(axis=1)]
    return enough.assign(majority=majority)[decided].reset_index(drop=True)


def _groups(comments: pd.Series, table: Any) -> np.ndarray:
    """Return the thread of each comment; without a table the comment itself."""
    if table is None:
        return comments.to_numpy()
    threads = with_context(table).set_index(COMMENT_ID)[THREAD_ID].reindex(comments)
    absent = threads.index[threads.isna()].unique()
    if len(absent):
        raise ValueError(
            f"{len(absent)} labelled comments are not in the table: "
            f"{name_rows(absent)}. Pass the table that holds all of them, or leave "
            "table= out."
        )
    return threads.to_numpy()


def _confusions(
    compared: pd.DataFrame, groups: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return confusions (n_groups, n_annotators, K, K), and the annotators."""
    labels = sorted({*compared[LABEL], *compared["majority"]})
    group, names = pd.factorize(groups, sort=True)
    annotator, annotators = pd.factorize(compared[ANNOTATOR], sort=True)
    cells = confusion_by_group(
        pd.Index(labels).get_indexer(compared["majority"]),
        pd.Index(labels).get_indexer(compared[LABEL]),
        group * len(annotators) + annotator,
        len(labels),
        len(names) * len(annotators),
    )
    shape = (len(names), len(annotators), len(labels), len(labels))
    return cells.reshape(shape), np.asarray(annotators)


def _scores(confusions: np.ndarray) -> np.ndarray:
    """Return macro-F1 over the labels that stand in each confusion, shape (...)."""
    stands = (confusions.sum(axis=-1) + confusions.sum(axis=-2)) > 0
    return f1_by_class(confusions).sum(axis=-1) / np.maximum(stands.sum(axis=-1), 1)


def _weighted_score(sums: np.ndarray) -> np.ndarray:
    """Return the mean score of the annotators, shape (b,)."""
    n = sums.sum(axis=(-2, -1))
    return (_scores(sums) * n).sum(axis=-1) / n.sum(axis=-1)
