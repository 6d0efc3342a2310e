"""What goes outside. A row is the queue: claimed by a conditional UPDATE, retried with back-off, never lost."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q

from blockwise import clock

from .models import Outbox

Handler = Callable[[Mapping[str, Any]], None]
CLAIM = timedelta(minutes=2)
LONGEST_WAIT = timedelta(hours=1)

_handlers: dict[str, Handler] = {}


def deliver_with(topic: str, handler: Handler) -> None:
    """Name what carries `topic` outside; it may be called again with the same payload after a crash."""
    _handlers[topic] = handler


def put(topic: str, payload: Mapping[str, Any], line: int) -> None:
    """Queue `payload` (JSON, no personal data) inside the caller's transaction; `line` is the line that caused it."""
    now = clock.real_now()
    Outbox.objects.create(topic=topic, payload=dict(payload), line=line, created_at=now, next_at=now)


def deliver(limit: int = 100) -> int:
    """Deliver what is due; returns how many rows were delivered. A topic nobody carries stays inside and is done."""
    return sum(_deliver_one(pk) for pk in _due(limit))


def oldest_waiting() -> datetime | None:
    return Outbox.objects.filter(done_at=None).order_by("created_at").values_list("created_at", flat=True).first()


def _due(limit: int) -> list[int]:
    now = clock.real_now()
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    rows = Outbox.objects.filter(free, done_at=None, next_at__lte=now).order_by("next_at", "id")
    return list(rows.values_list("pk", flat=True)[:limit])


def _deliver_one(pk: int) -> bool:
    now, me = clock.real_now(), uuid.uuid4().hex
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    if not Outbox.objects.filter(free, pk=pk, done_at=None).update(claimed_by=me, claimed_until=now + CLAIM):
        return False
    row = Outbox.objects.get(pk=pk)
    mine = Outbox.objects.filter(pk=pk, claimed_by=me)
    try:
        if handler := _handlers.get(row.topic):
            handler(row.payload)
    except Exception as fault:  # noqa: BLE001  (whatever a carrier raises: the row must wait, not die)
        wait = min(timedelta(seconds=2**row.attempts), LONGEST_WAIT)
        mine.update(
            attempts=F("attempts") + 1,
            next_at=clock.real_now() + wait,
            claimed_until=None,
            error=type(fault).__name__,
        )
        return False
    mine.update(done_at=clock.real_now(), claimed_until=None, error="")
    return True
