"""The machine's clock was a day ahead and was put right: what it stamped meanwhile keeps nobody from working."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.problems import Invalid
from blockwise.units.actions import set_status, turn_shifts
from blockwise.units.models import Assignment, Unit
from blockwise.units.positions import Fix
from blockwise.units.queries import is_stale
from blockwise.units.reporting import report_positions
from tests.people import point_in

from .conftest import NOW, call, do

AHEAD, MINUTE = NOW + timedelta(days=1), timedelta(minutes=1)


def fix(block: str, at: datetime) -> Fix:
    lon, lat = point_in(block)
    return Fix("P1", lon, lat, at)


def test_a_units_position_is_taken_again_at_once(dispatcher: Actor) -> None:
    with clock.at(AHEAD):
        assert report_positions([fix("99010102", AHEAD)], dispatcher).accepted == 1
    assert is_stale(Unit.objects.get(pk="P1"), NOW)
    done = report_positions([fix("99010101", NOW)], dispatcher)
    assert (done.accepted, done.ignored) == (1, ())
    unit = Unit.objects.get(pk="P1")
    assert (unit.position_at, unit.block_id) == (NOW, "99010101")
    assert len(unit.courses) == 1


def test_a_units_status_is_set_again_at_once_at_a_claimed_time_too(dispatcher: Actor) -> None:
    with clock.at(AHEAD):
        set_status("P1", "meal", dispatcher)
    set_status("P1", "ready", dispatcher, happened_at=NOW - MINUTE)
    assert Unit.objects.get(pk="P1").status_at == NOW - MINUTE
    with clock.at(AHEAD):
        set_status("P1", "off", dispatcher)
    assert turn_shifts(NOW) >= 0
    set_status("P1", "ready", dispatcher)
    assert Unit.objects.get(pk="P1").meaning == "available"


def test_a_unit_that_was_sent_then_arrives_and_is_cleared_now(dispatcher: Actor) -> None:
    with clock.at(AHEAD):
        case = call(dispatcher)
        do(case, "send", dispatcher, units=["P1"])
        do(case, "en_route", dispatcher, unit="P1")
    do(case, "on_scene", dispatcher, unit="P1")
    with pytest.raises(Invalid), clock.at(NOW + 5 * MINUTE):
        do(case, "clear", dispatcher, unit="P1", happened_at=NOW - 5 * MINUTE)
    do(case, "clear", dispatcher, unit="P1")
    assert Assignment.objects.get().cleared_at == NOW
    assert Unit.objects.get(pk="P1").meaning == "available"
