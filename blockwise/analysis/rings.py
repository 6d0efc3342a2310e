"""The area reached within some minutes by road, as polygons that look right on a map.

Every stretch of road driven within the time is painted on a grid; the area is all that lies within MARGIN_M
of it, cut out by marching squares (Lorensen and Cline 1987, in the plane) on the distance to the nearest
painted cell. Small holes are filled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import scipy
import shapely
from numpy.typing import NDArray

from blockwise.analysis.roads import Floats, RoadGraph, node_times

MARGIN_M: Final = 150.0
HOLE_M2: Final = 300_000.0
CELL_M: Final = 40.0
STEP_M: Final = 75.0  # between points along a road; the outline dents by less than 5 m between them
MAX_CELLS: Final = 500  # along the longer side; beyond, cells grow


def rings(
    graph: RoadGraph, period: str, lon: float, lat: float, minutes: Sequence[float]
) -> list[shapely.MultiPolygon]:
    """Areas in WGS84 degrees reached from a place within each number of minutes, in their order.

    ValueError for a graph without nodes, a place that is not finite or no minutes.
    """
    seconds = node_times(graph, period, graph.nearest(lon, lat), max(minutes) * 60.0)
    place = graph.project(lon, lat)[:, None]
    areas = [_area(np.hstack([place, _driven(graph, period, seconds, m * 60.0)])) for m in minutes]
    return [_degrees(graph, area) for area in areas]


def _driven(graph: RoadGraph, period: str, seconds: Floats, limit_s: float) -> Floats:
    """Points (2, k) in metres every STEP_M or closer along what is driven within the limit."""
    cost = graph.seconds[period]
    left = limit_s - seconds[graph.tail]
    used = np.flatnonzero((left > 0) & np.isfinite(cost))
    start, end = graph.metres.T[:, graph.tail[used]], graph.metres.T[:, graph.head[used]]
    reach = (end - start) * np.minimum(left[used] / np.maximum(cost[used], 1e-9), 1.0)
    count = np.ceil(np.hypot(*reach) / STEP_M).astype(np.int64) + 1
    row = np.repeat(np.arange(count.size), count)
    step = np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)
    return np.asarray(start[:, row] + reach[:, row] * (step / np.maximum(count - 1, 1)[row]))


def _area(points: Floats) -> shapely.Geometry:
    low, high = points.min(axis=1) - 2 * MARGIN_M, points.max(axis=1) + 2 * MARGIN_M
    cell = max(CELL_M, float((high - low).max()) / MAX_CELLS)
    shape = np.ceil((high - low) / cell).astype(np.int64) + 1
    empty = np.ones(shape, dtype=np.bool_)
    column, line = np.rint((points - low[:, None]) / cell).astype(np.int64)
    empty[column, line] = False
    margin = max(MARGIN_M, 2 * cell)
    outline = _outline(margin - scipy.ndimage.distance_transform_edt(empty) * cell)
    area = shapely.build_area(shapely.multilinestrings(shapely.linestrings(outline * cell + low)))
    return _without_small_holes(shapely.simplify(area, cell / 4))


_CORNERS: Final = np.array([(0, 0), (1, 0), (1, 1), (0, 1)])
_SIDES: Final = np.array([(0, 1), (1, 2), (3, 2), (0, 3)])  # corners, low to high: neighbours agree to the last bit


def _outline(field: Floats) -> Floats:
    """Segments (s, 2, 2), in grid units, between the corners above zero and the others."""
    inside = field > 0
    alike = sum(inside[i : i - 1 or None, j : j - 1 or None].astype(np.int8) for i, j in _CORNERS.tolist())
    squares = np.argwhere((alike > 0) & (alike < 4))
    corner = squares[:, None] + _CORNERS
    value = field[corner[..., 0], corner[..., 1]]
    low, high = value[:, _SIDES[:, 0]], value[:, _SIDES[:, 1]]
    crossed = (low > 0) != (high > 0)
    share = np.clip(low / np.where(crossed, low - high, 1.0), 0.001, 0.999)
    start, end = corner[:, _SIDES[:, 0]], corner[:, _SIDES[:, 1]]
    points = start + (end - start) * share[..., None]
    saddle = crossed.all(axis=1)
    simple = points[~saddle][crossed[~saddle]].reshape(-1, 2, 2)
    joined = (value.mean(axis=1) > 0) == (value[:, 0] > 0)  # through the middle: cut off corners 1 and 3, else 0 and 2
    pairs = np.where(joined[:, None], [0, 1, 2, 3], [3, 0, 1, 2])[saddle]
    double = np.take_along_axis(points[saddle], pairs[..., None], axis=1).reshape(-1, 2, 2)
    return np.concatenate([simple, double])


def _without_small_holes(area: shapely.Geometry) -> shapely.Geometry:
    parts: NDArray[np.object_] = shapely.get_parts(area)
    kept = [
        shapely.Polygon(part.exterior, [r for r in part.interiors if shapely.Polygon(r).area >= HOLE_M2])
        for part in parts
    ]
    return shapely.MultiPolygon(kept)


def _degrees(graph: RoadGraph, area: shapely.Geometry) -> shapely.MultiPolygon:
    return shapely.transform(area, graph.unproject)
