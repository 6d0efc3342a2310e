"""What the check accepts the engine can do: kinds made by chance, those that pass it opened and walked to their end."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.check import check
from blockwise.cases.kinds.model import Act, Field, Kind
from blockwise.cases.kinds.parse import parse_kind
from blockwise.cases.models import Case
from blockwise.cases.queries.story import story
from blockwise.cases.screens import forms, schema
from blockwise.problems import Problem
from tests.cases.walking import NOW, one_a_role, opening, value
from tests.kinds import store_kinds

HEAD = """\
format: 2
kind: chance
noun: {zh: 事项, en: matter}
title: {zh: 事项, en: Matters}
subject: place
view: [call_taker, dispatcher, block_leader, oversight]
routing: {level: community}
stages:
  begun: {zh: 已开始, en: begun}
  seen: {zh: 已查看, en: seen}
  over: {zh: 已结束, en: over, final: true}
"""
TYPES = ("choices", "decimal", "money", "time", "period", "choice", "integer", "boolean", "date")
ROLES = ("block_leader", "dispatcher", "crew", "analyst", "oversight", "call_taker")
STEPS = (("inspect", "begun", "seen"), ("again", "seen", "seen"), ("end", "seen", "over"))
ODD: tuple[Any, ...] = (None, "", "x", 1, -1.5, True, [], ["a", "a"], {}, {"from": "2026-05-01"}, "9" * 30)


def made(chance: Random) -> str:
    fields = [made_field(chance, f"f{number}") for number in range(chance.randint(1, 4))]
    asked = [name for name, text in fields if "opening: false" in text]
    acts = "".join(made_act(chance, *step, asked if step[0] == "inspect" else []) for step in STEPS)
    given = "".join(text for _name, text in fields)
    said = '{zh: "{actor}开始", en: "{actor} began"}'
    roles = some(chance, ROLES[-1:] + ROLES[:2])
    return f"{HEAD}open: {{stage: begun, roles: [{roles}], sentence: {said}}}\nfields:\n{given}acts:\n{acts}"


def made_field(chance: Random, name: str) -> tuple[str, str]:
    kind = chance.choice(TYPES)
    numbers = 0.2 if kind in ("decimal", "money", "integer") else 0.02
    keys = {
        "required: true": 0.3, "opening: false": 0.3, "personal: true": 0.1,
        "choices: {a: {zh: 甲, en: a}, b: {zh: 乙, en: b}}": 0.95 if kind in ("choice", "choices") else 0.02,
        f"digits: {chance.randint(1, 7)}": 0.95 if kind == "decimal" else 0.02,
        f"currency: {chance.choice(['CNY', 'JPY', 'KWD', 'ZZZ'])}": 0.95 if kind == "money" else 0.02,
        f"low: {chance.randint(-5, 10**chance.randint(1, 9))}": numbers,
        f"high: {chance.randint(0, 10**chance.randint(1, 9))}": numbers,
    }  # fmt: skip
    chosen = "".join(f", {key}" for key, often in keys.items() if chance.random() < often)
    return name, f"  {name}: {{type: {kind}, label: {{zh: 项, en: item}}{chosen}}}\n"


def made_act(chance: Random, name: str, begin: str, end: str, asks: list[str]) -> str:
    kept = f"    not_by: [{some(chance, ('open', 'inspect', 'again', 'end'))}]\n" if chance.random() < 0.5 else ""
    said = f'{{zh: "{{actor}}操作", en: "{{actor}} did {name}"}}'
    return (
        f"  {name}:\n    zh: 操作\n    en: {name}\n    sentence: {said}\n    roles: [{some(chance, ROLES)}]\n"
        f"    from: [{begin}]\n    to: {end}\n    asks: [{', '.join(asks)}]\n{kept}"
    )


def some(chance: Random, names: tuple[str, ...]) -> str:
    return ", ".join(chance.sample(names, chance.randint(1, len(names))))


@pytest.fixture
def people(city: object, forces: None) -> Iterator[dict[str, Actor]]:
    with clock.at(NOW):
        yield one_a_role()
    registry.forget()


def accepted(seed: int) -> str:
    """The first kind by this chance that passes the check."""
    chance = Random(seed)
    return next(text for text in iter(lambda: made(chance), "") if not check(text, "chance.yaml", ("community",)))


@pytest.mark.parametrize("seed", range(25))
def test_what_the_check_accepts_the_engine_can_do(people: dict[str, Actor], seed: int) -> None:
    text = accepted(seed)
    kind = parse_kind(text, "chance.yaml")
    store_kinds({"chance": text})
    forms.opening_inputs(kind)
    schema.opening(kind)
    opener = people[kind.open_roles[0]]
    odd(kind, opener, Random(seed))
    case = Case.objects.get(pk=engine.open_case("chance", opening(kind), opener).case)
    for act in kind.acts:
        forms.act_inputs(kind, act)
        schema.acting(kind, act)
        assert by_somebody(kind, act, case.pk, people) or not act.not_by, (act.name, text)
    story(Case.objects.get(pk=case.pk), people["oversight"])


def odd(kind: Kind, opener: Actor, chance: Random) -> None:
    """Whatever is given for a field, it is taken or refused in words."""
    for field in (field for field in kind.fields if field.opening):
        try:
            engine.open_case("chance", {**opening(kind), field.name: chance.choice(ODD)}, opener)
        except Problem as problem:
            assert str(problem.where).split(".")[0] == field.name  # noqa: PT017  (or it was taken)


def by_somebody(kind: Kind, act: Act, case: int, people: dict[str, Actor]) -> bool:
    """Whether one of the act's roles does it; the others are refused by a Problem, and by nothing else."""
    asked: list[Field] = [field for field in kind.fields if field.name in act.asks]
    for role in act.roles:
        version = Case.objects.get(pk=case).version
        try:
            engine.act(case, act.name, {one.name: value(one) for one in asked}, people[role], expected_version=version)
        except Problem:
            continue
        return True
    return False
