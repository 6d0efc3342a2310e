"""A second pair of eyes: whoever did one act on a case may not do another, told by the case's own lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext_lazy as _

from blockwise.access.actors import Actor
from blockwise.ledger.models import Line
from blockwise.problems import Forbidden

from ..kinds import registry
from ..kinds.model import Act, Kind, Words
from ..models import Case

Done = Mapping[int, frozenset[str]]  # what somebody did on each case, as far as some act of its kind asks


def done_by(actor: Actor, cases: Iterable[Case]) -> Done:
    """One query for all of them, and none where no act asks it; the system's own acts are declared."""
    asking = {case.thread: case.pk for case in cases if any(act.not_by for act in registry.of(case).acts)}
    if not asking or actor.system:
        return {}
    found: dict[int, set[str]] = defaultdict(set)
    for thread, act in Line.objects.filter(thread__in=asking, actor=actor.id).values_list("thread", "act"):
        found[asking[thread]].add(act)
    return {pk: frozenset(acts) for pk, acts in found.items()}


def barred(act: Act, case: Case, done: Done) -> str:
    """The act that this person did on the case and that keeps them from this one; empty where there is none."""
    return next((name for name in act.not_by if name in done.get(case.pk, ())), "")


def refuse_the_same(act: Act, kind: Kind, case: Case, actor: Actor) -> None:
    """Forbidden, in words, to whoever did what this act must not be done by. The case is locked by whoever acts, so
    that of two acts at once the second sees the first."""
    if act.not_by and (name := barred(act, case, done_by(actor, [case]))):
        what = _("You did “%(done)s” on this case; “%(act)s” is for somebody else.")
        fix = _("Ask another person who may do it.")
        raise Forbidden(what % {"done": _words(kind, name), "act": act.words}, where="act", fix=fix)


def _words(kind: Kind, name: str) -> Words:
    declared = kind.act(name)
    return declared.words if declared else Words("受理", "open")
