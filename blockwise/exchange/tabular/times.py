"""Moments as tables write them: in which order, in which zone, and what of the hour that comes twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from blockwise.exchange.folder.read_city import clock
from blockwise.exchange.folder.tables import YEARS
from blockwise.exchange.tabular.batches import BadFile
from blockwise.exchange.tabular.mapfile import Field
from blockwise.exchange.tabular.points import number

SECOND: Final = 1_000_000
HOUR: Final = 3_600 * SECOND
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SHEETS_BEGIN: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - day 0 of spreadsheets, a wall clock
_CLOCK: Final = (
    r"(?:[T\s,]*(?P<h>\d{1,2})[:时点](?P<n>\d{1,2})(?:[:分](?P<s>\d{1,2})(?:[.,](?P<f>\d{1,9}))?秒?|分)?"
    r"\s*(?P<half>[AaPp])?\.?(?(half)[Mm]\.?))?\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?"
)
YEAR_FIRST: Final = re.compile(r"(?P<y>\d{4})[-/.年](?P<a>\d{1,2})[-/.月](?P<b>\d{1,2})日?" + _CLOCK, re.ASCII)
YEAR_LAST: Final = re.compile(r"(?P<a>\d{1,2})[-/.](?P<b>\d{1,2})[-/.](?P<y>\d{4})" + _CLOCK, re.ASCII)
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = rf"(?P<m>{'|'.join(MONTHS)})[a-z]{{0,6}}"
NAMED: Final = re.compile(  # 5 Jan 2026, 05-January-2026, Jan 5, 2026
    rf"(?:(?P<d>\d{{1,2}})[- /.]+{_MONTH}|{_MONTH.replace('<m>', '<m2>')}\.? +(?P<d2>\d{{1,2}}))[- ,/.]+(?P<y>\d{{4}})"
    + _CLOCK,
    re.ASCII | re.IGNORECASE,
)
COMPACT: Final = re.compile(r"(?P<y>\d{4})(?P<a>\d{2})(?P<b>\d{2})(?:(?P<h>\d{2})(?P<n>\d{2})(?P<s>\d{2})?)?", re.ASCII)
_ENDS: Final = re.compile(r":[0-5]\d(:[0-5]\d)?", re.ASCII)  # of most times, behind thirteen letters
ORDERS: Final = {"day": "the day before the month", "month": "the month before the day"}


class Undecided(Exception):  # noqa: N818 - never leaves the reading of one file
    """A date such as 05/01/2026 was met, and whether its day or its month comes first is not known yet."""


class BadTimeError(ValueError):
    """A time that cannot be one; the text says why."""


@dataclass
class Clockwork:
    """Turns texts into microseconds since 1970, UTC. `order` is decided before the first date that needs it."""

    zone: ZoneInfo | None
    twice: str = "first"
    order: str | None = None
    repeated: int = 0  # times in the hour that comes twice
    skipped: int = 0  # times in the hour that does not come
    _prefixes: dict[str, int] = field(default_factory=dict)  # date and hour as written: when that hour begins
    _plain: set[int] = field(default_factory=set)  # when hours begin that clocks go straight through
    _hours: dict[tuple[int, int, int, int], tuple[int, bool]] = field(default_factory=dict)

    def micros(self, text: str, said: Field) -> int:
        """BadTimeError for what is no time; Undecided; BadFile for a file whose times have no zone."""
        if said.format:
            return self._formatted(text, said.format)
        if (begins := self._prefixes.get(text[:13])) is not None and _ENDS.fullmatch(text, 13):
            return begins + _within(text)
        micros = self._read(text, said)
        if text[13:14] == ":" and _ENDS.fullmatch(text, 13) and micros - (within := _within(text)) in self._plain:
            self._prefixes[text[:13]] = micros - within
        return micros

    def _read(self, text: str, said: Field) -> int:
        found = YEAR_FIRST.fullmatch(text) or COMPACT.fullmatch(text)
        if found:
            year, month, day = int(found["y"]), int(found["a"]), int(found["b"])
        elif found := YEAR_LAST.fullmatch(text):
            if self.order is None:
                raise Undecided
            year, month, day = int(found["y"]), int(found["a"]), int(found["b"])
            if self.order == "day":
                month, day = day, month
        elif found := NAMED.fullmatch(text):
            month = MONTHS.index((found["m"] or found["m2"]).lower()) + 1
            year, day = int(found["y"]), int(found["d"] or found["d2"])
        else:
            raise BadTimeError(f"{text[:40]!r} is no time that is known; say its format in the map")
        parts = found.groupdict()
        if parts["h"] is None:
            if said.at is None:
                raise BadTimeError(f"{text[:40]!r} is a date without a time; say in the map which stands for it (at)")
            at = clock(said.at)
            hour, minute = (at.hour, at.minute) if at else (0, 0)
        else:
            hour, minute = int(parts["h"]), int(parts["n"])
        if parts.get("half"):
            hour = _of_halves(hour, parts["half"] in "Pp", text)
        second = int(parts["s"] or 0)
        if minute > 59 or second > 60 or hour > 24 or (hour == 24 and (minute or second)):
            raise BadTimeError(f"{text[:40]!r} is no time of day")
        within = (minute * 60 + min(second, 59)) * SECOND + int(((parts.get("f") or "") + "000000")[:6])
        offset = parts.get("zone")
        if hour == 24:
            return self._micros(year, month, day, 23, HOUR, offset, text)
        return self._micros(year, month, day, hour, within, offset, text)

    def _micros(self, year: int, month: int, day: int, hour: int, within: int, offset: str | None, text: str) -> int:
        if offset:
            return _day(year, month, day, hour, text) + within - _offset(offset)
        key = (year, month, day, hour)
        if key not in self._hours:
            self._hours[key] = begins, plain = self._hour(key, text)
            if plain:
                self._plain.add(begins)
        begins, plain = self._hours[key]
        return begins + within if plain else self._changing(_day(year, month, day, hour, text) + within)

    def _hour(self, key: tuple[int, int, int, int], text: str) -> tuple[int, bool]:
        """When a local hour begins, and whether the clocks go straight through it."""
        begins = _day(*key, text)
        ends = [_shifts(begins + part * HOUR // 4, self._zone()) for part in range(5)]
        shifts = {shift for pair in ends for shift in pair}
        return begins - ends[0][0], len(shifts) == 1

    def _changing(self, local: int) -> int:
        first, second = _shifts(local, self._zone())
        if first > second:
            self.repeated += 1
            if self.twice == "refuse":
                raise BadTimeError("the time lies in the hour that comes twice")
            return local - (first if self.twice == "first" else second)
        if first < second:
            self.skipped += 1
        return local - first

    def _zone(self) -> tzinfo:
        if self.zone is None:
            fix = "Say in the map of which zone they are: `times: {zone: Asia/Shanghai}`."
            raise BadFile("The times have no zone.", where="times", fix=fix)
        return self.zone

    def _formatted(self, text: str, form: str) -> int:
        if form == "excel":
            days = number(text)
            if not 0 <= days < 200_000:
                raise BadTimeError(f"{text[:40]!r} is no day number of a spreadsheet")
            local = SHEETS_BEGIN + timedelta(days=days, milliseconds=500)  # to the next whole second
        elif form in ("epoch", "epoch_ms"):
            since = number(text)
            if not abs(since) < 1e15:
                raise BadTimeError(f"{text[:40]!r} is no time since 1970")
            return round(since * (SECOND if form == "epoch" else 1000))
        else:
            try:
                local = datetime.strptime(text, form)  # noqa: DTZ007 - a wall clock, unless the form has a zone
            except ValueError:
                raise BadTimeError(f"{text[:40]!r} is not written as {form}") from None
            if local.tzinfo is not None:
                return (local - EPOCH) // timedelta(microseconds=1)
        moment = local.replace(microsecond=0) if form == "excel" else local
        within = (moment.minute * 60 + moment.second) * SECOND + moment.microsecond
        return self._micros(moment.year, moment.month, moment.day, moment.hour, within, None, text)


def _within(text: str) -> int:
    return (int(text[14:16]) * 60 + int(text[17:19] or 0)) * SECOND


def in_range(micros: int) -> bool:
    """Whether a city folder may hold calls of that time."""
    return _FIRST <= micros < _LAST


def tell(micros: int) -> str:
    """A moment for a message; one beyond the calendar too."""
    try:
        return (EPOCH + timedelta(microseconds=micros)).strftime("%Y-%m-%d %H:%M:%S UTC")
    except OverflowError:
        return f"{micros // SECOND} s since 1970"


@dataclass
class Order:
    """Which of two numbers before a year is the day: the evidence of a whole file."""

    days: dict[str, tuple[int, str]] = field(default_factory=dict)  # order: first row and text that allows no other
    seen: int = 0
    _dates: dict[str, bool] = field(default_factory=dict)  # beginnings of texts: whether they are such dates

    def look(self, numbers: Sequence[int], texts: Iterable[str]) -> None:
        for row, text in zip(numbers, texts, strict=True):
            date = text[:10]
            if date not in self._dates:
                self._dates[date] = self._told(row, text)
            self.seen += self._dates[date]

    def _told(self, row: int, text: str) -> bool:
        found = YEAR_LAST.fullmatch(text)
        if not found:
            return False
        a, b = int(found["a"]), int(found["b"])
        if a > 12 >= b:
            self.days.setdefault("day", (row, text))
        elif b > 12 >= a:
            self.days.setdefault("month", (row, text))
        return True

    def decided(self) -> tuple[str, str]:
        """The order and how it was decided. BadFile when the file allows both, or asks for both."""
        fix = "Say in the map which comes first: `times: {order: day}` or `times: {order: month}`."
        if len(self.days) == 2:
            (row, text), (other, another) = self.days["day"], self.days["month"]
            what = f"{text} (row {row}) can only have its day first and {another} (row {other}) only its month."
            raise BadFile(what, where="times", fix="Split the file where it changes, one map for each part.")
        if not self.days:
            what = f"No day of {self.seen:,} dates is above 12: whether day or month comes first cannot be seen."
            raise BadFile(what, where="times", fix=fix)
        order, (row, text) = next(iter(self.days.items()))
        return order, f"Dates have {ORDERS[order]}: {text} in row {row} allows no other, and no date the other."


def _day(year: int, month: int, day: int, hour: int, text: str) -> int:
    try:
        return (datetime(year, month, day, hour, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
    except ValueError:
        raise BadTimeError(f"{text[:40]!r} is no day of the calendar") from None


def _shifts(local: int, zone: tzinfo) -> tuple[int, int]:
    """By how much a wall clock is ahead of UTC at its first and its second coming of a time; equal at most times."""
    wall = (EPOCH + timedelta(microseconds=local)).replace(tzinfo=zone)
    first, second = (wall.replace(fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    return first // timedelta(microseconds=1), second // timedelta(microseconds=1)


def _offset(text: str) -> int:
    if text in ("Z", "UTC"):
        return 0
    hours, minutes = int(text[1:3]), int(text[-2:])
    return (-1 if text[0] == "-" else 1) * (hours * 60 + minutes) * 60 * SECOND


def _of_halves(hour: int, afternoon: bool, text: str) -> int:
    if not 1 <= hour <= 12:
        raise BadTimeError(f"{text[:40]!r} is no time of half a day")
    return hour % 12 + 12 * afternoon


_FIRST: Final = _day(YEARS[0], 1, 1, 0, "")
_LAST: Final = _day(YEARS[-1] + 1, 1, 1, 0, "")
