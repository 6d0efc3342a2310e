"""A unit that leaves a case before its work was done: why, what becomes of the case, and what it promises then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils.translation import override

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.cases.models import Case, CaseClock
from blockwise.cases.queries.story import story
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.problems import Conflict, Forbidden, Invalid
from blockwise.units.actions import set_status
from blockwise.units.models import Assignment, Status, Unit
from tests.forces import CONTENT, make_forces
from tests.people import People

from .conftest import NOW, call, crew_of, do

MINUTE = timedelta(minutes=1)


def stage(case: Case) -> str:
    return Case.objects.get(pk=case.pk).stage


def last(case: Case) -> dict[str, Any]:
    return data_of(Line.objects.filter(thread=case.thread).latest("number"))


def promise(case: Case) -> CaseClock:
    return CaseClock.objects.filter(case=case, name="dispatch").latest("pk")


@pytest.mark.parametrize(
    ("act", "why", "meaning"), [("stand_down", "nearer", "available"), ("break_down", "vehicle", "unavailable")]
)
@pytest.mark.parametrize("reached", ["dispatched", "en_route", "on_scene"])
def test_the_last_unit_that_leaves_lets_the_case_wait_again(
    dispatcher: Actor, act: str, why: str, meaning: str, reached: str
) -> None:
    case = call(dispatcher)
    do(case, "send", dispatcher, units=["P1"])
    if reached != "dispatched":
        do(case, reached, dispatcher, unit="P1")
    assert promise(case).stopped_at
    with clock.at(NOW + 5 * MINUTE):
        done = do(case, act, dispatcher, unit="P1", why=why)
    row, line = Assignment.objects.get(), last(case)
    assert (row.cleared_at, row.ended_by, row.ended_why) == (NOW + 5 * MINUTE, act, why)
    assert Unit.objects.get(pk="P1").meaning == meaning
    assert (done.stage, stage(case)) == ("received", "received")
    assert (line["unit"], line["why"], line["from"], line["to"]) == ("P1", why, reached, "received")
    again = promise(case)
    assert (again.stopped_at, again.starts_at) == (None, NOW + 5 * MINUTE)
    assert again.due_at == NOW + 7 * MINUTE  # its own two minutes, from now
    running = CaseClock.objects.filter(case=case, stopped_at=None).values_list("due_at", flat=True)
    assert Case.objects.get(pk=case.pk).due_at == min(due for due in running if due)


def test_while_another_unit_is_on_it_the_case_goes_on(dispatcher: Actor) -> None:
    case = call(dispatcher)
    for unit in ("P1", "P2", "M1"):  # the first, and further ones later
        do(case, "send", dispatcher, units=[unit])
        do(case, "en_route", dispatcher, unit=unit)
    do(case, "stand_down", dispatcher, unit="P1", why="nearer")
    do(case, "break_down", dispatcher, unit="P2", why="vehicle")
    assert (stage(case), "to" in last(case), bool(promise(case).stopped_at)) == ("en_route", False, True)
    do(case, "stand_down", dispatcher, unit="M1", why="not_needed")
    assert stage(case) == "received"


def test_who_leaves_without_having_been_there_leaves_a_case_that_waits(dispatcher: Actor) -> None:
    alone, served = call(dispatcher), call(dispatcher)
    do(alone, "send", dispatcher, units=["P1"])
    do(alone, "clear", dispatcher, unit="P1")
    assert (stage(alone), last(alone)["to"]) == ("received", "received")
    do(served, "send", dispatcher, units=["P1", "P2"])
    do(served, "on_scene", dispatcher, unit="P1")
    for unit in ("P2", "P1"):
        do(served, "clear", dispatcher, unit=unit)
    assert stage(served) == "on_scene"  # somebody was there: it is for the dispatcher to end it


@pytest.mark.parametrize("why", [None, "", "bored", "vehicle", 7, ["nearer"]])
def test_no_unit_is_stood_down_without_a_declared_reason(dispatcher: Actor, why: object) -> None:
    case = call(dispatcher)
    do(case, "send", dispatcher, units=["P1"])
    with pytest.raises(Invalid) as refused:
        do(case, "stand_down", dispatcher, unit="P1", why=why)
    assert refused.value.where == "why"
    assert stage(case) == "dispatched"


def test_a_crew_says_itself_that_it_can_go_no_further(dispatcher: Actor) -> None:
    case, crew = call(dispatcher), crew_of("P1")
    do(case, "send", dispatcher, units=["P1", "P2"])
    with pytest.raises(Forbidden):
        do(case, "break_down", crew, unit="P2", why="vehicle")
    with pytest.raises(Forbidden):
        do(case, "stand_down", crew, why="not_needed")  # that is the dispatcher's to say
    do(case, "break_down", crew, why="vehicle")
    assert Unit.objects.get(pk="P1").meaning == "unavailable"


def test_a_broken_unit_is_not_at_a_meal(dispatcher: Actor) -> None:
    """The city's own label for it, where it has one; the line says which."""
    case = call(dispatcher)
    do(case, "send", dispatcher, units=["P1"])
    do(case, "break_down", dispatcher, unit="P1", why="vehicle")
    assert last(case)["status"] == Unit.objects.get(pk="P1").status_id == "meal"  # the one label that is out
    Status.objects.create(label="out_of_service", zh="停用", en="Out", meaning="unavailable")
    do(case, "send", dispatcher, units=["P2"])
    do(case, "break_down", dispatcher, unit="P2", why="vehicle")
    assert last(case)["status"] == Unit.objects.get(pk="P2").status_id == "out_of_service"


def test_a_unit_at_work_is_told_how_it_goes_out_of_service(dispatcher: Actor) -> None:
    case = call(dispatcher)
    do(case, "send", dispatcher, units=["P1"])
    with pytest.raises(Conflict) as refused:
        set_status("P1", "meal", dispatcher)
    assert "break_down" in str(refused.value.fix)


def test_the_record_says_why_in_both_languages(dispatcher: Actor, people: People) -> None:
    case = call(dispatcher)
    do(case, "send", dispatcher, units=["P1"])
    do(case, "stand_down", dispatcher, unit="P1", why="nearer")
    for language, wanted in (
        ("en", "Alice stood down P1号: another unit is nearer"),
        ("zh-hans", "撤回P1号：有更近的警力"),
    ):
        with override(language):
            assert wanted in story(case, dispatcher)[-1].sentence


class TestDelays:
    def test_a_delay_is_on_the_record_until_the_caller_is_told(self, dispatcher: Actor) -> None:
        case = call(dispatcher)
        do(case, "send", dispatcher, units=["P1"])
        with clock.at(NOW + MINUTE):
            do(case, "delay", crew_of("P1"), why="traffic", minutes=10)
        [delay] = Assignment.objects.get().delays.all()
        assert (delay.at, delay.minutes, delay.why, delay.told_at) == (NOW + MINUTE, 10, "traffic", None)
        line = last(case)
        assert (line["unit"], line["minutes"], line["why"]) == ("P1", 10, "traffic")
        with override("en"):
            assert story(case, dispatcher)[-1].sentence == "P1号 comes about 10 min later: traffic"
        with clock.at(NOW + 2 * MINUTE):
            do(case, "tell_delay", dispatcher)
        delay.refresh_from_db()
        assert (delay.told_at, last(case)["units"]) == (NOW + 2 * MINUTE, ["P1"])
        with pytest.raises(Conflict):
            do(case, "tell_delay", dispatcher)

    @pytest.mark.parametrize("minutes", [None, "", 0, -1, 241, "x", 1.5, True, [3]])
    def test_a_delay_has_its_minutes(self, dispatcher: Actor, minutes: object) -> None:
        case = call(dispatcher)
        do(case, "send", dispatcher, units=["P1"])
        with pytest.raises(Invalid) as refused:
            do(case, "delay", dispatcher, unit="P1", why="traffic", minutes=minutes)
        assert refused.value.where == "minutes"

    def test_who_is_there_is_not_late(self, dispatcher: Actor) -> None:
        case = call(dispatcher)
        do(case, "send", dispatcher, units=["P1"])
        do(case, "on_scene", dispatcher, unit="P1")
        with pytest.raises(Conflict):
            do(case, "delay", dispatcher, unit="P1", why="traffic", minutes=5)
        with pytest.raises(Conflict):
            do(call(dispatcher), "tell_delay", dispatcher)


def test_a_load_that_leaves_out_a_unit_at_work_is_refused_and_names_it_with_its_case(dispatcher: Actor) -> None:
    case = call(dispatcher)
    do(case, "send", dispatcher, units=["F1"])
    fewer = tuple(row for row in CONTENT.units if row.code != "F1")
    roster = tuple(row for row in CONTENT.roster if row.unit != "F1")
    with pytest.raises(Conflict, match=rf"leaves out work on cases: F1 \({case.pk}\)"):
        make_forces(units=fewer, roster=roster)
    do(case, "stand_down", dispatcher, unit="F1", why="nearer")
    assert make_forces(units=fewer, roster=roster).tables["units"].gone == ("F1",)
