"""What is asked of access: who answers for a block, and which rows an actor may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from blockwise.places.models import Block
from blockwise.places.queries import city, in_subtree
from blockwise.problems import NotFound

from .actors import Actor, in_force
from .models import Grant, Role, User
from .policy import RULES, SCOPE_OF, Rule, Where, may_see_line
from .seams import CaseLike, KindLike, LineLike, seams

M = TypeVar("M", bound=Model)
L = TypeVar("L", bound=LineLike)


def answers_for(block_code: str) -> tuple[Block, User | None]:
    """The nearest block upwards (itself first) that has a leader now, with the leader; or itself and None."""
    prefixes = [block_code[:length] for length in range(1, len(block_code) + 1)]
    grant = (
        Grant.objects.filter(in_force(), role=Role.BLOCK_LEADER, block__in=prefixes, user__is_active=True)
        .select_related("block", "user")
        .order_by("-block__level", "starts_at", "pk")
        .first()
    )
    if grant is not None:
        return grant.block, grant.user
    block = Block.objects.filter(pk=block_code).first()
    if block is None:
        raise NotFound(_("There is no such block."), where="block")
    return block, None


def visible(actor: Actor, queryset: QuerySet[M], field: str = "block") -> QuerySet[M]:
    """The cases that `actor` may view, by the current kinds; the same rules as `policy.may_view`."""
    allowed = reach(actor, "case.view", field)
    if allowed is None:
        return queryset.none()
    return queryset.filter(allowed)


def reach(actor: Actor, what: str, field: str = "block") -> Q | None:
    """The condition on rows with a block under which `what` is allowed to the actor; None: nowhere."""
    if actor.system:
        return Q()
    if actor.scopes is not None and SCOPE_OF.get(what) not in actor.scopes:
        return None
    parts: list[Q] = []
    for rule in (rule for rule in RULES if rule.what == what):
        for held in (held for held in actor.held if held.role == rule.who):
            part = _part(actor, rule, held.block, field)
            if part == Q():
                return Q()
            if part is not None:
                parts.append(part)
    if not parts:
        return None
    allowed = parts[0]
    for part in parts[1:]:
        allowed |= part
    return allowed


def _part(actor: Actor, rule: Rule, block: str, field: str) -> Q | None:
    named = _named(rule)
    if named is None:
        return None
    if rule.where is Where.ASSIGNED:
        if not (actor.units and seams.crews):
            return None
        return named & Q(pk__in=seams.crews.cases_of(actor.units))
    if rule.where is Where.OWN_UNIT:
        return Q(pk__in=actor.units) if actor.units else None
    where = Q() if rule.where is Where.ANYWHERE or block == city().code else in_subtree(field, block)
    if rule.where is Where.PLAIN:
        where &= Q(sensitive=False)
    return named & where


def _named(rule: Rule) -> Q | None:
    """The kinds that name this role for viewing; no condition when all of them do, None when none does."""
    if rule.what != "case.view" or seams.cases is None:
        return Q()
    kinds = seams.cases.kinds().values()
    plain = rule.where is Where.PLAIN
    named = [kind.name for kind in kinds if rule.who in kind.view_roles and not (plain and kind.sensitive)]
    if not named:
        return None
    return Q() if len(named) == len(kinds) else Q(kind__in=named)


def visible_lines(actor: Actor, lines: Sequence[L]) -> list[L]:
    """Those of `lines` that the actor may see, with one look-up of the cases they are about."""
    if actor.system:
        return list(lines)
    cases = {case for line in lines if (case := _case_of(line))}
    subjects = seams.cases.subjects(cases) if seams.cases and cases else {}
    return [line for line in lines if _seen(actor, line, subjects)]


def _seen(actor: Actor, line: LineLike, subjects: Mapping[int, tuple[KindLike, CaseLike]]) -> bool:
    case = _case_of(line)
    if case and case not in subjects:
        return False
    return bool(may_see_line(actor, line, subjects[case] if case else None))


def _case_of(line: LineLike) -> int:
    """The id of the case the line is about; 0 for another thread."""
    thread: str = line.thread
    return int(thread[5:]) if thread.startswith("case:") else 0
