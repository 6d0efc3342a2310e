"""A block's page: where it lies, who answers for it, what is open in it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from blockwise.access.actors import actor_of
from blockwise.access.queries import visible
from blockwise.places.current import BlockFacts, places
from blockwise.places.queries import answer_of, city, in_subtree

from ..models import Case
from ..queries import counts
from ..queries.shown import shown
from ..rules.words import both
from .place_pages import answer

OPEN_CASES = 20


def block_page(request: HttpRequest, code: str) -> HttpResponse:
    actor = actor_of(request)
    found = answer_of(code)
    here = places()
    facts = here.blocks[code]
    level = here.city.levels[facts.level]
    rows = visible(actor, Case.objects.filter(in_subtree("block", code), final=False))
    open_cases = list(rows.order_by("priority", "opened_at")[:OPEN_CASES])
    context = {
        "facts": facts,
        "words": both(facts.name, facts.name_en),
        "level": both(level["zh"], level["en"]),
        "at": answer(found),
        "below": [
            both_of(child) for child in here.blocks.values() if child.parent == code and child.retired_on is None
        ],
        "counts": counts.counted(actor, code),
        "hidden": counts.hidden(actor, code),
        "step": counts.STEP,
        "rows": shown(open_cases),
        "root": code == city().code,
    }
    return render(request, "cases/block.html", context)


def both_of(facts: BlockFacts) -> tuple[str, Any, int]:
    return facts.code, both(facts.name, facts.name_en), facts.population
