"""What the worker does, and how often (seconds)."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session

from blockwise import clock
from blockwise.access.models import Throttle
from blockwise.cases import clocks, idempotency, outbox, retention
from blockwise.ledger import erase
from blockwise.ledger.seals import seal_all
from blockwise.places.models import City
from blockwise.units.actions import forget_tracks, turn_shifts

from .worker import Job

THROTTLES_KEPT = timedelta(days=1)


def jobs() -> list[Job]:
    return [
        Job("clocks", 1, escalate),
        Job("shifts", 20, turn),
        Job("calendars", 3600, recompute),
        Job("outbox", 1, outbox.deliver),
        Job("seal", 60, seal_all),
        Job("erasures", 3600, erase.finish),
        Job("retention", 24 * 3600, end_retention),
        Job("idempotency", 3600, idempotency.forget_old),
        Job("tracks", 600, forget_tracks),
        Job("throttles", 3600, forget_throttles),
        Job("sessions", 3600, forget_sessions),
    ]


def escalate() -> int:
    return clocks.escalate_due(clock.now())


def turn() -> int:
    """Units come on duty and go off as their roster says."""
    return turn_shifts(clock.now()) if City.objects.exists() else 0


def recompute() -> int:
    """A year's calendar came with a new release or a new city folder."""
    return clocks.recompute_published() if City.objects.exists() else 0


def end_retention() -> int:
    """Personal data goes on its kind's schedule."""
    return retention.erase_ended(clock.now())


def forget_throttles() -> None:
    Throttle.objects.filter(window__lt=clock.real_now() - THROTTLES_KEPT).delete()


def forget_sessions() -> None:
    Session.objects.filter(expire_date__lt=clock.real_now()).delete()
