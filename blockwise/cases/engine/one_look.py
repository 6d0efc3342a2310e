"""Looking at one party, or at what was told in confidence under one field, for an open act that needs it: each look
opens one, and is a line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.ledger import lines, vault
from blockwise.ledger.lines import Entry
from blockwise.ledger.vault import Erased
from blockwise.problems import NotFound

from ..kinds import registry
from ..models import Case, Party
from ..rules import party_values
from ..rules.sight import not_there
from . import looks


def at_party(case_id: int, number: int, act: str, actor: Actor) -> dict[str, Any]:
    """What is told of the party, for the purpose of `act`. Forbidden with the reason, Erased where it is gone.

    TooMany past the rate of a person, counted with the looks at contacts.
    """
    policy.demand_scope(actor, "contact.look")
    with looks.counted(case_id, actor, "party"), transaction.atomic():
        return _at_party(case_id, number, act, actor)


def _at_party(case_id: int, number: int, act: str, actor: Actor) -> dict[str, Any]:
    case = looks.case_of(case_id)
    row = Party.objects.filter(case=case, number=number).first() if 0 < number < 2**15 else None
    kind = registry.of(case)
    if row is None and policy.may_know(actor, kind, case):
        raise NotFound(_("This case has no such party."), where="party", fix=_("Reload the case."))
    if row is None:
        raise not_there()
    answer = looks.allowed(case, kind, act, actor, at=row.role)
    if party_values.gone([row]):
        raise Erased(_("This was erased and cannot be brought back."), where="party")
    looks.count(actor)
    opened = vault.open_many((row.thread, digest) for digest in row.sealed.values())
    data = {"for": act, "party": row.number, "role": row.role, "fields": sorted(row.sealed), "rule": answer.rule}
    _tell(case, actor, data)
    return {name: opened[row.thread, digest] for name, digest in row.sealed.items()}


@dataclass(frozen=True)
class Confided:
    """What was written under a field, with the line that says so; `text` is None where it was erased."""

    line: int
    at: datetime
    text: Any


def at_field(case_id: int, name: str, act: str, actor: Actor) -> list[Confided]:
    """All that was told in confidence under this field, oldest first. Refused and counted as a look at a party."""
    policy.demand_scope(actor, "contact.look")
    with looks.counted(case_id, actor, name[:40]), transaction.atomic():
        return _at_field(case_id, name, act, actor)


def _at_field(case_id: int, name: str, act: str, actor: Actor) -> list[Confided]:
    case = looks.case_of(case_id)
    kind = registry.of(case)
    field = kind.field_named(name)
    if (field is None or not field.alone) and policy.may_know(actor, kind, case):
        raise NotFound(_("Nothing is told in confidence under this name."), where="field", fix=_("Reload the case."))
    answer = looks.allowed(case, kind, act, actor, at=name)
    looks.count(actor)
    written = [(row, lines.data_of(row).get("sealed", {}).get(name)) for row in lines.thread_lines(case.thread)]
    opened = vault.open_many((case.thread, digest) for _row, digest in written if digest)
    _tell(case, actor, {"for": act, "field": name, "fields": [name], "rule": answer.rule})
    return [Confided(row.number, row.recorded_at, opened[case.thread, digest]) for row, digest in written if digest]


def _tell(case: Case, actor: Actor, data: dict[str, Any]) -> None:
    lines.write([Entry(thread=case.thread, act="look", actor=actor.id, block=case.block_id, data=data)])
