"""A closed road: entered by a dispatcher, seen by all, and driven around until it is opened."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from blockwise.access.actors import Actor
from blockwise.cases.models import Case
from blockwise.ledger.lines import content_of
from blockwise.ledger.models import Line
from blockwise.places.models import RoadClosure
from blockwise.units.models import Unit
from tests.people import People, point_in
from tests.response.test_pages import signed_in

HERE, THERE = point_in("99010101"), point_in("99010102")
MIDDLE = {"lon": (HERE[0] + THERE[0]) / 2, "lat": HERE[1]}


@pytest.fixture
def desk(people: People, dispatcher: Actor) -> Client:
    return signed_in(people.in_charge)


def close(client: Client, **given: Any) -> Any:
    body = {**MIDDLE, "reason": "flood", **given}
    return client.post("/api/closures", json.dumps(body), content_type="application/json")


def test_a_closure_is_seen_is_on_the_record_and_ends(desk: Client, people: People) -> None:
    made = close(desk)
    assert made.status_code == 201
    edge = made.json()["edge"]
    assert (made.json()["reason"], made.json()["ends_at"]) == ("flood", None)
    neighbour = signed_in(people.neighbour)
    (drawn,) = desk.get("/console/live").json()["closed"]
    assert (drawn["reason"], drawn["line"]) == ("flood", [list(HERE), list(THERE)])
    assert [one["edge"] for one in neighbour.get("/api/closures").json()] == [edge]
    assert neighbour.delete(f"/api/closures/{edge}").status_code == 403
    assert desk.delete(f"/api/closures/{edge}").status_code == 204
    assert desk.delete(f"/api/closures/{edge}").status_code == 404
    assert neighbour.get("/api/closures").json() == []
    assert desk.get("/console/live").json()["closed"] == []
    shut, opened = (
        content_of(line) for line in Line.objects.filter(thread="system", act__startswith="roads").order_by("number")
    )
    assert (shut["act"], shut["actor"], shut["block"]) == ("roads_closed", people.actor("in_charge").id, "99010101")
    assert (shut["data"]["edges"], opened["data"]) == ([edge], {"edges": [edge]})


def test_a_road_is_closed_and_opened_where_a_dispatcher_points(desk: Client, people: People) -> None:
    here = {"lon": str(MIDDLE["lon"]), "lat": str(MIDDLE["lat"])}
    assert "Close the road here" in desk.get("/console/point", here).content.decode()
    neighbour = signed_in(people.neighbour)
    assert "Close the road" not in neighbour.get("/console/point", here).content.decode()
    shut = desk.post("/console/point/close", {**here, "reason": "<b>burst"}).content.decode()
    assert "&lt;b&gt;burst" in shut
    assert "Open the road" in shut
    edge = RoadClosure.objects.get().edge
    assert neighbour.post("/console/point/open", {**here, "edge": str(edge)}).status_code == 403
    opened = desk.post("/console/point/open", {**here, "edge": str(edge)})
    assert "Close the road here" in opened.content.decode()
    assert Line.objects.filter(thread="system", act__startswith="roads").count() == 2


@pytest.mark.parametrize(
    ("address", "given"),
    [
        ("close", {"reason": ""}),
        ("close", {"reason": "x" * 121}),
        ("close", {"reason": "flood", "lon": "0", "lat": "0"}),
        ("open", {"edge": "1e5"}),
        ("open", {"edge": "²"}),
        ("open", {}),
    ],
)
def test_what_cannot_be_closed_or_opened_is_said(desk: Client, address: str, given: dict[str, str]) -> None:
    form = {"lon": str(MIDDLE["lon"]), "lat": str(MIDDLE["lat"]), **given}
    assert desk.post(f"/console/point/{address}", form).status_code == 422
    assert not RoadClosure.objects.exists()


def test_a_point_without_a_road_near_offers_none(desk: Client) -> None:
    page = desk.get("/console/point", {"lon": str(HERE[0]), "lat": str(HERE[1] + 0.002)})
    assert page.status_code == 200
    assert "Close the road" not in page.content.decode()


def test_the_recommendation_drives_around_or_not_at_all(desk: Client, call: Callable[..., Case]) -> None:
    """The tiny city has one road: closed, whoever stands beyond it cannot come."""
    case = call()
    Unit.objects.update(lon_e7=round(THERE[0] * 1e7), lat_e7=round(THERE[1] * 1e7))
    address = f"/api/cases/{case.pk}/recommendation"
    assert desk.get(address).json()["send"]
    edge = close(desk).json()["edge"]
    found = desk.get(address).json()
    assert (found["send"], found["shortfalls"]) == ([], {"patrol": 1})
    assert {one["reason"] for one in found["passed_over"]} >= {"unreachable"}
    desk.delete(f"/api/closures/{edge}")
    assert desk.get(address).json()["send"]


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"lat": 22.552}, "lon, lat"),  # 300 metres beside the road
        ({"lon": 1.0}, "lon, lat"),
        ({"reason": ""}, "body.reason"),
        ({"reason": "x" * 121}, "body.reason"),
        ({"reason": "ask 13800138000"}, "reason"),
        ({"starts_at": "2026-01-01"}, "starts_at"),
        ({"starts_at": "2030-01-02T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z"}, "ends_at"),
        ({"edges": [1]}, "body.edges"),
    ],
)
def test_what_closes_nothing_is_refused(desk: Client, given: dict[str, Any], where: str) -> None:
    answer = close(desk, **given)
    assert (answer.status_code, answer.json()["where"]) == (422, where)
    assert not RoadClosure.objects.exists()


def test_an_edge_that_is_none_is_not_there(desk: Client) -> None:
    assert desk.delete("/api/closures/999999").status_code == 404


def test_a_closure_of_a_road_that_is_gone_is_left_out(desk: Client) -> None:
    close(desk)
    RoadClosure.objects.update(edge=999_999)
    assert desk.get("/api/closures").json() == []
