"""What becomes of a reported position: an ordered list of small steps, each of which may say why it is ignored."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.analysis.distance import metres_between
from blockwise.places.given import Located
from blockwise.problems import Invalid

from .courses import Seen, follow, kept, read
from .models import Meaning, Unit

EARLY = timedelta(minutes=1)  # by which a device's clock may be ahead
OLD = timedelta(hours=1)  # a position older than this says nothing any more
ASSUMED_M = 50.0  # the accuracy of a fix that says nothing of it; whatever errs by less is as good as any
COARSEST_M = 5_000.0
SPREAD_M_S = 10.0  # by which what is known grows less exact as the unit may have moved on
STILL_M = 15.0  # less is the noise of a device that stands
ARRIVED_M = 80.0

Reason = Any  # a lazy text
NEWER = _("A newer position is known.")


@dataclass(frozen=True)
class Fix:
    """Where a unit's device was at `at` (aware), give or take `accuracy_m`; degrees in `crs`."""

    unit: str
    lon: float
    lat: float
    at: datetime
    crs: str = "wgs84"
    accuracy_m: float | None = None

    @property
    def errs_m(self) -> float:
        return ASSUMED_M if self.accuracy_m is None else self.accuracy_m

    @property
    def order(self) -> tuple[Any, ...]:
        """By time; of one moment the most exact first. Total, so that a batch means the same in whatever order."""
        return self.at.timestamp(), self.errs_m, repr(self.lon), repr(self.lat), self.crs


@dataclass
class Passage:
    """One fix on its way through the steps, beside the unit as the fixes before have left it."""

    fix: Fix
    actor: Actor
    unit: Unit | None
    now: datetime
    goal: tuple[int, int] | None  # the point (lon_e7, lat_e7) to which the unit is on its way
    place: Located | Invalid
    located: Located | None = field(default=None)
    moved: bool = False
    arrived: bool = False


def known(work: Passage) -> Reason | None:
    return None if work.unit else _("There is no such unit.")


def allowed(work: Passage) -> Reason | None:
    assert work.unit
    answer = policy.may_report_position(work.actor, work.unit)
    return None if answer else answer.reason


def on_duty(work: Passage) -> Reason | None:
    """Positions are of units on duty only (SCOPE 9)."""
    assert work.unit
    return _("The unit is off duty.") if work.unit.meaning == Meaning.OFF_DUTY else None


def of_this_clock(work: Passage) -> Reason | None:
    """What is known of a later time than now was told while the machine's clock was ahead: nothing is known."""
    assert work.unit
    last = work.unit.position_at
    if last is not None and last > work.now + EARLY:
        work.unit.position_at, work.unit.courses = None, []
    return None


def timely(work: Passage) -> Reason | None:
    assert work.unit
    at, last = work.fix.at, work.unit.position_at
    better = at == last and work.fix.errs_m < _known_m(work.unit)
    if at.tzinfo is None or at > work.now + EARLY:
        return _("The time lies in the future, or has no zone.")
    if at < work.now - OLD:
        return _("The position is too old.")
    if last is not None and at <= last and not better:
        return NEWER
    return None


def in_a_block(work: Passage) -> Reason | None:
    if isinstance(work.place, Invalid):
        return work.place.what
    work.located = work.place
    return None


def exact(work: Passage) -> Reason | None:
    """A mast's guess does not replace what a satellite told just now."""
    assert work.unit
    errs, last = work.fix.errs_m, work.unit.position_at
    if not (math.isfinite(errs) and 0 <= errs <= COARSEST_M):
        return _("The position is too inexact to be of use.")
    if last is None or errs <= ASSUMED_M:
        return None
    if errs > _known_m(work.unit) + SPREAD_M_S * (work.fix.at - last).total_seconds():
        return _("A more exact position is known.")
    return None


def plausible(work: Passage) -> Reason | None:
    """On the course the unit is on: not faster than anything drives or flies, unless the fixes so far were false."""
    assert work.unit
    assert work.located
    here = work.located.point
    seen = Seen(here.lon_e7, here.lat_e7, work.fix.at.timestamp(), work.fix.errs_m)
    courses, shown = follow(read(work.unit.courses), seen)
    work.unit.courses = kept(courses)
    return None if shown else _("The unit cannot have come so far in this time.")


def moving(work: Passage) -> Reason | None:
    """One that stands keeps its point, so that slow steps add up and noise does not."""
    assert work.unit
    first = work.unit.position_at is None
    work.moved = first or _metres(work, work.unit.lon_e7, work.unit.lat_e7) > STILL_M
    return None


def arrived(work: Passage) -> Reason | None:
    """Near the place it was sent to: the crew is asked whether it is on scene, nothing is set for it."""
    work.arrived = work.goal is not None and _metres(work, *work.goal) <= ARRIVED_M
    return None


STEPS: Sequence[Callable[[Passage], Reason | None]] = (
    known,
    allowed,
    on_duty,
    of_this_clock,
    timely,
    in_a_block,
    exact,
    plausible,
    moving,
    arrived,
)


def go_through(work: Passage) -> Reason | None:
    """Why the fix is ignored, or None when it went through every step; then the unit (not saved) is where it says."""
    for step in STEPS:
        reason = step(work)
        if reason is not None:
            return reason
    unit, located = work.unit, work.located
    assert unit
    assert located
    unit.position_at, unit.accuracy_m = work.fix.at, work.fix.accuracy_m
    if work.moved:
        unit.lon_e7, unit.lat_e7, unit.block_id = located.point.lon_e7, located.point.lat_e7, located.answer.block
    return None


def _known_m(unit: Unit) -> float:
    return ASSUMED_M if unit.accuracy_m is None else unit.accuracy_m


def _metres(work: Passage, lon_e7: int, lat_e7: int) -> float:
    assert work.located
    here = work.located.point
    return metres_between(here.lon, here.lat, lon_e7 / 1e7, lat_e7 / 1e7)
