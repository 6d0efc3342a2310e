"""The promises of one case during one act: started, met, paused, moved, ended with the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from . import counting
from .kinds.model import Act, Clock, Kind
from .models import Case, CaseClock

OPEN = "open"
KEPT = (
    *("counts", "starts_at", "due_at", "remaining_ms", "pauses", "provisional", "stopped_at", "lapsed"),
    *("level", "wakes_at"),
)


def first_due(rows: Any) -> datetime | None:
    """The due time of the running promise that is due first."""
    return min((row.due_at for row in rows if row.stopped_at is None and row.due_at), default=None)


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
    act: Act | None  # None: the opening
    moment: datetime
    fields: Mapping[str, Any]
    rows: dict[str, CaseClock]
    changed: set[str] = field(default_factory=set)

    def apply(self) -> None:
        if self.act is not None and self.act.merge == "undo":
            self._revive()
        for declared in self.kind.clocks:
            self._step(declared)

    def _step(self, declared: Clock) -> None:
        name = OPEN if self.act is None else self.act.name
        row = self.rows.get(declared.name)
        if row is not None and row.stopped_at is None:
            if name in declared.stops:
                self._stop(declared, row, lapsed=False)
            elif self._moves(declared):
                self._move(declared, row)
        if name in declared.starts and (row is None or row.stopped_at is not None):
            row = self._start(declared)
        if row is None or row.stopped_at is not None:
            return
        if self.case.final:
            self._stop(declared, row, lapsed=True)
        elif (self.case.stage in declared.pause_in) != bool(counting.paused_since(row)):
            self._turn(declared, row)

    def _start(self, declared: Clock) -> CaseClock | None:
        row = self.rows.get(declared.name) or CaseClock(case=self.case, name=declared.name)
        row.counts, row.starts_at, row.pauses = declared.counts, self.moment, []
        row.stopped_at, row.lapsed, row.level = None, False, 0
        if counting.due(declared, row, self.case, self.fields) is None:
            return self.rows.get(declared.name)
        refresh(declared, row, self.case, self.fields, self.moment)
        self._note(row)
        return row

    def _stop(self, declared: Clock, row: CaseClock, *, lapsed: bool) -> None:
        if counting.paused_since(row):
            self._turn(declared, row)
        row.stopped_at, row.lapsed, row.wakes_at = self.moment, lapsed, None
        self._note(row)

    def _turn(self, declared: Clock, row: CaseClock) -> None:
        """Pause the promise, or let it run again."""
        if counting.paused_since(row):
            row.pauses = [*row.pauses[:-1], [row.pauses[-1][0], counting.written(self.moment)]]
        else:
            row.pauses = [*row.pauses, [counting.written(self.moment), None]]
        refresh(declared, row, self.case, self.fields, self.moment)
        self._note(row)

    def _moves(self, declared: Clock) -> bool:
        """Whether the act gives the promise another length: a new date, another priority, another ring."""
        if self.act is None:
            return False
        return declared.due_field in self.act.asks or (self.act.retypes and not declared.due_field)

    def _move(self, declared: Clock, row: CaseClock) -> None:
        if declared.due_field:  # a date given anew counts as it stands
            row.pauses = [] if counting.paused_since(row) is None else [[counting.written(self.moment), None]]
        refresh(declared, row, self.case, self.fields, self.moment)
        self._note(row)

    def _revive(self) -> None:
        """What ended with the case runs on: a promise is not forgotten because two cases were taken for one."""
        for declared in self.kind.clocks:
            row = self.rows.get(declared.name)
            if row is not None and row.lapsed:
                row.stopped_at, row.lapsed = None, False
                refresh(declared, row, self.case, self.fields, self.moment)
                self._note(row)

    def _note(self, row: CaseClock) -> None:
        self.rows[row.name] = row
        self.changed.add(row.name)

    def write(self) -> None:
        changed = [row for row in self.rows.values() if row.name in self.changed]
        known = [row for row in changed if row.pk is not None]
        CaseClock.objects.bulk_create([row for row in changed if row.pk is None])
        for row in known:
            row.save(update_fields=KEPT)
