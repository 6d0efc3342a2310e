"""The kinds of landmarks that a city folder may hold; one list for the folder, the table and the search."""

from __future__ import annotations

from typing import Final

BY_ROAD: Final = ("exit", "km_stone", "mile_stone")  # each with its road and its number there
LANDMARKS: Final = (
    *("station", "metro", "bus_stop", "hospital", "school", "market", "park", "fuel", "bank", "hotel", "bridge"),
    *("temple", "building", *BY_ROAD, "other"),
)
