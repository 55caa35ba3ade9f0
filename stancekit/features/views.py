"""Look at a comment: at the texts around it, its form and its place in the thread."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.threads import with_replies

OPENING_WORDS = 3
OPENING = re.compile(rf"\W*(?:\w+\W*){{0,{OPENING_WORDS}}}")
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


def opening(table: pd.DataFrame) -> pd.Series:
    """Return how a comment that answers something begins: its first three words.

    It answers its parent or the headline above it; without either it is empty.
    """
    texts = table[col.TEXT].to_numpy(dtype=object)
    answers = table[col.PARENT_TEXT].notna().to_numpy()
    if col.HEADLINE in table.columns:
        answers = answers | table[col.HEADLINE].notna().to_numpy()
    openings = np.full(len(table), "", dtype=object)
    openings[answers] = [OPENING.match(text).group() for text in texts[answers]]  # type: ignore[union-attr]
    return pd.Series(openings, index=table.index)


def headline(table: pd.DataFrame) -> pd.Series:
    """Return the headline, thesis or title above the thread; empty without one."""
    if col.HEADLINE not in table.columns:
        return pd.Series("", table.index, dtype="str")
    return table[col.HEADLINE].fillna("")


# The texts whose n-grams are counted apart; empty where there is none.
VIEWS: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "own": lambda table: table[col.TEXT],
    "parent": lambda table: table[col.PARENT_TEXT].fillna(""),
    "opening": opening,
    "headline": headline,
    "replies": lambda table: with_replies(table)[col.REPLIES_TEXT],
}


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
