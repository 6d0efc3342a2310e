"""Whether messages reach somebody."""

from __future__ import annotations

from datetime import timedelta

from blockwise.clock import real_now
from blockwise.rooms import Finding, seconds

from .delivering import oldest_waiting
from .queries import unreached

OLDEST = timedelta(minutes=15)


def messages() -> Finding:
    """What nobody can read and nothing carries, and what the carriers have not brought away for long."""
    since, nobody = oldest_waiting(), unreached()
    age = real_now() - since if since else timedelta()
    figure = f"reaches nobody: {', '.join(nobody)}" if nobody else seconds(age)
    return Finding("messages", age < OLDEST and not nobody, False, figure)
