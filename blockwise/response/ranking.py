"""Effect `rank_units`: what the recommendation thought of the units a person sends, kept with the sending.

Roads are searched before the transaction; inside it nobody waits for that at the ledger's head.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blockwise.cases.engine.effects import Change
from blockwise.cases.models import Case
from blockwise.problems import Problem

from .recommend import ranks

NAME = "rank_units"


@dataclass(frozen=True)
class Ranked:
    """The place of each unit that could go, for the case as it was at `version`."""

    version: int
    ranks: Mapping[str, int]


def rank(case: Case, _data: Mapping[str, Any]) -> Ranked | None:
    """Sending never waits for there being a recommendation."""
    try:
        return Ranked(case.version, ranks(case))
    except Problem:
        return None


def rank_units(change: Change) -> None:
    """Note each unit's place in the recommendation, unless the case has changed since it was made."""
    found: Ranked | None = change.prepared.get(NAME)
    if found is None or found.version != change.case.version:
        return
    units = change.data.get("units")
    sent = [units] if isinstance(units, str) else units if isinstance(units, list) else []
    known = found.ranks
    change.line_data["ranks"] = {code: known[code] for code in sent if isinstance(code, str) and code in known}
