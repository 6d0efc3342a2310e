"""Clocks: what an act does to them, and what happens when one is not kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import OperationalError, transaction

from blockwise import clock
from blockwise.access.queries import answers_for
from blockwise.ledger import lines
from blockwise.ledger.canonical import JSON
from blockwise.ledger.lines import Entry
from blockwise.messages import actions as messages
from blockwise.messages.actions import Draft, To
from blockwise.places.queries import chain_of
from blockwise.rooms import Role

from ..kinds import registry
from ..kinds.model import Act, Clock, Kind
from ..models import Case, CaseClock
from ..rules import counting
from .promises import OPEN, WAITS, Promises, first_due
from .topics import ELSEWHERE, ESCALATED

log = logging.getLogger("blockwise.cases")
WORKER = "system:worker"
LOOKED_UP = 10_000  # promises found due at once
TOLD = {"escalated": ESCALATED, "late_elsewhere": ELSEWHERE}  # by the line's act
A_PIECE = 25  # promises raised in one transaction: tens of milliseconds for which nobody else writes


def on_act(
    kind: Kind, case: Case, act_name: str, moment: datetime, fields: Mapping[str, Any], *, waits: bool = False
) -> Promises:
    """Carry `act_name`, done at `moment`, over to the case's clocks, in the engine's transaction.

    The case has its new stage already; `fields` are its fields after the act; `waits`: it waits for a unit again. Sets
    `case.due_at` (the promise that is due first); the case is saved, and then the promises are written, by the engine.
    """
    act = kind.act(act_name)
    promises = Promises(kind, case, act, moment, fields, {}, _happened(act, waits))
    if not kind.clocks or (act is not None and not _concerns(kind, act)):
        return promises
    if act is not None:
        promises.rows.update(_last_rounds(case))
    promises.apply()
    case.due_at = first_due(promises.rows.values())
    return promises


def on_aside(kind: Kind, case: Case, moment: datetime, fields: Mapping[str, Any], *, waits: bool) -> Promises:
    """As `on_act`, for a case that another one's act has changed."""
    rows = _last_rounds(case)
    promises = Promises(kind, case, None, moment, fields, rows, frozenset({WAITS} if waits else ()))
    promises.apply()
    case.due_at = first_due(promises.rows.values())
    return promises


def _last_rounds(case: Case) -> dict[str, CaseClock]:
    return {row.name: row for row in CaseClock.objects.filter(case=case).order_by("round")}


def _happened(act: Act | None, waits: bool) -> frozenset[str]:
    return frozenset({act.name if act else OPEN, *([WAITS] if waits else [])})


def _concerns(kind: Kind, act: Act) -> bool:
    """Whether the act can touch a clock at all; a note asks the database nothing."""
    if act.to or act.advance or act.returns or act.retypes:
        return True
    return any(
        act.name in (*clock.starts, *clock.stops) or set(clock.dated_by) & {*act.asks, *act.drops}
        for clock in kind.clocks
    )


def due_clocks(limit: int, now: datetime | None = None) -> list[int]:
    """Ids of up to `limit` promises whose next escalation is due at `now` (else the city's time), the oldest first."""
    rows = CaseClock.objects.filter(stopped_at=None, wakes_at__lte=now or clock.now()).order_by("wakes_at", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def behind() -> timedelta:
    """How long the promise waits that has been due for an escalation longest, by the city's time."""
    now = clock.now()
    due = CaseClock.objects.filter(stopped_at=None, wakes_at__lte=now)
    oldest = due.order_by("wakes_at").values_list("wakes_at", flat=True).first()
    return now - oldest if oldest else timedelta()


def escalate(clock_id: int, now: datetime) -> bool:
    """Raise the promise by one level if that is due at `now`; False when it is not, or another worker did it."""
    return bool(_raise([clock_id], now))


def escalate_due(now: datetime) -> int:
    """Raise what is overdue at `now`, as often as it is due; returns how many levels were raised."""
    return sum(escalations(now))


def escalations(now: datetime) -> Iterator[int]:
    """The same in pieces, each a transaction: how many levels it raised."""
    raised = 1
    while raised:
        raised = 0
        ids = due_clocks(LOOKED_UP, now)
        for start in range(0, len(ids), A_PIECE):
            done = _raise_some(ids[start : start + A_PIECE], now)
            raised += done
            yield done


def _raise_some(ids: Sequence[int], now: datetime) -> int:
    try:
        return _raise(ids, now)
    except Exception:  # noqa: BLE001  (one of them was damaged: it is told when each is taken alone)
        return each(ids, lambda pk: escalate(pk, now))


def _raise(ids: Sequence[int], now: datetime) -> int:
    """Raise these promises by one level each, in one transaction, where that is due; how many."""
    with transaction.atomic():
        cases = lock_cases(ids)
        rows = CaseClock.objects.filter(pk__in=ids, stopped_at=None, wakes_at__lte=now).order_by("wakes_at", "pk")
        raised = [(row.case_id, entry) for row in rows if (entry := _raised(cases[row.case_id], row, now))]
        lines.write([entry for _case, entry in raised], naming=partial(_put_overdue, raised))
    return len(raised)


def _put_overdue(raised: Sequence[tuple[int, Entry]], first: int) -> None:
    for act, topic in TOLD.items():
        drafts = [
            Draft({"case": case, **entry.data}, number, case, To(str(entry.data["to"]), str(entry.data["block"])))
            for number, (case, entry) in enumerate(raised, first)
            if entry.act == act
        ]
        if drafts:
            messages.put_all(topic, drafts)


def _raised(case: Case, row: CaseClock, now: datetime) -> Entry | None:
    """The line of the promise's next level; None when it has none, or another worker came first."""
    declared = declared_in(case, row)
    if declared is None or row.due_at is None:
        return None
    level = row.level + 1
    mine = CaseClock.objects.filter(pk=row.pk, level=row.level, wakes_at=row.wakes_at, stopped_at=None)
    if not mine.update(level=level, wakes_at=counting.wake(declared, level, row.due_at)):
        return None
    role, block = _whom(case, declared, level)
    data: dict[str, JSON] = {"clock": row.name, "round": row.round, "level": level, "to": role, "block": block}
    return Entry(case.thread, "late_elsewhere" if row.theirs else "escalated", WORKER, case.block_id, data, now)


def each(ids: Iterable[int], work: Callable[[int], bool]) -> int:
    """How often `work` was done; a promise that was damaged holds up no other."""
    done = 0
    for pk in ids:
        try:
            done += work(pk)
        except OperationalError:
            raise
        except Exception:  # whatever a damaged row does: the others are raised in time
            log.exception("promise %d cannot be counted", pk)
    return done


def lock_cases(ids: Iterable[int]) -> dict[int, Case]:
    """The cases of these clocks, locked as every act locks them."""
    theirs = CaseClock.objects.filter(pk__in=ids).values("case")
    return {case.pk: case for case in Case.objects.select_for_update().filter(pk__in=theirs).order_by("pk")}


def declared_in(case: Case, row: CaseClock) -> Clock | None:
    return next((declared for declared in registry.of(case).clocks if declared.name == row.name), None)


def _whom(case: Case, declared: Clock, level: int) -> tuple[str, str]:
    """The role and the block whose holder is told: each further level for a block leader goes to the leader above.

    A block leader is the neighbour of those concerned, so a sensitive case goes to the dispatcher instead; so does one
    whose block is not in the tree.
    """
    role = declared.tells or declared.escalate[level - 1].to
    if role != Role.BLOCK_LEADER:
        return role, case.block_id
    if case.sensitive or not chain_of(case.block_id):
        return Role.DISPATCHER.value, case.block_id
    block, _leader = answers_for(case.block_id)
    for _earlier in [step for step in declared.escalate[: level - 1] if step.to == role]:
        if not chain_of(block.parent_id or ""):
            break
        block, _leader = answers_for(block.parent_id)
    return role, block.code
