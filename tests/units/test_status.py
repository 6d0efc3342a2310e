"""A unit's own status: the table of meanings, walked whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.cases.models import Case
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.problems import Conflict, Forbidden, Invalid, NotFound, Problem
from blockwise.units.actions import set_status
from blockwise.units.meanings import BY_HAND, WORKING
from blockwise.units.models import Assignment, Meaning, Status, Unit
from tests.people import People

from .conftest import NOW, call, crew_of, do

LABELS = {
    Meaning.OFF_DUTY: "off", Meaning.AVAILABLE: "ready", Meaning.COMMITTED: "sent", Meaning.EN_ROUTE: "driving",
    Meaning.ON_SCENE: "there", Meaning.TRANSPORTING: "carrying", Meaning.AT_HOSPITAL: "hospital",
    Meaning.UNAVAILABLE: "meal",
}  # fmt: skip
FREE = {Meaning.OFF_DUTY, Meaning.AVAILABLE, Meaning.UNAVAILABLE}


def meaning(code: str) -> str:
    return Unit.objects.values_list("meaning", flat=True).get(pk=code)


def put(code: str, wanted: Meaning) -> None:
    Unit.objects.filter(pk=code).update(status=LABELS[wanted], meaning=wanted)


@pytest.mark.parametrize("before", sorted(FREE))
@pytest.mark.parametrize("after", list(Meaning))
def test_without_a_case_a_unit_moves_among_the_free_meanings_alone(
    dispatcher: Actor, before: Meaning, after: Meaning
) -> None:
    put("P1", before)
    if after in FREE:
        set_status("P1", LABELS[after], dispatcher)
        assert meaning("P1") == after
    else:
        with pytest.raises(Conflict):
            set_status("P1", LABELS[after], dispatcher)
        assert meaning("P1") == before


def test_the_table_names_every_free_meaning_and_no_working_one() -> None:
    assert set(BY_HAND) == FREE == set(Meaning) - set(WORKING)
    assert all(allowed == FREE for allowed in BY_HAND.values())


@pytest.mark.parametrize("after", sorted(FREE))
def test_an_assigned_unit_becomes_free_by_clear_alone(dispatcher: Actor, after: Meaning) -> None:
    case = call(dispatcher)
    do(case, "send", dispatcher, units=["P1"])
    with pytest.raises(Conflict) as refusal:
        set_status("P1", LABELS[after], dispatcher)
    assert refusal.value.more == {"case": case.pk}
    assert (meaning("P1"), Assignment.objects.filter(cleared_at=None).count()) == ("committed", 1)
    do(case, "clear", dispatcher, unit="P1")
    assert set_status("P1", LABELS[after], dispatcher).meaning == after


def test_a_working_status_of_an_assigned_unit_moves_its_case(dispatcher: Actor) -> None:
    crew, case = crew_of("P1"), call(dispatcher)
    do(case, "send", dispatcher, units=["P1"])
    for number, label in enumerate(("sent", "driving", "there", "carrying", "hospital"), start=1):
        with clock.at(NOW + timedelta(minutes=number)):
            done = set_status("P1", label, crew)
        assert (done.case, Unit.objects.get(pk="P1").status_id) == (case.pk, label)
    kept = Assignment.objects.get()
    assert [kept.acknowledged_at, kept.hospital_at] == [NOW + timedelta(minutes=1), NOW + timedelta(minutes=5)]
    assert Case.objects.get().stage == "on_scene"
    lines = Line.objects.filter(thread=case.thread, actor=crew.id).order_by("number")
    assert [line.act for line in lines] == ["acknowledge", "en_route", "on_scene", "transport", "at_hospital"]


def test_a_status_is_a_line_of_the_units_own_thread(dispatcher: Actor) -> None:
    claimed = NOW + timedelta(seconds=1)
    with clock.at(NOW + timedelta(minutes=5)):
        done = set_status("P1", "meal", dispatcher, happened_at=claimed)
    line = Line.objects.get(thread="unit:P1")
    assert (line.number, line.act, line.actor, line.block) == (done.line, "status", dispatcher.id, "99010101")
    assert data_of(line) == {"from": "ready", "to": "meal", "meaning": "unavailable"}
    assert Unit.objects.get(pk="P1").status_at == claimed


def test_two_labels_of_one_meaning_follow_each_other(dispatcher: Actor) -> None:
    assert set_status("P1", "returning", dispatcher).meaning == "available"
    assert Unit.objects.get(pk="P1").status_id == "returning"


def test_a_status_that_comes_late_is_refused(dispatcher: Actor) -> None:
    with pytest.raises(Conflict):
        set_status("P1", "meal", dispatcher, happened_at=NOW - timedelta(minutes=1))


@pytest.mark.parametrize(
    ("unit", "label", "error"),
    [("NOPE", "ready", NotFound), ("P1", "nope", Invalid), ("P1", "", Invalid), ("P1", "available", Invalid)],
)
def test_what_is_not_there_is_refused(dispatcher: Actor, unit: str, label: str, error: type[Problem]) -> None:
    with pytest.raises(error):
        set_status(unit, label, dispatcher)


def test_three_people_and_a_crew(dispatcher: Actor, people: People) -> None:
    for name in ("neighbour", "outsider"):
        with pytest.raises(Forbidden):
            set_status("P1", "meal", people.actor(name))
    with pytest.raises(Forbidden):
        set_status("P1", "meal", crew_of("P2"))
    assert set_status("P1", "meal", crew_of("P1", login="own")).label == "meal"


def test_a_token_needs_the_scope_for_units_and_it_is_enough_for_its_case(dispatcher: Actor) -> None:
    case = call(dispatcher)
    do(case, "send", dispatcher, units=["P1"])
    crew = crew_of("P1")
    with pytest.raises(Forbidden):
        set_status("P1", "driving", replace(crew, scopes=frozenset({"cases:write", "cases:read"})))
    done = set_status("P1", "driving", replace(crew, scopes=frozenset({"units:write"})))
    assert (done.case, meaning("P1")) == (case.pk, "en_route")


def test_the_same_key_is_one_status(dispatcher: Actor) -> None:
    first = set_status("P1", "meal", dispatcher, key="k1")
    again = set_status("P1", "meal", dispatcher, key="k1")
    assert (again.line, first.again, again.again) == (first.line, False, True)
    assert Line.objects.filter(thread="unit:P1").count() == 1
    with pytest.raises(Conflict):
        set_status("P1", "ready", dispatcher, key="k1")


def test_a_city_without_a_label_for_a_meaning_is_told_so(dispatcher: Actor) -> None:
    Status.objects.filter(meaning="committed").delete()
    with pytest.raises(Conflict, match=r"statuses\.csv"):
        do(call(dispatcher), "send", dispatcher, units=["P1"])
    assert not Assignment.objects.exists()


def test_the_same_request_again_is_the_same_answer_whatever_became_of_the_unit(dispatcher: Actor) -> None:
    """Sent again after the work has ended, or after it has begun, it is no other request."""
    case = call(dispatcher)
    do(case, "send", dispatcher, units=["P1"])
    driving = set_status("P1", "driving", dispatcher, key="one")
    assert (driving.case, driving.again) == (case.pk, False)
    do(case, "clear", dispatcher, unit="P1")
    assert set_status("P1", "driving", dispatcher, key="one") == replace(driving, again=True)
    assert meaning("P1") == "available"
    ready = set_status("P1", "returning", dispatcher, key="two")
    do(call(dispatcher), "send", dispatcher, units=["P1"])
    assert set_status("P1", "returning", dispatcher, key="two") == replace(ready, again=True)
    with pytest.raises(Conflict, match="another request"):
        set_status("P1", "driving", dispatcher, key="two")
