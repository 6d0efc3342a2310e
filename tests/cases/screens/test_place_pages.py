"""The list of places that a text may mean: each says what it is, and the case keeps that word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from blockwise.cases.rules.placing import FOUND
from blockwise.exchange.folder import read_folder
from blockwise.places import actions, current
from tests.exchange.tiny_city import write_tiny_city
from tests.guard import on_purpose
from tests.people import person
from tests.places.search_city import LANDMARKS, at, made_city


@pytest.fixture
def client(db: None, tmp_path: Path) -> Iterator[Client]:
    """A dispatcher's, in the city made by hand for the search."""
    current.forget()
    with on_purpose():
        actions.load(made_city(read_folder(write_tiny_city(tmp_path))), purpose="demo", record=lambda act, data: None)
        client = Client()
        client.force_login(person("alice", ("dispatcher", "T")))
        yield client
    current.forget()


def hits(client: Client, text: str, **more: str) -> list[tuple[str, str, str]]:
    """(kind of place, how it was found, its words) of each."""
    page = client.get("/places/find", {"q": text, **more}).content.decode()
    return re.findall(r'data-kind="(\w+)" data-found="(\w+)" data-text="([^"]*)"', page)


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("宝安大道12号", "dwelling", "door"),
        ("宝安大道99号", "premises", "near"),
        ("宝安大道", "street", "street"),
        ("宝安大道与前进路", "crossing", "crossing"),
        ("碧海市场", "premises", "landmark"),
        ("碧海市场对面", "premises", "guess"),
        ("Mission St between 20th Ave and Van Ness Ave", "street", "street"),
        ("1000 N Van Ness Ave", "dwelling", "guess"),
        ("TA1", "open", "block"),
        ("7PJMHW3F+GG", "dwelling", "sent"),
    ],
)
def test_each_says_what_it_is(client: Client, text: str, kind: str, found: str) -> None:
    assert hits(client, text)[0][:2] == (kind, found)
    page = client.get("/places/find", {"q": text}).content.decode()
    assert str(FOUND[found]) in page


def test_the_words_beside_a_position_stay_and_its_system_is_named(client: Client) -> None:
    page = client.get("/places/find", {"q": "third pillar GCJ-02 22.550708,113.928612"}).content.decode()
    assert 'data-said="third pillar GCJ-02"' in page
    assert "GCJ-02" in page
    assert "outside the city" in client.get("/places/find", {"q": "48.137154, 11.576124"}).content.decode()


def test_of_alike_places_the_nearest_to_the_middle_of_the_map_comes_first(client: Client) -> None:
    for _code, kind, name, _en, _road, _number, spot in LANDMARKS:
        if kind == "market":
            lon, lat = at(*spot)
            assert hits(client, "the market", near=f"{lon},{lat}")[0][2] in {name, _en}


@pytest.mark.parametrize("near", ["", "x", ",", "200,95", "nan,nan", "0,0", "1" * 4000])
def test_a_middle_that_is_none_orders_nothing(client: Client, near: str) -> None:
    assert len(hits(client, "the market", near=near)) == 3
