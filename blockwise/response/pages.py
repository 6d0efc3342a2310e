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
from blockwise.access.actors import Actor
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.model import Act, Kind
from blockwise.cases.models import Case
from blockwise.cases.queries.beside import offered, possible_primaries
from blockwise.cases.rules import placing
from blockwise.cases.rules.sight import case_for
from blockwise.cases.screens import forms
from blockwise.cases.screens.pages import carry_out, comparing, known, whole
from blockwise.cases.screens.place_pages import kept_answer
from blockwise.places import roads
from blockwise.places.outline import outline
from blockwise.problems import NotFound, Problem
from blockwise.units import effects

from . import field_pages, queries, road_pages, sheet, unit_pages, waiting, way_pages
from .alarms import alarms
from .needs import ALARM
from .operators import operator
from .queue_pages import MOST, apart, drawn, wanted
from .road_words import words_of

OF_UNITS = {effects.MOVE, effects.DELAY}
APART = {effects.DIVERT, effects.TELL_DELAY}  # have a place of their own
RESERVED = frozenset("njkravusi0123456789")  # those of the console's own keys that a kind could name for an act
NOTE = "note"
SAME = 3  # cases offered as the one that a new one may repeat
FIRST = ("place", "type", "priority", "description", "caller", "injured", "trapped", "weapon", "hazmat")


@require_GET
def console(request: HttpRequest, case_id: int | None = None) -> HttpResponse:
    actor = operator(request)
    context = _bar(actor) | _queue(actor, queries.Wanted(), str(case_id or ""))
    context |= {
        "kinds": queries.sending_kinds(),
        "blocks": queries.blocks_of(actor),
        "after": queries.last_line(),
        "drawn": outline(),
        "chosen": case_id,
        "person_id": actor.id,
    }
    if case_id is not None:
        context |= _panel(case_for(case_id, actor), actor)
    return render(request, "response/console.html", context)


def _queue(actor: Actor, narrowed: queries.Wanted, wanted_too: str) -> dict[str, Any]:
    """`wanted_too`: the number of a case whose row is wanted wherever it stands."""
    queue = queries.queue(actor, narrowed)
    return {"queue": queue, "queue_rows": drawn(queue), "apart_rows": apart(queue, wanted_too, actor)}


def _bar(actor: Actor) -> dict[str, Any]:
    board = queries.board(actor)
    strip = _strip(board, get_language())
    return {"board": board, "strip": strip, "alive": queries.worker_alive(), "alarms": alarms(actor)}


@lru_cache(maxsize=16)
def _strip(board: queries.Board, _language: str | None) -> str:
    """The strip of units; every console that sees the same units gets the same one without rendering it again."""
    return render_to_string("response/units.html", {"board": board})


@require_GET
def fresh(request: HttpRequest) -> HttpResponse:
    """Queue, counts and units together: they change together."""
    actor = operator(request)
    return render(
        request, "response/fresh.html", _bar(actor) | _queue(actor, wanted(request), request.GET.get("with", ""))
    )


@require_GET
def live(request: HttpRequest) -> JsonResponse:
    """What moves on the map: units, open calls with a point, and the roads that are closed."""
    actor = operator(request)
    found = queries.queue(actor, queries.Wanted(limit=MOST))
    calls = [
        {
            "id": row.pk, "point": row.shown.point, "priority": row.shown.case.priority, "late": row.late,
            "waiting": row.waits == waiting.UNIT, "words": row.shown.type,
        }
        for row in found.rows
        if row.shown.point
    ]  # fmt: skip
    units = [{**asdict(chip), "since": chip.since.isoformat()} for chip in queries.board(actor).chips]
    closed = [{"line": road.line, "words": words_of(road)} for road in roads.closed_at(clock.now())]
    return JsonResponse({"units": units, "calls": calls, "closed": closed})


@require_GET
def panel(request: HttpRequest, case_id: int) -> HttpResponse:
    actor = operator(request)
    return render(request, "response/panel.html", _panel(case_for(case_id, actor), actor))


def _panel(case: Case, actor: Actor) -> dict[str, Any]:
    found = whole(case, actor)
    acts: list[Act] = found["acts"]
    works = queries.on_cases([case.pk], cleared=True).get(case.pk, [])
    note = next((act for act in acts if act.name == NOTE), None)
    sends = next((act for act in acts if effects.ASSIGN in act.effects), None)
    of_units = [act for act in acts if OF_UNITS & set(act.effects)]
    apart = [
        act
        for act in acts
        if act in (note, sends) or act in of_units or APART & set(act.effects) or act.asks == (ALARM,)
    ]
    late = queries.delays(case.pk, found["kind"]) if works else []
    merge = next((act for act in acts if act.merge == "into"), None)
    return found | {
        "at": kept_answer(case.block_id),
        "works": [work for work in works if not work.cleared],
        "gone": [(work, queries.ending(work, found["kind"])) for work in works if work.cleared],
        "moves": [_keyed(act) for act in of_units if not act.why],
        "reasoned": [_keyed(act) for act in of_units if act.why],
        "steps": [_keyed(act) for act in acts if act not in apart],
        "delays": late,
        "untold": any(not one.told for one in late),
        "tells": next((act for act in acts if effects.TELL_DELAY in act.effects), None),
        "note": note,
        "sends": sends,
        "merge": merge,
        "same": offered(possible_primaries(case, actor)[:SAME]) if merge else [],
        "key": uuid.uuid4().hex,
    }


def _keyed(act: Act) -> dict[str, Any]:
    return {"act": act, "key": "" if act.key in RESERVED else act.key}


@require_GET
def act_form(request: HttpRequest, case_id: int, name: str) -> HttpResponse:
    """What an act asks, inside the case panel."""
    actor = operator(request)
    case = case_for(case_id, actor)
    kind, declared = _declared(case, name)
    context = {"case": case, "act": declared, "key": uuid.uuid4().hex}
    if declared.merge == "into":
        context |= comparing(request.GET, case, forms.act_inputs(kind, declared, case), actor)
        return render(request, "response/merge_form.html", context)
    work = _meant(case, request.GET.get("unit", ""))
    asked = [entry for entry in forms.without_files(kind, declared, case) if entry.name != "unit" or not work]
    again = bool(declared.why and OF_UNITS & set(declared.effects))
    context |= {"work": work, "inputs": forms.filled(asked, known(case)), "again": again}
    return render(request, "response/act_form.html", context)


def _meant(case: Case, unit: str) -> queries.Work | None:
    """The unit on the case that was chosen in the panel."""
    return next((work for work in queries.on_cases([case.pk]).get(case.pk, []) if work.unit == unit), None)


@require_POST
def act(request: HttpRequest, case_id: int, name: str) -> HttpResponse:
    """Carry out an act; the answer is the panel as it is afterwards. A refusal is put where it happened."""
    actor = operator(request)
    case = case_for(case_id, actor)
    kind, declared = _declared(case, name)
    more: dict[str, Any] = {}
    if effects.ASSIGN in declared.effects and "units" in request.POST:
        declared, more = unit_pages.sending(request.POST, kind, declared)
    carry_out(request, case, declared, forms.act_inputs(kind, declared, case), actor, more, shown_place=True)
    try:
        there = case_for(case_id, actor)
    except NotFound:
        return render(request, "response/nothing.html", {"passed_on": case_id})
    return render(request, "response/panel.html", _panel(there, actor))


def _declared(case: Case, name: str) -> tuple[Kind, Act]:
    kind = registry.of(case)
    declared = kind.act(name)
    if declared is None:
        raise NotFound(_("This kind has no such act."), where="act")
    return kind, declared


def take(request: HttpRequest) -> HttpResponse:
    """The form for a call, and taking it."""
    actor = operator(request)
    kind = _taken_kind(request.GET.get("kind") or request.POST.get("kind"))
    inputs = forms.opening_inputs(kind)
    problem: Problem | None = None
    if request.method == "POST":
        try:
            placing.refuse_unseen(request.POST.dict())
            key = request.POST.get("key", "")[:80] or None
            done = engine.open_case(kind.name, forms.read(inputs, request.POST), actor, key=key)
        except Problem as error:
            problem = error
        else:
            return HttpResponse(status=204, headers={"HX-Trigger": f'{{"taken": {done.case}}}'})
    known = {"place.block": engine.home(kind, actor), **request.GET.dict(), **request.POST.dict()}
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
    path("cases/sheet/", sheet.sheet, name="sheet"),
    path("console/", console, name="console"),
    path("console/<int:case_id>/", console, name="console-case"),
    path("console/fresh", fresh, name="console-fresh"),
    path("console/live", live, name="console-live"),
    path("console/take", take, name="console-take"),
    path("console/point", road_pages.point, name="console-point"),
    path("console/point/close", road_pages.close, name="console-close-road"),
    path("console/point/open", road_pages.reopen, name="console-open-road"),
    path("console/<int:case_id>/panel", panel, name="console-panel"),
    path("console/<int:case_id>/ways", way_pages.ways, name="console-ways"),
    path("console/<int:case_id>/form/<slug:name>", act_form, name="console-form"),
    path("console/<int:case_id>/act/<slug:name>", act, name="console-act"),
    *field_pages.urlpatterns,
    *unit_pages.urlpatterns,
]
