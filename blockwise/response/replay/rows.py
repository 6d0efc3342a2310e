"""What a replay plays: calls and, for a history, what each unit did. Times are UTC; None where none was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CallRow:
    call: str
    received_at: datetime
    channel: str
    type: str
    priority: int
    lon: float
    lat: float
    place_kind: str
    address: str
    repeat_of: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)  # fields of the kind: caller, injured, weapon ...


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """One unit's part in one call. `times` holds the recorded ones of STEPS, in any order of time."""

    row: int
    call: str
    unit: str
    times: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Source:
    calls: tuple[CallRow, ...]
    responses: tuple[ResponseRow, ...]


# the recorded time -> the act that tells it
STEPS = {
    "dispatched_at": "send",
    "en_route_at": "en_route",
    "on_scene_at": "on_scene",
    "transport_at": "transport",
    "hospital_at": "at_hospital",
    "available_at": "clear",
}
