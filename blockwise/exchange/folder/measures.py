"""Lengths and speeds that are numbers of another unit: what the roads themselves give away."""

from typing import Final

import numpy as np

from blockwise.exchange.folder.plane import METRES_PER_DEGREE
from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.rows import Floats, Roads

FILE: Final = "roads.parquet"
LONG_ENOUGH_M: Final = 50.0  # between the ends of an edge whose length is compared
FEWEST: Final = 10  # edges
# How many times the distance of its ends the middle edge seems long, and the unit that would explain it.
UNITS: Final = (
    (2.6, 4.3, "feet", "Multiply length_m by 0.3048"),
    (0.0009, 0.0020, "kilometres", "Multiply length_m by 1,000"),
    (0.00055, 0.0009, "miles", "Multiply length_m by 1,609.344"),
)
SLOWEST_MIDDLE: Final = 15.0  # km/h
MOST_APART: Final = 3.0  # times, between two periods
SLOWEST_LIMIT: Final = 15.0
MOST_ODD_FIVES: Final = 0.5  # share of round limits such as 25 and 35, of which km/h know few


def straight_m(roads: Roads) -> Floats:
    """(n,) metres between the ends of each edge."""
    east = np.cos(np.radians((roads.from_lat + roads.to_lat) / 2))
    metres: Floats = METRES_PER_DEGREE * np.hypot((roads.to_lon - roads.from_lon) * east, roads.to_lat - roads.from_lat)
    return metres


def wrong_length_unit(roads: Roads, problems: Problems) -> bool:
    """Notes lengths that look like another unit's; True where they cannot be metres, so that no edge need be told."""
    straight = straight_m(roads)
    used = straight >= LONG_ENOUGH_M
    if used.sum() < FEWEST:
        return False
    ratio = float(np.median(roads.length_m[used] / straight[used]))
    for low, high, unit, fix in UNITS:
        if low <= ratio < high:
            what = f"length_m looks like {unit}: the middle edge has {ratio:.3g} times the distance of its ends"
            problems.error(FILE, None, what, f"{fix} if it is")
            return True
    return False


def slow_speeds(roads: Roads, problems: Problems) -> None:
    """Warns of periods at whose speed nobody drives, or far slower than another: a column in m/s, or mixed up."""
    middle = {period: float(np.median(speeds)) for period, speeds in roads.speed_kmh.items()}
    fastest = max(middle, key=lambda period: middle[period])
    for period, speed in middle.items():
        what = f"the middle speed of {period} is {speed:.3g} km/h"
        if speed < SLOWEST_MIDDLE:
            problems.warning(FILE, None, what, f"Correct speed_{period}_kmh if that is another unit")
        elif speed < middle[fastest] / MOST_APART:
            what = f"{what}, under a third of the {middle[fastest]:.3g} of {fastest}"
            problems.warning(
                FILE, None, what, f"Correct speed_{period}_kmh or speed_{fastest}_kmh if one is another unit"
            )


def doubtful_speeds(roads: Roads, problems: Problems) -> None:
    """Warns of speeds that look like miles an hour: most limits end in 5, as 25 and 35 do, in every country of mph."""
    if not len(roads.edge):
        return
    fastest = np.max(np.stack(list(roads.speed_kmh.values())), axis=0)
    round_ones = fastest[(fastest >= SLOWEST_LIMIT) & (fastest % 5 == 0)]
    if len(round_ones) < max(FEWEST, len(fastest) / 2):
        return
    odd = float(np.mean(round_ones % 10 == 5))
    if odd > MOST_ODD_FIVES:
        values, counts = np.unique(round_ones, return_counts=True)
        most = ", ".join(f"{value:g}" for value in values[np.argsort(-counts, kind="stable")][:3])
        what = f"the speeds look like miles an hour: {odd:.0%} of the round ones end in 5, the most frequent are {most}"
        problems.warning(FILE, None, what, "Multiply them by 1.609344 if they are; columns end in _kmh")
