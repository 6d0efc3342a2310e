"""What the worker does here."""

from __future__ import annotations

from collections.abc import Iterator

from blockwise import clock
from blockwise.ledger import clockwatch
from blockwise.ledger.rounds import in_rounds
from blockwise.places.models import City

from . import announcing, clocks, idempotency, recounting


def escalate() -> Iterator[int]:
    return clocks.escalations(clock.now())


def recount() -> Iterator[int]:
    """Another calendar came with a new release or a new city folder."""
    return recounting.recount() if City.objects.exists() else iter(())


def end_retention() -> Iterator[int]:
    """Personal data goes on its kind's schedule, by a time that nothing speaks against."""
    return announcing.tending(clock.now()) if clockwatch.look().erases else iter(())


def forget_requests() -> Iterator[int]:
    return in_rounds(idempotency.old())
