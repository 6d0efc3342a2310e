"""Whether conditions can be decided: by what is chosen, kept and asked before; and none that nothing can meet."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import product
from math import prod

from .check_scope import landings
from .check_shape import closure, moves_from
from .conditions import CHOSEN, FAULT, OK, OUTCOME, TRUTHS, TYPE, holds, is_of
from .faults import Faults, Path
from .model import CHECKLIST, Act, Condition, Field, Kind

MOST = 5000  # combinations that are looked through
WHEN = "A condition looks at what is chosen and kept in the open, so that everybody sees why"


def check_conditions(kind: Kind, faults: Faults) -> None:
    """Note every condition that cannot be decided, that nothing meets, or that closes the only way on."""
    every = list(_every(kind))
    if not every:
        return
    before = len(faults.found)
    for path, condition in every:
        _check_parts(kind, condition, path, faults)
    _check_rings(kind, faults)
    if len(faults.found) > before:
        return
    for field in kind.fields:
        _check_needed(kind, field, faults)
        _check_never(kind, field, faults)
    for act in (act for act in kind.acts if act.when):
        if _is_never(kind, act.when):
            _never(("acts", act.name, "when"), faults)
    _check_asked_before(kind, faults)
    _check_ways_on(kind, faults)


def _every(kind: Kind) -> Iterator[tuple[Path, Condition]]:
    for field in kind.fields:
        for key, condition in (("asked_when", field.asked_when), ("required_when", field.required_when)):
            if condition:
                yield ("fields", field.name, key), condition
    for act in kind.acts:
        if act.when:
            yield ("acts", act.name, "when"), act.when


def choices_of(kind: Kind, name: str) -> tuple[str, ...] | None:
    """What a condition may say of this name; None where it may say nothing of it."""
    if name == TYPE:
        return tuple(one.code for one in kind.types) or None
    if name == OUTCOME:
        return tuple(code for code, _words in kind.outcomes) or None
    field = kind.field_named(name)
    if field is not None and field.type == CHECKLIST:
        return OK, FAULT
    if field is None or field.personal or not field.kept or field.type not in CHOSEN:
        return None
    return TRUTHS if field.type == "boolean" else tuple(code for code, _words in field.choices)


def _check_parts(kind: Kind, condition: Condition, path: Path, faults: Faults) -> None:
    for name, wanted in condition.parts:
        known, field = choices_of(kind, name), kind.field_named(name)
        if path[0] == "fields" and field is not None and field.type == CHECKLIST:
            why, way_out = "It says what comes next, not what is asked", "Write it as `when` of an act"
            faults.add((*path, name), "wrong-condition", f"{name} is a checklist", why, way_out)
            continue
        if known is None:
            what = f"{name} is no choice, yes or no of this kind that is kept in the open"
            way_out = "Name a field of type choice, choices or boolean, or type, or outcome"
            faults.add((*path, name), "wrong-condition", what, WHEN, way_out)
            continue
        for code in wanted:
            if not any(code == one or (name == TYPE and is_of(one, code)) for one in known):
                why, way_out = "It would never hold", f"Write one of: {', '.join(known)}"
                faults.add((*path, name), "unknown-choice", f"{name} has no choice {code}", why, way_out)


def _check_rings(kind: Kind, faults: Faults) -> None:
    """No question hangs on its own answer, by itself or by way of others."""
    hangs: dict[str, set[str]] = {field.name: set() for field in kind.fields}
    for path, condition in _every(kind):
        if path[0] == "fields":
            hangs[path[1]] |= set(condition.names) & hangs.keys()
    for path, condition in _every(kind):
        for name in condition.names if path[0] == "fields" else ():
            if name in hangs and path[1] in closure(hangs, {name}):
                what = f"whether {path[1]} is asked hangs on its own answer"
                why = "Nobody could answer the first of them"
                faults.add((*path, name), "condition-ring", what, why, "Let it hang on what is asked before")


def _check_needed(kind: Kind, field: Field, faults: Faults) -> None:
    """What is asked only sometimes is not asked for always."""
    path = ("fields", field.name)
    if field.required and (field.asked_when or field.required_when):
        why, way_out = "It would be needed where it is not asked, or is needed anyway", "Write required_when alone"
        faults.add((*path, "required"), "hidden-required", f"{field.name} is always required", why, way_out)
    for act in kind.acts if field.asked_when else ():
        if field.name in act.asks:
            what = f"{act.name} needs {field.name}, which is asked only under its condition"
            way_out = "Write it in may_ask, and required_when at the field"
            here = ("acts", act.name, "asks", str(act.asks.index(field.name)))
            faults.add(here, "hidden-required", what, "The act could never be done without it", way_out)


def _check_never(kind: Kind, field: Field, faults: Faults) -> None:
    path = ("fields", field.name)
    if _is_never(kind, field.asked_when):
        _never((*path, "asked_when"), faults)
    elif _is_never(kind, field.asked_when, field.required_when):
        _never((*path, "required_when"), faults)


def _never(path: Path, faults: Faults) -> None:
    why = "What it names excludes itself, by the conditions of the fields that it names"
    faults.add(path, "condition-never", f"{path[-1]} of {path[1]} never holds", why, "Correct it, or remove it")


def _is_never(kind: Kind, *conditions: Condition | None) -> bool:
    found: dict[str, frozenset[str]] = {}
    for condition in conditions:
        _narrow(kind, condition, found)
    return not all(found.values())


def _narrow(kind: Kind, condition: Condition | None, found: dict[str, frozenset[str]]) -> None:
    """What every name may be for the condition to hold, and those of the questions whose answers it looks at."""
    for name, wanted in condition.parts if condition else ():
        field = kind.field_named(name)
        known = choices_of(kind, name) or ()
        meant = frozenset(
            one for one in known if one in wanted or (name == TYPE and any(is_of(one, w) for w in wanted))
        )
        several = field is not None and field.type == "choices"
        found[name] = meant if several else found.get(name, meant) & meant
        if field is not None and not (field.type == "boolean" and "false" in wanted):
            _narrow(kind, field.asked_when, found)


def _check_asked_before(kind: Kind, faults: Faults) -> None:
    for field in kind.fields:
        places = list(_places(kind, field))
        for name in field.asked_when.names if field.asked_when else ():
            for place, known in places:
                if name not in known:
                    _unasked(("fields", field.name, "asked_when", name), name, place, faults)
        for name in field.required_when.names if field.required_when else ():
            if not any(name in known for _place, known in places):
                _unasked(("fields", field.name, "required_when", name), name, field.name, faults)
    for act in kind.acts:
        for name in act.when.names if act.when else ():
            if name not in known_before(kind, act):
                _unasked(("acts", act.name, "when", name), name, act.name, faults)


def _unasked(path: Path, name: str, place: str, faults: Faults) -> None:
    why = "It would never hold"
    way_out = "Ask for it in the same act, at opening, or in an act that comes before"
    faults.add(path, "condition-unasked", f"{name} is not asked before {place} or in it", why, way_out)


def _places(kind: Kind, field: Field) -> Iterator[tuple[str, set[str]]]:
    """Where the field is asked, and what may be known there."""
    types = {TYPE} if kind.types else set()
    if field.opening:
        yield "open", {one.name for one in kind.fields if one.opening} | types
    for act in kind.acts:
        if field.name in (*act.asks, *act.may_ask):
            own = {OUTCOME} if act.outcome else set()
            asked = {*act.asks, *act.may_ask}
            yield act.name, (known_before(kind, act) | own | asked) - _regraded(kind, asked)


def _regraded(kind: Kind, asked: Collection[str]) -> set[str]:
    """The grade, where the same act may change it: a form does not work it out."""
    return {kind.grade.name} if kind.grade and {*kind.grade.of} & {*asked} else set()


def known_before(kind: Kind, act: Act) -> set[str]:
    """What may stand on a case from which the act can be done."""
    moves = {stage.name: moves_from(kind, stage.name) for stage in kind.stages}
    found = {field.name for field in kind.fields if field.opening} | ({TYPE} if kind.types else set())
    if any(stage.final for stage in kind.stages if stage.name in act.from_stages):
        found.add(OUTCOME)
    for other in kind.acts:
        if closure(moves, landings(kind, [other]) & moves.keys()) & set(act.from_stages):
            found |= {*other.asks, *other.may_ask}
    return found | _grade_of(kind, found)


def _grade_of(kind: Kind, asked: Collection[str]) -> set[str]:
    """The grade, where all that it is worked out of was asked."""
    made_of = {name for name in kind.grade.of if kind.field_named(name)} if kind.grade else set()
    return {kind.grade.name} if kind.grade and made_of <= {*asked} else set()


def _check_ways_on(kind: Kind, faults: Faults) -> None:
    """Whatever was answered, some act leads on from each stage."""
    given = _given(kind)
    for stage in (stage for stage in kind.stages if not stage.final):
        leading = [act for act in kind.acts if _leads(kind, stage.name, act)]
        if not leading or any(act.when is None for act in leading):
            continue
        stuck = _stuck(kind, leading, given[stage.name])
        if stuck is not None:
            why = "A case would stay there for ever"
            way_out = "Let an act without `when` lead on, or one for each choice"
            what = f"nothing leads on from {stage.name} when {stuck}"
            faults.add(("stages", stage.name), "dead-end", what, why, way_out)


def _leads(kind: Kind, stage: str, act: Act) -> bool:
    return stage in act.from_stages and bool(landings(kind, [act]) & (moves_from(kind, stage) - {stage}))


def _stuck(kind: Kind, acts: list[Act], given: set[str]) -> str | None:
    """Answers with which none of the acts is possible, in words; None where there are none."""
    names = sorted({name for act in acts if act.when for name in act.when.names})
    known = [_answers(kind, name, sure=name in given) for name in names]
    if prod(len(one) for one in known) > MOST:
        return "one of very many combinations is given"
    plain = _unconditioned(kind)
    for chosen in product(*known):
        values = dict(zip(names, chosen, strict=True))
        if not any(holds(plain, act.when, values) for act in acts):
            return ", ".join(f"{name} is {_as_written(value)}" for name, value in values.items())
    return None


def _as_written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "not given" if value is None else str(value)


def _answers(kind: Kind, name: str, *, sure: bool) -> list[object]:
    field = kind.field_named(name)
    if field is not None and field.type == "boolean":
        return [True, False]
    codes: list[object] = list(choices_of(kind, name) or ())
    return codes if sure or name == TYPE else [*codes, None]


def _unconditioned(kind: Kind) -> Kind:
    """The same, each answer standing for itself."""
    return replace(kind, fields=tuple(replace(field, asked_when=None) for field in kind.fields))


def _given(kind: Kind) -> Mapping[str, set[str]]:
    """By stage, what every case has been asked by the time it stands there."""
    every = {field.name for field in kind.fields} | {OUTCOME}
    found = {stage.name: set(every) for stage in kind.stages}
    required = {field.name for field in kind.fields if field.opening and field.required}
    found[kind.open_stage] = required | _grade_of(kind, required)
    changed = True
    while changed:
        changed = False
        for act, stage, target in _steps(kind):
            there = (found[stage] | set(act.asks)) - set(act.drops)
            known = found[target] & (there | _grade_of(kind, there))
            changed |= known != found[target]
            found[target] = known
    return found


def _steps(kind: Kind) -> Iterator[tuple[Act, str, str]]:
    names = {stage.name for stage in kind.stages}
    for act in kind.acts:
        for stage in act.from_stages:
            for target in (act.to, act.advance, act.returns, None if act.to else stage):
                if target in names and stage in names:
                    yield act, stage, str(target)
