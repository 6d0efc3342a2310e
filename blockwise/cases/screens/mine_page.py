"""What waits for the leader of a block: open cases there whose next step is theirs, the late ones first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor, actor_of
from blockwise.access.queries import visible
from blockwise.places.queries import in_subtree
from blockwise.problems import Forbidden
from blockwise.rooms import Role

from ..kinds import registry
from ..kinds.model import Act, Kind
from ..models import Case
from ..queries.shown import CaseRow, shown
from ..rules.eyes import Done, done_by
from ..rules.sight import open_acts
from ..rules.words import block_words

MOST = 100  # shown; how many more there are is said
STEPS = 3  # offered on a row; the rest is on the case's page


@dataclass(frozen=True)
class Todo:
    row: CaseRow
    steps: tuple[Act, ...]
    late: bool


def mine(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    blocks = own_blocks(actor)
    if not blocks:
        raise Forbidden(policy.NO_ROLE, where="mine")
    waiting = waiting_for(actor)
    cases = list(waiting.order_by(F("due_at").asc(nulls_last=True), "priority", "opened_at", "pk")[:MOST])
    count = waiting.count() if len(cases) == MOST else len(cases)
    now, done = clock.now(), done_by(actor, cases)
    context = {
        "todo": [
            Todo(row, _steps(row.case, actor, done), bool(row.case.due_at and row.case.due_at < now))
            for row in shown(cases)
        ],
        "count": count,
        "more": count - len(cases),
        "late": waiting.filter(due_at__lt=now).count(),
        "blocks": [(code, block_words(code)) for code in blocks],
        "openings": [kind for kind in registry.all_current().values() if Role.BLOCK_LEADER in kind.open_roles],
    }
    return render(request, "cases/mine.html", context)


def own_blocks(actor: Actor) -> list[str]:
    """The blocks that the actor leads, those inside another one left out."""
    led = sorted({held.block for held in actor.held if held.role == Role.BLOCK_LEADER})
    return [code for code in led if not any(code != other and code.startswith(other) for other in led)]


def waiting_for(actor: Actor) -> QuerySet[Case]:
    """Open cases of the own blocks in a stage out of which a block leader takes them."""
    here = reduce(or_, (in_subtree("block", code) for code in own_blocks(actor)))
    theirs = [
        Q(kind_text=text) & (Q(stage__in=stages) | ~Q(stage__in=known))
        for text, stages, known in _stages(registry.stored())
    ]
    rows = visible(actor, Case.objects.filter(here, final=False))
    return rows.filter(reduce(or_, theirs)) if theirs else rows.none()


@lru_cache(maxsize=4)
def _stages(texts: frozenset[str]) -> tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]:
    """Of every kind text ever stored, the stages that a block leader's act leads out of, and all that it knows: a case
    in another one was damaged, and is the leader's to see."""
    kinds = {text: registry.parsed(text) for text in sorted(texts)}
    found = [(text, _out_of(kind), tuple(stage.name for stage in kind.stages)) for text, kind in kinds.items()]
    return tuple(entry for entry in found if entry[1])


def _out_of(kind: Kind) -> tuple[str, ...]:
    acts = [act for act in kind.acts if Role.BLOCK_LEADER in act.roles and _leads_on(act)]
    return tuple(sorted({stage for act in acts for stage in act.from_stages}))


def _leads_on(act: Act) -> bool:
    return bool(act.to or act.advance) and not act.merge


def _steps(case: Case, actor: Actor, done: Done) -> tuple[Act, ...]:
    return tuple(act for act in open_acts(case, actor, done=done) if _leads_on(act))[:STEPS]
