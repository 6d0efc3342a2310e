"""Children tile their parent: no hole, no overlap, nothing outside."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import numpy as np
import shapely

from blockwise.exchange.folder.plane import Plane, Shapes
from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.rows import BlockRow, CityFolder
from blockwise.places.coordinates import from_wgs84

FILE: Final = "blocks.geojson"
THINNEST_M: Final = 1.0  # a gap or overlap nowhere this wide is rounding
_SMALLEST_M2: Final = 1.0

Fault = tuple[int | str, str, str]  # line, what, fix


def check_tiling(folder: CityFolder, problems: Problems) -> None:
    """Notes holes, overlaps (both blocks named) and parts outside the parent that are wider than a metre.

    Blocks may tile in the folder's own coordinates or in WGS84: a line that is straight in the one is not quite
    straight in the other. Where they tile in neither, the faults are told in the system with the fewer.
    """
    if not folder.blocks:
        return
    shapes = np.array([block.geometry for block in folder.blocks], dtype=object)
    faults = [_faults(folder.blocks, shapes)]
    crs = folder.city.crs
    if crs != "wgs84" and faults[0]:
        own = shapely.transform(shapes, lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], crs)))
        faults.append(_faults(folder.blocks, own))
    for line, what, fix in min(faults, key=len):
        problems.error(FILE, line, what, fix)


def _faults(blocks: tuple[BlockRow, ...], shapes: Shapes) -> list[Fault]:
    where = shapes[0].centroid
    plane = Plane(where.x, where.y)
    flat = plane.shapes(shapes)
    by_code = {block.code: shape for block, shape in zip(blocks, flat, strict=True)}
    children: dict[str, list[BlockRow]] = defaultdict(list)
    for block in blocks:
        if block.parent is not None:
            children[block.parent].append(block)
    return [
        fault
        for parent in blocks
        if (siblings := children.get(parent.code))
        for fault in _family_faults(parent, siblings, by_code, plane)
    ]


def _family_faults(
    parent: BlockRow, siblings: list[BlockRow], shapes: dict[str, shapely.Geometry], plane: Plane
) -> Iterator[Fault]:
    whole = shapes[parent.code]
    parts: Shapes = np.array([shapes[block.code] for block in siblings], dtype=object)
    together = shapely.union_all(parts)
    for hole in _wide(shapely.difference(whole, together)):
        what = f"no child of {parent.code} covers {hole.area:,.0f} m2 of it, near {plane.place(hole)}"
        yield (parent.line, what, "Let the children cover their parent without a hole")
    if _wide(shapely.difference(together, whole)):
        for block, part in zip(siblings, parts, strict=True):
            for rest in _wide(shapely.difference(part, whole)):
                size = f"{rest.area:,.0f} m2"
                what = f"block {block.code} has {size} outside {parent.code}, near {plane.place(rest)}"
                yield (block.line, what, "Keep every block inside its parent")
    yield from _overlaps(siblings, parts, plane)


def _overlaps(siblings: list[BlockRow], parts: Shapes, plane: Plane) -> Iterator[Fault]:
    left, right = shapely.STRtree(parts).query(parts, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    shared = shapely.intersection(parts[left], parts[right])
    for i, j, both in zip(left.tolist(), right.tolist(), shared, strict=True):
        wide = _wide(both)
        if not wide:
            continue
        first, second = siblings[i], siblings[j]
        area = sum(part.area for part in wide)
        what = (
            f"blocks {first.code} (line {first.line}) and {second.code} overlap"
            f" by {area:,.0f} m2, near {plane.place(wide[0])}"
        )
        yield (second.line, what, "Let neighbours touch without overlapping")


def _wide(shape: shapely.Geometry) -> list[shapely.Geometry]:
    """The parts of a shape in metres that are somewhere wider than THINNEST_M."""
    parts = shapely.get_parts(shape)
    return [
        part
        for part in parts[shapely.area(parts) > _SMALLEST_M2]
        if not shapely.buffer(part, -THINNEST_M / 2, quad_segs=1).is_empty
    ]
