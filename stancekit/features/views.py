"""Pick the texts of a comment whose words are counted apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from stancekit.threads import PARENT_TEXT, TEXT


def own_text(table: pd.DataFrame) -> pd.Series:
    """Return what the comment itself says."""
    return table[TEXT]


def parent_text(table: pd.DataFrame) -> pd.Series:
    """Return what the comment answered says; empty where there is none."""
    return table[PARENT_TEXT].fillna("")


VIEWS: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "own": own_text,
    "parent": parent_text,
}


def unique_texts(texts: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the different texts and, for each row, which of them it has.

    A parent is the parent of many: its words need counting only once.
    """
    codes, different = pd.factorize(texts.to_numpy(dtype=object))
    return codes, different
