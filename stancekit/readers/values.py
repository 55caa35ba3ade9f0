"""Give each column of a comment table its type, whatever a source holds."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.errors import ReadError
from stancekit.labels import MISSING_WORDS, clean_labels
from stancekit.readers.page_words import MONTHS
from stancekit.readers.sources import replace_surrogates

# A raw column: a list of values of any kind, or a Series of strings.
Column: TypeAlias = Any

# E-mail and IP addresses, which do not reach a table, within the name of a column
# or key, in any way to part words: "author_IP", "ipAddress", "E-Mail".
PRIVATE = re.compile(
    r"(?i:e[-_ ]?mail|(?:ip|mail)[-_ ]?add?r|(?<![^\W_])(?:ip|mail)(?![^\W_]))"
    r"|(?<=[a-z])I[Pp](?![a-z])"
)

TRUE = re.compile(r"(?:true|yes)\Z|\d")
FALSE_WORDS = ("false", "0", "0.0", "no", "")
# No count has more signs; floats end at 308 digits.
COUNT = re.compile(r"([+-]?\d[\d.,\s']{0,30})(k|m|tsd\.?|mio\.?|mn)?", re.I)
# By the first letter: K and Tsd. (Tausend); M, Mn and Mio.
COUNT_UNITS = {"k": 1e3, "t": 1e3, "m": 1e6}

# What spreadsheet programs write where a comma parts decimals.
DECIMAL_COMMA = re.compile(r"[+-]?\d+(?:,\d+)?(?:[eE][+-]?\d+)?")

CLOCK = (
    r"(?:\D{0,8}?(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?::(?P<second>\d{2}))?)?"
    r"(?P<half>\s*[ap]m\b)?"
)
# With the year first, as in Hungarian, then the day first, then the month.
WRITTEN = [
    re.compile(rf"{date}{CLOCK}", re.I)
    for date in (
        r"\A\D{0,12}(?P<year>\d{4})[./-]\s*(?P<month>\d{1,2}[./-]|[^\W\d_]{3,12}\.?)\s*"
        r"(?P<day>\d{1,2})(?!\d)\.?",
        r"\b(?P<day>\d{1,2})(?!\d)(?:\\?\.|er|º|/|-)?\s*(?:de )?"
        r"(?P<month>\d{1,2}(?:\\?\.|/|-)|[^\W\d_]{3,12}\.?)\s*(?:de )?"
        r"(?P<year>\d{4}|\d{2})\b",
        r"\b(?P<month>[a-z]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+"
        r"(?P<year>\d{4})\b",
    )
]
# A minus alone may part the hours between which something is open.
OFFSET = re.compile(
    r"(?:(?:UTC|GMT) ?|(?<=:\d\d) ?(?=\+|-\d{4}))([+-])(\d{1,2}):?"
    r"(\d\d)?\b",
    re.I,
)
SLASHES = re.compile(r"\b(\d{1,2})/(\d{1,2})/(?=\d{2,4}\b)")
# Words around a time in languages that put the day first.
DAYS_FIRST_IN = re.compile(
    r"\b(?:le|el|il|am|op|à|alle|um|om|las|kl)\b|\d ?h ?\d", re.I
)
# The year stands behind the time, where people do not write it.
TIME_OF_X = "%a %b %d %H:%M:%S %z %Y"


def is_missing(value: Any) -> bool:
    """Tell whether a raw value is None or not a number."""
    return value is None or value != value


def present(values: Column) -> Column:
    """Return the values that are neither missing nor an empty text."""
    if isinstance(values, pd.Series):
        return values[values.fillna("") != ""]
    return [value for value in values if not is_missing(value) and value != ""]


def is_private(name: str) -> bool:
    """Tell whether a column or key of this name holds e-mail or IP addresses."""
    return PRIVATE.search(name) is not None


def public_json(value: Any) -> str:
    """Return a nested value as JSON text, without what is private in it."""
    text = json.dumps(value, ensure_ascii=False)
    if not PRIVATE.search(text):
        return text
    public = json.loads(text, object_pairs_hook=_without_private)
    return json.dumps(public, ensure_ascii=False)


def _without_private(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in pairs if not is_private(name)}


def _text(value: Any) -> str:
    return "" if is_missing(value) else replace_surrogates(str(value))


def _name(value: Any) -> str | None:
    nested = isinstance(value, (dict, list))
    return (replace_surrogates(public_json(value)) if nested else _text(value)) or None


def _flat(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        return _name(value)
    return replace_surrogates(value) if isinstance(value, str) else value


def id_text(value: Any) -> str | None:
    """Return an id as a text; an empty one is None."""
    if isinstance(value, float) and not is_missing(value):
        if value % 1 or abs(value) >= col.LARGEST_EXACT_FLOAT:
            raise ReadError(
                f"The id {value!r} is a decimal number and may have lost digits. "
                "Export ids as text."
            )
        return str(int(value))
    text = _text(value)
    return None if text.isspace() else text or None


def _count(value: Any) -> int | None:
    """Return a whole number; "1.2K" is 1200, and what is no number is None."""
    if is_missing(value):
        return None
    number = value if isinstance(value, (int, float)) else _written_number(str(value))
    return int(number) if abs(number) < col.LARGEST_EXACT_FLOAT else None


def _written_number(text: str) -> float:
    match = COUNT.fullmatch(text.strip())
    if match is None:
        return math.nan
    digits, unit = match[1].strip(), match[2]
    # A point or comma before three digits parts thousands, unless a unit follows.
    parting = r"[\s']" if unit else r"[.,\s'](?=\d{3}(\D|$))"
    try:
        number = float(re.sub(parting, "", digits).replace(",", ".").rstrip("."))
    except ValueError:
        return math.nan
    return round(number * COUNT_UNITS[unit[0].lower()]) if unit else number


def _boolean(value: Any) -> bool | None:
    """Return true or false; what is neither is None, a number or time is true."""
    if is_missing(value):
        return None
    word = str(value).strip().casefold()
    if word in FALSE_WORDS:
        return False
    return bool(TRUE.match(word)) or None


def _numbers(values: Column) -> pd.Series:
    """Return floats; what is no number, or none that is finite, is NA."""
    # An int that is larger than any float would raise.
    given = [str(value) if isinstance(value, int) else value for value in values]
    column = pd.to_numeric(pd.Series(given, dtype=object), errors="coerce")
    return column.astype(float).where(lambda number: number.abs() < math.inf)


def _decimals(values: Column) -> pd.Series:
    """Return floats, also of a column whose values all have a comma, or no decimals."""
    numbers = _numbers(values)
    if not _unread(values, numbers):
        return numbers
    given = [v.strip() if isinstance(v, str) else v for v in values]
    if all(DECIMAL_COMMA.fullmatch(v) for v in given if isinstance(v, str) and v):
        given = [v.replace(",", ".") if isinstance(v, str) else v for v in given]
    return _numbers(given)


def _unread(values: Column, numbers: pd.Series) -> list[str]:
    """Return what stands where no number was read."""
    rows = np.flatnonzero(numbers.isna())
    is_series = isinstance(values, pd.Series)
    found = values.iloc[rows] if is_series else map(values.__getitem__, rows)
    return [value for value in found if isinstance(value, str) and value.strip()]


def _contextual(values: Column) -> pd.Series:
    """Return a number from a written table: whole where all of them are there."""
    column = _numbers(values)
    exact = (column % 1 == 0) & (column.abs() < col.LARGEST_EXACT_FLOAT)
    return column.where(exact).astype("int64" if exact.all() else "Int64")


def _stances(values: Column) -> pd.Series:
    labels = clean_labels([*map(id_text, values)])
    return pd.Series(labels, dtype="str").astype("category")


def _as_is(values: Column) -> pd.Series:
    """Return a column that is not ours, nested values as JSON text."""
    is_text = all(isinstance(value, str) for value in values)
    return pd.Series([*map(_flat, values)], dtype="str" if is_text else None)


def _each(kind: Callable[[Any], Any], dtype: str) -> Callable[[Column], pd.Series]:
    return lambda values: pd.Series([*map(kind, values)], dtype=dtype)


TEXTS, NAMES, IDS = (_each(kind, "str") for kind in (_text, _name, id_text))
CLEAN = partial(pd.Series, dtype="str")
TYPES: dict[str, Callable[[Column], pd.Series]] = {
    # These were settled before, in ``trees``.
    **dict.fromkeys((col.COMMENT_ID, col.PARENT_ID), CLEAN),
    **dict.fromkeys((col.ARTICLE_ID, col.THREAD_ID), IDS),
    **dict.fromkeys((col.HEADLINE, col.AUTHOR, col.URL, col.SOURCE), NAMES),
    **dict.fromkeys((col.KIND, col.CREATED_RAW, col.STATUS), NAMES),
    **dict.fromkeys((col.LIKES, col.SAMPLING_ROUND), _each(_count, "Int64")),
    **dict.fromkeys(
        (col.EDITED, col.PARENT_FOUND, col.IN_TRAINING), _each(_boolean, "boolean")
    ),
    **dict.fromkeys((col.SAMPLING_PROB, col.CONFIDENCE, col.KNOWN), _decimals),
    **dict.fromkeys((col.DEPTH, col.REPLY_INDEX, col.N_REPLIES), _contextual),
    col.CREATED_AT: pd.Series,
    col.STANCE: _stances,
    col.TEXT: TEXTS,
}


def _kind(name: str) -> Callable[[Column], pd.Series]:
    return _decimals if name.startswith(col.PROBA_PREFIX) else TYPES.get(name, _as_is)


def lost_numbers(name: str, given: Column, read: pd.Series) -> list[str]:
    """Return what a column of decimal numbers holds that was not read as one."""
    if _kind(name) is not _decimals:
        return []
    lost = [v for v in _unread(given, read) if v.strip().lower() not in MISSING_WORDS]
    # A number that is beyond all measure is one.
    return [v for v in lost if is_missing(pd.to_numeric(v, errors="coerce"))]


def typed(name: str, values: Column) -> pd.Series:
    """Return the values of a column with its type."""
    kind = _kind(name)
    if kind in (pd.Series, _decimals) or not isinstance(values, pd.Series):
        return kind(values)
    if kind in (TEXTS, _as_is, CLEAN):
        return values.fillna("") if kind is TEXTS else values
    if kind in (IDS, NAMES):
        is_there = (values.str.strip() if kind is IDS else values) != ""
        return values.where(is_there)
    # Each of the different ones once.
    codes, different = pd.factorize(values)
    column = kind([*different.tolist(), *[None][: (codes < 0).sum()]])
    return column.take(codes % len(column)).reset_index(drop=True)


def parse_times(values: Column) -> pd.Series:
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
    if isinstance(values, pd.Series):
        raw = values.str.strip()
    else:
        raw = pd.Series(
            [
                None if is_missing(v) else replace_surrogates(str(v).strip())
                for v in values
            ],
            dtype="str",
        )
    times = _epochs(raw)
    # The strict ones first: the last one takes any day, month and year that it finds.
    for read in (_iso, partial(_with_format, form=TIME_OF_X), _written):
        left = raw[times.isna() & raw.notna()]
        if len(left):
            times = times.fillna(read(left).reindex(raw.index))
    return times


def _epochs(raw: pd.Series) -> pd.Series:
    # Where there is a colon, there is no number.
    numeric = raw[raw.notna() & ~raw.str.contains(":", regex=False, na=False)]
    number = pd.to_numeric(numeric, errors="coerce").astype(float)
    # Eight digits are a date; fewer would be before 1973.
    number = number.where(number >= 1e8)
    # In nanoseconds 1973 is more than the year 5000 in microseconds, and so on.
    for smallest, factor in ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3)):
        number = number.where(~(number >= smallest), number * factor)
    # As whole numbers: pandas 2 fails now and then on floats that are all missing.
    known = (number[number < 1e11] * 1e6).round().astype("int64")
    times = pd.to_datetime(known, unit="us", utc=True, errors="coerce")
    return times.astype("datetime64[us, UTC]").reindex(raw.index)


def _iso(raw: pd.Series) -> pd.Series:
    # No looking behind: Arrow's patterns cannot, and are six times as fast.
    raw = raw.str.replace(r"(\d) (?:UTC|GMT)$", r"\1+00:00", regex=True)
    # A year alone, or a number, is no time.
    return _with_format(raw.where(raw.str.len() > 5), "ISO8601")


def _written(raw: pd.Series) -> pd.Series:
    """Read dates as people write them in Europe, the day first.

    Between slashes the month may be first: one date in the column must tell.
    """
    pairs = [match for value in raw if (match := SLASHES.search(value))]
    day_first, month_first = (any(int(m[k]) > 12 for m in pairs) for k in (1, 2))
    day_first = day_first or any(map(DAYS_FIRST_IN.search, raw))
    if month_first and not day_first:
        raw = raw.str.replace(SLASHES, r"\2/\1/", regex=True)
    elif day_first == month_first:
        raw = raw.str.replace(SLASHES, "", regex=True)
    iso = pd.Series([*map(_written_iso, raw)], index=raw.index, dtype="str")
    return _with_format(iso, "%Y-%m-%d %H:%M:%S%z")


def _with_format(raw: pd.Series, form: str) -> pd.Series:
    times = pd.to_datetime(raw, format=form, utc=True, errors="coerce")
    return times.astype("datetime64[us, UTC]")


def _written_iso(value: str) -> str | None:
    match = next(filter(None, (form.search(value) for form in WRITTEN)), None)
    if match is None:
        return None
    name = match["month"].rstrip("\\./-").lower()
    month = int(name) if name.isdigit() else MONTHS.get(name[:3], MONTHS.get(name[:4]))
    if month is None:
        return None
    # Two digits of a year are those of this century.
    year = int(match["year"]) + (2000 if len(match["year"]) == 2 else 0)
    hour = int(match["hour"] or 0)
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].strip().lower() == "pm" else 0)
    clock = f"{hour:02}:{match['minute'] or '00'}:{match['second'] or '00'}"
    zone = OFFSET.search(value, match.end())
    offset = f"{zone[1]}{int(zone[2]):02}{zone[3] or '00'}" if zone else "+0000"
    return f"{year:04}-{month:02}-{int(match['day']):02} {clock}{offset}"
