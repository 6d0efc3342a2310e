"""What time it is. One function, so that a replay can run the same engine by its own clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_fixed: ContextVar[datetime | None] = ContextVar("blockwise_clock", default=None)
_source: list[Callable[[], datetime]] = []


def real_now() -> datetime:
    """The machine's time in UTC; what the ledger writes as `recorded_at`, in a replay too."""
    return datetime.now(UTC)


def now() -> datetime:
    """The city's time in UTC: the machine's, or a replay's own."""
    fixed = _fixed.get()
    if fixed is not None:
        return fixed
    return _source[0]() if _source else real_now()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Hold the city's time at `moment` (aware) in this context."""
    token = _fixed.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _fixed.reset(token)


def follow(source: Callable[[], datetime]) -> None:
    """Take the city's time from `source` in this process (a replay database's clock row)."""
    _source[:] = [source]


def written(moment: datetime) -> str:
    """`2026-11-21T01:02:03.000004Z`: UTC, always six digits, as in the record. A naive time is a ValueError."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    there = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{there.isoformat(timespec='microseconds')[:-6]}Z"
