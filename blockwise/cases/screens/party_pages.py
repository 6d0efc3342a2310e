"""Parties, and what is told in confidence, on a case's page; parties in the form of an act; one of them looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from blockwise.access.actors import Actor, actor_of
from blockwise.ledger import vault

from ..engine import one_look
from ..kinds import registry
from ..kinds.model import Act, Kind
from ..kinds.told import PARTY_LABELS
from ..models import Case
from ..queries.confided import confided
from ..queries.parties import choices, parties_of
from ..queries.story import DAMAGED
from ..rules import party_values, sight, wall
from ..rules.inputs import Choices, Input

TYPE = "party"
CONSENTS: Choices = tuple(party_values.CONSENTS.items())


def section(case: Case, kind: Kind, actor: Actor) -> dict[str, Any] | None:
    parties, fields = parties_of(case, kind, actor), confided(case, kind, actor)
    return {"parties": parties, "fields": fields} if parties or fields else None


def inputs(kind: Kind, act: Act) -> list[Input]:
    """What an act with a party asks."""
    role = kind.party_role(act.party) if act.party else None
    if role is None:
        return []
    parts = tuple(Input(f"details.{name}", PARTY_LABELS[name], "line") for name in role.fields)
    known = {
        "party": Input("party", role.words, "choice", required=True),
        "details": Input("details", role.words, TYPE, required=True, sealed=True, parts=parts),
        "consent": Input("consent", _("Consent"), "choice", required=True, choices=CONSENTS),
    }
    return [entry for name, entry in known.items() if name in party_values.KEYS[act.party_step or "adds"]]


def chosen(case: Case, act: Act, asked: Iterable[Input]) -> list[Input]:
    """The form's inputs with the parties of this case to choose from."""
    role = registry.of(case).party_role(act.party) if act.party else None
    return [replace(entry, choices=choices(case, role)) if role and entry.name == "party" else entry for entry in asked]


def look_page(request: HttpRequest, case_id: int, number: int) -> HttpResponse:
    """One party, shown once for the act that needs it; never kept by the browser."""
    actor = actor_of(request)
    act = request.POST.get("act", "")
    found = one_look.at_party(case_id, number, act, actor)
    kind = registry.of(sight.case_for(case_id, actor))
    told = [(PARTY_LABELS[name], [("", _spelled(value))]) for name, value in found.items()]
    return _once(request, {"contact": told, "act": kind.act(act), "case_id": case_id, "place": f"party-{number}"})


def field_page(request: HttpRequest, case_id: int, name: str) -> HttpResponse:
    """What was told in confidence under one field, shown in the same way."""
    actor = actor_of(request)
    act = request.POST.get("act", "")
    found = one_look.at_field(case_id, name, act, actor)
    kind = registry.of(sight.case_for(case_id, actor))
    label = next(field.label for field in kind.fields if field.name == name)
    told = [(label, [(wall.shown(one.at).strftime("%Y-%m-%d %H:%M"), _spelled(one.text))]) for one in found]
    return _once(request, {"contact": told, "act": kind.act(act), "case_id": case_id, "place": f"field-{name}"})


def _once(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    answer = render(request, "cases/contact.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def _spelled(value: Any) -> Any:
    return _("(erased)") if value is None else DAMAGED if value is vault.Unopened else value


urlpatterns = [
    path("cases/<int:case_id>/parties/<int:number>/", require_POST(look_page), name="case-party"),
    path("cases/<int:case_id>/fields/<slug:name>/", require_POST(field_page), name="case-field"),
]
