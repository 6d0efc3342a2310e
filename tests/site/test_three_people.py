"""Every endpoint and every page, tried by the one in charge, the neighbour, an outsider and nobody at all.

An endpoint or page that is not in the tables below fails the test: nobody can add one without saying who may use it.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from blockwise import clock
from blockwise.access.actors import actor_for
from blockwise.access.models import ApiToken, User
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.places.models import RoadClosure
from blockwise.rooms import Role
from blockwise.site.api import api
from tests.people import PASSWORD, People, give, person, point_in
from tests.response.one_road import make_road

CELL = "99010101"
LON, LAT = point_in(CELL)
NOW, SOON = (f"{clock.real_now() + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S+00:00}" for hours in (0, 2))
PLACE = {"lon": LON, "lat": LAT, "text": "街口", "kind": "street"}
CALL = {"type": "medical.fall", "place": PLACE}
HAZARD = {"kind": "hazard", "data": {"type": "fire.exit", "description": "x", "place": PLACE}}
FIXES = [{"unit": "P1", "lon": LON, "lat": LAT, "at": "2026-05-06T02:00:00Z"}]
PEOPLE = ("in_charge", "neighbour", "outsider", "nobody")

# method and path -> body, statuses for in_charge, neighbour, outsider, nobody
API: dict[str, tuple[Any, tuple[int, int, int, int]]] = {
    "GET /api/blocks/at": (None, (200, 200, 403, 401)),
    "GET /api/blocks.geojson": (None, (200, 200, 403, 401)),
    "GET /api/roads.geojson": (None, (200, 200, 403, 401)),
    "GET /api/addresses": (None, (200, 200, 403, 401)),
    "GET /api/rings": (None, (200, 403, 403, 401)),
    "GET /api/me": (None, (200, 200, 200, 401)),
    "GET /api/tokens": (None, (200, 200, 200, 401)),
    "POST /api/tokens": ({"name": "t", "scopes": ["cases:read"]}, (201, 201, 201, 401)),
    "DELETE /api/tokens/{token_id}": (None, (204, 404, 404, 401)),
    "GET /api/messages": (None, (200, 200, 200, 401)),
    "POST /api/messages/read": ({"ids": [1]}, (200, 200, 200, 401)),
    "POST /api/messages/done": ({"ids": [1]}, (200, 200, 200, 401)),
    "GET /api/users": (None, (200, 200, 403, 401)),
    "POST /api/users": ({"login": "{name}", "name": "New", "password": PASSWORD}, (201, 201, 403, 401)),
    "GET /api/users/{user_id}/tokens": (None, (200, 403, 403, 401)),
    "POST /api/users/{user_id}/link": (None, (201, 403, 403, 401)),
    "POST /api/users/{user_id}/grants": ({"role": "crew", "block": "9901"}, (201, 403, 403, 401)),
    "DELETE /api/grants/{grant_id}": (None, (200, 403, 403, 401)),
    "POST /api/cases": (HAZARD, (201, 403, 403, 401)),
    "GET /api/cases": (None, (200, 200, 200, 401)),
    "GET /api/cases/{case_id}": (None, (200, 404, 404, 401)),
    "GET /api/cases/{case_id}/lines": (None, (200, 404, 404, 401)),
    "POST /api/cases/{case_id}/acts/{act}": ({"data": {"note": "x"}}, (200, 404, 404, 401)),
    "POST /api/cases/{case_id}/attachments": (None, (415, 404, 404, 401)),
    "GET /api/cases/{case_id}/attachments": (None, (200, 404, 404, 401)),
    "POST /api/cases/{case_id}/attachments/{file}": ({"act": "send"}, (404, 404, 404, 401)),
    "POST /api/cases/{case_id}/contact": ({"act": "call_back"}, (200, 404, 404, 401)),
    "GET /api/cases/{case_id}/parties": (None, (200, 404, 404, 401)),
    "POST /api/cases/{case_id}/parties/{party}/look": ({"act": "call_back"}, (404, 404, 404, 401)),
    "POST /api/cases/{case_id}/fields/{field}/look": ({"act": "call_back"}, (404, 404, 404, 401)),
    "GET /api/kinds/{kind}": (None, (200, 200, 200, 401)),
    "GET /api/units": (None, (200, 200, 200, 401)),
    "POST /api/units/{code}/status": ({"status": "meal"}, (200, 403, 403, 401)),
    "POST /api/positions": (FIXES, (200, 403, 403, 401)),
    "GET /api/closures": (None, (200, 200, 403, 401)),
    "POST /api/closures": ({"lon": LON, "lat": LAT, "reason": "water", "ends_at": SOON}, (201, 403, 403, 401)),
    "DELETE /api/closures/{edge}": (None, (204, 403, 403, 401)),
    "POST /api/calls": (CALL, (201, 403, 403, 401)),
    "GET /api/cases/{case_id}/recommendation": (None, (200, 404, 404, 401)),
    "POST /api/cases/{case_id}/assignments": ({"units": ["P1"]}, (201, 404, 404, 401)),
}
QUERY = {"/api/blocks/at": f"?lon={LON}&lat={LAT}", "/api/addresses": "?q=x", "/api/rings": f"?lon={LON}&lat={LAT}"}

# page -> statuses of GET (405: only POST); nobody is sent to the login
PAGES: dict[str, tuple[int, int, int, int]] = {
    "account": (200, 200, 200, 302),
    "account/app": (302, 302, 302, 302),  # to sign in again: these sessions were not begun a moment ago
    "account/passkey": (302, 302, 302, 302),
    "account/tokens": (200, 200, 200, 302),
    "account/password": (200, 200, 200, 302),
    "account/sessions": (200, 200, 200, 302),
    "people": (200, 200, 403, 302),
    "people/<access_id:user_id>": (200, 200, 403, 302),
    "mine/": (403, 403, 403, 302),
    "messages/": (200, 200, 200, 302),
    "messages/mark": (405, 405, 405, 302),
    "messages/ways": (200, 200, 200, 302),
    "messages/ways/<access_id:way_id>/end": (405, 405, 405, 302),
    "erasures/": (200, 200, 403, 302),
    "cases/": (200, 200, 200, 302),
    "cases/sheet/": (200, 200, 200, 302),
    "cases/open/<slug:kind_name>/": (200, 200, 403, 302),
    "cases/<int:case_id>/": (200, 404, 404, 302),
    "cases/<int:case_id>/acts/<slug:name>/": (200, 404, 404, 302),
    "places/find": (200, 200, 403, 302),
    "places/at": (200, 200, 403, 302),
    "blocks/<slug:code>/": (200, 200, 200, 302),
    "field/": (403, 403, 403, 302),
    "field/<slug:code>/": (403, 403, 403, 302),
    "field/<slug:code>/now": (403, 403, 403, 302),
    "field/<slug:code>/form/<slug:name>": (403, 403, 403, 302),
    "console/": (200, 200, 403, 302),
    "console/<int:case_id>/": (200, 404, 403, 302),
    "console/fresh": (200, 200, 403, 302),
    "console/live": (200, 200, 403, 302),
    "console/take": (200, 200, 403, 302),
    "console/point": (200, 200, 403, 302),
    "console/<int:case_id>/panel": (200, 404, 403, 302),
    "console/<int:case_id>/recommendation": (200, 404, 403, 302),
    "console/<int:case_id>/ways": (200, 404, 403, 302),
    "console/<int:case_id>/choice": (200, 404, 403, 302),
    "console/units/<slug:code>": (200, 403, 403, 302),
    "console/<int:case_id>/form/<slug:name>": (200, 404, 403, 302),
}
# pages that only take a form -> the form, statuses
POSTED: dict[str, tuple[dict[str, str], tuple[int, int, int, int]]] = {
    "logout": ({}, (302, 302, 302, 302)),
    "account/codes": ({}, (302, 302, 302, 302)),
    "account/factors/<access_id:factor_id>/remove": ({}, (302, 302, 302, 302)),
    "account/tokens/<access_id:token_id>/end": ({}, (302, 404, 404, 302)),
    "account/here": ({}, (204, 204, 204, 302)),
    "account/sessions/end": ({}, (302, 302, 302, 302)),
    "people/<access_id:user_id>/sessions/end": ({}, (302, 403, 403, 302)),
    "people/<access_id:user_id>/roles": ({"role": "crew", "block": "9901"}, (302, 403, 403, 302)),
    "people/<access_id:user_id>/password": ({"password": PASSWORD, "password2": PASSWORD}, (302, 403, 403, 302)),
    "people/<access_id:user_id>/link": ({}, (200, 403, 403, 302)),
    "people/<access_id:user_id>/active": ({"active": "0"}, (302, 403, 403, 302)),
    "people/roles/<access_id:grant_id>/end": ({}, (302, 403, 403, 302)),
    "erasures/release": ({}, (403, 403, 403, 302)),
    "kinds/<slug:kind_name>/<slug:digest>/sign": ({"ground": "Police Act, section 6"}, (403, 403, 403, 302)),
    "cases/<int:case_id>/attachments/": ({"act": "send", "open": "0" * 64}, (404, 404, 404, 302)),
    "cases/<int:case_id>/contact/": ({"act": "call_back"}, (200, 404, 404, 302)),
    "cases/<int:case_id>/parties/<int:number>/": ({"act": "call_back"}, (404, 404, 404, 302)),
    "cases/<int:case_id>/fields/<slug:name>/": ({"act": "call_back"}, (404, 404, 404, 302)),
    "console/<int:case_id>/act/<slug:name>": ({"note": "x"}, (200, 404, 403, 302)),
    "console/units/<slug:code>/status": ({"status": "meal"}, (200, 403, 403, 302)),
    "console/point/close": (
        {"lon": str(LON), "lat": str(LAT), "road": "0:both", "reason": "water", "starts_at": NOW, "ends_at": SOON},
        (200, 403, 403, 302),
    ),
    "console/point/open": ({"lon": str(LON), "lat": str(LAT), "edge": "1"}, (404, 403, 403, 302)),
}
KINDS = {
    f"kinds/{rest}"
    for rest in ("", "<slug:kind_name>/", "<slug:kind_name>/<slug:digest>/", "<slug:kind_name>/<slug:digest>/yaml")
}
OBJECTING = "kinds/<slug:kind_name>/<slug:digest>/object"
RECEIPT = ("receipt/", "receipt/acts/<slug:name>/")
AGAIN = {"logout", "account/codes", "account/factors/<access_id:factor_id>/remove"}  # ask for a fresh sign-in
PUBLIC = {
    *(
        "",
        "rules/",
        "problems/<slug:code>",
        "healthz",
        "readyz",
        "login",
        "login/factor",
        "login/elsewhere",  # there is no provider here: tests/access/test_elsewhere.py
        "login/elsewhere/back",
        "language/",
        "way-in/<slug:secret>",
    ),
    *KINDS,
    *RECEIPT,
    OBJECTING,
}


@pytest.fixture
def world(people: People, forces: None) -> dict[str, Any]:
    """A call in the west with a caller, a token and a grant of the one in charge, and what paths are filled with."""
    registry.forget()
    registry.store(registry.builtin_texts(), "system:test")
    make_road()
    give(people.in_charge, Role.ADMINISTRATOR, "9901")
    give(people.neighbour, Role.ADMINISTRATOR, "9902")
    RoadClosure.objects.create(edge=0, starts_at=people.in_charge.created_at, reason="works")
    opened = engine.open_case("call", {**CALL, "caller": {"name": "X"}}, actor_for(people.in_charge))
    token = ApiToken.objects.create(user=people.in_charge, name="t", digest="0" * 64, scopes=[])
    crew = person("dora", (Role.CREW, CELL))
    grant = crew.grants.get()
    return {
        "case_id": opened.case,
        "file": "0" * 64,
        "party": 1,
        "field": "description",
        "number": 1,
        "token_id": token.pk,
        "factor_id": 1,
        "way_id": 1,
        "user_id": crew.pk,
        "grant_id": grant.pk,
        "act": "note",
        "name": "note",
        "kind": "call",
        "kind_name": "call",
        "digest": registry.current("call").digest,
        "code": "P1",
        "edge": 0,
    }


def client_of(people: People, name: str) -> Client:
    client = Client(raise_request_exception=True)
    if name != "nobody":
        user: User = getattr(people, name)
        client.force_login(user)
    return client


@pytest.mark.django_db
def test_every_endpoint_is_in_the_table() -> None:
    schema = api.get_openapi_schema()
    there = {f"{method.upper()} {path}" for path, methods in schema["paths"].items() for method in methods}
    assert there == API.keys() | {
        "GET /api/stream"
    }  # served beside Django: tests/site/test_stream.py tries people there


@pytest.mark.parametrize("endpoint", API)
def test_endpoint(world: dict[str, Any], people: People, endpoint: str) -> None:
    method, path = endpoint.split(" ")
    body, expected = API[endpoint]
    found = {}
    for name in reversed(PEOPLE):  # whoever is refused changes nothing for the next
        answer = client_of(people, name).generic(
            method,
            path.format_map(world) + QUERY.get(path, ""),
            b"" if body is None else json.dumps(body).replace("{name}", name).encode(),
            content_type="application/json",
        )
        found[name] = answer.status_code
        if answer.status_code >= 400:
            assert answer["Content-Type"] == "application/problem+json"
            assert answer.json()["title"]
    assert found == dict(zip(PEOPLE, expected, strict=True))


def pages(patterns: list[Any], before: str = "") -> set[str]:
    found: set[str] = set()
    for one in patterns:
        if isinstance(one, URLResolver):
            found |= pages(one.url_patterns, before + str(one.pattern))
        elif isinstance(one, URLPattern) and not (before + str(one.pattern)).startswith("api/"):
            found.add(before + str(one.pattern))
    return found


def test_every_page_is_in_a_table() -> None:
    assert pages(get_resolver().url_patterns) == PAGES.keys() | POSTED.keys() | PUBLIC


def address(world: dict[str, Any], page: str) -> str:
    filled = {**world, "code": CELL if page.startswith("blocks") else world["code"]}
    return "/" + "/".join(
        str(filled[part.split(":")[1][:-1]]) if part.startswith("<") else part for part in page.split("/")
    )


@pytest.mark.parametrize("page", POSTED)
def test_form(world: dict[str, Any], people: People, page: str) -> None:
    fields, expected = POSTED[page]
    found, where = {}, {}
    for name in reversed(PEOPLE):  # whoever is refused changes nothing for the next
        answer = client_of(people, name).post(address(world, page), fields)
        found[name], where[name] = answer.status_code, answer.get("Location", "")
    assert found == dict(zip(PEOPLE, expected, strict=True))
    assert where["nobody"].startswith("/login") or page == "logout"
    assert not where["in_charge"].startswith("/login") or page in AGAIN


@pytest.mark.parametrize("page", PAGES)
def test_page(world: dict[str, Any], people: People, page: str) -> None:
    here = f"?lon={LON}&lat={LAT}"
    query = {"places/find": "?q=x", "places/at": here, "console/point": here}.get(page, "")
    answers = {name: client_of(people, name).get(address(world, page) + query) for name in PEOPLE}
    found = {name: answer.status_code for name, answer in answers.items()}
    assert found == dict(zip(PEOPLE, PAGES[page], strict=True))
    assert answers["nobody"]["Location"].startswith("/login")


@pytest.mark.parametrize("page", sorted(KINDS))
def test_anybody_reads_the_kinds_in_full(world: dict[str, Any], people: People, page: str) -> None:
    assert {client_of(people, name).get(address(world, page)).status_code for name in PEOPLE} == {200}


def test_anybody_asks_for_a_receipt_and_none_is_there_without_its_code(people: People) -> None:
    asked = [client_of(people, name).get("/receipt/").status_code for name in PEOPLE]
    wrong = [client_of(people, name).post(f"/{RECEIPT[0]}", {"code": "1-AAAAA-AAAAA"}).status_code for name in PEOPLE]
    acted = [client_of(people, name).post("/receipt/acts/add/", {"code": "1"}).status_code for name in PEOPLE]
    assert (set(asked), set(wrong), set(acted)) == ({200}, {404}, {404})


def test_anybody_objects_to_a_kind(world: dict[str, Any], people: People) -> None:
    form = {"type": "use", "objection": "x"}
    answers = {client_of(people, name).post(address(world, OBJECTING), form).status_code for name in PEOPLE}
    assert answers == {302}
