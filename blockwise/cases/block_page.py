"""A block's page: where it lies, who answers for it, what is open in it."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor, actor_of
from blockwise.access.queries import visible
from blockwise.places.current import BlockFacts, places
from blockwise.places.queries import answer_of, city, in_subtree

from .kinds import registry
from .models import Case
from .place_pages import answer
from .shown import both, shown

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
        "counts": _counts(actor, code),
        "rows": shown(open_cases),
        "root": code == city().code,
    }
    return render(request, "cases/block.html", context)


def both_of(facts: BlockFacts) -> tuple[str, Any, int]:
    return facts.code, both(facts.name, facts.name_en), facts.population


def _counts(actor: Actor, code: str) -> list[dict[str, Any]]:
    """Open and late cases of each kind in the block; none for whom counts are closed.

    Sensitive ones are counted too, but not in a smallest block, except for those who see them anyway: there, what the
    count has beyond the list would be a neighbour.
    """
    if not policy.may_count(actor, code):
        return []
    late = Count("pk", filter=Q(due_at__lt=clock.now()))
    here = places()
    rows = Case.objects.filter(in_subtree("block", code), final=False)
    if here.blocks[code].level == len(here.city.levels) - 1:
        rows = visible(actor, rows)
    found = rows.values("kind").annotate(open=Count("pk"), late=late)
    kinds = registry.all_current()
    return [
        {"open": row["open"], "late": row["late"], "noun": kinds[row["kind"]].noun, "name": row["kind"]}
        for row in found
        if row["kind"] in kinds
    ]
