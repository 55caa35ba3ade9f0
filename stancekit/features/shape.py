"""Describe a comment by its form and its place in the thread."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from stancekit.threads import (
    AUTHOR,
    DEPTH,
    PARENT_AUTHOR,
    PARENT_TEXT,
    TEXT,
)

WORD = re.compile(r"\w+")

SHAPE_COLUMNS = (
    "is_reply",
    "log_depth",
    "log_length",
    "question_marks",
    "ends_with_question",
    "exclamation_marks",
    "links",
    "mentions",
    "quotes",
    "capitals",
    "parent_overlap",
    "parent_asks",
    "answers_same_author",
)


def shape_matrix(table: pd.DataFrame) -> np.ndarray:
    """Return the shape of each comment.

    Parameters
    ----------
    table : DataFrame of n comments
        With its context columns.

    Returns
    -------
    array of float, shape (n, len(SHAPE_COLUMNS))
        Unscaled. Counts are logarithmic: ``log(1 + count)``.

    Examples
    --------
    >>> from stancekit.threads import add_context
    >>> shape = shape_matrix(add_context(["Warum?"]))
    >>> dict(zip(SHAPE_COLUMNS, shape[0].round(2)))["ends_with_question"]
    np.float64(1.0)
    """
    text = table[TEXT]
    parent = table[PARENT_TEXT].fillna("")
    is_reply = table[PARENT_TEXT].notna().to_numpy()
    columns = [
        is_reply,
        np.log1p(table[DEPTH].to_numpy(dtype=float)),
        np.log1p(text.str.len()),
        np.log1p(text.str.count(r"\?")),
        text.str.rstrip().str.endswith("?"),
        np.log1p(text.str.count("!")),
        text.str.contains("http", regex=False),
        text.str.contains("@", regex=False),
        text.str.contains(r"[„“”\"»>]"),
        _share_of_capitals(text),
        _overlap(text, parent, is_reply),
        parent.str.contains("?", regex=False),
        _answers_same_author(table),
    ]
    return np.column_stack([np.asarray(column, dtype=float) for column in columns])


def _share_of_capitals(text: pd.Series) -> np.ndarray:
    length = np.maximum(text.str.len().to_numpy(dtype=float), 1)
    return text.str.count(r"[A-ZÄÖÜ]").to_numpy(dtype=float) / length


def _overlap(text: pd.Series, parent: pd.Series, is_reply: np.ndarray) -> np.ndarray:
    """Return the share of a reply's different words that its parent has too."""
    overlap = np.zeros(len(text))
    for row in np.flatnonzero(is_reply):
        own = set(WORD.findall(text.iat[row].lower()))
        if own:
            other = set(WORD.findall(parent.iat[row].lower()))
            overlap[row] = len(own & other) / len(own)
    return overlap


def _answers_same_author(table: pd.DataFrame) -> np.ndarray:
    """Tell whether an author answers a comment of their own."""
    if AUTHOR not in table.columns:
        return np.zeros(len(table))
    same = table[AUTHOR].astype("str") == table[PARENT_AUTHOR].astype("str")
    return (same & table[AUTHOR].notna()).to_numpy(dtype=float)
