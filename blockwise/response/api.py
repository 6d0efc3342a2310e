"""Calls and sending over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Path, Router, Schema, Status

from blockwise import clock
from blockwise.access import auth, policy
from blockwise.access.actors import actor_of
from blockwise.access.given import Given
from blockwise.cases import engine
from blockwise.cases.api import CaseId, Done, Key, created
from blockwise.cases.queries import case_for
from blockwise.cases.values import moment
from blockwise.places import roads
from blockwise.places.coordinates import E7
from blockwise.places.current import places
from blockwise.places.given import locate
from blockwise.places.models import RoadClosure
from blockwise.problems import Conflict, Invalid

from .closures import close_at, open_edge
from .recommend import Judged, recommend

router = Router(tags=["response"])

Edge = Annotated[int, Path(ge=0, lt=2**63)]


class PlaceIn(Given):
    """Where it is: degrees in `crs`; `kind` is dwelling (the default), premises, street, crossing, open."""

    lon: float
    lat: float
    crs: str = Field("wgs84", max_length=10)
    text: str = Field("", max_length=200)
    kind: str = Field("dwelling", max_length=10)


class ContactIn(Given):
    name: str = Field("", max_length=80)
    phone: str = Field("", max_length=32)
    address: str = Field("", max_length=200)
    language: str = Field("", max_length=20)


class CallIn(Given):
    """A call as the call taker has it; `details` are further fields of the kind `call`."""

    type: str = Field(max_length=60)
    place: PlaceIn
    priority: int | None = Field(None, ge=1, le=4, strict=True)
    channel: str = Field("phone", max_length=20)
    caller: ContactIn | None = None
    description: str = Field("", max_length=5000)
    details: dict[str, Any] = {}
    happened_at: str | None = Field(None, max_length=40)


class Send(Given):
    units: list[Annotated[str, Field(max_length=24)]] = Field(min_length=1, max_length=20)
    override: bool = Field(False, description="Send also what is off shift or not available; it is on the record.")
    happened_at: str | None = Field(None, max_length=40)


class ClosureIn(Given):
    """A point on the road, in degrees of `crs`; times are ISO 8601 with their zone."""

    lon: float
    lat: float
    crs: str = Field("wgs84", max_length=10)
    reason: str = Field(min_length=1, max_length=120)
    starts_at: str | None = Field(None, max_length=40)
    ends_at: str | None = Field(None, max_length=40)


class ClosureOut(Schema):
    edge: int
    lon: float
    lat: float
    reason: str
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


class RecommendationOut(Schema):
    needs: dict[str, int]
    send: list[JudgedOut]
    next: list[JudgedOut]
    passed_over: list[JudgedOut]
    shortfalls: dict[str, int]
    considered: int
    at: datetime
    cover_lost: float | None


@router.post("/calls", response={201: Done, 200: Done}, summary="Take a call")
def take_call(request: HttpRequest, body: CallIn, key: Key = None) -> Status[Any]:
    """The kind `call` with its commonest fields named; the same as POST /api/cases with kind `call`."""
    given = body.dict(exclude={"details", "happened_at"}, exclude_none=True)
    if not given["description"]:
        del given["description"]
    if twice := sorted(body.details.keys() & CallIn.model_fields.keys()):
        raise Invalid(_("This has a place of its own."), where=f"details.{twice[0]}", fix=_("Give it beside details."))
    data = {**body.details, **given}
    result = engine.open_case("call", data, actor_of(request), key=key, happened_at=body.happened_at)
    return created(result)


@router.get("/cases/{case_id}/recommendation", response=RecommendationOut, summary="Which units to send, and why")
def recommendation(request: HttpRequest, case_id: CaseId) -> dict[str, Any]:
    """By road time, those that are free, able and on shift; the ones passed over too, each with its reason."""
    actor = actor_of(request)
    case = case_for(case_id, actor)
    policy.may_view_units(actor, case.block_id).require()
    if case.final:
        raise Conflict(_("This case is closed."), where="case", fix=_("Reopen it first."))
    found = recommend(case)
    groups = {name: [judged_out(one) for one in getattr(found, name)] for name in ("send", "next", "passed_over")}
    plain = {name: getattr(found, name) for name in ("needs", "shortfalls", "considered", "at")}
    return {**plain, **groups, "cover_lost": _share(found.cover_lost)}


@router.post("/cases/{case_id}/assignments", response={201: Done, 200: Done}, summary="Send units")
def assign(request: HttpRequest, case_id: CaseId, body: Send, key: Key = None) -> Status[Any]:
    """Carries out the act `send`. One dispatcher wins a unit; the other is told who has it, and since when."""
    data = {"units": body.units, "override": body.override}
    result = engine.act(case_id, "send", data, actor_of(request), key=key, happened_at=body.happened_at)
    return created(result)


@router.get("/closures", response=list[ClosureOut], auth=auth.ways_with("places:read"), summary="Roads that are closed")
def closures(request: HttpRequest) -> list[dict[str, Any]]:
    """Closures in force and to come, by their beginning; `edge` is the road edge's id, `lon` and `lat` its middle."""
    rows = RoadClosure.objects.filter(Q(ends_at=None) | Q(ends_at__gt=clock.now())).order_by("starts_at", "pk")
    there = set(places().network.edge.tolist())  # a closed road may be gone from a newer network
    return [closure_out(row) for row in rows if row.edge in there]


def closure_out(row: RoadClosure) -> dict[str, Any]:
    lon, lat = roads.middle_of(row.edge)
    times = {"starts_at": row.starts_at, "ends_at": row.ends_at}
    return {"edge": row.edge, "lon": lon / E7, "lat": lat / E7, "reason": row.reason, **times}


@router.post("/closures", response={201: ClosureOut}, summary="Close a road")
def close_road(request: HttpRequest, body: ClosureIn) -> Status[Any]:
    """The road nearest to the point, both ways; from now on unless `starts_at` says otherwise, until it is opened."""
    found = locate(body.lon, body.lat, body.crs, where="lon, lat")
    starts_at = moment(body.starts_at, "starts_at") if body.starts_at else None
    ends_at = moment(body.ends_at, "ends_at") if body.ends_at else None
    closure = close_at(found, body.reason, actor_of(request), starts_at=starts_at, ends_at=ends_at)
    return Status(201, closure_out(closure))


@router.delete("/closures/{edge}", response={204: None}, summary="Open a road")
def open_road(request: HttpRequest, edge: Edge) -> Status[None]:
    """Ends the closures in force on the edge now."""
    open_edge(edge, actor_of(request))
    return Status(204, None)


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
