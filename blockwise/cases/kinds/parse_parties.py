"""The roles of parties and what acts do with them, read from a kind's text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .model import PartyRole, PartyStep
from .reader import Reader, words_of

FIELDS = ("name", "firm", "contact", "address", "language")  # what may be told of a party
MOST = 6  # of one role on a case
_STEPS: Mapping[str, PartyStep] = {
    "party": "adds",
    "changes_party": "changes",
    "consent": "consents",
    "erases_party": "erases",
}


def party_role(entry: Reader) -> PartyRole:
    keys = entry.at("parties.*")
    fields = keys["fields"].names()
    if unknown := [name for name in fields if name not in FIELDS] or (["nothing"] if not fields else []):
        why, way_out = "A party is told by these alone, and sealed", f"Write some of: {', '.join(FIELDS)}"
        keys["fields"].skip("party-field", f"{unknown[0]} is told of a party", why, way_out)
    return PartyRole(
        entry.name,
        words_of(keys),
        fields,
        most=keys["most"].integer(1, MOST) if "most" in keys else PartyRole.most,
        consent="consent" in keys and keys["consent"].boolean(),
    )


def of_act(keys: Mapping[str, Reader]) -> dict[str, Any]:
    """What an act's keys say of parties, as an Act takes it."""
    found: dict[str, Any] = {"needs": keys["needs"].names()} if "needs" in keys else {}
    given = [key for key in _STEPS if key in keys]
    if len(given) > 1:
        why = "An act does one thing with one party"
        keys[given[1]].skip("two-parties", f"{given[0]} and {given[1]} in one act", why, "Write an act for each")
    for key in given:
        found |= {"party": keys[key].word(), "party_step": _STEPS[key]}
    return found
