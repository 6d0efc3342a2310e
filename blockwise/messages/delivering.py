"""What goes by the ways: claimed, sent on threads of its own, tried later and later, given up after three days.

A dead network holds up nobody: the worker hands over what is due and does not wait for it.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db import close_old_connections, connection
from django.db.models import F, Q, QuerySet

from blockwise import clock

from . import email, push, webhook
from .carried import GoneError, NotTakenError
from .models import Carrier, Delivery, Way
from .ways import ended, still_wants

log = logging.getLogger("blockwise.messages")
AT_ONCE = 8  # under way in a process
EACH = 4  # of them by one way: one that never answers leaves the others their threads
CLAIM = timedelta(minutes=2)
WAITS = tuple(  # after each attempt; 75 hours in all, as Standard Webhooks has it
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
)
CARRY = {Carrier.EMAIL: email.carry, Carrier.WEBHOOK: webhook.carry, Carrier.PUSH: push.carry}
_threads = ThreadPoolExecutor(AT_ONCE, "carrier")
_under_way: dict[int, int] = {}  # each delivery's way


def send_due() -> int:
    """Hand over what is due, as many as there are free threads; how many. Returns at once."""
    now, me = clock.real_now(), uuid.uuid4().hex
    due = Q(next_at__lte=now) | Q(next_at__gt=now + 2 * WAITS[-1])  # further ahead than any wait: a clock was ahead
    rows = Delivery.objects.filter(_unclaimed(now), due, done_at=None, given_up_at=None).order_by("next_at", "pk")
    claimed = 0
    while claimed < AT_ONCE and (found := _next(rows)):
        for pk, way in found:
            mine = Delivery.objects.filter(_unclaimed(now), pk=pk, done_at=None)
            if mine.update(claimed_by=me, claimed_until=now + CLAIM):
                _under_way[pk] = way
                _threads.submit(_send, pk, me)
                claimed += 1
    return claimed


def _next(rows: QuerySet[Delivery]) -> list[tuple[int, int]]:
    """What there are free threads for, each with its way; none by a way that has as many as it may."""
    busy = Counter(list(_under_way.values()))
    full = [way for way, count in busy.items() if count >= EACH]
    found: list[tuple[int, int]] = []
    for pk, way in rows.exclude(way__in=full).values_list("pk", "way")[: max(0, AT_ONCE - busy.total())]:
        busy[way] += 1
        if busy[way] <= EACH:
            found.append((pk, way))
    return found


def _unclaimed(now: datetime) -> Q:
    return Q(claimed_until=None) | Q(claimed_until__lt=now) | Q(claimed_until__gt=now + 2 * CLAIM)


def _send(pk: int, me: str) -> None:
    close_old_connections()
    try:
        send(pk, me)
    except Exception:  # whatever one delivery does: the others go on
        log.exception("delivery %d", pk)
    finally:
        _under_way.pop(pk, None)
        connection.close()


def send(pk: int, me: str) -> bool:
    """Carry one delivery that `me` has claimed; whether it arrived. What happened is kept, without what was said."""
    row = Delivery.objects.select_related("message", "way__person").get(pk=pk)
    if not still_wants(row.way, row.message):
        _given_up(row, me, "it is not for them any more")
        return False
    try:
        CARRY[Carrier(row.way.carrier)](row)
    except GoneError as gone:
        ended(row.way, str(gone), "system:worker")
        return False
    except Exception as fault:  # noqa: BLE001  (whatever a carrier raises: the row waits, and does not die)
        _later(row, me, str(fault) if isinstance(fault, NotTakenError) else type(fault).__name__)
        return False
    Delivery.objects.filter(pk=pk, claimed_by=me).update(done_at=clock.real_now(), claimed_until=None, error="")
    return True


def _given_up(row: Delivery, me: str, error: str) -> None:
    claimed = Delivery.objects.filter(pk=row.pk, claimed_by=me)
    claimed.update(given_up_at=clock.real_now(), claimed_until=None, error=error)


def _later(row: Delivery, me: str, error: str) -> None:
    now = clock.real_now()
    claimed = Delivery.objects.filter(pk=row.pk, claimed_by=me)
    if row.attempts >= len(WAITS):
        claimed.update(attempts=F("attempts") + 1, given_up_at=now, claimed_until=None, error=error)
    else:
        wait = WAITS[row.attempts]
        claimed.update(attempts=F("attempts") + 1, next_at=now + wait, claimed_until=None, error=error)


def behind() -> timedelta:
    """How long what is due waits that has been due longest; what waits for its next time is not due."""
    now = clock.real_now()
    rows = Delivery.objects.filter(_unclaimed(now), done_at=None, given_up_at=None, next_at__lte=now)
    oldest = rows.order_by("next_at").values_list("next_at", flat=True).first()
    return now - oldest if oldest else timedelta()


def oldest_waiting() -> datetime | None:
    """Since when the oldest message has been on its way."""
    rows = Delivery.objects.filter(done_at=None, given_up_at=None).order_by("message__created_at")
    return rows.values_list("message__created_at", flat=True).first()


def failing(way: Way) -> bool:
    """Whether the last that went by this way did not arrive."""
    last = way.deliveries.exclude(attempts=0, done_at=None).order_by("-message_id").first()
    return last is not None and last.done_at is None
