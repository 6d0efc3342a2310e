"""Clocks: what an act does to them, what happens when one is not kept, and when a year's calendar is published."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction

from blockwise import clock
from blockwise.access.models import Role
from blockwise.access.queries import answers_for
from blockwise.ledger import lines
from blockwise.ledger.canonical import JSON
from blockwise.ledger.lines import Entry

from . import counting, outbox
from .kinds import registry
from .kinds.model import Act, Clock, Kind
from .models import Case, CaseClock
from .promises import Promises, first_due, refresh

WORKER = "system:worker"
BATCH = 500  # escalations in one go


def on_act(kind: Kind, case: Case, act_name: str, moment: datetime, fields: Mapping[str, Any]) -> Promises:
    """Carry `act_name`, done at `moment`, over to the case's clocks, in the engine's transaction.

    The case has its new stage already; `fields` are its fields after the act. Sets `case.due_at` (the promise that is
    due first); the case is saved, and then the promises are written, by the engine.
    """
    act = kind.act(act_name)
    promises = Promises(kind, case, act, moment, fields, {})
    if not kind.clocks or (act is not None and not _concerns(kind, act)):
        return promises
    if act is not None:
        promises.rows.update({row.name: row for row in CaseClock.objects.filter(case=case)})
    promises.apply()
    case.due_at = first_due(promises.rows.values())
    return promises


def _concerns(kind: Kind, act: Act) -> bool:
    """Whether the act can touch a clock at all; a note asks the database nothing."""
    if act.to or act.advance or act.retypes:
        return True
    return any(act.name in (*clock.starts, *clock.stops) or clock.due_field in act.asks for clock in kind.clocks)


def due_clocks(limit: int, now: datetime | None = None) -> list[int]:
    """Ids of up to `limit` promises whose next escalation is due at `now` (else the city's time), the oldest first."""
    rows = CaseClock.objects.filter(stopped_at=None, wakes_at__lte=now or clock.now()).order_by("wakes_at", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def escalate(clock_id: int, now: datetime) -> bool:
    """Raise the promise by one level if that is due at `now`; False when it is not, or another worker did it."""
    with transaction.atomic():
        case, row = _locked(clock_id)
        if case is None or row is None or row.stopped_at or row.wakes_at is None or row.wakes_at > now:
            return False
        declared = _declared(case, row)
        if declared is None or row.due_at is None:
            return False
        level = row.level + 1
        mine = CaseClock.objects.filter(pk=row.pk, level=row.level, wakes_at=row.wakes_at, stopped_at=None)
        if not mine.update(level=level, wakes_at=counting.wake(declared, level, row.due_at)):
            return False
        role, block = _told(case, declared, level)
        data: dict[str, JSON] = {"clock": row.name, "level": level, "to": role, "block": block}
        [line] = lines.write([Entry(case.thread, "escalated", WORKER, case.block_id, data, now)])
        outbox.put("escalated", {"case": case.pk, **data}, line.number)
    return True


def escalate_due(now: datetime, limit: int = BATCH) -> int:
    """Raise what is overdue at `now`, as often as it is due; returns how many levels were raised."""
    raised = 0
    while done := sum(escalate(pk, now) for pk in due_clocks(limit, now)):
        raised += done
    return raised


def recompute(year: int) -> int:
    """Count open provisional promises that reach into `year` again, with a line each; returns how many changed."""
    begins = datetime(year + 1, 1, 2, tzinfo=UTC)
    rows = CaseClock.objects.filter(stopped_at=None, provisional=True, starts_at__lt=begins).order_by("case_id", "pk")
    return sum(_recompute(pk, year) for pk in list(rows.values_list("pk", flat=True)))


def recompute_published() -> int:
    """As `recompute`, for every year up to the year after next whose calendar is there by now."""
    calendar, this = counting.city_calendar(), clock.now().year
    years = [year for year in range(this - 1, this + 3) if not calendar.works(date(year, 1, 1)).provisional]
    return sum(recompute(year) for year in years)


def _recompute(clock_id: int, year: int) -> bool:
    with transaction.atomic():
        case, row = _locked(clock_id)
        declared = _declared(case, row) if case and row else None
        if case is None or row is None or declared is None or row.stopped_at or not row.provisional:
            return False
        before = (row.due_at, row.remaining_ms, row.provisional)
        refresh(declared, row, case, case.fields, clock.now())
        if before == (row.due_at, row.remaining_ms, row.provisional):
            return False
        row.save()
        case.due_at = first_due(CaseClock.objects.filter(case=case))
        case.save(update_fields=["due_at"])
        times = {"before": _text(before[0]), "due_at": _text(row.due_at)}
        data: dict[str, JSON] = {"clock": row.name, "year": year, **times}
        lines.write([Entry(case.thread, "clock_recomputed", WORKER, case.block_id, data, clock.now())])
    return True


def _locked(clock_id: int) -> tuple[Case | None, CaseClock | None]:
    """The case, locked as every act locks it, and then its clock as it is now."""
    case = Case.objects.select_for_update().filter(clocks=clock_id).first()
    return case, CaseClock.objects.filter(pk=clock_id).first()


def _declared(case: Case, row: CaseClock) -> Clock | None:
    return next((declared for declared in registry.of(case).clocks if declared.name == row.name), None)


def _told(case: Case, declared: Clock, level: int) -> tuple[str, str]:
    """The role and the block whose holder is told: each further level for a block leader goes to the leader above.

    A block leader is the neighbour of those concerned, so a sensitive case goes to the dispatcher instead.
    """
    role = declared.escalate[level - 1].to
    if role != Role.BLOCK_LEADER:
        return role, case.block_id
    if case.sensitive:
        return Role.DISPATCHER.value, case.block_id
    block, _leader = answers_for(case.block_id)
    for _earlier in [step for step in declared.escalate[: level - 1] if step.to == role]:
        if block.parent_id is None:
            break
        block, _leader = answers_for(block.parent_id)
    return role, block.code


def _text(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
