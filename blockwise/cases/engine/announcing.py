"""No case is erased before it was announced, and no unusual number before a person with the right role released it.

What was announced, released and done are lines of the thread `erasures`; from them alone follows what may go now.
So a clock that jumps ahead meets nothing that was announced that far.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.ledger import lines
from blockwise.ledger.canonical import JSON, moment
from blockwise.ledger.models import Line
from blockwise.messages import actions as messages
from blockwise.messages.actions import To
from blockwise.places.queries import city
from blockwise.rooms import Role

from . import retention
from .clocks import WORKER
from .topics import ANNOUNCED, HELD

THREAD = "erasures"
RELEASED, DONE = "erasures_released", "erasures_done"
NOTICE = timedelta(days=3)  # at least so long before it is erased, a case is announced
AHEAD = timedelta(days=7)  # as far as one announcement reaches
AGAIN = timedelta(days=1)  # how often it is said
USUAL = 20  # cases at once that nobody need look at
TIMES = 3  # as many as on the busiest of the last days
DAYS = 28


@dataclass(frozen=True)
class Due:
    """`coming`: cases due until `until`, the end of what the next days bring. `ready`: those whose time and notice are
    over; more than `usual` of them wait (`held`) until they are released."""

    until: datetime
    coming: int
    ready: int
    usual: int
    held: bool


def tend(now: datetime) -> int:
    """Announce what comes, and erase what was announced and is not unusual, or was released; how many."""
    return sum(tending(now))


def tending(now: datetime) -> Iterator[int]:
    """The same case by case: whether each was erased. Left amid, it says what it erased so far."""
    _announce(now)
    if bound := _may_go(now):
        done = 0
        try:
            for one in retention.erasures(bound):
                done += one
                yield one
        finally:
            if done:
                _write(DONE, WORKER, {"at": moment(now), "count": done})


def _may_go(now: datetime) -> datetime | None:
    """Until when what was due may be erased; None: nothing may, and what is held is said."""
    bound = _announced_until(now)
    if bound is None:
        return None
    count = retention.due(bound)
    if count <= usual(now):
        return bound
    released = _released_until(now)
    if released is None:
        _say(HELD, now, bound, count)
        return None
    return min(bound, released)


def look(now: datetime) -> Due:
    bound, most = _announced_until(now), usual(now)
    ready = retention.due(bound) if bound else 0
    until = now + AHEAD
    return Due(until, retention.due(until), ready, most, ready > most and _released_until(now) is None)


def release(actor: Actor) -> Line:
    """What is ready now may be erased, however many it is. Forbidden without the role over the whole city."""
    policy.may_release_erasures(actor, city().code).require()
    now = clock.now()
    bound = _announced_until(now) or now
    return _write(RELEASED, actor.id, {"at": moment(now), "until": moment(bound), "count": retention.due(bound)})


def usual(now: datetime) -> int:
    """How many at once are nothing to look at: USUAL, or TIMES as many as on the busiest of the last DAYS days."""
    days: Counter[str] = Counter()
    for data in _said(DONE, DAYS * 24):
        if now - timedelta(days=DAYS) <= _at(data) <= now:
            days[str(data["at"])[:10]] += int(data["count"])
    return max(USUAL, TIMES * max(days.values(), default=0))


def _announce(now: datetime) -> None:
    if count := retention.due(now + AHEAD):
        _say(ANNOUNCED, now, now + AHEAD, count)


def _say(act: str, now: datetime, until: datetime, count: int) -> None:
    """Once a day, as a line and a message. What a clock that was ahead said counts for nothing."""
    if any(now - AGAIN < _at(data) <= now for data in _said(act, 1)):
        return
    _write(act, WORKER, {"at": moment(now), "until": moment(until), "count": count})


def _announced_until(now: datetime) -> datetime | None:
    """Until when what is due was announced long enough ago; None: nothing was."""
    told = (data for data in _said(ANNOUNCED, 60) if _at(data) <= now - NOTICE)
    until = next((datetime.fromisoformat(data["until"]) for data in told), None)
    return min(until, now) if until else None


def _released_until(now: datetime) -> datetime | None:
    """As far as the last release reaches; it holds for a day."""
    fresh = (data for data in _said(RELEASED, 1) if now - AGAIN < _at(data) <= now)
    return next((datetime.fromisoformat(data["until"]) for data in fresh), None)


def _said(act: str, most: int) -> list[dict[str, str]]:
    """The data of the last lines of this act, the newest first."""
    found = Line.objects.filter(thread=THREAD, act=act).order_by("-thread_number")[:most]
    return [lines.data_of(line) for line in found]


def _at(data: dict[str, str]) -> datetime:
    return datetime.fromisoformat(data["at"])


def _write(act: str, actor: str, data: dict[str, JSON]) -> Line:
    with transaction.atomic():
        entry = lines.Entry(THREAD, act, actor, data=data)
        (line,) = lines.write(
            [entry], naming=partial(_put_to_watchers, act, data) if act in (ANNOUNCED, HELD) else None
        )
    return line


def _put_to_watchers(topic: str, data: dict[str, JSON], line: int) -> None:
    messages.put(topic, data, line, to=[To(Role.OVERSIGHT, city().code)])
