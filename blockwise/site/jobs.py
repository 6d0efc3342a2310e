"""What the worker does, and how often (seconds)."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session

from blockwise import clock
from blockwise.access.models import Throttle
from blockwise.cases import clocks, idempotency, outbox
from blockwise.ledger import erase
from blockwise.ledger.seals import seal_all
from blockwise.places.models import City
from blockwise.units.actions import turn_shifts
from blockwise.units.models import Track

from .worker import Job

TRACKS_KEPT = timedelta(days=3)
THROTTLES_KEPT = timedelta(days=1)
A_ROUND = 1_000  # rows deleted in one transaction, so that a dispatcher never waits for a clean-up


def jobs() -> list[Job]:
    return [
        Job("clocks", 1, escalate),
        Job("shifts", 20, turn),
        Job("calendars", 3600, recompute),
        Job("outbox", 1, outbox.deliver),
        Job("seal", 60, seal_all),
        Job("erasures", 3600, erase.finish),
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


def forget_tracks() -> None:
    """Positions are kept for days."""
    old = Track.objects.filter(at__lt=clock.now() - TRACKS_KEPT).order_by("at")
    while ids := list(old.values_list("pk", flat=True)[:A_ROUND]):
        Track.objects.filter(pk__in=ids).delete()


def forget_throttles() -> None:
    Throttle.objects.filter(window__lt=clock.real_now() - THROTTLES_KEPT).delete()


def forget_sessions() -> None:
    Session.objects.filter(expire_date__lt=clock.real_now()).delete()
