"""The public front page: what this city's Blockwise is, what it does not do, and its latest seal."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.functional import Promise
from django.views.decorators.http import require_GET

from blockwise.access.actors import actor_of
from blockwise.ledger import seals
from blockwise.ledger.models import Seal
from blockwise.places.current import places
from blockwise.places.outline import outline
from blockwise.problems import NotFound
from blockwise.rooms import Role, Rule, house


@require_GET
def front(request: HttpRequest) -> HttpResponse:
    seal = Seal.objects.defer("leaves").order_by("-number").first()
    whole = json.dumps(seals.public(seal)) if seal else ""
    blocks = _blocks()
    context = {"seal": seal, "whole": whole, "blocks": blocks, "drawn": outline() if blocks else None}
    return render(request, "site/front.html", context)


def _blocks() -> dict[str, int] | None:
    """Residents and the number of smallest blocks; None before a city is loaded."""
    try:
        here = places()
    except NotFound:
        return None
    deepest = len(here.city.levels) - 1
    cells = [block for block in here.blocks.values() if block.level == deepest and block.retired_on is None]
    return {"cells": len(cells), "people": sum(block.population for block in cells)}


@require_GET
def rules(request: HttpRequest) -> HttpResponse:
    """Every rule of the policy by role, for anybody: what, where, for what purpose, and which tokens may do it."""
    own = actor_of(request).roles() if request.user.is_authenticated else frozenset()
    found: dict[Role, list[tuple[Promise, Rule, str]]] = {role: [] for role in Role}
    for what, words in ((what, words) for room in house().rooms for what, words in room.allows.items()):
        for rule in house().rules[what]:
            found[rule.who].append((words, rule, house().scope_of.get(what, "")))
    shown = [(role, rows, role in own) for role, rows in found.items() if rows]
    return render(request, "rules.html", {"roles": shown})


urlpatterns = [path("", front, name="front"), path("rules/", rules, name="rules")]
