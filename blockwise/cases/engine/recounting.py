"""Open clocks are counted again when the calendar is another than the one they were counted by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from django.db import OperationalError, transaction

from blockwise import clock
from blockwise.ledger import lines
from blockwise.ledger.canonical import JSON
from blockwise.ledger.lines import Entry
from blockwise.places.queries import city

from ..models import Case, CaseClock, CountedBy
from ..rules import counting
from .clocks import A_PIECE, LOOKED_UP, WORKER, declared_in, each, lock_cases
from .promises import first_due, refresh

SETTLES = timedelta(seconds=10)  # by then every process has the city that was loaded, and no act counts by the old one


def recount() -> Iterator[int]:
    """Count open promises again where the calendar changed, with a line for each that moves: how many each piece moved.

    The calendar is kept as theirs when all are done; what was stopped amid them begins anew, and finds most of it done.
    """
    digest = counting.calendar_digest()
    if CountedBy.objects.filter(digest=digest).exists() or clock.real_now() - city().loaded_at < SETTLES:
        return
    for ids in _open():
        yield _recount_some(ids)
    CountedBy.objects.update_or_create(pk=1, defaults={"digest": digest})


def _open() -> Iterator[list[int]]:
    rows = CaseClock.objects.filter(stopped_at=None, counts__in=("working", "calendar")).order_by("pk")
    last = 0
    while ids := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:LOOKED_UP]):
        last = ids[-1]
        yield from (ids[start : start + A_PIECE] for start in range(0, len(ids), A_PIECE))


def _recount_some(ids: Sequence[int]) -> int:
    try:
        return _recount(ids)
    except OperationalError:
        raise  # the database, and none of them: all is counted again at the next turn
    except Exception:  # noqa: BLE001  (one of them was damaged: it is told when each is taken alone)
        return each(ids, lambda pk: bool(_recount([pk])))


def _recount(ids: Sequence[int]) -> int:
    """Count these promises again in one transaction; how many moved."""
    with transaction.atomic():
        cases, now = lock_cases(ids), clock.now()
        rows = CaseClock.objects.filter(pk__in=ids, stopped_at=None).order_by("pk")
        moved = [entry for row in rows if (entry := _moved(cases[row.case_id], row, now))]
        lines.write(moved)
    return len(moved)


def _moved(case: Case, row: CaseClock, now: datetime) -> Entry | None:
    """The line of a promise that is due at another time now, or woken at another; None where it stays, and for one that
    was missed and raised: by the calendar that counted then it was not kept, and that is not forgotten."""
    declared, before = declared_in(case, row), _times(row)
    if declared is None or row.level:
        return None
    refresh(declared, row, case, case.fields, now)
    if before == _times(row):
        return None
    row.save()
    case.due_at = first_due(CaseClock.objects.filter(case=case))
    case.save(update_fields=["due_at"])
    times = {"before": _text(before[0]), "due_at": _text(row.due_at)}
    data: dict[str, JSON] = {"clock": row.name, "round": row.round, **times}
    return Entry(case.thread, "clock_recomputed", WORKER, case.block_id, data, now)


def _times(row: CaseClock) -> tuple[datetime | None, int | None, bool, datetime | None]:
    return row.due_at, row.remaining_ms, row.provisional, row.wakes_at


def _text(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
