"""For every kind that may be used: what somebody writes is sealed, and is neither in the record nor outside."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.db import transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.check import check
from blockwise.cases.kinds.check_scope import FACTS
from blockwise.cases.models import Case, Idempotency, KindText
from blockwise.cases.queries import story
from blockwise.cases.screens.pages import whole
from blockwise.ledger import lines
from blockwise.ledger.models import Line
from blockwise.messages.models import Message
from blockwise.rooms import house
from tests.cases.walking import NOW, place, value
from tests.people import People

pytestmark = pytest.mark.django_db
MARK = "MARK"  # in everything that walking.value writes into a field of text, and in contacts and names
ROLES = ["dispatcher", "call_taker"]
TYPES = tuple(one.name for one in house().field_types.values() if one.declarable)
SEALED = [one.name for one in house().field_types.values() if one.sealed]


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def roles(kinds: None, people: People) -> Actor:
    return people.actor("in_charge")


def both(text: str) -> dict[str, str]:
    return {"zh": f"字{text}", "en": f"says {text}"}


@st.composite
def fields(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    found = {}
    for number in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(TYPES))
        field = {"type": kind, "label": both(f"field{number}"), "opening": draw(st.booleans()) and kind != "name"}
        if kind == "choice":
            field["choices"] = {"one": both("one"), "two": both("two")}
        if draw(st.integers(0, 9)) == 0:
            field["personal"] = draw(st.booleans())
        found[f"field{number}"] = field
    return found


@st.composite
def acts(draw: st.DrawFn, known: dict[str, dict[str, Any]], facts: list[str]) -> dict[str, Any]:
    """One act that asks for everything, with a sentence and a published text of mostly allowed words."""
    names = list(known)
    open_ = [name for name in names if known[name]["type"] not in SEALED and not known[name].get("personal")]
    said = draw(st.lists(st.sampled_from(names if draw(st.integers(0, 7)) == 0 else [*open_, "actor"]), max_size=3))
    act = {
        **both("act"),
        "sentence": both("".join(f"{{{name}}}" for name in said)),
        "roles": ROLES,
        "from": ["begun", "ended"],
        "to": "ended",
        "asks": names,
    }
    if draw(st.booleans()):
        words = names if draw(st.integers(0, 7)) == 0 else facts or ["type"]
        told = draw(st.lists(st.sampled_from(words), max_size=3))
        act["publishes"] = both("".join(f"{{{name}}}" for name in told))
    if draw(st.booleans()):
        act["tells"] = ["report_inside"]
    return act


@st.composite
def kind_texts(draw: st.DrawFn) -> str:
    known = draw(fields())
    allowed = [name for name, field in known.items() if field["type"] in ("choice", "date")]
    pool = [*FACTS, *(known if draw(st.integers(0, 7)) == 0 else allowed)]
    facts = draw(st.lists(st.sampled_from(pool), unique=True))
    kind = {
        "kind": "made",
        "noun": both("thing"),
        "title": both("things"),
        "subject": "matter",
        "open": {"stage": "begun", "roles": ROLES, "sentence": both("{actor}")},
        "view": ROLES,
        "routing": {"level": "community"},
        "fields": known,
        "stages": {"begun": both("begun"), "ended": {**both("ended"), "final": "true"}},
        "acts": {"tell": draw(acts(known, facts))},
        "publication": facts,
    }
    return str(yaml.dump(json.loads(json.dumps(kind)), Dumper=Plain, allow_unicode=True))


class Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def stored(text: str) -> None:
    KindText.objects.filter(kind="made").update(current=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    KindText.objects.create(digest=digest, kind="made", text=text, stored_at=clock.real_now())
    registry.forget()


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=kind_texts())
def test_no_free_text_leaves_the_vault(roles: Actor, caplog: pytest.LogCaptureFixture, text: str) -> None:
    if check(text, "made.yaml", ["community"]):
        event("refused")
        return
    event("may be used")
    caplog.clear()
    with caplog.at_level(logging.DEBUG), transaction.atomic():
        stored(text)
        kind = registry.current("made")
        data = {field.name: value(field) for field in kind.fields if field.opening}
        done = engine.open_case("made", {**data, "place": {**place("99010101"), "text": f"{MARK} 1"}}, roles, key="a")
        data = {field.name: value(field) for field in kind.fields}
        engine.act(done.case, "tell", data, roles, expected_version=done.version, key="b")
        case = Case.objects.get(pk=done.case)
        kept = [row.canonical for row in Line.objects.all()]
        kept += [json.dumps(row.data, ensure_ascii=False) for row in Message.objects.all()]
        kept += [json.dumps(row.result, ensure_ascii=False) for row in Idempotency.objects.all()]
        kept += [json.dumps([case.fields, case.sealed], ensure_ascii=False), caplog.text]
        assert [one for one in kept if MARK in one] == []
        free = {field.name for field in kind.fields if field.free}
        assert free <= case.sealed.keys()
        assert sum(MARK in said for said in story.story(case, roles)[-1].texts) == sum(
            field.type == "line" for field in kind.fields
        )
        transaction.set_rollback(True)
    registry.forget()


OLD = """\
kind: made
noun: {zh: 事, en: thing}
title: {zh: 事, en: Things}
subject: matter
open: {stage: begun, roles: [dispatcher], sentence: {zh: "{actor}上报", en: "{actor} took it"}}
view: [dispatcher]
routing: {level: community}
fields:
  told: {type: line, label: {zh: 报告对象, en: Reported to}, personal: false, opening: false}
stages:
  begun: {zh: 开始, en: begun}
  ended: {zh: 结束, en: ended, final: true}
acts:
  tell:
    zh: 上报
    en: Report
    sentence: {zh: "{actor}上报{told}", en: "{actor} reported it to {told}"}
    roles: [dispatcher]
    from: [begun]
    asks: [told]
    tells: [report_inside, publication]
  end:
    zh: 结束
    en: End
    sentence: {zh: "{actor}结束", en: "{actor} ended it"}
    roles: [dispatcher]
    from: [begun]
    to: ended
"""


def test_a_case_of_an_older_text_is_read_and_what_is_written_now_is_sealed(roles: Actor) -> None:
    assert {fault.code for fault in check(OLD, "made.yaml")} == {"unsealed", "sealed-in-sentence", "unknown-topic"}
    stored(OLD)
    done = engine.open_case("made", {"place": place("99010101")}, roles)
    case = Case.objects.get(pk=done.case)
    Case.objects.filter(pk=case.pk).update(fields={"told": "the gas office"})
    lines.write([lines.Entry(case.thread, "tell", roles.id, "99010101", {"fields": {"told": "the gas office"}})])

    engine.act(done.case, "tell", {"told": f"{MARK} and others"}, roles)
    case.refresh_from_db()
    assert case.fields == {"told": "the gas office"}
    assert not any(MARK in row.canonical for row in Line.objects.all())
    told = story.story(case, roles)
    assert [one.sentence for one in told[1:]] == ["Alice reported it to the gas office", "Alice reported it to —"]
    assert told[-1].texts == (f"Reported to: {MARK} and others",)
    assert [str(value) for _label, value in whole(case, roles)["facts"]] == ["the gas office"]
