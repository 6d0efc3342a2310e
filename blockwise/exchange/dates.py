"""Dates as tables write them: ISO, or the forms SaTScan's user guide gives (Kulldorff, version 10, "Case file")."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

EPOCH: Final = date(1970, 1, 1)
EARLIEST_YEAR: Final = 1753
YEAR, MONTH, DAY = 1, 2, 3
WRITTEN: Final = re.compile(r"(\d{1,4})(?:[-/.*](\d{1,4})(?:[-/.*](\d{1,4}))?)?", re.ASCII)


@dataclass(frozen=True)
class Dates:
    """Days since 1970-01-01 (int64; the first day of a month or year given alone), and how exactly each was given."""

    days: NDArray[np.int64]
    precision: NDArray[np.uint8]

    def middle(self) -> NDArray[np.int64]:
        """The days with a year alone taken as 1 July and a month alone as its 15th, as SaTScan reads populations."""
        july = (self._whole("Y").astype("datetime64[M]") + 6).astype("datetime64[D]").astype(np.int64)
        return np.where(self.precision == YEAR, july, self.days + 14 * (self.precision == MONTH))

    def last(self) -> NDArray[np.int64]:
        """The last day of each year or month given alone; else the day itself."""
        ends = {unit: (self._whole(unit) + 1).astype("datetime64[D]").astype(np.int64) - 1 for unit in ("Y", "M")}
        return np.where(self.precision == YEAR, ends["Y"], np.where(self.precision == MONTH, ends["M"], self.days))

    def _whole(self, unit: str) -> NDArray[np.datetime64]:
        return self.days.astype("datetime64[D]").astype(f"datetime64[{unit}]")


def parse(text: str, years: tuple[int, int] | None = None) -> tuple[date, int]:
    """One date and its precision. `years`: first and last year of the study period, which settle two-digit years.

    YYYY-MM-DD, YYYY-MM, YYYY or MM-DD-YYYY, MM-YYYY, with - / . or * between. ValueError says what is wrong.
    """
    found = WRITTEN.fullmatch(text)
    if not found:
        raise ValueError(f"“{text}” is not a date.")
    parts = [int(part) for part in found.groups() if part is not None]
    if parts[-1] > 999 and len(parts) > 1:
        parts = [parts[-1], *parts[:-1]]
    parts[0] = _full_year(parts[0], years, max(map(len, filter(None, found.groups()))) > 2)
    try:
        return date(*[*parts, 1, 1][:3]), len(parts)
    except ValueError:
        raise ValueError(f"“{text}” is not a day of the calendar.") from None


def span(text: str) -> tuple[date, date]:
    """The first and the last day that a date, a month or a year may mean. ValueError as `parse`."""
    day, precision = parse(text)
    month = 12 if precision == YEAR else day.month
    return day, day if precision == DAY else date(day.year, month, monthrange(day.year, month)[1])


def _full_year(year: int, years: tuple[int, int] | None, in_full: bool) -> int:
    if year >= EARLIEST_YEAR:
        return year
    if year > 99 or in_full:
        raise ValueError(f"The year {year} is too early for a calendar date.")
    if years is None:
        raise ValueError(f"The year {year:02d} has two digits only.")
    fitting = [century + year for century in range(years[0] // 100 * 100, years[1] + 1, 100)]
    if len(fitting) > 1:
        fitting = [one for one in fitting if years[0] <= one <= years[1]]
    if len(fitting) != 1:
        raise ValueError(f"The year {year:02d} has two digits only, and the period does not settle its century.")
    return fitting[0]
