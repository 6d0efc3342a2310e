"""A recorded history as events in the order in which they can be played, and the rows whose times cannot be true.

The rule: every recorded time is written as it is claimed (`at`); nothing is corrected and nothing is left out. What
cannot be true at its time is played (`played_at`) as soon as it can be: work that was recorded before the unit was free
waits for that, a unit's own end waits for its other times. A unit without an end is cleared at the last time its call
is known to have run, or when it is next sent.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from .rows import STEPS, ResponseRow, Source

TICK = timedelta(microseconds=1)
OPEN, CLOSE = 0, 9  # at one moment: open, the steps in their order, close
PLACE = {name: 1 + position for position, name in enumerate(STEPS)}


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """`what`: open, an act of STEPS, or close; `at` as claimed. `row` is the response row, -1 without one."""

    played_at: datetime
    rank: int
    row: int
    call: str
    what: str
    at: datetime
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """A row whose times cannot all be true, and how that is handled."""

    row: int
    reason: str


def events(source: Source) -> tuple[list[Event], list[Noted]]:
    """Every event in the order of playing, and what was noted about rows (one entry a reason)."""
    known = {call.call for call in source.calls}
    rows = [row for row in source.responses if row.call in known and row.times]
    noted = [
        Noted(row.row, _unusable(row, known)) for row in source.responses if row.call not in known or not row.times
    ]
    noted += [Noted(row.row, reason) for row in rows for reason in _backwards(row)]
    found = [Event(call.received_at, OPEN, -1, call.call, "open", call.received_at) for call in source.calls]
    found += _played(rows, noted)
    last: dict[str, datetime] = {}
    for event in found:
        last[event.call] = max(event.played_at, last.get(event.call, event.played_at))
    found += [Event(at, CLOSE, -1, call, "close", at) for call, at in last.items()]
    return sorted(found), sorted(noted, key=lambda one: (one.row, one.reason))


def _played(rows: list[ResponseRow], noted: list[Noted]) -> Iterator[Event]:
    last: dict[str, datetime] = {}
    units: dict[str, list[ResponseRow]] = defaultdict(list)
    for row in sorted(rows, key=lambda one: (_start(one), one.row)):
        units[row.unit].append(row)
        last[row.call] = max(*row.times.values(), last.get(row.call, _start(row)))
    for own in units.values():
        free: datetime | None = None
        before = -1
        for row, following in zip(own, [*own[1:], None], strict=True):
            times = dict(row.times)
            if "available_at" not in times:
                noted.append(
                    Noted(row.row, "no_end: no available time; cleared with the end of its call or its next one")
                )
                end = last[row.call] if following is None else min(last[row.call], _start(following))
                times["available_at"] = max(end, *times.values())
            times.setdefault("dispatched_at", _start(row))
            if free is not None and _start(row) < free:
                noted.append(
                    Noted(row.row, f"overlap: sent before row {before} was free; played when it was, as claimed")
                )
            played = _row_events(row, times, free)
            yield from played
            free, before = max(event.played_at for event in played), row.row


def _row_events(row: ResponseRow, times: Mapping[str, datetime], free: datetime | None) -> list[Event]:
    """The row's events; none is played before it is sent, none before the unit is free, its clear after all others."""
    sent = times["dispatched_at"] if free is None else max(free + TICK, times["dispatched_at"])
    played = {name: max(sent, at) for name, at in times.items()}
    played["available_at"] = max(played.values())
    return [Event(played[name], PLACE[name], row.row, row.call, STEPS[name], times[name], row.unit) for name in times]


def _start(row: ResponseRow) -> datetime:
    return row.times.get("dispatched_at") or min(row.times.values())


def _unusable(row: ResponseRow, known: set[str]) -> str:
    return "no_call: its call is not in the source; left out" if row.call not in known else "no_times: left out"


def _backwards(row: ResponseRow) -> Iterator[str]:
    known = [(name, row.times[name]) for name in STEPS if name in row.times]
    for (earlier, first), (later, second) in itertools.pairwise(known):
        if second < first:
            yield f"backwards: {later.removesuffix('_at')} before {earlier.removesuffix('_at')}; kept as claimed"
