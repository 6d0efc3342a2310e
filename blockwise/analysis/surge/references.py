"""Which weeks a week is compared with: the same calendar day of the years before, and the weeks around it.

The day k years back is moved to its nearest same weekday; it is no lag of 52 weeks, which drifts by a day or two a
year (R surveillance 1.20.3, farringtonFlexible, as Salmon, Schumacher and Höhle 2016 describe it).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
EPOCH: Final = date(1970, 1, 1)
WEEK: Final = 7


@dataclass(frozen=True)
class Window:
    """Rows of the series used for one week, in order, and the period of the year of each, from 1.

    The last period (`periods`) is the time of the year of the week in question.
    """

    rows: Ints
    period: Ints


def same_day(day: int, years: int) -> int:
    """The day (since 1970-01-01) with the weekday of `day` that is nearest to its date so many years before.

    29 February becomes 1 March where there is none.
    """
    now = EPOCH + timedelta(days=day)
    try:
        then = now.replace(year=now.year - years)
    except ValueError:
        then = date(now.year - years, 3, 1)
    ahead = (now.weekday() - then.weekday()) % WEEK
    return (then - EPOCH).days + (ahead if ahead <= WEEK // 2 else ahead - WEEK)


def window(days: Ints, row: int, *, years: int, half_window: int, periods: int = 1, skip: int = 0) -> Window:
    """The reference weeks of `row` in weekly `days` (n,): `half_window` weeks around the same day of each year before.

    With more than one of `periods`, the weeks between are used as well, split evenly into the other periods, the
    first ones a week longer where it does not come out even. The last `skip` weeks are left out.
    IndexError where the series does not begin early enough.
    """
    marks = [row]
    for back in range(1, years + 1):
        wanted = same_day(int(days[row]), back)
        place = int(np.searchsorted(days, wanted))
        if place - half_window < 0 or days[place] != wanted:
            raise IndexError(f"row {row} has no reference {back} years before")
        marks.append(place)
    period = np.zeros(days.size, dtype=np.int64)
    period[row - half_window : row + 1] = periods
    for later, mark in pairwise(marks):
        period[mark - half_window : mark + half_window + 1] = periods
        if periods > 1:
            begin, end = mark + half_window + 1, later - half_window
            if end - begin < periods - 1:
                raise ValueError(f"A year cannot be split into {periods} periods beside a window of {half_window}.")
            for number, part in enumerate(np.array_split(np.arange(begin, end), periods - 1), start=1):
                period[part] = number
    period[max(0, row - max(skip, half_window)) :] = 0
    rows = np.flatnonzero(period)
    return Window(rows, period[rows])
