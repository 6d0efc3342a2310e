"""Every open case on paper, with what it takes to go on without a screen: units, who answers where, empty lines."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from blockwise import clock
from blockwise.access.actors import Actor, actor_of
from blockwise.access.queries import leaders, visible
from blockwise.cases.kinds.model import Words
from blockwise.cases.models import Case
from blockwise.cases.rules.words import block_words, both
from blockwise.places.current import places
from blockwise.places.queries import block_at, city

from . import queries
from .waiting import urgent_first

EMPTY_LINES = 12


def sheet(request: HttpRequest) -> HttpResponse:
    """All of them, however many: the one paper of the worst hour leaves nothing out."""
    actor = actor_of(request)
    now, here = clock.now(), city()
    open_cases = visible(actor, Case.objects.filter(final=False))
    context = {
        "rows": queries.queue_rows(list(urgent_first(open_cases)), now),
        "groups": _units(actor),
        "leaders": _leaders(actor),
        "empty": range(EMPTY_LINES),
        "name": both(here.name_zh, here.name_en),
        "printed_at": now,
    }
    return render(request, "response/sheet.html", context)


def _units(actor: Actor) -> list[tuple[Words, list[tuple[queries.Chip, str]]]]:
    """The units on duty by what they do, each with the block in which it was last."""
    found = queries.board(actor).groups
    return [(group.words, [(chip, _block_of(chip)) for chip in group.chips]) for group in found]


def _block_of(chip: queries.Chip) -> str:
    answer = block_at(round(chip.lon * 1e7), round(chip.lat * 1e7))
    return str(block_words(answer.block)) if answer else ""


def _leaders(actor: Actor) -> list[tuple[Words, Words]]:
    """Block and leader, of the blocks that the actor's roles are for and of those above."""
    own, blocks = [held.block for held in actor.held], places().blocks
    near = [(block, user) for block, user in leaders() if any(_related(block, one) for one in own)]
    named = [(blocks[block], user) for block, user in near if block in blocks]
    return [(both(facts.name, facts.name_en), both(user.name, user.name_en)) for facts, user in named]


def _related(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
