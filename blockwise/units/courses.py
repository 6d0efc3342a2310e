"""Which of two courses a unit is on, when its devices' fixes tell of two places at once.

A false fix may be repeated for minutes (a stored one, a mast instead of a satellite), and it may come first. So the
course that is shown and its one rival are both followed, and the rival is shown once it is the likelier:

* one false fix between true ones is never shown; believed after a silence, it is left with the next true fix;
* a false one that repeats is left with the third true fix, where the true course was settled before it;
* where the false one was there first, the true course is shown from its third fix on if it is twice as exact or has
  moved; after HEARD if neither was settled; and with its third fix after the false one has been silent for QUIET.

Two that stand still, are equally exact and go on for ever cannot be told apart: the older one is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from blockwise.analysis.distance import metres_between

FASTEST_M_S = 90.0  # a helicopter; beyond it a fix is on another course
SLACK_M = 200.0  # by which two fixes of the same moment may differ
LEAP_M = 300.0  # a step beyond the slack by so much more may begin a false course: what was before is remembered
MOVED_M = 50.0  # more is no noise
CONFIRMED = 3  # fixes
HEARD = 30.0  # seconds
QUIET = 45.0
REMEMBERED = 600.0


@dataclass(frozen=True)
class Seen:
    """Where a device says it is: 1e-7 degree, seconds since the epoch, and the metres by which it may err."""

    lon_e7: int
    lat_e7: int
    at: float
    accuracy_m: float


@dataclass(frozen=True)
class Course:
    """Fixes that one device may have made on its way. `recent` counts those since `since`, when the dispute began."""

    last: Seen
    first: tuple[int, int]
    began: float
    since: float
    fixes: int = 1
    recent: int = 1
    moved: bool = False

    @property
    def settled(self) -> bool:
        """Well known before the other one came up, or came back."""
        return self.fixes - self.recent >= CONFIRMED and self.since - self.began >= HEARD


def follow(courses: Sequence[Course], seen: Seen) -> tuple[list[Course], bool]:
    """The courses (the shown one, then perhaps its rival) after one more fix, and whether it is now shown."""
    if not courses:
        return [_begun(seen)], True
    shown = courses[0]
    rival = next((one for one in courses[1:] if seen.at - one.last.at <= REMEMBERED), None)
    known = [shown] if rival is None or seen.at <= rival.last.at else [shown, rival]
    possible = [one for one in known if _step(one, seen) <= _reach(one, seen)]
    if not possible:
        return _refused(shown, rival, seen), False
    near = shown in possible and _step(shown, seen) <= _leap(shown, seen)
    if near or min(possible, key=lambda one: _step(one, seen)) is shown:
        return _continued(shown, rival, seen), True
    assert rival
    rival, shown = _grown(rival, seen, shown)
    return ([rival, shown], True) if _likelier(rival, shown) else ([shown, rival], False)


def _continued(shown: Course, rival: Course | None, seen: Seen) -> list[Course]:
    if _step(shown, seen) > _leap(shown, seen) and (rival is None or seen.at - rival.last.at > QUIET):
        return [_begun(seen), replace(shown, recent=0, since=seen.at)]
    if rival is None:
        return [_extended(shown, seen)]
    return list(_grown(shown, seen, rival))


def _refused(shown: Course, rival: Course | None, seen: Seen) -> list[Course]:
    """It may be the first of a course of its own, if no other rival is known better."""
    if rival is not None and (rival.fixes >= CONFIRMED or seen.at <= rival.last.at):
        return [shown, rival]
    return [replace(shown, recent=0, since=seen.at), _begun(seen)]


def _likelier(rival: Course, shown: Course) -> bool:
    if rival.recent < min(CONFIRMED, shown.fixes):
        return False
    if rival.last.at - shown.last.at > QUIET:
        return True
    mine, other = rival.last.accuracy_m, shown.last.accuracy_m
    if max(mine, other) > 2 * min(mine, other):
        return mine < other
    if rival.moved != shown.moved:
        return rival.moved
    if rival.settled or shown.settled:
        return rival.settled and (rival.began < shown.began or not shown.settled)
    return rival.last.at - rival.since >= HEARD and rival.recent > shown.recent


def _begun(seen: Seen) -> Course:
    return Course(seen, (seen.lon_e7, seen.lat_e7), seen.at, seen.at)


def _grown(one: Course, seen: Seen, other: Course) -> tuple[Course, Course]:
    """The one with one more fix; where it was silent before, the dispute begins anew."""
    if seen.at - one.last.at > QUIET:
        one, other = replace(one, recent=0, since=seen.at), replace(other, recent=0, since=seen.at)
    return _extended(one, seen), other


def _extended(one: Course, seen: Seen) -> Course:
    first, moved = one.first, one.moved
    if _step(one, seen) > _leap(one, seen):
        first, moved = (seen.lon_e7, seen.lat_e7), False
    moved = moved or _metres(first, seen) > MOVED_M + seen.accuracy_m
    return replace(one, last=seen, first=first, fixes=one.fixes + 1, recent=one.recent + 1, moved=moved)


def _reach(one: Course, seen: Seen) -> float:
    return _slack(one, seen) + FASTEST_M_S * (seen.at - one.last.at)


def _leap(one: Course, seen: Seen) -> float:
    return _slack(one, seen) + LEAP_M


def _slack(one: Course, seen: Seen) -> float:
    return max(SLACK_M, one.last.accuracy_m + seen.accuracy_m)


def _step(one: Course, seen: Seen) -> float:
    return _metres((one.last.lon_e7, one.last.lat_e7), seen)


def _metres(point: tuple[int, int], seen: Seen) -> float:
    return metres_between(point[0] / 1e7, point[1] / 1e7, seen.lon_e7 / 1e7, seen.lat_e7 / 1e7)


def read(kept: Sequence[dict[str, Any]]) -> list[Course]:
    """Out of JSON, as `kept` gave it."""
    return [Course(**{**one, "last": Seen(**one["last"]), "first": tuple(one["first"])}) for one in kept]


def kept(courses: Sequence[Course]) -> list[dict[str, Any]]:
    """For JSON; `asdict` would copy each number for itself."""
    return [{**vars(one), "last": vars(one.last)} for one in courses]
