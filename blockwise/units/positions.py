"""What becomes of a reported position: an ordered list of small steps, each of which may say why it is ignored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.analysis.distance import great_circle_km
from blockwise.places.given import Located, locate
from blockwise.problems import Problem

from .models import Meaning, Unit

EARLY = timedelta(minutes=1)  # by which a device's clock may be ahead
OLD = timedelta(hours=1)  # a position older than this says nothing any more
FASTEST_M_S = 90.0  # a helicopter; beyond it a fix is a fault of the device
SLACK_M = 200.0  # by which two fixes of the same moment may differ
STILL_M = 15.0  # less is the noise of a device that stands
ARRIVED_M = 80.0

Reason = Any  # a lazy text


@dataclass(frozen=True)
class Fix:
    """Where a unit's device was at `at` (aware); degrees in `crs`."""

    unit: str
    lon: float
    lat: float
    at: datetime
    crs: str = "wgs84"


@dataclass
class Work:
    """One fix on its way through the steps, beside the unit as the fixes before have left it."""

    fix: Fix
    actor: Actor
    unit: Unit | None
    now: datetime
    goal: tuple[int, int] | None  # the point (lon_e7, lat_e7) to which the unit is on its way
    located: Located | None = field(default=None)
    moved: bool = False
    arrived: bool = False


def known(work: Work) -> Reason | None:
    return None if work.unit else _("There is no such unit.")


def allowed(work: Work) -> Reason | None:
    assert work.unit
    answer = policy.may_report_position(work.actor, work.unit)
    return None if answer else answer.reason


def on_duty(work: Work) -> Reason | None:
    """Positions are of units on duty only (SCOPE 9)."""
    assert work.unit
    return _("The unit is off duty.") if work.unit.meaning == Meaning.OFF_DUTY else None


def timely(work: Work) -> Reason | None:
    assert work.unit
    at, last = work.fix.at, work.unit.position_at
    if at.tzinfo is None or at > work.now + EARLY:
        return _("The time lies in the future, or has no zone.")
    if at < work.now - OLD:
        return _("The position is too old.")
    if last is not None and at <= last:
        return _("A newer position is known.")
    return None


def in_a_block(work: Work) -> Reason | None:
    try:
        work.located = locate(work.fix.lon, work.fix.lat, work.fix.crs, where="position")
    except Problem as problem:
        return problem.what
    return None


def plausible(work: Work) -> Reason | None:
    """Not faster than anything drives or flies since the last fix."""
    assert work.unit
    if work.unit.position_at is None:
        return None
    seconds = (work.fix.at - work.unit.position_at).total_seconds()
    if _metres(work, work.unit.lon_e7, work.unit.lat_e7) > SLACK_M + FASTEST_M_S * seconds:
        return _("The unit cannot have come so far in this time.")
    return None


def moving(work: Work) -> Reason | None:
    """One that stands keeps its point, so that slow steps add up and noise does not."""
    assert work.unit
    first = work.unit.position_at is None
    work.moved = first or _metres(work, work.unit.lon_e7, work.unit.lat_e7) > STILL_M
    return None


def arrived(work: Work) -> Reason | None:
    """Near the place it was sent to: the crew is asked whether it is on scene, nothing is set for it."""
    work.arrived = work.goal is not None and _metres(work, *work.goal) <= ARRIVED_M
    return None


STEPS: Sequence[Callable[[Work], Reason | None]] = (
    known,
    allowed,
    on_duty,
    timely,
    in_a_block,
    plausible,
    moving,
    arrived,
)


def go_through(work: Work) -> Reason | None:
    """Why the fix is ignored, or None when it went through every step; then the unit (not saved) is where it says."""
    for step in STEPS:
        reason = step(work)
        if reason is not None:
            return reason
    unit, located = work.unit, work.located
    assert unit
    assert located
    unit.position_at = work.fix.at
    if work.moved:
        unit.lon_e7, unit.lat_e7, unit.block_id = located.point.lon_e7, located.point.lat_e7, located.answer.block
    return None


def start(fix: Fix, actor: Actor, unit: Unit | None, goal: tuple[int, int] | None) -> Work:
    return Work(fix, actor, unit, clock.now(), goal)


def _metres(work: Work, lon_e7: int, lat_e7: int) -> float:
    assert work.located
    here = work.located.point
    return float(great_circle_km(here.lon, here.lat, lon_e7 / 1e7, lat_e7 / 1e7)) * 1000
