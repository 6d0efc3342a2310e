"""The ways to a case as the road goes, by three people, in a number of queries that does not grow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.cases import engine
from blockwise.cases.models import Case
from blockwise.places.current import forget
from blockwise.places.models import RoadClosure, RoadNetwork
from blockwise.units.models import Unit
from tests.people import CELLS, People, point_in, signed_in

Take = Callable[..., Case]
QUERIES = 10  # the session, the person and roles, the case, its place, the units, who is sent, closures


@pytest.fixture
def desk(people: People, dispatcher: Actor) -> Client:
    return signed_in(people.in_charge)


def put(*codes: str, cell: str = CELLS[2]) -> None:
    lon, lat = point_in(cell)
    Unit.objects.filter(pk__in=codes).update(lon_e7=round(lon * 1e7), lat_e7=round(lat * 1e7))


def send(case: Case, actor: Actor, *codes: str) -> None:
    engine.act(case.pk, "send", {"units": list(codes), "override": True}, actor, expected_version=case.version)


def ways(client: Client, case: Case, units: str = "") -> dict[str, Any]:
    answer = client.get(f"/console/{case.pk}/ways", {"units": units})
    assert answer.status_code == 200
    return {feature["properties"]["unit"]: feature for feature in answer.json()["features"]}


def test_a_unit_on_its_way_is_joined_as_the_road_goes(desk: Client, call: Take, dispatcher: Actor) -> None:
    case = call(CELLS[0])
    put("P1", "P2")
    assert ways(desk, case) == {}
    send(case, dispatcher, "P1")
    found = ways(desk, case, "P2 P1 X9")
    assert {code: feature["properties"]["sent"] for code, feature in found.items()} == {"P1": True, "P2": False}
    line = found["P1"]["geometry"]["coordinates"]
    assert line == [list(point_in(CELLS[k])) for k in (2, 2, 1, 0, 0)]  # legs off the road of no length at both ends
    assert found["P1"]["properties"]["seconds"] == round(2 * 1026 / 10)


def test_who_is_there_has_no_way_left_and_who_cannot_come_has_none(desk: Client, call: Take, dispatcher: Actor) -> None:
    case = call(CELLS[0])
    put("P1", "P2")
    send(case, dispatcher, "P1")
    RoadClosure.objects.create(edge=0, starts_at=clock.now(), ends_at=None, reason="water")
    assert ways(desk, case, "P2") == {}  # the one road is closed
    RoadClosure.objects.all().delete()
    case.assignments.update(on_scene_at=clock.now())
    assert ways(desk, case) == {}


def test_three_people_ask(desk: Client, call: Take, people: People, dispatcher: Actor) -> None:
    case = call(CELLS[0])
    send(case, dispatcher, "P1")
    address = f"/console/{case.pk}/ways"
    assert desk.get(address).status_code == 200
    assert signed_in(people.neighbour).get(address).status_code == 404
    assert signed_in(people.outsider).get(address).status_code == 403
    assert Client().get(address).status_code == 302
    assert desk.post(address).status_code == 405
    assert desk.get("/console/999999/ways").status_code == 404


@pytest.mark.parametrize("units", ["P1", "P1 P2 F1"])
def test_queries_do_not_grow(desk: Client, call: Take, units: str, django_assert_num_queries: Any) -> None:
    case = call(CELLS[0])
    ways(desk, case, units)
    with django_assert_num_queries(QUERIES):
        found = ways(desk, case, units)
    assert len(found) == len(units.split())


@pytest.mark.parametrize("units", ["'; drop", "P1 " * 500, "%", "💧"])
def test_any_text_is_taken_for_no_unit(desk: Client, call: Take, units: str) -> None:
    case = call(CELLS[0])
    assert set(ways(desk, case, units)) <= {"P1"}


def test_without_roads_it_is_said(desk: Client, call: Take) -> None:
    case = call(CELLS[0])
    RoadNetwork.objects.all().delete()
    forget()
    assert desk.get(f"/console/{case.pk}/ways", {"units": "P1"}).status_code == 404
