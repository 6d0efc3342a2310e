"""What many desks ask at once is read once: an answer stands until the record grows, or until its own time comes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

from blockwise import clock
from blockwise.ledger.models import Head

T = TypeVar("T")
LONGEST_S = 5.0  # what was changed past the record, by hand or by a city that was loaded, is seen that much later
MOST = 64


class Readings(Generic[T]):
    """Answers by what was asked. `read` gives the answer and the moment from which time alone makes it another."""

    def __init__(self) -> None:
        self._held: dict[Hashable, tuple[float, datetime, datetime | None, T]] = {}
        self._lock = Lock()

    def get(self, asked: Hashable, read: Callable[[], tuple[T, datetime | None]]) -> T:
        """The answer that stands; those who ask alike at one time wait for one reading."""
        with self._lock:
            key, now = (asked, Head.objects.values_list("number", "recorded_at").first()), clock.now()
            held = self._held.get(key)
            if held is None or not _stands(held[:3], now):
                if len(self._held) >= MOST:
                    self._held.clear()
                found, until = read()
                held = self._held[key] = monotonic(), now, until, found
            return held[3]

    def forget(self) -> None:
        with self._lock:
            self._held.clear()


def _stands(held: tuple[float, datetime, datetime | None], now: datetime) -> bool:
    read, since, until = held
    return monotonic() - read < LONGEST_S and since <= now and (until is None or now < until)
