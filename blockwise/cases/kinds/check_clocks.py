"""Whether a kind's promises hold together: they start, end, pause and are raised by what the kind declares."""

from __future__ import annotations

from .check_shape import LEVELS, check_moment, check_role
from .faults import Faults
from .model import DEPARTMENT, Clock, Kind
from .parse import GROUNDS

OPEN, WAITS = "open", "waits"  # what starts a clock beside an act: the opening; that the case waits for a unit again


def check_clocks(kind: Kind, faults: Faults) -> None:
    for clock in kind.clocks:
        _check_acts(kind, clock, faults)
        _check_types(kind, clock, faults)
        _check_due(kind, clock, faults)
        _check_from(kind, clock, faults)
        _check_pauses(kind, clock, faults)
        _check_levels(clock, faults)
        _check_whose(kind, clock, faults)


def _check_acts(kind: Kind, clock: Clock, faults: Faults) -> None:
    known = {act.name for act in kind.acts}
    begins = {OPEN, *([WAITS] if any(act.returns for act in kind.acts) else [])}
    for key, names in (("start", clock.starts), ("stop", clock.stops)):
        path = ("clocks", clock.name, key)
        if not names:
            why = "A promise has a beginning and something that keeps it"
            faults.add(path, "no-act", f"{key} names no act", why, "Name an act")
        for number, name in enumerate(names):
            if name not in known and not (key == "start" and name in begins):
                way_out = f"Write one of: {', '.join(sorted(known | begins if key == 'start' else known))}"
                here = (*path, str(number))
                faults.add(here, "unknown-act", f"there is no act {name}", "The clock would never turn", way_out)


def _check_types(kind: Kind, clock: Clock, faults: Faults) -> None:
    path = ("clocks", clock.name)
    if clock.only and clock.unless:
        why = "What is promised to some types alone is not promised to the others"
        faults.add((*path, "except"), "two-scopes", "both only and except", why, "Keep one of them")
    for key, codes in (("only", clock.only), ("except", clock.unless)):
        for number, code in enumerate(codes):
            if not any(one.code == code or one.code.startswith(f"{code}.") for one in kind.types):
                known = ", ".join(sorted({one.code.split(".")[0] for one in kind.types})) or "(none is declared)"
                here = (*path, key, "types", str(number))
                why = "The clock would mean nothing by it"
                faults.add(here, "unknown-type", f"there is no type {code}", why, f"Write types, or of: {known}")
    if kind.types and not any(clock.concerns(one.code) for one in kind.types):
        faults.add(path, "unknown-type", "it is promised to no type", "Nobody would hear of it", "Remove the clock")


def _check_due(kind: Kind, clock: Clock, faults: Faults) -> None:
    path = ("clocks", clock.name, "due")
    if clock.ring and clock.counts != "real":
        faults.add(path, "wrong-due", "a ring counts in minutes", "It is real time", "Write counts: real")
    if not clock.due_field:
        return
    field = kind.field_named(clock.due_field)
    if field is None or field.type != "date" or clock.counts != "calendar" or field.personal:
        why = "A promised day is an open date and ends with the local day"
        faults.add(path, "wrong-due", f"{clock.due_field} is no date", why, "Name a date field, with counts: calendar")
        return
    acts = [kind.act(name) for name in clock.starts if name not in (OPEN, WAITS)]
    given = all(act is None or field.name in act.asks for act in acts)
    if not given or (OPEN in clock.starts and not (field.opening and field.required)):
        why = "The clock starts with a date or not at all"
        faults.add(path, "wrong-due", f"{field.name} may be empty at the start", why, "Let every start ask for it")
    for act in kind.acts:
        if field.name in act.may_ask:
            why = "Whoever moves the date says so"
            here = ("acts", act.name, "may_ask")
            faults.add(here, "wrong-due", f"{act.name} may move {field.name}", why, "Put it into asks")


def _check_from(kind: Kind, clock: Clock, faults: Faults) -> None:
    if not clock.from_field:
        return
    path = ("clocks", clock.name, "from")
    if clock.counts != "real":
        faults.add(path, "wrong-due", "it counts from a moment", "That is real time", "Write counts: real")
    check_moment(kind, clock.from_field, path, faults)


def _check_pauses(kind: Kind, clock: Clock, faults: Faults) -> None:
    open_stages = {stage.name for stage in kind.stages if not stage.final}
    promised = kind.subject == "application" and clock.counts != "real" and not clock.of
    if promised and clock.pause_in and not clock.grounds and kind.format >= GROUNDS:
        why = "An applicant's time stands still by law alone, and they are told which"
        way_out = "Write pause_in: {stage: {zh: the ground, en: the ground}}"
        faults.add(("clocks", clock.name, "pause_in"), "no-ground", "the pause says no ground", why, way_out)
    for number, name in enumerate(clock.pause_in):
        if name not in open_stages:
            path = ("clocks", clock.name, "pause_in", name if clock.grounds else str(number))
            way_out = f"Write one of: {', '.join(sorted(open_stages))}"
            why = "A clock stands still in a stage that is not the end"
            faults.add(path, "unknown-stage", f"there is no such stage {name}", why, way_out)


def _check_whose(kind: Kind, clock: Clock, faults: Faults) -> None:
    """What another side promised is none of the agency's promises: it is told, and raised to nobody."""
    path = ("clocks", clock.name)
    known = sorted({DEPARTMENT, *(role.name for role in kind.parties)})
    if clock.of and clock.of not in known:
        why, way_out = "Nobody would have promised it", f"Write one of: {', '.join(known)}"
        faults.add((*path, "of"), "unknown-party", f"there is no party {clock.of}", why, way_out)
    if clock.of and clock.escalate:
        why, way_out = "That another side is late is no failure of the agency", "Write tells: role"
        faults.add((*path, "escalate"), "not-ours", f"{clock.name} is raised though {clock.of} made it", why, way_out)
    if clock.of and clock.ring:
        why, way_out = "A ring is how soon a unit is there", "Write its length"
        faults.add((*path, "due"), "wrong-due", "a ring is the agency's", why, way_out)
    if clock.tells and not clock.of:
        why, way_out = "The agency's own promise is raised", "Write escalate"
        faults.add((*path, "tells"), "not-ours", f"{clock.name} is the agency's own", why, way_out)
    if clock.tells:
        check_role(clock.tells, (*path, "tells"), faults)


def _check_levels(clock: Clock, faults: Faults) -> None:
    path = ("clocks", clock.name, "escalate")
    for number, step in enumerate(clock.escalate):
        check_role(step.to, (*path, str(number), "to"), faults)
    after = [step.after for step in clock.escalate]
    if len(after) > LEVELS or after != sorted(set(after)):
        why = f"An overdue promise is raised at most {LEVELS} times, each later than the one before"
        faults.add(path, "escalation", "the levels do not follow each other", why, "Order them, three at most")
