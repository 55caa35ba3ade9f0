"""Read comments from text tables: CSV, JSON lines, JSON lists, DataFrames."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import IO, Any

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.errors import ReadError
from stancekit.readers.columns import (
    ALIASES,
    CHUNK,
    from_columns,
    from_rows,
    header_names,
    holds_text,
)
from stancekit.readers.heads import encoding_marked
from stancekit.readers.records import id_at, list_at, text_at
from stancekit.readers.sources import MAX_LINE, Head, Source, TableFormat

# Of those that fit alike, the first is taken.
DELIMITERS = ",;\t|"
SNIFFED_ROWS = 20

# Excel's own first line.
SEPARATOR_LINE = re.compile(r"\Asep=[,;\t|]\r?\n")
# Keys under which a JSON object may hold its list of comments.
LIST_KEYS = ("comments", "data", "items", "records", "results", "rows")
LIST_START = re.compile(rf'\s*(?:\[|\{{\s*"(?:{"|".join(LIST_KEYS)})"\s*:\s*\[)')
# Keys under which a record may hold the replies to it.
IDS = (col.COMMENT_ID, *ALIASES[col.COMMENT_ID])
REPLY_KEYS = ("replies", "children", "comments", "answers", "responses", "antworten")
ENVELOPE = re.compile(rf'"(?:{"|".join(LIST_KEYS)})"\s*:\s*\[\s*\{{')
KEY = re.compile(r'"([^"]{1,40})"\s*:')
# Cells for each value that is there; more of them would fill the memory with gaps.
MOST_GAPS = 100
# Of JSON lines read in parts each has this one column, the records as JSON.
RECORD = "record"
QUOTE = ord('"')
# Bullets or blank lines below a line "Comments" are those of a pasted page.
LIKE_A_PAGE = re.compile(r"^\s*[•◦▪*]\s|\n\s*\n\s*\S", re.M)


def _recognise_csv(head: Head) -> bool:
    """Tell whether these are rows of equal length, or the header names a text."""
    if not head.text or head.is_json or head.is_html:
        return False
    _, rows = _sniff(head)
    if not rows:
        return False
    names_text, is_one = holds_text(rows[0]), len(rows) == 1
    if len(rows[0]) == 1:
        return names_text and not is_one and not LIKE_A_PAGE.search(head.text)
    return names_text or (not is_one and len({len(row) for row in rows}) == 1)


def _sniff(head: Head) -> tuple[str, list[list[str]]]:
    """Return the delimiter and the first rows that are whole."""
    parsed = [(delimiter, _first_rows(head, delimiter)) for delimiter in DELIMITERS]
    return max(parsed, key=lambda found: _plausibility(found[1]))


def _first_rows(head: Head, delimiter: str) -> list[list[str]]:
    text = SEPARATOR_LINE.sub("", head.text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    try:
        for row in islice((row for row in reader if row), SNIFFED_ROWS + 1):
            rows.append(row)
    except csv.Error:
        return rows
    # The last row of a beginning may be half a row.
    cut = not head.complete and len(rows) <= SNIFFED_ROWS
    return rows[:-1] if cut and len(rows) > 1 else rows[:SNIFFED_ROWS]


def _plausibility(rows: list[list[str]]) -> tuple[bool, float, int]:
    """Return how well a delimiter fits: names a text, equal lengths, columns."""
    if not rows:
        return False, 0.0, 0
    width = len(rows[0])
    equal = sum(len(row) == width for row in rows) / len(rows)
    return holds_text(rows[0]), equal if width > 1 else 0.0, width


def _read_csv(source: Source) -> dict[str, list[Any]]:
    try:
        import pyarrow as pa

        found = pa.concat_tables(_quick_parts(source))
    except (ImportError, ValueError):  # pyarrow's own errors are ValueErrors
        return from_rows((row for _, row in csv_rows(source)), source)
    strings = pd.StringDtype("pyarrow", na_value=np.nan)
    frame = found.to_pandas(types_mapper=lambda _: strings)
    return from_columns({name: frame[name] for name in frame}, source)


def csv_rows(source: Source) -> Iterator[tuple[int, list[str]]]:
    """Yield line and fields of each row that is not blank, the header first."""
    delimiter, _ = _sniff(source.head)
    # Python stops at 131,072 characters; the limit is that of the whole process.
    limit = csv.field_size_limit(MAX_LINE)
    try:
        with source.open_text(newline="") as stream:
            # Strict, else a quotation mark that is never closed swallows the rest.
            reader = csv.reader(stream, delimiter=delimiter, strict=True)
            if SEPARATOR_LINE.match(source.head.text):
                next(reader)
            yield from _whole_rows(reader, source)
    finally:
        csv.field_size_limit(limit)


def _whole_rows(reader: Any, source: Source) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not blank, each as long as the first."""
    width = 0
    while True:
        first_line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            source.bad_line(
                first_line,
                f"{error}; a quotation mark may be missing or not doubled there",
            )
            continue
        if row is None:
            return
        if not row:
            continue
        width = width or len(row)
        if len(row) > width and not any(row[width:]):
            del row[width:]
        if len(row) == width:
            yield first_line, row
        else:
            source.bad_line(
                first_line, f"the row has {len(row)} fields, the header has {width}"
            )


def _quick_parts(source: Source) -> Iterator[Any]:
    """Yield what pyarrow reads, unless Python's csv might read another table.

    That one takes what is written oddly, and says in which line it stands.
    """
    delimiter, rows = _sniff(source.head)
    if not rows or SEPARATOR_LINE.match(source.head.text):
        raise ValueError("there is something else than rows")
    if not col.strings_are_arrow() or encoding_marked(source.head.data):
        raise ValueError("there is no pyarrow, or it is no UTF-8")
    import pyarrow as pa
    from pyarrow import csv

    convert = csv.ConvertOptions(
        # As texts, or "007" would be a number and "NA" no comment.
        column_types={f"f{place}": pa.large_string() for place in range(len(rows[0]))},
        strings_can_be_null=False,
    )
    header: list[str] = []
    with source.open() as file:
        watched = _Watched(file, delimiter)
        for batch in csv.open_csv(
            watched,
            # Types are asked for by name, before the header is read. A row must fit
            # in a block.
            csv.ReadOptions(autogenerate_column_names=True, block_size=MAX_LINE),
            csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert,
        ):
            part = pa.Table.from_batches([batch])
            if not header:
                header = header_names([c[0].as_py() for c in part.columns], source)
                part = part.slice(1)
            yield part.rename_columns(header)
    if not watched.is_plain or watched.is_inside:
        raise ValueError("quotation marks stand within fields, or there are NULs")


class _Watched:
    """A file that sees whether quotation marks stand around whole fields only.

    Every second one closes a field, the others open one. Where each stands beside a
    delimiter, a line end or, doubled, another one, all readers read the same.
    """

    closed = False

    def __init__(self, file: IO[bytes], delimiter: str) -> None:
        self.file = file
        self.is_plain, self.is_inside = True, False
        self.border = np.zeros(256, dtype=bool)
        self.border[[ord(delimiter), *b'\r\n"']] = True
        # The byte before the next one to look at, and, from then on, that one.
        self.before = b"\n"

    def read(self, size: int = -1) -> bytes:
        piece = self.file.read(size)
        # What comes after the last byte is told by the next piece.
        data = np.frombuffer(self.before + (piece or b"\n"), dtype=np.uint8)
        quotes = np.flatnonzero(data[1:-1] == QUOTE) + 1
        opens = np.arange(len(quotes)) % 2 == self.is_inside
        beside = np.where(opens, data[quotes - 1], data[quotes + 1])
        self.is_plain &= bool(self.border[beside].all() and data.all())
        self.is_inside ^= bool(len(quotes) % 2)
        self.before = data[-2:].tobytes()
        return piece


def _slow_parts(source: Source) -> Iterator[Any]:
    import pyarrow as pa

    rows = (row for _, row in csv_rows(source))
    header = header_names(next(rows, []), source)
    while chunk := [*islice(rows, CHUNK)]:
        columns = [
            pa.array(values, pa.large_string()) for values in zip(*chunk, strict=True)
        ]
        yield pa.table(columns, header)


def _recognise_jsonl(head: Head) -> bool:
    """Tell whether the first line is a JSON object: one of several, or with a text."""
    if head.record is None:
        cut = not head.complete and "\n" not in head.text
        return cut and head.text.startswith("{") and holds_text(KEY.findall(head.text))
    is_list = LIST_START.match(head.text) is not None
    return _has_more_lines(head) or (holds_text([*head.record]) and not is_list)


def _has_more_lines(head: Head) -> bool:
    return re.search(r"\n\s*\{", head.text) is not None


def _from_records(
    records: Iterator[dict[str, Any]], source: Source
) -> dict[str, list[Any]]:
    """Gather records as columns, a chunk at a time; what a record lacks is None."""
    values: dict[str, list[Any]] = {}
    length = filled = 0
    records = _unnested(records)
    while chunk := list(islice(records, CHUNK)):
        keys = dict.fromkeys(chain(values, chain.from_iterable(chunk)))
        filled += sum(map(len, chunk))
        if (length + len(chunk)) * len(keys) > MOST_GAPS * (filled + CHUNK):
            raise ReadError(
                f"{source.name} has {len(keys):,} different keys, most of them in few "
                "records. Leave out those that are not needed."
            )
        for key in keys:
            column = values.setdefault(key, [None] * length)
            column.extend([record.get(key) for record in chunk])
        length += len(chunk)
    if not length:
        raise ReadError(f"{source.name} is empty: it holds no record.")
    return from_columns(values, source)


def _unnested(records: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield records and those nested in them as replies, which learn their parent."""
    for root in records:
        waiting = [root]
        while waiting:
            record = waiting.pop()
            for key in REPLY_KEYS:
                below = record.get(key)
                if not isinstance(below, list) or not all(
                    isinstance(reply, dict) and holds_text([*reply]) for reply in below
                ):
                    continue
                record = {name: record[name] for name in record if name != key}
                name = next((record[k] for k in IDS if k in record), None)
                waiting += [
                    reply if "parent_id" in reply else {**reply, "parent_id": name}
                    for reply in reversed(below)
                ]
            yield record


def _record_parts(source: Source) -> Iterator[Any]:
    import pyarrow as pa

    records = _unnested(record for _, record in source.json_lines())
    while chunk := [*islice(records, CHUNK)]:
        lines = [json.dumps(record, ensure_ascii=False) for record in chunk]
        yield pa.table({RECORD: pa.array(lines, pa.large_string())})


def _shows_list(head: Head) -> bool:
    lines = head.record is not None and _has_more_lines(head)
    starts = LIST_START.match(head.text) or ENVELOPE.search(head.text)
    return head.is_json and not lines and starts is not None


def _read_json(source: Source) -> dict[str, list[Any]]:
    found = source.read_json()
    records = _with_users(found, _record_list(found))
    if records is None:
        raise ReadError(
            f"{source.name} is JSON, but no list of records. Name its format: format=."
        )
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict):
            raise ReadError(
                f"{source.name}, record {number}: not an object but "
                f"{type(record).__name__}."
            )
    return _from_records(iter(records), source)


def _record_list(found: Any) -> list[Any] | None:
    if isinstance(found, list):
        return found
    if not isinstance(found, dict):
        return None
    below = [found[key] for key in LIST_KEYS if key in found]
    # A list right here rather than one further down.
    below.sort(key=lambda value: not isinstance(value, list))
    lists = [value for value in map(_record_list, below) if value is not None]
    lists += [[found]] if holds_text([*found]) else []
    return lists[0] if lists else None


def _with_users(found: Any, records: list[Any] | None) -> list[Any] | None:
    """Return records with the names of their authors, where these stand beside them."""
    # As the interface of X gives posts.
    beside = list_at(found, "includes", "users") or list_at(found, "users")
    names = {id_at(user, "id"): text_at(user, "username") for user in beside}
    if records is None or not names:
        return records
    return [
        {"author": names.get(id_at(r, "author_id") or id_at(r, "user_id")), **r}
        if isinstance(r, dict)
        else r
        for r in records
    ]


def read_frame(frame: Any, source: Source) -> dict[str, list[Any]]:
    """Return the columns of a pandas DataFrame, or of anything that turns into one."""
    if hasattr(frame, "to_pandas"):
        frame = frame.to_pandas()
    found = header_names([str(name) for name in frame.columns], source)
    columns = [frame.iloc[:, place] for place in range(len(found))]
    values = [
        column.reset_index(drop=True)
        if col.strings_are_arrow() and column.dtype == "str"
        else column.astype(object).where(column.notna(), None).tolist()
        for column in columns
    ]
    dtypes = zip(found, (column.dtype for column in columns), strict=True)
    rounded = [name for name, dtype in dtypes if dtype == "float32"]
    return from_columns(dict(zip(found, values, strict=True)), source, float32=rounded)


FORMATS = {
    "csv": TableFormat(
        "a table with a delimiter",
        _recognise_csv,
        _read_csv,
        in_parts=(_quick_parts, _slow_parts),
    ),
    "jsonl": TableFormat(
        "JSON lines",
        _recognise_jsonl,
        lambda source: _from_records((r for _, r in source.json_lines()), source),
        in_parts=(_record_parts,),
    ),
    "json": TableFormat("a JSON list", _shows_list, _read_json),
}
