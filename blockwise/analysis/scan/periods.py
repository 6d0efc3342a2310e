"""A study period cut into intervals of a day, a month or a year, and the windows of time that may hold a cluster."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Unit = Literal["day", "month", "year"]
EPOCH: Final = date(1970, 1, 1)
DAYS: Final = {"day": 1.0, "month": 365.25 / 12, "year": 365.25}  # on average
MONTHS: Final = {"month": 1, "year": 12}


def intervals(first: date, last: date, unit: Unit) -> Integers:
    """The day (since 1970-01-01) on which each of T intervals begins, and the day after the last: (T + 1,).

    Counted back from the end of the period, both days in it; what is left over at its beginning lengthens the first
    interval, as in SaTScan 10. ValueError when `last` is before `first`.
    """
    begin, stop = (first - EPOCH).days, (last - EPOCH).days + 1
    if stop <= begin:
        raise ValueError("The period ends before it begins.")
    if unit == "day":
        return np.arange(begin, stop + 1)
    after = last + timedelta(days=1)
    starts = [stop]
    while (start := _months_before(after, len(starts) * MONTHS[unit])) >= begin:
        starts.append(start)
    if starts[-1] != begin:
        starts = [*(starts[:-1] or starts), begin]
    return np.array(starts[::-1], dtype=np.int64)


def longest_share(starts: Integers, share: float) -> Integers:
    """For each interval in which a window may end, the earliest in which it may begin (T,), at most `share` of them.

    ValueError where that is less than one interval.
    """
    size = starts.size - 1
    most = int(np.floor(size * share + 1e-9))
    if not 0 < share <= 1 or most < 1:
        raise ValueError(f"A share of {share:g} of {size} intervals of time is less than one of them.")
    return np.maximum(np.arange(size) - most + 1, 0)


def longest_days(starts: Integers, days: int) -> Integers:
    """As `longest_share`, for windows of at most so many days."""
    if days < 1 or days < np.diff(starts).min():
        raise ValueError(f"A window of {days} days is shorter than one interval of time.")
    return np.searchsorted(starts[:-1], starts[1:] - days, side="left").astype(np.int64)


def _months_before(day: date, months: int) -> int:
    """Days since 1970-01-01; before the first year of the calendar, the day before its first."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if year < 1:
        return (date.min - EPOCH).days - 1
    return (date(year, month + 1, min(day.day, monthrange(year, month + 1)[1])) - EPOCH).days
