"""Outlines made to fit: broken rings, slivers, and overlaps and gaps that are narrower than a tolerance. What is wider
is nobody's slip, and is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import shapely

from blockwise.exchange.folder.plane import Plane

TOLERANCE_M: Final = 30.0  # a border that was drawn twice, by hand
SLIVER_M2: Final = 100.0


@dataclass(frozen=True)
class Misfit:
    """An overlap of two outlines (their places in the list) or a gap (`second` is None), with its middle in degrees."""

    first: int
    second: int | None
    width_m: float
    area_m2: float
    shape: shapely.Geometry

    @property
    def middle(self) -> tuple[float, float]:
        point = self.shape.representative_point()
        return point.x, point.y


@dataclass
class Fitted:
    """`geometry` in the order given; `wide` is not mended: the caller refuses it."""

    geometry: list[shapely.Geometry]
    rings: list[int] = field(default_factory=list)  # whose rings were broken
    slivers: int = 0
    narrow: list[Misfit] = field(default_factory=list)  # mended
    wide: list[Misfit] = field(default_factory=list)
    holes: list[Misfit] = field(default_factory=list)  # kept: a lake, or ground that is nobody's


def fitted(outlines: Sequence[shapely.Geometry], tolerance_m: float = TOLERANCE_M) -> Fitted:
    """Polygons (WGS84 degrees) that touch and do not overlap; ValueError for what is no polygon."""
    found = Fitted([])
    plane = _plane(outlines)
    for number, outline in enumerate(outlines):
        whole = outline if outline.is_valid else shapely.make_valid(outline)
        if not outline.is_valid:
            found.rings.append(number)
        parts = [part for part in shapely.get_parts(shapely.get_parts([whole])) if part.geom_type == "Polygon"]
        if not parts:
            raise ValueError(f"outline {number + 1} is no polygon")
        flat = plane.shapes(np.array(parts, dtype=object)).tolist()
        large = [part for part in flat if part.area >= SLIVER_M2] or [max(flat, key=lambda part: part.area)]
        found.slivers += len(flat) - len(large)
        found.geometry.append(shapely.multipolygons(large) if len(large) > 1 else large[0])
    _misfits(found, plane, tolerance_m)
    if not found.wide:
        found.geometry = list(shapely.coverage_clean(found.geometry, gap_width=tolerance_m))
    for number, shape in enumerate(found.geometry):
        if shape.is_empty:
            raise ValueError(f"outline {number + 1} lies wholly in another one")
    found.geometry = [_degrees(plane, one) for one in found.geometry]
    return found


def _plane(outlines: Sequence[shapely.Geometry]) -> Plane:
    west, south, east, north = shapely.total_bounds(np.array(outlines, dtype=object)).tolist()
    return Plane((west + east) / 2, (south + north) / 2)


def _degrees(plane: Plane, shape: shapely.Geometry) -> shapely.Geometry:
    """As they are written, with seven digits."""
    return shapely.transform(shape, lambda at: np.round(plane.degrees(at), 7))


def _misfits(found: Fitted, plane: Plane, tolerance_m: float) -> None:
    tree = shapely.STRtree(found.geometry)
    for first, second in tree.query(found.geometry, predicate="intersects").T.tolist():
        if first < second:
            both = shapely.intersection(found.geometry[first], found.geometry[second])
            _note(found, plane, tolerance_m, first, second, both)
    whole = shapely.unary_union(found.geometry)
    for part in shapely.get_parts(whole):
        for ring in part.interiors:
            _note(found, plane, tolerance_m, 0, None, shapely.polygons(ring))


def _note(
    found: Fitted, plane: Plane, tolerance_m: float, first: int, second: int | None, shape: shapely.Geometry
) -> None:
    for part in shapely.get_parts(shape):
        if part.geom_type != "Polygon" or part.area < 1e-3:
            continue
        width = 2 * shapely.length(shapely.maximum_inscribed_circle(part)).item()  # of the largest circle in it
        misfit = Misfit(first, second, width, part.area, _degrees(plane, part))
        wide = found.holes if second is None else found.wide
        (wide if width > tolerance_m else found.narrow).append(misfit)
