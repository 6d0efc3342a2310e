"""A demonstration kept alive: a source's calls moved by whole weeks to the present, again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from blockwise import clock
from blockwise.access.actors import REPLAY
from blockwise.cases.models import Case
from blockwise.cases.rules.sealed_places import exact_places
from blockwise.units.models import Assignment

from .beginning import played_until
from .pace import Pace, demand_replayable
from .recommended import Simulation
from .rows import CallRow

WEEK = timedelta(days=7)
LOOK = timedelta(seconds=1)


def keep_alive(
    calls: Sequence[CallRow],
    *,
    before: timedelta = timedelta(hours=1),
    seed: int = 1,
    until: Callable[[datetime], bool] = lambda _now: False,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Play the hour `before` now at once, call `ready`, then every call when its time comes, until told to stop.

    Work that an earlier run left open is taken up again; what it has played is not played twice.
    Forbidden where replays are refused.
    """
    demand_replayable()
    now = clock.real_now()
    start = min(now, max(now - before, played_until() + timedelta.resolution))
    coming = shifted(calls, start)
    past = Simulation(Pace(start, None, own_clock=False), seed, moving=False)
    _take_up(past, start)
    following = next(coming)
    while following.received_at <= now:
        past.run_until(following.received_at)
        past.take(following, following.received_at)
        following = next(coming)
    past.run_until(now)
    ready()
    present = Simulation(Pace(now, 1.0, own_clock=False), seed, moving=True)
    _take_up(present, now)
    present.stand(now)
    while not until(moment := clock.real_now()):
        present.run_until(moment)
        if following.received_at <= moment:
            present.take(following, following.received_at)
            following = next(coming)
        else:
            present.pace.wait_until(min(following.received_at, moment + LOOK))


def shifted(calls: Sequence[CallRow], start: datetime) -> Iterator[CallRow]:
    """The calls from `start` on: the source, rounded to whole weeks, moved by as many weeks as bring it there.

    Calls beyond the last whole week are left out; otherwise days without any would follow them.
    """
    ordered = sorted(calls, key=lambda call: (call.received_at, call.call))
    first, last = ordered[0].received_at, ordered[-1].received_at
    length = WEEK * max(1, round((last - first) / WEEK))
    ordered = [call for call in ordered if call.received_at < first + length]
    for turn in count((start - first) // length):
        for call in ordered:
            moved = call.received_at + length * turn
            if moved >= start:
                repeat = f"{call.repeat_of}/{turn}" if call.repeat_of else None
                yield replace(call, call=f"{call.call}/{turn}", received_at=moved, repeat_of=repeat)


def _take_up(simulation: Simulation, at: datetime) -> None:
    """Go on with the open calls of an earlier run: crews finish, and who waits is answered."""
    open_calls = list(Case.objects.filter(kind="call", final=False, opened_by=REPLAY.id).select_related("block"))
    places = exact_places(open_calls)
    working: dict[int, list[Assignment]] = {}
    for one in Assignment.objects.filter(cleared_at=None, case__in=open_calls):
        working.setdefault(one.case_id, []).append(one)
    for case in open_calls:
        middle = {"lon_e7": case.block.lon_e7, "lat_e7": case.block.lat_e7}
        where = places.get(case.pk, {"lon_e7": None, "text": ""})
        where = where | middle if where["lon_e7"] is None else where
        call = CallRow(
            call=f"case {case.pk}",
            received_at=case.opened_at,
            channel=case.channel,
            type=case.type,
            priority=case.priority,
            lon=where["lon_e7"] / 1e7,
            lat=where["lat_e7"] / 1e7,
            place_kind=case.place_kind,
            address=str(where["text"]),
        )
        simulation.resume(call, case.pk, working.get(case.pk, []), at)
