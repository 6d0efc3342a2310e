"""In which coordinate system do the points of the roads fit the lengths of the roads?

GCJ-02 and BD-09 not only shift a map but stretch it, by up to some per cent and differently every few
kilometres. Lengths in metres know nothing of that. Where most edges are straight, their points taken in the
right system give the same ratio to the length everywhere, but for a constant and a part that depends on the
direction (whatever earth radius or ellipsoid the lengths were measured on); in a wrong one they do not.
"""

from typing import Final, get_args

import numpy as np

from blockwise.exchange.folder.plane import METRES_PER_DEGREE
from blockwise.exchange.folder.rows import Floats, Roads
from blockwise.places.coordinates import Crs, from_wgs84, to_wgs84

FEWEST_EDGES: Final = 200
SHORTEST_M: Final = 50.0
CLEAR: Final = 1e-6  # middle deviation of the logarithm of the ratio below which nothing is wrong
RATIO: Final = 0.4  # another system must leave at most this part of the deviation


def fitting_crs(roads: Roads, declared: Crs) -> Crs | None:
    """The system that fits the lengths far better than the declared one; None when none does."""
    as_read = _deviation(roads, declared, declared)
    if as_read is None or as_read <= CLEAR:
        return None
    others = [crs for crs in get_args(Crs) if crs != declared]
    deviations = {crs: _deviation(roads, declared, crs) for crs in others}
    best: Crs = min(others, key=lambda crs: deviations[crs] or np.inf)
    left = deviations[best]
    return best if left is not None and left <= RATIO * as_read else None


def _deviation(roads: Roads, declared: Crs, crs: Crs) -> float | None:
    """Middle deviation of log(length / distance) from its value for the direction; None with few edges."""
    from_lon, from_lat = to_wgs84(*from_wgs84(roads.from_lon, roads.from_lat, declared), crs)
    to_lon, to_lat = to_wgs84(*from_wgs84(roads.to_lon, roads.to_lat, declared), crs)
    east = (to_lon - from_lon) * np.cos(np.radians((from_lat + to_lat) / 2)) * METRES_PER_DEGREE
    north = (to_lat - from_lat) * METRES_PER_DEGREE
    distance = np.hypot(east, north)
    used = (roads.length_m >= SHORTEST_M) & (distance >= SHORTEST_M / 2)
    if used.sum() < FEWEST_EDGES:
        return None
    east, north, distance = east[used], north[used], distance[used]
    ratio = np.log(roads.length_m[used] / distance)
    along, across = (east**2 - north**2) / distance**2, 2 * east * north / distance**2
    return _middle_residual(np.column_stack((np.ones_like(ratio), along, across)), ratio)


def _middle_residual(terms: Floats, values: Floats) -> float:
    """Median of |residual| of a least-squares fit, fitted again a few times without the outlying edges."""
    kept = np.ones(len(values), dtype=np.bool_)
    residual = np.abs(values)
    for _ in range(5):
        fit = np.linalg.lstsq(terms[kept], values[kept], rcond=None)[0]
        residual = np.abs(values - terms @ fit)
        kept = residual <= 3 * np.median(residual) + 1e-12
    return float(np.median(residual))
