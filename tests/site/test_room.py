"""A room is its folder and one line: one made here of a single file works whole, and the list stands nowhere twice."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from configparser import ConfigParser
from importlib import import_module, reload
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import clear_url_caches

from blockwise import rooms
from blockwise.access import policy
from blockwise.access.actors import Actor, actor_for
from blockwise.access.queries import visible_lines
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.check import check
from blockwise.cases.models import Case
from blockwise.cases.screens import forms, schema
from blockwise.ledger import lines
from blockwise.messages.models import Message
from blockwise.problems import Invalid
from blockwise.rooms import Role, house
from blockwise.site import health, urls
from blockwise.site.worker import Turns
from tests.people import People, person, point_in, signed_in

ROOT = Path(__file__).resolve().parents[2]
ROOM = """
from pathlib import Path

from django.http import HttpResponse
from django.urls import path
from ninja import Router

from blockwise.ledger.lines import Entry
from blockwise.problems import Invalid
from blockwise.rooms import (
    Api, Effect, FieldType, Finding, Job, Check, Role, Room, Rule, Section, Thread, Topic, Entrance, Where,
)

WELLS = []
router = Router(tags=["wells"])


@router.get("/wells")
def wells(request):
    return {"wells": len(WELLS)}


def dig(change):
    WELLS.append(change.case.pk)
    change.line_data["depth"] = change.data["depth"]
    change.entries.append(Entry(f"well:{change.case.pk}", "dug", change.actor.id, change.case.block_id))


def colour(field, value):
    if value not in ("red", "green"):
        raise Invalid("This is no colour.", where=field.name)
    return value


urlpatterns = [path("wells/", lambda request: HttpResponse(f"{len(WELLS)} wells"), name="wells")]
ROOM = Room(
    "wells",
    allows={"well.view": "see wells"},
    rules=(Rule("well.view", Role.ANALYST, Where.SUBTREE, "to know the wells"),),
    scopes={"wells:read": ("well.view",)},
    threads=(Thread("well", "well.view", about="block"),),
    topics=(Topic("well_dug", "A well", lambda data, subject: "dug", lambda data: "/wells/", told=True),),
    effects=(Effect("dig", "digs", dig, takes={"depth": {"type": "integer"}}, needs=("depth",), says=("depth",)),),
    field_types=(FieldType("colour", "a colour", colour, lambda field: {"enum": ["red", "green"]}),),
    jobs=(Job("wells", 0.01, lambda: WELLS.append(0)),),
    checks=(Check(lambda: Finding("wells", True, False, f"{len(WELLS)} wells")),),
    api=Api("wells.room", "Wells."),
    pages="wells.room",
    entrances=(Entrance("wells", "Wells", frozenset({Role.ANALYST}), at=5),),
    sections=(Section("wells.html", lambda case, kind, actor: {"wells": WELLS.count(case.pk)}),),
)
"""
KIND = """
kind: digging
noun: {zh: 掘井, en: digging}
title: {zh: 掘井, en: Digging}
subject: place
open: {stage: asked, roles: [dispatcher], sentence: {zh: "{actor}登记", en: "{actor} took it in"}}
view: [dispatcher, analyst]
routing: {level: community}
stages:
  asked: {zh: 已登记, en: asked}
  done: {zh: 已完成, en: done, final: true}
fields:
  cover: {type: colour, label: {zh: 井盖颜色, en: Colour of the cover}, opening: false}
acts:
  dig:
    zh: 掘井
    en: Dig
    sentence: {zh: "{actor}掘了{depth}米，{cover}", en: "{actor} dug {depth} metres, {cover}"}
    roles: [dispatcher]
    from: [asked]
    to: done
    asks: [cover]
    effects: [dig]
    tells: [well_dug]
"""


@pytest.fixture
def wells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[ModuleType]:
    """A room of one folder, in the house with the others."""
    folder = tmp_path / "wells"
    (folder / "templates").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "room.py").write_text(ROOM)
    (folder / "templates" / "wells.html").write_text("<section>{{ given.wells }} well here</section>")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [folder / "templates"]}]
    monkeypatch.syspath_prepend(str(tmp_path))
    before, made = house(), import_module("wells.room")
    rooms.assemble([*before.rooms, made.ROOM])
    reload(urls)
    clear_url_caches()
    yield made
    registry.forget()
    rooms.assemble(before.rooms)
    for name in ("wells", "wells.room"):
        sys.modules.pop(name)
    reload(urls)
    clear_url_caches()


def analyst() -> Actor:
    return actor_for(person("anna", (Role.ANALYST, "9901"), name="安娜", name_en="Anna"))


def opened(people: People) -> Case:
    assert check(KIND, "digging.yaml", {"community"}) == ()
    registry.store({"digging": KIND}, "system:test")
    lon, lat = point_in("99010101")
    place = {"lon": lon, "lat": lat, "text": "Well Lane", "kind": "open"}
    done = engine.open_case("digging", {"place": place}, people.actor("in_charge"))
    return Case.objects.get(pk=done.case)


def dug(people: People, **data: Any) -> Case:
    case = opened(people)
    given = {"cover": "red", "depth": 7} | data
    engine.act(case.pk, "dig", given, people.actor("in_charge"), expected_version=case.version)
    return Case.objects.get(pk=case.pk)


@pytest.mark.django_db
def test_its_effect_field_topic_and_thread_work(wells: ModuleType, people: People) -> None:
    case = dug(people)
    assert (case.stage, case.fields, wells.WELLS) == ("done", {"cover": "red"}, [case.pk])
    line = list(lines.thread_lines(case.thread))[-1]
    assert lines.data_of(line)["depth"] == 7
    (own,) = lines.thread_lines(f"well:{case.pk}")
    anna, dispatcher = analyst(), people.actor("in_charge")
    assert visible_lines(anna, [own]) == [own]
    assert visible_lines(dispatcher, [own]) == []
    assert Message.objects.get(case=case.pk).topic == "well_dug"


@pytest.mark.django_db
def test_its_field_refuses_and_nothing_is_written(wells: ModuleType, people: People) -> None:
    with pytest.raises(Invalid, match="This is no colour"):
        dug(people, cover="blue")
    assert (Case.objects.get().stage, wells.WELLS) == ("asked", [])


@pytest.mark.django_db
def test_forms_and_schemas_hold_what_it_hands_up(wells: ModuleType, people: People) -> None:
    kind = registry.of(opened(people))
    act = kind.act("dig")
    assert act
    assert [entry.name for entry in forms.act_inputs(kind, act)] == ["cover"]
    told = schema.acting(kind, act)
    assert set(told["required"]) == {"cover", "depth"}
    assert told["properties"]["cover"]["enum"] == ["red", "green"]


@pytest.mark.django_db
def test_its_page_its_way_there_and_its_section_are_shown(
    wells: ModuleType, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = dug(people)
    assert "1 well here" in signed_in(people.in_charge).get(f"/cases/{case.pk}/").content.decode()
    assert signed_in(people.in_charge).get("/wells/").content == b"1 wells"
    assert "wells" in [one.page for one in house().entrances]
    assert "see wells" in Client().get("/rules/").content.decode()


@pytest.mark.django_db
def test_its_rule_decides(wells: ModuleType, people: People) -> None:
    anna, dispatcher = analyst(), people.actor("in_charge")
    assert policy.decide(anna, "well.view", policy.About(block="990101"))
    assert not policy.decide(anna, "well.view", policy.About(block="9902"))
    assert not policy.decide(dispatcher, "well.view", policy.About(block="990101"))
    assert "wells:read" in house().scopes


@pytest.mark.django_db
def test_its_job_is_done_and_health_looks_at_it(wells: ModuleType, client: Client) -> None:
    Turns(house().jobs["wells"]).turn()
    assert wells.WELLS == [0]
    health._kept = (float("-inf"), [])
    assert client.get("/readyz").json()["checks"]["wells"]["figure"] == "1 wells"
    health._kept = (float("-inf"), [])


def test_two_rooms_may_not_hand_up_one_name() -> None:
    twice = rooms.Room("again", effects=(house().effects["assign_units"],))
    with pytest.raises(ValueError, match="assign_units"):
        _ = rooms.House((*house().rooms, twice)).effects


def test_the_layers_hold_every_room_in_its_order() -> None:
    written = ConfigParser()
    written.read(ROOT / ".importlinter")
    layers = [
        one.strip().removeprefix("blockwise.") for one in written["importlinter:contract:layers"]["layers"].split()
    ]
    assert [one for one in reversed(layers) if one in django_settings.ROOMS] == list(django_settings.ROOMS)


def test_every_room_stands_in_the_list() -> None:
    there = {path.parent.name for path in (ROOT / "blockwise").glob("*/room.py")}
    assert there == set(django_settings.ROOMS)


def test_every_rule_is_said_in_words() -> None:
    assert {what for room in house().rooms for what in room.allows} == set(house().rules)
    assert set(house().scope_of) <= set(house().rules)
