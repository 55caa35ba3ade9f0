"""Hold one annotator's answer on one comment, whatever tool it comes from."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stancekit.annotation.label_table import SUBMITTED, UNLABELLED
from stancekit.errors import ReadError
from stancekit.threads import COMMENT_ID, name_rows

USUAL_LABEL_FIELDS = ("stance", "label", "labels", "choice", "rating")


@dataclass(frozen=True)
class Answer:
    """One annotator's answer on one comment; ``annotator`` is None if not told."""

    comment_id: str
    annotator: str | None
    labels: tuple[str, ...] = ()
    status: str = SUBMITTED

    @classmethod
    def of(cls, comment_id: str, annotator: Any, labels: Iterable[Any]) -> Answer:
        """Return a submitted answer, or an unlabelled one if there are no labels."""
        texts = [str(label).strip() for label in labels if label is not None]
        given = tuple(text for text in texts if text)
        status = SUBMITTED if given else UNLABELLED
        return cls(comment_id, as_name(annotator), given, status)


@dataclass(frozen=True)
class Fields:
    """The fields that the caller named; ``label`` is None where none was named."""

    comment_id: str = COMMENT_ID
    label: str | Sequence[str] | None = None


def as_name(value: Any) -> str | None:
    """Return who annotated as text, None if that is empty."""
    if value is None or value in ("", {}):
        return None
    return str(value).strip()


def comment_id_of(
    record: Mapping[str, Any], fields: Fields, where: str, *, inside: Sequence[str] = ()
) -> str:
    """Return the comment's id from a record or a mapping inside it."""
    nested = [record.get(name) for name in inside]
    places = [*(place for place in nested if isinstance(place, Mapping)), record]
    for place in places:
        value = place.get(fields.comment_id)
        if value is not None and str(value).strip():
            return str(value).strip()
    found = [name for place in places for name in place]
    raise ReadError(
        f"{where}: no {fields.comment_id!r}, so nothing says which comment was "
        f"labelled. Found: {name_rows(found, most=20)}. write_tasks puts it into the "
        "tasks; if the id has another name here, give that as id_field=."
    )


def label_field(found: Collection[str], fields: Fields, where: str) -> str:
    """Return the field that holds the labels: the one named, else a usual one."""
    if isinstance(fields.label, str):
        if fields.label in found:
            return fields.label
        problem = f"no {fields.label!r}"
    else:
        usual = [name for name in USUAL_LABEL_FIELDS if name in found]
        if usual:
            return usual[0]
        problem = "it is not clear which field holds the labels"
    raise ReadError(
        f"{where}: {problem}. Found: {name_rows(sorted(found), most=20) or 'none'}. "
        "Give its name as label_field=."
    )


def choices_of(value: Any) -> list[Any]:
    """Return the labels in one value: a label, a list, or ``{"choices": [...]}``."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return [value]
    if isinstance(value, Mapping):
        value = value.get("choices", [])
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]
