"""Effect `rank_units`: what the recommendation thought of the units a person sends, kept with the sending."""

from __future__ import annotations

from blockwise.cases.effects import Change
from blockwise.problems import Problem

from .recommend import ranks


def rank_units(change: Change) -> None:
    """Note each unit's place in the recommendation as it is now; sending never waits for there being one."""
    if change.actor.system:
        return
    try:
        known = ranks(change.case)
    except Problem:
        return
    units = change.data.get("units")
    sent = [units] if isinstance(units, str) else units if isinstance(units, list) else []
    change.line_data["ranks"] = {code: known[code] for code in sent if isinstance(code, str) and code in known}
