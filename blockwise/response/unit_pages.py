"""The console's units: choosing any of them for a case by call sign, and the card of one with its status."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.model import Act, Kind, Words
from blockwise.cases.rules.sight import case_for, known_of
from blockwise.problems import NotFound, Problem
from blockwise.units import actions, effects
from blockwise.units.models import Assignment, Meaning, Unit
from blockwise.units.queries import is_stale, settable
from blockwise.units.shifts import on_shift

from .needs import ALARM
from .operators import operator
from .recommend import recommend_to
from .spoken import Spoken, capability, spoken

LONGEST = 40  # characters of a call sign


@require_GET
def recommendation(request: HttpRequest, case_id: int) -> HttpResponse:
    """Whom to send, with a reason for everybody; what the map draws stands beside the words."""
    more = request.GET.get("more", "")[:LONGEST]
    found, context = _found(request, case_id, more=more)
    return render(request, "response/recommendation.html", context | {"joins": found.joins(), "more": more})


@require_GET
def choice(request: HttpRequest, case_id: int) -> HttpResponse:
    """The units that match what was typed, each with its minutes and what it is doing."""
    sought = request.GET.get("q", "").strip()[:LONGEST]
    _found_units, context = _found(request, case_id, sought=sought)
    return render(request, "response/choice.html", context | {"sought": sought})


def _found(request: HttpRequest, case_id: int, **asked: str) -> tuple[Spoken, dict[str, Any]]:
    actor = operator(request)
    case = case_for(case_id, actor)
    policy.may_view_units(actor, case.block_id).require()
    kind = registry.of(case)
    found = spoken(recommend_to(actor, case, **asked), kind)
    raises = next((act for act in kind.acts if act.asks == (ALARM,)), None)
    return found, {"case": case, "found": found, "diverts": diversion(kind), "raises": raises, "key": uuid.uuid4().hex}


def sending(given: QueryDict, kind: Kind, act: Act) -> tuple[Act, dict[str, Any]]:
    """The units of a form, `P2@12` for one that is taken off case 12; then it is the act that does so."""
    named = [value.partition("@") for text in given.getlist("units") for value in text.split()]
    off = {code: number for code, _at, number in named if number}
    units = [code for code, _at, _number in named]
    diverts = diversion(kind)
    return (diverts, {"units": units, "off": off}) if off and diverts else (act, {"units": units})


def diversion(kind: Kind) -> Act | None:
    return next((act for act in kind.acts if effects.DIVERT in act.effects), None)


@require_GET
def card(request: HttpRequest, code: str) -> HttpResponse:
    return _card(request, _unit(code), operator(request), request.GET.get("case", ""))


@require_POST
def status(request: HttpRequest, code: str) -> HttpResponse:
    """Set the unit's status by one of the city's labels; its card as it is then."""
    actor = operator(request)
    actions.set_status(code, request.POST.get("status", ""), actor)
    return _card(request, _unit(code), actor, request.POST.get("case", ""))


def _unit(code: str) -> Unit:
    unit = Unit.objects.filter(pk=code, retired_on=None).select_related("status").first()
    if unit is None:
        raise NotFound(_("There is no such unit."), where="unit", fix=_("Give the code of a unit of this city."))
    return unit


def _card(request: HttpRequest, unit: Unit, actor: Actor, case: str) -> HttpResponse:
    policy.may_view_units(actor, unit.block_id).require()
    work = Assignment.objects.filter(unit=unit, cleared_at=None).first()
    on = work.case_id if work and known_of([work.case_id], actor) else None
    now, sets = clock.now(), not work and policy.may_set_status(actor, unit)
    context = {
        "unit": unit,
        "label": Words(unit.status.zh, unit.status.en),
        "able": [capability(name) for name in unit.capabilities],
        "work": work,
        "on": on,
        "stale": is_stale(unit, now),
        "off_shift": unit.meaning != Meaning.OFF_DUTY and unit.pk not in on_shift(now),
        "statuses": [(row.label, Words(row.zh, row.en)) for row in settable(unit)] if sets else [],
        "chooses": _choosable(case, actor) if not work or (on and str(on) != case) else None,
        "case": case,
    }
    return render(request, "response/unit.html", context)


def _choosable(case: str, actor: Actor) -> int | None:
    """The case's number while units can be sent to it by this person."""
    try:
        found = case_for(int(case), actor) if case.isascii() and case.isdigit() and len(case) < 19 else None
    except Problem:
        return None
    return found.pk if found and not found.final else None


urlpatterns = [
    path("console/<int:case_id>/recommendation", recommendation, name="console-recommendation"),
    path("console/<int:case_id>/choice", choice, name="console-choice"),
    path("console/units/<slug:code>", card, name="console-unit"),
    path("console/units/<slug:code>/status", status, name="console-unit-status"),
]
