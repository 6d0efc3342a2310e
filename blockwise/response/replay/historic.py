"""`--dispatch historic`: what was recorded, played through the engine as it was recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from blockwise import clock
from blockwise.cases.engine import clocks
from blockwise.problems import Problem

from .beginning import demand_ahead
from .history import Event, Noted, events
from .pace import Pace, demand_replayable
from .player import Account, Player
from .rows import Source

BATCH = 250  # events in one durable commit when there is no speed to keep
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Played:
    """`noted` are rows whose times cannot all be true, with how each was handled."""

    account: Account
    noted: tuple[Noted, ...]


def play(source: Source, speed: float | None, progress: Callable[[float], None] | None = None) -> Played:
    """Play the whole source; `speed` None is as fast as it goes. Forbidden where replays are refused.

    Conflict before what was played.
    """
    demand_replayable()
    found, noted = events(source)
    if not found:
        return Played(Account(), tuple(noted))
    demand_ahead(found[0].played_at)
    play = _Play(source)
    pace = Pace(found[0].played_at, speed)
    size = BATCH if speed is None else 1
    for start in range(0, len(found), size):
        batch = found[start : start + size]
        pace.wait_until(batch[0].played_at)
        with transaction.atomic():
            for event in batch:
                play.event(event)
        pace.reached(batch[-1].played_at)
        if progress:
            progress((start + len(batch)) / len(found))
    pace.stop(found[-1].played_at)
    play.account.rows = len(source.responses) - len(play.account.refused_rows)
    return Played(play.account, tuple(noted))


class _Play:
    def __init__(self, source: Source) -> None:
        self.player = Player()
        self.calls = {call.call: call for call in source.calls}
        self.minute: datetime | None = None
        for row in source.responses:
            if row.call not in self.calls or not row.times:
                self.account.refused_rows[row.row] = "no call or no times"

    @property
    def account(self) -> Account:
        return self.player.account

    def event(self, event: Event) -> None:
        self._escalate(event.played_at)
        if event.what == "open":
            self.player.open(self.calls[event.call], event.played_at)
        elif event.call not in self.player.cases:
            self._refuse(event, self.account.refused_calls.get(event.call, "its call was not opened"))
        elif event.what == "close":
            self._refuse(event, self.player.close(event.call, event.played_at))
        else:
            data = {"units": [event.unit]} if event.what == "send" else {"unit": event.unit}
            problem = self.player.act(event.call, event.what, data, event.played_at, event.at)
            self._refuse(event, problem)

    def _refuse(self, event: Event, why: Problem | str | None) -> None:
        if why is None:
            return
        if event.row >= 0:
            self.account.refused_rows.setdefault(event.row, f"{event.what}: {why}")
        elif event.what == "close" and event.call in self.player.cases:
            self.account.refused_calls[event.call] = f"close: {why}"

    def _escalate(self, now: datetime) -> None:
        """Once a city minute, raise what is overdue: the worker's task, at the replay's time."""
        if self.minute is None or now >= self.minute + MINUTE:
            self.minute = now
            with clock.at(now):
                clocks.escalate_due(now)
