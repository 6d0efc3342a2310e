"""Screens for cases of every kind, made from the declarations: list, case, opening, acts, the sheet."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from blockwise.access import policy
from blockwise.access.actors import Actor, actor_of
from blockwise.ledger import vault
from blockwise.places.outline import outline
from blockwise.places.queries import departments
from blockwise.problems import NotFound, Problem
from blockwise.rooms import house

from .. import engine
from ..engine import looks, receipts
from ..kinds import registry
from ..kinds.model import Act, Kind, Words
from ..models import Case
from ..queries import listing
from ..queries.beside import beside
from ..queries.links import links_of
from ..queries.listing import Filter
from ..queries.rounds import rounds_of
from ..queries.shown import clocks_of, shown
from ..queries.story import DAMAGED, actor_names, first_words, folded, story
from ..rules import attachments, field_types, sealed_places, sight
from ..rules.inputs import Input
from ..rules.placing import UNPLACED, refuse_unchosen, refuse_unseen
from ..rules.words import in_reader_language
from . import (
    attachment_pages,
    block_page,
    erasures_page,
    forms,
    kind_pages,
    mine_page,
    party_pages,
    place_pages,
    receipt_pages,
)
from .parameters import posted_key, posted_version

PRIORITIES = (1, 2, 3, 4)


def case_list(request: HttpRequest) -> HttpResponse:
    """Cases the viewer may see, newest first, narrowed by the query string, in cursor pages."""
    actor = actor_of(request)
    page = listing.listed(actor, _narrow(request), cursor=request.GET.get("cursor", ""))
    kept = {name: str(value) for name, value in request.GET.items() if name != "cursor" and value}
    chosen = registry.ever(request.GET.get("kind", ""))
    return render(
        request,
        "cases/list.html",
        {
            "rows": shown(page.cases),
            "next": urlencode({**kept, "cursor": page.next}) if page.next else "",
            "first": urlencode(kept) if request.GET.get("cursor") else "",
            "kinds": registry.all_ever().values(),
            "stages": _first((one.name, one.words) for kind in chosen for one in kind.stages),
            "types": _first((one.code, one.words) for kind in chosen for one in kind.types),
            "openings": _openings(actor),
            "chosen": kept,
            "priorities": PRIORITIES,
            "stopped": _stopped(actor),
        },
    )


def _stopped(actor: Actor) -> list[tuple[str, datetime]]:
    """Who was stopped looking at contacts, and when: for oversight."""
    rows = looks.alarms(actor)
    names = actor_names(row.actor for row in rows)
    return [(names[row.actor], row.recorded_at) for row in rows]


def _first(pairs: Iterable[tuple[str, Words]]) -> dict[str, Words]:
    """Each code with the words that come first: the present text of a kind stands before its older ones."""
    found: dict[str, Words] = {}
    for code, words in pairs:
        found.setdefault(code, words)
    return found


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
        assignee=actor_of(request).id if given.get("state") == "mine" else "",
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
    case = sight.case_for(case_id, actor)
    return render(request, "cases/case.html", whole(case, actor) | {"sections": _sections(case, actor)})


def _sections(case: Case, actor: Actor) -> list[tuple[str, Mapping[str, Any]]]:
    """What the rooms put on the page of this case."""
    kind = registry.of(case)
    found = [(section.template, section.context(case, kind, actor)) for section in house().sections]
    return [(template, given) for template, given in found if given is not None]


def whole(case: Case, actor: Actor) -> dict[str, Any]:
    """Everything a case's page shows: facts, promises, the acts open now, its record as a story."""
    kind = registry.of(case)
    sent: policy.Sent = {}
    acts, promises = sight.open_acts(case, actor, sent), clocks_of(case)
    told = story(case, actor)
    newest_first = told[::-1]
    return {
        "row": shown([case])[0],
        "case": case,
        "kind": kind,
        "facts": _facts(kind, case),
        "outcome": dict(kind.outcomes).get(case.outcome),
        "given_to": actor_names([case.assignee])[case.assignee] if case.assignee else "",
        "department": departments().get(case.department, case.department),
        "channel": dict(kind.channels).get(case.channel),
        "clocks": promises,
        "missed": sum(promise.state == "missed" and not promise.of for promise in promises),
        "acts": acts,
        "purposes": [act for act in acts if policy.may_look(actor, act, kind, case, sent)],
        "contact": any(field.of_contact and field.name in case.sealed for field in kind.fields),
        "primary": sight.primaries([case], actor).get(case.pk),
        "repeats": sight.repeats_of(case, actor),
        "links": links_of(case, actor),
        "rounds": rounds_of(case),
        "first_words": first_words(kind, told),
        "story": newest_first,
        "folds": folded(newest_first),
    }


def _facts(kind: Kind, case: Case) -> list[tuple[Any, Any]]:
    """The unsealed fields that were given, as label and value in the reader's language."""
    found = []
    for field in kind.fields:
        value = case.fields.get(field.name)
        if value in (None, "", False):
            continue
        found.append((field.label, house().field_types[field.type].shown(field, value)))
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
            done = engine.open_case(kind.name, forms.read(inputs, request.POST), actor, key=posted_key(request))
        except Problem as error:
            problem = error
        else:
            messages.success(request, _("Taken in as number %d.") % done.case)
            opened = Case.objects.get(pk=done.case)
            if code := receipts.of(opened):
                messages.info(request, _("Receipt for whoever reported it, told this once: %s") % code)
            return redirect("case", opened.pk) if policy.may_view(actor, kind, opened) else redirect("cases")
    typed = {"place.block": engine.home(kind, actor), **request.GET.dict(), **forms.typed(request.POST)}
    context = {
        "kind": kind,
        "inputs": forms.filled(inputs, typed, problem),
        "problem": problem,
        "key": uuid.uuid4().hex,
        "drawn": outline(),
    }
    return render(request, "cases/open.html", context, status=problem.status if problem else 200)


def act_page(request: HttpRequest, case_id: int, name: str) -> HttpResponse:
    """The form of one act, and carrying it out."""
    actor = actor_of(request)
    case = sight.case_for(case_id, actor)
    kind = registry.of(case)
    declared = kind.act(name)
    if declared is None:
        raise NotFound(_("This kind has no such act."), where="act")
    inputs = forms.act_inputs(kind, declared, case)
    problem: Problem | None = None
    unseen = declared.merge == "into" and request.POST.get("seen") != request.POST.get("primary", "")
    if request.method == "POST" and not unseen:
        try:
            attachment_pages.receive(request, case, inputs, actor)
            done = carry_out(request, case, declared, inputs, actor)
        except Problem as error:
            problem = error
        else:
            return _after(request, done, actor)
    inputs = party_pages.chosen(case, declared, inputs)
    filled = forms.filled(inputs, forms.typed(request.POST) or known(case), problem)
    context = {
        "row": shown([case])[0], "case": case, "kind": kind, "act": declared, "problem": problem,
        "inputs": attachment_pages.shown(request, case, filled, actor), "key": uuid.uuid4().hex,
        "files": any(entry.type == attachments.TYPE for entry in inputs),
        "opens": registry.all_current().get(declared.opens.kind) if declared.opens else None,
    }  # fmt: skip
    if declared.merge == "into":
        context |= comparing(request.POST or request.GET, case, inputs, actor, problem)
    return render(request, "cases/act.html", context, status=problem.status if problem else 200)


def _after(request: HttpRequest, done: engine.Result, actor: Actor) -> HttpResponse:
    """To the case; to the list where the act took it out of sight."""
    case_id = done.case
    if done.opened:
        messages.success(request, _("Another case was opened, as number %d.") % done.opened)
    if sight.known_of([case_id], actor):
        return redirect("case", case_id)
    messages.success(request, _("Done. Case %d is no longer yours to see.") % case_id)
    return redirect("cases")


def comparing(
    given: QueryDict, case: Case, inputs: list[Input], actor: Actor, problem: Problem | None = None
) -> dict[str, Any]:
    """What a form of a merge shows: first the question of the number, then both cases beside each other."""
    found = None
    if number := given.get("primary", "").strip():
        try:
            found = beside(case, number, actor)
        except Problem as error:
            problem = error
    asked = [entry for entry in inputs if entry.name == "primary"]
    return {"beside": found, "problem": problem, "inputs": forms.filled(asked, given.dict(), problem)}


def known(case: Case) -> dict[str, Any]:
    """What a form of an act starts with: what is on the case now and not sealed, and its place."""
    found = {**case.fields, "type": case.type, "priority": str(case.priority)}
    for field in registry.of(case).fields:
        if (kept := found.pop(field.name, None)) not in (None, ""):
            found |= house().field_types[field.type].typed(field, kept)
    found["place.block"] = case.block_id
    exact = dict(sealed_places.exact_places([case]).get(case.pk) or {})
    if exact:
        exact["text"] = in_reader_language([exact["text"]]).get(exact["text"], exact["text"])
    if exact and exact["lon_e7"] is None:
        words = {"place.text": exact["text"], "place.said": exact.get("said") or exact["text"]}
        found |= {**words, "place.found": case.place_found}
    elif exact:
        place = {
            "lon": f"{exact['lon_e7'] / 1e7:.7f}", "lat": f"{exact['lat_e7'] / 1e7:.7f}", "text": exact["text"],
            "kind": case.place_kind, "found": case.place_found, "said": exact.get("said", ""),
        }  # fmt: skip
        found |= {f"place.{name}": value for name, value in place.items()}
    return found


def _without_same(data: dict[str, Any], case: Case) -> dict[str, Any]:
    """A form that shows what is there gives it back: what is as it was is no correction."""
    there = known(case)
    asked = {name: value for name, value in there.items() if name.startswith("place.") and value}
    if asked.get("place.found") != UNPLACED:
        asked.pop("place.block", None)  # the place itself says it
    place = {name.removeprefix("place."): value for name, value in asked.items()}
    same = {name for name in ("type", "priority") if str(data.get(name, "")) == str(there[name])}
    if data.get("type", case.type) != case.type:
        same.discard("priority")
    same |= {"place"} if data.get("place") == place else set()
    return {name: value for name, value in data.items() if name not in same}


def carry_out(
    request: HttpRequest,
    case: Case,
    declared: Act,
    inputs: list[Input],
    actor: Actor,
    more: Mapping[str, Any] | None = None,
    *,
    shown_place: bool = False,
) -> engine.Result:
    """Do the act with what the form gave; `version` is the version of the case that the form was made for.

    `shown_place`: another place is taken only as the form showed it last.
    """
    expected = posted_version(request, declared)
    data = forms.read(inputs, request.POST) | dict(more or {})
    if declared.retypes:
        if registry.of(case).pointed:
            refuse_unchosen(request.POST.dict(), str(known(case).get("place.text", "")))
        data = _without_same(data, case)
        if shown_place and "place" in data:
            refuse_unseen(request.POST.dict())
    return engine.act(case.pk, declared.name, data, actor, expected_version=expected, key=posted_key(request))


def look_page(request: HttpRequest, case_id: int) -> HttpResponse:
    """The contact, shown once for the act that needs it; never kept by the browser."""
    actor = actor_of(request)
    act = request.POST.get("act", "")
    found = looks.look(case_id, act, actor)
    kind = registry.of(sight.case_for(case_id, actor))
    labels = {field.name: field.label for field in kind.fields}
    contact = [(labels[name], _spelled(value)) for name, value in found.items()]
    context = {"contact": contact, "act": kind.act(act), "case_id": case_id}
    answer = render(request, "cases/contact.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def _spelled(value: Any) -> list[tuple[Any, Any]]:
    if not isinstance(value, dict):
        return [("", _("(erased)") if value is None else DAMAGED if value is vault.Unopened else value)]
    if "lon_e7" in value:
        where = f"{value['lat_e7'] / 1e7:.6f}, {value['lon_e7'] / 1e7:.6f}"
        return [
            (_("Position"), where),
            (_("Known from"), dict(field_types.SOURCES).get(value["source"], value["source"])),
        ]
    return [(field_types.CONTACT_LABELS[name], text) for name, text in value.items()]


urlpatterns = [
    path("cases/", case_list, name="cases"),
    path("mine/", mine_page.mine, name="mine"),
    path("erasures/", erasures_page.erasures, name="erasures"),
    path("erasures/release", erasures_page.release, name="erasures-release"),
    path("cases/open/<slug:kind_name>/", open_page, name="case-open"),
    path("cases/<int:case_id>/", case_page, name="case"),
    path("cases/<int:case_id>/acts/<slug:name>/", act_page, name="case-act"),
    path("cases/<int:case_id>/contact/", require_POST(look_page), name="case-look"),
    *attachment_pages.urlpatterns,
    *party_pages.urlpatterns,
    path("places/find", place_pages.find, name="place-find"),
    path("places/at", place_pages.at, name="place-at"),
    path("blocks/<slug:code>/", block_page.block_page, name="block"),
    *kind_pages.urlpatterns,
    *receipt_pages.urlpatterns,
]
