"""Describe a comment by its form and its place in the thread."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from stancekit import columns as col

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
    """Return the shape of each comment with context: 0 or 1, unscaled.

    But the overlap is the share of a reply's different words that its parent has too.

    >>> from stancekit.threads import add_context
    >>> shape = shape_matrix(add_context(["Warum?", "http://x.de/?a"]))
    >>> pd.DataFrame(shape, columns=SHAPE_COLUMNS)[["has_question", "link"]]
       has_question  link
    0           1.0   0.0
    1           0.0   1.0
    """
    text = table[col.TEXT]
    own = text.str.replace(NOISE, " ", regex=True)
    is_reply = table[col.PARENT_TEXT].notna().to_numpy()
    columns = [
        is_reply,
        table[col.DEPTH].to_numpy() == 1,
        own.str.contains("?", regex=False),
        own.str.rstrip(CLOSING).str.endswith("?"),
        text.str.contains("@", regex=False),
        text.str.contains("http", regex=False),
        _overlap(own, table[col.PARENT_TEXT], is_reply),
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
