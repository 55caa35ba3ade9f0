"""Read labels that were given in doccano: JSONL, JSON, CSV."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from stancekit.annotation.answers import Answer, Fields, comment_id_of, label_field
from stancekit.errors import ReadError

Record = Mapping[str, Any]

TEXT_FIELDS = ("text", "data")
LABEL_FIELDS = ("label", "labels", "cats")
# Where versions before 1.5 keep the fields that were imported with a text.
META = ("meta", "metadata")
# What joins the labels of one comment in a CSV file.
JOINT = "#"


def is_record(record: Record) -> bool:
    """Tell whether a JSON record is a comment with its list of labels."""
    return any(name in record for name in TEXT_FIELDS) and any(
        isinstance(record.get(name), list) for name in LABEL_FIELDS
    )


def is_header(names: Collection[str]) -> bool:
    """Tell whether these are the columns of a CSV export."""
    has_text = any(name in names for name in TEXT_FIELDS)
    return has_text and "id" in names and "label" in names and "annotator" not in names


def read_records(records: Iterator[tuple[str, Record]], fields: Fields) -> list[Answer]:
    """Return the answers in a JSON export; who gave them only the file's name tells."""
    answers = []
    for where, record in records:
        labels = record.get(_field(record, fields, where)) or []
        if isinstance(labels, str):
            labels = [labels]
        if not all(isinstance(label, str) for label in labels):
            raise ReadError(
                f"{where}: the labels are spans or numbers, not labels of the whole "
                "text. Export from a text classification project."
            )
        comment_id = comment_id_of(record, fields, where, inside=META)
        answers.append(Answer.of(comment_id, None, labels))
    return answers


def read_rows(records: Iterator[tuple[str, Record]], fields: Fields) -> list[Answer]:
    """Return the answers in a CSV export."""
    answers = []
    for where, row in records:
        labels = str(row.get(_field(row, fields, where)) or "").split(JOINT)
        answers.append(Answer.of(comment_id_of(row, fields, where), None, labels))
    return answers


def _field(record: Record, fields: Fields, where: str) -> str:
    if fields.label is None:
        for name in LABEL_FIELDS:
            if name in record:
                return name
    return label_field(list(record), fields, where)
