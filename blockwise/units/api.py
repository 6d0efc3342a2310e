"""Units over HTTP: the board, a status, batches of positions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Body, Field, Path, Query, Router, Schema
from pydantic import AwareDatetime

from blockwise.access.actors import actor_of
from blockwise.access.members import Members
from blockwise.cases.screens.parameters import Key

from . import actions, reporting
from .models import Meaning
from .positions import Fix
from .queries import UnitRow, board

router = Router(tags=["units"])

Code = Annotated[str, Path(max_length=24, pattern="^[0-9A-Z]+$")]


class UnitOut(Schema):
    """A unit as it is now. `minutes` in its status; `stale`: on duty with a position older than five minutes;
    `accuracy_m`: metres by which the position may err, null where its device did not say. `case`: the one it works
    on, null too where that is not for you to see."""

    code: str
    call_sign: str
    service: str
    type: str
    capabilities: list[str]
    station: str
    status: str
    status_zh: str
    status_en: str
    meaning: str
    status_at: datetime
    minutes: int
    block: str
    lon: float
    lat: float
    position_at: datetime | None
    accuracy_m: float | None
    stale: bool
    on_shift: bool
    case: int | None


class StatusIn(Members):
    """`status` is one of the city's labels."""

    status: str = Field(max_length=30)
    happened_at: str | None = Field(None, max_length=40)


class StatusOut(Schema):
    """`line` is the line of the ledger; `case` the case whose assignment was moved by it."""

    unit: str
    label: str
    meaning: str
    line: int
    case: int | None
    again: bool


class FixIn(Members):
    unit: str = Field(max_length=24)
    lon: float
    lat: float
    at: AwareDatetime
    crs: str = Field("wgs84", max_length=10)
    accuracy_m: float | None = Field(None, ge=0, le=1_000_000, description="Metres by which it may err")


class IgnoredOut(Schema):
    index: int
    unit: str
    reason: str


class NearOut(Schema):
    unit: str
    case: int


class ReportedOut(Schema):
    """`near`: units on their way that have come to the place of their case."""

    accepted: int
    ignored: list[IgnoredOut]
    near: list[NearOut]


@router.get("/units", response=list[UnitOut], summary="Units as they are now")
def units(
    request: HttpRequest,
    meaning: Annotated[Meaning | None, Query()] = None,
    service: Annotated[str, Query(max_length=10)] = "",
) -> list[UnitOut]:
    """Those I may see, by code."""
    wanted = meaning.value if meaning else ""
    return [_shown(one) for one in board(actor_of(request), meaning=wanted, service=service)]


@router.post("/units/{code}/status", response=StatusOut, summary="Set a unit's status")
def set_status(request: HttpRequest, code: Code, body: StatusIn, key: Key = None) -> actions.StatusSet:
    """By one of the city's labels. A unit on a case is moved through it; it becomes free by that case's act `clear`."""
    return actions.set_status(code, body.status, actor_of(request), happened_at=body.happened_at, key=key)


@router.post("/positions", response=ReportedOut, summary="Report positions")
def positions(
    request: HttpRequest, body: Annotated[list[FixIn], Body(min_length=1, max_length=reporting.MOST_FIXES)]
) -> dict[str, Any]:
    """A batch, each unit's in order of time, of one moment the most exact; what is not used is listed with its place
    in the batch and the reason."""
    done = reporting.report_positions([Fix(**vars(fix)) for fix in body], actor_of(request))
    return {
        "accepted": done.accepted,
        "ignored": [{"index": one.index, "unit": one.unit, "reason": str(one.reason)} for one in done.ignored],
        "near": [{"unit": unit, "case": case} for unit, case in done.near],
    }


def _shown(one: UnitRow) -> UnitOut:
    unit = one.unit
    return UnitOut(
        code=unit.pk,
        call_sign=unit.call_sign,
        service=unit.service,
        type=unit.type,
        capabilities=unit.capabilities,
        station=unit.station_id,
        status=one.status.label,
        status_zh=one.status.zh,
        status_en=one.status.en,
        meaning=unit.meaning,
        status_at=unit.status_at,
        minutes=one.minutes,
        block=unit.block_id,
        lon=unit.lon_e7 / 1e7,
        lat=unit.lat_e7 / 1e7,
        position_at=unit.position_at,
        accuracy_m=unit.accuracy_m,
        stale=one.stale,
        on_shift=one.on_shift,
        case=one.case,
    )
