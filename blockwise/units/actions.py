"""What changes units by themselves: a status set by hand, the turn of shifts, positions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import WORKER, Actor
from blockwise.cases import engine, idempotency
from blockwise.cases.models import Case
from blockwise.cases.queries import exact_places
from blockwise.cases.values import claimed
from blockwise.ledger.lines import Entry, write
from blockwise.problems import Conflict, Forbidden, Invalid, NotFound

from .assignments import locked_units
from .meanings import ACTS, BY_HAND, label_for
from .models import Assignment, Meaning, Shift, Status, Track, Unit
from .positions import Fix, Reason, go_through, start
from .shifts import Turn, city_zone, is_on, last_change

TRACKS_KEPT_DAYS = 3
A_ROUND = 1_000  # rows deleted in one transaction, so that a dispatcher never waits for a clean-up
MOST_FIXES = 1000  # in one batch
Goal = tuple[int, tuple[int, int]]  # a case and its point (lon_e7, lat_e7)


@dataclass(frozen=True)
class StatusSet:
    """What a status came to. `line` is its line; `case` the case whose assignment it moved; `again`: done before."""

    unit: str
    label: str
    meaning: str
    line: int
    case: int | None = None
    again: bool = False


@dataclass(frozen=True)
class Ignored:
    index: int  # in the batch
    unit: str
    reason: Reason


@dataclass(frozen=True)
class Reported:
    """What a batch came to. `near`: units on their way that are now at the place of their case (its id)."""

    accepted: int
    ignored: tuple[Ignored, ...]
    near: tuple[tuple[str, int], ...]


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
    unit = Unit.objects.filter(pk=unit_code, retired_on=None).first()
    if unit is None:
        raise NotFound(_("There is no such unit."), where="unit", fix=_("Give the code of a unit of this city."))
    policy.may_set_status(actor, unit).require()
    status = _status(label)
    held = Assignment.objects.filter(unit=unit, cleared_at=None).values_list("case", flat=True).first()
    act = ACTS.get(Meaning(status.meaning))
    if held is not None and act is not None:
        data = {"unit": unit.pk, "label": status.label}
        done = engine.act(held, act, data, _for_case(actor), key=key, happened_at=happened_at)
        return StatusSet(unit.pk, status.label, status.meaning, done.line, held, done.again)
    moment = claimed(happened_at) if happened_at is not None else None
    body = {"unit": unit.pk, "status": label, "happened_at": happened_at}
    return _once(unit.pk, status, actor, moment, key, body)


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


def _once(
    code: str, status: Status, actor: Actor, moment: datetime | None, key: str | None, body: dict[str, Any]
) -> StatusSet:
    """One status in one transaction; with a key, at most once, whoever comes at the same moment."""
    if key is None:
        with transaction.atomic():
            return _by_hand(code, status, actor, moment)
    digest = idempotency.digest(body)
    idempotency.check_key(key)
    try:
        with transaction.atomic():
            if done := idempotency.earlier(actor.id, key, digest):
                return StatusSet(**{**done, "again": True})
            result = _by_hand(code, status, actor, moment)
            idempotency.keep(actor.id, key, digest, asdict(result))
            return result
    except IntegrityError:
        done = idempotency.earlier(actor.id, key, digest)
        if done is None:
            raise
        return StatusSet(**{**done, "again": True})


def _by_hand(code: str, status: Status, actor: Actor, moment: datetime | None) -> StatusSet:
    unit = locked_units([code])[code]
    at = moment or clock.now()
    _check_possible(unit, Meaning(status.meaning))
    if moment is not None and moment < unit.status_at:
        raise Conflict(_("A later status of this unit is known."), where="happened_at", fix=_("Nothing need be done."))
    before = unit.status_id
    unit.status, unit.meaning, unit.status_at = status, status.meaning, at
    unit.save(update_fields=["status", "meaning", "status_at"])
    data = {"from": before, "to": status.label, "meaning": status.meaning}
    (line,) = write([Entry(unit.thread, "status", actor.id, unit.block_id, data, moment)])
    return StatusSet(unit.pk, status.label, status.meaning, line.number)


def _check_possible(unit: Unit, wanted: Meaning) -> None:
    held = Assignment.objects.filter(unit=unit, cleared_at=None).values_list("case", flat=True).first()
    if held is not None:
        what = _("%(unit)s is working on case %(case)s.") % {"unit": unit.call_sign, "case": held}
        fix = _("It becomes free by the act “clear” on that case.")
        raise Conflict(what, where="status", fix=fix, more={"case": held})
    if wanted not in BY_HAND.get(Meaning(unit.meaning), frozenset(BY_HAND)):
        fix = _("Send it to a case; then its status follows.")
        raise Conflict(_("A unit without a case cannot have this status."), where="status", fix=fix)


def turn_shifts(now: datetime) -> int:
    """Units whose shift has begun come on duty, free ones whose shift is over go off; how many turned.

    A status set by hand after the turn stays, and one out of service stays so. For the worker, each minute.
    """
    turning = _turning(now)
    if not turning:
        return 0
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


def report_positions(fixes: Sequence[Fix], actor: Actor) -> Reported:
    """Take in a batch, each unit's fixes in order of time. Forbidden when the actor speaks for none of the units.

    Positions are no lines of the ledger: the present one is kept with the unit, the track only of units on duty.
    """
    if len(fixes) > MOST_FIXES:
        raise Invalid(_("These are too many positions."), where="positions", fix=_("Send at most %d.") % MOST_FIXES)
    with transaction.atomic():
        rows = Unit.objects.select_for_update().filter(pk__in={fix.unit for fix in fixes}, retired_on=None)
        units = {unit.pk: unit for unit in rows.order_by("pk")}
        if units and not any(policy.may_report_position(actor, unit) for unit in units.values()):
            raise Forbidden(policy.NOT_OWN_UNIT, fix=_("Report positions of your own unit."))
        goals = _goals(units.values())
        batch = _Batch(actor, units, goals)
        for index, fix in sorted(enumerate(fixes), key=lambda pair: pair[1].at.timestamp()):
            batch.take(index, fix)
        moved = [units[code] for code in sorted(batch.changed)]
        Unit.objects.bulk_update(moved, ["lon_e7", "lat_e7", "block", "position_at"])
        Track.objects.bulk_create(batch.tracks)
    ignored = tuple(sorted(batch.ignored, key=lambda one: one.index))
    return Reported(len(fixes) - len(ignored), ignored, tuple(batch.near.items()))


class _Batch:
    """Fixes going through the steps one after the other; the units are changed in memory."""

    def __init__(self, actor: Actor, units: Mapping[str, Unit], goals: Mapping[str, Goal]) -> None:
        self.actor, self.units, self.goals = actor, units, goals
        self.ignored: list[Ignored] = []
        self.tracks: list[Track] = []
        self.changed: set[str] = set()
        self.near: dict[str, int] = {}

    def take(self, index: int, fix: Fix) -> None:
        case, point = self.goals.get(fix.unit, (0, None))
        work = start(fix, self.actor, self.units.get(fix.unit), point)
        reason = go_through(work)
        if reason is not None:
            self.ignored.append(Ignored(index, fix.unit, reason))
            return
        self.changed.add(fix.unit)
        unit = self.units[fix.unit]
        if work.moved:
            self.tracks.append(Track(unit=unit, at=fix.at, lon_e7=unit.lon_e7, lat_e7=unit.lat_e7))
        if work.arrived:
            self.near[fix.unit] = case


def _goals(units: Iterable[Unit]) -> dict[str, Goal]:
    """For units on their way: the case and its point."""
    driving = [unit.pk for unit in units if unit.meaning == Meaning.EN_ROUTE]
    if not driving:
        return {}
    pairs = dict(Assignment.objects.filter(unit__in=driving, cleared_at=None).values_list("unit", "case"))
    cases = Case.objects.in_bulk(set(pairs.values()))
    exact = exact_places(cases.values())
    points: dict[int, tuple[int, int]] = {}
    for pk, case in cases.items():
        if pk in exact:
            points[pk] = (exact[pk]["lon_e7"], exact[pk]["lat_e7"])
        elif case.lon_e7 is not None and case.lat_e7 is not None:
            points[pk] = (case.lon_e7, case.lat_e7)
    return {code: (pk, points[pk]) for code, pk in pairs.items() if pk in points}


def forget_tracks(days: int = TRACKS_KEPT_DAYS) -> int:
    """Delete where units were more than `days` ago, a round at a time; how many points went."""
    old, gone = Track.objects.filter(at__lt=clock.now() - timedelta(days=days)).order_by("at"), 0
    while ids := list(old.values_list("pk", flat=True)[:A_ROUND]):
        gone += Track.objects.filter(pk__in=ids).delete()[0]
    return gone
