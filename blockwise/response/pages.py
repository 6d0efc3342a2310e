"""The console: queue, map and case on one screen. Pieces of it are fetched anew when the stream tells of a line."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor, actor_of
from blockwise.cases import engine, forms
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.model import Act, Kind
from blockwise.cases.models import Case
from blockwise.cases.pages import carry_out, drawn_levels, known, whole
from blockwise.cases.place_pages import answer
from blockwise.cases.queries import case_for, possible_primaries
from blockwise.cases.shown import shown
from blockwise.ledger.models import Head
from blockwise.places import roads
from blockwise.places.queries import answer_of
from blockwise.problems import Forbidden, NotFound, Problem

from . import queries, road_pages
from .recommend import recommend
from .spoken import Spoken, spoken

MOVES = "move_assignments"
RESERVED = frozenset("n/jkravus?.123456789")  # keys of the console itself; an act's own key gives way
NOTE = "note"
SAME = 3  # cases offered as the one that a new one may repeat
FIRST = ("place", "type", "priority", "description", "caller", "injured", "trapped", "weapon", "hazmat")


@require_GET
def console(request: HttpRequest, case_id: int | None = None) -> HttpResponse:
    actor = _operator(request)
    context = _bar(actor) | {
        "queue": queries.queue(actor),
        "after": _last_line(),
        "levels": drawn_levels(),
        "chosen": case_id,
    }
    if case_id is not None:
        context |= _panel(case_for(case_id, actor), actor)
    return render(request, "response/console.html", context)


def _operator(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if not actor.roles() & {"call_taker", "dispatcher"}:
        raise Forbidden(_("The console is for call takers and dispatchers."), fix=_("Your work is under Cases."))
    return actor


def _last_line() -> int:
    head = Head.objects.first()
    return head.number if head else 0


def _bar(actor: Actor) -> dict[str, Any]:
    board = queries.board(actor)
    return {"board": board, "strip": _strip(board, get_language()), "alive": queries.worker_alive()}


@lru_cache(maxsize=16)
def _strip(board: queries.Board, _language: str | None) -> str:
    """The strip of units; every console that sees the same units gets the same one without rendering it again."""
    return render_to_string("response/units.html", {"board": board})


@require_GET
def fresh(request: HttpRequest) -> HttpResponse:
    """Queue, counts and units together: they change together."""
    actor = _operator(request)
    return render(request, "response/fresh.html", _bar(actor) | {"queue": queries.queue(actor)})


@require_GET
def live(request: HttpRequest) -> JsonResponse:
    """What moves on the map: units, open calls with a point, and the roads that are closed."""
    actor = _operator(request)
    found = queries.queue(actor)
    calls = [
        {
            "id": row.pk, "point": row.shown.point, "priority": row.shown.case.priority, "late": row.late,
            "waiting": not row.units, "words": row.shown.type,
        }
        for row in found.rows
        if row.shown.point
    ]  # fmt: skip
    units = [{**asdict(chip), "since": chip.since.isoformat()} for chip in queries.board(actor).chips]
    closed = [asdict(road) for road in roads.closed_at(clock.now())]
    return JsonResponse({"units": units, "calls": calls, "closed": closed})


@require_GET
def panel(request: HttpRequest, case_id: int) -> HttpResponse:
    actor = _operator(request)
    return render(request, "response/panel.html", _panel(case_for(case_id, actor), actor))


def _panel(case: Case, actor: Actor) -> dict[str, Any]:
    found = whole(case, actor)
    acts: list[Act] = found["acts"]
    works = queries.on_cases([case.pk], cleared=True).get(case.pk, [])
    note = next((act for act in acts if act.name == NOTE), None)
    sends = next((act for act in acts if queries.SENDING in act.effects), None)
    merge = next((act for act in acts if act.merge == "into"), None)
    return found | {
        "at": answer(answer_of(case.block_id)),
        "works": [work for work in works if not work.cleared],
        "gone": [work for work in works if work.cleared],
        "moves": [_keyed(act) for act in acts if MOVES in act.effects],
        "steps": [_keyed(act) for act in acts if act not in (note, sends) and MOVES not in act.effects],
        "note": note,
        "sends": sends,
        "merge": merge,
        "same": shown(possible_primaries(case, actor)[:SAME]) if merge else [],
        "key": uuid.uuid4().hex,
    }


def _keyed(act: Act) -> dict[str, Any]:
    return {"act": act, "key": "" if act.key in RESERVED else act.key}


@require_GET
def recommendation(request: HttpRequest, case_id: int) -> HttpResponse:
    """Whom to send, with a reason for everybody; what the map draws stands beside the words."""
    actor = _operator(request)
    case = case_for(case_id, actor)
    policy.may_view_units(actor, case.block_id).require()
    found: Spoken = spoken(recommend(case))
    context = {"case": case, "found": found, "key": uuid.uuid4().hex, "joins": found.joins()}
    return render(request, "response/recommendation.html", context)


@require_GET
def act_form(request: HttpRequest, case_id: int, name: str) -> HttpResponse:
    """What an act asks, inside the case panel."""
    actor = _operator(request)
    case = case_for(case_id, actor)
    kind, declared = _declared(case, name)
    inputs = forms.filled(forms.act_inputs(kind, declared), known(case))
    context = {"case": case, "act": declared, "inputs": inputs, "key": uuid.uuid4().hex}
    return render(request, "response/act_form.html", context)


@require_POST
def act(request: HttpRequest, case_id: int, name: str) -> HttpResponse:
    """Carry out an act; the answer is the panel as it is afterwards. A refusal is put where it happened."""
    actor = _operator(request)
    case = case_for(case_id, actor)
    kind, declared = _declared(case, name)
    carry_out(request, case, declared, forms.act_inputs(kind, declared), actor)
    return render(request, "response/panel.html", _panel(case_for(case_id, actor), actor))


def _declared(case: Case, name: str) -> tuple[Kind, Act]:
    kind = registry.of(case)
    declared = kind.act(name)
    if declared is None:
        raise NotFound(_("This kind has no such act."), where="act")
    return kind, declared


def take(request: HttpRequest) -> HttpResponse:
    """The form for a call, and taking it."""
    actor = _operator(request)
    kind = _taken_kind(request.GET.get("kind") or request.POST.get("kind"))
    inputs = forms.opening_inputs(kind)
    problem: Problem | None = None
    if request.method == "POST":
        try:
            key = request.POST.get("key", "")[:80] or None
            done = engine.open_case(kind.name, forms.read(inputs, request.POST), actor, key=key)
        except Problem as error:
            problem = error
        else:
            return HttpResponse(status=204, headers={"HX-Trigger": f'{{"taken": {done.case}}}'})
    known = {**request.GET.dict(), **request.POST.dict()}
    filled = {entry.name: entry for entry in forms.filled(inputs, known, problem)}
    first = [filled.pop(name) for name in FIRST if name in filled]
    context = {"kind": kind, "first": first, "rest": list(filled.values()), "problem": problem, "key": uuid.uuid4().hex}
    return render(request, "response/take.html", context)


def _taken_kind(name: str | None) -> Kind:
    kinds = queries.sending_kinds()
    found = next((kind for kind in kinds if kind.name == name), kinds[0] if kinds else None)
    if found is None:
        raise NotFound(_("This city has no kind of case to which units are sent."), where="kind")
    return found


urlpatterns = [
    path("console/", console, name="console"),
    path("console/<int:case_id>/", console, name="console-case"),
    path("console/fresh", fresh, name="console-fresh"),
    path("console/live", live, name="console-live"),
    path("console/take", take, name="console-take"),
    path("console/point", road_pages.point, name="console-point"),
    path("console/point/close", road_pages.close, name="console-close-road"),
    path("console/point/open", road_pages.reopen, name="console-open-road"),
    path("console/<int:case_id>/panel", panel, name="console-panel"),
    path("console/<int:case_id>/recommendation", recommendation, name="console-recommendation"),
    path("console/<int:case_id>/form/<slug:name>", act_form, name="console-form"),
    path("console/<int:case_id>/act/<slug:name>", act, name="console-act"),
]
