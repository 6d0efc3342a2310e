"""What the worker does here."""

from __future__ import annotations

from collections.abc import Iterator

from blockwise import clock
from blockwise.places.models import City

from .actions import shift_turns


def turn() -> Iterator[int]:
    """Units come on duty and go off as their roster says."""
    return shift_turns(clock.now()) if City.objects.exists() else iter(())
