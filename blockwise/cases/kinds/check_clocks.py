"""Whether a kind's promises hold together: they start, end, pause and are raised by what the kind declares."""

from __future__ import annotations

from .check_shape import LEVELS, check_role
from .faults import Faults
from .model import Clock, Kind

OPEN = "open"


def check_clocks(kind: Kind, faults: Faults) -> None:
    for clock in kind.clocks:
        _check_acts(kind, clock, faults)
        _check_due(kind, clock, faults)
        _check_pauses(kind, clock, faults)
        _check_levels(clock, faults)


def _check_acts(kind: Kind, clock: Clock, faults: Faults) -> None:
    known = {act.name for act in kind.acts}
    for key, names in (("start", clock.starts), ("stop", clock.stops)):
        path = ("clocks", clock.name, key)
        if not names:
            why = "A promise has a beginning and something that keeps it"
            faults.add(path, "no-act", f"{key} names no act", why, "Name an act")
        for number, name in enumerate(names):
            if name not in known and not (key == "start" and name == OPEN):
                way_out = f"Write one of: {', '.join(sorted({*known, OPEN} if key == 'start' else known))}"
                here = (*path, str(number))
                faults.add(here, "unknown-act", f"there is no act {name}", "The clock would never turn", way_out)


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
    acts = [kind.act(name) for name in clock.starts if name != OPEN]
    given = all(act is None or field.name in act.asks for act in acts)
    if not given or (OPEN in clock.starts and not (field.opening and field.required)):
        why = "The clock starts with a date or not at all"
        faults.add(path, "wrong-due", f"{field.name} may be empty at the start", why, "Let every start ask for it")
    for act in kind.acts:
        if field.name in act.may_ask:
            why = "Whoever moves the date says so"
            here = ("acts", act.name, "may_ask")
            faults.add(here, "wrong-due", f"{act.name} may move {field.name}", why, "Put it into asks")


def _check_pauses(kind: Kind, clock: Clock, faults: Faults) -> None:
    open_stages = {stage.name for stage in kind.stages if not stage.final}
    for number, name in enumerate(clock.pause_in):
        if name not in open_stages:
            path = ("clocks", clock.name, "pause_in", str(number))
            way_out = f"Write one of: {', '.join(sorted(open_stages))}"
            why = "A clock stands still in a stage that is not the end"
            faults.add(path, "unknown-stage", f"there is no such stage {name}", why, way_out)


def _check_levels(clock: Clock, faults: Faults) -> None:
    path = ("clocks", clock.name, "escalate")
    for number, step in enumerate(clock.escalate):
        check_role(step.to, (*path, str(number), "to"), faults)
    after = [step.after for step in clock.escalate]
    if len(after) > LEVELS or after != sorted(set(after)):
        why = f"An overdue promise is raised at most {LEVELS} times, each later than the one before"
        faults.add(path, "escalation", "the levels do not follow each other", why, "Order them, three at most")
