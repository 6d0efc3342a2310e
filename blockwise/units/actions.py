"""What changes units by themselves: a status set by hand, the turn of shifts; and where they were is forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import WORKER, Actor
from blockwise.cases import engine
from blockwise.cases.engine.idempotency import once
from blockwise.cases.rules.moments import supported
from blockwise.cases.rules.sight import known_of
from blockwise.cases.rules.values import claimed
from blockwise.ledger.canonical import JSON
from blockwise.ledger.lines import Entry, write
from blockwise.ledger.rounds import in_rounds
from blockwise.problems import Conflict, Invalid, NotFound

from .assignments import locked_units
from .meanings import ACTS, BY_HAND, label_for
from .models import Assignment, Meaning, Shift, Status, Track, Unit
from .positions import EARLY
from .shifts import Turn, city_zone, is_on, last_change

TRACKS_KEPT_DAYS = 3
TURNED_AT_ONCE = 100  # units whose shift begins or ends, in one transaction, likewise


@dataclass(frozen=True)
class StatusSet:
    """What a status came to. `line` is its line; `case` the case whose assignment it moved; `again`: done before."""

    unit: str
    label: str
    meaning: str
    line: int
    case: int | None = None
    again: bool = False


def set_status(
    unit_code: str,
    label: str,
    actor: Actor,
    *,
    happened_at: datetime | str | None = None,
    key: str | None = None,
) -> StatusSet:
    """Set a unit's status by one of the city's labels.

    A unit with an assignment is moved through its case by a label of a working meaning, and is made free by the act
    `clear` alone. Forbidden, NotFound, Conflict with what is possible.
    """
    body = {"unit": unit_code, "status": label, "happened_at": happened_at}
    return once(StatusSet, actor.id, key, body, lambda: _set(unit_code, label, actor, happened_at))


def _set(unit_code: str, label: str, actor: Actor, happened_at: datetime | str | None) -> StatusSet:
    unit = Unit.objects.filter(pk=unit_code, retired_on=None).first()
    if unit is None:
        raise NotFound(_("There is no such unit."), where="unit", fix=_("Give the code of a unit of this city."))
    policy.may_set_status(actor, unit).require()
    status = _status(label)
    held = Assignment.objects.filter(unit=unit, cleared_at=None).values_list("case", flat=True).first()
    act = ACTS.get(Meaning(status.meaning))
    if held is not None and act is not None:
        data = {"unit": unit.pk, "label": status.label}
        done = _moved(unit, held, act, data, actor, happened_at)
        return StatusSet(unit.pk, status.label, status.meaning, done.line, held)
    moment = claimed(happened_at) if happened_at is not None else None
    return _by_hand(unit.pk, status, actor, moment)


def _moved(
    unit: Unit, case: int, act: str, data: Mapping[str, str], actor: Actor, at: datetime | str | None
) -> engine.Result:
    """The case's own act; where whoever sets the status may not see the case, it is not named to them."""
    try:
        return engine.act(case, act, data, _for_case(actor), happened_at=at)
    except NotFound as refused:
        if refused.where == "case":
            raise _elsewhere(unit) from None
        raise


def _elsewhere(unit: Unit) -> Conflict:
    what = _("%(unit)s is at work where you do not see.") % {"unit": unit.call_sign}
    return Conflict(what, where="status", fix=_("Ask whoever sent it."))


def _for_case(actor: Actor) -> Actor:
    """The same actor, where the scope for a unit's status is enough to move its own assignment."""
    if actor.scopes is None or "units:write" not in actor.scopes:
        return actor
    return replace(actor, scopes=actor.scopes | {"cases:write"})


def _status(label: str) -> Status:
    status = Status.objects.filter(label=label).first()
    if status is None:
        known = ", ".join(Status.objects.order_by("label").values_list("label", flat=True))
        raise Invalid(_("There is no such status."), where="status", fix=_("Use one of: %s.") % known)
    return status


def _by_hand(code: str, status: Status, actor: Actor, moment: datetime | None) -> StatusSet:
    unit = locked_units([code])[code]
    when = supported(moment, clock.now())
    _check_possible(unit, Meaning(status.meaning), actor)
    if moment is not None and moment < unit.status_at <= clock.now() + EARLY:  # a later one is of another clock
        raise Conflict(_("A later status of this unit is known."), where="happened_at", fix=_("Nothing need be done."))
    before = unit.status_id
    unit.status, unit.meaning, unit.status_at = status, status.meaning, when.at
    unit.save(update_fields=["status", "meaning", "status_at"])
    data: dict[str, JSON] = {"from": before, "to": status.label, "meaning": status.meaning, **when.said}
    (line,) = write([Entry(unit.thread, "status", actor.id, unit.block_id, data, moment)])
    return StatusSet(unit.pk, status.label, status.meaning, line.number)


def _check_possible(unit: Unit, wanted: Meaning, actor: Actor) -> None:
    held = Assignment.objects.filter(unit=unit, cleared_at=None).values_list("case", flat=True).first()
    if held is not None and not known_of([held], actor):
        raise _elsewhere(unit)
    if held is not None:
        what = _("%(unit)s is working on case %(case)s.") % {"unit": unit.call_sign, "case": held}
        fix = _("It becomes free by the act “clear” on that case; if it can go no further, tell “break_down” there.")
        raise Conflict(what, where="status", fix=fix, more={"case": held})
    if wanted not in BY_HAND.get(Meaning(unit.meaning), frozenset(BY_HAND)):
        fix = _("Send it to a case; then its status follows.")
        raise Conflict(_("A unit without a case cannot have this status."), where="status", fix=fix)


def turn_shifts(now: datetime) -> int:
    """Units whose shift has begun come on duty, free ones whose shift is over go off; how many turned.

    A status set by hand after the turn stays, and one out of service stays so.
    """
    return sum(shift_turns(now))


def shift_turns(now: datetime) -> Iterator[int]:
    """The same in pieces, each a transaction: how many units it turned."""
    turning = _turning(now)
    codes = sorted(turning)
    for first in range(0, len(codes), TURNED_AT_ONCE):
        yield _turn({code: turning[code] for code in codes[first : first + TURNED_AT_ONCE]}, now)


def _turn(turning: Mapping[str, Meaning], now: datetime) -> int:
    with transaction.atomic():
        labels = label_for(*set(turning.values()))
        rows = Unit.objects.select_for_update().filter(pk__in=turning, retired_on=None).order_by("pk")
        idle = [unit for unit in rows if unit.meaning in (Meaning.OFF_DUTY, Meaning.AVAILABLE)]
        units = [unit for unit in idle if unit.meaning != turning[unit.pk]]
        for unit in units:
            unit.meaning = turning[unit.pk]
            unit.status_id, unit.status_at = labels[turning[unit.pk]], now
        Unit.objects.bulk_update(units, ["meaning", "status", "status_at"])
        write([_turned(unit) for unit in units])
    return len(units)


def _turned(unit: Unit) -> Entry:
    act = "shift_began" if unit.meaning == Meaning.AVAILABLE else "shift_ended"
    return Entry(unit.thread, act, WORKER.id, unit.block_id, {"to": unit.status_id, "meaning": unit.meaning})


def _turning(now: datetime) -> dict[str, Meaning]:
    """What each idle unit should turn to: where its last change of shift is newer than its status."""
    zone = city_zone()
    turns: dict[str, list[Turn]] = {}
    for code, days, begins, ends in Shift.objects.values_list("unit", "days", "from_time", "to_time"):
        turns.setdefault(code, []).append((days, begins, ends))
    idle = Unit.objects.filter(meaning__in=(Meaning.OFF_DUTY, Meaning.AVAILABLE), retired_on=None, pk__in=turns)
    found: dict[str, Meaning] = {}
    known: dict[tuple[Turn, ...], tuple[Meaning, datetime | None]] = {}
    for code, meaning, since in idle.values_list("pk", "meaning", "status_at"):
        pattern = tuple(turns[code])
        if pattern not in known:
            on = any(is_on(turn, now, zone) for turn in pattern)
            known[pattern] = (Meaning.AVAILABLE if on else Meaning.OFF_DUTY, last_change(pattern, now, zone))
        wanted, changed = known[pattern]
        newer = changed is not None and (since < changed or since > now)  # a later one is of another clock
        if meaning != wanted and newer:
            found[code] = wanted
    return found


def forget_tracks(days: int = TRACKS_KEPT_DAYS) -> Iterator[int]:
    """Delete where units were more than `days` ago, a round at a time; how many points each took."""
    yield from in_rounds(Track.objects.filter(at__lt=clock.now() - timedelta(days=days)).order_by("at"))
    Unit.objects.filter(position_at__lt=clock.now() - timedelta(days=days)).exclude(courses=[]).update(courses=[])
