"""Check a page against the comments and the model that it was made of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stancekit.errors import ReadError
from stancekit.files import AnyPath
from stancekit.labels import Codebook
from stancekit.persistence import versions
from stancekit.report.numbers import DIGITS, Marker, Numbers, page_numbers
from stancekit.report.page import render_page
from stancekit.report.shown import BESIDE, Settings

EMBEDDED = re.compile(r'<script type="application/json" id="numbers">(.*?)</script>')
# Another machine may round the last digit otherwise.
TOLERANCE = 1.5 * 10**-DIGITS
MOST_NAMED = 5
# Characters around the first one that differs.
AROUND = 40


def verify_report(
    path: AnyPath,
    table: Any,
    model: Any = None,
    *,
    codebook: Codebook | None = None,
    marker: Marker | None = None,
) -> int:
    """Compute every number of a page anew, and refuse a page that shows others.

    Parameters
    ----------
    path : path
        A page that :func:`write_report` wrote.
    table : DataFrame or sequence of str
        The comments that it was made of, read in the same way.
    model, codebook, marker
        As the page was made with.

    Returns
    -------
    int
        How many comments the page shows, all of them rightly.

    Raises
    ------
    ReadError
        If the file is no such page, or was written by another version.
    ValueError
        If a number, a label or a word is another one, with the first few of them.
    """
    page, numbers = _read_page(path)
    try:
        settings, said = Settings(**numbers["settings"]), _named(numbers)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ReadError(
            f"{path} holds numbers that no page has ({error}): it is damaged or was "
            "changed by hand. Make it anew."
        ) from error
    computed, shown = page_numbers(table, model, codebook, settings, marker)
    if not numbers["read"]:  # it was made of a table that no reader made
        computed["read"] = None
    if len(computed["comments"]) < len(shown):
        computed["beside"] = BESIDE
    found = list(_differences(said, _named(computed)))
    if found:
        more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
        raise ValueError(
            f"{path} does not agree with the comments and the model: "
            f"{'; '.join(found[:MOST_NAMED])}{more}. Do not use it."
        )
    expected = render_page(numbers, shown).decode()
    if page != expected:
        raise ValueError(
            f"{path} does not show what its numbers and the comments say: "
            f"{_first_difference(page, expected)}. Do not use it."
        )
    return len(numbers["comments"])


def _read_page(path: AnyPath) -> tuple[str, Numbers]:
    try:
        page = Path(path).read_bytes().decode()
        [embedded] = EMBEDDED.findall(page)
        numbers = json.loads(embedded)
        made_by = numbers["versions"]["stancekit"]
    except (ValueError, KeyError, TypeError) as error:
        raise ReadError(
            f"{path} is no page that stancekit wrote, or was changed: it holds no "
            "numbers to check. Make it anew with stancekit report."
        ) from error
    if made_by != (this := versions()["stancekit"]):
        raise ReadError(
            f"{path} was written by stancekit {made_by}; this is {this}. Check it with "
            "that version, or make it anew."
        )
    return page.replace("\r\n", "\n"), numbers


def _named(numbers: Numbers) -> Numbers:
    """Return the numbers to compare, those of comments and labels by name."""
    labels = [label for label, _, _ in numbers["codebook"]["positions"]]
    said = {k: v for k, v in numbers.items() if k not in ("versions", "beside", "read")}
    if numbers["read"]:  # the file may have another name today
        said["read"] = {k: v for k, v in numbers["read"].items() if k != "source"}
    # The page may have had another name, but it leads to nothing but a table.
    beside = numbers.get("beside") or ""
    is_table = re.fullmatch(rf"[^/\\:?#]*{BESIDE}", beside)
    said["table beside it"] = "a table" if is_table else beside
    said["order of comments"] = [name for name, *_ in numbers["comments"]]
    said["comments"] = {
        name: {
            "position": {-1: None, **dict(enumerate(labels))}[position],
            "probability": probability,
            "abstained": why,
        }
        for name, position, probability, why in numbers["comments"]
    }
    said["counts"] = dict(zip(labels, numbers["counts"], strict=True))
    return said


def _differences(said: Any, computed: Any, where: str = "") -> Iterator[str]:
    """Yield where two values differ, and how."""
    said, computed = (
        dict(enumerate(value, 1)) if isinstance(value, list) else value
        for value in (said, computed)
    )
    if isinstance(said, dict) and isinstance(computed, dict):
        for key in [*said, *(key for key in computed if key not in said)]:
            place = f"{where}, {key}" if where else str(key)
            yield from _differences(said.get(key), computed.get(key), place)
    elif not _same(said, computed):
        yield f"{where}: {said!r:.60} in the page, {computed!r:.60} computed"


def _same(said: Any, computed: Any) -> bool:
    if type(said) is float is type(computed):
        return abs(said - computed) <= TOLERANCE
    return type(said) is type(computed) and bool(said == computed)


def _first_difference(page: str, expected: str) -> str:
    pairs = enumerate(zip(page, expected, strict=False))
    shorter = min(len(page), len(expected))
    start = next((place for place, (a, b) in pairs if a != b), shorter)
    around = slice(max(start - AROUND, 0), start + AROUND)
    line = page.count("\n", 0, start) + 1
    return f"line {line} has {page[around]!r} where {expected[around]!r} belongs"
