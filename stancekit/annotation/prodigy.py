"""Read labels that were given in Prodigy: JSONL of text classification or choices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stancekit.annotation.answers import Answer, Fields, as_name, comment_id_of
from stancekit.annotation.label_table import REJECTED, SKIPPED
from stancekit.errors import ReadError

Record = Mapping[str, Any]

ANSWERS = ("accept", "reject", "ignore")
ANNOTATORS = ("_annotator_id", "_session_id")


def is_record(record: Record) -> bool:
    """Tell whether a JSON record is an answered task."""
    return record.get("answer") in ANSWERS


def read_records(records: Iterator[tuple[str, Record]], fields: Fields) -> list[Answer]:
    """Return the answers; a rejected label is kept as "not this label"."""
    return [_answer(where, record, fields) for where, record in records]


def _answer(where: str, record: Record, fields: Fields) -> Answer:
    if not is_record(record):
        raise ReadError(
            f"{where}: the answer is {record.get('answer')!r}; Prodigy's answers are "
            f"{', '.join(ANSWERS)}."
        )
    comment_id = comment_id_of(record, fields, where, inside=("meta",))
    annotator = next((record[name] for name in ANNOTATORS if record.get(name)), None)
    if record["answer"] == "ignore":
        return Answer(comment_id, as_name(annotator), (), SKIPPED)
    given = Answer.of(comment_id, annotator, _labels(where, record, fields))
    if record["answer"] == "reject":
        return Answer(comment_id, given.annotator, given.labels, REJECTED)
    return given


def _labels(where: str, record: Record, fields: Fields) -> list[Any]:
    """Return the options that were chosen, or the one label that was asked about."""
    name = fields.label if isinstance(fields.label, str) else None
    for field in (name,) if name else ("accept", "label"):
        if field in record:
            value = record[field]
            return value if isinstance(value, list) else [value]
    raise ReadError(
        f"{where}: neither 'accept' nor 'label', so this is no text classification and "
        f"no choice. Found: {', '.join(map(repr, record))}."
    )
