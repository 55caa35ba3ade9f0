"""Turn what a reader found into a comment table with its report."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from stancekit.readers.private import is_private
from stancekit.readers.report import REPORT, ReadReport, as_json
from stancekit.readers.sources import Notes
from stancekit.readers.trees import settle_ids, settle_parents
from stancekit.readers.values import is_missing, parse_times, typed
from stancekit.threads import (
    COMMENT_COLUMNS,
    CREATED_AT,
    CREATED_RAW,
    PARENT_ID,
    STATUS,
    TEXT,
    name_rows,
)

MAX_NAMED_LINES = 100

STATUS_MARKS = {
    "[deleted]": "deleted",
    "[removed]": "removed",
    "[ Removed by Reddit ]": "removed",
}
STATUS_WORDS = {
    **dict.fromkeys(
        ("visible", "online", "published", "approved", "public"), "visible"
    ),
    "deleted": "deleted",
    **dict.fromkeys(("removed", "blocked", "rejected", "spam", "trash"), "removed"),
}
STATUS_GIVEN = "status_given"
MOJIBAKE = re.compile("Ã[¤¶¼Ÿ„–œ©]|â€[œžš™“]|‚Äû|Ô∏è|√[§∂º]")
ESCAPES = re.compile("&(?:#\\d+|#x[0-9a-fA-F]+|amp|lt|gt|quot);|<br ?/?>")


def finish(
    columns: dict[str, list[Any]], *, source: str, format: str, notes: Notes
) -> pd.DataFrame:
    """Return the comment table for raw columns, with its report in ``attrs``.

    Ids and parents are settled, every column gets its type, and the canonical ones
    come first.
    """
    columns, duplicates = settle_ids(_public(columns, notes), notes)
    orphans, circles = 0, 0
    if PARENT_ID in columns:
        columns[PARENT_ID], orphans, circles = settle_parents(columns)
    if CREATED_AT in columns:
        columns |= _times(columns, notes)
    columns |= _status(columns, notes)
    _look_at_texts(columns[TEXT], notes)
    first = [name for name in COMMENT_COLUMNS if name in columns]
    order = [*first, *(name for name in columns if name not in first)]
    table = pd.DataFrame({name: typed(name, columns[name]) for name in order})
    answering = sum(map(bool, columns.get(PARENT_ID, [])))
    status = columns.get(STATUS, [])
    report = ReadReport(
        source=source,
        format=format,
        rows=len(table),
        top_level=len(table) - answering,
        replies=answering - orphans,
        orphans=orphans,
        duplicates=duplicates,
        cycles_cut=circles,
        deleted=status.count("deleted"),
        removed=status.count("removed"),
        claimed=notes.claimed,
        skipped=len(notes.skipped_lines),
        skipped_lines=tuple(notes.skipped_lines[:MAX_NAMED_LINES]),
        guesses=tuple(notes.guesses),
        warnings=tuple(notes.warnings),
    )
    table.attrs[REPORT] = as_json(report)
    return table


def _public(columns: dict[str, list[Any]], notes: Notes) -> dict[str, list[Any]]:
    """Return the columns without those that hold e-mail or IP addresses."""
    private = [name for name in columns if is_private(str(name))]
    if private:
        notes.guesses.append(
            f"{name_rows(private)} seems to hold e-mail or IP addresses and was left "
            "out."
        )
    return {name: columns[name] for name in columns if name not in private}


def _times(columns: dict[str, list[Any]], notes: Notes) -> dict[str, Any]:
    """Return the times; what cannot be read as one is kept as the source gave it."""
    given = columns[CREATED_AT]
    times = parse_times(given)
    unread = {
        row: str(given[row])
        for row in times.index[times.isna()]
        if not is_missing(given[row]) and str(given[row]).strip()
    }
    if not unread:
        return {CREATED_AT: times}
    example = next(iter(unread.values()))
    notes.guesses.append(
        f"{len(unread):,} times such as {example!r} are not absolute; they are kept in "
        f"{CREATED_RAW!r}."
    )
    raw = [unread.get(row) for row in range(len(given))]
    return {CREATED_AT: times, CREATED_RAW: columns.get(CREATED_RAW, raw)}


def _status(columns: dict[str, list[Any]], notes: Notes) -> dict[str, list[Any]]:
    """Return the status in our words, also where only the text says it."""
    marked = [STATUS_MARKS.get(text) for text in map(str, columns[TEXT])]
    if STATUS not in columns:
        return {STATUS: [mark or "visible" for mark in marked]} if any(marked) else {}
    given = [None if is_missing(word) else str(word) for word in columns[STATUS]]
    known = [STATUS_WORDS.get(word.casefold()) if word else None for word in given]
    status = {STATUS: [mark or word for mark, word in zip(marked, known, strict=True)]}
    unknown = {
        word for word, ours in zip(given, known, strict=True) if word and not ours
    }
    if not unknown:
        return status
    notes.guesses.append(
        f"The status {name_rows(sorted(unknown))} is none of ours; it is kept in "
        f"{STATUS_GIVEN!r}."
    )
    return {**status, STATUS_GIVEN: given}


def _look_at_texts(texts: list[Any], notes: Notes) -> None:
    """Report, but do not repair, texts that look damaged or escaped."""
    damaged = sum(
        not text.isascii() and MOJIBAKE.search(text) is not None
        for text in map(str, texts)
    )
    escaped = sum(
        ("&" in text or "<" in text) and ESCAPES.search(text) is not None
        for text in map(str, texts)
    )
    for count, what in ((damaged, "a wrong encoding"), (escaped, "HTML escapes")):
        if count:
            notes.guesses.append(
                f"{count:,} texts show {what}; they were left as they are."
            )
