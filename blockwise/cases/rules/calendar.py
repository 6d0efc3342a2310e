"""Working time. Hours are local wall-clock time; every answer is an aware time in UTC.

A working instant is one whose local date works and whose local wall-clock time lies in the hours: an hour that the
clock repeats in autumn is worked twice, an hour that it skips in spring is not worked at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.metadata import version
from itertools import pairwise
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
NOTHING = timedelta(0)
FARTHEST = 366 * 20  # days that are looked through before giving up
Hours = Sequence[tuple[str, str]]  # [("08:00", "12:00"), ("14:00", "24:00")]: sorted, disjoint
Piece = tuple[datetime, datetime]  # UTC, the end excluded


class DayKind(NamedTuple):
    """Whether a day works; `provisional`: its year's calendar is not published, only weekends are known."""

    works: bool
    provisional: bool = False


class Due(NamedTuple):
    at: datetime  # UTC
    provisional: bool


DayRule = Callable[[date], DayKind]


def plain_day(day: date) -> DayKind:
    """Monday to Friday."""
    return DayKind(day.weekday() < 5)


@lru_cache(maxsize=4096)
def chinese_day(day: date) -> DayKind:
    """The State Council's holidays and make-up days (chinesecalendar); weekends only for a year not published."""
    import chinese_calendar

    if day.year not in _chinese_years():
        return DayKind(day.weekday() < 5, provisional=True)
    return DayKind(chinese_calendar.is_workday(day))


@lru_cache(maxsize=1)
def _chinese_years() -> range:
    from chinese_calendar.constants import holidays

    return range(min(holidays).year, max(holidays).year + 1)


def american_day(day: date) -> DayKind:
    """Monday to Friday without the federal holidays, as observed (holidays)."""
    return DayKind(day.weekday() < 5 and day not in _federal(day.year))


@lru_cache(maxsize=64)
def _federal(year: int) -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays("US", years=year))


RULES: dict[str, DayRule] = {"cn": chinese_day, "us": american_day, "plain": plain_day}
LIBRARIES = {"cn": "chinesecalendar", "us": "holidays"}


def release(name: str) -> str:
    """The release of the library that knows the days of the calendar `name`; empty where none is asked."""
    return version(LIBRARIES[name]) if name in LIBRARIES else ""


def day_rule(name: Literal["cn", "us", "plain"] | str, differs: Mapping[date, bool]) -> DayRule:
    """The calendar `name` with a city's own days (date -> works).

    A year the library does not know counts as published once the city lists its 1 January. Raises KeyError for
    another name.
    """
    rule = RULES[name]

    def kind_of(day: date) -> DayKind:
        own = differs.get(day)
        if own is not None:
            return DayKind(own)
        known = rule(day)
        return known._replace(provisional=known.provisional and date(day.year, 1, 1) not in differs)

    return kind_of


@dataclass(frozen=True)
class WorkCalendar:
    """A city's working time: IANA zone, hours of a working day, and which days work.

    `hours` are local wall-clock times "HH:MM", "24:00" allowed as an end; ValueError when they are not sorted and
    disjoint or empty.
    """

    timezone: str
    hours: tuple[tuple[str, str], ...]
    works: DayRule

    def __post_init__(self) -> None:
        ends = [minutes(clock) for span in self.hours for clock in span]
        if not ends or any(a > b for a, b in pairwise(ends)) or any(minutes(a) == minutes(b) for a, b in self.hours):
            raise ValueError(f"working hours {self.hours} are empty, overlap or run backwards")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def local_date(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def add_working_seconds(self, start: datetime, seconds: float) -> Due:
        """When `seconds` (>= 0) of working time have passed since `start` (aware); a full day ends at its last hour."""
        start, left, provisional = start.astimezone(UTC), timedelta(seconds=seconds), False
        if left <= NOTHING:
            return Due(start, provisional=False)
        for day, kind in self._days(self.local_date(start)):
            provisional = provisional or kind.provisional
            for begins, ends in self._worked(day, kind):
                if ends <= start:
                    continue
                begins = max(begins, start)
                if left <= ends - begins:
                    return Due(begins + left, provisional)
                left -= ends - begins
        raise OverflowError("no such working time within twenty years")

    def add_working_days(self, start: datetime, days: int) -> Due:
        """The close of the `days`-th working day after the local day of `start`, which itself does not count.

        With 0: the close of that day, or of the first working day after it.
        """
        first, provisional, left = self.local_date(start), False, days
        for day, kind in self._days(first if days == 0 else first + DAY):
            provisional = provisional or kind.provisional
            pieces = self._worked(day, kind)
            left -= bool(pieces)
            if pieces and left <= 0:
                return Due(pieces[-1][1], provisional)
        raise OverflowError("no such working day within twenty years")

    def add_calendar_days(self, start: datetime, days: int) -> Due:
        """The last second of the local day `days` days after that of `start`."""
        return Due(self.end_of_day(self.local_date(start) + days * DAY), provisional=False)

    def end_of_day(self, day: date) -> datetime:
        """The last second of the local day, where the clock changes at midnight too."""
        return self._midnight(day + DAY) - timedelta(seconds=1)

    def working_seconds_between(self, start: datetime, end: datetime) -> float:
        """Seconds of working time from `start` to `end` (aware); negative when `end` is earlier."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        if end < start:
            return -self.working_seconds_between(end, start)
        total, last = NOTHING, self.local_date(end)
        for day, kind in self._days(self.local_date(start)):
            if day > last:
                break
            for begins, ends in self._worked(day, kind):
                total += max(NOTHING, min(ends, end) - max(begins, start))
        return total.total_seconds()

    def next_working(self, moment: datetime) -> Due:
        """`moment` itself in working time, else the next opening."""
        moment, provisional = moment.astimezone(UTC), False
        for day, kind in self._days(self.local_date(moment)):
            provisional = provisional or kind.provisional
            for begins, ends in self._worked(day, kind):
                if moment < ends:
                    return Due(max(begins, moment), provisional)
        raise OverflowError("no working time within twenty years")

    def _days(self, first: date) -> Iterator[tuple[date, DayKind]]:
        for ahead in range(FARTHEST):
            day = first + ahead * DAY
            yield day, self.works(day)

    def _worked(self, day: date, kind: DayKind) -> tuple[Piece, ...]:
        return _pieces(self.timezone, self.hours, day) if kind.works else ()

    def _midnight(self, day: date) -> datetime:
        return _midnight(self.zone, day)


def minutes(clock: str) -> int:
    """Minutes since local midnight of "HH:MM" ("24:00" is 1440); ValueError for anything else."""
    hour, minute = (int(part) for part in clock.split(":"))
    if not (0 <= hour * 60 + minute <= 1440 and 0 <= minute < 60):
        raise ValueError(f"{clock} is not a time of day")
    return hour * 60 + minute


def _midnight(zone: ZoneInfo, day: date) -> datetime:
    """The first instant of the local day, in UTC; where 00:00 is skipped, the first instant after the gap."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


@lru_cache(maxsize=4096)
def _pieces(timezone: str, hours: tuple[tuple[str, str], ...], day: date) -> tuple[Piece, ...]:
    """The working pieces of one working day, in order; each side of a change of clocks is mapped by its own offset."""
    zone = ZoneInfo(timezone)
    base = datetime.combine(day, time(), UTC)
    spans = [(base + minutes(a) * timedelta(minutes=1), base + minutes(b) * timedelta(minutes=1)) for a, b in hours]
    pieces: list[Piece] = []
    for begins, ends, offset in _offsets(zone, _midnight(zone, day), _midnight(zone, day + DAY)):
        for a, b in spans:
            low, high = max(a - offset, begins), min(b - offset, ends)
            if low < high:
                pieces.append((low, high))
    return tuple(pieces)


def _offsets(zone: ZoneInfo, begins: datetime, ends: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The stretches of one offset from UTC within a day; a day has at most one change of clocks."""
    last = ends - timedelta(seconds=1)
    first_offset, last_offset = _offset(zone, begins), _offset(zone, last)
    if begins >= ends:
        return
    if first_offset == last_offset:
        yield begins, ends, first_offset
        return
    low, high = 0, int((last - begins).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, begins + timedelta(seconds=middle)) == first_offset:
            low = middle
        else:
            high = middle
    change = begins + timedelta(seconds=high)
    yield begins, change, first_offset
    yield change, ends, last_offset


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None  # a ZoneInfo always knows it
    return offset
