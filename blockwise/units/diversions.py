"""Effect `divert_units`: units taken off other cases, with a reason, and sent to this one in the same transaction.

The case that each unit is taken off is named (`off`), as whoever diverts sees it: those cases are locked with this one
in id order, and a unit that is on another one by now is refused, so that of two who divert one unit one is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from django.utils.translation import gettext_lazy as _

from blockwise.access import policy
from blockwise.cases.engine.effects import Aside, Change, wait_again
from blockwise.cases.engine.merge import case_number
from blockwise.cases.kinds import registry
from blockwise.problems import Invalid

from .assignments import FORGIVEN, MOST_UNITS, SENDING, TIMES, busy_conflict, codes_of, commit, locked_units
from .models import Assignment

DIVERTING: Mapping[str, Mapping[str, Any]] = {
    **SENDING,
    "off": {
        "type": "object",
        "additionalProperties": {"type": "integer", "minimum": 1},
        "maxProperties": MOST_UNITS,
        "description": "The case that each busy unit is taken off; one that works on another by now is refused.",
    },
}


def divert_units(change: Change) -> None:
    codes = codes_of(change.data.get("units"))
    units = locked_units(codes)
    active = Assignment.objects.select_for_update().filter(unit__in=codes, cleared_at=None)
    held = list(active.select_related("unit").order_by("case", "unit"))
    off = change.data.get("off") or {}
    for one in held:
        named = one.case_id == case_number(off.get(one.unit_id))
        if not named or one.case_id not in change.others:  # on another case by now, or on one that is not shown to them
            raise busy_conflict(one, change.actor)
    for case_id, works in groupby(held, key=lambda one: one.case_id):
        _take_off(change, case_id, list(works))
    taken = {one.unit_id: one.case_id for one in held}
    commit(change, units, {code: unit for code, unit in units.items() if code not in taken})
    change.line_data["diverted"] = taken


def _take_off(change: Change, case_id: int, works: Sequence[Assignment]) -> None:
    """End this work; the other case says so, and waits again when nobody else is on it."""
    case = change.others[case_id]
    kind = registry.of(case)
    declared = kind.act(change.act.name) or change.act
    policy.may_act(change.actor, declared, kind, case).require()
    for work in works:
        _end(work, change)
    data = {"units": sorted(work.unit_id for work in works), "case": change.case.pk, "why": change.line_data["why"]}
    aside = Aside(case, kind, "unit_taken", data)
    if not Assignment.objects.filter(case=case, cleared_at=None).exists():
        wait_again(aside, declared.returns)
    change.asides.append(aside)


def _end(work: Assignment, change: Change) -> None:
    latest = max(moment for name in TIMES if (moment := getattr(work, name)))
    if change.moment + FORGIVEN < latest and not change.actor.system:
        what = _("This time does not fit the times of the other steps.")
        raise Invalid(what, where="happened_at", fix=_("Give the time at which it happened."))
    work.cleared_at, work.ended_by = change.moment, change.act.name
    work.ended_why = change.line_data["why"]
    work.save(update_fields=["cleared_at", "ended_by", "ended_why"])
