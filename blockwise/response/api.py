"""Calls and sending over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Field, Path, Query, Router, Schema, Status

from blockwise import clock
from blockwise.access import auth, policy
from blockwise.access.actors import actor_of
from blockwise.access.members import Members
from blockwise.cases import engine
from blockwise.cases.rules.sight import case_for
from blockwise.cases.rules.values import moment
from blockwise.cases.screens.api import Done, created
from blockwise.cases.screens.parameters import CaseId, Key
from blockwise.places import roads
from blockwise.places.api import FEATURES, Degrees
from blockwise.places.coordinates import E7
from blockwise.places.current import places
from blockwise.places.given import locate
from blockwise.places.models import ClosureReason, Direction, RoadClosure
from blockwise.places.rings import rings_geojson
from blockwise.problems import Conflict, Invalid

from .closures import close_at, open_edge
from .recommend import Filled, Judged, recommend_to

router = Router(tags=["response"])

GROUPS = ("send", "next", "passed_over", "found")
Minutes = Annotated[list[float] | None, Query(max_length=4, description="The city's own rings when left out")]
Edge = Annotated[int, Path(ge=0, lt=2**63)]


class PlaceIn(Members):
    """Where it is: degrees in `crs`; `kind` is dwelling (the default), premises, street, crossing, open. A call whose
    place is not known yet has `found: none` instead of a point, with what is known: words, a `block`, or nothing."""

    lon: float | None = None
    lat: float | None = None
    crs: str = Field("wgs84", max_length=10)
    text: str = Field("", max_length=200)
    kind: str = Field("dwelling", max_length=10)
    found: str = Field("", max_length=10, description="How exactly it was found; `none`: not yet.")
    said: str = Field("", max_length=200, description="The caller's own words for it.")
    block: str = Field("", max_length=24, description="The block that answers while there is no place yet.")


class ContactIn(Members):
    name: str = Field("", max_length=80)
    phone: str = Field("", max_length=32)
    address: str = Field("", max_length=200)
    language: str = Field("", max_length=20)


class CallIn(Members):
    """A call as the call taker has it; `details` are further fields of the kind `call`."""

    type: str = Field(max_length=60)
    place: PlaceIn
    priority: int | None = Field(None, ge=1, le=4, strict=True)
    channel: str = Field("phone", max_length=20)
    caller: ContactIn | None = None
    description: str = Field("", max_length=5000)
    details: dict[str, Any] = {}
    happened_at: str | None = Field(None, max_length=40)


class Send(Members):
    units: list[Annotated[str, Field(max_length=24)]] = Field(min_length=1, max_length=20)
    override: bool = Field(False, description="Send also what is off shift or not available; it is on the record.")
    off: dict[Annotated[str, Field(max_length=24)], int] = Field(
        {}, description="Busy units with the case that each is taken off: then it is the act `divert`."
    )
    why: str = Field("", max_length=40, description="The reason of a diversion, one of those that the act declares.")
    happened_at: str | None = Field(None, max_length=40)


class ClosureIn(Members):
    """A point on the road, in degrees of `crs`; times are ISO 8601 with their zone. `direction` of a road driven both
    ways: `along` from its first end to its second, or `against`."""

    lon: float
    lat: float
    crs: str = Field("wgs84", max_length=10)
    reason: ClosureReason
    direction: Direction = Direction.BOTH
    starts_at: str | None = Field(None, max_length=40)
    ends_at: str = Field(max_length=40, description="At most 7 days after the beginning.")


class ClosureOut(Schema):
    edge: int
    lon: float
    lat: float
    reason: ClosureReason
    direction: Direction
    starts_at: datetime
    ends_at: datetime | None


class JudgedOut(Schema):
    """A unit and why it is or is not to be sent; `seconds` by road, null beyond an hour. `cover_lost`: the share of
    residents who would no longer find a free unit in time if this one left; null while the cover is not known."""

    unit: str
    call_sign: str
    reason: str
    seconds: int | None
    rank: int | None
    fills: str
    case: int | None
    cover_lost: float | None


class FilledOut(Schema):
    """A unit on the case: the need it fills ("": beyond them), when it is there (with what is left of its delay), and
    of a delayed one the unit that could be there before it."""

    unit: str
    call_sign: str
    fills: str
    seconds: int | None
    late_minutes: int | None
    caller_told: bool | None
    faster: JudgedOut | None


class RecommendationOut(Schema):
    """`needs`: what is still needed at this `alarm` level, 0 where it is filled; `next` could come then. `found`: the
    units whose call sign or code was asked for. `to_block`: the block to whose middle the seconds are, while the case
    has no place yet."""

    needs: dict[str, int]
    alarm: int
    filled: list[FilledOut]
    found: list[JudgedOut]
    send: list[JudgedOut]
    next: list[JudgedOut]
    passed_over: list[JudgedOut]
    shortfalls: dict[str, int]
    considered: int
    at: datetime
    cover_lost: float | None
    to_block: str


@router.post("/calls", response={201: Done, 200: Done}, summary="Take a call")
def take_call(request: HttpRequest, body: CallIn, key: Key = None) -> Status[Any]:
    """The kind `call` with its commonest fields named; the same as POST /api/cases with kind `call`."""
    given = body.dict(exclude={"details", "happened_at", "place"}, exclude_none=True)
    given["place"] = body.place.dict(exclude_unset=True)
    if not given["description"]:
        del given["description"]
    if twice := sorted(body.details.keys() & CallIn.model_fields.keys()):
        raise Invalid(_("This has a place of its own."), where=f"details.{twice[0]}", fix=_("Give it beside details."))
    data = {**body.details, **given}
    result = engine.open_case("call", data, actor_of(request), key=key, happened_at=body.happened_at)
    return created(result)


@router.get("/cases/{case_id}/recommendation", response=RecommendationOut, summary="Which units to send, and why")
def recommendation(
    request: HttpRequest,
    case_id: CaseId,
    more: Annotated[str, Query(max_length=30, description="One more of this capability than is needed.")] = "",
    unit: Annotated[str, Query(max_length=40, description="Also judge units by call sign or code, or a part.")] = "",
) -> dict[str, Any]:
    """By road time, those that are free, able and on shift; the ones passed over too, each with its reason."""
    actor = actor_of(request)
    case = case_for(case_id, actor)
    policy.may_view_units(actor, case.block_id).require()
    if case.final:
        raise Conflict(_("This case is closed."), where="case", fix=_("Reopen it first."))
    found = recommend_to(actor, case, more=more, sought=unit)
    groups = {name: [judged_out(one) for one in getattr(found, name)] for name in GROUPS}
    groups["filled"] = [filled_out(one) for one in found.filled]
    plain = {name: getattr(found, name) for name in ("needs", "alarm", "shortfalls", "considered", "at", "to_block")}
    return {**plain, **groups, "cover_lost": _share(found.cover_lost)}


@router.post("/cases/{case_id}/assignments", response={201: Done, 200: Done}, summary="Send units")
def assign(request: HttpRequest, case_id: CaseId, body: Send, key: Key = None) -> Status[Any]:
    """Carries out the act `send`, or `divert` when units are taken off other cases. One dispatcher wins a unit; the
    other is told who has it, and since when."""
    data: dict[str, Any] = {"units": body.units, "override": body.override}
    if body.off:
        data |= {"off": body.off, "why": body.why}
    result = engine.act(
        case_id, "divert" if body.off else "send", data, actor_of(request), key=key, happened_at=body.happened_at
    )
    return created(result)


@router.get("/rings", summary="What is reached in some minutes", openapi_extra=FEATURES)
def rings(
    request: HttpRequest, lon: Degrees, lat: Degrees, minutes: Minutes = None, crs: str = "wgs84"
) -> HttpResponse:
    """The areas reached by road within some minutes from a point, now, as a GeoJSON FeatureCollection."""
    found = locate(lon, lat, crs, where="lon, lat")
    policy.may_measure_reach(actor_of(request), found.answer.block).require()
    point = found.point
    body = rings_geojson(point.lon_e7, point.lat_e7, clock.now(), minutes)
    return HttpResponse(body, content_type="application/geo+json")


@router.get("/closures", response=list[ClosureOut], auth=auth.by_rule("places.view"), summary="Roads that are closed")
def closures(request: HttpRequest) -> list[dict[str, Any]]:
    """Closures in force and to come, by their beginning; `edge` is the road edge's id, `lon` and `lat` its middle."""
    rows = roads.closures_left(clock.now()).order_by("starts_at", "pk")
    there = set(places().network.edge.tolist())  # a closed road may be gone from a newer network
    return [closure_out(row) for row in rows if row.edge in there]


def closure_out(row: RoadClosure) -> dict[str, Any]:
    lon, lat = roads.middle_of(row.edge)
    times = {"starts_at": row.starts_at, "ends_at": row.ends_at}
    return {
        "edge": row.edge,
        "lon": lon / E7,
        "lat": lat / E7,
        "reason": row.reason,
        "direction": row.direction,
        **times,
    }


@router.post("/closures", response={201: ClosureOut}, summary="Close a road")
def close_road(request: HttpRequest, body: ClosureIn) -> Status[Any]:
    """The road nearest to the point; from `starts_at` (now, unless it is given) to its end or until it is opened."""
    found = locate(body.lon, body.lat, body.crs, where="lon, lat")
    starts_at = moment(body.starts_at, "starts_at") if body.starts_at else None
    ends_at = moment(body.ends_at, "ends_at")
    closure = close_at(
        found, body.reason, actor_of(request), starts_at=starts_at, ends_at=ends_at, direction=body.direction
    )
    return Status(201, closure_out(closure))


@router.delete("/closures/{edge}", response={204: None}, summary="Open a road")
def open_road(request: HttpRequest, edge: Edge) -> Status[None]:
    """Ends the closures on the edge now, and takes back those to come."""
    open_edge(edge, actor_of(request))
    return Status(204, None)


def filled_out(one: Filled) -> dict[str, Any]:
    return {
        "unit": one.unit.code,
        "call_sign": one.unit.call_sign,
        "fills": one.fills,
        "seconds": None if one.seconds is None else round(one.seconds),
        "late_minutes": one.delay.minutes if one.delay else None,
        "caller_told": bool(one.delay.told_at) if one.delay else None,
        "faster": judged_out(one.faster) if one.faster else None,
    }


def judged_out(one: Judged) -> dict[str, Any]:
    return {
        "unit": one.unit.code,
        "call_sign": one.unit.call_sign,
        "reason": one.reason.value,
        "seconds": None if one.seconds is None else round(one.seconds),
        "rank": one.rank,
        "fills": one.fills,
        "case": one.unit.case,
        "cover_lost": _share(one.cover_lost),
    }


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 5)
