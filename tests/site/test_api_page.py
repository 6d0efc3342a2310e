"""docs/api.md is current, its examples are what the server answers, and the API's document is complete."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.test import Client
from django.utils import timezone

from blockwise import clock
from blockwise.cases.kinds import registry
from blockwise.ledger.models import Head
from blockwise.places.current import forget
from blockwise.places.models import Address
from blockwise.problems import Problem
from blockwise.rooms import Role
from blockwise.site.problem_types import TYPES
from tests.forces import make_forces
from tests.people import give, make_city, make_people, point_in
from tests.response.one_road import make_road

from .api_examples import EXAMPLES
from .api_page import Run, page, pattern_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Shanghai
ELSEWHERE = {"tool-trouble", "bad-data", "bad-kind", "unfit", "sealed-text-not-there"}  # of commands, not of requests


@pytest.fixture
def document(db: None) -> dict[str, Any]:
    """The API's document in a city with the built-in kinds."""
    make_city()
    registry.forget()
    registry.store(registry.builtin_texts(), "system:test")
    found: dict[str, Any] = Client().get("/api/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """City and machine stand still at NOW, so that every answer is the same at every run."""
    monkeypatch.setattr(clock, "real_now", lambda: NOW)
    monkeypatch.setattr("blockwise.ledger.lines.real_now", lambda: NOW)
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    with clock.at(NOW):
        yield


@pytest.mark.django_db(transaction=True, reset_sequences=True)
def test_the_page_is_current_and_every_example_is_true(stopped: None) -> None:
    """Otherwise: BLOCKWISE_WRITE_DOCS=1 .venv/bin/pytest tests/site/test_api_page.py"""
    Head.objects.update(recorded_at=NOW, number=0)
    make_city()
    make_forces()
    make_road()
    lon, lat = (round(degrees * 1e7) for degrees in point_in("99010101"))
    Address.objects.create(
        code="A8", street="长路", number="8", number_value=8, text="小城长路8号", text_en="8 Long Road, Tiny City",
        lon_e7=lon, lat_e7=lat, use="premises",
    )  # fmt: skip
    forget()
    registry.forget()
    registry.store(registry.builtin_texts(), "system:test")
    people = make_people()
    give(people.in_charge, Role.ADMINISTRATOR, "9901")
    made = page(Client().get("/api/openapi.json").json(), list(Run(people.in_charge)()))
    if os.environ.get("BLOCKWISE_WRITE_DOCS"):
        PAGE.write_text(made)
    before = PAGE.read_text() if PAGE.exists() else ""
    assert (
        "\n".join(difflib.unified_diff(before.split("\n"), made.split("\n"), "docs/api.md", "now", lineterm="")) == ""
    )


def test_every_operation_has_an_example(document: dict[str, Any]) -> None:
    assert {pattern_of(example.operation) for example in EXAMPLES} == {
        name for name, _operation in operations(document)
    }


def test_the_document_is_a_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(document).validate()


def test_every_operation_says_what_it_does_who_may_and_how_it_refuses(document: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for name, operation in operations(document):
        made_up = operation["operationId"].rpartition("_api_")[2].replace("_", " ").title()
        assert operation["summary"] not in {"", made_up}, name
        assert operation["description"], name
        assert set(operation["tags"]) <= tags, name
        assert operation["security"] == [{"Bearer": []}, {"Session": []}], name
        assert {"400", "401", "403", "429"} <= operation["responses"].keys(), name
        if "requestBody" in operation:
            assert {"413", "422"} <= operation["responses"].keys(), name
        if "{" in name:
            assert "404" in operation["responses"], name
        for status, answer in operation["responses"].items():
            if int(status) < 400 and status != "204":
                assert answer["content"], f"{name} {status}"


def test_whatever_may_be_sent_twice_takes_a_key(document: dict[str, Any]) -> None:
    keyed = {
        name
        for name, operation in operations(document)
        if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", []))
    }
    assert keyed == {
        "POST /api/cases",
        "POST /api/calls",
        "POST /api/cases/{case_id}/acts/{act}",
        "POST /api/cases/{case_id}/attachments",
        "POST /api/cases/{case_id}/assignments",
        "POST /api/units/{code}/status",
    }
    assert all("409" in operation["responses"] for name, operation in operations(document) if name in keyed)


def test_every_kind_and_act_is_in_the_document(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for kind in registry.all_current().values():
        data = schemas[f"{kind.name}.open"]["properties"]["data"]
        asked = {field.name for field in kind.fields if field.opening}
        channel = {"channel"} if kind.channels else set()
        assert data["properties"].keys() == asked | {"place", "type", "priority"} | channel
        assert set(data["properties"]["type"]["enum"]) == {one.code for one in kind.types}
        for act in kind.acts:
            assert set(act.asks) <= set(schemas[f"{kind.name}.{act.name}"]["required"])
    assert len(schemas["Opening"]["oneOf"]) == len(registry.all_current())


def test_the_document_is_there_before_a_city_is_loaded(client: Client, db: None) -> None:
    registry.forget()
    assert client.get("/api/openapi.json").json()["components"]["schemas"]["Opening"]["properties"].keys() >= {"kind"}


def subclasses(of: type[Problem]) -> Iterator[type[Problem]]:
    for one in of.__subclasses__():
        yield one
        yield from subclasses(one)


def test_every_kind_of_refusal_leads_to_a_page(client: Client, db: None) -> None:
    for code, meant in TYPES.items():
        answer = client.get(f"/problems/{code}")
        assert (answer.status_code, str(meant.status) in answer.content.decode()) == (200, True)
    known: list[type[Problem]] = [
        one for one in (Problem, *subclasses(Problem)) if one.__module__.startswith("blockwise.")
    ]
    codes = {one.code for one in known}
    assert codes - ELSEWHERE == TYPES.keys()
    assert client.get("/problems/nonsense").status_code == 404
