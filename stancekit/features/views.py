"""Pick the texts of a comment whose n-grams are counted apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.threads import with_replies

OPENING_WORDS = 3
OPENING = re.compile(rf"\W*(?:\w+\W*){{0,{OPENING_WORDS}}}")


def own_text(table: pd.DataFrame) -> pd.Series:
    """Return what the comment itself says."""
    return table[col.TEXT]


def parent_text(table: pd.DataFrame) -> pd.Series:
    """Return what the comment answered says; empty where there is none."""
    return table[col.PARENT_TEXT].fillna("")


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


def replies_text(table: pd.DataFrame) -> pd.Series:
    """Return what the first replies to a comment say; empty where there are none."""
    return with_replies(table)[col.REPLIES_TEXT]


VIEWS: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "own": own_text,
    "parent": parent_text,
    "opening": opening,
    "headline": headline,
    "replies": replies_text,
}


def unique_texts(texts: pd.Series) -> tuple[np.ndarray, Any]:
    """Return for each row which of the different texts it has, and those texts.

    A parent is the parent of many: its words need counting only once.
    """
    codes, different = pd.factorize(texts)
    return codes, different
