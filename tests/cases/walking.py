"""A kind walked from its declaration alone: what an act needs, where it can be done, and what must be true after it.

Nothing here asks the engine what it would do: stages, clocks and sentences are worked out again from the declaration.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, product
from string import Formatter
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from blockwise import clock
from blockwise.access.actors import Actor, Held, actor_for
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.model import CHECKLIST, Act, Clock, Condition, Field, Kind, Words
from blockwise.cases.models import Case, CaseClock, CaseRound
from blockwise.cases.rules import amounts
from blockwise.rooms import GRANTED
from blockwise.units.assignments import STEPS
from blockwise.units.models import Crew, Meaning
from tests.people import person, point_in

NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Shanghai
SECOND = timedelta(seconds=1)
STEP = timedelta(seconds=10)  # between two acts
HOME, ELSEWHERE = "99010101", "99010202"  # blocks of the case before and after it is corrected
UNIT, CALL_SIGN = "P1", "P1号"
GIVES = {"assign", "take", "pass_to_department"}
SENDS = {"assign_units", "divert_units"}
ZONE = ZoneInfo("Asia/Shanghai")


NARROW = ("crew", "department_officer", "volunteer")  # these see a few cases alone
RUN = (["running"], ["paused"])


@dataclass(frozen=True)
class State:
    """Where a case stands. `told` is what its unit has told; None while no unit works on it. `out`: it broke down.
    `given`: to somebody. `there`: the roles of which it has a party; a walk adds no second one."""

    stage: str
    told: frozenset[str] | None = None
    out: bool = False
    given: bool = False
    there: frozenset[str] = frozenset()


Chosen = Mapping[str, Any]  # by field, the choice that a walk gives instead of the last one


def chosen_for(kind: Kind, act: Act | None) -> Chosen:
    """The answers under which the act is possible."""
    found: dict[str, Any] = {}
    for name, wanted in act.when.parts if act and act.when else ():
        field = kind.field_named(name)
        if kind.grade and name == kind.grade.name:
            found |= next(one for one in every_answer(kind) if worked_out(kind, one)[name] in wanted)
            continue
        if field is not None and field.type == CHECKLIST:
            found[name] = dict.fromkeys(dict(field.choices), wanted[0])
            continue
        several = field is not None and field.type == "choices"
        found[name] = [wanted[0]] if several else wanted[0] == "true" if wanted[0] in ("true", "false") else wanted[0]
    return found


def every_answer(kind: Kind) -> Iterator[dict[str, Any]]:
    """What the grade may be worked out of; of numbers the least and the most."""
    assert kind.grade
    fields = [field for name in kind.grade.of if (field := kind.field_named(name))]
    can = [
        [code for code, _w in f.choices] or ([True, False] if f.type == "boolean" else [f.low, f.high]) for f in fields
    ]
    return (dict(zip(kind.grade.of, one, strict=True)) for one in product(*can))


def worked_out(kind: Kind, known: Mapping[str, Any]) -> dict[str, Any]:
    """The grade under its name; nothing while something is missing."""
    if kind.grade is None or not {*kind.grade.of} <= known.keys():
        return {}
    rows = (
        row.grade
        for row in kind.grade.rows
        if met(kind, row.when, known)
        and all((low or 0) <= known[name] <= (high or 10**9) for name, low, high in row.between)
    )
    return {kind.grade.name: next(rows, kind.grade.otherwise)}


def met(kind: Kind, condition: Condition | None, known: Mapping[str, Any]) -> bool:
    """Whether these answers meet the condition, each of them standing for itself."""
    return condition is None or all(
        bool({*wanted} & said(known.get(name)))
        or (name == "type" and any(str(known["type"]).startswith(f"{one}.") for one in wanted))
        for name, wanted in condition.parts
    )


def said(given: Any) -> set[str]:
    if given is None or isinstance(given, bool):
        return {"true" if given else "false"}
    if isinstance(given, dict):
        return {"fault" if "fault" in given.values() else "ok"}
    return {*given} if isinstance(given, list) else {str(given)}


def answered(kind: Kind, names: Iterable[str], known: Mapping[str, Any], chosen: Chosen = MappingProxyType({})) -> Any:
    """Everything that is asked of these fields, answered."""
    given = {field.name: chosen.get(name, value(field)) for name in names if (field := kind.field_named(name))}
    while True:
        fields = [field for name in given if (field := kind.field_named(name))]
        out = [field.name for field in fields if not met(kind, field.asked_when, {**known, **given})]
        if not out:
            return given
        given = {name: one for name, one in given.items() if name not in out}


def after(kind: Kind, state: State, act: Act, chosen: Chosen = MappingProxyType({})) -> State | None:
    """The state after the act, or None where the declaration and its effects do not allow it."""
    told, out, given, there = state.told, state.out, state.given, state.there
    if state.stage not in act.from_stages or (act.by and not given):
        return None
    known = {field.name: chosen.get(field.name, value(field)) for field in kind.fields}
    if not met(kind, act.when, known | worked_out(kind, known)):
        return None
    if act.party and (act.party in there) == (act.party_step == "adds"):
        return None
    if act.party_step == "adds":
        there |= {act.party}
    if act.party_step == "erases":
        there -= {act.party}
    if GIVES & set(act.effects):
        given = "pass_to_department" not in act.effects
    if "without_units" in act.effects and told is not None:
        return None
    if SENDS & set(act.effects):
        if told is not None or out:
            return None  # the one unit is on the case already, or can't be sent
        told = frozenset()
    if "delay_unit" in act.effects:
        if told is None or "on_scene" in told:
            return None
        told |= {act.name}
    if "tell_delay" in act.effects:
        if told is None or "delay" not in told:
            return None
        told -= {"delay"}
    if "move_assignments" in act.effects:
        if told is None or act.name in told:
            return None
        told = None if STEPS[act.name].field == "cleared_at" else told | {act.name}
        out = STEPS[act.name].meaning == Meaning.UNAVAILABLE
    if "clear_units" in act.effects:
        told = None
    if waits(kind, state, act):
        assert act.returns
        return State(act.returns, told, out, given, there)
    return State(_target(kind, state.stage, act), told, out, given, there)


def waits(kind: Kind, state: State, act: Act) -> bool:
    """Whether the act takes the only unit off the case before its work was done there."""
    if not act.returns or "move_assignments" not in act.effects:
        return False
    order = [one.name for one in kind.stages]
    return act.name != "clear" or order.index(state.stage) < order.index("on_scene")


def _target(kind: Kind, stage: str, act: Act) -> str:
    order = [one.name for one in kind.stages]
    if act.advance and order.index(act.advance) > order.index(stage):
        return act.advance
    return act.to or stage


def paths(kind: Kind, chosen: Chosen = MappingProxyType({})) -> dict[State, tuple[Act, ...]]:
    """Every state that can be reached, with the shortest way there, breadth first; looked for once."""
    key = (kind.digest, repr(sorted(chosen.items())))
    if key not in _PATHS:
        _PATHS[key] = _searched(kind, chosen)
    return _PATHS[key]


_PATHS: dict[tuple[str, str], dict[State, tuple[Act, ...]]] = {}


def _searched(kind: Kind, chosen: Chosen) -> dict[State, tuple[Act, ...]]:
    start = State(kind.open_stage)
    found: dict[State, tuple[Act, ...]] = {start: ()}
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        for act in kind.acts:
            reached = after(kind, state, act, chosen)
            if reached is not None and reached not in found:
                found[reached] = (*found[state], act)
                waiting.append(reached)
    return found


def ways_to(kind: Kind, act: Act) -> Iterator[tuple[State, tuple[Act, ...]]]:
    """For each stage from which the act can be done, the nearest state in which it can."""
    seen: set[str] = set()
    chosen = chosen_for(kind, act)
    for state, path in paths(kind, chosen).items():
        if after(kind, state, act, chosen) is not None and state.stage not in seen:
            seen.add(state.stage)
            yield state, path


def value(field: Field) -> Any:
    """Something that this field takes."""
    lon, lat = point_in(HOME)
    return {
        "line": f"MARK {field.name} 7",
        "code": "R-20260506-7",
        "text": f"文字 {field.name}",
        "confidence": f"MARK {field.name} 9",
        "name": "李MARK",
        "choice": field.choices[-1][0] if field.choices else "",
        "integer": field.low or 1,
        "boolean": True,
        "date": (NOW + timedelta(days=14)).date().isoformat(),
        "datetime": (NOW + timedelta(hours=2)).isoformat(),
        "contact": {"name": "王MARK", "phone": "19900000001"},
        "position": {"lon": lon, "lat": lat, "source": "device"},
        "attachment": [],
        "choices": [code for code, _words in field.choices],
        "decimal": amounts.written(amounts.bounds(field)[1], field.digits or 0),
        "money": amounts.written(amounts.bounds(field)[1], amounts.digits_of(field)),
        "time": "08:30",
        CHECKLIST: dict.fromkeys(dict(field.choices), "ok"),
        "period": {"from": NOW.date().isoformat(), "to": (NOW + timedelta(days=7)).date().isoformat()},
    }[field.type]


def place(block: str, kind: Kind | None = None) -> dict[str, Any]:
    if kind and kind.place == "block":
        return {"block": block}
    lon, lat = point_in(block)
    return {
        "lon": lon,
        "lat": lat,
        "text": f"{block} 8号",
        "kind": "premises" if kind and kind.place == "premises" else "street",
    }


def opening(kind: Kind) -> dict[str, Any]:
    """Everything that a case of this kind can be opened with."""
    data: dict[str, Any] = {"type": plain_types(kind)[0]} if kind.types else {}
    data |= answered(kind, [field.name for field in kind.fields if field.opening], data)
    if kind.channels:
        data["channel"] = kind.channels[-1][0]
    return data | {"place": place(HOME, kind)}


def plain_types(kind: Kind) -> list[str]:
    """Types that are not sensitive: those are hidden from block leaders."""
    return [one.code for one in kind.types if not one.sensitive]


@dataclass(frozen=True)
class Done:
    """What happened to a case, as far as its clocks are concerned."""

    act: str
    moment: datetime
    stage: str
    final: bool
    undoes: bool
    waits: bool = False


class Walk:
    """One case taken along a path, by people who hold one role each over the whole city."""

    def __init__(self, kind: Kind, people: Mapping[str, Actor], aim: Act | None = None) -> None:
        """`aim`: the act that is to be possible at its end."""
        self.kind, self.moment = kind, NOW
        self.chosen = chosen_for(kind, aim)
        with clock.at(NOW):
            opener = people[next(r for r in kind.open_roles if r not in NARROW)]
            result = engine.open_case(kind.name, opening(kind), opener)
        self.done = {("open", opener.id)}
        self.id, self.version = result.case, 1
        reporter = Actor(f"reporter:{self.id}", "反映人", (Held("reporter", ""),), name_en="Whoever reported it")
        self.people = {**people, "reporter": replace(reporter, receipt=self.id)}
        self.history = [Done("open", NOW, kind.open_stage, final=False, undoes=False)]
        self.state = State(kind.open_stage)
        self.numbers: dict[str, int] = {}  # of the party of each role

    @property
    def case(self) -> Case:
        return Case.objects.get(pk=self.id)

    def asked(self, act: Act) -> dict[str, Any]:
        """Everything that the act takes."""
        data: dict[str, Any] = {}
        if act.outcome:
            data["outcome"] = self.kind.outcomes[-1][0]
        if act.retypes:
            data |= {"type": plain_types(self.kind)[-1], "priority": 2, "place": place(ELSEWHERE, self.kind)}
        case = self.case
        known = {"type": case.type, "outcome": case.outcome, **case.fields, **data}
        data |= answered(self.kind, (*act.asks, *act.may_ask), known, self.chosen)
        if act.why:
            data["why"] = act.why[-1][0]
        if SENDS & set(act.effects):
            data["units"] = [UNIT]
        if {"move_assignments", "delay_unit"} & set(act.effects):
            data["unit"] = UNIT
        if "delay_unit" in act.effects:
            data["minutes"] = 7
        if "assign" in act.effects:
            data["assignee"] = self.answers(act)
        if "pass_to_department" in act.effects:
            data["department"] = "housing"
        if act.merge == "into":
            data["primary"] = Walk(self.kind, self.people).id
        if act.links:
            data["linked_case"] = Walk(self.kind, self.people).id
        if act.opens and act.opens.asks_type:
            data["opened_type"] = plain_types(registry.current(act.opens.kind))[0]
        return data | self.of_party(act)

    def of_party(self, act: Act) -> dict[str, Any]:
        """What an act with a party takes; the walk's party of a role is the one that was added last."""
        role = self.kind.party_role(act.party)
        if role is None:
            return {}
        details = {"details": {name: f"MARK {name} 8" for name in role.fields}}
        number = {"party": self.numbers.get(role.name)}
        given = {"adds": details, "changes": number | details, "consents": {**number, "consent": "given"}}
        return given.get(act.party_step or "", number)

    def answers(self, act: Act) -> str:
        """The login of somebody who can have the case."""
        theirs = [role for one in self.kind.acts if one.by for role in one.roles]
        leads = [role for one in self.kind.acts if one.to or one.advance for role in one.roles]
        able = [role for role in (*theirs, *leads) if role in self.kind.view_roles and role not in NARROW]
        return f"walk-{able[0]}"

    def someone(self, act: Act) -> Actor:
        if act.by and self.case.assignee:
            return next(one for one in self.people.values() if one.id == self.case.assignee)
        able = [role for role in act.roles if not self.barred(act, self.people[role])]
        return self.people[next((role for role in able if role not in NARROW), able[0])]

    def hidden_from(self, role: str) -> bool:
        """Whether this is none of the few cases that somebody in this role sees."""
        hidden = {
            "crew": not self.kind.sends_units or self.state.told is None,
            "department_officer": self.case.department != "housing",
            "volunteer": self.case.assignee != self.people["volunteer"].id,
        }
        return hidden.get(role, False)

    def barred(self, act: Act, actor: Actor) -> bool:
        return any((name, actor.id) in self.done for name in act.not_by)

    def try_(self, act: Act, data: Mapping[str, Any], actor: Actor, version: int | None) -> engine.Result:
        with clock.at(self.moment + STEP):
            return engine.act(self.id, act.name, data, actor, expected_version=version)

    def do(self, act: Act, data: Mapping[str, Any] | None = None, actor: Actor | None = None) -> engine.Result:
        given = self.asked(act) if data is None else data
        actor = actor or self.someone(act)
        result = self.try_(act, given, actor, self.version if act.versioned else None)
        self.done.add((act.name, actor.id))
        if act.party_step == "adds":
            self.numbers[act.party] = max(self.case.parties.values_list("number", flat=True))
        self.moment += STEP
        reached = after(self.kind, self.state, act, self.chosen)
        assert reached is not None
        waiting = waits(self.kind, self.state, act)
        self.state, self.version = reached, self.version + changes(self.kind, act)
        final = self.kind.stage(reached.stage).final
        self.history.append(Done(act.name, self.moment, reached.stage, final, act.merge == "undo", waiting))
        return result

    def follow(self, path: tuple[Act, ...]) -> Walk:
        for act in path:
            self.do(act)
        return self


def changes(kind: Kind, act: Act) -> bool:
    """Whether the act changes stage or fields (DESIGN 5); what only appends needs no version."""
    fields = {field.name: field for field in kind.fields}
    kept = any(name in fields and fields[name].type not in ("line", "text", "confidence") for name in act.asks)
    return bool(act.to or act.retypes or act.outcome or act.merge or act.drops or act.party or kept)


def one_a_role() -> dict[str, Actor]:
    """A person for each role, over the whole city; the crew speaks for UNIT."""
    users = {
        role.value: person(f"walk-{role.value}", (role, "99"), name=f"某{role.value}", name_en=role.value)
        for role in GRANTED
    }
    Crew.objects.create(user=users["crew"], unit_id=UNIT)
    return {role: actor_for(user) for role, user in users.items()}


def clock_states(kind: Kind, history: list[Done]) -> dict[str, list[str]]:
    """Each round of each promise as running, paused, kept or lapsed, from what happened alone."""
    found: dict[str, list[str]] = {}
    for before, done in zip([None, *history], history, strict=False):
        for one in (one for one in kind.clocks if one.concerns((plain_types(kind) or [""])[0])):  # and so to the last
            rounds = found.setdefault(one.name, [])
            if done.undoes and before and rounds[-1:] == [f"lapsed by {before.moment}"]:
                rounds[-1] = "running"
            if rounds[-1:] in RUN and done.act in one.stops:
                rounds[-1] = "kept"
            if {done.act, *(["waits"] if done.waits else [])} & set(one.starts) and rounds[-1:] not in RUN:
                rounds.append("running")
            if rounds[-1:] in RUN:
                standing = "paused" if done.stage in one.pause_in else "running"
                rounds[-1] = f"lapsed by {done.moment}" if done.final else standing
    return {name: [state.partition(" ")[0] for state in rounds] for name, rounds in found.items() if rounds}


def state_of(row: CaseClock) -> str:
    if row.stopped_at is not None:
        return "lapsed" if row.lapsed else "kept"
    return "paused" if row.due_at is None else "running"


def paused_for(one: Clock, history: list[Done], since: datetime = NOW) -> timedelta:
    """How long the promise has stood still since it was made, in pauses that are over."""
    turns = [(done, later) for done, later in pairwise(history) if done.moment >= since]
    apart = [later.moment - done.moment for done, later in turns if done.stage in one.pause_in]
    return sum(apart, timedelta())


def due_of(one: Clock, row: CaseClock, case: Case, history: list[Done]) -> datetime | None:
    """When a promise in real time, a ring or a date field must be due; None where the calendar decides."""
    since = row.starts_at
    if given := case.fields.get(one.from_field):
        since = max(since, datetime.fromisoformat(given))
    if one.ring:
        ring = timedelta(minutes=5 if case.block_id.startswith("9901") else 15)
        return since + ring + paused_for(one, history, since)
    if one.due_field:  # the end of a local day, and of a later one when the promise stood still
        day = date.fromisoformat(case.fields[one.due_field])
        moved = datetime.combine(day + timedelta(days=1), time(), ZONE) - SECOND + paused_for(one, history)
        return datetime.combine(moved.date() + timedelta(days=1), time(), ZONE) - SECOND
    if one.counts == "real":
        by_priority = dict(one.due)
        length = timedelta(seconds=by_priority.get(str(case.priority), by_priority.get("", 0)))
        return since + length + paused_for(one, history, since)
    return None


def told(pattern: str, kind: Kind, act: Act | None, actor_name: str, data: Mapping[str, Any], language: str) -> str:
    """The sentence of an act (None: the opening) with these data, every blank of it filled."""

    def words(one: Words) -> str:
        return one.zh if language == "zh" else one.en

    def fill(name: str) -> str:
        field = kind.field_named(name)
        found = kind.type_coded(str(data.get("type")))
        if name == "round":
            return str(CaseRound.objects.latest("pk").number)
        if name == "opened_case":
            return str(Case.objects.latest("pk").pk)
        if name == "actor":
            return actor_name
        if name == "unit":
            return CALL_SIGN
        if name == "party" and act and (role := kind.party_role(act.party)):
            return f"{words(role.words)}{'' if language == 'zh' else ' '}{data['party']}"
        if name == "consent":
            return "同意" if language == "zh" else "consents"
        if name == "type" and found:
            return words(found.words)
        if name == "why" and act:
            return words(dict(act.why)[data["why"]])
        if name == "outcome":
            return words(dict(kind.outcomes)[data["outcome"]])
        if name == "assignee":
            return "某" * (language == "zh") + data[name].removeprefix("walk-")
        if name == "department":
            return "住房建设局" if language == "zh" else "housing"
        if field and field.type == "datetime":
            return datetime.fromisoformat(data[name]).astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
        if field and field.type == "choices":
            return ("、" if language == "zh" else ", ").join(words(dict(field.choices)[one]) for one in data[name])
        if field and field.type == "money":
            return f"{data[name]} {field.currency}"
        if field and field.type == "period":
            between = "至" if language == "zh" else " to "
            return f"{data[name]['from']}{between}{data[name]['to']}"
        if field and field.type == CHECKLIST:
            found_of_all = {"ok": ("完好", "in order"), "fault": ("有问题", "at fault")}[
                data[name][field.choices[0][0]]
            ]
            chinese = language == "zh"
            items = ("、" if chinese else ", ").join(words(one) for _code, one in field.choices)
            return f"{found_of_all[not chinese]}{'：' if chinese else ': '}{items}"
        if field and field.choices:
            return words(dict(field.choices)[data[name]])
        return str(data[name])

    blanks = [name for _text, name, _spec, _more in Formatter().parse(pattern) if name]
    return pattern.format_map({name: fill(name) for name in blanks})
