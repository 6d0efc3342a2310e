"""The API's own document as an attack plan: what it allows and what it does not, by three people; never a 5xx."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from django.conf import settings as django_settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from blockwise.access import throttle
from blockwise.access.actions import make_token
from blockwise.access.actors import actor_for
from blockwise.access.models import ApiToken, Grant, User
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.exchange.load import load_folder
from blockwise.places.current import forget
from blockwise.rooms import Role
from tests.exchange.tiny_city import node_point, write_tiny_city
from tests.people import give, person

EXAMPLES = 15  # of each operation, person and mode
STREAM = "/api/stream"  # served beside Django: tests/site/test_stream.py
LON, LAT = node_point(2, 1)
PLACE = {"lon": LON, "lat": LAT, "text": "横1路5号", "kind": "street", "crs": "wgs84"}
HAZARD = {"type": "fire.exit", "description": "x", "place": PLACE}
EVERYWHERE = (Role.CALL_TAKER, Role.DISPATCHER, Role.OVERSIGHT, Role.ADMINISTRATOR)


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """Requests use the test's own connection, as Django's test client lets them."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def people(db: None, tmp_path: Path) -> Iterator[dict[str, User]]:
    """The tiny city with two open cases, and three people: in charge of all of it, leader of the east, nobody."""
    load_folder(write_tiny_city(tmp_path / "city"), purpose="demo")
    in_charge = person("alice", *((role, "T") for role in EVERYWHERE))
    call = {"type": "order.noise", "place": PLACE, "caller": {"name": "X", "phone": "1"}}
    engine.open_case("call", call, actor_for(in_charge))
    engine.open_case("hazard", HAZARD, actor_for(in_charge))
    east = person("bob", (Role.BLOCK_LEADER, "TB"))
    give(east, Role.CREW, "T")
    make_token(east, "t", ["cases:read"], actor_for(east))
    rows = ((ApiToken, "token_id"), (Grant, "grant_id"), (User, "user_id"))
    KNOWN.update({name: list(model.objects.order_by("-pk").values_list("pk", flat=True)[:5]) for model, name in rows})
    yield {"in_charge": in_charge, "leader_of_the_east": east, "nobody_in_particular": person("charlie")}
    forget()
    registry.forget()


KNOWN: dict[str, list[Any]] = {  # what is there, by the name of a parameter or member
    "case_id": [1, 2, 3, 2**63 - 1],
    "code": ["P1", "M1", "TA", "TA1"],
    "act": ["note", "send", "en_route", "on_scene", "clear", "close", "grade", "merge", "retype", "call_back"],
    "kind": ["call", "hazard", "street", "dwelling"],
    "units": [["P1"], ["P1", "M1"], ["P1", "P1"]],
    "unit": ["P1", "V1"],
    "status": ["meal", "free", "off"],
    "details": [{}, {"injured": 1}],
    "channel": ["phone", "app"],
    "caller": [{"name": "X", "phone": "1"}],
    "description": ["x"],
    "data": [HAZARD, {}, {"note": "x"}, {"units": ["P1"]}, {"unit": "P1"}, {"outcome": "founded"}, {"primary": 2}],
    "expected_version": [0, 1, 2],
    "place": [PLACE, {**PLACE, "lon": LAT, "lat": LON}, {**PLACE, "crs": "gcj02"}],
    "type": ["order.noise", "fire.building", "fire.exit", "fire"],
    "block": ["T", "TA", "TB1"],
    "role": ["dispatcher", "crew"],
    "scopes": [["cases:read"], ["stream", "cases:write"]],
    "q": ["横1路5号", "5 Row 1 Road", "横1路 / 纵2路"],
    "lon": [LON, LON, LAT],
    "lat": [LAT, LAT, LON],
    "crs": ["wgs84", "gcj02"],
    "happened_at": ["2026-05-06T02:00:00Z", "1900-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "now"],
    "at": ["2026-05-06T02:00:00Z", "2026-05-06T02:00:00"],
}


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", ["in_charge", "leader_of_the_east", "nobody_in_particular"])
def test_nothing_that_the_document_provokes_is_a_5xx(people: dict[str, User], name: str, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", WSGIHandler())
    who = signed_in(people[name])
    operations = [found.ok() for found in schema.get_all_operations()]
    tried = [one for one in operations if one.path != STREAM]
    assert len(tried) >= 25
    faults = [fault for one in tried if (fault := attack(one, mode, who))]
    if faults:
        pytest.fail("\n\n".join(faults), pytrace=False)


def signed_in(user: User) -> dict[str, dict[str, str]]:
    """The session and the token against forgery that every request carries."""
    browser = Client()
    browser.force_login(user)
    session = browser.cookies[django_settings.SESSION_COOKIE_NAME].value
    token = "t" * 32
    return {
        "cookies": {django_settings.SESSION_COOKIE_NAME: session, "csrftoken": token},
        "headers": {"X-CSRFToken": token, "Accept-Encoding": "identity"},
    }


def attack(operation: Any, mode: GenerationMode, who: dict[str, dict[str, str]]) -> str:
    """What went wrong, with the smallest request that shows it; empty when nothing did."""

    @seed(1)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def provoke(case: Any, data: st.DataObject) -> None:
        throttle.forget()
        case.path_parameters = lively(case.path_parameters, data)
        case.query = lively(case.query, data)
        case.body = lively(case.body, data)
        case.headers.pop("Authorization", None)  # a made-up token would be refused at the door
        with transaction.atomic():
            response = case.call(**who)
            transaction.set_rollback(True)
        checks = [not_a_server_error]
        if mode is GenerationMode.POSITIVE:
            checks += [status_code_conformance, response_schema_conformance]
        case.validate_response(response, checks=checks)
        if response.status_code >= 400:
            problem = response.json()
            assert response.headers["content-type"][0] == "application/problem+json", urlencode(case.query or {})
            assert problem["status"] == response.status_code
            assert problem["detail"]

    try:
        provoke()
    except (FailureGroup, AssertionError) as fault:
        reasons = fault.exceptions if isinstance(fault, FailureGroup) else [fault]
        return f"{operation.method.upper()} {operation.path}: {fault} {reasons}"
    return ""


def lively(value: Any, data: st.DataObject) -> Any:
    """Some members replaced by what is there, so that requests get past the first look-up."""
    if isinstance(value, list):
        return [lively(one, data) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _member(name, one, data) for name, one in value.items()}


def _member(name: str, value: Any, data: st.DataObject) -> Any:
    known = name in KNOWN and data.draw(st.integers(0, 3))
    return data.draw(st.sampled_from(KNOWN[name])) if known else lively(value, data)
