"""What acts do with the parties of a case: each is sealed under a key of its own, and called by role and number.

An act that erases one says so in its line; the key is destroyed right after, in a transaction of its own, or by the
worker if that was cut short.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from blockwise.ledger import erase, vault
from blockwise.ledger.lines import Entry
from blockwise.ledger.models import DataKey
from blockwise.problems import Conflict, Invalid

from ..kinds.model import Act, PartyRole
from ..models import Party
from ..rules import party_values
from . import idempotency
from .clocks import WORKER
from .effects import Change

MOST_EVER = 24  # of one case, those that were erased too
THREAD = "party"
ACT = "party_sealed"  # of the line in a party's own thread


def keys(act: Act) -> frozenset[str]:
    """What such an act takes in its data."""
    return party_values.KEYS[act.party_step] if act.party_step else frozenset()


def apply(change: Change) -> None:
    """Carry the act over to the party that it is about; the case is locked, so of two at once the second sees it."""
    role = change.kind.party_role(change.act.party) if change.act.party else None
    if role is None or change.act.party_step is None:
        return
    rows = list(Party.objects.filter(case=change.case).order_by("number"))
    row = _STEPS[change.act.party_step](change, role, rows)
    row.save()
    change.line_data |= {"party": row.number, "role": role.name}


def _add(change: Change, role: PartyRole, rows: list[Party]) -> Party:
    there = list(_there(role, rows))
    if len(there) >= role.most:
        known = ", ".join(party_values.called(role, number) for number in there)
        what = _("There are as many as this case may have: %(parties)s.") % {"parties": known}
        raise Conflict(what, where="act", fix=_("Look whether it is one of these, and change that one."))
    if len(rows) >= MOST_EVER:
        raise Conflict(_("This case has had as many parties as a case may."), where="act", fix=_("Open another case."))
    vault.key_for(change.case.thread)  # nothing is added to a case that was erased
    row = Party(case=change.case, number=rows[-1].number + 1 if rows else 1, role=role.name)
    _seal(change, row, party_values.details(role, change.data), new=True)
    return row


def _change(change: Change, role: PartyRole, rows: list[Party]) -> Party:
    row = _named(change, role, rows)
    _seal(change, row, party_values.details(role, change.data))
    return row


def _consent(change: Change, role: PartyRole, rows: list[Party]) -> Party:
    row = _named(change, role, rows)
    row.consent = change.line_data["consent"] = party_values.consent(change.data)
    return row


def _erase(change: Change, role: PartyRole, rows: list[Party]) -> Party:
    row = _named(change, role, rows)
    row.erased = True
    idempotency.forget_thread(change.case.thread)  # what was given with it is not even kept as a keyed hash
    transaction.on_commit(lambda: _erase_now(row.thread, change.actor.id), robust=True)
    return row


_STEPS: Mapping[str, Callable[[Change, PartyRole, list[Party]], Party]] = {
    "adds": _add, "changes": _change, "consents": _consent, "erases": _erase,
}  # fmt: skip


def _named(change: Change, role: PartyRole, rows: list[Party]) -> Party:
    """The party that the data names; a refusal says which there are."""
    there = _there(role, rows)
    number = party_values.number(change.data)
    if number not in there:
        known = ", ".join(party_values.called(role, one) for one in there) or "-"
        raise Invalid(_("This case has no such party."), where="party", fix=_("Give one of: %s.") % known)
    return there[number]


def _there(role: PartyRole, rows: list[Party]) -> dict[int, Party]:
    """Those of this role that were not erased, by number."""
    gone = party_values.gone(rows)
    return {row.number: row for row in rows if row.role == role.name and row.number not in gone}


def _seal(change: Change, row: Party, given: Mapping[str, str], *, new: bool = False) -> None:
    """Seal it and tell so in the party's own thread, where the record proves it against its own key."""
    texts = [vault.salted(name, value) for name, value in given.items()]
    vault.keep(row.thread, texts, new=new)
    digests: dict[str, Any] = {text.name: text.digest for text in texts}
    row.sealed = {**row.sealed, **digests}
    entry = Entry(row.thread, ACT, change.actor.id, change.case.block_id, {"sealed": digests})
    change.entries.append(entry)


def of_case(thread: str) -> list[str]:
    """The threads of the parties of a case, which are erased with it."""
    room, _colon, number = thread.partition(":")
    return [row.thread for row in Party.objects.filter(case=int(number))] if room == "case" else []


def forget_thread(thread: str) -> None:
    """What was kept of requests, where a party is erased by hand; an act that erases one did so itself."""
    room, _colon, rest = thread.partition(":")
    if room == THREAD:
        case, number = (int(part) for part in rest.split(":"))
        if Party.objects.filter(case=case, number=number, erased=False).exists():
            idempotency.forget_thread(f"case:{case}")


def _erase_now(thread: str, actor: str) -> None:
    erase.erase(thread, actor, "an act of its kind erases this party")


def finish() -> Iterator[int]:
    """Erase what an act said is erased and was cut short, one a piece."""
    thread = Concat(
        Value(f"{THREAD}:"), Cast(OuterRef("case_id"), CharField()), Value(":"), Cast(OuterRef("number"), CharField())
    )
    alive = Exists(DataKey.objects.filter(thread=thread, wrapped__isnull=False))
    for row in list(Party.objects.filter(alive, erased=True).order_by("pk")):
        _erase_now(row.thread, WORKER)
        yield 1
