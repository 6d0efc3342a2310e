"""Looking at a contact: only for an open act that needs it, and every look is a line."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.ledger import lines, vault
from blockwise.ledger.lines import Entry
from blockwise.problems import Forbidden, NotFound

from .kinds import registry
from .models import Case

LOOKED_AT = ("contact", "position", "name")


def look(case_id: int, act: str, actor: Actor) -> dict[str, Any]:
    """The contact fields of a case, for the purpose of `act`. Forbidden with the reason; the look is on the record."""
    with transaction.atomic():
        case = Case.objects.filter(pk=case_id).first() if 0 < case_id < 2**63 else None
        if case is None:
            raise NotFound(_("There is no such case."), where="case")
        kind = registry.of(case)
        declared = kind.act(act)
        if declared is None:
            fix = _("Name the act you need it for.")
            raise NotFound(_("This kind has no such act."), where="act", fix=fix)
        answer = policy.may_look(actor, declared, kind, case)
        if not answer:
            raise Forbidden(answer.reason, where="act")
        names = [field.name for field in kind.fields if field.type in LOOKED_AT and field.name in case.sealed]
        opened = vault.open_many([(case.thread, case.sealed[name]) for name in names])
        line = Entry(
            thread=case.thread,
            act="look",
            actor=actor.id,
            block=case.block_id,
            data={"for": act, "fields": names, "rule": answer.rule},
        )
        lines.write([line])
        return {name: opened[case.thread, case.sealed[name]] for name in names}
