"""What stands around every page: the city, the way around by role, theme, tiles, refusals in words."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from blockwise.access.models import User
from blockwise.ledger import lines, seals, verify
from blockwise.ledger.lines import Entry
from blockwise.rooms import GRANTED, Role, house
from blockwise.units.models import Crew
from tests.people import People, person
from tests.recorded import on_record


def page(client: Client, address: str = "/") -> str:
    return client.get(address).content.decode()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("role", "links"),
    [
        (Role.DISPATCHER, {"/console/", "/cases/", "/cases/sheet/"}),
        (Role.SHIFT_LEADER, {"/console/", "/cases/", "/cases/sheet/"}),
        (Role.CLERK, {"/cases/"}),
        (Role.BLOCK_LEADER, {"/cases/", "/cases/sheet/"}),
        (Role.CREW, {"/field/", "/cases/"}),
        (Role.ANALYST, set()),
    ],
)
def test_the_way_around_is_by_role(city: object, role: Role, links: set[str]) -> None:
    text = page(signed_in(person("one", (role, "99"))))
    assert {link for link in ("/console/", "/field/", "/cases/", "/cases/sheet/") if f'href="{link}"' in text} == links


@pytest.mark.parametrize("role", GRANTED)
def test_every_page_that_the_way_around_names_opens(city: object, forces: None, role: Role) -> None:
    somebody = person("one", (role, "99"))
    if role == Role.CREW:
        with on_record():
            Crew.objects.create(user=somebody, unit_id="P1")
    client = signed_in(somebody)
    answers = {one.page: client.get(reverse(one.page)).status_code for one in house().entrances if role in one.roles}
    assert answers
    assert set(answers.values()) == {200}, answers


def test_the_front_page_says_what_the_city_is_and_names_the_latest_seal(people: People) -> None:
    text = page(Client(headers={"accept-language": "en"}))
    assert "Public safety in Tiny City, block by block" in text
    assert "8 blocks · 8,000 residents" in text
    assert "It recognises nobody by face" in text
    assert "there is no seal" in text


@pytest.mark.django_db(transaction=True)
def test_the_seal_of_the_front_page_can_be_kept_and_verified_against(home: Path, tmp_path: Path) -> None:
    with transaction.atomic():
        lines.write([Entry("system", "tried", "system:test")])
    seals.seal_all()
    kept = html.unescape(re.findall(r'id="seal-whole">(.+?)</dd>', page(Client()))[0])
    assert json.loads(kept) == seals.latest()
    (tmp_path / "seal").write_text(kept)
    assert verify.held_seals(tmp_path / "seal").keys() == {1}


def test_before_a_city_is_loaded_the_front_page_says_how(db: None) -> None:
    assert "blockwise city load DIR" in page(Client())


def test_only_known_themes_are_taken_from_the_cookie(city: object) -> None:
    for given, wanted in (("dark", 'data-theme="dark"'), ('"><script>', "")):
        client = Client()
        client.cookies["theme"] = given
        text = page(client)
        assert wanted in text
        assert "<script>" not in text
    assert "data-theme" not in page(Client())


def test_times_are_the_citys_own(people: People) -> None:
    assert 'data-zone="Asia/Shanghai"' in page(Client())
    assert "+08:00" in page(Client())


def test_tiles_are_allowed_from_their_server_and_no_other(city: object, settings: Any) -> None:
    assert "connect-src 'self';" in Client().get("/")["Content-Security-Policy"]
    settings.TILES = "https://t0.example.org/vec/{z}/{x}/{y}.png?key=1"
    policy = Client().get("/")["Content-Security-Policy"]
    assert "connect-src 'self' https://t0.example.org;" in policy


def test_a_refusal_is_a_page_or_a_piece_in_words(people: People) -> None:
    client = signed_in(people.outsider)
    whole = client.get("/console/")
    assert (whole.status_code, whole.templates[0].name) == (403, "problem.html")
    piece = client.get("/console/", headers={"HX-Request": "true"})
    assert piece.status_code == 403
    assert piece.content.decode().startswith('<p class="notice bad"')
