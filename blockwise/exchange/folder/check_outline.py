"""A block's outline in another coordinate system than its children: their borders miss each other by just that move.

Outline and children often come from two makers. Taken as holes and overlaps, one such outline is told once a child;
taken as what it is, once.
"""

from collections import defaultdict
from typing import Final

import numpy as np
import shapely

from blockwise.exchange.folder.check_crs import NAMES, finding
from blockwise.exchange.folder.crs_pairs import Pair
from blockwise.exchange.folder.plane import Plane, Shapes
from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.rows import BlockRow, CityFolder, Floats
from blockwise.places.coordinates import Crs, in_china_box

OUTLINE: Final = "outline"
CHILDREN: Final = "children"
NOISE_M: Final = 20.0  # middle distance of the borders below which nothing is wrong
FLOOR_M: Final = 5.0
FIX: Final = "Give a block and its children one coordinate system; the union of its children will do as its outline"


def check_outlines(folder: CityFolder, problems: Problems) -> None:
    """Notes each outline, or each block's children, that lie in another coordinate system."""
    families: dict[str, list[BlockRow]] = defaultdict(list)
    for block in folder.blocks:
        if block.parent is not None:
            families[block.parent].append(block)
    for parent in folder.blocks:
        children = families.get(parent.code)
        if children and (what := _fault(parent, children, folder.city.crs)):
            problems.error("blocks.geojson", parent.line, what, FIX)


def _fault(parent: BlockRow, children: list[BlockRow], declared: Crs) -> str | None:
    middle = parent.geometry.centroid
    if not in_china_box(middle.x, middle.y):
        return None
    plane = Plane(middle.x, middle.y)
    shapes: Shapes = plane.shapes(np.array([child.geometry for child in children], dtype=object))
    border = shapely.boundary(shapely.union_all(shapes))
    shapely.prepare(border)

    def misfit(points: Floats) -> float:
        return float(np.median(shapely.distance(shapely.points(points), border)))

    corners = shapely.get_coordinates(_dense(parent.geometry))
    pair = Pair(OUTLINE, CHILDREN, corners[:, 0], corners[:, 1], misfit, NOISE_M, FLOOR_M)
    found = finding(pair, declared, plane)
    if found is None:
        return None
    which, crs = found
    one, other = NAMES[crs], NAMES[declared]
    said = (one, other) if which == OUTLINE else (other, one)
    count = f"its {len(children):,} children" if len(children) > 1 else "its child"
    return f"the outline of {parent.code} looks like {said[0]}, {count} like {said[1]}: so read, their borders meet"


def _dense(outline: shapely.Geometry) -> shapely.Geometry:
    """With points along straight sides too, so that a plain outline says as much as a winding one."""
    return shapely.segmentize(outline, max(outline.length / 200, 1e-6))
