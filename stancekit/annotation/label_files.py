"""Read the label files of annotation tools into one table of labels."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from stancekit.annotation import doccano, label_studio, prodigy, spreadsheets
from stancekit.annotation.answers import Answer, Fields
from stancekit.annotation.label_table import (
    ANNOTATOR,
    LABEL,
    LABEL_COLUMNS,
    REJECTED,
    REJECTED_LABEL,
    SUBMITTED,
    UNLABELLED,
)
from stancekit.annotation.sheets import check_size, csv_rows, excel_sheets
from stancekit.errors import DataWarning, ReadError
from stancekit.readers.heads import describe
from stancekit.readers.sources import Notes, Source, open_source
from stancekit.threads import COMMENT_ID, name_rows

Records = Iterator[tuple[str, Mapping[str, Any]]]

ZIP = b"PK\x03\x04"
WORKBOOK_PART = "[Content_Types].xml"


def read_labels(
    source: Any,
    format: str | None = None,
    *,
    id_field: str = COMMENT_ID,
    label_field: str | Sequence[str] | None = None,
    annotator: str | None = None,
    codes: Mapping[str, str] | None = None,
    pseudonymise: bool = False,
    skip_bad_lines: bool = False,
) -> pd.DataFrame:
    r"""Read labels that people gave in an annotation tool or a spreadsheet.

    Parameters
    ----------
    source : path, ``"-"``, bytes or open file
        The tool's export.
    format : str, optional
        By default recognised by content: "label_studio" (JSON), "label_studio_min"
        (JSON-MIN), "label_studio_csv" (CSV and TSV), "doccano" (JSONL and JSON, also
        the zip with one file for each annotator), "doccano_csv", "prodigy" (JSONL;
        one label to accept or reject, or several options), "csv" and "excel" (sheets
        with one row for each answer, or one column for each annotator).
    id_field : str, default="comment_id"
        The field that holds the comment's id. :func:`write_tasks` puts it into the
        tasks, and all tools give it back; the tool's own ``id`` is another number.
    label_field : str or sequence of str, optional
        The field, column or control that holds the labels, where it is none of the
        usual ones. For a sheet with one column for each annotator: these columns, if
        they are not called ``annotator_1`` and so on.
    annotator : str, optional
        Who labelled, where the file does not tell. By default the name of the file
        without its ending, which is how doccano tells annotators apart.
    codes : mapping, optional
        What the labels in the file stand for, as ``{"1": "pro_support"}``. Needed for
        numbers: which number is in favour cannot be guessed.
    pseudonymise : bool, default=False
        Whether to replace annotators, who may be e-mail addresses, by ``annotator_1``,
        ``annotator_2`` and so on, in the order of their names in this file.
    skip_bad_lines : bool, default=False
        Whether to leave out lines of a JSONL file that cannot be read, with a warning.

    Returns
    -------
    DataFrame
        One row for each answer, or for each label where an answer has several:

        - ``comment_id``, ``annotator``: strings; the annotator is NA for comments
          that nobody opened;
        - ``label``: NA unless the status is "submitted";
        - ``status``: "submitted", "skipped" (left out by the annotator, also "?", "-"
          or "n/a" in a sheet), "cancelled" (Label Studio), "rejected" (Prodigy: not
          this label, which does not mean the opposite one) or "unlabelled";
        - ``rejected_label``: the label that was rejected, else NA.

    Raises
    ------
    ReadError
        If the file cannot be read, its format is not recognised, it holds no comment
        ids, or it is not clear which field holds the labels.
    ValueError
        If the format is unknown, or ``codes`` lacks a label.
    ImportError
        If a workbook is to be read and openpyxl is not installed.

    Warns
    -----
    DataWarning
        If the file is not UTF-8, or lines were left out.

    Notes
    -----
    Label Studio leaves cancelled answers out of JSON-MIN and CSV, and in its CSV a
    field of the task covers up a control of the same name. Its full JSON has neither
    flaw.
    doccano joins several labels by "#" in CSV, so a label with this sign is torn apart
    there; its JSONL has no such flaw.

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
    fields = Fields(id_field, label_field)
    given = open_source(source, skip_bad_lines=skip_bad_lines)
    answers = []
    for part, stem in _parts(given):
        found = READERS[format or _recognise(part)](part, fields)
        answers += _named(found, annotator or stem, part.name)
        for sentence in _remarks(part):
            warnings.warn(sentence, DataWarning, stacklevel=2)
    if not answers:
        raise ReadError(f"{given.name} holds no answers. Export the labels again.")
    labels = _as_table(answers)
    if codes is not None:
        labels = _decode(labels, codes)
    return _hide_names(labels) if pseudonymise else labels


def _parts(source: Source) -> list[tuple[Source, str | None]]:
    """Return the files to read with their names: those in a zip archive, or the one."""
    if not source.head.data.startswith(ZIP):
        return [(source, source.path.stem if source.path else None)]
    content = source.read_bytes()
    check_size(content, source.name)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if WORKBOOK_PART in archive.namelist():
            return [(source, source.path.stem if source.path else None)]
        return [
            (
                replace(
                    source,
                    name=f"{source.name}, {member.filename}",
                    path=None,
                    data=archive.read(member),
                    notes=Notes(),
                ),
                PurePosixPath(member.filename).stem,
            )
            for member in archive.infolist()
            if not member.is_dir()
        ]


def _remarks(source: Source) -> list[str]:
    """Return what the reader has to be told about a file."""
    # Looking at the first line to recognise a format may have noted it already.
    skipped = sorted(set(source.notes.skipped_lines))
    left_out = (
        f"{source.name}: {len(skipped)} lines were left out: {name_rows(skipped)}."
    )
    return [*source.notes.warnings, *([left_out] if skipped else [])]


def _recognise(source: Source) -> str:
    """Return the name of the format, by the first record or the header."""
    if source.head.data.startswith(ZIP):
        return "excel"
    if source.head.is_json:
        return _recognise_json(source)
    if source.head.is_binary or source.head.is_html or not source.head.data.strip():
        raise _unrecognised(source)
    _, header = next(csv_rows(source), ("", {}))
    if label_studio.is_flat(header):
        return "label_studio_csv"
    return "doccano_csv" if doccano.is_header(header) else "csv"


def _recognise_json(source: Source) -> str:
    _, record = next(_json_records(source), ("", {}))
    for name, recognised in (
        ("prodigy", prodigy.is_record),
        ("label_studio", label_studio.is_task),
        ("label_studio_min", label_studio.is_flat),
        ("doccano", doccano.is_record),
    ):
        if recognised(record):
            return name
    raise _unrecognised(source)


def _unrecognised(source: Source) -> ReadError:
    return ReadError(
        f"{source.name} looks like {describe(source.head)}; it is no export of labels "
        f"known here. If it is one, name it: format= takes {', '.join(READERS)}."
    )


def _json_records(source: Source) -> Records:
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


def _read_workbook(source: Source, fields: Fields) -> list[Answer]:
    """Return the answers in all sheets; of several, each may be one annotator's."""
    sheets = excel_sheets(source)
    answers = []
    for title, rows in sheets:
        found = spreadsheets.read_rows(iter(rows), fields)
        answers += _named(found, title, title) if len(sheets) > 1 else found
    return answers


Reader = Callable[[Source, Fields], list[Answer]]
READERS: dict[str, Reader] = {
    "label_studio": lambda s, f: label_studio.read_tasks(_json_records(s), f),
    "label_studio_min": lambda s, f: label_studio.read_flat(_json_records(s), f),
    "label_studio_csv": lambda s, f: label_studio.read_flat(csv_rows(s), f),
    "doccano": lambda s, f: doccano.read_records(_json_records(s), f),
    "doccano_csv": lambda s, f: doccano.read_rows(csv_rows(s), f),
    "prodigy": lambda s, f: prodigy.read_records(_json_records(s), f),
    "csv": lambda s, f: spreadsheets.read_rows(csv_rows(s), f),
    "excel": _read_workbook,
}


def _named(answers: list[Answer], name: str | None, where: str) -> list[Answer]:
    """Return the answers with a name where they have none.

    Where the file names annotators, a comment without one was opened by nobody.
    """
    tells = any(answer.annotator for answer in answers)
    nameless = [
        place
        for place, answer in enumerate(answers)
        if not answer.annotator and not (tells and answer.status == UNLABELLED)
    ]
    if nameless and name is None:
        raise ReadError(
            f"{where}: nothing says who labelled {len(nameless)} comments. Give the "
            "name as annotator=."
        )
    named = list(answers)
    for place in nameless:
        named[place] = replace(answers[place], annotator=name)
    return named


def _as_table(answers: list[Answer]) -> pd.DataFrame:
    """Return one row for each label of each answer, and one where there is none."""
    rows = [
        (
            answer.comment_id,
            answer.annotator,
            label if answer.status == SUBMITTED else None,
            answer.status,
            label if answer.status == REJECTED else None,
        )
        for answer in answers
        for label in answer.labels or (None,)
    ]
    return pd.DataFrame(rows, columns=list(LABEL_COLUMNS), dtype="str")


def _decode(labels: pd.DataFrame, codes: Mapping[str, str]) -> pd.DataFrame:
    """Return the labels with what their codes stand for."""
    codes = {str(code): label for code, label in codes.items()}
    found = set(labels[LABEL].dropna()) | set(labels[REJECTED_LABEL].dropna())
    unknown = sorted(found - set(codes))
    if unknown:
        raise ValueError(
            f"codes= does not say what {name_rows(unknown, most=20)} stands for. It "
            f"has {name_rows(codes, most=20)}."
        )
    return labels.assign(
        **{
            name: labels[name].map(codes).astype("str")
            for name in (LABEL, REJECTED_LABEL)
        }
    )


def _hide_names(labels: pd.DataFrame) -> pd.DataFrame:
    names = sorted(labels[ANNOTATOR].dropna().unique())
    hidden = {name: f"{ANNOTATOR}_{number}" for number, name in enumerate(names, 1)}
    return labels.assign(**{ANNOTATOR: labels[ANNOTATOR].map(hidden).astype("str")})
