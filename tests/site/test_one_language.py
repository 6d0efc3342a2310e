"""A city that gives its texts in one language is whole in both: no label of a page or an answer is empty."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from blockwise.access.actors import actor_for
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.exchange.load import load_folder
from blockwise.places.current import forget
from blockwise.rooms import Role
from tests.exchange.test_folder_languages import only_in
from tests.exchange.tiny_city import node_point
from tests.people import PASSWORD, person

LABELS = (
    "name",
    "name_en",
    "text",
    "text_en",
    "zh",
    "en",
    "title",
    "noun",
    "status_zh",
    "status_en",
    "label",
    "street",
)
ANSWERS = (
    "blocks/at?lon=113.905&lat=22.555", "blocks.geojson", "roads.geojson", "addresses?q=1", "units", "kinds/call",
    "cases", "me", "users",
)  # fmt: skip
EMPTY = re.compile(
    r"<(h1|h2|h3|th|dt|label|legend|option|button|a)\b(?![^>]*(?:aria-label|hidden|value=\"\"))[^>]*>\s*</\1>"
)


@pytest.fixture(params=["zh", "en"])
def signed_in(request: pytest.FixtureRequest, db: None, tmp_path: Path) -> Iterator[tuple[Client, int]]:
    load_folder(only_in(request.param, tmp_path / "city"), purpose="demo")
    everything = person("alice", *((role, "T") for role in Role.values if role != Role.CREW))
    lon, lat = node_point(1, 1)
    place = {"lon": lon, "lat": lat, "text": "横1路3号", "kind": "street"}
    case = engine.open_case("call", {"type": "fire.building", "place": place}, actor_for(everything)).case
    client = Client()
    client.login(username="alice", password=PASSWORD)
    yield client, case
    forget()
    registry.forget()


def empty_labels(node: Any, path: str = "") -> list[str]:
    if isinstance(node, dict):
        own = [f"{path}.{key}" for key, value in node.items() if key in LABELS and value == ""]
        return own + [one for key, value in node.items() for one in empty_labels(value, f"{path}.{key}")]
    return [one for entry in node for one in empty_labels(entry, f"{path}[]")] if isinstance(node, list) else []


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_no_label_is_empty(signed_in: tuple[Client, int], language: str) -> None:
    client, case = signed_in
    client.cookies["language"] = language
    for answer in ANSWERS:
        found = client.get(f"/api/{answer}")
        assert found.status_code == 200, answer
        told = [
            one for one in empty_labels(found.json()) if not (answer in ("me", "users") and one.endswith("name_en"))
        ]
        assert told == [], answer
    pages = ["", "console/", f"console/{case}/panel", "cases/", f"cases/{case}/", "cases/sheet/", "cases/open/call/"]
    for page in [*pages, "blocks/T/", "blocks/TA/", "blocks/TA1/", "people"]:
        found = client.get(f"/{page}")
        assert found.status_code == 200, page
        assert EMPTY.findall(found.content.decode()) == [], page
