"""How big a generated city is. The district's figures are those of one real Chinese district."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from zlib import crc32

import numpy as np

Size = Literal["small", "district"]
Rng = np.random.Generator

CODE = "990306"
CENTRE = (102.2, 40.1)  # open desert: nobody can take it for a real town


@dataclass(frozen=True)
class Plan:
    """Counts a city must come out with; area in km2, strip (the river's width) in metres."""

    size: Size
    area_km2: float
    subdistricts: int
    zones: int
    communities: int
    beats: int
    cells: int
    street_blocks: int
    strip: float
    population: int
    stations: dict[str, int]
    units: dict[str, int]
    addresses: int
    calls_per_day: float
    surges: int
    surge_calls: tuple[int, int]  # from, to (not included)
    leisure_cells: int
    expressways: int


PLANS: dict[Size, Plan] = {
    "district": Plan(
        size="district", area_km2=400.0, subdistricts=10, zones=23, communities=124, beats=397, cells=4833,
        street_blocks=18000, strip=260.0, population=3_000_000,
        stations={"police": 34, "fire": 14, "ems": 16, "post": 56},
        units={
            "police car": 132, "police motorcycle": 50, "foot patrol": 40, "fire engine": 24, "ladder": 6,
            "ambulance": 32, "rescue truck": 5, "hazmat truck": 3, "volunteer team": 8,
        },
        addresses=120_000, calls_per_day=1500.0, surges=12, surge_calls=(10, 41), leisure_cells=150, expressways=4,
    ),
    "small": Plan(
        size="small", area_km2=33.0, subdistricts=2, zones=4, communities=12, beats=34, cells=400,
        street_blocks=2600, strip=160.0, population=248_000,
        stations={"police": 6, "fire": 3, "ems": 3, "post": 12},
        units={
            "police car": 26, "police motorcycle": 9, "foot patrol": 7, "fire engine": 5, "ladder": 1,
            "ambulance": 7, "rescue truck": 1, "hazmat truck": 1, "volunteer team": 3,
        },
        addresses=10_000, calls_per_day=200.0, surges=5, surge_calls=(8, 21), leisure_cells=14, expressways=1,
    ),
}  # fmt: skip


def stream(seed: int, subject: str) -> Rng:
    """The random numbers of one subject, so that a change in one leaves the others as they were."""
    return np.random.default_rng([seed, crc32(subject.encode())])


def apportion(total: int, weights: np.ndarray, least: int = 1) -> np.ndarray:
    """Whole shares of `total` in proportion to `weights` (n,), each at least `least`, by largest remainder."""
    free = total - least * len(weights)
    if free < 0:
        raise ValueError(f"{total} cannot be shared among {len(weights)} with at least {least} each")
    exact = free * weights / weights.sum()
    shares = np.floor(exact).astype(int)
    order = np.argsort(shares - exact, kind="stable")
    shares[order[: free - int(shares.sum())]] += 1
    return np.asarray(shares + least)
