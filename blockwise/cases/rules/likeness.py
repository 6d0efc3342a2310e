"""How near two cases are in place, time and type: what may repeat what, and what is too far apart to be one event.

Exact places are compared here, also those of dwellings; so only open cases that the asker may see are handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from blockwise.analysis.distance import great_circle_km

from ..kinds.model import Merge
from ..models import Case
from .placing import UNPLACED
from .sealed_places import sealed_places

Alike = Literal["same", "family", "event", "other"]  # the type, its branch, branches told of one event, none of these
WEIGHT: Mapping[Alike, float] = {"same": 0.0, "family": 0.5, "event": 1.0, "other": 9.0}
Reason = Literal["place", "time", "type"]


@dataclass(frozen=True)
class Apart:
    """`metres` is None where one of the two has no exact place: then their blocks are compared. `unplaced`: one of them
    waits for its place; then they may be one event where the block of one lies in that of the other. `placeless`: both
    do; then nothing speaks for one event but the time, and neither is offered for the other."""

    metres: int | None
    same_block: bool
    seconds: int
    alike: Alike
    rule: Merge
    unplaced: bool = False
    placeless: bool = False

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why they would hardly be one event; empty when they may well be."""
        near = self.same_block if self.metres is None else self.metres <= self.rule.metres
        found: dict[Reason, bool] = {
            "place": not near,
            "time": self.seconds > self.rule.within.total_seconds(),
            "type": self.alike == "other",
        }
        return tuple(reason for reason, far in found.items() if far)

    @property
    def unlikely(self) -> float:
        """0 for the same type at the same place and time; grows with each of the three."""
        place = 1.0 if self.unplaced else 0.5 if self.metres is None else self.metres / self.rule.metres
        return place + self.seconds / self.rule.within.total_seconds() + WEIGHT[self.alike]


def compared(case: Case, others: Iterable[Case], rule: Merge) -> dict[int, Apart]:
    """How far each of `others` is from `case`, by number; the vault is asked once for all."""
    found = list(others)
    exact = sealed_places([case, *found])
    return {other.pk: _apart(case, other, exact, rule) for other in found}


def _apart(case: Case, other: Case, exact: Mapping[int, Mapping[str, Any]], rule: Merge) -> Apart:
    here, there = _point(case, exact), _point(other, exact)
    metres = round(float(great_circle_km(*here, *there)) * 1000) if here and there else None
    seconds = abs(round((other.opened_at - case.opened_at).total_seconds()))
    found = (case.place_found, other.place_found)
    unplaced, placeless = UNPLACED in found, set(found) == {UNPLACED}
    one, two = sorted((case.block_id, other.block_id), key=len)
    same = two.startswith(one) if unplaced else one == two
    return Apart(metres, same, seconds, alike(case.type, other.type, rule), rule, unplaced, placeless)


def _point(case: Case, exact: Mapping[int, Mapping[str, Any]]) -> tuple[float, float] | None:
    """Longitude and latitude in degrees, of a dwelling as the vault has it."""
    place = exact.get(case.pk) or {"lon_e7": case.lon_e7, "lat_e7": case.lat_e7}
    if place.get("lon_e7") is None or place.get("lat_e7") is None:
        return None
    return place["lon_e7"] / 1e7, place["lat_e7"] / 1e7


def alike(one: str, other: str, rule: Merge) -> Alike:
    if one == other:
        return "same"
    families = {one.split(".")[0], other.split(".")[0]}
    if len(families) == 1:
        return "family"
    return "event" if any(families <= set(group) for group in rule.alike) else "other"
