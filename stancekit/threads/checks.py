"""Check comments at the door and bring them into one form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from stancekit.threads.columns import (
    ARTICLE_ID,
    COMMENT_ID,
    CONTEXT_COLUMNS,
    PARENT_ID,
    STATUS,
    STATUSES,
    TEXT,
    THREAD_ID,
)

# Above this a float cannot tell neighbouring integers apart.
LARGEST_EXACT_FLOAT = 2**53


def name_rows(rows: Iterable[Any], most: int = 5) -> str:
    """Name the first few rows for an error message.

    Examples
    --------
    >>> name_rows(["a", "b"])
    "'a', 'b'"
    >>> name_rows(range(9), most=2)
    '0, 1 and 7 more'
    """
    rows = list(rows)
    named = ", ".join(
        repr(getattr(row, "item", lambda row=row: row)()) for row in rows[:most]
    )
    return named if len(rows) <= most else f"{named} and {len(rows) - most} more"


def missing_column(name: str, found: Iterable[Any]) -> ValueError:
    """Return the error for a column that is not there, with those that are."""
    # What add_context added is not what the user brought.
    brought = [str(column) for column in found if column not in CONTEXT_COLUMNS]
    listed = ", ".join(map(repr, brought)) or "none"
    return ValueError(
        f"Column {name!r} is missing. Found: {listed}. "
        f"Rename one of them to {name!r}, or give its name where an argument takes it."
    )


def check_comments(comments: Any, *, require: Sequence[str] = ()) -> pd.DataFrame:
    """Return the comments as a checked comment table.

    This is the one door through which data enter the library. The given object is
    never changed.

    Parameters
    ----------
    comments : DataFrame, Series, list, tuple or array of str
        A comment table, or bare texts, which become top-level comments. Anything
        with a ``to_pandas`` method (polars, pyarrow) counts as a table.
    require : sequence of str, default=()
        Further columns that must be there.

    Returns
    -------
    DataFrame
        A new table with the same rows, index and further columns, in which

        - ``text`` holds strings; a missing text is the empty string, a lone
          surrogate is U+FFFD, since no file could hold it;
        - ``comment_id``, ``parent_id``, ``article_id`` and ``thread_id``, where
          they are there, hold strings or NA; ids are unique; empty is NA.

    Raises
    ------
    TypeError
        If the comments are a single string or texts are not strings.
    ValueError
        If a column is missing or stands twice, an id is missing or repeated, there
        is a ``parent_id`` but no ``comment_id``, a status is unknown, or an id was
        read as a decimal number and has lost digits.

    Examples
    --------
    >>> check_comments(["Reden statt liefern!", None])
                       text
    0  Reden statt liefern!
    1
    >>> import pandas as pd
    >>> check_comments(pd.DataFrame({"body": ["Hallo"]}))
    Traceback (most recent call last):
    ValueError: Column 'text' is missing. Found: 'body'. Rename one of them to 'text',
    or give its name where an argument takes it.
    """
    table = _as_table(comments)
    _check_columns(table, (TEXT, *require))
    table[TEXT] = _clean_texts(table[TEXT])
    for name in (COMMENT_ID, PARENT_ID, ARTICLE_ID, THREAD_ID):
        if name in table.columns:
            table[name] = _clean_ids(table[name])
    if COMMENT_ID in table.columns:
        _check_unique(table[COMMENT_ID])
    if STATUS in table.columns:
        _check_status(table[STATUS])
    return table


def _check_columns(table: pd.DataFrame, required: Sequence[str]) -> None:
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise ValueError(f"Columns stand twice: {name_rows(twice)}. Keep one of each.")
    for name in required:
        if name not in table.columns:
            raise missing_column(name, table.columns)
    if PARENT_ID in table.columns and COMMENT_ID not in table.columns:
        raise ValueError(
            f"There is a {PARENT_ID!r} but no {COMMENT_ID!r}, so no reply can be "
            f"matched with the comment it answers. Add {COMMENT_ID!r}, or drop "
            f"{PARENT_ID!r}."
        )


def _as_table(comments: Any) -> pd.DataFrame:
    if isinstance(comments, (str, bytes)):
        raise TypeError(
            "Comments must be a table or a list of texts; found one string. "
            "For a single comment pass a list of one: ['...']."
        )
    if hasattr(comments, "to_pandas"):
        comments = comments.to_pandas()
    if isinstance(comments, pd.DataFrame):
        return comments.copy(deep=False)
    if isinstance(comments, pd.Series):
        return pd.DataFrame({TEXT: comments})
    if isinstance(comments, dict):
        return pd.DataFrame(comments)
    values = np.empty(len(comments), dtype=object)
    values[:] = list(comments)
    # Not yet a string column: that would refuse lone surrogates.
    return pd.DataFrame({TEXT: values}, dtype=object)


def _clean_texts(texts: pd.Series) -> pd.Series:
    """Return the texts as strings that can be written to a file."""
    missing = texts.isna()
    if isinstance(texts.dtype, pd.StringDtype):
        return texts.fillna("") if missing.any() else texts
    values = texts.to_numpy(dtype=object, copy=True)
    values[missing.to_numpy()] = ""
    wrong = texts.index[[not isinstance(value, str) for value in values]]
    if len(wrong):
        raise TypeError(
            f"Column {TEXT!r} must hold strings; these rows hold something else: "
            f"{name_rows(wrong)}. Read the file with dtype=str."
        )
    try:
        "\n".join(values).encode()
    except UnicodeEncodeError:
        values[:] = [
            text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            for text in values
        ]
    return pd.Series(values, index=texts.index, name=texts.name, dtype="str")


def _clean_ids(ids: pd.Series) -> pd.Series:
    """Return ids as strings, with NA for what is empty."""
    if pd.api.types.is_float_dtype(ids.dtype):
        ids = _whole_numbers(ids)
    text = ids.astype("str")
    return text.where(ids.notna() & (text.str.strip() != ""), other=np.nan)


def _whole_numbers(ids: pd.Series) -> pd.Series:
    """Undo pandas' turning of integer ids into floats beside missing ones."""
    found = ids.dropna()
    lossy = found[(found % 1 != 0) | (found.abs() >= LARGEST_EXACT_FLOAT)]
    if len(lossy):
        raise ValueError(
            f"Column {ids.name!r} was read as decimal numbers and may have lost "
            f"digits, for instance in rows {name_rows(lossy.index)}. Read ids as "
            "text: pandas.read_csv(..., dtype=str)."
        )
    return ids.astype("Int64")


def _check_unique(ids: pd.Series) -> None:
    missing = ids.index[ids.isna()]
    if len(missing):
        raise ValueError(
            f"Column {COMMENT_ID!r} is empty in rows {name_rows(missing)}. "
            "Every comment needs an id of its own."
        )
    twice = ids[ids.duplicated()].unique()
    if len(twice):
        raise ValueError(
            f"Column {COMMENT_ID!r} holds some ids more than once: {name_rows(twice)}. "
            f"Drop the repetitions: table.drop_duplicates({COMMENT_ID!r})."
        )


def _check_status(status: pd.Series) -> None:
    unknown = set(status.dropna().unique()) - set(STATUSES)
    if unknown:
        raise ValueError(
            f"Column {STATUS!r} holds {name_rows(sorted(unknown, key=str))}; "
            f"it takes {name_rows(STATUSES)} or a missing value."
        )


def is_hidden(table: pd.DataFrame) -> np.ndarray:
    """Tell which comments were deleted or removed, as a boolean array (n,)."""
    if STATUS not in table.columns:
        return np.zeros(len(table), dtype=bool)
    return table[STATUS].isin(["deleted", "removed"]).to_numpy()
