"""Posted speeds as they are written (OpenStreetMap wiki, Key:maxspeed): numbers, miles, words for a country's rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

KMH_PER_MPH: Final = 1.609344
KMH_PER_KNOT: Final = 1.852
LEAST, MOST = 1.0, 150.0  # km/h that a city's roads may have posted
WALK: Final = 7.0
NONE_POSTED: Final = 130.0  # "none": no limit
# A country's rule by the last word of "FI:urban"; km/h. Beyond these the way's class says it.
ZONES: Final[Mapping[str, float]] = {
    "urban": 50.0, "living_street": 10.0, "zone20": 20.0, "zone30": 30.0, "zone40": 40.0, "bicycle_road": 30.0,
    "pedestrian_zone": WALK,
}  # fmt: skip
_NUMBER = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?", re.IGNORECASE)


@dataclass(frozen=True)
class SpeedLimit:
    """km/h. `posted`: it was said of this way, not assumed by its class."""

    kmh: float
    posted: bool


def limit(tags: Mapping[str, str], direction: str, otherwise: float) -> tuple[SpeedLimit, tuple[tuple[str, str], ...]]:
    """The limit in this direction (forward, backward), and the tag that was not understood."""
    for key in (f"maxspeed:{direction}", "maxspeed"):
        if key not in tags:
            continue
        found = kmh(tags[key])
        if found is not None:
            return SpeedLimit(found, posted=True), ()
        return SpeedLimit(otherwise, posted=False), ((key, tags[key]),)
    return SpeedLimit(otherwise, posted=False), ()


def kmh(text: str) -> float | None:
    """None where it says no number and no rule that is known here; of several lanes the fastest."""
    texts = [one.strip() for one in re.split(r"[;|]", text) if one.strip()]
    values = [_one(one) for one in texts]
    known = [value for value in values if value is not None]
    return max(known) if known and len(known) == len(values) else None


def _one(text: str) -> float | None:
    if text == "walk":
        return WALK
    if text == "none":
        return NONE_POSTED
    if match := _NUMBER.fullmatch(text):
        unit = (match[2] or "").lower()
        found = float(match[1]) * (KMH_PER_MPH if unit == "mph" else KMH_PER_KNOT if unit == "knots" else 1.0)
        return found if LEAST <= found <= MOST else None
    country, _colon, rule = text.partition(":")
    rule = rule.replace(":", "")
    return ZONES.get(rule) if re.fullmatch(r"[A-Za-z]{2}(?:-[A-Za-z0-9]+)?", country) else None
