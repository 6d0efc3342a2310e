"""How many cases are open in a block: those that may be seen at once, hidden sensitive ones later and by fives.

A count that rises with a neighbour's call tells of the neighbour. So what a role may only count is counted as it stood
at a midnight at least a day ago, in no smallest block, and for nobody whom the kind does not name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.places.current import places
from blockwise.places.queries import in_subtree

from ..kinds import registry
from ..kinds.model import Kind, Words
from ..models import Case
from ..rules import wall

LATER = timedelta(days=1)
STEP = 5


@dataclass
class Open:
    name: str
    noun: Words
    open: int = 0
    late: int = 0


@dataclass(frozen=True)
class Rough:
    """`least` is a multiple of STEP; 0 says fewer than that."""

    noun: Words
    least: int


def counted(actor: Actor, block: str) -> list[Open]:
    """Open and late cases of each kind in the block as it is now, of those that the actor may see or are plain."""
    late = Count("pk", filter=Q(due_at__lt=clock.now()))
    rows = Case.objects.filter(in_subtree("block", block), final=False).values("kind", "kind_text", "sensitive")
    nouns, found = registry.all_ever(), dict[str, Open]()
    for row in rows.annotate(open=Count("pk"), late=late).order_by("kind"):
        if _counts_now(actor, registry.parsed(row["kind_text"]), row["sensitive"], block):
            one = found.setdefault(row["kind"], Open(row["kind"], _noun(nouns, row["kind"])))
            one.open, one.late = one.open + row["open"], one.late + row["late"]
    return list(found.values())


def _noun(kinds: Mapping[str, Kind], name: str) -> Words:
    return kinds[name].noun if name in kinds else Words(name, name)  # damaged: no kind is called so


def _counts_now(actor: Actor, kind: Kind, sensitive: bool, block: str) -> bool:
    if not policy.may_count(actor, kind, block, sensitive=sensitive):
        return False
    plain = not (sensitive or kind.sensitive)
    return bool(policy.may_view_in(actor, kind, block, sensitive=sensitive)) or (plain and not _smallest(block))


def hidden(actor: Actor, block: str) -> list[Rough]:
    """Of each kind with cases that the actor may count and not see: how many were open, roughly, a day ago or more."""
    if _smallest(block):
        return []
    kinds = [kind for kind in registry.all_ever().values() if _only_counts(actor, kind, block)]
    if not kinds:
        return []
    at = _a_day_ago()
    names = {kind.name for kind in kinds}
    there = Case.objects.filter(in_subtree("block", block), final=False, kind__in=names, sensitive=True)
    still = there.filter(opened_at__lt=at).values_list("kind", flat=True)
    ended = Case.objects.filter(closed_at__gte=at).values_list("kind", "block_id", "sensitive", "opened_at")
    since = [kind for kind, where, hidden, opened in ended if hidden and opened < at and where.startswith(block)]
    counts = Counter([*still, *(kind for kind in since if kind in names)])
    return [Rough(kind.noun, counts[kind.name] // STEP * STEP) for kind in kinds]


def _only_counts(actor: Actor, kind: Kind, block: str) -> bool:
    tells = kind.sensitive or kind.turns_sensitive
    counts = policy.may_count(actor, kind, block, sensitive=True)
    return tells and bool(counts) and not policy.may_view_in(actor, kind, block, sensitive=True)


def _a_day_ago() -> datetime:
    """The last midnight that is a day ago or more: within a day nothing changes."""
    return wall.shown(clock.now() - LATER).replace(hour=0, minute=0, second=0, microsecond=0)


def _smallest(block: str) -> bool:
    here = places()
    return here.blocks[block].level == len(here.city.levels) - 1
