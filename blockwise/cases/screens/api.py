"""Cases over HTTP: the schemas only parse; the engine decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Path, Query, Router, Schema, Status

from blockwise.access.actors import actor_of
from blockwise.access.members import Members
from blockwise.ledger import vault
from blockwise.ledger.models import Line

from .. import engine
from ..engine import looks, receipts
from ..kinds import registry
from ..models import Case, CaseClock, CaseRound
from ..queries import listing, named, rounds
from ..queries.damage import Read, read
from ..queries.links import links_of
from ..queries.listing import Filter
from ..queries.narrowing import refuse_unknown
from ..queries.shown import clock_state
from ..rules import sight
from ..rules.values import moment
from . import attachment_api, party_api
from .parameters import CaseId, Key

router = Router(tags=["cases"])
router.add_router("", attachment_api.router)
router.add_router("", party_api.router)


class Opening(Members):
    kind: str = Field(max_length=40)
    data: dict[str, Any]
    happened_at: str | None = Field(None, max_length=40)


class Doing(Members):
    data: dict[str, Any] = {}
    expected_version: int | None = Field(None, ge=0, lt=2**31)
    happened_at: str | None = Field(None, max_length=40)


class Looking(Members):
    act: str = Field(max_length=40)


class Done(Schema):
    """What an act came to; `again` tells that the same request had been done before, `opened` is the number of a case
    that the act opened beside its own."""

    case: int
    version: int
    stage: str
    line: int
    again: bool
    opened: int | None


class Opened(Done):
    """`receipt`: the code for whoever reported it, told this once; empty where the kind gives its reporter no act."""

    receipt: str


class ClockOut(Schema):
    """`state`: running, paused, kept, missed, or lapsed with its case; each round of a promise stands on its own."""

    name: str
    round: int
    state: str
    counts: str
    starts_at: datetime
    due_at: datetime | None
    stopped_at: datetime | None
    paused: bool
    level: int
    provisional: bool
    theirs: bool = Field(description="Another side promised it: it is none of the agency's promises.")


class PlaceOut(Schema):
    """lon and lat are WGS84 degrees, null for a dwelling once its case is closed; text likewise."""

    kind: str
    block: str
    lon: float | None
    lat: float | None
    text: str | None
    found: str = ""
    said: str | None = None


class RoundOut(Schema):
    """`state`: open, ended, or lapsed with its case; `fields`: what was given in it, that is not sealed."""

    name: str
    number: int
    state: str
    begun_by: str
    begun_at: datetime
    ended_at: datetime | None
    fields: dict[str, Any]


class LinkOut(Schema):
    """`case` has `to` as its `relation`: origin, parent, or what it answers. Both are cases that you may see."""

    case: int
    to: int
    relation: str


class CaseOut(Schema):
    """`primary`: the case that this one repeats, null where there is none, and where it is not for you to see."""

    id: int
    kind: str
    stage: str
    final: bool
    outcome: str
    version: int
    type: str
    priority: int
    sensitive: bool
    channel: str
    department: str = Field(description="That answers beside the block: a key of the city's; empty for none.")
    assignee: str = Field(description="The person to whom it is given; empty for none.")
    place: PlaceOut
    fields: dict[str, Any]
    primary: int | None
    opened_at: datetime | None = Field(description="Null only where it was damaged.")
    closed_at: datetime | None
    due_at: datetime | None
    quiet_until: datetime | None = Field(
        description="Before then no unit is waited for: it is scheduled, or (until the year 9999) another has it."
    )
    fault: str = Field("", description="Why it cannot be shown (whole), where it was damaged; empty as a rule.")


class CaseWhole(CaseOut):
    clocks: list[ClockOut]
    acts: list[str]
    repeats: list[int]
    links: list[LinkOut]
    rounds: list[RoundOut]


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
    mine: bool = Field(False, description="Given to you.")
    raised: bool = Field(False, description="With a running promise that was raised to somebody above.")
    since: str = Field("", max_length=40, description="Opened at this time or later, with its zone.")
    until: str = Field("", max_length=40, description="Opened before this time, with its zone.")
    cursor: str = Field("", max_length=80, description="`next` of the page before.")
    limit: int = Field(listing.PAGE, ge=1, le=listing.LONGEST_PAGE)


@router.post("/cases", response={201: Opened, 200: Opened}, summary="Open a case of any kind")
def open_case(request: HttpRequest, body: Opening, key: Key = None) -> Status[Any]:
    """`data` holds the place, the type and the fields that the kind asks for. 200 and `again` when the key was used."""
    made = engine.open_case(body.kind, body.data, actor_of(request), key=key, happened_at=body.happened_at)
    return Status(200 if made.again else 201, {**asdict(made), "receipt": receipts.of(Case.objects.get(pk=made.case))})


@router.get("/cases", response=CasePage, summary="Cases you may see, newest first")
def list_cases(request: HttpRequest, narrow: Query[Narrow]) -> dict[str, Any]:
    """Of the blocks your roles are for. `next` is the cursor of the next page, empty at the end."""
    actor, given = actor_of(request), narrow.dict()
    cursor, limit = given.pop("cursor"), given.pop("limit")
    given["assignee"] = actor.id if given.pop("mine") else ""
    times = {name: moment(given[name], name) if given[name] else None for name in ("since", "until")}
    wanted = Filter(**{**given, **times})
    refuse_unknown(wanted)
    page = listing.listed(actor, wanted, cursor=cursor, limit=limit)
    found, primaries = read(page.cases), sight.primaries(page.cases, actor)
    return {"cases": [case_out(case, found, primaries) for case in page.cases], "next": page.next}


@router.get("/cases/{case_id}", response=CaseWhole, summary="One case")
def one_case(request: HttpRequest, case_id: CaseId) -> dict[str, Any]:
    """With its promises, its repeats and the acts that you may carry out now."""
    actor = actor_of(request)
    case = sight.case_for(case_id, actor)
    clocks = list(case.clocks.order_by("pk"))
    shown = case_out(case, read([case], clocks), sight.primaries([case], actor))
    shown["clocks"] = [_clock_out(row) for row in clocks]
    shown["acts"] = [act.name for act in sight.open_acts(case, actor)]
    shown["repeats"] = sight.repeats_of(case, actor)
    shown["rounds"] = [_round_out(row) for row in rounds.rows_of(case)]
    rows = [one.row for one in links_of(case, actor)]
    shown["links"] = [{"case": row.case_id, "to": row.to_id, "relation": row.relation} for row in rows]
    return shown


@router.get("/cases/{case_id}/lines", response=list[LineOut], summary="The record of a case, oldest first")
def case_lines(request: HttpRequest, case_id: CaseId) -> list[Line]:
    """Those lines that you may see: looks at a contact are shown to oversight, and to the one who looked; a line that
    names another case, to whoever may see that one too."""
    actor = actor_of(request)
    return named.lines_for(sight.case_for(case_id, actor), actor)


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
    """What is known of whoever called or reported, for an open act that needs it. Every look is a line.

    Null stands for what was erased, and for what was damaged and does not open.
    """
    found = looks.look(case_id, body.act, actor_of(request))
    return {name: None if value is vault.Unopened else value for name, value in found.items()}


@router.get("/kinds/{kind}", response=dict[str, Any], summary="What a kind declares: fields, stages, acts, types")
def one_kind(request: HttpRequest, kind: Annotated[str, Path(max_length=40)]) -> dict[str, Any]:
    """As new cases are opened under it; an open case keeps the text it was opened under."""
    actor_of(request)
    return registry.declaration(kind)


def created(result: engine.Result) -> Status[Any]:
    return Status(200 if result.again else 201, result)


def case_out(case: Case, found: Read, primaries: Mapping[int, int]) -> dict[str, Any]:
    """A case as JSON, as far as it can be read; `primaries`: those that whoever asks may know of."""
    exact, fault = found.places.get(case.pk), found.faults.get(case.pk, "")
    primary = primaries.get(case.pk)
    if registry.of(case).unreadable:  # it is not known who may see more of it
        case, exact, primary = _only_there(case), None, None
    point = exact or {"lon_e7": case.lon_e7, "lat_e7": case.lat_e7}
    plain = {
        name: getattr(case, name)
        for name in CaseOut.model_fields
        if name not in {"fields", "place", "primary", "fault"}
    }  # fmt: skip
    place = {
        "kind": case.place_kind,
        "block": case.block_id,
        "lon": None if point["lon_e7"] is None else point["lon_e7"] / 1e7,
        "lat": None if point["lat_e7"] is None else point["lat_e7"] / 1e7,
        "text": exact["text"] if exact else None,
        "found": case.place_found,
        "said": exact.get("said") if exact else None,
    }
    fields = dict(sorted(case.fields.items()))  # PostgreSQL keeps an order of its own
    return {**plain, "fields": fields, "primary": primary, "place": place, "fault": fault}


def _round_out(row: CaseRound) -> dict[str, Any]:
    names = [name for name in RoundOut.model_fields if name not in ("state", "fields")]
    fields = dict(sorted(row.fields.items()))
    return {**{name: getattr(row, name) for name in names}, "state": rounds.state(row), "fields": fields}


def _only_there(case: Case) -> Case:
    kept = ("pk", "block_id", "final", "version", "opened_at", "closed_at", "sensitive")
    return Case(**{name: getattr(case, name) for name in kept})


def _clock_out(row: CaseClock) -> dict[str, Any]:
    worked_out = {"paused": row.stopped_at is None and row.due_at is None, "state": clock_state(row)}
    return {name: getattr(row, name) for name in ClockOut.model_fields if name not in worked_out} | worked_out
