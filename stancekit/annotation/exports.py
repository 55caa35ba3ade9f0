"""Understand what annotation tools export: Label Studio, Prodigy, doccano, sheets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from stancekit import columns as col
from stancekit.annotation.label_table import (
    CANCELLED,
    REJECTED,
    SKIPPED,
    STATUSES,
    SUBMITTED,
    clean_status,
)
from stancekit.annotation.records import Answer, Names, Record, Records, as_text
from stancekit.errors import ReadError, name_rows

# Before version 1.0 of Label Studio annotations were called completions.
ANNOTATIONS = ("annotations", "completions")
# Fields of every row of Label Studio's JSON-MIN and CSV.
FLAT_MARKS = {"annotation_id", "annotator"}
# Prodigy's. A rejected label is "not this label", which is not the opposite one.
STATUS_OF = {"accept": None, "reject": REJECTED, "ignore": SKIPPED}
DOCCANO_FIELDS = ("label", "labels", "cats")
# What joins the labels of one comment in doccano's CSV.
JOINT = "#"
USUAL_ANNOTATORS = (
    "annotator annotator_id coder coder_id rater rater_id worker worker_id".split()
)
# One column for each annotator: annotator_0, coder 2, raterA.
WIDE = re.compile(r"(annotator|coder|rater|worker)[ _-]?(\d+|[a-z])", re.I)


def is_label_studio(record: Record) -> bool:
    """Tell whether this is a task with its annotations, or a row of a flat export."""
    return _is_task(record) or record.keys() >= FLAT_MARKS


def _is_task(record: Record) -> bool:
    return isinstance(record.get("data"), Mapping) and _annotations(record) is not None


def read_label_studio(records: Records, names: Names) -> list[Answer]:
    """Return the answers; drafts and predictions are none."""
    if not _is_task(records[0][1]):
        return _read_flat(records, names)
    for where, task in records:
        if not _is_task(task):
            raise ReadError(f"{where}: no task of Label Studio with its annotations.")
    control = _control(records, names)
    return [
        answer
        for where, task, comment_id in names.with_ids(records, "data")
        for answer in _task_answers(where, task, comment_id, names, control)
    ]


def _task_answers(
    where: str, task: Record, comment_id: str, names: Names, control: str | None
) -> Iterator[Answer]:
    annotations = _annotations(task) or []
    if not annotations:
        yield Answer(comment_id, None)
    for annotation in annotations:
        annotator = _name(names.annotator_of(annotation, where, "completed_by"))
        if annotation.get("was_cancelled") or annotation.get("skipped"):
            yield Answer(comment_id, annotator, (), CANCELLED)
            continue
        chosen = _choices(annotation).get(control or "", [])
        yield Answer(comment_id, annotator, chosen)


def _annotations(task: Record) -> list[Record] | None:
    lists = map(task.get, ANNOTATIONS)
    return next((found for found in lists if isinstance(found, list)), None)


def _choices(annotation: Record) -> dict[str, list[Any]]:
    """Return the labels that were chosen, by the name of the control."""
    chosen: dict[str, list[Any]] = {}
    for result in annotation.get("result") or []:
        value = result.get("value")
        if isinstance(value, Mapping) and "choices" in value:
            control = chosen.setdefault(str(result.get("from_name")), [])
            control.extend(_labels_in(value))
    return chosen


def _control(tasks: Records, names: Names) -> str | None:
    """Return the name of the control whose choices are the labels."""
    annotations = (
        annotation for _, task in tasks for annotation in _annotations(task) or ()
    )
    found = {name for annotation in annotations for name in _choices(annotation)}
    if names.label is None and len(found) < 2:
        return next(iter(found), None)
    return names.label_field(found, tasks[0][0]) if found else None


def _name(completed_by: Any) -> Any:
    if isinstance(completed_by, Mapping):
        # An id is that of one installation.
        return completed_by.get("email") or completed_by.get("id")
    return completed_by


def _read_flat(rows: Records, names: Names) -> list[Answer]:
    """Return the answers in a JSON-MIN or CSV export, which hold no cancelled ones."""
    found = {name for _, row in rows for name in row}
    answered = [bool(as_text(row.get("annotation_id"))) for _, row in rows]
    # A field of the task may have the control's name: it is no label.
    control = names.label_field(found, rows[0][0]) if any(answered) else ""
    return [
        Answer(
            comment_id,
            _name(names.annotator_of(row, where, "annotator")),
            _labels_in(row.get(control)) if is_answered else (),
        )
        for (where, row, comment_id), is_answered in zip(
            names.with_ids(rows), answered, strict=True
        )
    ]


def _labels_in(value: Any) -> list[Any]:
    """Return the labels in one value: a label, a list, or ``{"choices": [...]}``."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return [value]
    if isinstance(value, Mapping):
        value = value.get("choices", [])
    return list(value) if isinstance(value, (list, tuple)) else [value]


def is_prodigy(record: Record) -> bool:
    """Tell whether this is an answered task."""
    return record.get("answer") in [*STATUS_OF]


def read_prodigy(records: Records, names: Names) -> list[Answer]:
    """Return the answers; a rejected label is kept as "not this label"."""
    for where, record in records:
        if not is_prodigy(record):
            raise ReadError(
                f"{where}: the answer is {record.get('answer')!r}; Prodigy's answers "
                f"are {', '.join(STATUS_OF)}."
            )
    return [
        Answer(
            comment_id,
            names.annotator_of(record, where, "_annotator_id", "_session_id"),
            _accepted(where, record, names.label),
            STATUS_OF[record["answer"]],
        )
        for where, record, comment_id in names.with_ids(
            records, "meta", rows_are_comments=True
        )
    ]


def _accepted(where: str, record: Record, named: Any) -> list[Any]:
    """Return the options that were chosen, or the one label that was asked about."""
    if record["answer"] == "ignore":
        return []
    # Of options Prodigy lists those chosen; of one label it says whether it fits.
    for name in [named] if isinstance(named, str) else ["accept", "label"]:
        if name in record:
            value = record[name]
            return value if isinstance(value, list) else [value]
    raise ReadError(
        f"{where}: neither 'accept' nor 'label', so this is no text classification and "
        f"no choice. Found: {', '.join(map(repr, record))}."
    )


def is_doccano(record: Record) -> bool:
    """Tell whether this is a comment with its labels: a list, in CSV a text."""
    if "text" not in record and "data" not in record:
        return False
    as_list = any(isinstance(record.get(name), list) for name in DOCCANO_FIELDS)
    in_csv = isinstance(record.get("label"), str) and "id" in record
    return as_list or (in_csv and "annotator" not in record)


def read_doccano(records: Records, names: Names) -> list[Answer]:
    """Return the answers; who gave them mostly the file's name tells."""
    answers = []
    # Versions before 1.5 keep the fields that were imported with a text in there.
    inside = ("meta", "metadata")
    for where, record, comment_id in names.with_ids(
        records, *inside, rows_are_comments=True
    ):
        labels = record[names.label_field(record, where, DOCCANO_FIELDS)] or []
        if isinstance(labels, str):
            labels = labels.split(JOINT)
        if not all(isinstance(label, str) for label in labels):
            raise ReadError(
                f"{where}: the labels are spans or numbers, not labels of the whole "
                "text. Export from a text classification project."
            )
        answers.append(Answer(comment_id, names.annotator_of(record, where), labels))
    return answers


def read_sheet(records: Records, names: Names) -> list[Answer]:
    """Return the answers in a sheet: a row an answer, or a column for each person."""
    where, first = records[0]
    people = _people(where, list(first), names)
    if people:
        return [
            Answer(comment_id, name, [row.get(name)])
            for _, row, comment_id in names.with_ids(records, rows_are_comments=True)
            for name in people
        ]
    label = names.label_field(first, where)
    # Where a sheet names annotators, several rows may be about one comment.
    tells = names.annotator or any(name in first for name in USUAL_ANNOTATORS)
    rows = names.with_ids(records, rows_are_comments=not tells)
    return [
        Answer(
            comment_id,
            names.annotator_of(row, where, *USUAL_ANNOTATORS),
            [row.get(col.REJECTED_LABEL if status == REJECTED else label)],
            status,
        )
        for (where, row, comment_id), status in zip(
            rows, _statuses(records, where), strict=True
        )
    ]


def _people(where: str, found: list[str], names: Names) -> list[str]:
    """Return the columns of single annotators, none if each row is an answer."""
    if names.label is None:
        return [name for name in found if WIDE.fullmatch(name)]
    if isinstance(names.label, str):
        return []
    absent = [name for name in names.label if name not in found]
    if absent:
        raise ReadError(
            f"{where}: label_field= names the columns {name_rows(absent)}, which are "
            f"not there. Found: {name_rows(found, most=20)}."
        )
    return list(names.label)


def _statuses(records: Records, where: str) -> list[str | None]:
    """Return what became of each answer, None where the label tells."""
    given = clean_status(pd.Series([row.get(col.STATUS) for _, row in records]))
    unknown = set(given) - {*STATUSES, ""}
    if unknown and given.isin(STATUSES).any():
        raise ReadError(
            f"{where}: column {col.STATUS!r} holds {name_rows(sorted(unknown))}; it "
            f"takes {name_rows(STATUSES)}."
        )
    # A column of that name may also hold the status of the comments.
    open_to_labels = {"", SUBMITTED, *unknown}
    return [None if status in open_to_labels else status for status in given]


# The first that recognises a record reads the file; a table that none does is a sheet.
TOOLS = {
    "label_studio": (is_label_studio, read_label_studio),
    "prodigy": (is_prodigy, read_prodigy),
    "doccano": (is_doccano, read_doccano),
}
READERS = {name: read for name, (_, read) in TOOLS.items()} | dict.fromkeys(
    ("csv", "excel"), read_sheet
)
