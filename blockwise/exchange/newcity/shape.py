"""The lie of the land: outline, how dense each spot is, and the bending that makes straight cuts look grown."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, radians, sin, sqrt

import numpy as np
from scipy.spatial import ConvexHull

from blockwise.exchange.newcity.mesh import Point
from blockwise.exchange.newcity.plan import CENTRE, Plan, Rng

EARTH = 6_371_008.8  # metres, mean radius


def outline(plan: Plan, rng: Rng) -> list[Point]:
    """A convex ring, counter-clockwise, metres from the centre, of the plan's area."""
    angles = np.sort((np.arange(30) + rng.uniform(-0.35, 0.35, 30)) * 2 * pi / 30)
    radii = np.column_stack([1.18 * np.cos(angles), 0.86 * np.sin(angles)]) * rng.uniform(0.93, 1.07, (30, 1))
    hull = ConvexHull(radii)
    ring = radii[hull.vertices] * sqrt(plan.area_km2 * 1e6 / hull.volume)
    return [(float(x), float(y)) for x, y in ring]


def reach(plan: Plan) -> float:
    """Radius in metres of a circle as large as the city."""
    return sqrt(plan.area_km2 * 1e6 / pi)


def density(plan: Plan, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Cells per area, relative: one old core, two younger centres, thin edges. Metres in."""
    size = reach(plan)
    centres = [(0.05, 0.02, 0.34, 13.0), (-0.62, 0.28, 0.2, 5.0), (0.55, -0.38, 0.22, 5.0)]
    total = np.full(np.shape(x), 1.0)
    for cx, cy, width, height in centres:
        total = total + height * np.exp(-((x / size - cx) ** 2 + (y / size - cy) ** 2) / (2 * width**2))
    return np.asarray(total)


@dataclass(frozen=True)
class Waves:
    """A sum of plane waves: rows of (kx, ky per metre, phase, amplitude)."""

    rows: np.ndarray

    @classmethod
    def drawn(cls, rng: Rng, lengths: list[float], heights: list[float]) -> Waves:
        """Three waves of each length (metres), in random directions."""
        rows = []
        for length, height in zip(lengths, heights, strict=True):
            for angle, phase in zip(rng.uniform(0, pi, 3), rng.uniform(0, 2 * pi, 3), strict=True):
                k = 2 * pi / length
                rows.append((k * cos(angle), k * sin(angle), phase, height / sqrt(3)))
        return cls(np.array(rows))

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Height at each point (n,)."""
        kx, ky, phase, height = self.rows.T[:, :, None]
        return np.asarray((height * np.sin(kx * x + ky * y + phase)).sum(axis=0))


def bent(plan: Plan, xy: np.ndarray, rng: Rng) -> np.ndarray:
    """Points (n, 2) moved by a smooth map that folds nowhere (its gradient stays under 1)."""
    size = reach(plan)
    lengths = [1.1 * size, 0.45 * size, 900.0]
    heights = [0.045 * size, 0.014 * size, 14.0]
    east, north = Waves.drawn(rng, lengths, heights), Waves.drawn(rng, lengths, heights)
    x, y = xy.T
    return np.column_stack([x + east.at(x, y), y + north.at(x, y)])


def to_degrees(xy: np.ndarray) -> np.ndarray:
    """Metres from the centre (n, 2) to longitude and latitude, rounded to 1e-7 degree."""
    lon0, lat0 = CENTRE
    scale = np.array([EARTH * cos(radians(lat0)), EARTH])
    return np.asarray(np.round(np.degrees(xy / scale) + np.array([lon0, lat0]), 7))


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Metres along the great circle between points (n, 2) in degrees, pair by pair (haversine)."""
    (lon_a, lat_a), (lon_b, lat_b) = np.radians(a).T, np.radians(b).T
    h = np.sin((lat_b - lat_a) / 2) ** 2 + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    return np.asarray(2 * EARTH * np.arcsin(np.sqrt(h)))
