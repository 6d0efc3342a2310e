"""A closed road: entered by a dispatcher, seen by all, and driven around until it is opened."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.cases.models import Case
from blockwise.ledger.lines import content_of
from blockwise.ledger.models import Line
from blockwise.places.current import forget
from blockwise.places.models import City, RoadClosure
from blockwise.units.models import Unit
from tests.people import People, point_in
from tests.response.test_pages import signed_in

HERE, THERE = point_in("99010101"), point_in("99010102")
SOON = (clock.real_now() + timedelta(hours=2)).isoformat()
MIDDLE = {"lon": (HERE[0] + THERE[0]) / 2, "lat": HERE[1]}


@pytest.fixture
def desk(people: People, dispatcher: Actor) -> Client:
    return signed_in(people.in_charge)


def close(client: Client, **given: Any) -> Any:
    body = {**MIDDLE, "reason": "water", "ends_at": SOON, **given}
    return client.post("/api/closures", json.dumps(body), content_type="application/json")


def test_a_closure_is_seen_is_on_the_record_and_ends(desk: Client, people: People) -> None:
    made = close(desk)
    assert made.status_code == 201
    edge = made.json()["edge"]
    assert (made.json()["reason"], made.json()["direction"]) == ("water", "both")
    assert made.json()["ends_at"].startswith(SOON[:19])
    neighbour = signed_in(people.neighbour)
    (drawn,) = desk.get("/console/live").json()["closed"]
    until = datetime.fromisoformat(SOON).astimezone(ZoneInfo("Asia/Shanghai"))
    assert drawn["line"] == [list(HERE), list(THERE)]
    assert re.fullmatch(rf"water · until (\d\d-\d\d )?{until:%H:%M}", drawn["words"])  # by the city's clock
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


def form(**given: str) -> dict[str, str]:
    """The form of the card, as a dispatcher sends it: local times of the city."""
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    times = {"starts_at": f"{now:%Y-%m-%dT%H:%M}", "ends_at": f"{now + timedelta(hours=3):%Y-%m-%dT%H:%M}"}
    here = {"lon": str(MIDDLE["lon"]), "lat": str(MIDDLE["lat"])}
    return {**here, "road": "0:both", "reason": "works", **times, **given}


def test_a_road_is_closed_and_opened_where_a_dispatcher_points(desk: Client, people: People) -> None:
    here = {"lon": str(MIDDLE["lon"]), "lat": str(MIDDLE["lat"])}
    offered = desk.get("/console/point", here).content.decode()
    assert "Long Road · both directions" in offered
    assert "Long Road · only towards the east" in offered
    assert "<details>" in offered
    assert "<details open>" in desk.get("/console/point", {**here, "close": "1"}).content.decode()
    chinese = signed_in(people.in_charge, "zh-hans").get("/console/point", here).content.decode()
    assert "长路 · 双向" in chinese
    neighbour = signed_in(people.neighbour)
    assert "Close a road" not in neighbour.get("/console/point", here).content.decode()
    assert "outside the blocks" in neighbour.get("/console/point", {**here, "close": "1"}).content.decode()
    assert neighbour.post("/console/point/close", form()).status_code == 403
    shut = desk.post("/console/point/close", form(road="0:along")).content.decode()
    assert re.search(r"Closed road:\s+Long Road · road works · only towards the east · until", shut)
    assert "Open the road" in shut
    closure = RoadClosure.objects.get()
    assert (closure.edge, closure.direction, closure.reason) == (0, "along", "works")
    assert timedelta(hours=2) < (closure.ends_at or clock.now()) - clock.now() < timedelta(hours=3)
    assert neighbour.post("/console/point/open", {**here, "edge": "0"}).status_code == 403
    opened = desk.post("/console/point/open", {**here, "edge": "0"})
    assert "Open the road" not in opened.content.decode()
    assert Line.objects.filter(thread="system", act__startswith="roads").count() == 2


LATER = "2030-01-01T00:00"


@pytest.mark.parametrize(
    ("address", "given", "says"),
    [
        ("close", {"reason": ""}, "declared reasons"),
        ("close", {"reason": "at 13800138000"}, "declared reasons"),
        ("close", {"lon": "1", "lat": "1"}, "outside the city"),
        ("close", {"road": "7:both"}, "not near the point"),
        ("close", {"road": "0:up"}, "no direction"),
        ("close", {"road": "0"}, "no direction"),
        ("close", {"road": ""}, "no road edge"),
        ("close", {"ends_at": ""}, "not a time"),
        ("close", {"ends_at": "2020-01-01T00:00"}, "This end is past"),
        ("close", {"ends_at": LATER}, "at most 7 days"),
        ("close", {"starts_at": LATER, "ends_at": LATER}, "ends before it starts"),
        ("close", {"starts_at": "0001-01-01T00:00", "ends_at": LATER}, "not a time"),
        ("close", {"starts_at": "2002-01-01T00:00"}, "too far from now"),
        ("open", {"edge": "1e5"}, "no road edge"),
        ("open", {"edge": "²"}, "no road edge"),
        ("open", {}, "no road edge"),
    ],
)
def test_what_cannot_be_closed_or_opened_is_said(desk: Client, address: str, given: dict[str, str], says: str) -> None:
    answer = desk.post(f"/console/point/{address}", form(**given), headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not RoadClosure.objects.exists()


def test_a_closure_to_come_is_told_and_taken_back(desk: Client, call: Callable[..., Case]) -> None:
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    times = {
        f"{name}_at": f"{now + timedelta(days=days):%Y-%m-%dT%H:%M}" for name, days in (("starts", 2), ("ends", 3))
    }
    page = desk.post("/console/point/close", form(**times)).content.decode()
    assert re.search(r"road works · from \d\d-\d\d \d\d:\d\d · until", page)
    assert desk.get("/console/live").json()["closed"] == []  # not yet
    assert desk.delete("/api/closures/0").status_code == 204
    assert desk.get("/api/closures").json() == []


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
        ({"reason": "ask 13800138000"}, "body.reason"),
        ({"direction": "up"}, "body.direction"),
        ({"ends_at": None}, "body.ends_at"),
        ({"ends_at": "2030-01-01T00:00:00Z"}, "ends_at"),
        ({"starts_at": "2026-01-01"}, "starts_at"),
        ({"starts_at": "2030-01-02T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z"}, "ends_at"),
        ({"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2020-01-02T00:00:00Z"}, "ends_at"),
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


@pytest.mark.parametrize(
    ("time", "says"), [("2027-03-14T02:30", "skip this time"), ("2026-11-01T01:30", "shows? this time twice")]
)
def test_a_time_that_the_clocks_skip_or_show_twice_is_asked_again(desk: Client, time: str, says: str) -> None:
    City.objects.update(timezone="America/Los_Angeles")
    forget()
    answer = desk.post("/console/point/close", form(ends_at=time), headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert re.search(says, answer.content.decode())
    assert not RoadClosure.objects.exists()
