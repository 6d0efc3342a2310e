"""Who is on shift: weekly turns in the city's wall-clock time, over midnight and over changes of the clocks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

from django.db.models import Q

from blockwise.places.queries import city

from .models import Shift

Turn = tuple[str, time, time]  # days of "0123456", from, to; to <= from runs into the next day


def period_on(day: date, turn: Turn, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From when until when the turn that begins on `day` lasts.

    A wall-clock time that comes twice is its first coming; one that is skipped is as much later as was skipped.
    """
    _days, begins, ends = turn
    last = day + timedelta(days=1) if ends <= begins else day
    return datetime.combine(day, begins, tzinfo=zone), datetime.combine(last, ends, tzinfo=zone)


def is_on(turn: Turn, at: datetime, zone: ZoneInfo) -> bool:
    """Whether `at` lies in the turn: its begin included, its end not."""
    return any(_instant(begin) <= _instant(at) < _instant(end) for begin, end in _around(turn, at, zone))


def last_change(turns: Iterable[Turn], at: datetime, zone: ZoneInfo) -> datetime | None:
    """The latest begin or end of these turns up to `at`, within the last eight days; None when there is none."""
    moments = [
        moment
        for turn in turns
        for back in range(9)
        for moment in _on_day(turn, at.astimezone(zone).date() - timedelta(days=back), zone)
        if _instant(moment) <= _instant(at)
    ]
    return max(moments, key=_instant, default=None)


def on_shift(at: datetime) -> set[str]:
    """Codes of the units that are on shift at `at`, in two queries. A unit without turns never is."""
    zone = city_zone()
    names = ("days", "from_time", "to_time")
    turns = Shift.objects.values_list(*names).distinct()
    running = [Q(**dict(zip(names, turn, strict=True))) for turn in turns if is_on(turn, at, zone)]
    if not running:
        return set()
    return set(Shift.objects.filter(reduce(or_, running)).values_list("unit", flat=True))


def city_zone() -> ZoneInfo:
    return ZoneInfo(city().timezone)


def _around(turn: Turn, at: datetime, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """The periods of the turn that could hold `at`: those that begin on its day or the day before."""
    today = at.astimezone(zone).date()
    return [period for back in (1, 0) if (period := _on_day(turn, today - timedelta(days=back), zone))]


def _on_day(turn: Turn, day: date, zone: ZoneInfo) -> tuple[datetime, datetime] | tuple[()]:
    return period_on(day, turn, zone) if str(day.weekday()) in turn[0] else ()


def _instant(moment: datetime) -> float:
    """Times of one zone compare by the wall clock in Python; these compare as they come."""
    return moment.timestamp()
