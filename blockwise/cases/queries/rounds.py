"""The rounds of a case as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from blockwise.rooms import house

from ..kinds import registry
from ..kinds.model import Kind, Words
from ..models import Case, CaseRound
from .story import actor_names


@dataclass(frozen=True)
class ShownRound:
    """`state`: open, ended, or lapsed with its case. `facts`: label and value of what was given in it."""

    words: Words
    row: CaseRound
    by: str
    facts: tuple[tuple[Any, Any], ...]

    @property
    def state(self) -> str:
        return state(self.row)

    @property
    def ended_at(self) -> datetime | None:
        return self.row.ended_at


def state(row: CaseRound) -> str:
    if row.ended_at is None:
        return "open"
    return "lapsed" if row.lapsed else "ended"


def rows_of(case: Case) -> list[CaseRound]:
    """In the order in which they began; no query for a kind without rounds."""
    return list(case.rounds.order_by("pk")) if registry.of(case).rounds else []


def rounds_of(case: Case) -> list[ShownRound]:
    kind, rows = registry.of(case), rows_of(case)
    names = actor_names(row.begun_by for row in rows) if rows else {}
    found = []
    for row in rows:
        declared = kind.round_named(row.name)
        words = declared.words if declared else Words(row.name, row.name)
        found.append(ShownRound(words, row, names[row.begun_by], _facts(kind, row)))
    return found


def _facts(kind: Kind, row: CaseRound) -> tuple[tuple[Any, Any], ...]:
    given = ((field, row.fields.get(field.name)) for field in kind.fields)
    return tuple(
        (field.label, house().field_types[field.type].shown(field, value))
        for field, value in given
        if value not in (None, "", False)
    )
