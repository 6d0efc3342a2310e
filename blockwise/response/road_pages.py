"""The console's card of a point: the block that answers for it, and the roads there, which may be closed or opened."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor, actor_of
from blockwise.cases.rules.values import wall_time
from blockwise.cases.screens.place_pages import answer
from blockwise.places import roads
from blockwise.places.given import Located, locate
from blockwise.places.models import ClosureReason, Direction
from blockwise.places.segments import Segment
from blockwise.problems import Invalid, NotFound

from .closures import close_at, may_close, open_edge, segments_at
from .road_words import name_of, towards, words_of

USUAL = timedelta(hours=2)  # until when, unless it is said otherwise
LOCAL = "%Y-%m-%dT%H:%M"


@require_GET
def point(request: HttpRequest) -> HttpResponse:
    """The block chain of a point, who leads it, and the roads near it; `close` asks for the form."""
    actor = actor_of(request)
    policy.may_view_places(actor).require()
    return _card(request, _located(request.GET), actor, asked="close" in request.GET)


@require_POST
def close(request: HttpRequest) -> HttpResponse:
    given = request.POST
    found, actor = _located(given), actor_of(request)
    edge, _colon, direction = given.get("road", "").partition(":")
    close_at(
        found,
        given.get("reason", ""),
        actor,
        edge=_edge(edge),
        direction=direction,
        starts_at=wall_time(given.get("starts_at", ""), "starts_at"),
        ends_at=wall_time(given.get("ends_at", ""), "ends_at"),
    )
    return _card(request, found, actor)


@require_POST
def reopen(request: HttpRequest) -> HttpResponse:
    found, actor = _located(request.POST), actor_of(request)
    open_edge(_edge(request.POST.get("edge", "")), actor)
    return _card(request, found, actor)


def _located(given: QueryDict) -> Located:
    return locate(given.get("lon"), given.get("lat"), where="point")


def _edge(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid(_("This is no road edge."), where="edge")
    return int(text)


def _card(request: HttpRequest, found: Located, actor: Actor, *, asked: bool = False) -> HttpResponse:
    near = _near(found)
    own = [segment for segment in near if may_close(actor, segment.edge)]
    now = timezone.localtime(clock.now())
    context = {
        "at": answer(found.answer),
        "point": found.point,
        "asked": asked,
        "why_not": _why_not(near, own, actor) if asked else "",
        "roads": [(name_of(segment), round(segment.metres), _ways(segment)) for segment in own],
        "shut": _shut(own),
        "reasons": ClosureReason.choices,
        "starts_at": now.strftime(LOCAL),
        "ends_at": (now + USUAL).strftime(LOCAL),
    }
    return render(request, "response/point.html", context)


def _near(found: Located) -> list[Segment]:
    try:
        return segments_at(found)
    except (Invalid, NotFound):  # no road near, or no roads at all
        return []


def _why_not(near: list[Segment], own: list[Segment], actor: Actor) -> object:
    if own:
        return ""
    return may_close(actor, near[0].edge).reason if near else _("There is no road near this point.")


def _ways(segment: Segment) -> list[tuple[str, str]]:
    """The choices of a form: both directions, and each of them where there are two."""
    if segment.oneway:
        return [(f"{segment.edge}:{Direction.BOTH}", _("its one direction"))]
    return [(f"{segment.edge}:{way}", towards(segment.bearing, way) or _("both directions")) for way in Direction]


def _shut(own: list[Segment]) -> list[dict[str, Any]]:
    names = {segment.edge: name_of(segment) for segment in own}
    return [{"edge": one.edge, "name": names[one.edge], "words": words_of(one)} for one in roads.not_opened(names)]
