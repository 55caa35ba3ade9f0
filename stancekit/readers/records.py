"""Take values out of JSON records, whatever shape they turn out to have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from stancekit.errors import ReadError
from stancekit.readers.sources import Source

Record = dict[str, Any]

JSON_NAMES = {dict: "an object", list: "a list", str: "a text", type(None): "nothing"}


def at(record: Any, *keys: str) -> Any:
    """Return the value at nested keys, None where there is none.

    Examples
    --------
    >>> record = {"user": {"name": "Ulf"}, "reply": None}
    >>> at(record, "user", "name"), at(record, "reply", "id")
    ('Ulf', None)
    """
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
    """Return the id at nested keys as a text, None where there is none.

    Examples
    --------
    >>> id_at({"id": 7}, "id"), id_at({"id": "007"}, "id"), id_at({"id": []}, "id")
    ('7', '007', None)
    """
    value = at(record, *keys)
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value) or None


def objects(value: Any, place: str) -> list[Record]:
    """Return a list of objects; None is an empty one.

    Raises
    ------
    ReadError
        If it is no list, or holds something else; ``place`` says where.

    Examples
    --------
    >>> objects([{"id": 1}, "zwei"], "seite.json, 'comments'")
    Traceback (most recent call last):
    stancekit.errors.ReadError: seite.json, 'comments', entry 2: a text where an object
    should be. ...
    """
    if value is None:
        return []
    if not isinstance(value, list):
        raise _wrong_kind(place, value, "a list")
    for number, entry in enumerate(value, 1):
        if not isinstance(entry, dict):
            raise _wrong_kind(f"{place}, entry {number}", entry, "an object")
    return value


def _wrong_kind(place: str, found: Any, wanted: str) -> ReadError:
    name = JSON_NAMES.get(type(found), "a number")
    return ReadError(
        f"{place}: {name} where {wanted} should be. Nothing was read. Export or "
        "download the file again."
    )


def read_objects(source: Source) -> list[Record]:
    """Return the objects of a JSON file or a folder of such: one, a list, or lines.

    Raises
    ------
    ReadError
        If it holds something else.
    """
    found: list[Record] = []
    for file in source.json_files():
        if file.head.record is not None:
            found += (record for _, record in file.json_lines())
            continue
        for value in file.json_values():
            found += objects(value if isinstance(value, list) else [value], file.name)
    return found


def walk(
    roots: Sequence[Record], key: str, place: str
) -> Iterator[tuple[Record, Record | None]]:
    """Yield each record of nested trees with the record above it, in reading order.

    Raises
    ------
    ReadError
        If what stands at ``key`` is no list of objects.

    Examples
    --------
    >>> tree = {"id": 1, "replies": [{"id": 2, "replies": [{"id": 3}]}, {"id": 4}]}
    >>> [record["id"] for record, above in walk([tree], "replies", "baum.json")]
    [1, 2, 3, 4]
    """
    waiting: list[tuple[Record, Record | None]] = [(root, None) for root in roots[::-1]]
    while waiting:
        record, above = waiting.pop()
        yield record, above
        below = objects(record.get(key), f"{place}, {key!r} of a record")
        waiting.extend((reply, record) for reply in reversed(below))


def columns_of(
    rows: Iterable[Mapping[str, Any]], names: Sequence[str]
) -> dict[str, list[Any]]:
    """Return rows as columns of these names; what a row lacks is None.

    Examples
    --------
    >>> columns_of([{"id": 1, "text": "Nein"}, {"id": 2}], ["id", "text"])
    {'id': [1, 2], 'text': ['Nein', None]}
    """
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for row in rows:
        for name, values in columns.items():
            values.append(row.get(name))
    return columns
