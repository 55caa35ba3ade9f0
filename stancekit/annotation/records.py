"""Find ids, labels and names in the records of annotation tools."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from stancekit import columns as col
from stancekit.errors import ReadError, name_rows

# In the attrs of a table of labels: ids and the texts that were labelled.
TEXTS = "labelled_texts"

Record = Mapping[str, Any]
# Each with its place in the file, for messages.
Records = Sequence[tuple[str, Record]]

USUAL_LABEL_FIELDS = ("stance", "label", "labels", "choice", "rating")
# What tells comments apart where an export lacks our id: Prodigy's, then others'.
FALLBACK_IDS = ("_task_hash", "id", "guid")


class Answer(NamedTuple):
    """One answer on one comment; ``status`` is None where the labels tell it."""

    comment_id: str
    annotator: Any
    labels: Sequence[Any] = ()
    status: str | None = None


def as_text(value: Any) -> str:
    """Return a value as text without blanks around it, "" for nothing."""
    if value is None or value == {}:
        return ""
    # Spreadsheets and pandas make 7.0 of the id or code 7.
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


@dataclass(frozen=True)
class Names:
    """What the caller calls the fields, None where nothing was said; and remarks."""

    comment_id: str = col.COMMENT_ID
    label: str | Sequence[str] | None = None
    annotator: str | None = None
    remarks: list[str] = field(default_factory=list)
    # What a file says that the labelled comments say, each with its id.
    texts: list[tuple[str, str]] = field(default_factory=list)

    def with_ids(
        self, records: Records, *inside: str, rows_are_comments: bool = False
    ) -> list[tuple[str, Record, str]]:
        """Return the records with the comment's id, from them or a mapping inside.

        A file without ours makes do with another one or the number of the row.
        """
        merged = [_merged(record, inside) for _, record in records]
        ids = [as_text(each.get(self.comment_id)) for each in merged]
        if not any(ids) and self.comment_id == col.COMMENT_ID:
            ids, told = _other_ids(merged, rows_are_comments)
            if told:
                where = records[0][0]
                self.remarks.append(f"{where}: no {col.COMMENT_ID!r}, so {told}")
        if not all(ids):
            place = ids.index("")
            raise ReadError(
                f"{records[place][0]}: no {self.comment_id!r}, so nothing says which "
                "comment was labelled. Found: "
                f"{name_rows(merged[place], most=20)}. write_tasks puts it "
                "into the tasks; if the id has another name here, give that as "
                "id_field=."
            )
        said = [as_text(each.get(col.TEXT)) for each in merged]
        self.texts.extend(zip(ids, said, strict=True))
        return [(*record, each) for record, each in zip(records, ids, strict=True)]

    def label_field(
        self,
        found: Collection[str],
        where: str,
        usual: Sequence[str] = USUAL_LABEL_FIELDS,
    ) -> str:
        """Return the field that holds the labels: the one named, else a usual one."""
        named = [self.label] if isinstance(self.label, str) else []
        for name in named or usual:
            if name in found:
                return name
        unclear = "it is not clear which field holds the labels"
        missing = f"no {named[0]!r}" if named else unclear
        raise _unknown_field(where, missing, found, "label_field=")

    def annotator_of(self, record: Record, where: str, *usual: str) -> Any:
        """Return who answered: what the field says that was named, else a usual one."""
        if self.annotator is None:
            return next(filter(None, map(record.get, usual)), None)
        if self.annotator not in record:
            missing = f"no {self.annotator!r}"
            raise _unknown_field(where, missing, record, "annotator_field=")
        return record[self.annotator]


def _merged(record: Record, inside: Sequence[str]) -> Record:
    nested = [record[name] for name in inside if isinstance(record.get(name), dict)]
    return ChainMap(*reversed(nested), record)  # type: ignore[arg-type]


def _other_ids(merged: list[Record], rows_are_comments: bool) -> tuple[list[str], str]:
    """Return ids that make do, and a sentence on where they are from."""
    for name in FALLBACK_IDS:
        if all(ids := [as_text(each.get(name)) for each in merged]):
            return ids, f"{name!r} tells comments apart."
    if not rows_are_comments:
        return [""] * len(merged), ""
    return [str(number) for number in range(1, len(merged) + 1)], (
        "the rows tell comments apart: compare only files with the same comments in "
        "the same order."
    )


def _unknown_field(
    where: str, missing: str, found: Collection[str], argument: str
) -> ReadError:
    listed = name_rows(sorted(found), most=20) or "none"
    return ReadError(
        f"{where}: {missing}. Found: {listed}. Give its name as {argument}."
    )
