"""Pick the texts of a comment whose n-grams are counted apart."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from stancekit.threads import HEADLINE, PARENT_TEXT, TEXT

OPENING_WORDS = 3
OPENING = re.compile(rf"\W*(?:\w+\W*){{0,{OPENING_WORDS}}}")


def own_text(table: pd.DataFrame) -> pd.Series:
    """Return what the comment itself says."""
    return table[TEXT]


def parent_text(table: pd.DataFrame) -> pd.Series:
    """Return what the comment answered says; empty where there is none."""
    return table[PARENT_TEXT].fillna("")


def opening(table: pd.DataFrame) -> pd.Series:
    """Return how a comment that answers something begins: its first three words.

    It answers its parent or the headline above it; without either it is empty.
    """
    texts = table[TEXT].to_numpy(dtype=object)
    answers = table[PARENT_TEXT].notna().to_numpy()
    if HEADLINE in table.columns:
        answers = answers | table[HEADLINE].notna().to_numpy()
    openings = np.full(len(table), "", dtype=object)
    openings[answers] = [OPENING.match(text).group() for text in texts[answers]]  # type: ignore[union-attr]
    return pd.Series(openings, index=table.index)


VIEWS: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "own": own_text,
    "parent": parent_text,
    "opening": opening,
}


def unique_texts(texts: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return for each row which of the different texts it has, and those texts.

    A parent is the parent of many: its words need counting only once.
    """
    codes, different = pd.factorize(texts.to_numpy(dtype=object))
    return codes, different
