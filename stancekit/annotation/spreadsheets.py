"""Read labels from spreadsheets: a row for each answer, or a column for each person."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stancekit.annotation.answers import Answer, Fields, comment_id_of, label_field
from stancekit.annotation.label_table import (
    ANNOTATOR,
    ANSWERS,
    REJECTED,
    REJECTED_LABEL,
    SKIPPED,
    SUBMITTED,
    UNLABELLED,
)
from stancekit.errors import ReadError
from stancekit.threads import STATUS, name_rows

Row = dict[str, str]

USUAL_ANNOTATORS = (
    *(ANNOTATOR, "annotator_id", "coder", "coder_id", "rater", "rater_id"),
    *("worker", "worker_id"),
)
# One column for each annotator: annotator_0, coder 2, raterA.
WIDE = re.compile(r"(annotator|coder|rater|worker)[ _-]?(\d+|[a-z])", re.I)
# What people write into a cell where they could not decide.
SKIP_MARKS = frozenset({"?", "-", "–", "n/a", "na", "nan"})


def read_rows(rows: Iterator[tuple[str, Row]], fields: Fields) -> list[Answer]:
    """Return the answers in a sheet, long or wide."""
    found = list(rows)
    if not found:
        return []
    where, first = found[0]
    people = _people(where, list(first), fields)
    if people:
        return [
            _cell(place, row, name, fields) for place, row in found for name in people
        ]
    annotator = next((name for name in USUAL_ANNOTATORS if name in first), None)
    labels = label_field(list(first), fields, where)
    with_status = {row.get(STATUS, "") for _, row in found} <= {*ANSWERS, ""}
    return [
        _long_row(place, row, fields, annotator, labels, with_status)
        for place, row in found
    ]


def _people(where: str, found: list[str], fields: Fields) -> list[str]:
    """Return the columns of single annotators, none if the sheet is long."""
    if fields.label is None:
        return [name for name in found if WIDE.fullmatch(name)]
    if isinstance(fields.label, str):
        return []
    absent = [name for name in fields.label if name not in found]
    if absent:
        raise ReadError(
            f"{where}: label_field= names the columns {name_rows(absent)}, which are "
            f"not there. Found: {name_rows(found, most=20)}."
        )
    return list(fields.label)


def _cell(where: str, row: Row, name: str, fields: Fields) -> Answer:
    return _answer(comment_id_of(row, fields, where), name, row[name])


def _long_row(
    where: str,
    row: Row,
    fields: Fields,
    annotator: str | None,
    labels: str,
    with_status: bool,
) -> Answer:
    comment_id = comment_id_of(row, fields, where)
    name = row[annotator].strip() or None if annotator else None
    status = row.get(STATUS, "") if with_status else ""
    if status in ("", SUBMITTED):
        return _answer(comment_id, name, row[labels])
    rejected = row.get(REJECTED_LABEL, "").strip() if status == REJECTED else ""
    return Answer(comment_id, name, (rejected,) if rejected else (), status)


def _answer(comment_id: str, annotator: str | None, cell: str) -> Answer:
    label = cell.strip()
    if not label:
        return Answer(comment_id, annotator, (), UNLABELLED)
    if label.casefold() in SKIP_MARKS:
        return Answer(comment_id, annotator, (), SKIPPED)
    return Answer(comment_id, annotator, (label,))
