"""What stands in until the operator has the real thing: a mesh of roads, stations, units and people."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from blockwise.exchange.folder.plane import METRES_PER_DEGREE
from blockwise.exchange.folder.read_roads import speed_column
from blockwise.exchange.newcity.city_yaml import STATUSES
from blockwise.exchange.outlines.blocks import Block
from blockwise.exchange.written import write_rows
from blockwise.problems import Invalid

APART_M: Final = 250.0  # between the lines of a stand-in mesh, at least
MOST_CROSSINGS: Final = 10_000  # of it; a large city gets a wider one
KMH: Final = 24.0
STAND_IN: Final = "stand_in"  # its class
UNITS: Final = (  # of each part of the city: service, type, capabilities
    *(("police", "patrol car", "patrol"),) * 4,
    *(("fire", "fire engine", "fire rescue ladder hazmat"),) * 2,
    *(("ems", "ambulance", "medical"),) * 2,
)
PEOPLE: Final = (
    *("call_taker", "dispatcher", "shift_leader", "block_leader", "inspector", "mediator", "clerk", "analyst"),
    *("oversight", "administrator"),
)


def write_mesh(path: Path, area: shapely.Geometry, periods: Sequence[str]) -> int:
    """roads.parquet: a mesh over the area, driven both ways everywhere, so that something can be tried; how many
    edges. No road of it is real."""
    west, south, east, north = area.bounds
    narrow = math.cos(math.radians((south + north) / 2))
    step = max(APART_M / METRES_PER_DEGREE, math.sqrt(float(area.area) * narrow / MOST_CROSSINGS))
    across = step / narrow
    columns, rows = math.ceil((east - west) / across) + 1, math.ceil((north - south) / step) + 1
    lon, lat = west + np.arange(columns) * across, south + np.arange(rows) * step
    node = np.arange(columns * rows).reshape(rows, columns)
    shapely.prepare(area)
    inside = np.asarray(shapely.contains_xy(area, *np.meshgrid(lon, lat)), bool).reshape(rows, columns)
    pairs = [(node[:, :-1], node[:, 1:], inside[:, :-1] & inside[:, 1:])]
    pairs.append((node[:-1], node[1:], inside[:-1] & inside[1:]))
    ends = np.concatenate([np.column_stack((one[both], other[both])) for one, other, both in pairs])
    if not len(ends):
        fix = "Give an OpenStreetMap extract."
        raise Invalid("The city is too small for a stand-in of roads.", where="extract", fix=fix)
    ends = _largest(ends)
    at = np.column_stack((lon[ends[:, 0] % columns], lat[ends[:, 0] // columns]))
    to = np.column_stack((lon[ends[:, 1] % columns], lat[ends[:, 1] // columns]))
    flat = (to - at) * METRES_PER_DEGREE * np.column_stack((np.cos(np.radians(at[:, 1])), np.ones(len(at))))
    table = {
        "edge": np.arange(1, len(ends) + 1), "from_node": ends[:, 0] + 1, "to_node": ends[:, 1] + 1,
        "from_lon": at[:, 0], "from_lat": at[:, 1], "to_lon": to[:, 0], "to_lat": to[:, 1],
        "length_m": np.round(np.hypot(*flat.T), 2), "oneway": np.zeros(len(ends), bool),
        "name": [""] * len(ends), "name_en": [""] * len(ends), "class": [STAND_IN] * len(ends),
        **{speed_column(period): np.full(len(ends), KMH) for period in periods},
    }  # fmt: skip
    pq.write_table(pa.table(table), path)
    return len(ends)


def _largest(ends: np.ndarray) -> np.ndarray:
    size = int(ends.max(initial=0)) + 1
    graph = coo_array((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(size, size))
    part = connected_components(graph.tocsr(), directed=False)[1][ends[:, 0]]
    return np.asarray(ends[part == np.bincount(part).argmax()])


FORCES: Final = ("stations", "units", "roster")


def write_examples(
    folder: Path,
    root: Block,
    parts: Sequence[Block],
    zones: Sequence[tuple[str, shapely.Geometry]],
    given: Collection[str],
) -> list[str]:
    """statuses.csv, and for what is not `given`: a station and eight units on duty all week for each part of the city,
    and a person for each role. The names of what are examples now."""
    write_rows(folder / "statuses.csv", ("label", "zh", "en", "meaning"), STATUSES)
    made: list[str] = []
    units: list[tuple[object, ...]] = []
    if lacking := [name for name in FORCES if name not in given] if set(FORCES) & set(given) else []:
        what = f"Of stations, units and roster some are given and not {', '.join(lacking)}."
        raise Invalid(what, where="tables", fix="Give all three: each names the others.")
    if not set(FORCES) & set(given):
        units = _write_forces(folder, parts, zones)
        made += FORCES
    if "people" not in given:
        _write_people(folder, root, units)
        made.append("people")
    return made


def _write_forces(
    folder: Path, parts: Sequence[Block], zones: Sequence[tuple[str, shapely.Geometry]]
) -> list[tuple[object, ...]]:
    stations: list[tuple[object, ...]] = []
    units: list[tuple[object, ...]] = []
    for number, part in enumerate(parts, 1):
        point = part.geometry.representative_point()
        station = f"S{number:02d}"
        stations.append((station, f"{part.name}示例站", f"{part.name_en} example station", "police", point.x, point.y))
        zone = next((code for code, shape in zones if shape.intersects(point)), "")
        for k, (service, type_, capabilities) in enumerate(UNITS, 1):
            code = f"{number:02d}{k}"
            units.append((code, f"E{code}", service, type_, capabilities, station, zone, 2))
    write_rows(folder / "stations.csv", ("code", "name", "name_en", "service", "lon", "lat"), stations)
    header = ("code", "call_sign", "service", "type", "capabilities", "station", "zone", "crew")
    write_rows(folder / "units.csv", header, units)
    week = "mon tue wed thu fri sat sun"
    turns = [(unit[0], week, start, end) for unit in units for start, end in (("08:00", "20:00"), ("20:00", "08:00"))]
    write_rows(folder / "roster.csv", ("unit", "days", "from", "to"), turns)
    return units


def _write_people(folder: Path, root: Block, units: Sequence[tuple[object, ...]]) -> None:
    people: list[tuple[object, ...]] = [
        (role.replace("_", "-"), f"示例 {role}", f"Example {role}", role, root.code, "", "", "", "") for role in PEOPLE
    ]
    people += [
        (f"unit-{unit[0]}", f"示例 {unit[1]}", f"Example {unit[1]}", "crew", root.code, "", "", unit[0], "")
        for unit in units
    ]
    header = ("login", "name", "name_en", "role", "block", "from", "to", "unit", "department")
    write_rows(folder / "people.csv", header, people)
