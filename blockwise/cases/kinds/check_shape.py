"""Whether a kind holds together: every stage reached and left, every act somebody's, every word known."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from string import Formatter

from blockwise.rooms import Role, house

from .faults import Faults, Path
from .grammar import belongs_to
from .model import Act, Field, Kind, Words

ROLES = tuple(Role)
ENGINE_ACTS = (
    "open",
    "waits",
    "unit_taken",
    "escalated",
    "late_elsewhere",
    "message_read",
    "message_done",
    "message_raised",
    "clock_recomputed",
    "look",
    "attachment_look",
    "erased",
    "repeat_added",
    "repeat_removed",
    "case_linked",
)
ENGINE_FIELDS = (
    *("type", "priority", "place", "channel", "primary", "outcome", "stage", "actor", "unit", "units", "kind", "block"),
    *(
        "fields",
        "sealed",
        "version",
        "from",
        "to",
        "text",
        "point",
        "place_kind",
        "key",
        "rank",
        "status",
        "why",
        "off",
        "pass_on",
        "minutes",
        "attachments",
        "assignee",
        "department",
        "receipt",
        "paused",
    ),
)
LEVELS = 3


def check_shape(
    kind: Kind, faults: Faults, levels: Collection[str] | None, departments: Collection[str] | None
) -> None:
    """Note every fault of form; `levels` are the keys of the city's block levels, and `departments` of its departments,
    if known. Oversight is a department in every city."""
    if departments is not None and kind.department not in ("", "oversight", *departments):
        _unknown(faults, ("routing",), "department", kind.department, departments)
    if levels is not None and kind.routing_level is not None and kind.routing_level not in levels:
        _unknown(faults, ("routing",), "level", kind.routing_level, levels)
    _check_stages(kind, faults)
    _check_roles(kind, faults)
    _check_fields(kind, faults)
    _check_alike(kind, faults)
    for act in kind.acts:
        _check_act(kind, act, faults)
    _check_keys(kind, faults)
    _check_scheduled(kind, faults)
    _check_unplaced(kind, faults)
    opening = [field for field in kind.fields if field.opening]
    _check_sentence(("open",), kind.open_sentence, {"type", "priority", "stage"}, opening, faults)


def _unknown(faults: Faults, path: Path, what: str, name: str, known: Iterable[str]) -> None:
    way_out = f"Write one of: {', '.join(sorted(known)) or '(none is declared)'}"
    faults.add(path, f"unknown-{what}", f"there is no {what} {name}", "Nothing would happen", way_out)


def _check_unplaced(kind: Kind, faults: Faults) -> None:
    """What begins without a place must be able to get one, for as long as it is open."""
    if not kind.unplaced:
        return
    able = {stage for act in kind.acts if act.retypes for stage in act.from_stages}
    if without := [stage.name for stage in kind.stages if not stage.final and stage.name not in able]:
        why = "A case could wait for its place for ever"
        way_out = "Let an act with `retypes` start from there too, or leave out `unplaced`"
        problem = f"no act can give the place in {', '.join(without)}"
        faults.add(("open", "unplaced"), "no-act-for-the-place", problem, why, way_out)


def _check_stages(kind: Kind, faults: Faults) -> None:
    _check_no_unit(kind, faults)
    names = [stage.name for stage in kind.stages]
    finals = {stage.name for stage in kind.stages if stage.final}
    if kind.open_stage not in names:
        _unknown(faults, ("open", "stage"), "stage", kind.open_stage, names)
        return
    if not finals or kind.open_stage in finals:
        why = "A case is handled to an end, and does not begin there"
        faults.add(("stages",), "no-final", "no stage is final, or the first is", why, "Mark an end with final: true")
        return
    moves = {name: moves_from(kind, name) for name in names}
    reached = closure(moves, {kind.open_stage})
    for name in names:
        if name not in reached:
            why = "No act leads there from the opening"
            faults.add(
                ("stages", name), "unreachable-stage", f"{name} is never reached", why, "Add an act or remove it"
            )
        elif name not in finals and not closure(moves, {name}) & finals:
            why = "A case would stay there for ever"
            faults.add(("stages", name), "dead-end", f"no end is reached from {name}", why, "Add an act that leads on")


def _check_no_unit(kind: Kind, faults: Faults) -> None:
    for stage in kind.stages:
        if stage.no_unit and (stage.final or not kind.sends_units):
            why = "In an end, and in a kind to which no units are sent, none is waited for anyway"
            faults.add(("stages", stage.name, "no_unit"), "wrong-value", "no_unit says nothing", why, "Remove it")


def _check_scheduled(kind: Kind, faults: Faults) -> None:
    if kind.scheduled is None:
        return
    path = ("scheduled",)
    if not kind.sends_units:
        why = "No unit is waited for anyway"
        faults.add(path, "scheduled", "no units are sent to such cases", why, "Remove scheduled")
    check_moment(kind, kind.scheduled.field, (*path, "field"), faults)


def check_moment(kind: Kind, name: str, path: Path, faults: Faults) -> None:
    """A time by which something is counted: an open datetime that is moved by nobody in passing."""
    field = kind.field_named(name)
    if field is None or field.type != "datetime" or field.personal:
        why = "It is counted by a time that is known"
        faults.add(path, "wrong-due", f"{name} is no datetime, or sealed", why, "Name a datetime field")
    for act in (act for act in kind.acts if name in act.may_ask):
        why = "Whoever moves the time says so"
        here = ("acts", act.name, "may_ask")
        faults.add(here, "wrong-due", f"{act.name} may move {name}", why, "Put it into asks")


def moves_from(kind: Kind, stage: str) -> set[str]:
    """The stages to which one act leads from `stage`."""
    order = [entry.name for entry in kind.stages]
    acts = [act for act in kind.acts if stage in act.from_stages]
    targets = {target for act in acts for target in (act.to, act.returns) if target}
    for act in kind.acts:
        known = act.advance in order and stage in act.from_stages and stage in order
        if known and act.advance and order.index(act.advance) > order.index(stage):
            targets.add(act.advance)
    return targets & set(order)


def closure(moves: Mapping[str, Collection[str]], begin: Collection[str]) -> set[str]:
    """Everything reached from `begin`, itself included."""
    reached, waiting = set(begin), list(begin)
    while waiting:
        for following in moves[waiting.pop()]:
            if following not in reached:
                reached.add(following)
                waiting.append(following)
    return reached


def _check_roles(kind: Kind, faults: Faults) -> None:
    named = [(("open", "roles"), kind.open_roles), (("view",), kind.view_roles)]
    named += [(("acts", act.name, "roles"), act.roles) for act in kind.acts]
    for path, roles in named:
        if not roles:
            faults.add(path, "no-role", "nobody may do it", "Every act is somebody's", "Name at least one role")
        for number, role in enumerate(roles):
            check_role(role, (*path, str(number)), faults)


def check_role(role: str, path: Path, faults: Faults) -> None:
    if role in ("system", "automatic", "worker", "machine", "model", "ai", "robot"):
        why = "Nothing is decided about anybody without a human"
        faults.add(
            path, "automatic-decision", f"{role} is not a person's role", why, "Name the roles of those who decide"
        )
    elif role not in ROLES:
        _unknown(faults, path, "role", role, ROLES)


def _check_fields(kind: Kind, faults: Faults) -> None:
    asked = {name for act in kind.acts for name in (*act.asks, *act.may_ask)}
    for field in kind.fields:
        if (needed := house().field_types[field.type].since) > kind.format:
            path, what = ("fields", field.name, "type"), f"the type {field.type} is of format {needed}"
            faults.add(path, "format", what, *belongs_to(needed))
        for what, why, way_out in _field_faults(field, asked):
            faults.add((field.place, field.name), "wrong-field", f"{field.name} {what}", why, way_out)
        if field.name in ENGINE_FIELDS and not field.computed:
            why = "The engine keeps something else under this name"
            faults.add((field.place, field.name), "reserved-name", f"{field.name} is taken", why, "Choose another name")


def _field_faults(field: Field, asked: Collection[str]) -> Iterable[tuple[str, str, str]]:
    known = house().field_types[field.type]
    given = {"choices": bool(field.choices), "low": field.low is not None, "high": field.high is not None}
    given |= {"digits": field.digits is not None, "currency": bool(field.currency)}
    for key in (key for key, there in given.items() if there and key not in known.keys):
        yield f"has {key}", f"{field.type} has none", f"Remove {key}"
    yield from known.faults(field)
    if field.required and not field.opening:
        yield "is required but not asked at opening", "required is about the opening", "Let an act ask for it"
    if not field.opening and field.name not in asked and not field.computed:
        yield "is never asked", "It would stay empty", "Let an act ask for it, or remove it"


def _check_act(kind: Kind, act: Act, faults: Faults) -> None:
    here = ("acts", act.name)
    names = [stage.name for stage in kind.stages]
    if act.name in ENGINE_ACTS:
        why = "The engine writes its own lines under this name"
        faults.add(here, "reserved-name", f"{act.name} is taken", why, "Choose another name")
    if not act.from_stages:
        faults.add((*here, "from"), "no-stage", "it is possible nowhere", "An act has its stages", "Name the stages")
    for number, stage in enumerate(act.from_stages):
        if stage not in names:
            _unknown(faults, (*here, "from", str(number)), "stage", stage, names)
    for key, target in (("to", act.to), ("advance", act.advance), ("returns", act.returns)):
        if target is not None and target not in names:
            _unknown(faults, (*here, key), "stage", target, names)
    if act.to and act.advance:
        faults.add(here, "two-moves", "both to and advance", "A case goes one way", "Keep one of them")
    _check_asked(kind, act, faults)
    for number, effect in enumerate(act.effects):
        if effect not in house().effects:
            _unknown(faults, (*here, "effects", str(number)), "effect", effect, house().effects)
    for number, topic in enumerate(act.tells):
        if topic not in (told := [one.name for one in house().topics.values() if one.told]):
            _unknown(faults, (*here, "tells", str(number)), "topic", topic, told)
    for known in act.known_effects:
        for what, why, way_out in known.faults(kind, act):
            faults.add((*here, "effects"), "wrong-effect", what, why, way_out)
    _check_end(kind, act, faults)
    _check_merge(kind, act, faults)
    asked = [field for field in kind.fields if field.name in (*act.asks, *act.may_ask)]
    _check_sentence(here, act.sentence, _own_words(act) | _graded_by(kind, act), asked, faults)


def _check_asked(kind: Kind, act: Act, faults: Faults) -> None:
    known = [field.name for field in kind.fields]
    for key, asked in (("asks", act.asks), ("may_ask", act.may_ask), ("drops", act.drops)):
        for number, name in enumerate(asked):
            if name not in known and name != act.checks:
                _unknown(faults, ("acts", act.name, key, str(number)), "field", name, known)
    for name in set(act.asks) & set(act.may_ask):
        path = ("acts", act.name, "may_ask")
        faults.add(path, "duplicate-key", f"{name} is in asks and in may_ask", "It is one of them", "Keep one of them")
    due = {clock.due_field for clock in kind.clocks}
    for name in act.drops:
        field = kind.field_named(name)
        if field and (
            field.personal or field.required or field.required_when or name in (*due, *act.asks, *act.may_ask)
        ):
            what, why = f"{act.name} takes {name} away", "It is sealed, must be there, or is asked by the same act"
            faults.add(("acts", act.name, "drops"), "wrong-field", what, why, "Name an open field that may be empty")


def _check_end(kind: Kind, act: Act, faults: Faults) -> None:
    here, finals = ("acts", act.name), {stage.name for stage in kind.stages if stage.final}
    ends = {act.to, act.advance} & finals
    if act.outcome and not (kind.outcomes and ends):
        why = "An outcome is one of the kind's outcomes, given at the end"
        faults.add(here, "outcome", "an outcome is asked for", why, "Declare outcomes, and lead to a final stage")
    if ends and kind.outcomes and not (act.outcome or act.merge == "into"):
        why = "The stage of a case is not its disposition"
        faults.add(here, "outcome", f"{act.name} ends the case without an outcome", why, "Write outcome: true")
    if ends and kind.sends_units and not any(effect.frees for effect in act.known_effects):
        why = "Units would stay assigned to a case that is over"
        freeing = " or ".join(effect.name for effect in house().effects.values() if effect.frees)
        faults.add(here, "units-left", f"{act.name} ends the case and leaves units", why, f"Add {freeing}")


def _check_merge(kind: Kind, act: Act, faults: Faults) -> None:
    here, finals = ("acts", act.name), {stage.name for stage in kind.stages if stage.final}
    if act.merge and kind.merge is None:
        why = "Repeats are found by time and place"
        faults.add(here, "merge", "the kind has no merge rule", why, "Write merge: {within: ..., metres: ...}")
    if (act.merge == "into" and act.to not in finals) or (act.merge == "undo" and (not act.to or act.to in finals)):
        why = "A merged case is over; an unmerged one goes on"
        faults.add(here, "merge", f"{act.name} leads to the wrong stage", why, "Correct to")


def _check_alike(kind: Kind, faults: Faults) -> None:
    branches = {entry.code.split(".")[0] for entry in kind.types}
    for number, group in enumerate(kind.merge.alike if kind.merge else ()):
        for name in (name for name in group if name not in branches):
            _unknown(faults, ("merge", "alike", str(number)), "branch", name, branches)


def _own_words(act: Act) -> set[str]:
    """What the act itself gives its sentence, beside its fields."""
    return {
        *(("stage",) if act.to or act.advance else ()),
        *(("type", "priority") if act.retypes else ()),
        *(("outcome",) if act.outcome else ()),
        *(("primary",) if act.merge else ()),
        *(("why",) if act.why else ()),
        *(("round",) if act.begins or act.ends else ()),
        *(("opened_case",) if act.opens else ()),
        *(("linked_case",) if act.links else ()),
        *(("party",) if act.party else ()),
        *(("consent",) if act.party_step == "consents" else ()),
        *(word for effect in act.known_effects for word in effect.says),
    }


def _graded_by(kind: Kind, act: Act) -> set[str]:
    """The grade, where the act gives some of what it is worked out of."""
    return {kind.grade.name} if kind.grade and {*act.asks, *act.may_ask} & {*kind.grade.of} else set()


def _check_sentence(path: Path, said: Words, own: set[str], asked: Iterable[Field], faults: Faults) -> None:
    fields = {field.name: field for field in asked}
    here, used = (*path, "sentence"), []
    for language, text in (("zh", said.zh), ("en", said.en)):
        names = placeholders(text)
        used.append(names)
        for name in sorted(names - {"actor"} - own):
            if name not in fields:
                _unknown(faults, (*here, language), "placeholder", name, {"actor", *own, *fields})
            elif fields[name].personal:
                why = "A sentence is read without a purpose; what is sealed is not in it"
                what = f"{name} is sealed"
                faults.add((*here, language), "sealed-in-sentence", what, why, "Leave it out of the sentence")
    if used[0] != used[1]:
        why = "Both languages say the same"
        faults.add(here, "translation-differs", "the placeholders differ", why, "Use the same ones in zh and en")


def placeholders(text: str) -> set[str]:
    """The names in braces; anything that is not a bare name comes back as it is written, and is unknown."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        return {text}
    return {
        name if not spec and not conversion else f"{name}!{conversion}:{spec}"
        for _literal, name, spec, conversion in parts
        if name is not None
    }


def _check_keys(kind: Kind, faults: Faults) -> None:
    taken: dict[tuple[str, str], str] = {}
    for act in kind.acts:
        path = ("acts", act.name, "key")
        if act.key and not re.fullmatch(r"[a-z0-9]", act.key):
            why = "One key is pressed"
            faults.add(path, "wrong-value", f"the key is {act.key!r}", why, "Write one lower-case letter or digit")
        for stage in act.from_stages if act.key else ():
            other = taken.setdefault((stage, act.key), act.name)
            if other != act.name:
                why = f"Both are possible in {stage}"
                faults.add(path, "key-clash", f"{act.key} is also the key of {other}", why, "Choose another key")
