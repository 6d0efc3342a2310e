"""Anybody may know of a case its family, its day and a block above its cell, and only among five or more."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.cases.queries.public_facts import Sorter
from blockwise.ledger import public, public_check, seals
from blockwise.ledger.models import Line
from blockwise.places import current
from blockwise.places.models import Block
from tests.cases.engine.test_engine import HAZARD
from tests.people import CELLS, point_in

pytestmark = pytest.mark.django_db


def call(actor: Actor, type_: str, cell: str) -> None:
    lon, lat = point_in(cell)
    place = {"lon": lon, "lat": lat, "text": "横1路", "kind": "street"}
    engine.open_case("call", {"type": type_, "place": place}, actor)


def counted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The groups of a file of today, as of tomorrow, with the number of lines in each."""
    seals.seal_all()
    monkeypatch.setattr(public, "real_now", lambda: clock.real_now() + timedelta(days=1))
    public.export(folder / "public.jsonl", Sorter())
    records = [json.loads(text) for text in (folder / "public.jsonl").read_text().splitlines()]
    groups = [record["group"] for record in records if "group" in record]
    return [
        {name: len(value) if name == "lines" else value for name, value in one.items() if name != "day"}
        for one in groups
    ]


@pytest.fixture
def shift(dispatcher: Actor, home: Path) -> Actor:
    return dispatcher


def told(block: str, kind: str, family: str, lines: int) -> dict[str, Any]:
    return {"block": block, "kind": kind, "family": family, "lines": lines}


def test_families_are_told_above_the_cell_and_few_of_them_further_up(
    shift: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    west = [cell for cell in CELLS if cell.startswith("9901")]
    for number in range(6):
        call(shift, "traffic.collision_injury", west[number % 2])  # both cells of community 990101
    for number in range(8):
        call(shift, "medical.fall", west[number % 4])  # four in each of two communities
    for _ in range(4):
        call(shift, "fire.building", west[0])
    for _ in range(7):
        call(shift, "family.violence", west[0])
    assert counted(tmp_path, monkeypatch)[:-1] == [
        told("9901", "call", "medical", 8),
        told("990101", "call", "traffic", 6),
    ]
    text = (tmp_path / "public.jsonl").read_text()
    hidden = [
        "family",
        "violence",
        "self_harm",
        "collision",
        "fall",
        "building",
        "fire",
        *CELLS,
        "横1路",
        "case:",
        shift.id,
    ]
    assert [
        one for one in hidden if one in text.replace('"family":"traffic"', "").replace('"family":"medical"', "")
    ] == []


def test_every_line_is_counted_once_and_a_sensitive_opening_is_among_the_rest(
    shift: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(6):
        call(shift, "family.violence", CELLS[0])
        engine.open_case("hazard", HAZARD, shift)
    found = counted(tmp_path, monkeypatch)
    assert Counter(one.get("family") for one in found) == {"fire": 1, None: 1}
    assert sum(one["lines"] for one in found) == Line.objects.count()
    path = tmp_path / "public.jsonl"
    assert public_check.verify_public(path, {}).fault == ""
    for line in Line.objects.filter(act="open"):
        shown = public_check.verify_public(path, {}, public.prove(line.number)).shown
        sensitive = "family.violence" in line.canonical
        assert set(shown) == ({"day"} if sensitive else {"day", "block", "kind", "family"})


def test_a_block_of_fewer_than_a_hundred_residents_is_told_as_the_one_above(
    shift: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Block.objects.filter(code="990101").update(population=99)
    current.forget()
    for _ in range(5):
        call(shift, "traffic.collision_injury", CELLS[0])
    assert counted(tmp_path, monkeypatch)[:-1] == [told("9901", "call", "traffic", 5)]


def test_what_the_city_knows_nothing_of_is_among_the_rest(
    shift: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        call(shift, "traffic.collision_injury", CELLS[0])

    def unknown(digest: str) -> Any:
        raise registry.KindText.DoesNotExist(digest)

    monkeypatch.setattr(registry, "parsed", unknown)
    assert [set(one) for one in counted(tmp_path, monkeypatch)] == [{"lines"}]
