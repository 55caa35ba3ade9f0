"""Read comments from wherever they are into one comment table.

A family of sources is one file here. It imports ``readers.sources`` (and nothing of
the other families) and offers ``FORMATS``, which maps the name of a format to a
``Format``: a title for messages, ``recognise(head) -> bool``, which sees the first
bytes only, and ``read(source) -> columns``, which returns lists of raw values by
column name, all of one length and with ``text`` among them. ``source.json_lines()``,
``json_values()``, ``read_json()``, ``read_text()``, ``read_bytes()`` and, for folders,
``member(name)`` and ``json_files()`` open, decompress and decode within the limits;
``records`` takes JSON values apart, ``markup`` makes HTML plain text.
What there is to say besides goes to ``source.notes``: the number of comments claimed,
guesses, warnings. Whatever is alike for all families (ids, repeated ids, missing
parents, times, types, the report) happens here, after ``read``. Put the file into
``FAMILIES`` before those that would also recognise its sources.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import pandas as pd

from stancekit.errors import DataWarning, ReadError
from stancekit.readers import (
    blogs,
    convokit,
    fediverse,
    forums,
    pages,
    reddit,
    saved_pages,
    tables,
    telegram,
    workbooks,
    x_archive,
    youtube,
)
from stancekit.readers.convokit import to_convokit
from stancekit.readers.finishing import finish
from stancekit.readers.heads import Head, describe
from stancekit.readers.report import ReadReport, read_report
from stancekit.readers.sources import Format, Source, open_source

__all__ = ["ReadReport", "read_comments", "read_report", "to_convokit"]

# The more particular ones first: the first that recognises a source reads it.
FAMILIES = (
    *(workbooks, reddit, youtube, blogs, fediverse, forums, telegram, x_archive),
    *(convokit, saved_pages, tables, pages),
)
FORMATS: dict[str, Format] = {
    name: form for family in FAMILIES for name, form in family.FORMATS.items()
}


def read_comments(
    source: Any,
    format: str | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    max_bytes: int | None = None,
    skip_bad_lines: bool = False,
) -> pd.DataFrame:
    r"""Read comments, replies included, into a comment table.

    Parameters
    ----------
    source : path, ``"-"``, bytes, open file or DataFrame
        Where the comments are; ``"-"`` is standard input. Compressed files (gzip,
        zstandard, bzip2, xz) are read as what they hold.
    format : str, optional
        The format; by default it is recognised by content.
    columns : mapping, optional
        For tables: their column names to ours, as ``{"body": "text"}``. What is not
        named is matched by the usual names.
    max_bytes : int, optional
        The most bytes a compressed file, standard input or workbook may hold. By
        default 2 GB, for an Excel workbook 200 MB.
    skip_bad_lines : bool, default=False
        Leave out lines that cannot be read, and count them, instead of raising.

    Returns
    -------
    DataFrame
        One row per comment: ``comment_id``, ``text`` and, where the source has them,
        ``parent_id``, ``article_id``, ``headline``, ``author``, ``created_at`` (UTC),
        ``likes``, ``status``, ``stance`` and others; columns of the source that are
        none of ours follow. :func:`read_report` tells what was left out or guessed.

    Raises
    ------
    TypeError
        If the source is none of the above.
    ReadError
        If it cannot be read, or its format is not recognised.
    ValueError
        If the format is unknown or a column named in ``columns`` is absent.

    Warns
    -----
    DataWarning
        If something looks wrong, such as fewer comments than the page says it has.

    Examples
    --------
    >>> table = read_comments(b"id,parent,body\n1,0,Reden!\n2,1,Mit wem?\n")
    >>> table[["comment_id", "parent_id", "text"]]
      comment_id parent_id      text
    0          1       NaN    Reden!
    1          2         1  Mit wem?
    >>> read_comments(b"Ein Absatz ohne Kommentare.")
    Traceback (most recent call last):
    stancekit.errors.ReadError: <bytes> looks like plain text, ...
    """
    if format is not None and format not in FORMATS:
        raise ValueError(f"Unknown format {format!r}. Known: {', '.join(FORMATS)}.")
    if hasattr(source, "to_pandas") or isinstance(source, pd.DataFrame):
        given = Source("<table>", columns=columns or {})
        found, raw = "dataframe", tables.read_frame(source, given)
    else:
        given = open_source(
            source,
            max_bytes=max_bytes,
            columns=columns,
            skip_bad_lines=skip_bad_lines,
        )
        found = format or _recognise(given)
        if columns and not FORMATS[found].takes_columns:
            raise ValueError(
                f"columns= is for tables, but {given.name} is {FORMATS[found].title}."
            )
        raw = FORMATS[found].read(given)
    table = finish(raw, source=given.name, format=found, notes=given.notes)
    for sentence in given.notes.warnings:
        warnings.warn(sentence, DataWarning, stacklevel=2)
    return table


def _recognise(source: Source) -> str:
    """Return the name of the first format that recognises the source."""
    for name, form in FORMATS.items():
        if (form.takes_columns or not source.columns) and form.recognise(source.head):
            return name
    raise _unrecognised(source.name, source.head)


def _unrecognised(name: str, head: Head) -> ReadError:
    looks = describe(head)
    if looks == "plain text":
        looks += f", but there is no table in it and {pages.LOOKED_FOR}"
    return ReadError(
        f"{name} looks like {looks}; that is no source of comments known here. If it "
        f"is one, name it: format= takes {', '.join(FORMATS)}."
    )
