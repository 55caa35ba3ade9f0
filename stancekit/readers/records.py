"""Take comments out of JSON: a table says where the values stand, one walker goes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, repeat
from typing import Any, NamedTuple

from stancekit import columns as col
from stancekit.errors import ReadError
from stancekit.readers.heads import Head
from stancekit.readers.markup import html_to_text
from stancekit.readers.sources import FolderFormat, Format, Source, broken

Record = dict[str, Any]
Columns = dict[str, list[Any]]

# Records turned into values at a time: dumps hold millions of them, and as few as
# this stay in the processor's cache (500 took as long, 10,000 half as long again).
CHUNK = 200

JSON_NAMES = {dict: "an object", list: "a list", str: "a text", type(None): "nothing"}
SCALARS = frozenset((str, int, float))
NOTHING = (type(None), dict, list)
# Where also true and false say something.
BOOLEANS = frozenset((col.EDITED, col.STANCE))


class Page(NamedTuple):
    """Records that stand together, and what is alike for all of them."""

    roots: Iterable[Record]
    about: Record


class Node(NamedTuple):
    """A record, the one it stands in, and what is known of its page."""

    record: Record
    above: Record | None
    about: Record


Value = str | Callable[[Node], Any] | tuple["Value", ...]
Fields = Mapping[str, Value]


# What the user added to the records.
ADDED: Fields = {
    col.STANCE: lambda node: node[0].get(col.STANCE, node[0].get("label")),
    col.SAMPLING_PROB: col.SAMPLING_PROB,
    col.SAMPLING_ROUND: col.SAMPLING_ROUND,
}


def columns_at(
    source: Source, pages: Iterable[Page], fields: Fields, nested: str = ""
) -> Columns:
    """Return the values of all records, replies included, by column.

    ``fields`` says where they stand: a path (``"user.name"``) within the record, the
    one above it (``"^id"``) or what is known of the page (``"/title"``); a function of
    the node; or several of these, of which the first counts that holds something.
    ``nested`` is the key of the replies. What is nested where a number or text should
    be is left out, and said.
    """
    nodes = (
        Node(record, above, page.about)
        for page in pages
        for record, above in walk(page.roots, nested, source.name)
    )
    values = {name: _taken(where) for name, where in fields.items()}
    columns: Columns = {name: [] for name in fields}
    while chunk := list(islice(nodes, CHUNK)):
        for name, value in values.items():
            columns[name].extend(map(value, chunk))
    return {name: _usable(name, values, source) for name, values in columns.items()}


def _taken(where: Value) -> Callable[[Node], Any]:
    if callable(where):
        return where
    values = where if isinstance(where, tuple) else tuple(where.split())
    if len(values) > 1:
        return _first([_taken(value) for value in values])
    path = str(values[0])
    place = {"^": 1, "/": 2}.get(path[0], 0)
    key, *inner = path.lstrip("^/").split(".")
    if place or inner:
        return lambda node: at(node[place], key, *inner)
    # Most paths are one key, and dumps are long.
    return lambda node: node[0].get(key)


def _first(values: Sequence[Callable[[Node], Any]]) -> Callable[[Node], Any]:
    def first(node: Node) -> Any:
        for value in values:
            found = value(node)
            if not isinstance(found, NOTHING) and found != "":
                return found
        return None

    return first


def _usable(name: str, values: list[Any], source: Source) -> list[Any]:
    usable = {*SCALARS, type(None)} | ({bool} if name in BOOLEANS else set())
    # Nearly always all of them are right, and a set is fast.
    if name not in col.COMMENT_COLUMNS or set(map(type, values)) <= usable:
        return values
    odd = sum(type(value) not in usable for value in values)
    said = f"values of {name!r} are neither text nor number and were left out."
    source.notes.count(odd, said)
    return [value if type(value) in usable else None for value in values]


def html(path: str, *, keep_lines: bool = False) -> Callable[[Node], str]:
    """Return the value of a field that holds HTML: its plain text."""
    keys = path.split(".")
    return lambda node: html_to_text(text_at(node.record, *keys), keep_lines=keep_lines)


def filled(columns: Columns, *kept: str) -> Columns:
    """Return the columns without those in which there is nothing, but for ``kept``."""
    return {
        name: values
        for name, values in columns.items()
        if name in kept or any(value is not None for value in values)
    }


def claim(source: Source, *counts: int | None) -> None:
    """Add what a source says of the number of its comments, where it says so."""
    known = [count for count in counts if count is not None]
    if known:
        source.notes.claimed = (source.notes.claimed or 0) + sum(known)


def json_format(
    title: str,
    signs: Sequence[str],
    pages: Callable[[Source], Iterable[Page]],
    fields: Fields,
    nested: str = "",
) -> Format:
    """Return a format: patterns that show it, how it opens, and where values stand."""

    def read(source: Source) -> Columns:
        return columns_at(source, pages(source), fields, nested)

    return FolderFormat(title, shows(*signs), read)


def shows(*signs: str) -> Callable[[Head], bool]:
    """Return the test whether a source is JSON that begins with all these patterns."""
    return lambda head: head.is_json and all(re.search(s, head.text) for s in signs)


def at(record: Any, *keys: str) -> Any:
    """Return the value at nested keys, None where there is none."""
    for key in keys:
        if not isinstance(record, dict):
            return None
        record = record.get(key)
    return record


def text_at(record: Any, *keys: str) -> str:
    """Return the text at nested keys, an empty one where there is none."""
    value = at(record, *keys)
    return value if isinstance(value, str) else ""


def id_at(record: Any, *keys: str) -> str | None:
    """Return the id at nested keys as a text, None where there is none."""
    value = at(record, *keys)
    # True is an int for isinstance.
    return str(value) or None if type(value) in (str, int) else None


def count_at(record: Any, *keys: str) -> int | None:
    """Return the whole number at nested keys, also one of digits, or None."""
    value = at(record, *keys)
    # No count has more digits, and Python refuses to read thousands of them.
    if isinstance(value, str) and len(value) < 16 and value.isdecimal():
        value = int(value)
    is_count = type(value) is int and 0 <= value < col.LARGEST_EXACT_FLOAT
    return value if is_count else None


def list_at(record: Any, *keys: str) -> list[Any]:
    """Return the list at nested keys, an empty one where there is none."""
    value = at(record, *keys)
    return value if isinstance(value, list) else []


def objects(value: Any, place: str) -> list[Record]:
    """Return a list of objects; None is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise _wrong_kind(place, value, "a list")
    for number, entry in enumerate(value, 1):
        if not isinstance(entry, dict):
            raise _wrong_kind(f"{place}, entry {number}", entry, "an object")
    return value


def listed(record: Record, key: str, place: str) -> list[Record]:
    """Return the list of objects that stands under a key; none is an empty one."""
    return objects(record.get(key), f"{place}, {key!r}")


def _wrong_kind(place: str, found: Any, wanted: str) -> ReadError:
    name = JSON_NAMES.get(type(found), "a number")
    return broken(place, f"{name} where {wanted} should be")


def read_objects(
    source: Source, kinds: Mapping[str, str] | None = None, envelope: str = ""
) -> Iterator[Record]:
    """Yield the objects of a JSON file or a folder of such: one, a list, or lines.

    A list may stand under the key ``envelope``. Objects without any of the keys of
    ``kinds``, which say what they show, are none; such a line can be skipped.
    """
    for file in source.json_files():
        if file.head.record is None:
            for value in file.json_values():
                yield from _listed(value, file.name, kinds, envelope)
            continue
        for number, line in file.json_lines():
            said = _problem(line, kinds)
            if said is None:
                yield line
            elif isinstance(line.get(envelope), list):
                place = f"{file.name}, line {number}"
                yield from _listed(line, place, kinds, envelope)
            else:
                file.bad_line(number, said)


def _problem(record: Record, kinds: Mapping[str, str] | None) -> str | None:
    if not kinds or not kinds.keys().isdisjoint(record):
        return None
    said = [f"{kind} (no {key!r})" for key, kind in kinds.items()]
    return f"neither a {' nor a '.join(said)}" if len(said) > 1 else f"no {said[0]}"


def _listed(
    value: Any, place: str, kinds: Mapping[str, str] | None, envelope: str
) -> Iterator[Record]:
    listed = list_at(value, envelope) or value
    records = listed if isinstance(listed, list) else [listed]
    for number, record in enumerate(objects(records, place), 1):
        if said := _problem(record, kinds):
            raise ReadError(f"{place}, record {number}: {said}. Nothing was read.")
        yield record


def walk(
    roots: Iterable[Record], key: str, place: str
) -> Iterator[tuple[Record, Record | None]]:
    """Yield each record of nested trees with the record above it, in reading order."""
    if not key:
        yield from zip(roots, repeat(None))
        return
    for root in roots:
        # A stack: replies may be nested deeper than functions may call themselves.
        waiting: list[tuple[Record, Record | None]] = [(root, None)]
        while waiting:
            record, above = waiting.pop()
            yield record, above
            below = record.get(key)
            if below is not None:
                replies = objects(below, f"{place}, {key!r} of a record")
                waiting.extend((reply, record) for reply in reversed(replies))
