"""Give each column of a comment table its type, whatever a source holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from stancekit.errors import ReadError
from stancekit.readers.private import public_json
from stancekit.readers.sources import replace_surrogates
from stancekit.threads import (
    ARTICLE_ID,
    AUTHOR,
    COMMENT_ID,
    CONFIDENCE,
    CREATED_AT,
    CREATED_RAW,
    DEPTH,
    EDITED,
    EVIDENCE,
    HEADLINE,
    KIND,
    LARGEST_EXACT_FLOAT,
    LIKES,
    N_REPLIES,
    PARENT_FOUND,
    PARENT_ID,
    PROBA_PREFIX,
    REPLY_INDEX,
    SAMPLING_PROB,
    SAMPLING_ROUND,
    SOURCE,
    STANCE,
    STATUS,
    TEXT,
    THREAD_ID,
    URL,
)

TRUE_WORDS = ("true", "1", "1.0", "yes")
FALSE_WORDS = ("false", "0", "0.0", "no", "")
COUNT = re.compile(r"([+-]?\d[\d.,\s']*)(k|m|tsd\.?|mio\.?|mn)?", re.I)
COUNT_UNITS = {"k": 1e3, "t": 1e3, "m": 1e6}

MONTHS = "jan feb mär mrz apr mai may jun jul aug sep okt oct nov dez dec"
MONTH_NUMBERS = dict(
    zip(
        MONTHS.split(),
        (1, 2, 3, 3, 4, 5, 5, 6, 7, 8, 9, 10, 10, 11, 12, 12),
        strict=True,
    )
) | {"mar": 3}
CLOCK = r"(?:\D{0,8}?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?"
DAY_FIRST = re.compile(
    r"\b(?P<day>\d{1,2})\\?\.?\s*(?P<month>\d{1,2}\\?\.|[a-zä]{3,9}\.?)\s*"
    rf"(?P<year>\d{{4}}|\d{{2}})\b{CLOCK}(?P<half>\s*[ap]m\b)?",
    re.I,
)
MONTH_FIRST = re.compile(
    r"\b(?P<month>[a-z]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+"
    rf"(?P<year>\d{{4}})\b{CLOCK}(?P<half>\s*[ap]m\b)?",
    re.I,
)
MACHINE_FORMATS = ("%a %b %d %H:%M:%S %z %Y", "%a, %d %b %Y %H:%M:%S %z")


def is_missing(value: Any) -> bool:
    """Tell whether a raw value is None or not a number."""
    return value is None or value != value


def _strings(values: Iterable[str | None]) -> pd.Series:
    return strings([_encodable(value) for value in values])


def _encodable(value: str | None) -> str | None:
    if value is None:
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return replace_surrogates(value)
    return value


def texts(values: list[Any]) -> pd.Series:
    """Return texts; a missing one is empty."""
    return _strings(["" if is_missing(value) else str(value) for value in values])


def names(values: list[Any]) -> pd.Series:
    """Return short texts; an empty one is NA, a nested one is JSON text."""
    return _strings([_name(value) for value in values])


def _name(value: Any) -> str | None:
    if isinstance(value, (dict, list)):
        return public_json(value)
    return None if is_missing(value) else str(value) or None


def id_texts(values: Iterable[Any]) -> list[str | None]:
    """Return ids as texts; an empty one is None.

    Raises
    ------
    ReadError
        If an id is a decimal number that has lost digits.
    """
    return [_encodable(_id(value)) for value in values]


def ids(values: list[Any]) -> pd.Series:
    """Return ids as a column; an empty one is NA."""
    return strings(id_texts(values))


def strings(values: list[str | None]) -> pd.Series:
    """Return a column of clean strings."""
    return pd.Series(values, dtype="str")


def _id(value: Any) -> str | None:
    if isinstance(value, str):
        return None if value.isspace() else value or None
    if is_missing(value):
        return None
    if not isinstance(value, float):
        return str(value)
    if value % 1 or abs(value) >= LARGEST_EXACT_FLOAT:
        raise ReadError(
            f"The id {value!r} is a decimal number and may have lost digits. Export "
            "ids as text."
        )
    return str(int(value))


def counts(values: list[Any]) -> pd.Series:
    """Return whole numbers; "1.2K" is 1200, and what is no number is NA."""
    return pd.Series([_count(value) for value in values], dtype="Int64")


def _count(value: Any) -> int | None:
    if is_missing(value):
        return None
    if isinstance(value, (int, float)):
        return int(value) if abs(value) < LARGEST_EXACT_FLOAT else None
    match = COUNT.fullmatch(str(value).strip())
    if match is None:
        return None
    digits, unit = match[1].strip(), match[2]
    if unit:
        number = float(re.sub(r"[\s']", "", digits).replace(",", ".").rstrip("."))
        return round(number * COUNT_UNITS[unit[0].lower()])
    # A point or comma before three digits parts thousands.
    whole = re.sub(r"[.,\s'](?=\d{3}(\D|$))", "", digits)
    try:
        return int(float(whole.replace(",", ".")))
    except ValueError:
        return None


def numbers(values: list[Any]) -> pd.Series:
    """Return floats; what is no number is NA."""
    return pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").astype(float)


def booleans(values: list[Any]) -> pd.Series:
    """Return true and false; what is neither is NA, a number or time is true."""
    return pd.Series([_boolean(value) for value in values], dtype="boolean")


def _boolean(value: Any) -> bool | None:
    if is_missing(value):
        return None
    word = str(value).strip().casefold()
    if word in FALSE_WORDS:
        return False
    return word in TRUE_WORDS or bool(re.match(r"\d", word)) or None


def stances(values: list[Any]) -> pd.Series:
    """Return labels as a category; an empty one is NA."""
    labels = [
        None if (name := _id(value)) is None else name.strip() for value in values
    ]
    return _strings([label or None for label in labels]).astype("category")


def plain(values: list[Any]) -> pd.Series:
    """Return a column that is not ours: as it is, nested values as JSON text."""
    if all(isinstance(value, str) for value in values):
        return _strings(values)
    flat = [
        public_json(value) if isinstance(value, (dict, list)) else value
        for value in values
    ]
    return pd.Series([_encodable(v) if isinstance(v, str) else v for v in flat])


def contextual(values: list[Any]) -> pd.Series:
    """Return a number from a written table: whole where all of them are there."""
    column = pd.to_numeric(pd.Series(values, dtype=object), errors="coerce")
    return column.astype("int64" if column.notna().all() else "Int64")


TYPES: dict[str, Callable[[list[Any]], pd.Series]] = {
    COMMENT_ID: strings,
    PARENT_ID: strings,
    ARTICLE_ID: ids,
    THREAD_ID: ids,
    TEXT: texts,
    HEADLINE: names,
    AUTHOR: names,
    URL: names,
    SOURCE: names,
    KIND: names,
    CREATED_AT: pd.Series,
    CREATED_RAW: names,
    STATUS: names,
    LIKES: counts,
    EDITED: booleans,
    STANCE: stances,
    SAMPLING_PROB: numbers,
    SAMPLING_ROUND: counts,
    DEPTH: contextual,
    REPLY_INDEX: contextual,
    N_REPLIES: contextual,
    EVIDENCE: contextual,
    PARENT_FOUND: booleans,
    CONFIDENCE: numbers,
}


def typed(name: str, values: list[Any]) -> pd.Series:
    """Return the values of a column with its type."""
    if name.startswith(PROBA_PREFIX):
        return numbers(values)
    return TYPES.get(name, plain)(values)


def parse_times(values: list[Any]) -> pd.Series:
    """Return times in UTC; what is no absolute time is NA.

    Seconds, milliseconds and finer counts since 1970 are told apart by their size. A
    time without a zone is taken as UTC.

    Examples
    --------
    >>> parse_times([1579000000, "2020-01-14T12:06:40+01:00", "vor 8 Stunden"])
    0   2020-01-14 11:06:40+00:00
    1   2020-01-14 11:06:40+00:00
    2                         NaT
    dtype: datetime64[us, UTC]
    """
    raw = pd.Series(
        [None if is_missing(v) else str(v).strip() for v in values], dtype="str"
    )
    times = _epochs(raw)
    for read in (_iso, _machine, _written):
        left = raw[times.isna() & raw.notna()]
        if len(left):
            times = times.fillna(read(left).reindex(raw.index))
    return times


def _epochs(raw: pd.Series) -> pd.Series:
    number = pd.to_numeric(raw, errors="coerce").astype(float)
    # Eight digits are a date; fewer would be before 1973.
    number = number.where(number >= 1e8)
    for smallest, factor in ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3)):
        number = number.where(~(number >= smallest), number * factor)
    times = pd.to_datetime(number.round(6) * 1e6, unit="us", utc=True, errors="coerce")
    return times.astype("datetime64[us, UTC]")


def _iso(raw: pd.Series) -> pd.Series:
    raw = raw.where(raw.str.len() > 5)
    times = pd.to_datetime(raw, format="ISO8601", utc=True, errors="coerce")
    return times.astype("datetime64[us, UTC]")


def _machine(raw: pd.Series) -> pd.Series:
    raw = raw.str.replace(r"\bGMT$|\bUTC$", "+0000", regex=True)
    first, second = (
        pd.to_datetime(raw, format=form, utc=True, errors="coerce")
        for form in MACHINE_FORMATS
    )
    return first.fillna(second).astype("datetime64[us, UTC]")


def _written(raw: pd.Series) -> pd.Series:
    """Read dates as people write them in German and English."""
    iso = pd.Series(
        [_written_iso(value) for value in raw], index=raw.index, dtype="str"
    )
    times = pd.to_datetime(iso, format="%Y-%m-%d %H:%M:%S", utc=True, errors="coerce")
    return times.astype("datetime64[us, UTC]")


def _written_iso(value: str) -> str | None:
    match = DAY_FIRST.search(value) or MONTH_FIRST.search(value)
    if match is None:
        return None
    name = match["month"].rstrip("\\.").lower()
    month = int(name) if name.isdigit() else MONTH_NUMBERS.get(name[:3])
    if month is None:
        return None
    year = int(match["year"]) + (2000 if len(match["year"]) == 2 else 0)
    hour = int(match["hour"] or 0)
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].strip().lower() == "pm" else 0)
    clock = f"{hour:02}:{match['minute'] or '00'}:{match['second'] or '00'}"
    return f"{year:04}-{month:02}-{int(match['day']):02} {clock}"
