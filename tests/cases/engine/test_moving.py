"""A case moves into another block by a correction where its mover may open one; a call may be passed on, knowingly."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from blockwise.access.actors import Actor, actor_for
from blockwise.cases import engine
from blockwise.cases.models import Case
from blockwise.cases.rules import sight
from blockwise.ledger import lines
from blockwise.problems import Conflict, NotFound, Problem
from blockwise.rooms import Role
from tests.people import People, person, point_in, signed_in
from tests.units.conftest import call, do

CELL, NEAR, BEYOND = "99010102", "99010201", "99020101"  # of one community, of another, of the next district
HTMX = {"HX-Request": "true"}


def place(block: str) -> dict[str, Any]:
    lon, lat = point_in(block)
    return {"lon": lon, "lat": lat, "text": "北街", "kind": "street"}


def hazard(actor: Actor, block: str = CELL) -> Case:
    data = {"type": "fire.exit", "description": "x", "place": place(block)}
    return Case.objects.get(pk=engine.open_case("hazard", data, actor).case)


def moved(case: Case, actor: Actor, block: str, **data: Any) -> str:
    """The block after a correction, or the class of the refusal."""
    try:
        do(case, "correct", actor, place=place(block), **data)
    except Problem as refused:
        case.refresh_from_db()
        assert case.block_id != block
        return type(refused).__name__
    case.refresh_from_db()
    return str(case.block_id)


@pytest.fixture
def both(people: People, dispatcher: Actor) -> Actor:
    """Dispatches in both districts."""
    user = person("dana", (Role.DISPATCHER, "9901"), (Role.DISPATCHER, "9902"))
    return actor_for(user)


def test_a_dispatcher_moves_a_call_across_the_own_blocks(dispatcher: Actor, both: Actor) -> None:
    assert moved(call(dispatcher, CELL), dispatcher, NEAR) == NEAR
    assert moved(call(dispatcher, CELL), both, BEYOND) == BEYOND


def test_a_call_is_passed_on_to_the_next_district_only_when_that_is_said(dispatcher: Actor, people: People) -> None:
    case = call(dispatcher, CELL)
    with pytest.raises(Conflict) as refused:
        do(case, "correct", dispatcher, place=place(BEYOND))
    assert "where you may open no case" in str(refused.value.what)
    assert (refused.value.where, refused.value.more) == ("pass_on", {"block": BEYOND})
    assert moved(case, dispatcher, BEYOND, pass_on=False) == "Conflict"
    assert moved(case, dispatcher, BEYOND, pass_on=True) == BEYOND
    with pytest.raises(NotFound):
        sight.case_for(case.pk, dispatcher)
    taking_over = people.actor("neighbour")
    assert sight.case_for(case.pk, taking_over).block_id == BEYOND
    last = lines.thread_lines(case.thread).last()
    assert last is not None
    assert (last.block, lines.data_of(last)["passed_on"]) == (BEYOND, CELL)
    do(case, "note", taking_over, note="taken over")


def test_nothing_is_passed_on_to_a_block_where_nobody_could_take_it_over(dispatcher: Actor, people: People) -> None:
    people.neighbour.grants.all().delete()
    with pytest.raises(Conflict, match="Nobody there could take it over"):
        do(call(dispatcher, CELL), "correct", dispatcher, place=place(BEYOND), pass_on=True)


def test_a_call_without_a_place_is_not_slipped_into_another_block_either(dispatcher: Actor) -> None:
    case = call(dispatcher, CELL)
    for block, kind in (("9902", Conflict), ("99", Conflict)):
        with pytest.raises(kind):
            do(case, "correct", dispatcher, place={"found": "none", "block": block})
    do(case, "correct", dispatcher, place={"found": "none", "block": "9901"})


def test_a_leader_moves_no_hazard_to_a_neighbour_said_or_not(dispatcher: Actor, leader: Actor) -> None:
    case = hazard(dispatcher)
    assert moved(case, leader, "99010101") == "99010101"
    assert moved(case, leader, NEAR) == "Forbidden"
    with pytest.raises(Problem):
        do(case, "correct", leader, place=place(NEAR), pass_on=True)
    assert moved(case, dispatcher, BEYOND) == "Forbidden"
    assert moved(case, dispatcher, NEAR) == NEAR


def test_whoever_corrects_there_may_correct_within_the_block_without_opening_any(dispatcher: Actor) -> None:
    case = hazard(dispatcher)
    lon, lat = point_in(CELL)
    nearby = {"lon": lon + 0.001, "lat": lat, "text": "南街", "kind": "street"}
    lone = actor_for(person("lone", (Role.BLOCK_LEADER, CELL)))
    do(case, "correct", lone, place=nearby)


@pytest.mark.parametrize(("name", "wanted"), [("in_charge", 409), ("neighbour", 404), ("outsider", 404)])
def test_three_people_pass_a_call_on(name: str, wanted: int, dispatcher: Actor, people: People) -> None:
    case = call(dispatcher, CELL)
    client = signed_in(getattr(people, name))
    body: dict[str, Any] = {"data": {"place": place(BEYOND)}, "expected_version": 1}
    address = f"/api/cases/{case.pk}/acts/correct"
    assert client.post(address, body, content_type="application/json").status_code == wanted
    body["data"]["pass_on"] = True
    after = 200 if wanted == 409 else wanted
    assert client.post(address, body, content_type="application/json").status_code == after


def form(case: Case, **more: str) -> dict[str, str]:
    lon, lat = point_in(BEYOND)
    given = {"place.lon": str(lon), "place.lat": str(lat), "place.text": "x", "place.kind": "street"}
    return {**given, "version": str(case.version), "type": case.type, "priority": str(case.priority), **more}


@pytest.fixture
def desk(people: People) -> Client:
    return signed_in(people.in_charge)


def test_the_page_of_the_act_asks_and_leads_to_the_list_afterwards(dispatcher: Actor, desk: Client) -> None:
    case = call(dispatcher, CELL)
    address = f"/cases/{case.pk}/acts/correct/"
    refused = desk.post(address, form(case))
    assert refused.status_code == 409
    assert "say that it is passed on to that block" in refused.content.decode()
    assert 'name="pass_on"' in refused.content.decode()
    done = desk.post(address, form(case, pass_on="on"), follow=True)
    assert done.redirect_chain == [("/cases/", 302)]
    assert f"Case {case.pk} is no longer yours to see" in done.content.decode()


def test_the_console_says_that_a_case_passed_on_is_out_of_sight(dispatcher: Actor, desk: Client) -> None:
    case = call(dispatcher, CELL)
    given = form(case)
    shown = desk.get("/places/at", given).content.decode()
    proof = shown.split('name="place.shown" value="')[1].split('"')[0]
    given["place.shown"] = proof
    address = f"/console/{case.pk}/act/correct"
    assert desk.post(address, given, headers=HTMX).status_code == 409
    done = desk.post(address, given | {"pass_on": "on"}, headers=HTMX)
    assert done.status_code == 200
    assert f"Case {case.pk} is no longer yours to see" in done.content.decode()


def test_a_hazard_form_does_not_offer_to_pass_on(dispatcher: Actor, desk: Client) -> None:
    case = hazard(dispatcher)
    assert "pass_on" not in desk.get(f"/cases/{case.pk}/acts/correct/").content.decode()
