"""A crew's phone: one page that the stream keeps true. What is tapped goes through the API, once, with a key."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from blockwise.access import policy
from blockwise.access.actors import Actor, actor_of
from blockwise.cases.kinds import registry
from blockwise.cases.screens import forms
from blockwise.problems import Forbidden, NotFound
from blockwise.rooms import Role
from blockwise.units.models import Assignment, Unit

from .field import asked, own_units, seen
from .queries import last_line


@require_GET
def field(request: HttpRequest, code: str = "") -> HttpResponse:
    """The page of the unit that works, else of the crew's first; or of the one that is named."""
    actor, units = _crew(request)
    if not units:
        return render(request, "response/field_none.html")
    unit = _named(units, code or units[0].pk)
    context = seen(unit, actor) | {"units": units, "after": last_line(), "who": actor.id}
    return render(request, "response/field.html", context)


@require_GET
def now(request: HttpRequest, code: str) -> HttpResponse:
    actor, units = _crew(request)
    unit = _named(units, code)
    return render(request, "response/field_now.html", seen(unit, actor))


@require_GET
def form(request: HttpRequest, code: str, name: str) -> HttpResponse:
    """What an act of the unit asks, on the case that it works on."""
    actor, units = _crew(request)
    unit = _named(units, code)
    held = Assignment.objects.filter(unit=unit, cleared_at=None).select_related("case").first()
    kind = registry.of(held.case) if held else None
    act = kind.act(name) if kind else None
    if held is None or kind is None or act is None:
        raise NotFound(_("This kind has no such act."), where="act")
    policy.may_act(actor, act, kind, held.case).require()
    context: dict[str, Any] = {"case": held.case, "act": act, "inputs": forms.filled(asked(act, kind, held.case), {})}
    return render(request, "response/field_form.html", context)


def _crew(request: HttpRequest) -> tuple[Actor, list[Unit]]:
    actor = actor_of(request)
    if Role.CREW not in actor.roles():
        raise Forbidden(_("This page is for the crews of units."), fix=_("Your work is under Cases."))
    return actor, own_units(actor)


def _named(units: list[Unit], code: str) -> Unit:
    unit = next((one for one in units if one.pk == code), None)
    if unit is None:
        raise Forbidden(policy.NOT_OWN_UNIT, where="unit")
    return unit


urlpatterns = [
    path("field/", field, name="field"),
    path("field/<slug:code>/", field, name="field-unit"),
    path("field/<slug:code>/now", now, name="field-now"),
    path("field/<slug:code>/form/<slug:name>", form, name="field-form"),
]
