"""Describe a comment by its form and its place in the thread."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from stancekit.threads import DEPTH, PARENT_TEXT, TEXT

WORD = re.compile(r"\w+")
# Links and mentions hold question marks and words that nobody meant.
NOISE = r"https?://\S+|www\.\S+|@\w+|/?u/\w+"
CLOSING = " \t\n\"”“»«’')#"

SHAPE_COLUMNS = (
    "is_reply",
    "first_level",
    "has_question",
    "ends_with_question",
    "mention",
    "link",
    "parent_overlap",
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
        Unscaled: 0 or 1, but for the share of a reply's different words that its
        parent has too.

    Examples
    --------
    >>> from stancekit.threads import add_context
    >>> shape = shape_matrix(add_context(["Warum?", "http://x.de/?a"]))
    >>> pd.DataFrame(shape, columns=SHAPE_COLUMNS)[["has_question", "link"]]
       has_question  link
    0           1.0   0.0
    1           0.0   1.0
    """
    text = table[TEXT]
    own = text.str.replace(NOISE, " ", regex=True)
    is_reply = table[PARENT_TEXT].notna().to_numpy()
    columns = [
        is_reply,
        table[DEPTH].to_numpy() == 1,
        own.str.contains("?", regex=False),
        own.str.rstrip(CLOSING).str.endswith("?"),
        text.str.contains("@", regex=False),
        text.str.contains("http", regex=False),
        _overlap(own, table[PARENT_TEXT], is_reply),
    ]
    return np.column_stack([np.asarray(column, dtype=float) for column in columns])


def _overlap(own: pd.Series, parent: pd.Series, is_reply: np.ndarray) -> np.ndarray:
    overlap = np.zeros(len(own))
    replies = np.flatnonzero(is_reply)
    parents = parent.iloc[replies].str.replace(NOISE, " ", regex=True)
    for row, text, other in zip(replies, own.iloc[replies], parents, strict=True):
        words = set(WORD.findall(text.lower()))
        if words:
            shared = words & set(WORD.findall(other.lower()))
            overlap[row] = len(shared) / len(words)
    return overlap
