"""The parties of a case as they are shown: role, number, consent, never who it is."""

from __future__ import annotations

from dataclasses import dataclass

from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.access.policy import Sent

from ..kinds.model import Act, Kind, PartyRole, Words
from ..models import Case
from ..rules import party_values, sight


@dataclass(frozen=True)
class ShownParty:
    """`needs`: the acts that are open to whoever asks and for which they may look at it."""

    number: int
    role: PartyRole
    called: str
    consent: str  # given, refused, or empty: not asked yet
    erased: bool
    needs: tuple[Act, ...] = ()

    @property
    def mark(self) -> str:
        return str(self.number)

    @property
    def consents(self) -> object:
        return party_values.CONSENTS.get(self.consent, "")


def parties_of(case: Case, kind: Kind, actor: Actor) -> list[ShownParty]:
    """Every party of the case, in the order of their numbers; those that were erased are shown as such."""
    rows = list(case.parties.order_by("number")) if kind.parties else []
    gone, sent = party_values.gone(rows) if rows else frozenset(), Sent()
    acts = sight.open_acts(case, actor, sent) if rows else []
    found = []
    for row in rows:
        role = kind.party_role(row.role) or PartyRole(row.role, Words(row.role, row.role), ())
        needs = tuple(act for act in acts if policy.may_look(actor, act, kind, case, sent, at=row.role))
        erased = row.number in gone
        called = party_values.called(role, row.number)
        found.append(ShownParty(row.number, role, called, row.consent, erased, () if erased else needs))
    return found


def choices(case: Case, role: PartyRole) -> tuple[tuple[str, str], ...]:
    """Those of this role that an act may name."""
    rows = list(case.parties.filter(role=role.name).order_by("number"))
    gone = party_values.gone(rows)
    return tuple((str(row.number), party_values.called(role, row.number)) for row in rows if row.number not in gone)
