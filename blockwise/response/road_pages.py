"""The console's card of a point: the block that answers for it, and the road there, which may be closed or opened."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor, actor_of
from blockwise.cases.place_pages import answer
from blockwise.places import roads
from blockwise.places.given import Located, locate
from blockwise.problems import Invalid, NotFound

from .closures import close_at, open_edge


@require_GET
def point(request: HttpRequest) -> HttpResponse:
    """The block chain of a point, who leads it, and the road nearest to it."""
    return _card(request, _located(request.GET), actor_of(request))


@require_POST
def close(request: HttpRequest) -> HttpResponse:
    found, actor = _located(request.POST), actor_of(request)
    close_at(found, request.POST.get("reason", ""), actor)
    return _card(request, found, actor)


@require_POST
def reopen(request: HttpRequest) -> HttpResponse:
    found, actor = _located(request.POST), actor_of(request)
    edge = request.POST.get("edge", "")
    if not (edge.isascii() and edge.isdigit() and len(edge) < 19):
        raise Invalid(_("This is no road edge."), where="edge")
    open_edge(int(edge), actor)
    return _card(request, found, actor)


def _located(given: QueryDict) -> Located:
    return locate(given.get("lon"), given.get("lat"), where="point")


def _card(request: HttpRequest, found: Located, actor: Actor) -> HttpResponse:
    context: dict[str, Any] = {"at": answer(found.answer), "point": found.point}
    if policy.may_close_roads(actor, found.answer.block) and (edge := _edge(found)) is not None:
        closed = roads.closures_at(clock.now()).filter(edge=edge).order_by("starts_at").first()
        context |= {"edge": edge, "closes": True, "closed": closed.reason if closed else ""}
    return render(request, "response/point.html", context)


def _edge(found: Located) -> int | None:
    try:
        return roads.edge_near(found.point.lon_e7, found.point.lat_e7)
    except (Invalid, NotFound):  # no road near, or no roads at all
        return None
