"""The public front page: what this city's Blockwise is, what it does not do, and its latest seal."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from blockwise.ledger import seals
from blockwise.ledger.models import Seal
from blockwise.places.current import places
from blockwise.places.outline import outline
from blockwise.problems import NotFound
from blockwise.rooms import house


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
    """Every rule of the policy, for anybody: what, who, where and for what purpose."""
    found = [
        (words, house().rules[what], house().scope_of.get(what, ""))
        for room in house().rooms
        for what, words in room.allows.items()
    ]
    return render(request, "rules.html", {"allowed": found})


urlpatterns = [path("", front, name="front"), path("rules/", rules, name="rules")]
