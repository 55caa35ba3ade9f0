"""Read labels that were given in Label Studio: JSON, JSON-MIN, CSV."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from stancekit.annotation.answers import (
    Answer,
    Fields,
    as_name,
    choices_of,
    comment_id_of,
    label_field,
)
from stancekit.annotation.label_table import CANCELLED, UNLABELLED
from stancekit.errors import ReadError

Record = Mapping[str, Any]

# Before version 1.0 annotations were called completions.
ANNOTATIONS = ("annotations", "completions")
FLAT_MARKS = ("annotation_id", "annotator")


def is_task(record: Record) -> bool:
    """Tell whether a JSON record is a task with its annotations."""
    return isinstance(record.get("data"), Mapping) and any(
        isinstance(record.get(name), list) for name in ANNOTATIONS
    )


def is_flat(names: Collection[str]) -> bool:
    """Tell whether these are the fields of a JSON-MIN or CSV export."""
    return all(name in names for name in FLAT_MARKS)


def read_tasks(records: Iterator[tuple[str, Record]], fields: Fields) -> list[Answer]:
    """Return the answers in a full JSON export; drafts and predictions are none."""
    tasks = list(records)
    for where, task in tasks:
        if not is_task(task):
            raise ReadError(f"{where}: no task of Label Studio with its annotations.")
    control = _control(tasks, fields)
    return [
        answer for task in tasks for answer in _task_answers(*task, fields, control)
    ]


def _task_answers(
    where: str, task: Record, fields: Fields, control: str | None
) -> Iterator[Answer]:
    comment_id = comment_id_of(task, fields, where, inside=("data",))
    annotations = _annotations(task)
    if not annotations:
        yield Answer(comment_id, None, (), UNLABELLED)
    for annotation in annotations:
        annotator = _annotator(annotation.get("completed_by"))
        if annotation.get("was_cancelled") or annotation.get("skipped"):
            yield Answer(comment_id, annotator, (), CANCELLED)
        else:
            chosen = [
                label
                for result in _choices(annotation)
                if result.get("from_name") == control
                for label in choices_of(result["value"])
            ]
            yield Answer.of(comment_id, annotator, chosen)


def _annotations(task: Record) -> list[Record]:
    lists = [task.get(name) for name in ANNOTATIONS]
    return next((found for found in lists if isinstance(found, list)), [])


def _choices(annotation: Record) -> list[Record]:
    """Return those results of an annotation that are choices."""
    return [
        result
        for result in annotation.get("result") or []
        if isinstance(result.get("value"), Mapping) and "choices" in result["value"]
    ]


def _control(tasks: list[tuple[str, Record]], fields: Fields) -> str | None:
    """Return the name of the control whose choices are the labels."""
    names = {
        str(result.get("from_name"))
        for _, task in tasks
        for annotation in _annotations(task)
        for result in _choices(annotation)
    }
    if not names:
        return None
    if fields.label is None and len(names) == 1:
        return names.pop()
    return label_field(names, fields, tasks[0][0])


def _annotator(completed_by: Any) -> str | None:
    if isinstance(completed_by, Mapping):
        completed_by = completed_by.get("email") or completed_by.get("id")
    return as_name(completed_by)


def read_flat(records: Iterator[tuple[str, Record]], fields: Fields) -> list[Answer]:
    """Return the answers in a JSON-MIN or CSV export, which hold no cancelled ones."""
    rows = list(records)
    names = {name for _, row in rows for name in row}
    is_answered = [as_name(row.get("annotation_id")) is not None for _, row in rows]
    control = label_field(names, fields, rows[0][0]) if any(is_answered) else ""
    return [
        Answer.of(
            comment_id_of(row, fields, where),
            _annotator(row.get("annotator")),
            choices_of(row.get(control)) if answered else (),
        )
        for (where, row), answered in zip(rows, is_answered, strict=True)
    ]
