"""Circles about every place: the places nearest to it, one after the other (Kulldorff 1997)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
EARTH_RADIUS_KM: Final = 6367.0  # as SaTScan has it
SAME: Final = 1e-9  # of the extent of all places: nearer than this two distances are one
MOST_PAIRS: Final = 400_000_000


@dataclass(frozen=True)
class Circles:
    """The places about each of n centres (which are the places themselves), nearest first.

    Those of centre i are `other[first[i] : first[i + 1]]`. `ring` is true where a circle may end: places at the same
    point come into it together. Of places equally far away the one with the lesser first coordinate (then second, then
    third) comes first, as in SaTScan; `ties`: there are such. `points` (n, 2 or 3) are in km.
    """

    first: Integers
    other: NDArray[np.int32]
    ring: NDArray[np.bool_]
    points: Floats
    on_sphere: bool
    ties: bool

    @property
    def n(self) -> int:
        return int(self.first.size - 1)

    def within(self, weight: Floats, limit: float) -> Integers:
        """How many places about each centre (n,) make up its largest circle with at most `limit` of `weight` (n,)."""
        passed = np.concatenate([[0.0], np.cumsum(weight[self.other])])
        inside = passed[1:] - np.repeat(passed[self.first[:-1]], np.diff(self.first)) <= limit * (1 + 1e-12)
        kept = np.where(inside & self.ring, np.arange(self.other.size) + 1, 0)
        last = np.maximum.reduceat(kept, self.first[:-1])
        return np.maximum(last - self.first[:-1], 0)

    def members(self, centre: int, count: int) -> NDArray[np.int32]:
        return self.other[self.first[centre] : self.first[centre] + count]

    def radius(self, centre: int, count: int) -> float:
        """The distance of the last of so many places, in km along the sphere or in the unit of the coordinates."""
        last = self.members(centre, count)[-1]
        apart = float(np.linalg.norm(self.points[centre] - self.points[last]))
        return 2 * EARTH_RADIUS_KM * math.asin(min(apart / 2 / EARTH_RADIUS_KM, 1)) if self.on_sphere else apart


def on_the_sphere(lon: ArrayLike, lat: ArrayLike, max_radius: float = np.inf) -> Circles:
    """Circles by great-circle distance of places in degrees (n,), up to `max_radius` km."""
    x, y = np.radians(np.asarray(lon, np.float64)), np.radians(np.asarray(lat, np.float64))
    unit = np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)], axis=1)
    return _circles(EARTH_RADIUS_KM * unit, max_radius, on_sphere=True)


def on_the_plane(x: ArrayLike, y: ArrayLike, max_radius: float = np.inf) -> Circles:
    """Circles by Euclidean distance of places (n,), up to `max_radius` in the unit of the coordinates."""
    return _circles(np.stack([np.asarray(x, np.float64), np.asarray(y, np.float64)], axis=1), max_radius, False)


def _circles(points: Floats, max_radius: float, on_sphere: bool) -> Circles:
    """ValueError for no place, a place that is not finite, a radius below 0, or more than MOST_PAIRS pairs."""
    if not len(points) or not np.isfinite(points).all():
        raise ValueError("Places are one or more, each with two finite coordinates.")
    if not max_radius >= 0:
        raise ValueError("The largest radius is a distance, 0 or more.")
    same = SAME * float(np.ptp(points, axis=0).max())
    reach = _chord(max_radius, on_sphere) + same
    tree = cKDTree(points)
    size = np.full(len(points), len(points))
    if np.isfinite(reach):
        size = np.asarray(tree.query_ball_point(points, reach, return_length=True))
    if size.sum() > MOST_PAIRS:
        raise ValueError(f"{int(size.sum()):,} pairs of places lie in one circle. Give a smaller largest radius.")
    first = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    other, ring = np.empty(first[-1], dtype=np.int32), np.empty(first[-1], dtype=np.bool_)
    everyone, ties = np.arange(len(points)), False
    for centre, point in enumerate(points):
        near = np.array(tree.query_ball_point(point, reach), dtype=np.int64) if np.isfinite(reach) else everyone
        away = np.linalg.norm(points[near] - point, axis=1)
        order = np.argsort(away, kind="stable")
        apart = np.diff(away[order]) > same
        if not apart.all():
            level = np.empty(near.size, dtype=np.int64)
            level[order] = np.concatenate([[0], np.cumsum(apart)])
            order = np.lexsort((*points[near].T[::-1], level))
            apart = np.linalg.norm(np.diff(points[near[order]], axis=0), axis=1) > same
            ties = ties or bool((apart & (np.diff(level[order]) == 0)).any())
        part = slice(first[centre], first[centre + 1])
        other[part], ring[part] = near[order], np.append(apart, True)
    return Circles(first, other, ring, points, on_sphere, ties)


def _chord(arc: float, on_sphere: bool) -> float:
    if not on_sphere:
        return arc
    return 2 * EARTH_RADIUS_KM * math.sin(arc / 2 / EARTH_RADIUS_KM) if arc < math.pi * EARTH_RADIUS_KM else math.inf
