"""Name the columns of a comment table."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
import pandas as pd

COMMENT_ID = "comment_id"
TEXT = "text"
PARENT_ID = "parent_id"
ARTICLE_ID = "article_id"
HEADLINE = "headline"
AUTHOR = "author"
CREATED_AT = "created_at"
LIKES = "likes"
STATUS = "status"
URL = "url"
SOURCE = "source"
KIND = "kind"
LANG = "lang"
EDITED = "edited"
CREATED_RAW = "created_raw"
STANCE = "stance"
SAMPLING_PROB = "sampling_prob"
SAMPLING_ROUND = "sampling_round"

PARENT_TEXT = "parent_text"
PARENT_AUTHOR = "parent_author"
REPLIES_TEXT = "replies_text"
THREAD_ID = "thread_id"
DEPTH = "depth"
REPLY_INDEX = "reply_index"
N_REPLIES = "n_replies"
PARENT_FOUND = "parent_found"

PREDICTED = "predicted"
CONFIDENCE = "confidence"
ABSTAINED = "abstained"
KNOWN = "known"
FOREIGN = "foreign"
IN_TRAINING = "in_training"
FOLD = "fold"
PROBA_PREFIX = "proba_"

# Of a table of labels: one row for each annotator's answer on a comment.
ANNOTATOR = "annotator"
LABEL = "label"
REJECTED_LABEL = "rejected_label"

# In the attrs of a table: the names that a source gave to columns of ours.
READ_AS = "read_as"

CONTEXT_COLUMNS = (
    PARENT_TEXT,
    PARENT_AUTHOR,
    THREAD_ID,
    DEPTH,
    REPLY_INDEX,
    N_REPLIES,
    PARENT_FOUND,
)
COMMENT_COLUMNS = (
    COMMENT_ID,
    PARENT_ID,
    ARTICLE_ID,
    HEADLINE,
    AUTHOR,
    CREATED_AT,
    TEXT,
    LIKES,
    STATUS,
    URL,
    SOURCE,
    KIND,
    EDITED,
    CREATED_RAW,
    STANCE,
    SAMPLING_PROB,
    SAMPLING_ROUND,
)
STATUSES = ("visible", "deleted", "removed")

# Above this a float cannot tell neighbouring integers apart.
LARGEST_EXACT_FLOAT = 2**53


def proba_columns(labels: Iterable[Any]) -> list[str]:
    """Return the names of the probability columns, one for each label."""
    return [f"{PROBA_PREFIX}{label}" for label in labels]


def probas_in(columns: Iterable[Any]) -> dict[str, str]:
    """Return the labels that have a probability column, with its name."""
    found = [name for name in map(str, columns) if name.startswith(PROBA_PREFIX)]
    return {name.removeprefix(PROBA_PREFIX): name for name in found}


def is_true(table: pd.DataFrame, name: str) -> np.ndarray:
    """Tell in which rows a column is true, also one of a file that was read as text."""
    values = table.get(name, pd.Series(False, table.index))
    return values.astype("str").str.lower().isin(["true", "1"]).to_numpy(dtype=bool)


def require(found: Collection[Any], *names: str) -> None:
    """Raise ValueError if a column is not among those found, and say which are.

    Of a whole table it is known also what its source called the columns.
    """
    read_as = getattr(found, "attrs", {}).get(READ_AS, {})
    for name in names:
        if name not in found and read_as.get(name) in found:
            raise ValueError(
                f"Column {name!r} was read as {read_as[name]!r}. Give that name."
            )
        if name not in found:
            # What add_context added is not what the user brought.
            brought = [str(column) for column in found if column not in CONTEXT_COLUMNS]
            raise ValueError(
                f"Column {name!r} is missing. Found: "
                f"{', '.join(map(repr, brought)) or 'none'}. Rename one of them to "
                f"{name!r}, or give its name where an argument takes it."
            )


def as_strings(values: pd.Series) -> pd.Series:
    """Return values as strings; a missing one stays missing.

    With pandas 2, ``astype("str")`` would make of it the word "nan" or "None".

    >>> as_strings(pd.Series([7, None], dtype="Int64")).isna().tolist()
    [False, True]
    """
    if isinstance(values.dtype, pd.StringDtype) and values.dtype == "str":
        return values
    plain = values.to_numpy(dtype=object)
    return pd.Series(plain, values.index, dtype="str", name=values.name)


def strings_are_arrow() -> bool:
    """Tell whether columns of strings are Arrow's: pandas 3, and pyarrow is there."""
    dtype = pd.Series([], dtype="str").dtype
    return getattr(dtype, "storage", None) == "pyarrow"
