"""Plays single steps through the engine, each at its own city time, and keeps account of what was refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from blockwise import clock
from blockwise.access.actors import REPLAY
from blockwise.cases import engine
from blockwise.problems import Problem

from .rows import CallRow


@dataclass
class Account:
    """What came of a replay; the counts add up: every call and every row is played or refused with its reason."""

    calls: int = 0
    rows: int = 0
    acts: int = 0
    refused_calls: dict[str, str] = field(default_factory=dict)
    refused_rows: dict[int, str] = field(default_factory=dict)


class Player:
    """The cases of a replay by the source's call id."""

    def __init__(self) -> None:
        self.cases: dict[str, int] = {}
        self.arrived: set[str] = set()
        self.account = Account()

    def open(self, call: CallRow, at: datetime) -> bool:
        """Open the call's case; False when it is refused (kept with the reason)."""
        place = {"lon": call.lon, "lat": call.lat, "text": call.address, "kind": call.place_kind}
        data = {
            "type": call.type,
            "priority": call.priority,
            "channel": call.channel,
            "place": place,
            **call.details,
        }
        try:
            with clock.at(at):
                result = engine.open_case("call", data, REPLAY, happened_at=call.received_at)
        except Problem as problem:
            self.account.refused_calls[call.call] = str(problem)
            return False
        self.cases[call.call] = result.case
        self.account.calls += 1
        return True

    def act(
        self, call: str, name: str, data: Mapping[str, Any], at: datetime, claimed: datetime | None = None
    ) -> Problem | None:
        """Carry out an act on the call's case; the Problem when it is refused."""
        try:
            with clock.at(at):
                engine.act(self.cases[call], name, data, REPLAY, happened_at=claimed or at)
        except Problem as problem:
            return problem
        self.account.acts += 1
        if name == "on_scene":
            self.arrived.add(call)
        return None

    def close(self, call: str, at: datetime) -> Problem | None:
        """Close the call: founded when somebody arrived, else cancelled."""
        outcome = "founded" if call in self.arrived else "cancelled"
        return self.act(call, "close", {"outcome": outcome}, at)
