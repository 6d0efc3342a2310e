"""Units over HTTP, with three people."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from blockwise.access.actors import Actor
from blockwise.access.models import User
from blockwise.rooms import Role
from blockwise.units.models import Assignment, Unit
from tests.people import People, person, point_in

from .conftest import NOW, call, crew_of, do


def as_user(actor: Actor) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=int(actor.id.removeprefix("user:"))))
    return client


def post(client: Client, path: str, body: object, **headers: str) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json", headers=headers)


def codes(client: Client, **query: str) -> list[str]:
    return [unit["code"] for unit in client.get("/api/units", query).json()]


def test_each_sees_the_units_of_the_own_blocks(dispatcher: Actor, people: People) -> None:
    leader = person("leader", (Role.BLOCK_LEADER, "99"))
    seen = {
        "in charge": codes(as_user(dispatcher)),
        "neighbour": codes(as_user(people.actor("neighbour"))),
        "outsider": codes(as_user(people.actor("outsider"))),
        "crew": codes(as_user(crew_of("P3"))),
    }
    assert seen == {"in charge": ["F1", "M1", "P1", "P2"], "neighbour": ["P3", "V1"], "outsider": [], "crew": ["P3"]}
    client = Client()
    client.force_login(leader)
    assert codes(client) == []
    assert Client().get("/api/units").status_code == 401


def test_a_unit_as_it_is_shown(dispatcher: Actor) -> None:
    case = call(dispatcher)
    do(case, "send", dispatcher, units=["M1"])
    lon, lat = point_in("99010101")
    (shown,) = as_user(dispatcher).get("/api/units", {"meaning": "committed"}).json()
    assert shown == {
        "code": "M1", "call_sign": "M1号", "service": "ems", "type": "ambulance", "capabilities": ["medical"],
        "station": "SW", "status": "sent", "status_zh": "已派", "status_en": "Sent", "meaning": "committed",
        "status_at": NOW.isoformat().replace("+00:00", "Z"), "minutes": 0, "block": "99010101", "lon": lon, "lat": lat,
        "position_at": None, "accuracy_m": None, "stale": True, "on_shift": True, "case": case.pk,
    }  # fmt: skip
    assert codes(as_user(dispatcher), service="police") == ["P1", "P2"]
    assert as_user(dispatcher).get("/api/units", {"meaning": "asleep"}).status_code == 422


def test_a_status_is_set_once_for_a_key(dispatcher: Actor) -> None:
    client = as_user(dispatcher)
    first = post(client, "/api/units/P1/status", {"status": "meal"}, **{"Idempotency-Key": "a1"})
    again = post(client, "/api/units/P1/status", {"status": "meal"}, **{"Idempotency-Key": "a1"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json() | {"again": True}
    assert first.json()["meaning"] == "unavailable"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("P1", {"status": "nope"}, 422),
        ("P1", {}, 422),
        ("P1", {"status": "meal", "happened_at": "yesterday"}, 422),
        ("P1", {"status": "meal", "happened_at": "2100-01-01T00:00:00Z"}, 422),
        ("P1", {"status": "meal", "happened_at": "1900-01-01T00:00:00Z"}, 422),
        ("P1", {"status": "there"}, 409),
        ("NOPE", {"status": "meal"}, 404),
        ("p1", {"status": "meal"}, 422),
        ("P3", {"status": "meal"}, 403),
    ],
)
def test_a_status_that_cannot_be_is_a_4xx(dispatcher: Actor, path: str, body: dict[str, Any], status: int) -> None:
    answer = post(as_user(dispatcher), f"/api/units/{path}/status", body)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert not Unit.objects.filter(status="meal").exists()


def test_three_people_on_a_status_and_on_positions(dispatcher: Actor, people: People) -> None:
    lon, lat = point_in("99010102")
    fixes = [{"unit": "P1", "lon": lon, "lat": lat, "at": NOW.isoformat()}]
    for name, status in (("in_charge", 200), ("neighbour", 403), ("outsider", 403)):
        client = as_user(people.actor(name))
        assert post(client, "/api/units/P1/status", {"status": "meal"}).status_code == status
        assert post(client, "/api/positions", fixes).status_code == status
    assert post(Client(), "/api/positions", fixes).status_code == 401


def test_a_batch_of_positions_lists_what_was_not_used(dispatcher: Actor) -> None:
    lon, lat = point_in("99010102")
    good = {"unit": "P1", "lon": lon, "lat": lat, "at": NOW.isoformat()}
    answer = post(as_user(dispatcher), "/api/positions", [good, good | {"lon": 0, "lat": 0}, good])
    assert answer.json()["accepted"] == 1
    assert [(one["index"], one["unit"]) for one in answer.json()["ignored"]] == [(1, "P1"), (2, "P1")]
    assert all(one["reason"] for one in answer.json()["ignored"])


@pytest.mark.parametrize(
    "change",
    [{"at": "2026-05-06T02:00:00"}, {"at": "soon"}, {"lon": "east"}, {"lon": None}, {"unit": None}],
)
def test_positions_that_do_not_parse_are_a_4xx(dispatcher: Actor, change: dict[str, Any]) -> None:
    good = {"unit": "P1", "lon": 113.905, "lat": 22.555, "at": NOW.isoformat()}
    assert post(as_user(dispatcher), "/api/positions", [good | change]).status_code == 422
    assert post(as_user(dispatcher), "/api/positions", []).status_code == 422
    assert post(as_user(dispatcher), "/api/positions", [good] * 1001).status_code == 422


def test_hostile_numbers_are_ignored_with_a_reason(dispatcher: Actor) -> None:
    good = {"unit": "P1", "lon": 113.905, "lat": 22.555, "at": NOW.isoformat()}
    odd = [{"lon": 1e308}, {"lat": -1e308}, {"lon": 22.555, "lat": 113.905}, {"at": "0001-01-01T00:00:00+14:00"},
           {"at": "9999-12-31T23:59:59-14:00"}, {"crs": "mars"}]  # fmt: skip
    answer = post(as_user(dispatcher), "/api/positions", [good | change for change in odd])
    assert (answer.status_code, answer.json()["accepted"], len(answer.json()["ignored"])) == (200, 0, 6)


def test_a_dispatcher_is_told_who_has_a_busy_unit(dispatcher: Actor) -> None:
    client, first, second = as_user(dispatcher), call(dispatcher), call(dispatcher)
    assert post(client, f"/api/cases/{first.pk}/assignments", {"units": ["P1"]}).status_code == 201
    answer = post(client, f"/api/cases/{second.pk}/assignments", {"units": ["P1"]})
    assert answer.status_code == 409
    told = answer.json()
    assert (told["unit"], told["case"], told["by"], told["where"]) == ("P1", first.pk, dispatcher.id, "units")
    assert Assignment.objects.count() == 1
