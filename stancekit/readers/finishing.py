"""Turn what a reader found into a comment table with its report."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from stancekit import columns as col
from stancekit.errors import name_rows
from stancekit.readers.report import REPORT, Notes
from stancekit.readers.trees import settle_ids, settle_parents
from stancekit.readers.values import (
    Column,
    is_missing,
    is_private,
    lost_numbers,
    parse_times,
    typed,
)
from stancekit.threads import has_no_text

MAX_NAMED_LINES = 100

# What Reddit puts in place of a text.
STATUS_MARKS = {
    "[deleted]": "deleted",
    "[removed]": "removed",
    "[ Removed by Reddit ]": "removed",
}
STATUS_WORDS = {
    **dict.fromkeys("visible online published approved public".split(), "visible"),
    "deleted": "deleted",
    **dict.fromkeys("removed blocked rejected spam trash".split(), "removed"),
}
STATUS_GIVEN = "status_given"
# UTF-8 that was read as cp1252 ("Ã¤" for "ä") or as Mac Roman ("√§").
MOJIBAKE = re.compile("Ã[¤¶¼Ÿ„–œ©]|â€[œžš™“]|‚Äû|Ô∏è|√[§∂º]")
ESCAPES = re.compile("&(?:#\\d+|#x[0-9a-fA-F]+|amp|lt|gt|quot);|<br ?/?>")
# What each of these has somewhere.
MAY_LOOK_SO = "[&<Ãâ‚Ô√]"


def finish(
    columns: dict[str, Column], *, source: str, format: str, notes: Notes
) -> pd.DataFrame:
    """Return the comment table for raw columns, with its report in ``attrs``.

    Ids and parents are settled, every column gets its type, and the canonical ones
    come first.
    """
    # Ids first, since parents are looked up among them.
    columns = settle_ids(_public(columns, notes), notes)
    if col.PARENT_ID in columns:
        columns[col.PARENT_ID] = settle_parents(columns, notes)
    if col.CREATED_AT in columns:
        columns |= _times(columns, notes)
    columns |= _status(columns, notes)
    _look_at_texts(columns[col.TEXT], notes)
    ours_first = dict.fromkeys((*col.COMMENT_COLUMNS, *columns))
    order = filter(columns.__contains__, ours_first)
    table = pd.DataFrame({name: typed(name, columns[name]) for name in order})
    for name in table:
        if lost := lost_numbers(name, columns[name], table[name]):
            notes.warnings.append(
                f"{len(lost):,} values of {name!r}, such as {lost[0][:60]!r}, are no "
                "numbers and were taken as missing. Write decimals alike, as 0.25 or "
                "as 0,25."
            )
    answering = int(table[col.PARENT_ID].count()) if col.PARENT_ID in table else 0
    status = table.get(col.STATUS, pd.Series(dtype="str"))
    gone = [int((status == word).sum()) for word in ("deleted", "removed")]
    said = {**vars(notes)}
    table.attrs[col.READ_AS] = said.pop("read_as")
    # Plain JSON values, of which ReadReport.of makes the report.
    table.attrs[REPORT] = {
        "source": source,
        "format": format,
        "rows": len(table),
        "top_level": len(table) - answering,
        "replies": answering - notes.orphans,
        "deleted": gone[0],
        "removed": gone[1],
        "without_text": int(has_no_text(table).sum()) - sum(gone),
        **said,
        "skipped": len(notes.skipped_lines),
        "skipped_lines": notes.skipped_lines[:MAX_NAMED_LINES],
        "unused": [name for name in notes.unused if name in columns],
    }
    return table


def joined(read: list[pd.DataFrame], names: list[str]) -> dict[str, list[Any]]:
    """Return the raw columns of several tables, with the name of each one's source.

    Where two sources give one id to different comments, ids begin with the source.
    """
    texts: dict[str, str] = {}
    clash = False
    for table in read:
        for name, text in zip(table[col.COMMENT_ID], table[col.TEXT], strict=True):
            clash = clash or texts.setdefault(name, text) != text
    given = [
        table.assign(**{col.SOURCE: n}) for table, n in zip(read, names, strict=True)
    ]
    columns: dict[str, list[Any]] = {name: [] for table in given for name in table}
    for table in given:
        for name in {col.COMMENT_ID, col.PARENT_ID} & {*table} if clash else ():
            table[name] = table[col.SOURCE] + "/" + table[name]
        plain = table.astype(object).where(table.notna(), None)
        for name, values in columns.items():
            values += plain[name].tolist() if name in table else [None] * len(table)
    return columns


def _public(columns: dict[str, Column], notes: Notes) -> dict[str, Column]:
    private = [name for name in columns if is_private(str(name))]
    if private:
        notes.guesses.append(
            f"{name_rows(private)} seems to hold e-mail or IP addresses and was left "
            "out."
        )
    return {name: columns[name] for name in columns if name not in private}


def _times(columns: dict[str, Column], notes: Notes) -> dict[str, Any]:
    """Return the times; what cannot be read as one is kept as the source gave it."""
    given = columns[col.CREATED_AT]
    times = parse_times(given)
    unread = {
        row: str(given[row])
        for row in times.index[times.isna()]
        if not is_missing(given[row]) and str(given[row]).strip()
    }
    if not unread:
        return {col.CREATED_AT: times}
    notes.guesses.append(
        f"{len(unread):,} times such as {next(iter(unread.values()))!r} are not "
        f"absolute; they are kept in {col.CREATED_RAW!r}."
    )
    raw = [unread.get(row) for row in range(len(given))]
    return {col.CREATED_AT: times, col.CREATED_RAW: columns.get(col.CREATED_RAW, raw)}


def _status(columns: dict[str, Column], notes: Notes) -> dict[str, Any]:
    """Return the status in our words, also where only the text says it."""
    texts = columns[col.TEXT]
    if isinstance(texts, pd.Series) and not texts.isin([*STATUS_MARKS]).any():
        marked: list[str | None] = [None] * len(texts)
    else:
        marked = [STATUS_MARKS.get(text) for text in map(str, texts)]
    if col.STATUS not in columns:
        status = [mark or "visible" for mark in marked]
        return {col.STATUS: status} if any(marked) else {}
    given = ["" if is_missing(word) else str(word) for word in columns[col.STATUS]]
    known = [STATUS_WORDS.get(word.casefold()) for word in given]
    ours = {col.STATUS: [m or word for m, word in zip(marked, known, strict=True)]}
    unknown = sorted({w for w in given if w and w.casefold() not in STATUS_WORDS})
    if not unknown:
        return ours
    notes.guesses.append(
        f"The status {name_rows(unknown)} is none of ours; it is kept in "
        f"{STATUS_GIVEN!r}."
    )
    return {**ours, STATUS_GIVEN: given}


def _look_at_texts(texts: Column, notes: Notes) -> None:
    """Report, but do not repair, texts that look damaged or escaped."""
    for what, looks in (
        ("a wrong encoding", lambda t: not t.isascii() and MOJIBAKE.search(t)),
        ("HTML escapes", lambda t: ("&" in t or "<" in t) and ESCAPES.search(t)),
    ):
        if isinstance(texts, pd.Series):
            texts = texts[texts.str.contains(MAY_LOOK_SO, na=False)].tolist()
        count = sum(1 for text in map(str, texts) if looks(text))
        notes.count(count, f"texts show {what}; they were left as they are.")
