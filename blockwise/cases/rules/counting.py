"""When a promise is due: counted anew from its start, its pauses, the case and the kind, by the city's calendar."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from blockwise.places.models import CalendarDay, City
from blockwise.places.queries import city, ring_minutes
from blockwise.proven import digest

from ..kinds.model import Clock
from ..models import Case, CaseClock
from .calendar import Due, WorkCalendar, day_rule, release

SECOND = timedelta(seconds=1)


def city_calendar() -> WorkCalendar:
    """The working calendar of the city as it is loaded now."""
    return _loaded()[0]


def calendar_digest() -> str:
    """SHA-256, in hex, of all that the city's calendar follows from, and of when it was loaded: between two loadings of
    one calendar another may have counted."""
    return hashlib.sha256(f"{_loaded()[1]} {city().loaded_at.isoformat()}".encode()).hexdigest()


def _loaded() -> tuple[WorkCalendar, str]:
    here = city()
    return _calendar(here.code, here.version, here.loaded_at)


@lru_cache(maxsize=4)
def _calendar(_code: str, _version: int, _loaded_at: datetime) -> tuple[WorkCalendar, str]:
    here: City = city()
    hours = tuple((str(opens), str(closes)) for opens, closes in here.working_hours)
    differs = dict(CalendarDay.objects.order_by("date").values_list("date", "works"))
    calendar = WorkCalendar(here.timezone, hours, day_rule(here.calendar, differs))
    own = [(day.isoformat(), works) for day, works in differs.items()]
    return calendar, digest(json.dumps([here.timezone, hours, here.calendar, release(here.calendar), own]))


def due(declared: Clock, row: CaseClock, case: Case, fields: Mapping[str, Any]) -> Due | None:
    """When the promise is due, its pauses counted in; None while the field that dates it is empty."""
    calendar = city_calendar()
    base = _base(declared, row, case, fields, calendar)
    if base is None:
        return None
    found, paused, since = base, 0.0, begins_at(declared, row, fields)
    for begins, ends in ended_pauses(row):
        if ends <= since:
            continue
        begins = max(begins, since)
        length = _length(declared, begins, ends, calendar)
        if begins > found.at and declared.counts == "calendar":  # missed by then: no day is given on top
            found = Due(found.at + length * SECOND, found.provisional)
        else:
            paused += length
            found = _later(declared, base, paused, calendar)
    return found


def begins_at(declared: Clock, row: CaseClock, fields: Mapping[str, Any]) -> datetime:
    """From when it counts: its start, or the later time that the case is scheduled for."""
    given = fields.get(declared.from_field) if declared.from_field else None
    return max(row.starts_at, datetime.fromisoformat(given)) if given else row.starts_at


def _later(declared: Clock, base: Due, paused: float, calendar: WorkCalendar) -> Due:
    if declared.counts == "working":
        shifted = calendar.add_working_seconds(base.at, paused)
        return Due(shifted.at, base.provisional or shifted.provisional)
    later = base.at + paused * SECOND
    if declared.counts == "calendar":
        later = calendar.end_of_day(calendar.local_date(later))
    return Due(later, base.provisional)


def missed(row: CaseClock, moment: datetime) -> bool:
    """Whether the promise was not kept in time, as far as that is known at `moment`."""
    if row.due_at is None:
        return row.remaining_ms == 0
    return (row.stopped_at or moment) > row.due_at


def _base(declared: Clock, row: CaseClock, case: Case, fields: Mapping[str, Any], calendar: WorkCalendar) -> Due | None:
    since = begins_at(declared, row, fields)
    if declared.ring:
        return Due(since + timedelta(minutes=ring_minutes(case.block_id)), provisional=False)
    if declared.due_field:
        given = fields.get(declared.due_field)
        return Due(calendar.end_of_day(date.fromisoformat(given)), provisional=False) if given else None
    by_priority = dict(declared.due)
    amount = by_priority.get(str(case.priority), by_priority.get("", 0))
    if declared.counts == "real":
        return Due(since + amount * SECOND, provisional=False)
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
    """When the escalation after `level` is due, or what another side promised is told as late; a promise in working
    time wakes nobody outside of it."""
    steps = [step.after for step in declared.escalate] or ([timedelta()] if declared.tells else [])
    if level >= len(steps):
        return None
    at = due_at + steps[level]
    return city_calendar().next_working(at).at if declared.counts == "working" else at


def readable_pauses(row: CaseClock) -> list[list[Any]]:
    """Its pauses but for those that were damaged: a promise is counted without them, and acts go on."""
    return [pause for pause in row.pauses if _is_pause(pause)] if isinstance(row.pauses, list) else []


def _is_pause(pause: Any) -> bool:
    try:
        begins, ends = pause
        ended = ends is None or datetime.fromisoformat(ends).tzinfo is not None
        return ended and datetime.fromisoformat(begins).tzinfo is not None
    except (TypeError, ValueError):
        return False


def ended_pauses(row: CaseClock) -> Iterator[tuple[datetime, datetime]]:
    for begins, ends in readable_pauses(row):
        if ends is not None:
            yield datetime.fromisoformat(begins), datetime.fromisoformat(ends)


def paused_since(row: CaseClock) -> datetime | None:
    """When the present pause began; None while it runs."""
    pauses = readable_pauses(row)
    return datetime.fromisoformat(pauses[-1][0]) if pauses and pauses[-1][1] is None else None


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
