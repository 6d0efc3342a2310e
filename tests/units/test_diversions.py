"""A busy unit taken off its case for another one: both say so, and of two who do it one is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils.translation import override

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.cases.models import Case, CaseClock
from blockwise.cases.queries.story import story
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.problems import Conflict, Invalid
from blockwise.rooms import Role
from blockwise.units.models import Assignment, Unit
from tests.people import person

from .conftest import NOW, call, do

MINUTE = timedelta(minutes=1)
WHY = {"why": "more_urgent"}


def lines(case: Case) -> list[tuple[str, dict[str, Any]]]:
    return [(line.act, data_of(line)) for line in Line.objects.filter(thread=case.thread).order_by("number")]


def working() -> dict[str, int]:
    return dict(Assignment.objects.filter(cleared_at=None).values_list("unit", "case"))


def test_a_unit_is_taken_off_one_case_and_sent_to_another_in_one_act(dispatcher: Actor) -> None:
    old, new = call(dispatcher), call(dispatcher)
    do(old, "send", dispatcher, units=["P1"])
    do(old, "en_route", dispatcher, unit="P1")
    with clock.at(NOW + 5 * MINUTE):
        do(new, "divert", dispatcher, units=["P1", "M1"], off={"P1": old.pk}, **WHY)
    first, *rest = Assignment.objects.order_by("pk")
    assert (first.case_id, first.cleared_at) == (old.pk, NOW + 5 * MINUTE)
    assert (first.ended_by, first.ended_why) == ("divert", "more_urgent")
    assert {(one.unit_id, one.case_id, one.dispatched_at) for one in rest} == {
        (unit, new.pk, NOW + 5 * MINUTE) for unit in ("P1", "M1")
    }
    assert {unit.pk: unit.meaning for unit in Unit.objects.filter(pk__in=["P1", "M1"])} == dict.fromkeys(
        ("P1", "M1"), "committed"
    )
    act, data = lines(new)[-1]
    assert (act, data["units"], data["diverted"]) == ("divert", ["M1", "P1"], {"P1": old.pk})
    act, data = lines(old)[-1]
    assert (act, data) == (
        "unit_taken",
        {"units": ["P1"], "case": new.pk, "why": "more_urgent", "from": "en_route", "to": "received"},
    )
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.stage, new.stage) == ("received", "dispatched")
    again = CaseClock.objects.get(case=old, name="dispatch", stopped_at=None)
    assert (again.starts_at, again.due_at) == (NOW + 5 * MINUTE, NOW + 7 * MINUTE)
    with override("en"):
        assert story(old, dispatcher)[-1].sentence == (
            f"Alice diverted P1号 to case {new.pk}: this call is more urgent"
        )


def test_a_case_that_keeps_a_unit_goes_on(dispatcher: Actor) -> None:
    old, new = call(dispatcher), call(dispatcher)
    do(old, "send", dispatcher, units=["P1", "P2"])
    do(new, "divert", dispatcher, units=["P1"], off={"P1": old.pk}, **WHY)
    old.refresh_from_db()
    assert (old.stage, "to" in lines(old)[-1][1], working()) == ("dispatched", False, {"P1": new.pk, "P2": old.pk})


def test_units_of_several_cases_are_taken_at_once(dispatcher: Actor) -> None:
    first, second, new = (call(dispatcher) for _ in range(3))
    do(first, "send", dispatcher, units=["P1"])
    do(second, "send", dispatcher, units=["P2"])
    do(new, "divert", dispatcher, units=["P2", "P1"], off={"P2": second.pk, "P1": first.pk}, **WHY)
    assert working() == {"P1": new.pk, "P2": new.pk}
    assert [lines(case)[-1][0] for case in (first, second)] == ["unit_taken"] * 2


def test_of_two_who_divert_one_unit_the_second_is_told(dispatcher: Actor) -> None:
    """Both saw it on the old case; now it is on the first one's, from which nobody said to take it."""
    old, one, two = (call(dispatcher) for _ in range(3))
    do(old, "send", dispatcher, units=["P1"])
    do(one, "divert", dispatcher, units=["P1"], off={"P1": old.pk}, **WHY)
    before = Line.objects.count()
    with pytest.raises(Conflict) as refused:
        do(two, "divert", dispatcher, units=["P1"], off={"P1": old.pk}, **WHY)
    assert str(refused.value.what) == f"P1号 has been on case {one.pk} since 10:00:00, sent by Alice."
    assert (working(), Line.objects.count()) == ({"P1": one.pk}, before)


def test_a_unit_that_became_free_meanwhile_is_simply_sent(dispatcher: Actor) -> None:
    old, new = call(dispatcher), call(dispatcher)
    do(old, "send", dispatcher, units=["P1"])
    do(old, "stand_down", dispatcher, unit="P1", why="nearer")
    do(new, "divert", dispatcher, units=["P1"], off={"P1": old.pk}, **WHY)
    assert (working(), lines(new)[-1][1]["diverted"]) == ({"P1": new.pk}, {})
    assert lines(old)[-1][0] == "stand_down"


@pytest.mark.parametrize(
    "off",
    [
        ["x"],
        1,
        "P1@1",
        {"P1": 0},
        {"P1": None},
        {"P1": 2**63},
        {"P1": True},
        {"P1": [1]},
        {str(n): 1 for n in range(60)},
    ],
)
def test_what_is_no_case_is_refused(dispatcher: Actor, off: object) -> None:
    with pytest.raises(Invalid) as refused:
        do(call(dispatcher), "divert", dispatcher, units=["P1"], off=off, **WHY)
    assert refused.value.where == "off"


def test_nobody_takes_units_off_a_case_that_is_not_theirs(dispatcher: Actor) -> None:
    """A dispatcher of the whole city sends P1 to the west; one of the east may not take it from there."""
    east = actor_for(person("east", (Role.DISPATCHER, "9902"), name="东", name_en="East"))
    old, new = call(dispatcher), call(east, block="99020101")
    do(old, "send", dispatcher, units=["P1"])
    with pytest.raises(Conflict):
        do(new, "divert", east, units=["P1"], off={"P1": old.pk}, **WHY)
    assert working() == {"P1": old.pk}


def test_a_unit_on_the_case_itself_is_not_diverted_to_it(dispatcher: Actor) -> None:
    case = call(dispatcher)
    do(case, "send", dispatcher, units=["P1"])
    with pytest.raises(Conflict):
        do(case, "divert", dispatcher, units=["P1"], off={"P1": case.pk}, **WHY)


def test_a_diversion_is_not_earlier_than_what_it_ends(dispatcher: Actor) -> None:
    old, new = call(dispatcher), call(dispatcher)
    do(old, "send", dispatcher, units=["P1"])
    with clock.at(NOW + 10 * MINUTE):
        do(old, "en_route", dispatcher, unit="P1")
        with pytest.raises(Invalid) as refused:
            do(new, "divert", dispatcher, units=["P1"], off={"P1": old.pk}, happened_at=NOW + MINUTE, **WHY)
    assert refused.value.where == "happened_at"
