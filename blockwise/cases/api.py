"""Cases over HTTP: the schemas only parse; the engine decides."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Header, Path, Query, Router, Schema, Status

from blockwise.access.actors import actor_of
from blockwise.access.given import Given
from blockwise.ledger.models import Line

from . import engine, looks, queries
from .kinds import registry
from .models import Case
from .queries import Filter
from .values import moment

router = Router(tags=["cases"])

CaseId = Annotated[int, Path(ge=1, lt=2**63)]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=80,
        description="1 to 80 printable ASCII characters, new for each request; the same again is done once.",
    ),
]


class Opening(Given):
    kind: str = Field(max_length=40)
    data: dict[str, Any]
    happened_at: str | None = Field(None, max_length=40)


class Doing(Given):
    data: dict[str, Any] = {}
    expected_version: int | None = Field(None, ge=0, lt=2**31)
    happened_at: str | None = Field(None, max_length=40)


class Looking(Given):
    act: str = Field(max_length=40)


class Done(Schema):
    """What an act came to; `again` tells that the same request had been done before."""

    case: int
    version: int
    stage: str
    line: int
    again: bool


class ClockOut(Schema):
    name: str
    counts: str
    starts_at: datetime
    due_at: datetime | None
    stopped_at: datetime | None
    paused: bool
    level: int
    provisional: bool


class PlaceOut(Schema):
    """lon and lat are WGS84 degrees, null for a dwelling once its case is closed; text likewise."""

    kind: str
    block: str
    lon: float | None
    lat: float | None
    text: str | None


class CaseOut(Schema):
    id: int
    kind: str
    stage: str
    final: bool
    outcome: str
    version: int
    type: str
    priority: int
    channel: str
    department: str
    place: PlaceOut
    fields: dict[str, Any]
    primary: int | None
    opened_at: datetime
    closed_at: datetime | None
    due_at: datetime | None


class CaseWhole(CaseOut):
    clocks: list[ClockOut]
    acts: list[str]
    repeats: list[int]


class CasePage(Schema):
    cases: list[CaseOut]
    next: str


class LineOut(Schema):
    """A line as it is hashed: `canonical` is the text (RFC 8785) whose SHA-256 is `hash`."""

    number: int
    thread_number: int
    act: str
    actor: str
    recorded_at: datetime
    canonical: str
    hash: str


class Narrow(Schema):
    kind: str = Field("", max_length=40)
    stage: str = Field("", max_length=40)
    type: str = Field("", max_length=60, description="A type, or a branch of the tree of types.")
    block: str = Field("", max_length=24, pattern="^[0-9A-Z]*$", description="This block and everything below it.")
    priority: int | None = Field(None, ge=1, le=4)
    open: bool | None = Field(None, description="Not at an end, or at its end.")
    late: bool = Field(False, description="With a promise that is overdue.")
    raised: bool = Field(False, description="With a running promise that was raised to somebody above.")
    since: str = Field("", max_length=40, description="Opened at this time or later, with its zone.")
    until: str = Field("", max_length=40, description="Opened before this time, with its zone.")
    cursor: str = Field("", max_length=80, description="`next` of the page before.")
    limit: int = Field(queries.PAGE, ge=1, le=queries.LONGEST_PAGE)


@router.post("/cases", response={201: Done, 200: Done}, summary="Open a case of any kind")
def open_case(request: HttpRequest, body: Opening, key: Key = None) -> Status[Any]:
    """`data` holds the place, the type and the fields that the kind asks for. 200 and `again` when the key was used."""
    return created(engine.open_case(body.kind, body.data, actor_of(request), key=key, happened_at=body.happened_at))


@router.get("/cases", response=CasePage, summary="Cases you may see, newest first")
def list_cases(request: HttpRequest, narrow: Query[Narrow]) -> dict[str, Any]:
    """Of the blocks your roles are for. `next` is the cursor of the next page, empty at the end."""
    given = narrow.dict()
    cursor, limit = given.pop("cursor"), given.pop("limit")
    times = {name: moment(given[name], name) if given[name] else None for name in ("since", "until")}
    page = queries.listed(actor_of(request), Filter(**{**given, **times}), cursor=cursor, limit=limit)
    places = queries.exact_places(page.cases)
    return {"cases": [case_out(case, places.get(case.pk)) for case in page.cases], "next": page.next}


@router.get("/cases/{case_id}", response=CaseWhole, summary="One case")
def one_case(request: HttpRequest, case_id: CaseId) -> dict[str, Any]:
    """With its promises, its repeats and the acts that you may carry out now."""
    actor = actor_of(request)
    case = queries.case_for(case_id, actor)
    shown = case_out(case, queries.exact_places([case]).get(case.pk))
    shown["clocks"] = [{**_plain(clock), "paused": clock.remaining_ms is not None} for clock in case.clocks.all()]
    shown["acts"] = [act.name for act in queries.open_acts(case, actor)]
    shown["repeats"] = list(case.repeats.order_by("pk").values_list("pk", flat=True))
    return shown


@router.get("/cases/{case_id}/lines", response=list[LineOut], summary="The record of a case, oldest first")
def case_lines(request: HttpRequest, case_id: CaseId) -> list[Line]:
    """Those lines that you may see: looks at a contact are shown to oversight, and to the one who looked."""
    actor = actor_of(request)
    return queries.lines_for(queries.case_for(case_id, actor), actor)


@router.post("/cases/{case_id}/acts/{act}", response=Done, summary="Carry out an act")
def carry_out(
    request: HttpRequest,
    case_id: CaseId,
    act: Annotated[str, Path(max_length=40)],
    body: Doing,
    key: Key = None,
) -> engine.Result:
    """By kind: which acts there are, from where, and what each takes in `data`, is in GET /api/kinds/{kind}."""
    return engine.act(
        case_id,
        act,
        body.data,
        actor_of(request),
        expected_version=body.expected_version,
        key=key,
        happened_at=body.happened_at,
    )


@router.post("/cases/{case_id}/contact", response=dict[str, Any], summary="Look at the contact, for an open act")
def look_at_contact(request: HttpRequest, case_id: CaseId, body: Looking) -> dict[str, Any]:
    """What is known of whoever called or reported, for an open act that needs it. Every look is a line."""
    return looks.look(case_id, body.act, actor_of(request))


@router.get("/kinds/{kind}", response=dict[str, Any], summary="What a kind declares: fields, stages, acts, types")
def one_kind(request: HttpRequest, kind: Annotated[str, Path(max_length=40)]) -> dict[str, Any]:
    """As new cases are opened under it; an open case keeps the text it was opened under."""
    actor_of(request)
    return registry.declaration(kind)


def created(result: engine.Result) -> Status[Any]:
    return Status(200 if result.again else 201, result)


def case_out(case: Case, exact: Any) -> dict[str, Any]:
    """A case as JSON; `exact` is its place out of the vault, None when that is not for showing."""
    point = exact or {"lon_e7": case.lon_e7, "lat_e7": case.lat_e7}
    plain = {
        name: getattr(case, name)
        for name in CaseOut.model_fields
        if name not in {"fields", "place", "primary"}
    }  # fmt: skip
    place = {
        "kind": case.place_kind,
        "block": case.block_id,
        "lon": None if point["lon_e7"] is None else point["lon_e7"] / 1e7,
        "lat": None if point["lat_e7"] is None else point["lat_e7"] / 1e7,
        "text": exact["text"] if exact else None,
    }
    fields = dict(sorted(case.fields.items()))  # PostgreSQL keeps an order of its own
    return {**plain, "fields": fields, "primary": case.primary_id, "place": place}


def _plain(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ClockOut.model_fields if name != "paused"}
