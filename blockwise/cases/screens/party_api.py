"""Parties and what is told in confidence over HTTP: what there is, and one of it looked at."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Path, Router, Schema

from blockwise.access.actors import actor_of
from blockwise.access.members import Members
from blockwise.ledger import vault

from ..engine import one_look
from ..kinds import registry
from ..queries.parties import parties_of
from ..rules import sight
from .parameters import CaseId

router = Router(tags=["cases"])


class PartyOut(Schema):
    """`party` is its number on the case; `needs` are the acts open to you for which you may look at it."""

    party: int
    role: str
    consent: str = Field(description="given, refused, or empty where no answer is recorded.")
    erased: bool
    needs: list[str]


class ConfidedOut(Schema):
    """`text` is null where it was erased, or was damaged and does not open."""

    line: int
    at: datetime
    text: str | None


class LookingAtOne(Members):
    act: str = Field(max_length=40)


@router.get("/cases/{case_id}/parties", response=list[PartyOut], summary="The parties of a case, by role and number")
def parties(request: HttpRequest, case_id: CaseId) -> list[dict[str, Any]]:
    """Never who they are: that is sealed, and looked at one by one."""
    actor = actor_of(request)
    case = sight.case_for(case_id, actor)
    return [
        {
            "party": one.number, "role": one.role.name, "consent": one.consent, "erased": one.erased,
            "needs": [act.name for act in one.needs],
        }
        for one in parties_of(case, registry.of(case), actor)
    ]  # fmt: skip


@router.post(
    "/cases/{case_id}/parties/{party}/look",
    response=dict[str, Any],
    summary="Look at one party, for an open act that needs it",
)
def look_at_party(
    request: HttpRequest, case_id: CaseId, party: Annotated[int, Path(ge=1, lt=2**15)], body: LookingAtOne
) -> dict[str, Any]:
    """What is told of it. Every look is a line. Null stands for what was damaged and does not open."""
    found = one_look.at_party(case_id, party, body.act, actor_of(request))
    return {name: None if value is vault.Unopened else value for name, value in found.items()}


@router.post(
    "/cases/{case_id}/fields/{field}/look",
    response=list[ConfidedOut],
    summary="Look at what was told in confidence under one field, for an open act that needs it",
)
def look_at_field(
    request: HttpRequest, case_id: CaseId, field: Annotated[str, Path(max_length=40)], body: LookingAtOne
) -> list[dict[str, Any]]:
    """All that was written under it, oldest first, with the line that says so. Every look is a line."""
    found = one_look.at_field(case_id, field, body.act, actor_of(request))
    return [{"line": one.line, "at": one.at, "text": None if one.text is vault.Unopened else one.text} for one in found]
