"""What is reached in some minutes: who may ask, and how often it is worked out."""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import shapely
from django.db import connection
from django.test import Client

from blockwise import clock
from blockwise.access import actors
from blockwise.access.actions import make_token
from blockwise.access.actors import WORKER, Actor
from blockwise.analysis import rings
from blockwise.places.models import RoadClosure
from blockwise.rooms import Role
from tests.people import People, person, point_in

LON, LAT = point_in("99010101")
WIDE = {"lon": LON, "lat": LAT, "minutes": [15, 30, 45, 60]}
MANY = 16


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, ...]]:
    """The minutes of each time that it is worked out."""
    found: list[tuple[float, ...]] = []
    real = rings.rings

    def counted(*given: Any) -> Any:
        found.append(tuple(given[-1]))
        return real(*given)

    monkeypatch.setattr(rings, "rings", counted)
    return found


def as_user(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def asked(client: Client, **query: Any) -> Any:
    answer = client.get("/api/rings", {"lon": LON, "lat": LAT, **query})
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content)["features"]


def at_once(client: Client, count: int) -> list[int]:
    cookie = client.cookies

    def one(_number: int) -> int:
        mine = Client()
        mine.cookies = cookie
        try:
            return mine.get("/api/rings", WIDE).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))


@pytest.mark.django_db(transaction=True)
def test_sixteen_wide_questions_without_a_role_are_refused_and_nothing_is_worked_out(
    dispatcher: Actor, people: People, worked_out: list[tuple[float, ...]]
) -> None:
    assert at_once(as_user(people.outsider), MANY) == [403] * MANY
    assert worked_out == []


@pytest.mark.django_db(transaction=True)
def test_sixteen_equal_questions_are_worked_out_once(
    dispatcher: Actor, people: People, worked_out: list[tuple[float, ...]]
) -> None:
    assert at_once(as_user(people.in_charge), MANY) == [200] * MANY
    assert worked_out == [(60.0, 45.0, 30.0, 15.0)]


def test_who_may_ask_about_which_place(dispatcher: Actor, people: People) -> None:
    roles = {Role.CALL_TAKER, Role.DISPATCHER, Role.SHIFT_LEADER, Role.BLOCK_LEADER, Role.ANALYST, Role.OVERSIGHT}
    for role in Role:
        here, elsewhere = person(f"{role}-here", (role, "9901")), person(f"{role}-there", (role, "9902"))
        assert as_user(here).get("/api/rings", WIDE).status_code == (200 if role in roles else 403)
        assert as_user(elsewhere).get("/api/rings", WIDE).status_code == 403
    for scope, status in (("places:read", 200), ("cases:read", 403)):
        secret = make_token(people.in_charge, "test", [scope], WORKER)[1]
        answer = Client().get("/api/rings", WIDE, headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == status


def test_another_closure_is_another_question(
    dispatcher: Actor, people: People, worked_out: list[tuple[float, ...]]
) -> None:
    client = as_user(people.in_charge)
    before = asked(client)
    assert asked(client) == before
    RoadClosure.objects.create(edge=0, starts_at=clock.now() - timedelta(hours=1), reason="flood")
    assert asked(client) != before
    assert len(worked_out) == 2


def test_the_largest_first(dispatcher: Actor, people: People) -> None:
    client = as_user(people.in_charge)
    own = asked(client)
    assert [ring["properties"] for ring in own] == [{"minutes": 15}, {"minutes": 5}]
    (two,) = asked(client, minutes=[2, 2])
    assert two["properties"] == {"minutes": 2}
    outer, inner = (shapely.geometry.shape(ring["geometry"]) for ring in (own[1], two))
    assert inner.contains(shapely.Point(LON, LAT))
    assert outer.area > inner.area


@pytest.mark.parametrize(
    "query",
    [
        *({"minutes": minutes} for minutes in (0, -1, 61, math.nan, math.inf, "x", [1, 2, 3, 4, 5])),
        *({"lon": lon} for lon in (0, "nan", "", LAT, 1e300)),
        {"crs": "epsg:4326"},
    ],
)
def test_what_cannot_be_drawn(dispatcher: Actor, people: People, query: dict[str, Any]) -> None:
    answer = as_user(people.in_charge).get("/api/rings", {"lon": LON, "lat": LAT, **query})
    assert answer.status_code == 422


def test_a_person_who_asks_without_end_is_told_to_wait(
    dispatcher: Actor, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over all sessions of that person, on pages as over the API; nobody else waits for it."""
    monkeypatch.setattr(actors, "RATE", 0.001)
    monkeypatch.setattr(actors, "BURST", 2)
    assert [as_user(people.in_charge).get("/console/fresh").status_code for _ in range(2)] == [200, 200]
    client = as_user(people.in_charge)
    for path in ("/api/rings", "/console/fresh"):
        answer = client.get(path, WIDE)
        assert answer.status_code == 429
        assert 900 < int(answer["Retry-After"]) <= 1000
    assert as_user(people.neighbour).get("/console/fresh").status_code == 200
