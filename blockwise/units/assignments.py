"""Effects of a case's acts on units: sent, moved on step by step, cleared. The engine has locked the case before.

Units are locked in order of code. That a unit has one assignment that is not cleared, or none, is held by the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.access.models import User
from blockwise.cases.engine.effects import Change, wait_again
from blockwise.cases.kinds.model import Words
from blockwise.cases.rules.sight import known_of
from blockwise.problems import Conflict, Forbidden, Invalid, NotFound
from blockwise.rooms import Role

from .meanings import OUT, WORKING, label_for
from .models import Assignment, Meaning, Status, Unit
from .shifts import city_zone, on_shift

MOST_UNITS = 50  # in one sending
FORGIVEN = timedelta(minutes=1)  # by which a phone's clock may be behind


@dataclass(frozen=True)
class Step:
    """What an act does to an assignment: the time it keeps, and the meaning the unit then has (None: unchanged)."""

    field: str
    meaning: Meaning | None


STEPS: Mapping[str, Step] = {  # by act, in order
    "acknowledge": Step("acknowledged_at", None),
    "en_route": Step("en_route_at", Meaning.EN_ROUTE),
    "on_scene": Step("on_scene_at", Meaning.ON_SCENE),
    "transport": Step("transport_at", Meaning.TRANSPORTING),
    "at_hospital": Step("hospital_at", Meaning.AT_HOSPITAL),
    "clear": Step("cleared_at", Meaning.AVAILABLE),
    "stand_down": Step("cleared_at", Meaning.AVAILABLE),
    "break_down": Step("cleared_at", Meaning.UNAVAILABLE),
}
TIMES = ("dispatched_at", *dict.fromkeys(step.field for step in STEPS.values()))

CODE: Mapping[str, Any] = {"type": "string", "pattern": "^[0-9A-Z]{1,24}$"}
SENDING: Mapping[str, Mapping[str, Any]] = {
    "units": {
        "type": "array",
        "items": CODE,
        "minItems": 1,
        "maxItems": MOST_UNITS,
        "description": "Codes of the units to send; one code alone is read too.",
    },
    "override": {
        "type": "boolean",
        "description": "Send although a unit is off shift or not available; it is recorded.",
    },
}
MOVING: Mapping[str, Mapping[str, Any]] = {
    "unit": {**CODE, "description": "The unit meant; a crew that speaks for one unit may leave it out."},
    "label": {"type": "string", "maxLength": 30, "description": "The city's own status, of the meaning of the act."},
}


def assign_units(change: Change) -> None:
    """Send `units` (codes). One that is off shift or not available goes only with `override`, which is recorded."""
    codes = codes_of(change.data.get("units"))
    units = locked_units(codes)
    _refuse_busy(codes, change.actor)
    commit(change, units, units)


def commit(change: Change, units: Mapping[str, Unit], idle: Mapping[str, Unit]) -> None:
    """Give the locked `units` to the case; `idle` are those of them that did no other work."""
    codes = sorted(units)
    refused = _not_sendable(idle)
    if refused and not (change.actor.system or change.data.get("override") is True):
        code, why = next(iter(refused.items()))
        fix = _("Send another unit, or send it with override.")
        what = _("%(unit)s cannot be sent: %(why)s.") % {"unit": units[code].call_sign, "why": why[1]}
        raise Conflict(what, where="units", fix=fix, more={"unit": code, "why": why[0]})
    _create(change, codes)
    _set_meaning(codes, label_for(Meaning.COMMITTED)[Meaning.COMMITTED], Meaning.COMMITTED, change.moment)
    change.line_data["units"] = codes
    if refused:
        change.line_data["override"] = {code: why[0] for code, why in refused.items()}


def move_assignment(change: Change) -> None:
    """The act's step for `unit`, which works on this case; `label` may name the city's own status for it."""
    step = STEPS.get(change.act.name)
    if step is None:
        raise Invalid(_("This act is no step of an assignment."), where="act", fix=", ".join(STEPS))
    unit, assignment = at_work(change)
    _keep_time(assignment, step, change)
    _follow(unit, assignment, step, change)
    change.line_data["unit"] = unit.pk
    if step.field == "cleared_at" and change.act.returns and not _still_served(change):
        wait_again(change, change.act.returns)


def at_work(change: Change) -> tuple[Unit, Assignment]:
    """The unit meant and its work on this case, locked; Conflict where it has none."""
    code = _unit_of(change)
    unit = locked_units([code], retired=True)[code]
    _demand_own(change, unit)
    assignment = Assignment.objects.select_for_update().filter(unit=unit, case=change.case, cleared_at=None).first()
    if assignment is None:
        what = _("%s is not working on this case.") % unit.call_sign
        raise Conflict(what, where="unit", fix=_("Reload the case."))
    return unit, assignment


def _still_served(change: Change) -> bool:
    """Whether somebody works on the case, or it was reached and the last one there ended the work."""
    if Assignment.objects.filter(case=change.case, cleared_at=None).exists():
        return True
    arrival = change.kind.act("on_scene")
    if change.act.name != "clear" or arrival is None or arrival.advance is None:
        return False
    order = [stage.name for stage in change.kind.stages]
    return order.index(change.case.stage) >= order.index(arrival.advance)


def clear_units(change: Change) -> None:
    """Every unit that still works on the case is free again, as of the act's time."""
    active = Assignment.objects.filter(case=change.case, cleared_at=None)
    codes = list(active.order_by("unit").values_list("unit", flat=True))
    if not codes:
        return
    locked_units(codes, retired=True)
    active.update(cleared_at=change.moment, ended_by=change.act.name)
    _set_free(codes, change.moment)
    change.line_data["units"] = codes


def without_units(change: Change) -> None:
    """Refuse the act while units work on the case: nobody on the way is taken off it in silence."""
    held = Assignment.objects.filter(case=change.case, cleared_at=None).select_related("unit").order_by("unit").first()
    if held is not None:
        fix = _("Merge the other way round, or clear the unit first.")
        what = _("%s is working on this case.") % held.unit.call_sign
        raise Conflict(what, where="primary", fix=fix, more={"unit": held.unit_id})


def locked_units(codes: Iterable[str], *, retired: bool = False) -> dict[str, Unit]:
    """These units by code, locked in order of code; with `retired`, also those that are: they still end their work.

    NotFound names the first that is not there.
    """
    wanted = sorted(set(codes))
    rows = Unit.objects.select_for_update().filter(pk__in=wanted).order_by("pk")
    units = {unit.pk: unit for unit in rows if retired or unit.retired_on is None}
    missing = [code for code in wanted if code not in units]
    if missing:
        what = _("There is no unit %s.") % missing[0]
        raise NotFound(what, where="unit", fix=_("Give the code of a unit of this city."))
    return units


def codes_of(value: object) -> list[str]:
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list | tuple) or not given or not all(isinstance(one, str) and one for one in given):
        raise Invalid(_("Say which units."), where="units", fix=_("Give a list of unit codes."))
    if len(given) > MOST_UNITS:
        raise Invalid(_("These are too many units at once."), where="units", fix=_("Send at most %d.") % MOST_UNITS)
    return sorted(set(given))


def _refuse_busy(codes: list[str], actor: Actor) -> None:
    busy = Assignment.objects.filter(unit__in=codes, cleared_at=None).select_related("unit").order_by("unit").first()
    if busy is not None:
        raise busy_conflict(busy, actor)


def busy_conflict(held: Assignment, actor: Actor) -> Conflict:
    """Who has the unit, and since when; on which case, to whoever may see that one."""
    sender = _name_of(held.assigned_by)
    words = {
        "unit": held.unit.call_sign,
        "case": held.case_id,
        "time": held.dispatched_at.astimezone(city_zone()).strftime("%H:%M:%S"),
        "by": sender or held.assigned_by,
    }
    more = {"unit": held.unit_id, "since": held.dispatched_at.isoformat(), "by": held.assigned_by}
    if known_of([held.case_id], actor):
        what = _("%(unit)s has been on case %(case)s since %(time)s, sent by %(by)s.") % words
        return Conflict(
            what,
            where="units",
            fix=_("Send another unit, or clear this one first."),
            more=more | {"case": held.case_id},
        )
    what = _("%(unit)s has been at work elsewhere since %(time)s, sent by %(by)s.") % words
    return Conflict(what, where="units", fix=_("Send another unit, or ask who sent it."), more=more)


def _name_of(actor_id: str) -> str:
    kind, _colon, number = actor_id.partition(":")
    if kind != "user" or not number.isdigit():
        return ""
    user = User.objects.filter(pk=int(number)).only("name", "name_en").first()
    return str(Words(user.name, user.name_en or user.name)) if user else ""


def _not_sendable(units: Mapping[str, Unit]) -> dict[str, tuple[str, Any]]:
    """Why each of these units should not go: off shift, off duty, not available."""
    present = on_shift(clock.now())
    found: dict[str, tuple[str, Any]] = {}
    for code, unit in units.items():
        if unit.meaning == Meaning.OFF_DUTY:
            found[code] = ("off_duty", _("it is off duty"))
        elif code not in present:
            found[code] = ("off_shift", _("it is not on shift"))
        elif unit.meaning != Meaning.AVAILABLE:
            found[code] = ("unavailable", _("it is not available"))
    return found


def _create(change: Change, codes: list[str]) -> None:
    ranks: Mapping[str, int] = change.line_data.get("ranks", {})  # left by an effect of the room above
    rows = [
        Assignment(
            case=change.case,
            unit_id=code,
            assigned_by=change.actor.id,
            dispatched_at=change.moment,
            rank=ranks.get(code),
        )
        for code in codes
    ]
    try:
        with transaction.atomic():
            Assignment.objects.bulk_create(rows)
    except IntegrityError:  # another sending came between: the database holds one assignment a unit
        _refuse_busy(codes, change.actor)
        raise


def _unit_of(change: Change) -> str:
    """The unit meant: the one given, or the crew's own when it speaks for one alone."""
    given = change.data.get("unit")
    if isinstance(given, str) and given:
        return given
    if given is None and len(change.actor.units) == 1:
        return next(iter(change.actor.units))
    raise Invalid(_("Say which unit."), where="unit", fix=_("Give the code of a unit on this case."))


def _demand_own(change: Change, unit: Unit) -> None:
    """A crew moves its own unit; whoever else may do the act, any unit on the case."""
    actor = change.actor
    others = [role for role in change.act.roles if role != Role.CREW]
    if actor.system or unit.pk in actor.units or any(actor.holds(role, change.case.block_id) for role in others):
        return
    raise Forbidden(_("You do not speak for this unit."), where="unit", fix=_("Tell the dispatcher."))


def _keep_time(assignment: Assignment, step: Step, change: Change) -> None:
    """Each time is kept once, as claimed. An earlier step may be told later, a time before the step before not.

    A replay keeps what was recorded, possible or not; it lists the impossible ones itself.
    """
    known: datetime | None = getattr(assignment, step.field)
    if known is not None:
        when = known.astimezone(city_zone()).strftime("%H:%M:%S")
        raise Conflict(_("This was already told at %s.") % when, where="act", fix=_("Reload the case."))
    order = TIMES.index(step.field)
    told = [moment for name in TIMES[:order] if (moment := getattr(assignment, name))]
    before = [moment for moment in told if moment <= clock.now() + FORGIVEN]  # a later one is of another clock
    after = [moment for name in TIMES[order + 1 :] if (moment := getattr(assignment, name))]
    early = bool(before) and change.moment + FORGIVEN < max(before)
    late = bool(after) and change.moment > min(after) + FORGIVEN
    if (early or late) and not change.actor.system:
        what = _("This time does not fit the times of the other steps.")
        raise Invalid(what, where="happened_at", fix=_("Give the time at which it happened."))
    setattr(assignment, step.field, change.moment)
    if step.field == "cleared_at":
        assignment.ended_by, assignment.ended_why = change.act.name, change.line_data.get("why", "")
    assignment.save(update_fields=[step.field, "ended_by", "ended_why"])


def _follow(unit: Unit, assignment: Assignment, step: Step, change: Change) -> None:
    """The unit's status after the step: never backwards; free or out of service only when its work is over."""
    if step.meaning is Meaning.AVAILABLE:
        _set_free([unit.pk], change.moment)
        return
    meaning = step.meaning or Meaning.COMMITTED
    if meaning in WORKING and WORKING.index(meaning) < WORKING.index(Meaning(unit.meaning)):
        return
    label = change.data.get("label")
    if label is None and (step.meaning is None or unit.meaning == meaning):
        return
    if label is not None and not (isinstance(label, str) and _means(label, meaning)):
        what = _("This status does not mean what the act says.")
        raise Invalid(what, where="label", fix=_("Leave it out, or give a status of that meaning."))
    label = label or label_for(meaning, prefer=OUT)[meaning]
    if meaning not in WORKING:
        change.line_data["status"] = label
    _set_meaning([unit.pk], label, meaning, change.moment)


def _means(label: str, meaning: Meaning) -> bool:
    return Status.objects.filter(label=label, meaning=meaning).exists()


def _set_free(codes: Iterable[str], moment: datetime) -> None:
    """Available again; off duty for those whose shift is over."""
    present = on_shift(clock.now())
    groups = {Meaning.AVAILABLE: present.intersection(codes), Meaning.OFF_DUTY: set(codes) - present}
    wanted = [meaning for meaning, group in groups.items() if group]
    for meaning, label in label_for(*wanted).items():
        _set_meaning(sorted(groups[meaning]), label, meaning, moment)


def _set_meaning(codes: list[str], label: str, meaning: Meaning, moment: datetime) -> None:
    Unit.objects.filter(pk__in=codes).update(status_id=label, meaning=meaning, status_at=moment)
