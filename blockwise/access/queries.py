"""What is asked of access: who answers for a block, and which rows an actor may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from django.db.models import CharField, Max, Model, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from blockwise.places.models import Block
from blockwise.places.queries import city, in_subtree
from blockwise.problems import NotFound
from blockwise.rooms import Role, Rule, Where, house

from .actors import Actor, Held, held_at, in_force
from .models import Grant, User
from .policy import PLAIN, Sent, may_see_line, need_scope
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


def held_over(roles: Sequence[str], block_code: str) -> bool:
    """Whether somebody who may sign in holds one of these roles over this block now."""
    prefixes = [block_code[:length] for length in range(1, len(block_code) + 1)]
    rows = Grant.objects.filter(in_force(), role__in=roles, block__in=prefixes, user__is_active=True)
    return rows.exists()


def active(login: str) -> User | None:
    """Whoever signs in by this, and may."""
    return User.objects.filter(login=login, is_active=True).first()


def holders(role: str, block_code: str, most: int) -> list[User]:
    """Up to so many of those who may sign in and hold this role over this block now; a leader, over itself alone."""
    prefixes = [block_code[:length] for length in range(1, len(block_code) + 1)]
    over = [block_code] if role == Role.BLOCK_LEADER else prefixes
    grants = Grant.objects.filter(in_force(), role=role, block__in=over)
    return list(User.objects.filter(is_active=True, pk__in=grants.values("user")).order_by("pk")[:most])


def working_over(roles: Collection[str], block_code: str, most: int) -> list[User]:
    """Up to so many of those who may sign in and hold one of these roles over this block, or one around it, now: those
    of the nearest block first."""
    prefixes = [block_code[:length] for length in range(1, len(block_code) + 1)]
    grants = Grant.objects.filter(in_force(), role__in=roles, block__in=prefixes, user__is_active=True)
    nearest = grants.values_list("user_id").annotate(level=Max("block__level")).order_by("-level", "user_id")
    return list(User.objects.filter(pk__in=[pk for pk, _level in nearest[:most]]))


def ids_at_work() -> QuerySet[Grant, Any]:
    """The actor ids of everybody who may sign in and holds some role now, as a subquery."""
    named = Concat(Value("user:"), Cast("user_id", CharField()), output_field=CharField())
    return Grant.objects.filter(in_force(), user__is_active=True).annotate(actor=named).values("actor")


def leaders() -> list[tuple[str, User]]:
    """Every block that has leaders now, each with one of them a row, by block."""
    rows = Grant.objects.filter(in_force(), role=Role.BLOCK_LEADER, user__is_active=True).order_by("block", "starts_at")
    return [(grant.block_id, grant.user) for grant in rows.select_related("user")]


def roles_not_begun(first: datetime) -> list[tuple[str, datetime]]:
    """Logins of people who may sign in and hold no role at `first` but one later, with when the earliest begins."""
    later = Grant.objects.filter(user__is_active=True, starts_at__gt=first).order_by("starts_at", "user__login")
    held = Grant.objects.filter(held_at(first)).values("user_id")
    begins: dict[str, datetime] = {}
    for login, starts_at in later.exclude(user__in=held).values_list("user__login", "starts_at"):
        begins.setdefault(login, starts_at)
    return list(begins.items())


def visible(actor: Actor, queryset: QuerySet[M], field: str = "block") -> QuerySet[M]:
    """The cases that `actor` may view, each by the text it was opened under; the same rules as `policy.may_view`."""
    allowed = reach(actor, "case.view", field)
    if allowed is None:
        return queryset.none()
    return queryset.filter(allowed)


def reach(actor: Actor, what: str, field: str = "block") -> Q | None:
    """The condition on rows with a block under which `what` is allowed to the actor; None: nowhere.

    Forbidden for a token without the scope: an empty list would say that there is nothing.
    """
    if actor.system:
        return Q()
    need_scope(actor, house().scope_of.get(what, what))
    parts: list[Q] = []
    for rule in house().rules.get(what, ()):
        for held in (held for held in actor.held if held.role == rule.who):
            part = _part(actor, rule, held, field)
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


def _part(actor: Actor, rule: Rule, held: Held, field: str) -> Q | None:
    named = _named(rule)
    if named is None:
        return None
    if rule.where is Where.ASSIGNED:
        if not (actor.units and seams.crews):
            return None
        return named & Q(pk__in=seams.crews.cases_of(actor.units))
    if rule.where is Where.RECEIPT:
        return named & Q(pk=actor.receipt)
    if rule.where is Where.OWN_UNIT:
        return Q(pk__in=actor.units) if actor.units else None
    where = Q() if rule.where is Where.ANYWHERE or held.block == city().code else in_subtree(field, held.block)
    if rule.where is Where.DEPARTMENT:
        where &= Q(department=held.department) if held.department else Q(pk__in=())
    if rule.where is Where.ASSIGNEE:
        where &= Q(assignee=actor.id)
    plain = rule.where in PLAIN
    if plain:
        where &= Q(sensitive=False)
    if plain and rule.what == "case.view" and seams.cases:
        where &= Q(kind_text__in=seams.cases.texts())  # of any other nobody knows whether it is sensitive
    return named & where


def _named(rule: Rule) -> Q | None:
    """The texts of kinds that name this role for viewing; no condition when all of them do, None when none does.

    Said as those that do not, because no index serves that: the list stays with the index of its order.
    """
    if rule.what != "case.view" or seams.cases is None:
        return Q()
    texts = seams.cases.texts()
    closed = _closed(texts, rule.who, rule.where in PLAIN)
    if len(closed) == len(texts):
        return None
    return ~Q(kind_text__in=closed) if closed else Q()


@lru_cache(maxsize=256)
def _closed(texts: frozenset[str], role: str, plain: bool) -> tuple[str, ...]:
    """Those of the texts whose cases this role may not view; `plain`: nor those that are sensitive as a kind."""
    kinds = {text: seams.cases.kind_of(text) for text in sorted(texts) if seams.cases}
    return tuple(text for text, kind in kinds.items() if role not in kind.view_roles or (plain and kind.sensitive))


def visible_lines(actor: Actor, lines: Sequence[L]) -> list[L]:
    """Those of `lines` that the actor may see, with one look-up of the cases they are about."""
    if actor.system:
        return list(lines)
    cases = {case for line in lines if (case := _case_of(line))}
    subjects = seams.cases.subjects(cases) if seams.cases and cases else {}
    sent: Sent = {}
    return [line for line in lines if _seen(actor, line, subjects, sent)]


def _seen(actor: Actor, line: LineLike, subjects: Mapping[int, tuple[KindLike, CaseLike]], sent: Sent) -> bool:
    case = _case_of(line)
    if case and case not in subjects:
        return False
    return bool(may_see_line(actor, line, subjects[case] if case else None, sent))


def _case_of(line: LineLike) -> int:
    """The id of the case the line is about; 0 for another thread."""
    thread: str = line.thread
    return int(thread[5:]) if thread.startswith("case:") else 0
