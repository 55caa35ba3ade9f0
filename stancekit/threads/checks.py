"""Check comments at the door and bring them into one form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.errors import name_rows

WHOLE = r"(?<=\d)\.0+$"


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
          they are there, hold strings or NA; ids are unique; empty is NA; a parent
          "1.0" or "1 " is "1" where only that is an id.

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
    _check_columns(table, (col.TEXT, *require))
    table[col.TEXT] = _clean_texts(table[col.TEXT])
    for name in (col.COMMENT_ID, col.PARENT_ID, col.ARTICLE_ID, col.THREAD_ID):
        if name in table.columns:
            table[name] = _clean_ids(table[name])
    if col.COMMENT_ID in table.columns:
        check_unique(table[col.COMMENT_ID])
    if col.PARENT_ID in table.columns:
        table[col.PARENT_ID] = _as_parents(table[col.PARENT_ID], table[col.COMMENT_ID])
    if col.STATUS in table.columns:
        _check_status(table[col.STATUS])
    return table


def _check_columns(table: pd.DataFrame, required: Sequence[str]) -> None:
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise ValueError(f"Columns stand twice: {name_rows(twice)}. Keep one of each.")
    col.require(table.columns, *required)
    if col.PARENT_ID in table.columns and col.COMMENT_ID not in table.columns:
        raise ValueError(
            f"There is a {col.PARENT_ID!r} but no {col.COMMENT_ID!r}, so no reply can "
            f"be matched with the comment it answers. Add {col.COMMENT_ID!r}, or drop "
            f"{col.PARENT_ID!r}."
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
        return pd.DataFrame({col.TEXT: comments})
    if isinstance(comments, dict):
        return pd.DataFrame(comments)
    if not hasattr(comments, "__len__"):
        raise TypeError(
            "Comments must be a table or a list of texts; found "
            f"{type(comments).__name__}."
        )
    values = np.empty(len(comments), dtype=object)
    values[:] = list(comments)
    # Not yet a string column: that would refuse lone surrogates.
    return pd.DataFrame({col.TEXT: values}, dtype=object)


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
            f"Column {col.TEXT!r} must hold strings; these rows hold something else: "
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
    text = col.as_strings(ids)
    is_empty = text.str.strip() == ""
    return text.mask(is_empty) if is_empty.any() else text


def _as_parents(answered: pd.Series, ids: pd.Series) -> pd.Series:
    """Return parents' ids as the ids have them, without blanks and a ".0" behind."""
    # Programs write whole numbers so in a column in which others are missing.
    lost = np.flatnonzero(answered.notna() & (positions(answered, ids) < 0))
    if not len(lost):
        return answered
    meant = pd.Series(ids.to_numpy(dtype=object), index=_bare(ids))
    meant = meant[~meant.index.duplicated(keep=False)]
    found = _bare(answered.iloc[lost]).map(meant).to_numpy(dtype=object)
    parents = answered.to_numpy(dtype=object, copy=True)
    parents[lost] = np.where(pd.isna(found), parents[lost], found)
    return pd.Series(parents, answered.index, name=answered.name, dtype="str")


def positions(values: pd.Series, among: pd.Series) -> np.ndarray:
    """Return where each value stands among different strings, -1 where it does not.

    >>> positions(pd.Series(["b", None], dtype="str"), pd.Series(["a", "b"])).tolist()
    [1, -1]
    """
    if col.strings_are_arrow():
        import pyarrow as pa
        import pyarrow.compute as pc

        wanted, known = (col.as_strings(each).array for each in (values, among))
        found = pc.index_in(
            pa.array(wanted), value_set=pa.array(known), skip_nulls=True
        )
        return found.fill_null(-1).to_numpy().astype(np.int64)
    index = pd.Index(among.to_numpy(dtype=object))
    found = index.get_indexer(values.to_numpy(dtype=object))
    found[values.isna().to_numpy()] = -1
    return found


def _bare(ids: pd.Series) -> pd.Series:
    return ids.str.strip().str.replace(WHOLE, "", regex=True)


def _whole_numbers(ids: pd.Series) -> pd.Series:
    """Undo pandas' turning of integer ids into floats beside missing ones."""
    found = ids.dropna()
    lossy = found[(found % 1 != 0) | (found.abs() >= col.LARGEST_EXACT_FLOAT)]
    if len(lossy):
        raise ValueError(
            f"Column {ids.name!r} was read as decimal numbers and may have lost "
            f"digits, for instance in rows {name_rows(lossy.index)}. Read ids as "
            "text: pandas.read_csv(..., dtype=str)."
        )
    return ids.astype("Int64")


def check_unique(ids: pd.Series) -> None:
    """Raise ValueError if an id is missing or stands more than once."""
    missing = ids.index[ids.isna()]
    if len(missing):
        raise ValueError(
            f"Column {col.COMMENT_ID!r} is empty in rows {name_rows(missing)}. "
            "Every comment needs an id of its own."
        )
    twice = ids[ids.duplicated()].unique()
    if len(twice):
        raise ValueError(
            f"Column {col.COMMENT_ID!r} holds some ids more than once: "
            f"{name_rows(twice)}. "
            f"Drop the repetitions: table.drop_duplicates({col.COMMENT_ID!r})."
        )


def _check_status(status: pd.Series) -> None:
    unknown = set(status.dropna().unique()) - set(col.STATUSES)
    if unknown:
        raise ValueError(
            f"Column {col.STATUS!r} holds {name_rows(sorted(unknown, key=str))}; "
            f"it takes {name_rows(col.STATUSES)} or a missing value."
        )


def has_no_text(table: pd.DataFrame) -> np.ndarray:
    """Tell which comments, deleted, removed or without a text, count nowhere."""
    silent = np.zeros(len(table), dtype=bool)
    if col.STATUS in table.columns:
        silent |= table[col.STATUS].isin(["deleted", "removed"]).to_numpy(dtype=bool)
    if col.TEXT in table.columns:
        silent |= (table[col.TEXT].str.strip() == "").to_numpy(dtype=bool)
    return silent
