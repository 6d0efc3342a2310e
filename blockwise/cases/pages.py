"""Screens for cases of every kind, made from the declarations: list, case, opening, acts, the sheet."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor, actor_of
from blockwise.access.seams import seams
from blockwise.places.queries import city
from blockwise.problems import NotFound, Problem

from . import block_page, engine, forms, looks, place_pages, queries
from .kinds import registry
from .kinds.model import Act, Kind
from .models import Case
from .queries import Filter
from .shown import both, clocks_of, shown
from .story import story

SHEET = 200
PRIORITIES = (1, 2, 3, 4)
VERSION = re.compile(r"[0-9]{1,9}")


def case_list(request: HttpRequest) -> HttpResponse:
    """Cases the viewer may see, newest first, narrowed by the query string, in cursor pages."""
    actor = actor_of(request)
    page = queries.listed(actor, _narrow(request), cursor=request.GET.get("cursor", ""))
    kept = {name: str(value) for name, value in request.GET.items() if name != "cursor" and value}
    kinds = registry.all_current()
    return render(
        request,
        "cases/list.html",
        {
            "rows": shown(page.cases),
            "next": urlencode({**kept, "cursor": page.next}) if page.next else "",
            "first": urlencode(kept) if request.GET.get("cursor") else "",
            "kinds": kinds.values(),
            "kind": kinds.get(request.GET.get("kind", "")),
            "openings": _openings(actor),
            "chosen": kept,
            "priorities": PRIORITIES,
        },
    )


def _narrow(request: HttpRequest) -> Filter:
    given = request.GET
    priority = given.get("priority", "")
    return Filter(
        kind=given.get("kind", "")[:40],
        stage=given.get("stage", "")[:40],
        type=given.get("type", "")[:60],
        block=given.get("block", "").strip().upper()[:24],
        priority=int(priority) if priority in {"1", "2", "3", "4"} else None,
        open={"open": True, "closed": False}.get(given.get("state", "")),
        late=given.get("state") == "late",
        raised=given.get("state") == "raised",
        since=_day(given.get("since", "")),
        until=_day(given.get("until", "")),
    )


def _day(text: str) -> datetime | None:
    try:
        return timezone.make_aware(datetime.fromisoformat(text)).astimezone(UTC) if text else None
    except (ValueError, OverflowError):
        return None


def _openings(actor: Actor) -> list[Kind]:
    """Kinds of which this person may open a case somewhere."""
    return [kind for kind in registry.all_current().values() if actor.roles() & set(kind.open_roles)]


def case_page(request: HttpRequest, case_id: int) -> HttpResponse:
    actor = actor_of(request)
    return render(request, "cases/case.html", whole(queries.case_for(case_id, actor), actor))


def whole(case: Case, actor: Actor) -> dict[str, Any]:
    """Everything a case's page shows: facts, promises, the acts open now, its record as a story."""
    kind = registry.of(case)
    acts = queries.open_acts(case, actor)
    return {
        "row": shown([case])[0],
        "case": case,
        "kind": kind,
        "facts": _facts(kind, case),
        "outcome": dict(kind.outcomes).get(case.outcome),
        "channel": dict(kind.channels).get(case.channel),
        "clocks": clocks_of(case),
        "acts": acts,
        "purposes": [act for act in acts if policy.may_look(actor, act, kind, case)],
        "contact": any(field.type in looks.LOOKED_AT and field.name in case.sealed for field in kind.fields),
        "repeats": list(case.repeats.order_by("pk").values_list("pk", flat=True)),
        "story": list(reversed(story(case, actor))),
    }


def _facts(kind: Kind, case: Case) -> list[tuple[Any, Any]]:
    """The unsealed fields that were given, as label and value in the reader's language."""
    found = []
    for field in kind.fields:
        value = case.fields.get(field.name)
        if value in (None, "", False):
            continue
        found.append((field.label, _("yes") if value is True else dict(field.choices).get(value, value)))
    return found


def open_page(request: HttpRequest, kind_name: str) -> HttpResponse:
    """The form of a kind, from its declaration alone."""
    actor = actor_of(request)
    kind = registry.current(kind_name)
    policy.may_open_somewhere(actor, kind).require()
    inputs = forms.opening_inputs(kind)
    problem: Problem | None = None
    if request.method == "POST":
        try:
            done = engine.open_case(kind.name, forms.read(inputs, request.POST), actor, key=_key(request))
        except Problem as error:
            problem = error
        else:
            messages.success(request, _("Taken in as number %d.") % done.case)
            opened = Case.objects.get(pk=done.case)
            return redirect("case", opened.pk) if policy.may_view(actor, kind, opened) else redirect("cases")
    typed = {**request.GET.dict(), **request.POST.dict()}
    context = {
        "kind": kind,
        "inputs": forms.filled(inputs, typed, problem),
        "problem": problem,
        "key": uuid.uuid4().hex,
        "levels": drawn_levels(),
    }
    return render(request, "cases/open.html", context, status=problem.status if problem else 200)


def drawn_levels() -> str:
    """The block levels that a map draws: all below the root."""
    return " ".join(level["key"] for level in city().levels[1:])


def act_page(request: HttpRequest, case_id: int, name: str) -> HttpResponse:
    """The form of one act, and carrying it out."""
    actor = actor_of(request)
    case = queries.case_for(case_id, actor)
    kind = registry.of(case)
    declared = kind.act(name)
    if declared is None:
        raise NotFound(_("This kind has no such act."), where="act")
    inputs = forms.act_inputs(kind, declared)
    problem: Problem | None = None
    if request.method == "POST":
        try:
            carry_out(request, case, declared, inputs, actor)
        except Problem as error:
            problem = error
        else:
            return redirect("case", case.pk)
    context = {
        "row": shown([case])[0], "case": case, "kind": kind, "act": declared, "problem": problem,
        "inputs": forms.filled(inputs, request.POST.dict() or known(case), problem), "key": uuid.uuid4().hex,
    }  # fmt: skip
    return render(request, "cases/act.html", context, status=problem.status if problem else 200)


def known(case: Case) -> dict[str, Any]:
    """What a form of an act starts with: what is on the case now and not sealed."""
    return {**case.fields, "type": case.type, "priority": str(case.priority)}


def carry_out(
    request: HttpRequest,
    case: Case,
    declared: Act,
    inputs: list[forms.Input],
    actor: Actor,
    more: Mapping[str, Any] | None = None,
) -> engine.Result:
    """Do the act with what the form gave; `version` is the version of the case that the form was made for."""
    version = request.POST.get("version", "")
    expected = int(version) if declared.versioned and VERSION.fullmatch(version) else None
    data = forms.read(inputs, request.POST) | dict(more or {})
    return engine.act(case.pk, declared.name, data, actor, expected_version=expected, key=_key(request))


def look_page(request: HttpRequest, case_id: int) -> HttpResponse:
    """The contact, shown once for the act that needs it; never kept by the browser."""
    actor = actor_of(request)
    act = request.POST.get("act", "")
    found = looks.look(case_id, act, actor)
    kind = registry.of(queries.case_for(case_id, actor))
    labels = {field.name: field.label for field in kind.fields}
    contact = [(labels[name], _spelled(value)) for name, value in found.items()]
    context = {"contact": contact, "act": kind.act(act), "case_id": case_id}
    answer = render(request, "cases/contact.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def _spelled(value: Any) -> list[tuple[Any, Any]]:
    if not isinstance(value, dict):
        return [("", _("(erased)") if value is None else value)]
    if "lon_e7" in value:
        where = f"{value['lat_e7'] / 1e7:.6f}, {value['lon_e7'] / 1e7:.6f}"
        return [(_("Position"), where), (_("Known from"), dict(forms.SOURCES).get(value["source"], value["source"]))]
    return [(forms.CONTACT_LABELS[name], text) for name, text in value.items()]


def sheet(request: HttpRequest) -> HttpResponse:
    """Every open case on paper, for when everything is down."""
    actor = actor_of(request)
    page = queries.listed(actor, Filter(open=True, kind=request.GET.get("kind", "")[:40]), limit=SHEET)
    rows = sorted(shown(page.cases), key=lambda row: (row.case.priority, row.case.opened_at))
    here = city()
    at_work = seams.crews.at_work(row.pk for row in rows) if seams.crews else {}
    context = {
        "rows": [(row, at_work.get(row.pk, ())) for row in rows],
        "more": bool(page.next),
        "name": both(here.name_zh, here.name_en),
        "printed_at": clock.now(),
    }
    return render(request, "cases/sheet.html", context)


def _key(request: HttpRequest) -> str | None:
    """The form's own key, so that a doubled click is one act."""
    return request.POST.get("key", "")[:80] or None


urlpatterns = [
    path("cases/", case_list, name="cases"),
    path("cases/sheet/", sheet, name="sheet"),
    path("cases/open/<slug:kind_name>/", open_page, name="case-open"),
    path("cases/<int:case_id>/", case_page, name="case"),
    path("cases/<int:case_id>/acts/<slug:name>/", act_page, name="case-act"),
    path("cases/<int:case_id>/contact/", require_POST(look_page), name="case-look"),
    path("places/find", place_pages.find, name="place-find"),
    path("places/at", place_pages.at, name="place-at"),
    path("blocks/<slug:code>/", block_page.block_page, name="block"),
]
