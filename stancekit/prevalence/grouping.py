"""Put comments into the groups that get shares of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stancekit import columns as col
from stancekit.errors import name_rows

# What pandas calls them, and how they are named; its weeks begin on Monday.
PERIODS = {
    "day": ("D", "%Y-%m-%d"),
    "week": ("W", "%Y-%m-%d"),
    "month": ("M", "%Y-%m"),
    "quarter": ("Q", "%Y-Q%q"),
    "year": ("Y", "%Y"),
}
# What small groups are called when they are put together.
OTHERS = "others"


def group_rows(table: pd.DataFrame, by: str | None) -> tuple[np.ndarray, list[Any]]:
    """Return for each row the position of its group, -1 for none, and the names."""
    if by is None:
        return np.zeros(len(table), dtype=np.int64), ["all"]
    if by in table.columns:
        codes, names = pd.factorize(table[by], sort=True)
        return codes, list(names)
    col.require(table.columns, col.CREATED_AT if by in PERIODS else by)
    codes, periods = pd.factorize(_periods(table[col.CREATED_AT], by), sort=True)
    shown = PERIODS[by][1]
    # A week is named by its first day; strftime would take its last.
    days = periods.asfreq("D", how="start") if by == "week" else periods
    return codes, list(days.strftime(shown))


def _periods(created: pd.Series, by: str) -> pd.PeriodIndex:
    """Return the period in which each time is (UTC)."""
    if created.isna().all():  # pandas 2 fails now and then on floats that are NaN
        created = created.astype(object)
    # Of this form only: else 3.4.2025 would be in March, and 13.4.2025 in April.
    times = pd.to_datetime(created, utc=True, format="ISO8601", errors="coerce")
    wrong = created[times.isna() & created.notna()]
    if len(wrong):
        raise ValueError(
            f"Column {col.CREATED_AT!r} holds something that is no time: "
            f"{name_rows(wrong.unique())}. Write it as in 2024-01-31 or "
            "2024-01-31T18:00:00Z."
        )
    # Periods know no zone, and pandas would warn that it drops this one.
    return pd.DatetimeIndex(times).tz_localize(None).to_period(PERIODS[by][0])


def pool_groups(
    names: list[Any], n_labelled: np.ndarray, least: int, *, in_order: bool
) -> tuple[np.ndarray, list[Any]]:
    """Return the position of the pooled group of each group, and the new names.

    >>> pool_groups(list("abcd"), np.array([9, 2, 4, 1]), 5, in_order=True)
    (array([0, 1, 1, 1]), ['a', 'b to d'])
    >>> pool_groups(list("abcd"), np.array([9, 2, 4, 1]), 5, in_order=False)
    (array([0, 1, 1, 1]), ['a', 'others'])
    """
    if in_order:
        place = _join_in_order(n_labelled, least)
        parts = [np.flatnonzero(place == each) for each in range(place.max() + 1)]
        ends = [(names[part[0]], names[part[-1]]) for part in parts]
        return place, [a if a == b else f"{a} to {b}" for a, b in ends]
    # A group of that name would stand beside it.
    small = (n_labelled < least) | np.array([name == OTHERS for name in names])
    place = np.where(small, (~small).sum(), np.cumsum(~small) - 1)
    large = [name for name, is_small in zip(names, small, strict=True) if not is_small]
    return place, [*large, *([OTHERS] if small.any() else [])]


def _join_in_order(n_labelled: np.ndarray, least: int) -> np.ndarray:
    place, held, number = [], 0, 0
    for n in n_labelled.tolist():
        place.append(number)
        held += n
        if held >= least:
            held, number = 0, number + 1
    # The rest, if there is one, is too small to stand alone.
    return np.minimum(place, max(number - 1, 0))
