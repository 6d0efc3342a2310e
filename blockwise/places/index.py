"""Which block a point lies in: a tree of outlines per level, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NOWHERE: Final = -1
SEAM: Final = 2e-7  # degrees (2 cm): a point that rounding put between two of the smallest still has one


class BlockIndex:
    """Outlines in WGS84 degrees, found by point: the block of the deepest level, on a border the smallest code."""

    def __init__(self, codes: Sequence[str], levels: Sequence[int], shapes: Sequence[shapely.Geometry]) -> None:
        order = sorted(range(len(codes)), key=lambda k: (-levels[k], codes[k]))
        self.codes = tuple(codes[k] for k in order)
        self.levels = np.array([levels[k] for k in order], dtype=np.int64)
        self.shapes = np.array([shapes[k] for k in order], dtype=object)
        starts, sizes = np.unique(-self.levels, return_index=True, return_counts=True)[1:]
        self._layers = [
            (start, shapely.STRtree(self.shapes[start : start + size]))
            for start, size in zip(starts.tolist(), sizes.tolist(), strict=True)
        ]

    def at(self, lon: float, lat: float) -> str | None:
        """The code of the block at a point, or None outside the city."""
        point = shapely.Point(lon, lat)
        for start, tree in self._layers:
            hits = tree.query(point, predicate="intersects")
            if not hits.size and start == 0:
                hits = tree.query(point, predicate="dwithin", distance=SEAM)
            if hits.size:
                return str(self.codes[start + int(hits.min())])
        return None

    def find(self, lon: Floats, lat: Floats) -> Ints:
        """Positions in `codes` of the blocks at points (n), NOWHERE outside the city; as `at`."""
        found = np.full(lon.shape, NOWHERE, dtype=np.int64)
        points = shapely.points(lon, lat)
        for start, tree in self._layers:
            for predicate, distance in (("intersects", None), ("dwithin", SEAM))[: 2 if start == 0 else 1]:
                left = np.flatnonzero(found == NOWHERE)
                if not left.size:
                    return found
                row, hit = tree.query(points[left], predicate=predicate, distance=distance)
                best = np.full(left.size, len(self.codes), dtype=np.int64)
                np.minimum.at(best, row, hit + start)
                found[left] = np.where(best < len(self.codes), best, NOWHERE)
        return found
