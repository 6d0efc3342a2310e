"""The page of a receipt: whoever reported a case follows it by its code, without an account, and does what is theirs.

The code is in the body of each request, never in an address: no log and no history holds it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from blockwise.problems import NotFound, Problem

from .. import engine
from ..engine import receipts
from ..kinds import registry
from ..kinds.model import Act
from ..models import Case
from ..queries.shown import clocks_of, shown
from ..rules import sight
from ..rules.inputs import Input
from . import forms
from .parameters import posted_key, posted_version


@dataclass(frozen=True)
class Asked:
    """An act that is open to the reporter, with its form; `begun`: it was refused and stands open."""

    act: Act
    inputs: list[Input]
    begun: bool


@require_http_methods(["GET", "POST"])
def receipt(request: HttpRequest) -> HttpResponse:
    """The form of the code, and what it opens."""
    if request.method == "GET":
        return _form(request)
    try:
        case = receipts.case_of(request.POST.get("code", "")[:60], request.META.get("REMOTE_ADDR", ""))
    except Problem as problem:
        return _form(request, problem)
    return _page(request, case)


@require_POST
def act(request: HttpRequest, name: str) -> HttpResponse:
    try:
        case = receipts.case_of(request.POST.get("code", "")[:60], request.META.get("REMOTE_ADDR", ""))
    except Problem as problem:
        return _form(request, problem)
    kind = registry.of(case)
    declared = kind.act(name)
    if declared is None:
        raise NotFound(_("This kind has no such act."), where="act")
    data = forms.read(forms.without_files(kind, declared), request.POST)
    try:
        receipts.count(case)
        expected, key = posted_version(request, declared), posted_key(request)
        engine.act(case.pk, name, data, receipts.reporter(case), expected_version=expected, key=key)
    except Problem as problem:
        return _page(request, case, declared, problem)
    messages.success(request, _("It is on the record."))
    return _page(request, Case.objects.get(pk=case.pk))


def _form(request: HttpRequest, problem: Problem | None = None) -> HttpResponse:
    context = {"problem": problem, "code": request.POST.get("code", "")[:60]}
    return render(request, "cases/receipt_form.html", context, status=problem.status if problem else 200)


def _page(request: HttpRequest, case: Case, begun: Act | None = None, problem: Problem | None = None) -> HttpResponse:
    kind, actor = registry.of(case), receipts.reporter(case)
    context: dict[str, Any] = {
        "case": case,
        "kind": kind,
        "row": shown([case])[0],
        "outcome": dict(kind.outcomes).get(case.outcome),
        "clocks": clocks_of(case),
        "steps": receipts.steps(case, kind)[::-1],
        "looks": receipts.looks_at(case, kind)[::-1],
        "asked": [_asked(request, one, case, begun, problem) for one in sight.open_acts(case, actor)],
        "problem": problem,
        "code": receipts.of(case),
        "key": uuid.uuid4().hex,
    }
    return render(request, "cases/receipt.html", context, status=problem.status if problem else 200)


def _asked(request: HttpRequest, one: Act, case: Case, begun: Act | None, problem: Problem | None) -> Asked:
    inputs = forms.without_files(registry.of(case), one, case)
    if one is not begun:
        return Asked(one, forms.filled(inputs, {}), begun=False)
    return Asked(one, forms.filled(inputs, forms.typed(request.POST), problem), begun=True)


urlpatterns = [
    path("receipt/", receipt, name="receipt"),
    path("receipt/acts/<slug:name>/", act, name="receipt-act"),
]
