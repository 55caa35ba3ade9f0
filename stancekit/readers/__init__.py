"""Read comments from wherever they are into one comment table.

A family of sources is one file here. It imports ``readers.sources`` (and nothing of the
other families) and offers ``FORMATS``, which maps the name of a format to a ``Format``:
a title for messages, ``recognise(head) -> bool``, which sees the first bytes only (of a
folder those of its first JSON file), and ``read(source) -> columns``, which returns
lists of raw values by column name, all of one length and with ``text`` among them.
``source.json_lines()``, ``json_values()``, ``read_json()``, ``read_text()`` and, for
folders, ``member(name)`` and ``json_files()`` decompress and decode within the limits.
JSON is read by a table of where its values stand: ``records.columns_at``; ``markup``
makes HTML plain text. What there is to say besides goes to ``source.notes``: the number
of comments claimed, guesses, warnings. Whatever is alike for all families (ids,
repeated ids, missing parents, times, types, the report) happens here, after ``read``.
Put the file into ``FAMILIES`` before those that would also recognise its sources.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from stancekit import columns as col
from stancekit.errors import DataWarning, ReadError
from stancekit.readers import (
    blogs,
    convokit,
    forums,
    networks,
    pages,
    reddit,
    saved_pages,
    tables,
    telegram,
    workbooks,
    youtube,
)
from stancekit.readers.convokit import to_convokit
from stancekit.readers.finishing import finish, joined
from stancekit.readers.heads import describe, known_unread
from stancekit.readers.report import Notes, ReadReport
from stancekit.readers.sources import Format, Source, open_source

__all__ = ["ReadReport", "read_comments", "to_convokit"]

# The more particular ones first: the first that recognises a source reads it.
FAMILIES = (
    *(workbooks, reddit, youtube, blogs, networks, forums, telegram),
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
    sheet: str | None = None,
) -> pd.DataFrame:
    r"""Read comments, replies included, into a comment table.

    Parameters
    ----------
    source : path, ``"-"``, bytes, open file, DataFrame, or a list of these
        Where the comments are; ``"-"`` is standard input. Compressed files (gzip,
        zstandard, bzip2, xz) are read as what they hold. Several sources, or the files
        of a folder, become one table with a column ``source``.
    format : str, optional
        The format; by default it is recognised by content. ``"lines"`` and
        ``"paragraphs"`` take each line or paragraph of a text for a comment.
    columns : mapping, optional
        For tables: their column names to ours, as ``{"body": "text"}``. What is not
        named is matched by the usual names.
    max_bytes : int, optional
        The most bytes a compressed file, standard input or workbook may hold. By
        default 2 GB, for an Excel workbook 200 MB.
    skip_bad_lines : bool, default=False
        Leave out lines that cannot be read, and count them, instead of raising.
    sheet : str, optional
        The sheet of a workbook; by default the first that is a table of comments.

    Returns
    -------
    DataFrame
        One row per comment: ``comment_id``, ``text`` and, where the source has them,
        ``parent_id``, ``article_id``, ``headline``, ``author``, ``created_at`` (UTC),
        ``likes``, ``status``, ``stance`` and others; columns of the source that are
        none of ours follow. :meth:`ReadReport.of` tells what was left out or guessed.

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
    options: dict[str, Any] = {"columns": columns, "max_bytes": max_bytes}
    options |= {"skip_bad_lines": skip_bad_lines, "sheet": sheet}
    if isinstance(source, (list, tuple)):
        return _read_several(source, format, options)
    if hasattr(source, "to_pandas") or isinstance(source, pd.DataFrame):
        given = Source("<table>", columns=columns or {})
        found, raw = "dataframe", tables.read_frame(source, given)
    else:
        given = open_source(source, **options)
        members = given.files() if format is None else []
        known = (_known(open_source(member, **options)) for member in members)
        # A folder may be one source, such as a corpus of ConvoKit.
        if members and not _known(given) and any(known):
            return _read_several(members, format, options)
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


def raw_parts(source: Source) -> list[Iterator[Any]]:
    """Return ways to read a large table a part at a time, the quicker one first.

    Each gives the rows as tables of pyarrow; where it raises ValueError, take the next
    one. Only tables with a delimiter, JSON lines and Parquet can be read in parts.
    """
    for form in FORMATS.values():
        if form.in_parts and form.recognise(source.head):
            return [read(source) for read in form.in_parts]
    raise ReadError(
        f"{source.name} cannot be read in parts: it is no table with a delimiter, "
        "no JSON lines and no Parquet file."
    )


def _read_several(
    sources: Sequence[Any], format: str | None, options: dict[str, Any]
) -> pd.DataFrame:
    if not sources:
        raise ReadError("No source was named.")
    read = [read_comments(source, format, **options) for source in sources]
    reports = [ReadReport.of(table) for table in read]
    names = [report.source for report in reports]
    if len(set(names)) < len(names):
        names = [f"{name} {number}" for number, name in enumerate(names, 1)]
    columns = joined(read, names)
    counts = [report.claimed for report in reports if report.claimed is not None]
    notes = Notes(claimed=sum(counts) if len(counts) == len(reports) else None)
    for table in read:
        notes.read_as |= table.attrs[col.READ_AS]
    for report in reports:
        notes.guesses += [f"{report.source}: {said}" for said in report.guesses]
        notes.warnings += [f"{report.source}: {said}" for said in report.warnings]
        notes.unused += [name for name in report.unused if name not in notes.unused]
    formats = ", ".join(dict.fromkeys(report.format for report in reports))
    return finish(columns, source=f"{len(read)} sources", format=formats, notes=notes)


def _recognise(source: Source) -> str:
    if said := known_unread(source.head):
        raise ReadError(f"{source.name} is {said}.")
    if found := _known(source):
        return found
    looks = describe(source.head)
    if looks == "an empty file":
        raise ReadError(
            f"{source.name} looks like an empty file, which is nothing that format= "
            "takes."
        )
    if looks == "plain text":
        said = pages.said_of(source.head.text.strip().splitlines())
        raise ReadError(
            f"{source.name} looks like plain text, but there is no table in it and "
            f"{said}"
        )
    raise ReadError(
        f"{source.name} looks like {looks}; that is no source of comments known here. "
        f"If it is one, name it: format= takes {', '.join(FORMATS)}."
    )


def _known(source: Source) -> str | None:
    head = source.head
    fitting = (
        name
        for name, form in FORMATS.items()
        if (form.takes_folders or head.files is None)
        and (form.takes_columns or not source.columns)
        and form.recognise(head)
    )
    return next(fitting, None)
