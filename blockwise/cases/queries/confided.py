"""Fields of a case under which something was told in confidence: that it was, never what."""

from __future__ import annotations

from dataclasses import dataclass

from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.access.policy import Sent

from ..kinds.model import Act, Field, Kind
from ..models import Case
from ..rules import sight


@dataclass(frozen=True)
class ConfidedField:
    """`needs`: the acts that are open to whoever asks and for which they may look at it."""

    field: Field
    needs: tuple[Act, ...]


def confided(case: Case, kind: Kind, actor: Actor) -> list[ConfidedField]:
    fields = [field for field in kind.fields if field.alone and field.name in case.sealed]
    sent = Sent()
    acts = sight.open_acts(case, actor, sent) if fields else []
    return [
        ConfidedField(field, tuple(act for act in acts if policy.may_look(actor, act, kind, case, sent, at=field.name)))
        for field in fields
    ]
