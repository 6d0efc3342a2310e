"""A kind whose questions hang on answers, used by its forms and over the API alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags
from jsonschema_rs import Draft202012Validator

from blockwise.cases.kinds import registry
from blockwise.cases.models import Case
from blockwise.rooms import Role
from tests.kinds import store_kinds
from tests.people import person, point_in, signed_in

HYDRANT = (Path(__file__).parents[1] / "kinds" / "format_2" / "hydrant.yaml").read_text(encoding="utf-8")
LON, LAT = point_in("99010101")
GIVEN = {"place.lon": str(LON), "place.lat": str(LAT), "place.kind": "street", "place.text": "1 Harbour Road"}


@pytest.fixture
def leader(city: object) -> Iterator[Client]:
    store_kinds({"hydrant": HYDRANT})
    yield signed_in(person("leader", (Role.BLOCK_LEADER, "99")))
    registry.forget()


def words(answer: bytes) -> str:
    return re.sub(r"\s+", " ", unescape(strip_tags(answer.decode())))


def parts(answer: bytes) -> dict[str, tuple[Any, Any]]:
    """What each conditional question of a form says to the page's script: when it is asked, when it is needed."""
    found = re.findall(
        r'<when-part data-asked="([^"]*)" data-needed="([^"]*)">.*?name="([\w.]+)', answer.decode(), re.DOTALL
    )
    return {name: tuple(json.loads(unescape(one)) if one else None for one in said) for *said, name in found}


def test_a_case_goes_from_form_to_form(leader: Client) -> None:
    form = leader.get("/cases/open/hydrant/").content
    assert parts(form) == {"leaks_since": ([["seen", ["report"]]], [["seen", ["report"]], ["type", ["street"]]])}
    assert "Only when: How it was noticed is by a report of a leak." in words(form)
    opened = {**GIVEN, "type": "street.pit", "seen": "report"}
    answer = leader.post("/cases/open/hydrant/", opened)
    assert (answer.status_code, Case.objects.count()) == (422, 0)
    assert "This is needed: Leaking since. It is needed when: How it was noticed is by a report" in words(
        answer.content
    )
    assert leader.post("/cases/open/hydrant/", {**opened, "leaks_since": "2026-11-20"}).status_code == 302
    at = f"/cases/{Case.objects.get().pk}/"
    form = leader.get(f"{at}acts/view_it/").content
    assert parts(form) == {
        "parts": ([["state", ["leaking", "blocked"]]], [["state", ["blocked"]]]),
        "rusted": ([["parts", ["valve"]]], None),
    }
    answer = leader.post(f"{at}acts/view_it/", {"state": "sound", "parts": ["cap"], "version": "1"})
    assert answer.status_code == 422
    assert "This is not asked here: Parts to replace. Leave it empty." in words(answer.content)
    given = {"state": "blocked", "parts": ["valve"], "rusted": "on", "version": "1"}
    assert leader.post(f"{at}acts/view_it/", given).status_code == 302
    page = leader.get(at).content.decode()
    assert f"{at}acts/mend/" in page
    assert f"{at}acts/pass/" not in page
    assert 'name="freed"' in leader.get(f"{at}acts/mend/").content.decode()
    assert leader.post(f"{at}acts/mend/", {"freed": "heat", "version": "2"}).status_code == 302
    assert leader.post(f"{at}acts/finish/", {"outcome": "working", "version": "3"}).status_code == 302
    assert Case.objects.get().final


def test_what_the_case_has_decided_against_is_not_in_the_form(leader: Client) -> None:
    leader.post("/cases/open/hydrant/", {**GIVEN, "type": "own", "seen": "plan"})
    at = f"/cases/{Case.objects.get().pk}/"
    leader.post(f"{at}acts/view_it/", {"state": "leaking", "version": "1"})
    assert 'name="freed"' not in leader.get(f"{at}acts/mend/").content.decode()


def test_the_public_page_of_the_kind_tells_it_in_both_languages(leader: Client) -> None:
    for language, said in (
        (
            "en",
            (
                "asked only when: State is leaking or blocked",
                "possible only when: State is sound",
                "Type is of the street",
            ),
        ),
        ("zh-hans", ("仅在下列情况下询问：“状况”为漏水或堵塞", "仅在下列情况下可做：“状况”为完好")),
    ):
        page = words(signed_in(person(f"reader-{language}"), language).get("/kinds/hydrant/").content)
        assert [one for one in said if one not in page] == []


def test_the_schema_says_what_the_engine_does(leader: Client) -> None:
    schemas = leader.get("/api/openapi.json").json()["components"]["schemas"]
    opening = Draft202012Validator(schemas["hydrant.open"])
    place = {"lon": LON, "lat": LAT, "kind": "street"}
    for data, right in (
        ({"seen": "plan", "type": "own"}, True),
        ({"seen": "plan", "type": "own", "leaks_since": "2026-11-20"}, False),
        ({"seen": "report", "type": "own"}, True),
        ({"seen": "report", "type": "street.pit"}, False),
        ({"seen": "report", "type": "street.pit", "leaks_since": "2026-11-20"}, True),
    ):
        body = {"kind": "hydrant", "data": {**data, "place": place}}
        assert opening.is_valid(body) == right, data
        answer = leader.post("/api/cases", body, content_type="application/json")
        assert (answer.status_code == 201) == right, answer.content
    acting = schemas["hydrant.view_it"]
    assert acting["properties"]["parts"]["description"].endswith(
        "Only when: State is leaking or blocked. Needed when: State is blocked."
    )
    assert not Draft202012Validator(acting).is_valid({"state": "blocked"})
    assert Draft202012Validator(acting).is_valid({"state": "leaking"})
    assert "Only when: State is sound." in schemas["hydrant.pass"]["description"]
