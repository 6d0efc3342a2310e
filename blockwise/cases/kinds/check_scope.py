"""What a kind may not be used for, by its structure (SCOPE): types, subject, uses. Words come second (check_words)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from blockwise.rooms import Role

from .check_clocks import OPEN, WAITS
from .check_shape import closure, moves_from, placeholders
from .faults import Faults, Path
from .model import Act, Clock, Kind

LONGEST_RETENTION = 3650  # days
LONGEST_ANSWER = {"days": 3, "seconds": 3 * 86400}  # a clock that may start again beside a personal field
LONGEST_ROUNDS = 90  # days of a promise, for all rounds of a case together, beside a personal field
WIDEST_MERGE = (timedelta(days=7), 1000)
FACTS = ("block", "type", "times", "outcome", "stage", "priority")
NEIGHBOURS = (Role.BLOCK_LEADER, Role.VOLUNTEER)
BLIND_ROLES = ("analyst", "administrator")


def check_scope(kind: Kind, faults: Faults) -> None:
    """Note every use that SCOPE refuses."""
    _check_opening(kind, faults)
    _check_positions(kind, faults)
    _check_looks(kind, faults)
    _check_sensitive(kind, faults)
    _check_kept(kind, faults)
    _check_published(kind, faults)
    _check_chosen(kind, faults)
    if kind.parties or any(field.personal for field in kind.fields):
        for clock in kind.clocks:
            _check_recurring(kind, clock, faults)


def _check_opening(kind: Kind, faults: Faults) -> None:
    """A case is opened on a matter or a place: never on a name, and without knowing who reports it."""
    for field in kind.fields:
        path = ("fields", field.name)
        needed = "required" if field.required else "required_when" if field.required_when and field.opening else ""
        if field.type == "name" and field.opening:
            why = "A case opened on somebody's name makes that person its subject"
            way_out = "Open it on a place or a matter (opening: false), and let an act ask for the name it needs"
            faults.add(path, "person-opening", f"{field.name} is asked at opening", why, way_out)
        elif field.type in ("contact", "position") and needed and kind.subject in ("place", "matter"):
            why = "Whoever reports a place or a matter may stay unknown"
            faults.add((*path, needed), "person-opening", f"{field.name} is required", why, f"Remove {needed}")


def _check_positions(kind: Kind, faults: Faults) -> None:
    """A caller's own position: single fixes while the call is open."""
    why = "Nobody's movements are kept: a caller's position is a single fix while the call is open"
    way_out = "Keep one position field, asked at opening of a matter; the incident's place is the case's own"
    finals = {stage.name for stage in kind.stages if stage.final}
    positions = [field for field in kind.fields if field.type == "position"]
    for number, field in enumerate(positions):
        late = [a for a in kind.acts if field.name in (*a.asks, *a.may_ask) and finals & set(a.from_stages)]
        if number or kind.subject != "matter" or not field.opening or late:
            what = f"{field.name} would follow a person"
            faults.add(("fields", field.name), "movement", what, why, way_out)


def _check_looks(kind: Kind, faults: Faults) -> None:
    finals = {stage.name for stage in kind.stages if stage.final}
    for act in (act for act in kind.acts if act.contact):
        here = ("acts", act.name)
        if finals & set(act.from_stages):
            why = "A contact is visible only through an open case"
            way_out = "Remove the final stages from its from, or contact: true"
            faults.add((*here, "from"), "contact-after-close", f"{act.name} looks after the end", why, way_out)
        if blind := sorted(set(act.roles) & set(BLIND_ROLES)):
            why = "Who handles the case may look, for the act at hand"
            way_out = "Leave the act to those who handle the case"
            faults.add((*here, "roles"), "contact-role", f"{', '.join(blind)} would look", why, way_out)


def _check_sensitive(kind: Kind, faults: Faults) -> None:
    """A block leader or a volunteer is the caller's neighbour."""
    why = "It is the caller's neighbour: sensitive kinds show leaders counts only, and volunteers nothing"
    if kind.subject == "agency" and not kind.sensitive:
        way_out = "Write sensitive: true"
        faults.add(("subject",), "sensitive-unmarked", "a complaint is not marked sensitive", why, way_out)
    if not kind.sensitive:
        return
    shown = [(("open", "roles"), kind.open_roles), (("view",), kind.view_roles)]
    shown += [(("acts", act.name, "roles"), act.roles) for act in kind.acts]
    shown += [(("clocks", c.name, "escalate"), tuple(step.to for step in c.escalate)) for c in kind.clocks]
    shown += [(("clocks", c.name, "tells"), (c.tells,)) for c in kind.clocks if c.tells]
    for path, roles in shown:
        for role in (role for role in NEIGHBOURS if role in roles):
            faults.add(path, "sensitive-shown", f"a {role.label} takes part", why, f"Remove {role}")


def _check_kept(kind: Kind, faults: Faults) -> None:
    if kind.retention_days > LONGEST_RETENTION:
        why = f"Nothing is kept longer than {LONGEST_RETENTION} days; figures stay, without persons"
        way_out = f"Write at most {LONGEST_RETENTION}"
        faults.add(("retention",), "retention-ceiling", f"kept {kind.retention_days} days", why, way_out)
    if kind.merge and (kind.merge.within > WIDEST_MERGE[0] or kind.merge.metres > WIDEST_MERGE[1]):
        why = "Repeated reports of one matter meet at one time and place; a wider rule links people's cases"
        way_out = f"At most {WIDEST_MERGE[0].days} days and {WIDEST_MERGE[1]} metres"
        faults.add(("merge",), "merge-too-wide", "the merge rule is too wide", why, way_out)


def _check_published(kind: Kind, faults: Faults) -> None:
    """What is published is declared beforehand, fact by fact; a text is made of those alone."""
    open_facts = {field.name for field in kind.fields if field.type in ("choice", "date") and not field.personal}
    for number, fact in enumerate(kind.publication):
        if fact not in FACTS and fact not in open_facts:
            _refuse_fact(kind, fact, {*FACTS, *open_facts}, ("publication", str(number)), faults)
    for act in kind.acts:
        here = ("acts", act.name, "publishes")
        for text in (act.publishes.zh, act.publishes.en) if act.publishes else ():
            for fact in sorted(placeholders(text) - set(kind.publication)):
                _refuse_fact(kind, fact, kind.publication, here, faults)
        if act.publishes and placeholders(act.publishes.zh) != placeholders(act.publishes.en):
            why = "Both languages say the same"
            faults.add(here, "translation-differs", "the placeholders differ", why, "Use the same ones in zh and en")
        if act.publishes and act.outcome and kind.sensitive_outcomes:
            why, way_out = "Of a sensitive case the public sees counts only", "Publish by an act of its own"
            faults.add(here, "sensitive-shown", f"{act.name} gives a sensitive outcome and publishes", why, way_out)
        if act.publishes and kind.sensitive:
            why = "Of a sensitive kind the public sees counts only"
            faults.add(here, "sensitive-shown", f"{act.name} publishes a sensitive case", why, "Remove publishes")


def _check_chosen(kind: Kind, faults: Faults) -> None:
    """What is personal is written, and opened by a look: a choice of it sorts people."""
    for field in kind.fields:
        if field.personal and field.type in ("choice", "choices", "code", "boolean"):
            why = "Nothing personal is a choice, a yes or no, or a reference number: people would be sorted by it"
            way_out = "Ask what the matter needs as a text, or remove personal where it is about the matter"
            faults.add(
                ("fields", field.name), "personal-choice", f"{field.name} is a personal {field.type}", why, way_out
            )


def _refuse_fact(kind: Kind, fact: str, known: Collection[str], path: Path, faults: Faults) -> None:
    field = kind.field_named(fact)
    code = "personal-published" if field and field.personal else "unknown-fact"
    why = "Only declared facts of the matter are published, never what somebody wrote"
    way_out = f"Write some of: {', '.join(sorted(known)) or '(none is declared)'}"
    faults.add(path, code, f"{fact} may not be published", why, way_out)


def _check_recurring(kind: Kind, clock: Clock, faults: Faults) -> None:
    """A clock that comes round again, beside a personal field, is a timetable for a person."""
    why = "No recurring clock may stand beside a personal field: a timetable for a person is a watch"
    way_out = "Let the case end, and open a new one when something is reported; plan visits to equipment, not people"
    path = ("clocks", clock.name)
    if one := kind.round_named(clock.round):
        days = one.most * max((amount for _priority, amount in clock.due), default=0)
        if (days if clock.unit == "days" else days / 86400) > LONGEST_ROUNDS:
            what, fewer = (
                f"{one.most} rounds of it last more than {LONGEST_ROUNDS} days",
                "Promise fewer, or shorter ones",
            )
            faults.add(path, "recurring-clock", what, why, fewer)
    elif _starts(kind, clock) & set(clock.stops):
        faults.add(path, "recurring-clock", f"{clock.name} starts again when it is kept", why, way_out)
    elif _in_ring(kind, clock):
        faults.add(path, "recurring-clock", f"{clock.name} is handed round for ever", why, way_out)
    elif starts_again(kind, clock) and _is_long(clock):
        faults.add(path, "recurring-clock", f"{clock.name} can start again, and is long", why, way_out)
    elif starts_again(kind, clock) and not (kind.sends_units or _is_recheck(kind, clock)):
        what = f"{clock.name} comes round again within {LONGEST_ANSWER['days']} days"
        faults.add(path, "recurring-clock", what, why, way_out)


def _in_ring(kind: Kind, clock: Clock) -> bool:
    """Whether keeping this clock starts another, and so on back to it."""
    hands = {
        one.name: {other.name for other in kind.clocks if set(one.stops) & _starts(kind, other)} for one in kind.clocks
    }
    return clock.name in closure(hands, hands[clock.name])


def _starts(kind: Kind, clock: Clock) -> set[str]:
    """The acts that start it, those that may leave the case without a unit among them; a diversion leaves another."""
    leaving = {act.name for act in kind.acts if act.returns and not any(effect.cases for effect in act.known_effects)}
    return {*clock.starts, *(leaving if WAITS in clock.starts else ())}


def _is_recheck(kind: Kind, clock: Clock) -> bool:
    """Whether it is the promise to look again at a place that was put right: in working days, for a kind about places,
    and passing leads on from where failing leads back."""
    again = landings(kind, [act for act in kind.acts if act.name in clock.stops])
    return kind.subject == "place" and clock.unit == "days" and clock.counts == "working" and len(again) > 1


def _is_long(clock: Clock) -> bool:
    return bool(clock.due_field) or any(amount > LONGEST_ANSWER[clock.unit] for _priority, amount in clock.due)


def starts_again(kind: Kind, clock: Clock) -> bool:
    """Whether it can be started, kept and started again before the case ends (at the end every clock ends)."""
    finals = {stage.name for stage in kind.stages if stage.final}
    moves = {stage.name: moves_from(kind, stage.name) - finals for stage in kind.stages}
    starts = [act for act in kind.acts if act.name in clock.starts or (act.returns and WAITS in clock.starts)]
    stops = [act for act in kind.acts if act.name in clock.stops]
    after_start = closure(
        moves, landings(kind, starts) | ({kind.open_stage} & moves.keys() if OPEN in clock.starts else set())
    )
    kept = [act for act in stops if after_start & set(act.from_stages)]
    after_stop = closure(moves, landings(kind, kept) - finals)
    return any(after_stop & set(act.from_stages) for act in starts)


def landings(kind: Kind, acts: Collection[Act]) -> set[str]:
    """Where a case may stand after one of `acts`."""
    found: set[str] = set()
    for act in acts:
        for stage in act.from_stages:
            target = act.to or act.advance or stage
            found.add(target if target in {entry.name for entry in kind.stages} else stage)
    return found
