"""Split labelled comments into folds that keep articles, else threads, whole."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from stancekit.errors import DataWarning
from stancekit.threads.checks import check_comments, name_rows
from stancekit.threads.columns import ARTICLE_ID, CREATED_AT, THREAD_ID
from stancekit.threads.context import with_context

Folds = list[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, eq=False)
class Split:
    """Folds, and what they keep whole.

    Parameters
    ----------
    folds : list of (train, test)
        Positions of rows.
    unit : str
        What is kept whole: "articles", "threads", "single comments" or "groups".
    groups : array of shape (n,)
        Which of them each comment belongs to.
    """

    folds: Folds
    unit: str
    groups: np.ndarray


def group_ids(table: pd.DataFrame) -> np.ndarray:
    """Return for each comment what must not be torn apart by a split.

    Parameters
    ----------
    table : DataFrame
        A comment table with its context columns.

    Returns
    -------
    array of str, shape (n,)
        The article; where that is not known, the thread.

    Examples
    --------
    >>> group_ids(pd.DataFrame({"article_id": ["1", None], "thread_id": ["a", "b"]}))
    array(['article 1', 'thread b'], dtype=object)
    """
    groups = "thread " + table[THREAD_ID].astype(str)
    if ARTICLE_ID in table.columns:
        groups = ("article " + table[ARTICLE_ID]).fillna(groups)
    return groups.to_numpy(dtype=object)


def thread_folds(
    table: Any,
    y: Any,
    n_splits: int = 5,
    *,
    groups: Any = None,
    random_state: int | None = 0,
) -> Folds:
    """Split comments into folds that keep articles, else threads, whole.

    Every training part holds every label. Where the articles do not allow that,
    there are fewer folds; where two folds are too many, threads are kept whole
    instead of articles, and at last single comments. Each step down is said.

    Parameters
    ----------
    table : DataFrame or sequence of str
        n comments.
    y : array-like of shape (n,)
        Their labels. A comment without one goes where its article goes; one from an
        article without any label is in every training part.
    n_splits : int, default=5
        How many folds are wanted, at least 2.
    groups : array-like of shape (n,), optional
        What must not be torn apart, instead of articles and threads.
    random_state : int, default=0
        Shuffles the groups.

    Returns
    -------
    list of (train, test)
        Positions of rows, as scikit-learn's ``cv=`` takes them.

    Raises
    ------
    ValueError
        If a label stands on a single comment, or there is only one label.

    Warns
    -----
    DataWarning
        If there are fewer folds than wanted, or articles had to be divided.

    Examples
    --------
    >>> table = pd.DataFrame({"text": list("abcdef"), "article_id": list("112233")})
    >>> for train, test in thread_folds(table, list("xyxyxy"), n_splits=3):
    ...     print(sorted(set(table["article_id"][test])))
    ['3']
    ['2']
    ['1']
    """
    return split_comments(
        table, y, n_splits, groups=groups, random_state=random_state
    ).folds


def time_split(table: Any, date: Any) -> Folds:
    """Split comments into those of articles begun before a date, and the later ones.

    A model is used on later articles than it was trained on; this tells how it does
    there. Articles, else threads, are kept whole: what counts is the time of their
    first comment.

    Parameters
    ----------
    table : DataFrame
        n comments with ``created_at``.
    date : str, date or datetime
        Where the test part begins; without a time zone, in UTC.

    Returns
    -------
    list of one (train, test)
        Positions of rows, as ``evaluate(folds=...)`` takes them.

    Raises
    ------
    ValueError
        If the column or one of its times is missing or is no time, the date is none,
        or all articles are on one side of it.

    Examples
    --------
    >>> table = pd.DataFrame({
    ...     "text": list("abc"),
    ...     "article_id": ["1", "1", "2"],
    ...     "created_at": ["2023-12-30", "2024-01-02", "2024-01-05"],
    ... })
    >>> [(train, test)] = time_split(table, "2024-01-01")
    >>> train.tolist(), test.tolist()
    ([0, 1], [2])
    """
    table = with_context(check_comments(table, require=[CREATED_AT]))
    start = pd.to_datetime(date, utc=True)
    times = pd.to_datetime(
        table[CREATED_AT], utc=True, errors="coerce", format="ISO8601"
    )
    untimed = table.index[times.isna()]
    if len(untimed):
        raise ValueError(
            f"Column {CREATED_AT!r} has no time in {len(untimed)} rows: "
            f"{name_rows(untimed)}. Fill it in as in 2024-01-31 or "
            "2024-01-31T18:00:00Z, or leave these comments out."
        )
    first = times.groupby(group_ids(table)).transform("min")
    later = (first >= start).to_numpy()
    if later.all() or not later.any():
        raise ValueError(
            f"No article begins {'before' if later.all() else 'on or after'} {start}; "
            f"the first begins {first.min()}, the last {first.max()}. Choose a date "
            "in between."
        )
    return [(np.flatnonzero(~later), np.flatnonzero(later))]


def split_comments(
    table: Any,
    y: Any,
    n_splits: int,
    *,
    groups: Any = None,
    random_state: int | None = 0,
) -> Split:
    """Split as :func:`thread_folds` does, and tell what is kept whole."""
    if n_splits < 2:
        raise ValueError(f"n_splits={n_splits}: folds need at least 2.")
    labels = pd.Series(np.asarray(y, dtype=object))
    known = labels.notna().to_numpy()
    codes, names = pd.factorize(labels[known], sort=True)
    _check_labels(codes, names)
    units = _units(with_context(table)) if groups is None else {"groups": groups}
    for unit, ids in units.items():
        group_codes, _ = pd.factorize(np.asarray(ids), sort=True)
        folds = _most_folds(group_codes[known], codes, n_splits, random_state)
        if folds:
            _report(len(folds), n_splits, unit, wanted_unit=next(iter(units)))
            folds = [_with_unlabelled(group_codes, known, test) for _, test in folds]
            return Split(folds, unit, np.asarray(ids))
    raise ValueError(
        "However the comments are split, some part lacks a label. Label more comments "
        f"of the rarest one, or give other groups. Labelled: {_count(codes, names)}."
    )


def _check_labels(codes: np.ndarray, names: pd.Index) -> None:
    if len(names) < 2:
        raise ValueError(
            "Training needs labelled comments of two positions or more; "
            f"found {_count(codes, names)}."
        )
    rare = names[np.bincount(codes) < 2]
    if len(rare):
        raise ValueError(
            f"Only one comment is labelled with each of: {name_rows(rare)}. "
            "Label more of them, or leave the position out."
        )


def _count(codes: np.ndarray, names: pd.Index) -> str:
    counts = zip(np.bincount(codes), names, strict=True) if len(names) else ()
    return ", ".join(f"{n} {label}" for n, label in counts) or "none"


def _units(table: pd.DataFrame) -> dict[str, Any]:
    """Return what can be kept whole, from the coarsest to the finest."""
    units = {"threads": table[THREAD_ID], "single comments": np.arange(len(table))}
    if ARTICLE_ID in table.columns and table[ARTICLE_ID].notna().any():
        return {"articles": group_ids(table), **units}
    return units


def _most_folds(
    groups: np.ndarray, codes: np.ndarray, n_splits: int, random_state: int | None
) -> Folds:
    """Return up to n_splits folds whose training parts hold every label, or none."""
    n_groups = len(set(groups))
    single = n_groups == len(groups)
    splitter = StratifiedKFold if single else StratifiedGroupKFold
    for n in range(min(n_splits, n_groups), 1, -1):
        split = splitter(n, shuffle=True, random_state=random_state).split
        try:
            with warnings.catch_warnings():
                # A label rarer than the folds is what the check below is for.
                warnings.filterwarnings("ignore", "The least populated class")
                folds = list(split(codes, codes, None if single else groups))
        except ValueError:  # every label is rarer than the folds
            continue
        if all(len(test) and _same(codes[train], codes) for train, test in folds):
            return folds
    return []


def _same(some: np.ndarray, all_codes: np.ndarray) -> bool:
    return len(np.unique(some)) == len(np.unique(all_codes))


def _with_unlabelled(
    groups: np.ndarray, known: np.ndarray, test: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return positions among all comments for a test part of the labelled ones."""
    tested = np.isin(groups, groups[known][test])
    return np.flatnonzero(~tested), np.flatnonzero(tested)


def _report(n: int, wanted: int, unit: str, *, wanted_unit: str) -> None:
    if unit != wanted_unit:
        message = (
            f"Folds keep {unit} whole, not {wanted_unit}: otherwise a training part "
            "would lack a label, and scores may be too good. Label comments under "
            f"more {wanted_unit}."
        )
    elif n < wanted:
        message = f"{n} folds instead of {wanted}: there are too few {unit} for more."
    else:
        return
    warnings.warn(message, DataWarning, stacklevel=4)
