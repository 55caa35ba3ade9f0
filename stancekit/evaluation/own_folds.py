"""Check folds that the caller made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from stancekit.threads import ARTICLE_ID, THREAD_ID, group_ids
from stancekit.threads.folds import Folds, Split


def own_split(table: pd.DataFrame, folds: Iterable[tuple[Any, Any]]) -> Split:
    """Return the folds with what they keep whole.

    Groups, from which intervals are drawn, are articles, else threads, even where the
    folds divide them: comments of one article resemble each other all the same.

    Parameters
    ----------
    table : DataFrame
        n comments with their context columns.
    folds : iterable of (train, test)
        Positions of rows.

    Raises
    ------
    TypeError
        If positions are not whole numbers.
    ValueError
        If there is no fold, a part is empty or beyond the table, a comment is in both
        parts of a fold, or in two test parts.

    Examples
    --------
    >>> table = pd.DataFrame({"article_id": ["1", "1", "2"], "thread_id": list("abc")})
    >>> own_split(table, [([0, 1], [2])]).unit
    'articles'
    """
    checked = [
        (_positions(train, len(table)), _positions(test, len(table)))
        for train, test in folds
    ]
    if not checked:
        raise ValueError("There are no folds: give pairs (train, test) of positions.")
    _check_apart(checked)
    groups = group_ids(table)
    named = ARTICLE_ID in table.columns and table[ARTICLE_ID].notna().any()
    units = {"articles" if named else "threads": groups}
    units.setdefault("threads", table[THREAD_ID].to_numpy(dtype=object))
    for unit, ids in units.items():
        if _kept_whole(ids, checked):
            return Split(checked, unit, groups)
    return Split(checked, "single comments", groups)


def _positions(rows: Any, n: int) -> np.ndarray:
    rows = np.asarray(rows)
    if not np.issubdtype(rows.dtype, np.integer) and len(rows):
        raise TypeError(
            f"Folds are pairs of positions of rows, whole numbers; found {rows.dtype}."
        )
    if not len(rows):
        raise ValueError("A fold has an empty part: it needs comments on both sides.")
    if rows.min() < 0 or rows.max() >= n:
        raise ValueError(
            f"Folds name the rows {rows.min()} to {rows.max()}; the table has {n}."
        )
    return rows


def _check_apart(folds: Folds) -> None:
    for fold, (train, test) in enumerate(folds):
        both = np.intersect1d(train, test)
        if len(both):
            raise ValueError(
                f"{len(both)} comments are in both parts of fold {fold}, for instance "
                f"row {both[0]}. A model must not be tested on what it was trained on."
            )
    rows, times = np.unique(
        np.concatenate([test for _, test in folds]), return_counts=True
    )
    if times.max() > 1:
        raise ValueError(
            f"{(times > 1).sum()} comments are in several test parts, for instance row "
            f"{rows[times.argmax()]}. Each comment is tested once at most."
        )


def _kept_whole(groups: np.ndarray, folds: Folds) -> bool:
    return not any(np.isin(groups[test], groups[train]).any() for train, test in folds)
