"""When a promise is due: counted anew from its start, its pauses, the case and the kind, by the city's calendar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from blockwise.places.models import CalendarDay, City
from blockwise.places.queries import city, ring_minutes

from .calendar import Due, WorkCalendar, day_rule
from .kinds.model import Clock
from .models import Case, CaseClock

SECOND = timedelta(seconds=1)


def city_calendar() -> WorkCalendar:
    """The working calendar of the city as it is loaded now."""
    here = city()
    return _calendar(here.code, here.version, here.loaded_at)


@lru_cache(maxsize=4)
def _calendar(_code: str, _version: int, _loaded_at: datetime) -> WorkCalendar:
    here: City = city()
    hours = tuple((str(opens), str(closes)) for opens, closes in here.working_hours)
    differs = dict(CalendarDay.objects.values_list("date", "works"))
    return WorkCalendar(here.timezone, hours, day_rule(here.calendar, differs))


def due(declared: Clock, row: CaseClock, case: Case, fields: Mapping[str, Any]) -> Due | None:
    """When the promise is due, its pauses counted in; None while the field that dates it is empty."""
    calendar = city_calendar()
    base = _base(declared, row, case, fields, calendar)
    if base is None:
        return None
    paused = sum(_length(declared, begins, ends, calendar) for begins, ends in ended_pauses(row))
    if not paused:
        return base
    if declared.counts == "working":
        shifted = calendar.add_working_seconds(base.at, paused)
        return Due(shifted.at, base.provisional or shifted.provisional)
    later = base.at + paused * SECOND
    if declared.counts == "calendar":
        later = calendar.end_of_day(calendar.local_date(later))
    return Due(later, base.provisional)


def _base(declared: Clock, row: CaseClock, case: Case, fields: Mapping[str, Any], calendar: WorkCalendar) -> Due | None:
    if declared.ring:
        return Due(row.starts_at + timedelta(minutes=ring_minutes(case.block_id)), provisional=False)
    if declared.due_field:
        given = fields.get(declared.due_field)
        return Due(calendar.end_of_day(date.fromisoformat(given)), provisional=False) if given else None
    by_priority = dict(declared.due)
    amount = by_priority.get(str(case.priority), by_priority.get("", 0))
    if declared.counts == "real":
        return Due(row.starts_at + amount * SECOND, provisional=False)
    if declared.counts == "calendar":
        return calendar.add_calendar_days(row.starts_at, amount)
    if declared.unit == "days":
        return calendar.add_working_days(row.starts_at, amount)
    return calendar.add_working_seconds(row.starts_at, amount)


def left_ms(declared: Clock, since: datetime, until: datetime) -> int:
    """What is left of the promise at `since`, in its own count; 0 when it is overdue."""
    return max(0, round(_length(declared, since, until, city_calendar()) * 1000))


def _length(declared: Clock, begins: datetime, ends: datetime, calendar: WorkCalendar) -> float:
    if declared.counts == "working":
        return calendar.working_seconds_between(begins, ends)
    return (ends - begins).total_seconds()


def wake(declared: Clock, level: int, due_at: datetime) -> datetime | None:
    """When the escalation after `level` is due; a promise in working time wakes nobody outside of it."""
    if level >= len(declared.escalate):
        return None
    at = due_at + declared.escalate[level].after
    return city_calendar().next_working(at).at if declared.counts == "working" else at


def ended_pauses(row: CaseClock) -> Iterator[tuple[datetime, datetime]]:
    for begins, ends in row.pauses:
        if ends is not None:
            yield datetime.fromisoformat(begins), datetime.fromisoformat(ends)


def paused_since(row: CaseClock) -> datetime | None:
    """When the present pause began; None while it runs."""
    return datetime.fromisoformat(row.pauses[-1][0]) if row.pauses and row.pauses[-1][1] is None else None


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
