"""Split labelled comments into folds that keep articles, else threads, whole."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from stancekit import columns as col
from stancekit.errors import DataWarning, name_rows
from stancekit.labels import clean_labels
from stancekit.threads import check_comments, with_context

Folds = list[tuple[np.ndarray, np.ndarray]]

WORD = re.compile(r"\w+")
# A text of fewer words, such as "Sehe ich auch so", is nobody's property: many people
# write it of their own accord, and a model in use meets it again.
FEWEST_WORDS = 5


@dataclass(frozen=True, eq=False)
class Split:
    """Folds, and what they keep whole.

    `kept_whole` is "articles", "threads", "single comments" or "groups"; `groups` says
    which of them each comment belongs to. `n_same_text` comments have the text of
    another one, five words or more; none is trained on where its text is tested.
    """

    folds: Folds
    kept_whole: str
    groups: np.ndarray
    n_same_text: int = 0


def text_keys(texts: Iterable[str]) -> np.ndarray:
    """Return the words of each text as one string; None if fewer than five."""
    words = [WORD.findall(text.lower()) for text in texts]
    keys = [" ".join(each) if len(each) >= FEWEST_WORDS else None for each in words]
    return np.array(keys, dtype=object)


def group_ids(table: pd.DataFrame) -> np.ndarray:
    """Return the article of each comment; where that is not known, its thread."""
    groups = "thread " + table[col.THREAD_ID].astype(str)
    if col.ARTICLE_ID in table.columns:
        groups = ("article " + table[col.ARTICLE_ID]).fillna(groups)
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

    A comment whose text, five words or more, also stands in a test part is left out of
    its training part, wherever it stands; case, blanks and punctuation do not count.

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
        What must not be torn apart, instead of articles and threads. Then nothing is
        left out for its text.
    random_state : int, default=0
        Shuffles the groups. The folds are the same in whatever order the rows come.

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
    ['2']
    ['3']
    ['1']
    """
    return split_comments(
        table, y, n_splits, groups=groups, random_state=random_state, least=1
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
        Where the test part begins, as in "2024-01-31"; without a time zone, in UTC.

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
    table = with_context(check_comments(table, require=[col.CREATED_AT]))
    # Of this form only: else 3.4.2022 would be in March, and 13.4.2022 in April.
    form = "ISO8601" if isinstance(date, str) else None
    start = pd.to_datetime(date, utc=True, format=form, errors="coerce")
    if pd.isna(start):
        raise ValueError(f"date={date!r} is no date. Write it as in 2024-01-31.")
    # As objects: pandas 2 fails now and then on floats that are all missing.
    given = table[col.CREATED_AT].astype(object)
    times = pd.to_datetime(given, utc=True, errors="coerce", format="ISO8601")
    untimed = table.index[times.isna()]
    if len(untimed):
        raise ValueError(
            f"Column {col.CREATED_AT!r} has no time in {len(untimed)} rows: "
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
    least: int = 2,
) -> Split:
    """Split as :func:`thread_folds` does, and tell what is kept whole.

    A training part holds each label `least` times, if more comments have it: from one
    comment no classifier of comments can be trained.
    """
    if n_splits < 2:
        raise ValueError(f"n_splits={n_splits}: folds need at least 2.")
    labels = clean_labels(y)
    codes, names = pd.factorize(labels, sort=True)  # -1 where there is no label
    _check_labels(codes[codes >= 0], names)
    no_texts = texts = np.full(len(labels), -1)
    if groups is None:
        table = with_context(table)
        keys = text_keys(table[col.TEXT])
        texts, _ = pd.factorize(keys)
        tried = [
            (*whole, texts) for whole in _can_be_whole(table, keys, labels).items()
        ]
        tried.append((*tried[-1][:2], no_texts))
    else:
        tried = [("groups", np.asarray(groups), no_texts)]
    for kept_whole, ids, left_out in tried:
        group_codes, _ = pd.factorize(ids, sort=True)
        folds = _most_folds(group_codes, left_out, codes, n_splits, random_state, least)
        if folds:
            counts = np.bincount(codes[codes >= 0])
            rarest = f"{names[counts.argmin()]!r}, {counts.min()} comments"
            _report(len(folds), n_splits, kept_whole, tried[0][0], rarest)
            n_same = pd.Series(texts[texts >= 0]).duplicated(keep=False).sum()
            return Split(folds, kept_whole, ids, int(n_same))
    raise ValueError(
        "However the comments are split, some part lacks a label. Label more comments "
        "of the rarest one, or give other groups. Labelled: "
        f"{_count(codes[codes >= 0], names)}."
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
            f"Only one comment is labelled with each of: {name_rows(rare)}, or "
            "is left outside a fold. Label more of them, or leave the position out."
        )


def _count(codes: np.ndarray, names: pd.Index) -> str:
    counts = zip(np.bincount(codes), names, strict=True) if len(names) else ()
    return ", ".join(f"{n} {label}" for n, label in counts) or "none"


def _can_be_whole(
    table: pd.DataFrame, keys: np.ndarray, labels: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what can be kept whole, from the coarsest to the finest."""
    if col.COMMENT_ID in table.columns:
        comments = table[col.COMMENT_ID].to_numpy(dtype=object)
        threads = table[col.THREAD_ID].to_numpy(dtype=object)
    else:  # a comment is known by what it says, not by the row where it stands
        said = pd.DataFrame({0: table[col.TEXT].array, 1: labels.astype(str)})
        comments = said.sort_values([0, 1]).index.argsort().astype(str)
        known_by = np.where(pd.isna(keys), comments, keys)
        threads = pd.factorize(known_by, sort=True)[0].astype(str)
        table = table.assign(**{col.THREAD_ID: threads})
    finest = {"threads": threads, "single comments": comments}
    if col.ARTICLE_ID in table.columns and table[col.ARTICLE_ID].notna().any():
        return {"articles": group_ids(table), **finest}
    return finest


def _most_folds(
    groups: np.ndarray,
    texts: np.ndarray,
    codes: np.ndarray,
    n_splits: int,
    random_state: int | None,
    least: int,
) -> Folds:
    """Return up to n_splits folds whose training parts hold every label, or none."""
    wanted = np.minimum(np.bincount(codes[codes >= 0]) - 1, least)
    size = len(wanted) + 1
    n_groups = len(np.unique(groups[codes >= 0]))
    for n in range(min(n_splits, n_groups), 1, -1):
        fold = _deal(groups, codes, n, random_state)[groups]
        folds = [_parts(fold == number, texts) for number in range(n)]
        counts = [np.bincount(codes[train] + 1, minlength=size) for train, _ in folds]
        has_all = (np.stack(counts)[:, 1:] >= wanted).all()  # the first is of none
        if has_all and all(len(test) for _, test in folds):
            return folds
    return []


def _deal(
    groups: np.ndarray, codes: np.ndarray, n: int, random_state: int | None
) -> np.ndarray:
    """Deal groups out to n folds, each label evenly; -1 for one without a label."""
    counts = np.zeros((groups.max() + 1, codes.max() + 1))
    np.add.at(counts, (groups[codes >= 0], codes[codes >= 0]), 1)
    shares, sizes = counts / counts.sum(axis=0), counts.sum(axis=1)
    # Large groups come first, since small ones can even out what they leave; but by
    # chance up to twice as early as their size says, or every seed gave the same folds.
    chance = check_random_state(random_state).uniform(0.5, 1.0, len(sizes))
    order = np.argsort(-sizes * chance, kind="stable")
    fold = np.full(len(sizes), -1)
    held = np.zeros((n, shares.shape[1]))
    for group in order[: np.count_nonzero(sizes)]:
        # Where the sum of squared shares grows least; among equals the emptiest.
        cost = held @ shares[group] + 1e-6 * held.sum(axis=1)
        fold[group] = cost.argmin()
        held[fold[group]] += shares[group]
    return fold


def _parts(tested: np.ndarray, texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the two parts of a fold; no text that is tested is trained on."""
    copies = np.isin(texts, texts[tested & (texts >= 0)])
    return np.flatnonzero(~tested & ~copies), np.flatnonzero(tested)


def _report(
    n: int, wanted: int, kept_whole: str, wanted_whole: str, rarest: str
) -> None:
    if kept_whole != wanted_whole:
        message = (
            f"Folds keep {kept_whole} whole, not {wanted_whole}: otherwise a training "
            f"part would lack a label (the rarest is {rarest}), and scores may be too "
            f"good. Label comments under more {wanted_whole}, or leave a rare position "
            "out."
        )
    elif n < wanted:
        message = (
            f"{n} folds instead of {wanted}: there are too few {kept_whole} for more."
        )
    else:
        return
    warnings.warn(message, DataWarning, stacklevel=4)
