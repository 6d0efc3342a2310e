"""The promises of one case during one act: started, met, paused, moved, ended with the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from ..kinds.model import Act, Clock, Kind
from ..models import Case, CaseClock
from ..rules import counting

OPEN, WAITS = "open", "waits"
KEPT = (
    *("counts", "starts_at", "due_at", "remaining_ms", "pauses", "provisional", "stopped_at", "lapsed"),
    *("level", "wakes_at"),
)


def first_due(rows: Any) -> datetime | None:
    """The due time of the agency's running promise that is due first."""
    return min((row.due_at for row in rows if row.stopped_at is None and row.due_at and not row.theirs), default=None)


def refresh(declared: Clock, row: CaseClock, case: Case, fields: Mapping[str, Any], moment: datetime) -> None:
    """Count the promise again. One that is thereby not yet due at `moment` starts again at the first level."""
    due = counting.due(declared, row, case, fields)
    if due is None:
        return
    row.provisional = due.provisional
    if since := counting.paused_since(row):
        row.due_at, row.wakes_at = None, None
        row.remaining_ms = counting.left_ms(declared, since, due.at)
        return
    row.due_at, row.remaining_ms = due.at, None
    if due.at > moment:
        row.level = 0
    row.wakes_at = counting.wake(declared, row.level, due.at)


@dataclass
class Promises:
    """The clocks of one case during one act."""

    kind: Kind
    case: Case
    act: Act | None  # None: the opening, or an act of another case
    moment: datetime
    fields: Mapping[str, Any]
    rows: dict[str, CaseClock]  # of each promise its last round
    events: frozenset[str]  # what starts and stops clocks: the act, or OPEN; WAITS
    changed: list[CaseClock] = field(default_factory=list)
    paused: dict[str, str] = field(default_factory=dict)  # by promise, the stage on whose ground it stands still now

    def apply(self) -> None:
        if self.act is not None and self.act.merge == "undo":
            self._revive()
        for declared in self.kind.clocks:
            self._step(declared)

    def _step(self, declared: Clock) -> None:
        row = self.rows.get(declared.name)
        if row is not None and row.stopped_at is None:
            if self.events & set(declared.stops):
                self._stop(declared, row, lapsed=False)
            elif not declared.concerns(self.case.type):
                self._stop(declared, row, lapsed=True)
            elif self._moves(declared):
                self._move(declared, row)
        if self._starts(declared) and (row is None or row.stopped_at is not None):
            row = self._start(declared)
        if row is None or row.stopped_at is not None:
            return
        if self.case.final:
            self._stop(declared, row, lapsed=True)
        elif (self.case.stage in declared.pause_in) != bool(counting.paused_since(row)):
            self._turn(declared, row)

    def _starts(self, declared: Clock) -> bool:
        if not declared.concerns(self.case.type):
            return False
        return bool(self.events & set(declared.starts)) or (OPEN in declared.starts and self._concerns_now(declared))

    def _concerns_now(self, declared: Clock) -> bool:
        """Whether the act made the case one of a type to which it is promised, and it was none before."""
        retyped = self.act is not None and self.act.retypes and bool(declared.only or declared.unless)
        return retyped and not declared.concerns(self._before.type)

    @cached_property
    def _before(self) -> Case:
        return Case.objects.get(pk=self.case.pk)  # the row is not saved yet

    def _start(self, declared: Clock) -> CaseClock | None:
        before = self.rows.get(declared.name)
        row = self._round(declared, before, self.moment, [])
        if counting.due(declared, row, self.case, self.fields) is None:
            return before
        self._note(row)
        return row

    def _round(self, declared: Clock, before: CaseClock | None, since: datetime, pauses: list[Any]) -> CaseClock:
        number = before.round + 1 if before else 1
        row = CaseClock(case=self.case, name=declared.name, round=number, counts=declared.counts)
        row.theirs = bool(declared.of)
        row.starts_at, row.pauses = since, pauses
        refresh(declared, row, self.case, self.fields, self.moment)
        return row

    def _stop(self, declared: Clock, row: CaseClock, *, lapsed: bool) -> None:
        if counting.paused_since(row):
            self._turn(declared, row, self._before if self._moves(declared) else None)
        row.stopped_at, row.lapsed, row.wakes_at = self.moment, lapsed, None
        self._note(row)

    def _turn(self, declared: Clock, row: CaseClock, was: Case | None = None) -> None:
        """Pause the promise, or let it run again. What ends with the act is counted by what the case `was`."""
        if counting.paused_since(row):
            *before, (begins, _open) = counting.readable_pauses(row)
            row.pauses = [*before, [begins, counting.written(self.moment)]]
        else:
            row.pauses = [*counting.readable_pauses(row), [counting.written(self.moment), None]]
            if declared.ground(self.case.stage):
                self.paused[declared.name] = self.case.stage
        case, fields = (was, was.fields) if was else (self.case, self.fields)
        refresh(declared, row, case, fields, self.moment)
        self._note(row)

    def _moves(self, declared: Clock) -> bool:
        """Whether the act gives the promise another length: a new date, another priority, another ring."""
        if self.act is None:
            return False
        dated = bool(set(declared.dated_by) & {*self.act.asks, *self.act.drops})
        return dated or (self.act.retypes and not declared.due_field)

    def _move(self, declared: Clock, row: CaseClock) -> None:
        if self.act and declared.from_field in self.act.drops:  # it is waited for from now on, or was already
            row.starts_at = min(self.moment, counting.begins_at(declared, row, self._before.fields))
        pauses = counting.readable_pauses(row)
        if declared.due_field:  # a date given anew counts as it stands
            pauses = [] if counting.paused_since(row) is None else [[counting.written(self.moment), None]]
        if counting.missed(row, self.moment):
            again = self._round(declared, row, row.starts_at, list(pauses))
            if not counting.missed(again, self.moment):  # what was missed stays so; the new time is another promise
                self._stop(declared, row, lapsed=False)
                self._note(again)
                return
        row.pauses = pauses
        refresh(declared, row, self.case, self.fields, self.moment)
        self._note(row)

    def _revive(self) -> None:
        """What the merge ended runs on: a promise is not forgotten because two cases were taken for one.

        What had ended before, with a case that was closed and opened again, stays ended.
        """
        merged_at = Case.objects.values_list("closed_at", flat=True).get(pk=self.case.pk)  # the row is not saved yet
        for declared in self.kind.clocks:
            row = self.rows.get(declared.name)
            if row is not None and row.lapsed and row.stopped_at == merged_at:
                row.stopped_at, row.lapsed = None, False
                refresh(declared, row, self.case, self.fields, self.moment)
                self._note(row)

    def _note(self, row: CaseClock) -> None:
        self.rows[row.name] = row
        if row not in self.changed:
            self.changed.append(row)

    def write(self) -> None:
        known = [row for row in self.changed if row.pk is not None]
        CaseClock.objects.bulk_create([row for row in self.changed if row.pk is None])
        for row in known:
            row.save(update_fields=KEPT)
