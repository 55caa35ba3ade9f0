"""Read the label files of annotation tools into one table of labels."""

from __future__ import annotations

import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.annotation.exports import READERS, TOOLS
from stancekit.annotation.label_table import REJECTED, SKIPPED, SUBMITTED, UNLABELLED
from stancekit.annotation.records import TEXTS, Answer, Names, Record, Records, as_text
from stancekit.annotation.tasks import CODEBOOK_SHEET
from stancekit.errors import DataWarning, ReadError, name_rows
from stancekit.labels import clean_labels
from stancekit.readers.columns import header_names
from stancekit.readers.heads import describe
from stancekit.readers.sources import Source, open_source
from stancekit.readers.tables import csv_rows
from stancekit.readers.workbooks import open_book

# What every zip archive begins with; office documents are such archives.
ZIP = b"PK\x03\x04"
OFFICE_PART = "[Content_Types].xml"
WORKBOOK = "xl/workbook.xml"
# Many times what a large project exports; a bomb of zeros is larger.
MAX_ARCHIVE = 200_000_000


def read_labels(
    source: Any,
    format: str | None = None,
    *,
    id_field: str = col.COMMENT_ID,
    label_field: str | Sequence[str] | None = None,
    annotator_field: str | None = None,
    annotator: str | None = None,
    codes: Mapping[str, str] | None = None,
    pseudonymise: bool = False,
    skip_bad_lines: bool = False,
) -> pd.DataFrame:
    r"""Read labels that people gave in an annotation tool or a spreadsheet.

    Parameters
    ----------
    source : path, ``"-"``, bytes or open file
        The tool's export; of doccano also the zip with a file for each annotator.
        Export JSON where there is a choice: Label Studio leaves cancelled answers out
        of JSON-MIN and CSV, and doccano joins labels by "#" in CSV.
    format : {"label_studio", "doccano", "prodigy", "csv", "excel"}, optional
        By default recognised by content. A sheet ("csv", "excel") has a row for each
        answer, or a column for each annotator.
    id_field : str, default="comment_id"
        The field that holds the comment's id, which :func:`write_tasks` puts into the
        tasks. A file without it makes do with ``_task_hash``, ``id``, ``guid`` or,
        where each row is a comment, the number of the row, and a warning says so.
    label_field : str or sequence of str, optional
        The field, column or control that holds the labels, if its name is unusual; of
        a sheet with a column for each annotator, these columns.
    annotator_field : str, optional
        The field or column that says who labelled, if its name is unusual.
    annotator : str, optional
        Who labelled, where the file does not tell. By default the name of the file
        without its ending, which is how doccano tells annotators apart.
    codes : mapping, optional
        What the labels in the file stand for, as ``{"1": "pro_support"}``. Needed for
        numbers: which number is in favour cannot be guessed.
    pseudonymise : bool, default=False
        Whether to call annotators, who may be e-mail addresses, ``annotator_1``,
        ``annotator_2`` and so on, in the order of their names in this file.
    skip_bad_lines : bool, default=False
        Whether to leave out lines that cannot be read, with a warning.

    Returns
    -------
    DataFrame
        One row for each answer, or for each label where an answer has several:

        - ``comment_id``, ``annotator``: strings; the annotator is NA for comments
          that nobody opened;
        - ``label``: NA unless the status is "submitted";
        - ``status``: "submitted", "skipped" (also where the label is "?", "-", "NA" or
          another word for none), "cancelled" (Label Studio), "rejected" (Prodigy: not
          this label, which does not mean the opposite one) or "unlabelled";
        - ``rejected_label``: the label that was rejected, else NA.

    Raises
    ------
    ReadError
        If the file cannot be read, its format is not recognised, or it is not clear
        which field holds the comments, the labels or the annotators.
    ValueError
        If the format is unknown, or ``codes`` lacks a label.
    ImportError
        If a workbook is to be read and openpyxl is not installed.

    Warns
    -----
    DataWarning
        If the file is not UTF-8, lines were left out, or another id made do.

    Examples
    --------
    >>> sheet = b"comment_id;annotator_1;annotator_2\nc1;pro;contra\nc2;pro;?\n"
    >>> read_labels(sheet)[["comment_id", "annotator", "label", "status"]]
      comment_id    annotator   label     status
    0         c1  annotator_1     pro  submitted
    1         c1  annotator_2  contra  submitted
    2         c2  annotator_1     pro  submitted
    3         c2  annotator_2     NaN    skipped
    >>> read_labels(b"nr;stance;coder\n1;pro;ina\n")
    Traceback (most recent call last):
    stancekit.errors.ReadError: <bytes>, line 2: no 'comment_id', so nothing says which
    comment was labelled. Found: 'nr', 'stance', 'coder'. ...
    """
    if format is not None and format not in READERS:
        raise ValueError(f"Unknown format {format!r}. Known: {', '.join(READERS)}.")
    names = Names(id_field, label_field, annotator_field)
    given = open_source(source, skip_bad_lines=skip_bad_lines)
    answers: list[Answer] = []
    for file, stem in _files(given):
        for part in _parts(file, stem):
            name = format or _recognise(file, part.records[0][1])
            found = READERS[name](part.records, names)
            answers += _named(found, annotator, part)
        # Told at the end: of what cannot be read, one error says all.
        names.remarks.extend(file.notes.warnings)
        if skipped := file.notes.skipped_lines:
            left_out = f"{len(skipped)} lines were left out: {name_rows(skipped)}."
            names.remarks.append(f"{file.name}: {left_out}")
    for sentence in names.remarks:
        warnings.warn(sentence, DataWarning, stacklevel=2)
    if not answers:
        raise ReadError(f"{given.name} holds no answers. Export the labels again.")
    table = _as_table(answers, codes, pseudonymise)
    table.attrs[TEXTS] = [each for each in dict.fromkeys(names.texts) if each[1]]
    return table


class _Part(NamedTuple):
    """What one person may have labelled: a file, or a sheet of a workbook."""

    name: str
    stem: str | None
    records: Records


def _files(source: Source) -> Iterator[tuple[Source, str | None]]:
    """Yield the files to read with their names: those in a zip archive, or the one."""
    if not source.head.data.startswith(ZIP):
        yield source, source.path.stem if source.path else None
        return
    with source.open() as stream:
        try:
            archive = zipfile.ZipFile(stream)
        except zipfile.BadZipFile as error:
            raise ReadError(
                f"{source.name} is damaged: {error}. Export it again."
            ) from error
        names = archive.namelist()
        if OFFICE_PART in names:
            if WORKBOOK not in names:
                raise ReadError(f"{source.name} is no workbook; save it as one.")
            yield source, source.path.stem if source.path else None
            return
        size = sum(member.file_size for member in archive.infolist())
        if size > MAX_ARCHIVE:
            raise ReadError(
                f"{source.name} unpacks to {size:,} bytes, more than {MAX_ARCHIVE:,}. "
                "Unpack it and read the files one by one."
            )
        for name in names:
            if not name.endswith("/"):
                file = open_source(
                    archive.read(name), skip_bad_lines=source.skip_bad_lines
                )
                file.name = f"{source.name}, {name}"
                # doccano names each file after its annotator.
                yield file, PurePosixPath(name).stem


def _parts(source: Source, stem: str | None) -> Iterator[_Part]:
    """Yield the records of a file, those of each sheet apart, if there are any."""
    head = source.head
    if head.data.startswith(ZIP):
        sheets = _sheets(source)
        # Of several sheets, each may be one annotator's.
        yield from (
            sheets if len(sheets) > 1 else (s._replace(stem=stem) for s in sheets)
        )
        return
    if head.is_json:
        records = list(_json_records(source))
    elif head.is_binary or head.is_html or not head.data.strip():
        raise _unrecognised(source)
    else:
        lines = ((f"line {number}", row) for number, row in csv_rows(source))
        records = list(_table_records(lines, source, source.name))
    if records:
        yield _Part(source.name, stem, records)


def _sheets(source: Source) -> list[_Part]:
    """Return the records of each sheet that has any, under its title."""
    sheets = []
    with open_book(source, computed=True) as book:
        for sheet in book.worksheets:
            if sheet.title == CODEBOOK_SHEET:
                continue
            cells = enumerate(sheet.iter_rows(values_only=True), 1)
            lines = ((f"row {number}", [*map(as_text, row)]) for number, row in cells)
            where = f"{source.name}, sheet {sheet.title}"
            records = list(_table_records(lines, source, where))
            sheets.append(_Part(where, sheet.title, records))
    return [each for each in sheets if each.records]


def _table_records(
    lines: Iterable[tuple[str, list[str]]], source: Source, where: str
) -> Iterator[tuple[str, Record]]:
    """Yield place and record of each row that is not blank, below the header."""
    rows = ((place, row) for place, row in lines if any(row))
    _, header = next(rows, ("", []))
    while header and not header[-1]:
        # Spreadsheets keep columns that once held something.
        header.pop()
    names = header_names(header, source)
    for place, row in rows:
        yield f"{where}, {place}", dict(zip(names, row, strict=False))


def _json_records(source: Source) -> Iterator[tuple[str, Record]]:
    """Yield place and content of each record of JSON lines or of a JSON list."""
    if source.head.record is not None:
        for number, line in source.json_lines():
            yield f"{source.name}, line {number}", line
        return
    found = source.read_json()
    for number, record in enumerate(found if isinstance(found, list) else [found], 1):
        where = f"{source.name}, record {number}"
        if not isinstance(record, dict):
            raise ReadError(f"{where}: not an object but {type(record).__name__}.")
        yield where, record


def _recognise(source: Source, first: Record) -> str:
    """Return the name of the format, by the first record."""
    for name, (recognise, _) in TOOLS.items():
        if recognise(first):
            return name
    # A table without marks of a tool may be any sheet; JSON has no usual form.
    if source.head.is_json:
        raise _unrecognised(source)
    return "csv"


def _unrecognised(source: Source) -> ReadError:
    return ReadError(
        f"{source.name} looks like {describe(source.head)}; it is no export of labels "
        f"known here. If it is one, name it: format= takes {', '.join(READERS)}."
    )


def _named(
    answers: list[Answer], annotator: str | None, part: _Part
) -> Iterator[Answer]:
    """Yield the answers with a name where they have none."""
    answers = [each._replace(annotator=as_text(each.annotator)) for each in answers]
    tells = any(each.annotator for each in answers)
    times = Counter(each.comment_id for each in answers)
    twice = [comment_id for comment_id, n in times.items() if n > 1]
    if twice and not tells and annotator is None:
        raise ReadError(
            f"{part.name}: some comments have several answers ({name_rows(twice)}), "
            "and it is not clear which field says by whom. Found: "
            f"{name_rows(part.records[0][1], most=20)}. Give its name as "
            "annotator_field=, or say who gave all of them: annotator=."
        )
    name = annotator or part.stem
    for each in answers:
        empty = each.status in (None, UNLABELLED) and not any(map(as_text, each.labels))
        # Where the file names annotators, nobody opened a comment without one.
        if each.annotator or (tells and empty):
            yield each._replace(annotator=each.annotator or None)
        elif name:
            yield each._replace(annotator=name)
        else:
            raise ReadError(
                f"{part.name}: nothing says who labelled {each.comment_id!r}. Give the "
                "name as annotator=, or the field that tells as annotator_field=."
            )


def _as_table(
    answers: list[Answer], codes: Mapping[str, str] | None, pseudonymise: bool
) -> pd.DataFrame:
    """Return one row for each label of each answer, and one where there is none."""
    rows = [
        (each.comment_id, each.annotator, text or None, each.status)
        for each in answers
        for text in [*filter(None, map(as_text, each.labels))] or [""]
    ]
    columns = [col.COMMENT_ID, col.ANNOTATOR, col.LABEL, col.STATUS]
    table = pd.DataFrame(rows, columns=columns, dtype=object)
    given = pd.Series(clean_labels(table[col.LABEL]))
    # Who wrote "?" where a label goes left the comment out.
    written = [given.notna(), table[col.LABEL].notna()]
    told = np.select(written, [SUBMITTED, SKIPPED], UNLABELLED)
    table[col.STATUS] = table[col.STATUS].where(table[col.STATUS].notna(), told)
    given = _decode(given, codes) if codes is not None else given
    for name, status in ((col.LABEL, SUBMITTED), (col.REJECTED_LABEL, REJECTED)):
        table[name] = given.where(table[col.STATUS] == status, None)
    if pseudonymise:
        # By name, so that the order of the answers does not show who was first.
        numbers = table[col.ANNOTATOR].rank(method="dense")
        called = f"{col.ANNOTATOR}_{{:.0f}}".format
        table[col.ANNOTATOR] = numbers.map(called, na_action="ignore")
    return table.apply(col.as_strings)


def _decode(labels: pd.Series, codes: Mapping[Any, str]) -> pd.Series:
    """Return the labels with what their codes stand for."""
    # Whatever the file held, labels are text here.
    codes = {str(code): label for code, label in codes.items()}
    unknown = sorted(set(labels.dropna()) - set(codes))
    if unknown:
        raise ValueError(
            f"codes= does not say what {name_rows(unknown, most=20)} stands for. It "
            f"has {name_rows(codes, most=20)}."
        )
    return labels.map(codes)
