"""What the vault holds of cases' exact places."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from blockwise.ledger import vault

from ..models import Case


def exact_places(cases: Iterable[Case]) -> dict[int, dict[str, Any]]:
    """The exact place {lon_e7, lat_e7, text} of each open case, in a few queries.

    A closed case has none here: what happened at a dwelling can be found again by cell and day only (SCOPE).
    """
    return sealed_places(case for case in cases if not case.final)


def sealed_places(cases: Iterable[Case]) -> dict[int, dict[str, Any]]:
    """What the vault holds of the places, also of a case that an act is just ending; never to be shown as it is."""
    return {pk: place for pk, place in opened_places(cases).items() if isinstance(place, dict)}


def opened_places(cases: Iterable[Case]) -> dict[int, Any]:
    """The same, with None for a place that was erased and vault.Unopened for one that was damaged."""
    pairs = {(case.thread, case.sealed["place"]): case.pk for case in cases if "place" in case.sealed}
    opened = vault.open_many(pairs)
    return {pk: opened[pair] for pair, pk in pairs.items()}
