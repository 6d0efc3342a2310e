"""Every act of every built-in kind, walked from its declaration alone through the engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils.translation import override

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor, actor_for
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.model import Act, Field, Kind
from blockwise.cases.kinds.parse import parse_kind
from blockwise.cases.models import Case, Idempotency
from blockwise.cases.queries import story
from blockwise.cases.rules import values
from blockwise.cases.rules.sight import open_acts
from blockwise.ledger import lines
from blockwise.ledger.models import Head, Line, Sealed
from blockwise.messages.models import Message
from blockwise.problems import Conflict, Forbidden, Invalid, NotFound, Problem
from blockwise.rooms import GRANTED, Role
from tests.cases.walking import (
    NOW,
    Walk,
    changes,
    clock_states,
    due_of,
    one_a_role,
    opening,
    paths,
    state_of,
    told,
    ways_to,
    worked_out,
)  # fmt: skip
from tests.kinds import store_kinds
from tests.people import person

LATER = Path(__file__).parents[1] / "kinds" / "format_2"  # kinds that show what format 2 has
TEXTS = {**registry.builtin_texts(), **{path.stem: path.read_text(encoding="utf-8") for path in LATER.glob("*.yaml")}}
KINDS = {name: parse_kind(text, f"{name}.yaml") for name, text in TEXTS.items()}
ACTS = [(kind.name, act.name) for kind in KINDS.values() for act in kind.acts]
BY_DAY = [one if one[0] in registry.builtin_texts() else pytest.param(*one, marks=pytest.mark.slow) for one in ACTS]
# Declared, and never possible: a unit's work is told from the stage its sending led to.
UNREACHED = {
    ("call", act, "received") for act in ("acknowledge", "en_route", "on_scene", "transport", "at_hospital", "clear")
}
# Possible with a second unit alone: a call on the way has one, or it waits again (tests/units/test_endings.py).
UNREACHED |= {("call", act, stage) for act in ("send", "divert", "merge") for stage in ("dispatched", "en_route")}
UNREACHED |= {("call", "en_route", "en_route")}


@pytest.fixture
def kinds(city: object) -> Iterator[None]:
    store_kinds(TEXTS)
    yield
    registry.forget()


@pytest.fixture
def roles(kinds: None, forces: None) -> dict[str, Actor]:
    return one_a_role()


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.at(NOW):
        yield


@contextmanager
def apart() -> Iterator[None]:
    """What happens inside is taken back: the next walk has the unit again."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def counts() -> tuple[int, ...]:
    """Of everything that a refused act could have half-written."""
    number = Head.objects.get().number
    return (number, *(model.objects.count() for model in (Case, Line, Message, Idempotency, Sealed)))


def refused(walk: Walk, act: Act, data: dict[str, Any], actor: Actor, version: int | None) -> Problem:
    """The refusal of this act, which must leave no trace."""
    before, row = counts(), Case.objects.filter(pk=walk.id).values().get()
    with pytest.raises(Problem) as problem:
        walk.try_(act, data, actor, version)
    assert (counts(), Case.objects.filter(pk=walk.id).values().get()) == (before, row)
    assert str(problem.value.what)
    return problem.value


def test_every_stage_is_reached_and_every_act_can_be_done_from_where_it_says() -> None:
    reached = {(kind.name, state.stage) for kind in KINDS.values() for state in paths(kind)}
    assert reached == {(kind.name, stage.name) for kind in KINDS.values() for stage in kind.stages}
    missing = {
        (kind.name, act.name, stage)
        for kind in KINDS.values()
        for act in kind.acts
        for stage in set(act.from_stages) - {state.stage for state, _path in ways_to(kind, act)}
    }
    assert missing == UNREACHED


@pytest.mark.parametrize("name", KINDS)
def test_opening(roles: dict[str, Actor], name: str) -> None:
    kind = KINDS[name]
    for role, actor in roles.items():
        before = counts()
        if role not in kind.open_roles:
            with pytest.raises(Forbidden):
                engine.open_case(name, opening(kind), actor)
            assert counts() == before
            continue
        result = engine.open_case(name, opening(kind), actor)
        case = Case.objects.get(pk=result.case)
        assert (case.stage, case.version, case.final, result.version) == (kind.open_stage, 1, False, 1)
        assert {row.name for row in case.clocks.all()} == {
            one.name for one in kind.clocks if "open" in one.starts and one.concerns(case.type)
        }
        line = Line.objects.get(number=result.line)
        assert (line.thread, line.act, line.actor, line.number) == (case.thread, "open", actor.id, before[0] + 1)
        given = opening(kind).keys()
        kept = {field.name for field in kind.fields if field.name in given and not field.personal}
        sealed = {field.name for field in kind.fields if field.name in given and field.personal}
        receipt = {"receipt"} if any("reporter" in one.roles for one in kind.acts) else set()
        assert (case.fields.keys(), case.sealed.keys()) == (kept, sealed | receipt | {"place"})
        check_story(kind, None, case, roles, actor, opening(kind))


@pytest.mark.parametrize("name", KINDS)
def test_an_opening_needs_what_is_required(roles: dict[str, Actor], name: str) -> None:
    kind = KINDS[name]
    actor = roles[kind.open_roles[0]]
    required = ["place", *(["type"] if kind.types else []), *(f.name for f in kind.fields if f.opening and f.required)]
    for missing in required:
        data = {key: given for key, given in opening(kind).items() if key != missing}
        before = counts()
        with pytest.raises(Invalid) as problem:
            engine.open_case(name, data, actor)
        assert (problem.value.where, counts()) == (missing, before)


@pytest.mark.parametrize(("name", "act_name"), BY_DAY)
def test_act(roles: dict[str, Actor], name: str, act_name: str) -> None:
    """From each of its stages, by each of its roles: stage, version, line, clocks, what is sealed, and the sentence."""
    kind = KINDS[name]
    act = kind.act(act_name)
    assert act is not None
    for number, (_state, path) in enumerate(ways_to(kind, act)):
        for role in act.roles if number == 0 else act.roles[:1]:
            with apart():
                walk = Walk(kind, roles, act).follow(path)
                if walk.hidden_from(role):
                    fault = refused(walk, act, walk.asked(act), walk.people[role], walk.version)
                    assert (type(fault), fault.where) == (NotFound, "case")
                elif act.by and walk.case.assignee != walk.people[role].id:
                    assert isinstance(refused(walk, act, walk.asked(act), walk.people[role], walk.version), Forbidden)
                    assert act not in open_acts(walk.case, walk.people[role])
                elif walk.barred(act, walk.people[role]):
                    fault = refused(walk, act, walk.asked(act), walk.people[role], walk.version)
                    assert (type(fault), fault.where) == (Forbidden, "act")
                    assert act not in open_acts(walk.case, walk.people[role])
                else:
                    assert act in open_acts(walk.case, walk.people[role])
                    check_act(walk, act, walk.people[role])


def check_act(walk: Walk, act: Act, actor: Actor) -> None:
    kind, data, before = walk.kind, walk.asked(act), walk.case
    first, threads = Head.objects.get().number + 1, Line.objects.filter(thread=before.thread).count()
    result = walk.do(act, data, actor)
    case, line = walk.case, Line.objects.get(number=result.line)
    assert (case.stage, case.final) == (walk.state.stage, kind.stage(walk.state.stage).final)
    assert (result.stage, result.version, result.case) == (case.stage, case.version, case.pk)
    assert case.version == walk.version == before.version + changes(kind, act)
    assert (case.closed_at is not None, bool(case.outcome)) == (
        case.final,
        case.final and act.merge != "into" and (act.outcome or bool(before.outcome)),
    )
    assert (line.number, line.thread, line.thread_number) == (first, case.thread, threads + 1)
    assert (line.act, line.actor, line.block) == (act.name, actor.id, case.block_id)
    check_values(kind, act, case, lines.data_of(line), data)
    check_clocks(walk, case)
    assert case.assignments.filter(cleared_at=None).exists() == (walk.state.told is not None)
    told_by = Line.objects.filter(number__gt=first)
    assert [(one.act, one.thread) for one in told_by] == other_lines(act, before, data | walk.numbers)
    given = "assign" in act.effects and case.assignee != actor.id
    messages = Message.objects.filter(data__act=act.name, data__case=case.pk).count()
    assert messages == len(act.tells) + bool(act.publishes) + given
    check_story(kind, act, case, walk.people, actor, {**data, "party": walk.numbers.get(act.party)})


def other_lines(act: Act, before: Case, data: dict[str, Any]) -> list[tuple[str, str]]:
    if act.opens:
        return [("open", Case.objects.latest("pk").thread)]
    if act.links:
        return [("case_linked", f"case:{data['linked_case']}")]
    if act.party_step in ("adds", "changes"):
        return [("party_sealed", f"party:{before.pk}:{data[act.party]}")]
    if act.merge == "into":
        return [("repeat_added", f"case:{data['primary']}")]
    return [("repeat_removed", f"case:{before.primary_id}")] if act.merge == "undo" else []


def check_values(kind: Kind, act: Act, case: Case, line: dict[str, Any], data: dict[str, Any]) -> None:
    """What is personal is in the vault, the rest on the case and in its line."""
    fields = [field for name in (*act.asks, *act.may_ask) if name in data and (field := kind.field_named(name))]
    kept = {field.name: kept_as(field, data[field.name]) for field in fields if not field.personal}
    if kind.grade and kept.keys() & set(kind.grade.of):
        kept |= worked_out(kind, case.fields)
    assert line.get("fields", {}) == kept
    assert kept.items() <= case.fields.items()
    sealed = {field.name for field in fields if field.personal and field.type != "attachment"} | (
        {"place"} if act.retypes else set()
    )
    assert line.get("sealed", {}).keys() == sealed
    assert "MARK" not in Line.objects.get(thread=case.thread, act=act.name, hash=last_of(case).hash).canonical
    if act.retypes:
        assert (case.type, case.priority, case.block_id) == (data["type"], 2, "99010202")
    if act.outcome:
        assert line["outcome"] == data["outcome"]


def kept_as(field: Field, given: Any) -> Any:
    if field.type == "money":
        return {"amount": int(given.replace(".", "")), "currency": field.currency}
    return values.iso(datetime.fromisoformat(given)) if field.type == "datetime" else given


def last_of(case: Case) -> Line:
    return Line.objects.filter(thread=case.thread).latest("thread_number")


def check_clocks(walk: Walk, case: Case) -> None:
    rows = list(case.clocks.order_by("name", "round"))
    states: dict[str, list[str]] = {}
    for row in rows:
        states.setdefault(row.name, []).append(state_of(row))
        assert row.round == len(states[row.name])
    assert states == clock_states(walk.kind, walk.history)
    running = [row for row in rows if state_of(row) == "running"]
    declared = {one.name: one for one in walk.kind.clocks}
    for row in running:
        due = due_of(declared[row.name], row, case, walk.history)
        assert due in (None, row.due_at), row.name
        assert row.due_at is not None
        assert bool(row.wakes_at) == bool(declared[row.name].escalate or declared[row.name].tells)
    ours = [row.due_at for row in running if row.due_at and not declared[row.name].of]
    assert case.due_at == min(ours, default=None)


def check_story(kind: Kind, act: Act | None, case: Case, roles: Any, actor: Actor, data: dict[str, Any]) -> None:
    """The last line of the record as it is read, in both languages, without a blank."""
    said = act.sentence if act else kind.open_sentence
    for language, pattern, name in (("zh-hans", said.zh, actor.name), ("en", said.en, actor.name_en)):
        with override(language):
            last = story.story(case, roles["oversight"])[-1]
        assert last.sentence == told(pattern, kind, act, name, data | worked_out(kind, case.fields), language[:2])
        assert story.BLANK not in last.sentence
        assert "{" not in last.sentence


@pytest.mark.parametrize("name", KINDS)
def test_no_act_from_a_stage_that_it_does_not_name(roles: dict[str, Actor], name: str) -> None:
    kind = KINDS[name]
    stages = {state.stage: path for state, path in reversed(paths(kind).items())}
    for stage, path in stages.items():
        with apart():
            walk = Walk(kind, roles).follow(path)
            able = [act for act in kind.acts if walk.state.given or not act.by]
            for act in (act for act in able if stage not in act.from_stages):
                data = {} if act.merge == "into" or act.links else walk.asked(act)
                fault = refused(walk, act, data, walk.someone(act), walk.version)
                assert (type(fault), fault.where, fault.more["stage"]) == (Conflict, "act", stage)
                assert fault.more["allowed"] == [one.name for one in kind.acts if stage in one.from_stages]


@pytest.mark.parametrize(("name", "act_name"), BY_DAY)
def test_an_act_is_refused_to_others_and_without_what_it_asks(
    roles: dict[str, Actor], name: str, act_name: str
) -> None:
    kind = KINDS[name]
    act = kind.act(act_name)
    assert act is not None
    _state, path = next(ways_to(kind, act))
    walk = Walk(kind, roles, act).follow(path)
    data, version = walk.asked(act), walk.version
    for role in set(roles) - set(act.roles):
        seen = policy.may_view(roles[role], kind, walk.case)
        assert isinstance(refused(walk, act, data, roles[role], version), Forbidden if seen else NotFound), role
    far = actor_for(person("far", *((role, "9902") for role in GRANTED if role != Role.CREW)))
    assert isinstance(refused(walk, act, data, far, version), NotFound)

    someone = walk.someone(act)
    unit = [one for one in ("units", "unit", "why", "minutes") if one in data]
    own = ("outcome", "primary", "linked_case", "party", "details", "consent")
    needed = [*act.asks, *unit, *(one for one in own if one in data)]
    for missing in needed:
        without = {key: given for key, given in data.items() if key != missing}
        fault = refused(walk, act, without, someone, version)
        assert (type(fault), fault.where) == (Invalid, missing)
    fault = refused(walk, act, {**data, "surprise": 1}, someone, version)
    assert (type(fault), fault.where) == (Invalid, "surprise")
    if changes(kind, act):
        for wrong, kind_of_fault in ((None, Invalid), (version + 1, Conflict), (version - 1, Conflict)):
            fault = refused(walk, act, data, someone, wrong)
            assert (type(fault), fault.where) == (kind_of_fault, "expected_version")


@pytest.mark.parametrize("name", KINDS)
def test_an_act_that_the_kind_does_not_have(roles: dict[str, Actor], name: str) -> None:
    kind = KINDS[name]
    walk = Walk(kind, roles)
    for unknown in ("open", "escalated", "look", "nothing"):
        with pytest.raises(NotFound) as problem:
            engine.act(walk.id, unknown, {}, roles[kind.view_roles[0]], expected_version=1)
        assert problem.value.where == "act"
