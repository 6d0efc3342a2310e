"""Units for the tiny city of tests/people.py: fixture `forces` in tests/conftest.py.

Stations SW (99010101) and SE (99020101). P1, P2 (patrol), M1 (ambulance) and F1 (engine) at SW; P3 and V1 (volunteers)
at SE. All are on shift at every hour except V1, which has no roster. Labels: `ready` and `returning` are available.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import time
from types import SimpleNamespace
from typing import Any

from blockwise.exchange.folder.rows import PersonRow, RosterRow, StationRow, StatusRow, UnitRow
from blockwise.units.load import Forces, load_forces
from tests.people import point_in

WEEK = (0, 1, 2, 3, 4, 5, 6)
MIDNIGHT = time(0)


@dataclass(frozen=True)
class Content:
    """Rows as a city folder's; `replace(CONTENT, units=...)` for a changed one."""

    stations: tuple[StationRow, ...]
    units: tuple[UnitRow, ...]
    roster: tuple[RosterRow, ...]
    statuses: tuple[StatusRow, ...]
    people: tuple[PersonRow, ...] = ()


def station(code: str, block: str, service: str = "police") -> StationRow:
    lon, lat = point_in(block)
    return StationRow(code, f"{code}站", f"Station {code}", service, lon, lat)


def unit(code: str, at: str = "SW", can: tuple[str, ...] = ("patrol",), **more: Any) -> UnitRow:
    row = UnitRow(code, f"{code}号", "police", "car", can, at, None, 2)
    return replace(row, **more)


CONTENT = Content(
    stations=(station("SW", "99010101"), station("SE", "99020101")),
    units=(
        unit("P1"),
        unit("P2"),
        unit("P3", "SE"),
        unit("M1", can=("medical",), service="ems", type="ambulance"),
        unit("F1", can=("fire", "rescue"), service="fire", type="engine"),
        unit("V1", "SE", can=("volunteer",), type="volunteers"),
    ),
    roster=tuple(RosterRow(code, WEEK, MIDNIGHT, MIDNIGHT) for code in ("P1", "P2", "P3", "M1", "F1")),
    statuses=(
        StatusRow("off", "下班", "Off duty", "off_duty"),
        StatusRow("ready", "待命", "Ready", "available"),
        StatusRow("returning", "返回", "Returning", "available"),
        StatusRow("sent", "已派", "Sent", "committed"),
        StatusRow("driving", "出警", "En route", "en_route"),
        StatusRow("blue_lights", "警灯出警", "En route, lights", "en_route"),
        StatusRow("there", "到场", "On scene", "on_scene"),
        StatusRow("carrying", "转运", "Transporting", "transporting"),
        StatusRow("hospital", "到院", "At hospital", "at_hospital"),
        StatusRow("meal", "用餐", "Meal", "unavailable"),
    ),
)


def make_forces(content: Content = CONTENT, **changes: Any) -> Forces:
    """Load the units into the tiny city, which is there."""
    return load_forces(replace(content, **changes))


def crew_row(login: str, code: str) -> Any:
    return SimpleNamespace(login=login, unit=code)
