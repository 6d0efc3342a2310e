"""The city's outline as a drawing of a few kilobytes: what a page shows of the map before the map itself is there."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from .current import Places, places

WIDTH: Final = 1000  # units of the drawing; half a unit is what is left out of its lines
DRAWN: Final = 1  # raised whenever the same city is drawn otherwise


@dataclass(frozen=True)
class Outline:
    """`levels`: the block levels below the root; `bounds`: west, south, east, north in WGS84 degrees; `edition`:
    another one for every other content; `box`, `path`: an SVG's viewBox and its blocks, projected as web maps are."""

    levels: tuple[str, ...]
    bounds: tuple[float, float, float, float]
    edition: str
    box: str
    path: str


def outline() -> Outline:
    """The city in force as a map needs it to begin. NotFound when none is loaded."""
    here = places()
    if here.outline is None:
        here.outline = _draw(here)
    found: Outline = here.outline
    return found


def edition(here: Places) -> str:
    """A name for what is drawn of this version of the city: what was fetched under it never changes."""
    city = here.city
    text = f"{DRAWN} {city.code} {city.version} {city.loaded_at.isoformat()}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _draw(here: Places) -> Outline:
    keys = tuple(str(row["key"]) for row in here.city.levels)
    index = here.index
    shapes = index.shapes[index.levels == min(1, len(here.city.levels) - 1)]
    west, south, east, north = (float(edge) for edge in shapely.total_bounds(shapes))
    scale = WIDTH / math.radians(east - west)
    flat = shapely.transform(shapes, lambda degrees: _flat(degrees, west, north) * scale)
    height = float(_flat(np.array([[east, south]]), west, north)[0, 1]) * scale
    lines = "".join(_path(shape) for shape in shapely.coverage_simplify(flat, 1.0))
    return Outline(keys[1:] or keys, (west, south, east, north), edition(here), f"0 0 {WIDTH} {height:.0f}", lines)


def _flat(degrees: NDArray[np.float64], west: float, north: float) -> NDArray[np.float64]:
    """Web Mercator on a sphere of radius 1, from the north-west corner, y downwards."""
    lon, lat = np.radians(degrees).T
    top = math.log(math.tan(math.pi / 4 + math.radians(north) / 2))
    return np.stack([lon - math.radians(west), top - np.log(np.tan(math.pi / 4 + lat / 2))], axis=-1)


def _path(shape: shapely.Geometry) -> str:
    rings = (ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors))
    return "".join(f"M{' '.join(f'{x:.0f} {y:.0f}' for x, y in ring.coords[:-1])}Z" for ring in rings)
