"""Who may know of which case, and which acts are open to whom: asked by the engine and by every list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from blockwise.access import policy
from blockwise.access import queries as access
from blockwise.access.actors import Actor
from blockwise.problems import NotFound

from ..kinds import registry
from ..kinds.check_links import unfit
from ..kinds.model import Act
from ..models import Case
from .answers import is_possible
from .eyes import Done, barred, done_by


def case_for(case_id: int, actor: Actor) -> Case:
    """The case, if `actor` may see it; NotFound, in the same words whether it is not there or not to be seen."""
    policy.demand_scope(actor, "case.view")
    case = Case.objects.filter(pk=case_id).first() if 0 < case_id < 2**63 else None
    if case is None or not policy.may_view(actor, registry.of(case), case):
        raise not_there()
    return case


def not_there() -> NotFound:
    """The one answer about a case that is not there and about one that may not be seen: it betrays neither."""
    fix = _("Check its number; if it is right, ask whoever is in charge there.")
    return NotFound(_("There is no such case, or none that you may see."), where="case", fix=fix)


def known_of(ids: Iterable[int], actor: Actor) -> frozenset[int]:
    """Those of these cases that the person may see, whatever the token is for; one query, none without ids."""
    wanted = set(ids)
    if not wanted:
        return frozenset()
    rows = access.visible(replace(actor, scopes=None), Case.objects.filter(pk__in=wanted))
    return frozenset(rows.values_list("pk", flat=True))


def known_cases(ids: Iterable[int], actor: Actor) -> dict[int, Case]:
    """The same, as rows."""
    wanted = set(ids)
    if not wanted:
        return {}
    return access.visible(replace(actor, scopes=None), Case.objects.filter(pk__in=wanted)).in_bulk()


def primaries(cases: Iterable[Case], actor: Actor) -> dict[int, int]:
    """The case that each of these repeats, where the actor may know of it."""
    named = {case.pk: case.primary_id for case in cases if case.primary_id}
    known = known_of(named.values(), actor)
    return {pk: primary for pk, primary in named.items() if primary in known}


def repeats_of(case: Case, actor: Actor) -> list[int]:
    """The cases that repeat this one and that the actor may know of."""
    return sorted(known_of(case.repeats.values_list("pk", flat=True), actor))


def _has_what_it_drops(case: Case, act: Act) -> bool:
    return not act.drops or any(case.fields.get(name) is not None for name in act.drops)


def _may_open_too(act: Act, case: Case, actor: Actor) -> bool:
    """Whether what the act opens is there, takes what it is given, and may be opened by this person."""
    assert act.opens
    target = registry.all_current().get(act.opens.kind)
    if target is None or not policy.may_open(actor, target, case.block_id):
        return False
    return next(unfit(registry.of(case), act, target), None) is None


def open_acts(case: Case, actor: Actor, sent: policy.Sent | None = None, done: Done | None = None) -> list[Act]:
    """The acts that are open at this stage and that `actor` may do, in the kind's order. `done`: asked before, for all
    of a list (eyes.py)."""
    kind = registry.of(case)
    sent = {} if sent is None else sent
    here = [act for act in kind.acts if case.stage in act.from_stages and _has_what_it_drops(case, act)]
    here = [act for act in here if act.opens is None or _may_open_too(act, case, actor)]
    done = done_by(actor, [case]) if done is None else done
    here = [act for act in here if is_possible(kind, act, case) and not barred(act, case, done)]
    return [act for act in here if policy.may_act(actor, act, kind, case, sent)]
