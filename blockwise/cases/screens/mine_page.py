"""What waits for somebody: what is given to them, and what in the own blocks needs their step next; late ones first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor, actor_of
from blockwise.access.queries import ids_at_work, visible
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

WORKERS = frozenset(
    {Role.BLOCK_LEADER, Role.INSPECTOR, Role.MEDIATOR, Role.CLERK, Role.DEPARTMENT_OFFICER, Role.VOLUNTEER}
)
MOST = 100  # shown; how many more there are is said
STEPS = 3  # offered on a row; the rest is on the case's page


@dataclass(frozen=True)
class Todo:
    row: CaseRow
    steps: tuple[Act, ...]
    late: bool


def mine(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if not (roles := WORKERS & actor.roles()):
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
        "blocks": [(code, block_words(code)) for code in own_blocks(actor)],
        "openings": [kind for kind in registry.all_current().values() if roles & set(kind.open_roles)],
        "me": actor.id,
    }
    return render(request, "cases/mine.html", context)


def own_blocks(actor: Actor) -> list[str]:
    """The blocks where the actor works, those inside another one left out."""
    held = sorted({one.block for one in actor.held if one.role in WORKERS})
    return [code for code in held if not any(code != other and code.startswith(other) for other in held)]


def waiting_for(actor: Actor) -> QuerySet[Case]:
    """Open cases that are given to the actor; of those that are given to nobody, or to somebody who holds no role any
    more, the ones that wait in the own blocks, or for the own department, in a stage out of which an act of the own
    role leads."""
    theirs = Q(assignee=actor.id)
    nobodys = Q(assignee="") | ~Q(assignee__in=ids_at_work())
    for held in (held for held in actor.held if held.role in WORKERS):
        here = in_subtree("block", held.block) & nobodys
        if held.department:
            here &= Q(department=held.department)
        for text, stages, known in _stages(registry.stored(), held.role):
            theirs |= here & Q(kind_text=text) & (Q(stage__in=stages) | ~Q(stage__in=known))
    return visible(actor, Case.objects.filter(theirs, final=False))


@lru_cache(maxsize=32)
def _stages(texts: frozenset[str], role: str) -> tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]:
    """Of every kind text ever stored, the stages that an act of this role leads out of, and all that it knows: a case
    in another one was damaged, and is theirs to see."""
    kinds = {text: registry.parsed(text) for text in sorted(texts)}
    found = [(text, _out_of(kind, role), tuple(stage.name for stage in kind.stages)) for text, kind in kinds.items()]
    return tuple(entry for entry in found if entry[1])


def _out_of(kind: Kind, role: str) -> tuple[str, ...]:
    acts = [act for act in kind.acts if role in act.roles and _leads_on(act) and not act.by]
    return tuple(sorted({stage for act in acts for stage in act.from_stages}))


def _leads_on(act: Act) -> bool:
    return bool(act.to or act.advance or "take" in act.effects) and not act.merge


def _steps(case: Case, actor: Actor, done: Done) -> tuple[Act, ...]:
    return tuple(act for act in open_acts(case, actor, done=done) if _leads_on(act))[:STEPS]
