"""Opening an attachment: for an act that is open, or as oversight; every look and every copy is a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.ledger import lines, sealed_files
from blockwise.ledger.lines import Entry
from blockwise.problems import Forbidden, NotFound

from ..kinds import registry
from ..models import Case
from ..rules.answers import refuse_impossible
from ..rules.eyes import refuse_the_same
from ..rules.sight import not_there
from . import looks

ACT = "attachment_look"


@dataclass(frozen=True)
class Opened:
    type: str
    content: bytes


def look(case_id: int, name: str, actor: Actor, *, act: str = "", copy: bool = False) -> Opened:
    """The file, for the purpose of `act` (oversight needs none). Forbidden with the reason; it is on the record who
    opened it, in which role and what for, and whether a copy was taken. Counted with the looks at contacts."""
    policy.demand_scope(actor, "attachment.look")
    with looks.counted(case_id, actor, name[:12]), transaction.atomic():
        return _look(case_id, name, actor, act, copy)


def _look(case_id: int, name: str, actor: Actor, act: str, copy: bool) -> Opened:
    case = Case.objects.filter(pk=case_id).first() if 0 < case_id < 2**63 else None
    kind = registry.of(case) if case else None
    if case is None or kind is None or not policy.may_know(actor, kind, case):
        raise not_there()
    answer = policy.may_open_attachment(actor, act, kind, case)
    if not answer:
        raise Forbidden(answer.reason, where="act")
    if declared := kind.act(act):
        refuse_the_same(declared, kind, case, actor)
        refuse_impossible(kind, declared, case)
    told = _facts_of(case, name)
    looks.count(actor)
    content = sealed_files.open_(case.thread, name)
    data = {"name": name, "of": told["line"], "for": act, "copy": copy, "rule": answer.rule}
    lines.write([Entry(thread=case.thread, act=ACT, actor=actor.id, block=case.block_id, data=data)])
    return Opened(told["type"], content)


def _facts_of(case: Case, name: str) -> dict[str, Any]:
    """What the case's own lines say of the file; one that no line tells of is not there."""
    for row in lines.thread_lines(case.thread):
        for one in lines.data_of(row).get("attachments", ()):
            if one["name"] == name:
                return {**one, "line": row.number}
    raise NotFound(_("This case has no such attachment."), where="name", fix=_("Reload the case."))
