"""A kind walked from its declaration alone: what an act needs, where it can be done, and what must be true after it.

Nothing here asks the engine what it would do: stages, clocks and sentences are worked out again from the declaration.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.access.models import Role
from blockwise.cases import engine
from blockwise.cases.kinds.model import Act, Clock, Field, Kind, Words
from blockwise.cases.models import Case, CaseClock
from blockwise.units.assignments import STEPS
from blockwise.units.models import Crew
from tests.people import person, point_in

NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Shanghai
SECOND = timedelta(seconds=1)
STEP = timedelta(seconds=10)  # between two acts
HOME, ELSEWHERE = "99010101", "99010202"  # blocks of the case before and after it is corrected
UNIT, CALL_SIGN = "P1", "P1号"
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class State:
    """Where a case stands. `told` are the steps that its unit has told; None while no unit works on it."""

    stage: str
    told: frozenset[str] | None = None


def after(kind: Kind, state: State, act: Act) -> State | None:
    """The state after the act, or None where the declaration and its effects do not allow it."""
    told = state.told
    if state.stage not in act.from_stages:
        return None
    if "without_units" in act.effects and told is not None:
        return None
    if "assign_units" in act.effects:
        if told is not None:
            return None  # the one unit is on the case already
        told = frozenset()
    if "move_assignments" in act.effects:
        if told is None or act.name in told:
            return None
        told = None if STEPS[act.name].field == "cleared_at" else told | {act.name}
    if "clear_units" in act.effects:
        told = None
    return State(_target(kind, state.stage, act), told)


def _target(kind: Kind, stage: str, act: Act) -> str:
    order = [one.name for one in kind.stages]
    if act.advance and order.index(act.advance) > order.index(stage):
        return act.advance
    return act.to or stage


def paths(kind: Kind) -> dict[State, tuple[Act, ...]]:
    """Every state that can be reached, with the shortest way there, breadth first."""
    start = State(kind.open_stage)
    found: dict[State, tuple[Act, ...]] = {start: ()}
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        for act in kind.acts:
            reached = after(kind, state, act)
            if reached is not None and reached not in found:
                found[reached] = (*found[state], act)
                waiting.append(reached)
    return found


def ways_to(kind: Kind, act: Act) -> Iterator[tuple[State, tuple[Act, ...]]]:
    """For each stage from which the act can be done, the nearest state in which it can."""
    seen: set[str] = set()
    for state, path in paths(kind).items():
        if after(kind, state, act) is not None and state.stage not in seen:
            seen.add(state.stage)
            yield state, path


def value(field: Field) -> Any:
    """Something that this field takes."""
    lon, lat = point_in(HOME)
    return {
        "line": f"{field.name} 7",
        "text": f"文字 {field.name}",
        "name": "李MARK",
        "choice": field.choices[-1][0] if field.choices else "",
        "integer": field.low or 1,
        "boolean": True,
        "date": (NOW + timedelta(days=14)).date().isoformat(),
        "datetime": NOW.isoformat(),
        "contact": {"name": "王MARK", "phone": "19900000001"},
        "position": {"lon": lon, "lat": lat, "source": "device"},
    }[field.type]


def place(block: str) -> dict[str, Any]:
    lon, lat = point_in(block)
    return {"lon": lon, "lat": lat, "text": f"{block} 8号", "kind": "street"}


def opening(kind: Kind) -> dict[str, Any]:
    """Everything that a case of this kind can be opened with."""
    data: dict[str, Any] = {field.name: value(field) for field in kind.fields if field.opening}
    if kind.types:
        data["type"] = plain_types(kind)[0]
    if kind.channels:
        data["channel"] = kind.channels[-1][0]
    return data | {"place": place(HOME)}


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


class Walk:
    """One case taken along a path, by people who hold one role each over the whole city."""

    def __init__(self, kind: Kind, people: Mapping[str, Actor]) -> None:
        self.kind, self.people, self.moment = kind, people, NOW
        with clock.at(NOW):
            result = engine.open_case(kind.name, opening(kind), people[next(r for r in kind.open_roles if r != "crew")])
        self.id, self.version = result.case, 1
        self.history = [Done("open", NOW, kind.open_stage, final=False, undoes=False)]
        self.state = State(kind.open_stage)

    @property
    def case(self) -> Case:
        return Case.objects.get(pk=self.id)

    def asked(self, act: Act) -> dict[str, Any]:
        """Everything that the act takes."""
        named = (self.kind.field_named(name) for name in (*act.asks, *act.may_ask))
        data: dict[str, Any] = {field.name: value(field) for field in named if field}
        if act.outcome:
            data["outcome"] = self.kind.outcomes[-1][0]
        if act.retypes:
            data |= {"type": plain_types(self.kind)[-1], "priority": 2, "place": place(ELSEWHERE)}
        if "assign_units" in act.effects:
            data["units"] = [UNIT]
        if "move_assignments" in act.effects:
            data["unit"] = UNIT
        if act.merge == "into":
            data["primary"] = Walk(self.kind, self.people).id
        return data

    def someone(self, act: Act) -> Actor:
        return self.people[next((role for role in act.roles if role != "crew"), act.roles[0])]

    def try_(self, act: Act, data: Mapping[str, Any], actor: Actor, version: int | None) -> engine.Result:
        with clock.at(self.moment + STEP):
            return engine.act(self.id, act.name, data, actor, expected_version=version)

    def do(self, act: Act, data: Mapping[str, Any] | None = None, actor: Actor | None = None) -> engine.Result:
        given = self.asked(act) if data is None else data
        result = self.try_(act, given, actor or self.someone(act), self.version if act.versioned else None)
        self.moment += STEP
        reached = after(self.kind, self.state, act)
        assert reached is not None
        self.state, self.version = reached, self.version + changes(self.kind, act)
        final = self.kind.stage(reached.stage).final
        self.history.append(Done(act.name, self.moment, reached.stage, final, act.merge == "undo"))
        return result

    def follow(self, path: tuple[Act, ...]) -> Walk:
        for act in path:
            self.do(act)
        return self


def changes(kind: Kind, act: Act) -> bool:
    """Whether the act changes stage or fields (DESIGN 5); what only appends needs no version."""
    fields = {field.name: field for field in kind.fields}
    kept = any(name in fields and fields[name].type != "text" for name in act.asks)
    return bool(act.to or act.retypes or act.outcome or act.merge or kept)


def one_a_role() -> dict[str, Actor]:
    """A person for each role, over the whole city; the crew speaks for UNIT."""
    users = {
        role.value: person(f"walk-{role.value}", (role, "99"), name=f"某{role.value}", name_en=role.value)
        for role in Role
    }
    Crew.objects.create(user=users["crew"], unit_id=UNIT)
    return {role: actor_for(user) for role, user in users.items()}


def clock_states(kind: Kind, history: list[Done]) -> dict[str, str]:
    """Each started promise as running, paused, kept or lapsed, from what happened alone."""
    found: dict[str, str] = {}
    for done in history:
        for one in kind.clocks:
            before = found.get(one.name)
            if done.undoes and before == "lapsed":
                before = "running"
            if before in {"running", "paused"} and done.act in one.stops:
                before = "kept"
            if done.act in one.starts and before not in {"running", "paused"}:
                before = "running"
            if before in {"running", "paused"}:
                before = "lapsed" if done.final else "paused" if done.stage in one.pause_in else "running"
            if before:
                found[one.name] = before
    return found


def state_of(row: CaseClock) -> str:
    if row.stopped_at is not None:
        return "lapsed" if row.lapsed else "kept"
    return "paused" if row.due_at is None else "running"


def paused_for(one: Clock, history: list[Done]) -> timedelta:
    """How long the promise has stood still, in pauses that are over."""
    apart = [later.moment - done.moment for done, later in pairwise(history) if done.stage in one.pause_in]
    return sum(apart, timedelta())


def due_of(one: Clock, row: CaseClock, case: Case, history: list[Done]) -> datetime | None:
    """When a promise in real time, a ring or a date field must be due; None where the calendar decides."""
    if one.ring:
        return row.starts_at + timedelta(minutes=5 if case.block_id.startswith("9901") else 15)
    if one.due_field:  # the end of a local day, and of a later one when the promise stood still
        day = date.fromisoformat(case.fields[one.due_field])
        moved = datetime.combine(day + timedelta(days=1), time(), ZONE) - SECOND + paused_for(one, history)
        return datetime.combine(moved.date() + timedelta(days=1), time(), ZONE) - SECOND
    if one.counts == "real":
        by_priority = dict(one.due)
        return row.starts_at + timedelta(seconds=by_priority.get(str(case.priority), by_priority.get("", 0)))
    return None


def told(pattern: str, kind: Kind, actor_name: str, data: Mapping[str, Any], language: str) -> str:
    """The sentence of an act with these data, every blank of it filled."""

    def words(one: Words) -> str:
        return one.zh if language == "zh" else one.en

    def fill(name: str) -> str:
        field = kind.field_named(name)
        found = kind.type_coded(str(data.get("type")))
        if name == "actor":
            return actor_name
        if name == "unit":
            return CALL_SIGN
        if name == "type" and found:
            return words(found.words)
        if name == "outcome":
            return words(dict(kind.outcomes)[data["outcome"]])
        if field and field.choices:
            return words(dict(field.choices)[data[name]])
        return str(data[name])

    blanks = [name for _text, name, _spec, _more in Formatter().parse(pattern) if name]
    return pattern.format_map({name: fill(name) for name in blanks})
