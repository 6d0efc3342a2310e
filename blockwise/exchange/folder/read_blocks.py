"""blocks.geojson to block rows in WGS84."""

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from blockwise.exchange.folder.geojson import features
from blockwise.exchange.folder.languages import Languages, spared
from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.read_city import CODE
from blockwise.exchange.folder.rows import BlockRow
from blockwise.exchange.folder.text import read_text, unclean
from blockwise.places.coordinates import Crs, to_wgs84

FILE: Final = "blocks.geojson"
LARGEST_DEGREES: Final = 1000.0  # what is larger was never meant as degrees
TO_DEGREES: Final = "Convert the coordinates to degrees, for example with ogr2ogr -t_srs EPSG:4326"
NAMES: Final = ("name", "name_en")
PROPERTIES: Final = ("code", *NAMES, "level", "parent", "population")

_LARGEST: Final = 512 * 1024 * 1024
_MOST_PEOPLE: Final = 100_000_000
_RING_FIX: Final = "Draw the ring as at least four [lon, lat] points, the last equal to the first"

Ring = list[tuple[float, float]]


class _Wrong(Exception):  # noqa: N818 - never leaves this file
    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.fix = fix


def read_blocks(path: Path, crs: Crs, languages: Languages, problems: Problems) -> tuple[BlockRow, ...]:
    """The blocks that can be read, in file order; what is wrong with the others is noted."""
    text = read_text(path, problems, _LARGEST, long_lines=True)
    found = features(FILE, text, problems) if text is not None else None
    rows = []
    for number, (line, feature) in enumerate(found or [], 1):
        try:
            rows.append(_block(feature, line, languages))
        except _Wrong as error:
            problems.error(FILE, line, f"{_called(feature, number)}: {error}", error.fix)
    if crs == "wgs84" or not rows:
        return tuple(rows)
    shapes = shapely.transform(
        np.array([row.geometry for row in rows], dtype=object),
        lambda points: np.column_stack(to_wgs84(points[:, 0], points[:, 1], crs)),
    )
    return tuple(dataclasses.replace(row, geometry=shape) for row, shape in zip(rows, shapes, strict=True))


def _called(feature: Any, number: int) -> str:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    code = properties.get("code") if isinstance(properties, dict) else None
    return f"block {code}" if isinstance(code, str) and CODE.fullmatch(code) else f"feature {number}"


def _block(feature: Any, line: int | str, languages: Languages) -> BlockRow:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise _Wrong("it is not a feature with properties", "Give each block a code, name, level and parent")
    spare = spared(NAMES, languages)
    for key in PROPERTIES:
        if key not in properties and key not in spare:
            raise _Wrong(f"the property {key} is missing", f"Give each block: {', '.join(PROPERTIES)}")
    core = properties.get("core", False)
    if not isinstance(core, bool):
        raise _Wrong(f"core is {core!r}", "Write true or false for core")
    return BlockRow(
        code=_code(properties["code"], "code"),
        **_names(properties, spare),
        level=_name(properties, "level"),
        parent=None if properties["parent"] is None else _code(properties["parent"], "parent"),
        population=_population(properties["population"]),
        core=core,
        geometry=_geometry(feature.get("geometry")),
        line=line,
    )


def _code(value: object, key: str) -> str:
    if not isinstance(value, str) or not CODE.fullmatch(value):
        raise _Wrong(f"the {key} is {_short(value)}", "Use capital letters and digits, at most 24, in quotes")
    return value


def _names(properties: dict[str, Any], spare: tuple[str, ...]) -> dict[str, str]:
    """Both names; a spare one that is not there, null or empty is the other."""
    left_out = [key for key in spare if not properties.get(key)]
    names = {key: _name(properties, key) for key in NAMES if key not in left_out or len(left_out) == len(NAMES)}
    only = next(iter(names.values()))
    return {key: names.get(key, only) for key in NAMES}


def _name(properties: dict[str, Any], key: str) -> str:
    value = properties.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > 80:
        raise _Wrong(f"the {key} is {_short(value)}", "Write a text of 1 to 80 characters")
    if bad := unclean(value):
        raise _Wrong(f"the {key} holds {bad}", "Remove the character")
    return value.strip()


def _population(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_PEOPLE:
        raise _Wrong(f"the population is {_short(value)}", "Write the number of residents, 0 or more")
    return value


def _short(value: object) -> str:
    """A value as it stands in the file, cut short and safe to print."""
    return ascii(value) if not isinstance(value, str) or unclean(value) else repr(value[:40])


def _geometry(geometry: Any) -> shapely.Polygon | shapely.MultiPolygon:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    parts = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon") or not isinstance(parts, list) or not parts:
        raise _Wrong("the geometry is not a Polygon or MultiPolygon", "Draw each block as an area")
    polygons = [_polygon(part) for part in (parts if kind == "MultiPolygon" else [parts])]
    shape = polygons[0] if kind == "Polygon" else shapely.MultiPolygon(polygons)
    if not shape.is_valid:
        why = shapely.is_valid_reason(shape)
        raise _Wrong(f"its rings are broken: {why}", "Redraw it so that no ring crosses itself or another")
    return shape


def _polygon(rings: Any) -> shapely.Polygon:
    if not isinstance(rings, list) or not rings:
        raise _Wrong("a ring is missing", _RING_FIX)
    shell, *holes = [_ring(ring) for ring in rings]
    return shapely.Polygon(shell, holes)


def _ring(points: Any) -> Ring:
    if not isinstance(points, list) or len(points) < 4:
        count = len(points) if isinstance(points, list) else 0
        raise _Wrong(f"a ring has only {count} points", _RING_FIX)
    ring = list(_points(points))
    if ring[0] != ring[-1]:
        raise _Wrong("a ring is not closed", _RING_FIX)
    if len(set(ring)) < 3:
        raise _Wrong("a ring has fewer than 3 different points", _RING_FIX)
    return ring


def _points(points: list[Any]) -> Iterator[tuple[float, float]]:
    for point in points:
        if not isinstance(point, list) or len(point) not in (2, 3):
            raise _Wrong(f"a point is {str(point)[:40]}", _RING_FIX)
        lon, lat = point[0], point[1]
        if not _is_number(lon) or not _is_number(lat):
            raise _Wrong(f"a point is [{str(lon)[:20]}, {str(lat)[:20]}], not two numbers", _RING_FIX)
        if fault := point_fault(lon, lat):
            raise _Wrong(f"a point is {fault[0]}", fault[1])
        yield float(lon), float(lat)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf


def point_fault(lon: float, lat: float) -> tuple[str, str] | None:
    """What makes finite degrees no place on earth, and what to do; None when they are one."""
    if lon == 0 and lat == 0:
        return "(0, 0)", "Give the real place, or leave the row out"
    if max(abs(lon), abs(lat)) > LARGEST_DEGREES:
        return f"lon {lon:g}, lat {lat:g}: metres or feet of a map projection", TO_DEGREES
    if abs(lat) > 90 and abs(lon) <= 90 and abs(lat) <= 180:
        return (
            f"lon {lon:g}, lat {lat:g}: lon and lat are swapped",
            "Write the longitude first, then the latitude",
        )
    if abs(lon) > 180 or abs(lat) > 90:
        return f"lon {lon:g}, lat {lat:g}, not on earth", "Give degrees: lon -180 to 180, lat -90 to 90"
    return None
