"""Every page in Chinese says nothing in English: what is rendered is read as a person reads it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from blockwise.access.actors import OPERATOR, actor_for
from blockwise.access.passwords import make_link
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.rooms import Role
from tests.people import People, give, point_in
from tests.site.test_three_people import pages

CELL = "99010101"
PLACE = {"lon": point_in(CELL)[0], "lat": point_in(CELL)[1], "text": "街口", "kind": "street"}
WORD = re.compile(r"[A-Za-z][A-Za-z'-]+")
SHOWN_ATTRIBUTES = {"title", "alt", "placeholder", "aria-label", "aria-description", "data-label", "summary"}
HERE = f"?lon={PLACE['lon']}&lat={PLACE['lat']}"
QUERY = {"places/at": HERE, "console/point": HERE, "places/find": "?q=街"}
SILENT = {"script", "style", "code", "kbd", "svg", "template"}
# names of things, units, codes and what is written alike in both languages
KNOWN = {
    "Blockwise", "English", "API", "SHA", "SHA-", "Ed", "km", "WGS", "GCJ", "BD", "Ctrl", "Esc", "Enter", "Tab",
    "Shift", "Alt", "Space", "PT", "Asia", "Shanghai", "Bearer", "Authorization", "stream", "messages",
    "Webhook", "Alice", "Bob", "Charlie",
}  # fmt: skip
CODES = re.compile(r"\b([A-Z]{1,3}\d*|[0-9a-f]{8,}|[a-z-]+:[a-z-]+|crew|alice|bob|charlie|dora)\b")
SKIPPED = {"healthz", "readyz", "language/", "logout", "console/live", "problems/<slug:code>"}


class Reader(HTMLParser):
    """The words a person sees or hears; what is marked as another language is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        silent = tag in SILENT or named.get("lang", "zh-hans") == "en" or any(one for _tag, one in self.open)
        if not silent:
            self._read(" ".join(value or "" for name, value in attrs if name in SHOWN_ATTRIBUTES))
            if tag == "input" and named.get("type") in {"submit", "button"}:
                self._read(named.get("value") or "")
        if tag not in {"input", "meta", "link", "br", "hr", "img"}:
            self.open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(silent for _tag, silent in self.open):
            self._read(data)

    def _read(self, text: str) -> None:
        self.words += [word for word in WORD.findall(CODES.sub("", text)) if word not in KNOWN]


def english_in(html: str) -> list[str]:
    reader = Reader()
    reader.feed(html)
    return sorted(set(reader.words))


def test_the_reader_finds_english() -> None:
    html = '<html lang="zh-hans"><p title="Close it">结案 <b>Late</b> <i lang="en">English is fine</i><br>Overdue'
    assert english_in(html) == ["Close", "Late", "Overdue", "it"]


@pytest.fixture
def world(people: People, forces: None) -> dict[str, Any]:
    registry.forget()
    registry.store(registry.builtin_texts(), "system:test")
    give(people.in_charge, Role.ADMINISTRATOR, "9901")
    actor = actor_for(people.in_charge)
    call = engine.open_case("call", {"type": "medical.fall", "place": PLACE, "caller": {"name": "王"}}, actor)
    engine.act(call.case, "note", {"note": "已联系"}, actor)
    hazard = {"type": "fire.exit", "description": "堵塞", "place": PLACE}
    found = engine.open_case("hazard", hazard, actor)
    return {
        "case_id": call.case,
        "hazard": found.case,
        "user_id": people.in_charge.pk,
        "token_id": 1,
        "grant_id": 1,
        "factor_id": 1,
        "way_id": 1,
        "name": "note",
        "kind_name": "hazard",
        "secret": make_link(people.outsider, OPERATOR)[1],
        "digest": registry.current("hazard").digest,
        "code": CELL,
        "number": 1,
    }


def test_every_page_in_chinese(world: dict[str, Any], people: People) -> None:
    browser = Client(headers={"accept-language": "zh-CN"})
    signed_in = Client(headers={"accept-language": "zh-CN"})
    signed_in.force_login(people.in_charge)
    found: dict[str, list[str]] = {}
    seen = 0
    for pattern in pages(get_resolver().url_patterns) - SKIPPED:
        address = "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda part: str(world[part[1]]), pattern) + QUERY.get(pattern, "")
        signed_in.force_login(people.in_charge)  # some address ends a session
        for client in (browser, signed_in):
            answer = client.get(address)
            if "text/html" in answer.get("Content-Type", "") and answer.content:
                seen += 1
                if english := english_in(answer.content.decode()):
                    found[address] = english
                if answer.content.startswith(b"<!doctype"):
                    assert answer.content.count(b"<h1") == 1, address
    signed_in.force_login(people.in_charge)
    for address in (f"/cases/{world['hazard']}/", f"/console/{world['case_id']}/", "/nowhere"):
        if english := english_in(signed_in.get(address).content.decode()):
            found[address] = english
    assert found == {}
    assert seen > 20
