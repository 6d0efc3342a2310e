"""The pieces between roads: what a block falls into when it is cut along every road in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

GRAIN: Final = 1e-7  # degrees: the digits that are written


@dataclass(frozen=True)
class Faces:
    """`shape` (n) tile their block; `weight` (n): residents or addresses; `beside` (n, n): length of the common border
    in degrees."""

    shape: NDArray[np.object_]
    middle: NDArray[np.float64]  # (n, 2) degrees
    weight: NDArray[np.float64]
    beside: csr_array


def faces_of(block: shapely.Geometry, roads: NDArray[np.object_], points: NDArray[np.float64]) -> Faces:
    """The faces of one block. `roads`: lines; `points` (m, 2): one for each resident or address, weighed alike."""
    whole = shapely.set_precision(block, GRAIN)
    near = shapely.set_precision(roads[shapely.intersects(roads, whole)], GRAIN) if len(roads) else roads
    inside = near[~shapely.is_empty(near)]
    lines = shapely.unary_union([whole.boundary, *inside], grid_size=GRAIN)
    pieces = shapely.get_parts(shapely.polygonize(shapely.get_parts([lines])))
    inner = shapely.contains(shapely.buffer(whole, GRAIN), shapely.point_on_surface(pieces))
    pieces = pieces[inner & (shapely.area(pieces) > 0)]
    order = np.lexsort(tuple(np.round(shapely.get_coordinates(shapely.centroid(pieces)).T, 7)))
    pieces = pieces[order]
    return Faces(pieces, shapely.get_coordinates(shapely.centroid(pieces)), _weights(pieces, points), beside(pieces))


def _weights(pieces: NDArray[np.object_], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many points lie in each; a point on a border is counted once."""
    found = np.zeros(len(pieces))
    if len(points):
        which, piece = shapely.STRtree(pieces).query(shapely.points(points), predicate="intersects")
        _once, first = np.unique(which, return_index=True)
        np.add.at(found, piece[first], 1.0)
    return found


def beside(shapes: NDArray[np.object_]) -> csr_array:
    """Of shapes that tile (n), the lengths of their common borders (n, n), in their own unit."""
    one, other = shapely.STRtree(shapes).query(shapes, predicate="touches")
    border = shapely.length(shapely.intersection(shapes[one], shapes[other]))
    long = border > 0  # not a corner alone
    return coo_array((border[long], (one[long], other[long])), shape=(len(shapes), len(shapes))).tocsr()
