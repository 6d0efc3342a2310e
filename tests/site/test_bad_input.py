"""What bad input gets (issue 2): a 4xx that says what, where and what to do; never a 5xx, and nothing half-written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from django.apps import apps
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from django.utils.translation import override

from blockwise import clock
from blockwise.access.actors import actor_for
from blockwise.cases import engine
from blockwise.cases.models import Case
from blockwise.places.coordinates import Crs, from_wgs84
from blockwise.rooms import Role
from blockwise.site.bridge import LARGEST_BODY, Bridge
from tests.kinds import store_kinds
from tests.people import People, box, give, point_in

from .asgi import call, scope

NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)
LON, LAT = point_in("99010101")
PLACE = {"lon": LON, "lat": LAT, "text": "街口", "kind": "street"}
HAZARD = {"type": "fire.exit", "description": "x", "place": PLACE}
CALL = {"type": "medical.fall", "place": PLACE}
NOT_KEPT = {"access_session", "access_throttle", "django_migrations", "django_content_type"}


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def case(people: People, forces: None) -> Case:
    """An open call in the west."""
    store_kinds()
    give(people.in_charge, Role.CALL_TAKER, "99")
    return Case.objects.get(pk=engine.open_case("call", CALL, actor_for(people.in_charge)).case)


@pytest.fixture
def taker(client: Client, people: People, case: Case) -> Client:
    client.force_login(people.in_charge)
    return client


def kept() -> dict[str, list[Any]]:
    """Every row of every table of ours."""
    models = [model for model in apps.get_models() if model._meta.db_table not in NOT_KEPT]
    return {model._meta.db_table: list(model._default_manager.order_by("pk").values_list()) for model in models}


def refused(client: Client, method: str, address: str, body: Any = None, key: str = "") -> dict[str, Any]:
    """The problem document, after which everything is as it was."""
    before = kept()
    sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    headers = {"Idempotency-Key": key} if key else {}
    answer = client.generic(method, address, sent, content_type="application/json", headers=headers)
    assert 400 <= answer.status_code < 500, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] != "about:blank"
    assert problem["detail"]
    assert problem["fix"]
    assert kept() == before
    return problem


def as_call(place: Any) -> tuple[str, str, Any]:
    return "POST", "/api/calls", {**CALL, "place": place}


def as_case(place: Any) -> tuple[str, str, Any]:
    return "POST", "/api/cases", {"kind": "hazard", "data": {**HAZARD, "place": place}}


def as_correction(place: Any) -> tuple[str, str, Any]:
    return "POST", "/api/cases/{case}/acts/correct", {"data": {"place": place}, "expected_version": 1}


def as_question(place: Any) -> tuple[str, str, Any]:
    return "GET", "/api/blocks/at?" + "&".join(f"{name}={place[name]}" for name in place if name != "kind"), None


DOORS = [as_call, as_case, as_correction, as_question]
Door = Callable[[Any], tuple[str, str, Any]]


def tried(client: Client, case: Case, door: Door, place: Any) -> dict[str, Any]:
    method, address, body = door(place)
    return refused(client, method, address.replace("{case}", str(case.pk)), body)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("lon", "lat", "words"),
    [
        (0, 0, "the place is missing"),
        (LAT, LON, "swapped"),  # 113 is no latitude
        (2.35, 48.85, "outside the city"),
        (LON + 360, LAT, "not within -180 and 180"),
        (LON, 95.0, "not within -90 and 90"),
        (1e300, LAT, ""),
        (LON, -1e-300, "outside the city"),
    ],
)
def test_points_that_are_nowhere(taker: Client, case: Case, door: Door, lon: float, lat: float, words: str) -> None:
    problem = tried(taker, case, door, {"lon": lon, "lat": lat, "kind": "street"})
    assert problem["status"] == 422
    assert problem["where"] in {"place", "lon, lat", "query.lon"}
    assert words in problem["detail"]


@pytest.mark.parametrize("door", DOORS)
def test_swapped_numbers_that_are_both_possible_are_noticed_by_where_they_fall(
    taker: Client, case: Case, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a city at 75 degrees east, both numbers are possible latitudes."""
    monkeypatch.setattr("blockwise.places.given.block_at", lambda lon, lat: "here" if lon > lat else None)
    problem = tried(taker, case, door, {"lon": 22.5, "lat": 75.1, "kind": "street"})
    assert (problem["status"], "swapped" in problem["fix"]) == (422, True)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
def test_shifted_coordinates_declared_as_wgs84_are_noticed(taker: Client, case: Case, door: Door, crs: Crs) -> None:
    """A point by the city's eastern border, in the maps' own numbers, lies beyond it."""
    _west, south, east, north = box("99")
    lon, lat = from_wgs84(np.array([east - 0.001]), np.array([(south + north) / 2]), crs)
    place = {"lon": float(lon[0]), "lat": float(lat[0]), "kind": "street"}
    problem = tried(taker, case, door, place)
    assert problem["status"] == 422
    assert "outside the city" in problem["detail"]
    assert crs in problem["fix"]
    method, address, body = door({**place, "crs": crs})
    again = taker.generic(
        method,
        address.replace("{case}", str(case.pk)),
        json.dumps(body or {}).encode(),
        content_type="application/json",
    )
    assert again.status_code in {200, 201}, again.content


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity"])
@pytest.mark.parametrize("address", ["/api/calls", "/api/cases"])
def test_numbers_that_are_none(taker: Client, number: bytes, address: str) -> None:
    place = b'{"lon": %s, "lat": 22.555, "kind": "street"}' % number
    bodies = {
        "/api/calls": b'{"type": "medical.fall", "place": %s}' % place,
        "/api/cases": b'{"kind": "call", "data": {"type": "medical.fall", "place": %s}}' % place,
    }
    problem = refused(taker, "POST", address, bodies[address])
    assert (problem["status"], problem["where"]) == (400, "body")
    assert number.decode() in problem["detail"]


@pytest.mark.parametrize("text", ["NaN", "nan", "inf", "1e999", "", "x"])
def test_numbers_in_an_address_that_are_none(taker: Client, text: str) -> None:
    assert refused(taker, "GET", f"/api/blocks/at?lon={text}&lat={LAT}")["status"] == 422
    assert refused(taker, "GET", f"/api/rings?lon={LON}&lat={text}")["status"] == 422


@pytest.mark.parametrize("text", [b"\\u0000", b"\\ud800", b"\\udfff", b"a\\udc80b"])
@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/api/calls", b'{"type": "medical.fall", "place": {"lon": 1, "lat": 1}, "description": "%s"}'),
        ("/api/calls", b'{"type": "medical.fall", "place": {"lon": 1, "lat": 1}, "caller": {"name": "%s"}}'),
        ("/api/cases", b'{"kind": "%s", "data": {}}'),
        ("/api/cases", b'{"kind": "hazard", "data": {"%s": 1}}'),
        ("/api/cases/1/acts/note", b'{"data": {"note": ["%s"]}}'),
        ("/api/units/P1/status", b'{"status": "%s"}'),
        ("/api/positions", b'[{"unit": "%s", "lon": 1, "lat": 1, "at": "2026-05-06T02:00:00Z"}]'),
    ],
)
def test_text_that_no_text_may_hold(taker: Client, address: str, body: bytes, text: bytes) -> None:
    problem = refused(taker, "POST", address, body.replace(b"%s", text))
    assert (problem["status"], problem["where"]) == (400, "body")
    assert "U+0000" in problem["detail"]


@pytest.mark.parametrize(
    "moment", ["1900-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00-14:00"]
)
def test_years_far_away(taker: Client, case: Case, moment: str) -> None:
    tries = [
        ("POST", "/api/calls", {**CALL, "happened_at": moment}, "happened_at"),
        ("POST", "/api/cases", {"kind": "hazard", "data": HAZARD, "happened_at": moment}, "happened_at"),
        ("POST", f"/api/cases/{case.pk}/acts/note", {"data": {"note": "x"}, "happened_at": moment}, "happened_at"),
        ("POST", f"/api/cases/{case.pk}/assignments", {"units": ["P1"], "happened_at": moment}, "happened_at"),
        ("POST", "/api/units/P1/status", {"status": "meal", "happened_at": moment}, "happened_at"),
        ("GET", f"/api/cases?since={moment.replace('+', '%2B')}", None, "since"),
        ("GET", f"/api/cases?until={moment.replace('+', '%2B')}", None, "until"),
    ]
    for method, address, body, where in tries:
        problem = refused(taker, method, address, body)
        assert (problem["status"], problem["where"]) == (422, where), address


@pytest.mark.parametrize("moment", ["2026-05-06T02:00:00", "yesterday", "", "2026-13-01T00:00:00Z", "1e9"])
def test_times_that_are_none(taker: Client, moment: str) -> None:
    problem = refused(taker, "POST", "/api/calls", {**CALL, "happened_at": moment})
    assert (problem["status"], problem["where"]) == (422, "happened_at")


def test_a_claim_in_the_future(taker: Client) -> None:
    problem = refused(taker, "POST", "/api/calls", {**CALL, "happened_at": "2026-05-06T02:16:00Z"})
    assert (problem["where"], problem["detail"]) == ("happened_at", "This time is in the future.")


@pytest.mark.parametrize("size", [LARGEST_BODY + 1, 10_000_000])
def test_large_bodies_are_refused_before_they_are_read(taker: Client, size: int) -> None:
    """Through the bridge that the server uses."""
    headers = {"content_length": str(size), "content_type": "application/json", "cookie": cookie(taker)}
    sends = [b"x" * 1_000_000] * (size // 1_000_000 + 1)
    answer = asyncio.run(call(Bridge(WSGIHandler(), 1), scope("/api/calls", "POST", headers=headers), sends))
    problem = json.loads(answer.body)
    assert (answer.status, problem["type"], problem["where"]) == (413, "/problems/too-large", "body")
    assert problem["fix"]


@pytest.mark.parametrize("size", [900_000, 1_500_000, LARGEST_BODY - 1_000])
def test_a_body_below_the_limit_is_looked_at(taker: Client, size: int) -> None:
    problem = refused(taker, "POST", "/api/calls", {**CALL, "description": "长" * (size // 6)})
    assert (problem["status"], problem["where"]) == (422, "body.description")


def cookie(client: Client) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


def test_a_kind_that_is_not_there(taker: Client) -> None:
    problem = refused(taker, "POST", "/api/cases", {"kind": "ufo", "data": HAZARD})
    assert (problem["status"], problem["where"]) == (404, "kind")
    assert "hazard" in problem["fix"]
    assert refused(taker, "GET", "/api/kinds/ufo")["status"] == 404


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30, 99])
def test_a_case_that_is_not_there(taker: Client, number: int) -> None:
    for method, rest, body in (
        ("GET", "", None),
        ("GET", "/lines", None),
        ("GET", "/recommendation", None),
        ("POST", "/acts/note", {"data": {"note": "x"}}),
        ("POST", "/assignments", {"units": ["P1"]}),
        ("POST", "/contact", {"act": "send"}),
    ):
        assert refused(taker, method, f"/api/cases/{number}{rest}", body)["status"] in {404, 422}


def test_an_act_that_is_not_possible_now(taker: Client, case: Case) -> None:
    problem = refused(
        taker, "POST", f"/api/cases/{case.pk}/acts/reopen", {"data": {"reason": "x"}, "expected_version": 1}
    )
    assert (problem["status"], problem["where"], problem["stage"]) == (409, "act", "received")
    assert "close" in problem["allowed"]
    unknown = refused(taker, "POST", f"/api/cases/{case.pk}/acts/explode", {"data": {}})
    assert (unknown["status"], unknown["where"]) == (404, "act")


@pytest.mark.parametrize(("version", "status"), [(0, 409), (2, 409), (None, 422), (-1, 422), (2**40, 422), ("x", 422)])
def test_a_stale_version(taker: Client, case: Case, version: Any, status: int) -> None:
    body = {"data": {"outcome": "helped"}, "expected_version": version}
    problem = refused(taker, "POST", f"/api/cases/{case.pk}/acts/close", body)
    assert (problem["status"], problem["where"].rpartition(".")[2]) == (status, "expected_version")


@pytest.mark.parametrize(
    ("address", "one", "other"),
    [
        ("/api/calls", CALL, {**CALL, "priority": 1}),
        ("/api/cases", {"kind": "hazard", "data": HAZARD}, {"kind": "hazard", "data": {**HAZARD, "type": "gas"}}),
        ("/api/cases/{case}/acts/note", {"data": {"note": "a"}}, {"data": {"note": "b"}}),
        ("/api/cases/{case}/assignments", {"units": ["P1"]}, {"units": ["P2"]}),
        ("/api/units/P1/status", {"status": "meal"}, {"status": "ready"}),
    ],
)
def test_a_key_that_was_used_for_something_else(taker: Client, case: Case, address: str, one: Any, other: Any) -> None:
    address = address.replace("{case}", str(case.pk))
    first = taker.post(address, one, content_type="application/json", headers={"Idempotency-Key": "k1"})
    assert first.status_code in {200, 201}
    problem = refused(taker, "POST", address, other, key="k1")
    assert (problem["status"], problem["where"]) == (409, "Idempotency-Key")
    before = kept()
    again = taker.post(address, one, content_type="application/json", headers={"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()) == (200, {**first.json(), "again": True})
    assert kept() == before


@pytest.mark.parametrize("key", ["x" * 81, "schlüssel", "tab\tbed"])
def test_a_key_that_cannot_be_one(taker: Client, key: str) -> None:
    assert "Idempotency-Key" in refused(taker, "POST", "/api/calls", CALL, key=key)["where"]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"type": "medical.nothing"}, "type"),
        ({"type": ["medical.fall"]}, "type"),
        ({"priority": 5}, "priority"),
        ({"channel": "telepathy"}, "channel"),
        ({"place": None}, "place"),
        ({"place": "here"}, "place"),
        ({"place": {**PLACE, "room": "801"}}, "place.room"),
        ({"place": {**PLACE, "crs": "mars"}}, "place.crs"),
        ({"injured": -1}, "injured"),
        ({"injured": 1.5}, "injured"),
        ({"injured": 10**30}, "injured"),
        ({"weapon": "perhaps"}, "weapon"),
        ({"caller": "王小明"}, "caller"),
        ({"caller": {"name": ["x"]}}, "caller.name"),
        ({"caller": {"idcard": "x"}}, "caller"),
        ({"caller_position": {"lon": LON, "lat": LAT}}, "caller_position.source"),
        ({"description": "x" * 5001}, "description"),
        ({"recording_number": "打 13800138000"}, "recording_number"),
        ({"recording_number": "粤B12345"}, "recording_number"),
        ({"recording_number": "110101199001011234"}, "recording_number"),
        ({"stage": "closed"}, "stage"),
        ({"version": 9}, "version"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(taker: Client, changes: dict[str, Any], where: str) -> None:
    problem = refused(taker, "POST", "/api/cases", {"kind": "call", "data": {**CALL, **changes}})
    assert (problem["status"], problem["where"]) == (422, where)


@pytest.mark.parametrize(
    "query",
    [
        "?cursor=x",
        "?cursor=%2F%2F%2F%2F",
        "?limit=0",
        "?limit=201",
        "?priority=9",
        "?open=perhaps",
        "?block=99'--",
        "?late=x",
    ],
)
def test_filters_that_cannot_be_used(taker: Client, query: str) -> None:
    assert refused(taker, "GET", f"/api/cases{query}")["status"] == 422


def test_a_batch_of_positions_lists_what_it_leaves_out(taker: Client) -> None:
    good = {"unit": "P1", "lon": LON, "lat": LAT, "at": "2026-05-06T02:00:00Z"}
    bad = [
        {**good, "lon": 0, "lat": 0},
        {**good, "lon": LAT, "lat": LON},
        {**good, "at": "1900-01-01T00:00:00Z"},
        {**good, "at": "2100-01-01T00:00:00Z"},
        {**good, "unit": "NONE"},
        {**good, "crs": "mars"},
    ]
    answer = taker.post("/api/positions", [*bad, good], content_type="application/json").json()
    assert (answer["accepted"], [one["index"] for one in answer["ignored"]]) == (1, list(range(len(bad))))
    assert all(one["reason"] for one in answer["ignored"])


def test_the_same_in_chinese(taker: Client, case: Case) -> None:
    """A refusal is read by whoever was refused."""
    with override(None):
        answer = taker.post(
            "/api/calls", {**CALL, "place": {"lon": 0, "lat": 0}}, content_type="application/json",
            headers={"Accept-Language": "zh-CN"},
        )  # fmt: skip
    assert answer.json()["detail"] == "经度和纬度都是0：缺少地点。"


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/cases/open/hazard/", {"type": "fire.exit", "description": "x", "place.lon": "0", "place.lat": "0"}),
        ("/cases/open/hazard/", {"type": "fire.exit", "description": "x", "place.lon": "nan", "place.lat": "x"}),
        ("/cases/open/nothing/", {}),
        ("/cases/{case}/acts/close/", {"outcome": "helped", "version": "7"}),
        ("/cases/{case}/acts/close/", {"outcome": "helped", "version": "x"}),
        ("/cases/{case}/acts/reopen/", {"reason": "x", "version": "1"}),
        ("/cases/{case}/acts/nothing/", {}),
        ("/console/{case}/act/nothing", {}),
        ("/cases/{case}/acts/close/", {"outcome": "helped", "version": "\u00b2"}),
        ("/console/{case}/act/close", {"outcome": "helped", "version": "9" * 5000}),
    ],
)
def test_forms_refuse_the_same(taker: Client, case: Case, address: str, fields: dict[str, str]) -> None:
    before = kept()
    answer = taker.post(address.replace("{case}", str(case.pk)), fields)
    assert 400 <= answer.status_code < 500
    assert kept() == before
