"""Looking at a contact: for an open act that needs it, every look a line, and no more of them than work needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.access import policy, throttle
from blockwise.access.actors import Actor
from blockwise.access.queries import visible_lines
from blockwise.ledger import lines, vault
from blockwise.ledger.lines import Entry
from blockwise.ledger.models import Line
from blockwise.problems import Forbidden, NotFound, TooMany
from blockwise.rooms import Role

from ..kinds import registry
from ..kinds.model import Kind
from ..models import Case
from ..rules.answers import refuse_impossible
from ..rules.eyes import refuse_the_same
from ..rules.sight import not_there

MOST, WINDOW_S = 40, 600  # looks of a person in ten minutes: more than work needs in its worst hour
ALARM = "looks_stopped"
ALARMS = "oversight"  # the thread of its lines
SHOWN, SHOWN_FOR = 20, timedelta(days=7)


def look(case_id: int, act: str, actor: Actor) -> dict[str, Any]:
    """The contact fields of a case, for the purpose of `act`. Forbidden with the reason; the look is on the record.

    TooMany past the rate of a person, whatever token or session they use; that they were stopped is told to oversight.
    """
    policy.demand_scope(actor, "contact.look")
    with counted(case_id, actor, "contact"), transaction.atomic():
        return _look(case_id, act, actor)


@contextmanager
def counted(case_id: int, actor: Actor, where: str) -> Iterator[None]:
    """Around a transaction in which a look is counted: one too many is told to oversight."""
    try:
        yield
    except TooMany as refused:
        _tell_oversight(case_id, actor)
        fix = _("Wait %(n)s s. Oversight is told.") % {"n": refused.more["retry_after"]}
        what = _("You looked at %(n)s contacts or attachments in a few minutes.") % {"n": MOST}
        raise TooMany(what, where=where, fix=fix, more=refused.more) from None


def _look(case_id: int, act: str, actor: Actor) -> dict[str, Any]:
    case = case_of(case_id)
    kind = registry.of(case)
    answer = allowed(case, kind, act, actor)
    count(actor)
    names = [field.name for field in kind.fields if field.of_contact and field.name in case.sealed]
    opened = vault.open_many([(case.thread, case.sealed[name]) for name in names])
    data = {"for": act, "fields": names, "rule": answer.rule}
    lines.write([Entry(thread=case.thread, act="look", actor=actor.id, block=case.block_id, data=data)])
    return {name: opened[case.thread, case.sealed[name]] for name in names}


def case_of(case_id: int) -> Case:
    case = Case.objects.filter(pk=case_id).first() if 0 < case_id < 2**63 else None
    if case is None:
        raise not_there()
    return case


def count(actor: Actor) -> None:
    """One look more of this person; one that is refused is rolled back with its count."""
    throttle.check(f"look:{actor.id}", MOST, WINDOW_S)
    throttle.hit(f"look:{actor.id}", MOST, WINDOW_S)


def _tell_oversight(case_id: int, actor: Actor) -> None:
    """A line, once in a window, in the block of the contact that was asked for."""
    with transaction.atomic():
        if throttle.hit(f"looks-stopped:{actor.id}", None, WINDOW_S) == 1:
            block = Case.objects.values_list("block", flat=True).get(pk=case_id)
            data = {"looks": MOST, "seconds": WINDOW_S}
            lines.write([Entry(thread=ALARMS, act=ALARM, actor=actor.id, block=block, data=data)])


def alarms(actor: Actor) -> list[Line]:
    """Who was stopped in the last days, where the actor oversees looks; newest first."""
    if Role.OVERSIGHT not in actor.roles():
        return []
    since = clock.real_now() - SHOWN_FOR
    rows = Line.objects.filter(thread=ALARMS, recorded_at__gt=since).order_by("-thread_number")
    return visible_lines(actor, list(rows[:SHOWN]))


def allowed(case: Case, kind: Kind, act: str, actor: Actor, *, at: str = "") -> policy.Answer:
    """Yes; a refusal says why to whoever may see the case, and to others that it is not there."""
    answer = policy.may_look(actor, act, kind, case, at=at)
    declared = kind.act(act)
    if answer and declared:
        refuse_the_same(declared, kind, case, actor)
        refuse_impossible(kind, declared, case)
        return answer
    if not policy.may_know(actor, kind, case):
        raise not_there()
    if declared is None:
        raise NotFound(_("This kind has no such act."), where="act", fix=_("Name the act you need it for."))
    raise Forbidden(answer.reason, where="act")
