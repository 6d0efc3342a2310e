"""Positions as they come in: whatever waits is taken together, in turns, and written in one short transaction each.

What becomes of each is worked out before the transaction, so that a call that is taken meanwhile hardly waits: it
writes nothing where a unit is not as it was read, and then that turn is worked out again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.cases.models import Case
from blockwise.cases.rules.sealed_places import exact_places
from blockwise.cases.rules.sight import known_of
from blockwise.places.given import locate_all
from blockwise.problems import Forbidden, Invalid, Problem, TooMany

from .models import Assignment, Meaning, Track, Unit
from .positions import NEWER, Fix, Passage, Reason, go_through

MOST_FIXES = 1000  # in one batch
A_TURN = 1000  # fixes that are taken together, or one batch
MOST_WAITING = 5000  # fixes in this process; beyond it the older ones go that a newer one of the same unit follows
TRIES = 3  # the last one holds the units
Goal = tuple[int, tuple[int, int]]  # a case and its point (lon_e7, lat_e7)
_READ = ("meaning", "block", "lon_e7", "lat_e7", "position_at", "accuracy_m", "courses")


@dataclass(frozen=True)
class Ignored:
    index: int  # in the batch
    unit: str
    reason: Reason


@dataclass(frozen=True)
class Reported:
    """What a batch came to. `near`: units on their way that are now at the place of their case (its id), as far as
    whoever reports may know of that case."""

    accepted: int
    ignored: tuple[Ignored, ...]
    near: tuple[tuple[str, int], ...]


def report_positions(fixes: Sequence[Fix], actor: Actor) -> Reported:
    """Take in a batch, each unit's fixes in order of time. Forbidden when the actor speaks for none of the units,
    TooMany when more wait than may.

    Positions are no lines of the ledger: the present one is kept with the unit, the track only of units on duty.
    """
    if len(fixes) > MOST_FIXES:
        raise Invalid(_("These are too many positions."), where="positions", fix=_("Send at most %d.") % MOST_FIXES)
    batch = Batch(actor, dict(enumerate(fixes)))
    line.take(batch)
    if batch.failure:
        raise batch.failure
    ignored = tuple(sorted(batch.ignored, key=lambda one: one.index))
    known = known_of(batch.near.values(), actor)
    near = tuple((unit, case) for unit, case in batch.near.items() if case in known)
    return Reported(len(fixes) - len(ignored), ignored, near)


@dataclass(eq=False)
class Batch:
    """What one request reports, and what came of it. `left`: fixes that are still to be taken, by their place in it."""

    actor: Actor
    left: dict[int, Fix]
    dropped: list[Ignored] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    near: dict[str, int] = field(default_factory=dict)
    failure: Exception | None = None
    done: bool = False


class Line:
    """Batches in the order in which they came. Whoever's turn it is takes those before its own along."""

    def __init__(self) -> None:
        self.waiting: list[Batch] = []
        self._guard = threading.Lock()
        self._turn = threading.Lock()

    def take(self, batch: Batch) -> None:
        """Return when the batch was taken, by this thread or another's. TooMany when there is no room for it."""
        self.enter(batch)
        with self._turn:
            while not batch.done:
                _take(self.next())

    def enter(self, batch: Batch) -> None:
        with self._guard:
            over = len(batch.left) + sum(len(one.left) for one in self.waiting) - MOST_WAITING
            if over > 0:
                _make_room([*self.waiting, batch], over)
            self.waiting.append(batch)

    def next(self) -> list[Batch]:
        """The first that wait, as many as are a turn."""
        with self._guard:
            taken, fixes = [self.waiting.pop(0)], 0
            while self.waiting and (fixes := fixes + len(taken[-1].left)) + len(self.waiting[0].left) <= A_TURN:
                taken.append(self.waiting.pop(0))
            return taken


line = Line()


def _make_room(batches: Sequence[Batch], over: int) -> None:
    """Drop the oldest of those that a newer one of the same unit, from the same sender, follows."""
    waiting = [(fix.order, batch, index, fix) for batch in batches for index, fix in batch.left.items()]
    waiting.sort(key=lambda one: one[0])
    newest = {(batch.actor.id, fix.unit): fix for _order, batch, _index, fix in waiting}
    older = [one for one in waiting if newest[one[1].actor.id, one[3].unit] is not one[3]]
    if len(older) < over:
        what = _("More positions wait than can be taken in.")
        raise TooMany(what, where="positions", fix=_("Send them again in a second."), more={"retry_after": 1})
    for _order, batch, index, fix in older[:over]:
        del batch.left[index]
        batch.dropped.append(Ignored(index, fix.unit, NEWER))


def _take(batches: Sequence[Batch]) -> None:
    try:
        for held in (*[False] * (TRIES - 1), True):
            if _taken(batches, held=held):
                break
    except Exception as error:  # noqa: BLE001  (each that waits is told of it)
        for batch in batches:
            batch.failure = error
    finally:
        for batch in batches:
            batch.done = True


def _taken(batches: Sequence[Batch], *, held: bool) -> bool:
    """Work it out and write it; False, with nothing written, where a unit was changed meanwhile. `held`: it cannot."""
    if not held:
        turn = _Turn(batches, held=False)
        with transaction.atomic():
            return turn.write()
    with transaction.atomic():
        return _Turn(batches, held=True).write()


class _Turn:
    """The fixes of some batches going through the steps one after the other; the units are changed in memory."""

    def __init__(self, batches: Sequence[Batch], *, held: bool) -> None:
        fixes = [(batch, index, fix) for batch in batches for index, fix in batch.left.items()]
        rows = Unit.objects.filter(pk__in={fix.unit for _b, _i, fix in fixes}, retired_on=None).only(*_READ)
        self.units = {unit.pk: unit for unit in (rows.order_by("pk").select_for_update() if held else rows)}
        self.read = {unit.pk: unit.position_at for unit in self.units.values()}
        self.goals, self.now = _goals(self.units.values()), clock.now()
        self.tracks: list[Track] = []
        self.heard: set[str] = set()
        for batch in batches:
            batch.ignored, batch.near, batch.failure = list(batch.dropped), {}, self._refusal(batch)
        allowed = [one for one in fixes if not one[0].failure]
        places = locate_all([(fix.lon, fix.lat, fix.crs) for _b, _i, fix in allowed])
        for (batch, index, fix), place in sorted(zip(allowed, places, strict=True), key=lambda one: one[0][2].order):
            unit = self.units.get(fix.unit)
            case, goal = self.goals.get(fix.unit, (0, None))
            self._go(batch, index, Passage(fix, batch.actor, unit, self.now, goal, place), case)

    def _refusal(self, batch: Batch) -> Problem | None:
        theirs = {fix.unit: self.units[fix.unit] for fix in batch.left.values() if fix.unit in self.units}
        if theirs and not any(policy.may_report_position(batch.actor, unit) for unit in theirs.values()):
            return Forbidden(policy.NOT_OWN_UNIT, fix=_("Report positions of your own unit."))
        return None

    def _go(self, batch: Batch, index: int, work: Passage, case: int) -> None:
        unit, fix = work.unit, work.fix
        known = unit.courses if unit else None
        reason = go_through(work)
        if unit and unit.courses is not known:  # also a fix that is ignored may have begun a course
            self.heard.add(unit.pk)
        if reason is not None:
            batch.ignored.append(Ignored(index, fix.unit, reason))
            return
        assert unit
        if work.moved:
            self.tracks.append(Track(unit=unit, at=fix.at, lon_e7=unit.lon_e7, lat_e7=unit.lat_e7))
        if work.arrived:
            batch.near[fix.unit] = case

    def write(self) -> bool:
        """Whether every unit was still as it was read; else the transaction is rolled back."""
        if not self.heard:
            return True
        rows = [self._row(self.units[code]) for code in sorted(self.heard)]
        with connection.cursor() as cursor:
            cursor.executemany(_UPDATE, rows)
            if cursor.rowcount != len(rows):
                transaction.set_rollback(True)
                return False
        Track.objects.bulk_create(self.tracks)
        return True

    def _row(self, unit: Unit) -> tuple[Any, ...]:
        ops = connection.ops
        at, read_at = (ops.adapt_datetimefield_value(one) for one in (unit.position_at, self.read[unit.pk]))
        courses = ops.adapt_json_value(unit.courses, None)
        return unit.lon_e7, unit.lat_e7, unit.block_id, at, unit.accuracy_m, courses, unit.pk, read_at


_UPDATE = """
UPDATE units_unit SET "lon_e7" = %s, "lat_e7" = %s, "block_id" = %s, "position_at" = %s, "accuracy_m" = %s,
  "courses" = %s
WHERE "code" = %s AND "position_at" IS NOT DISTINCT FROM %s AND "retired_on" IS NULL AND "meaning" <> 'off_duty'
"""


def _goals(units: Iterable[Unit]) -> Mapping[str, Goal]:
    """For units on their way: the case and its point."""
    driving = [unit.pk for unit in units if unit.meaning == Meaning.EN_ROUTE]
    if not driving:
        return {}
    pairs = dict(Assignment.objects.filter(unit__in=driving, cleared_at=None).values_list("unit", "case"))
    cases = Case.objects.in_bulk(set(pairs.values()))
    exact = exact_places(cases.values())
    points: dict[int, tuple[int, int]] = {}
    for pk, case in cases.items():
        if pk in exact and exact[pk]["lon_e7"] is not None:
            points[pk] = (exact[pk]["lon_e7"], exact[pk]["lat_e7"])
        elif case.lon_e7 is not None and case.lat_e7 is not None:
            points[pk] = (case.lon_e7, case.lat_e7)
    return {code: (pk, points[pk]) for code, pk in pairs.items() if pk in points}
