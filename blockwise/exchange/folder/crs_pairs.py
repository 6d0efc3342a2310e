"""Files of points held against the city's outline and its roads, each pair with its misfit."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import shapely

from blockwise.exchange.folder.plane import Plane, Shapes
from blockwise.exchange.folder.rows import CityFolder, Floats
from blockwise.exchange.parquet import read_table
from blockwise.places.coordinates import to_wgs84

MANY: Final = 30_000  # points held against the outline, of which few lie near enough to it to tell
SAMPLE: Final = 4000  # points held against the roads
FEWEST: Final = 10  # points, below which a pair says nothing

Misfit = Callable[[Floats], float]  # of (n, 2) points in metres


@dataclass(frozen=True, slots=True)
class Pair:
    """Points of one file held against another file.

    `misfit`: the share of points outside the city, or metres. A misfit of at most `noise` is never a finding;
    a move is one when it leaves at most `ratio` of the misfit, `floor` added to both so that rounding is none.
    """

    file: str
    against: str
    lon: Floats
    lat: Floats
    misfit: Misfit
    noise: float
    floor: float
    ratio: float = 0.4


def pairs(folder: CityFolder, root: shapely.Geometry, plane: Plane) -> Iterator[Pair]:
    """Every pair that has enough points to say something."""
    addresses = _Points("addresses.csv", *_columns([(row.lon, row.lat) for row in folder.addresses]))
    stations = _Points("stations.csv", *_columns([(row.lon, row.lat) for row in folder.stations]))
    roads = _Points("roads.parquet", folder.roads.from_lon, folder.roads.from_lat)
    calls = _Points("calls.parquet", *_calls(folder))
    outside = _share_outside(plane.shapes(np.array([root], dtype=object))[0])
    for points in (addresses, stations, roads, calls):
        if len(points.lon) >= FEWEST:
            lon, lat = points.sample(MANY)
            noise = max(5e-4, 8 / len(lon))
            yield Pair(points.file, "blocks.geojson", lon, lat, outside, noise, floor=0.0)
    if not len(folder.roads.edge):
        return
    lines = _lines(folder, plane)
    for points, streets in ((addresses, [row.street for row in folder.addresses]), (stations, [])):
        if len(points.lon) >= FEWEST:
            yield _street_pair(folder, points, streets[:: points.step(SAMPLE)], lines)
    if folder.street_ranges:
        yield _ranges_pair(folder, plane)


@dataclass(frozen=True, slots=True)
class _Points:
    file: str
    lon: Floats
    lat: Floats

    def step(self, most: int) -> int:
        return max(1, -(-len(self.lon) // most))

    def sample(self, most: int) -> tuple[Floats, Floats]:
        """At most `most` of them, evenly taken."""
        step = self.step(most)
        return self.lon[::step], self.lat[::step]


def _columns(points: list[tuple[float, float]]) -> tuple[Floats, Floats]:
    array = np.array(points, dtype=np.float64).reshape(-1, 2)
    return array[:, 0], array[:, 1]


def _calls(folder: CityFolder) -> tuple[Floats, Floats]:
    """Points of the calls, if they can be read; whether they can is `check_calls`'s question."""
    path = folder.path / "calls.parquet"
    try:
        table = read_table(path, ("lon", "lat"))
        points = np.column_stack([table[name].to_numpy().astype(np.float64) for name in ("lon", "lat")])
    except (pa.ArrowException, OSError, ValueError, KeyError):
        points = np.empty((0, 2))
    points = points[np.isfinite(points).all(axis=1)]
    lon, lat = to_wgs84(points[:, 0], points[:, 1], folder.city.crs)
    return lon, lat


def _share_outside(root: shapely.Geometry) -> Misfit:
    shapely.prepare(root)

    def misfit(points: Floats) -> float:
        return float(np.mean(~shapely.intersects_xy(root, points[:, 0], points[:, 1])))

    return misfit


def _lines(folder: CityFolder, plane: Plane) -> Shapes:
    roads = folder.roads
    starts, ends = plane.points(roads.from_lon, roads.from_lat), plane.points(roads.to_lon, roads.to_lat)
    lines: Shapes = shapely.linestrings(np.stack((starts, ends), axis=1))
    return lines


def _street_pair(folder: CityFolder, points: _Points, streets: list[str], lines: Shapes) -> Pair:
    """Points against the street of their name where most names are known, else against any road.

    Beside any road the middle distance says little in a dense net; that most points keep near one does.
    """
    by_name: dict[str, list[int]] = {}
    for names in (folder.roads.name, folder.roads.name_en):
        for number, name in enumerate(names):
            by_name.setdefault(name, []).append(number)
    known = [number for number, street in enumerate(streets) if street in by_name]
    if known and len(known) * 2 > len(streets):
        shapes = {name: shapely.multilinestrings(lines[by_name[name]]) for name in {streets[i] for i in known}}
        own = np.array([shapes[streets[i]] for i in known], dtype=object)

        def to_own(where: Floats) -> float:
            return float(np.median(shapely.distance(shapely.points(where[known]), own)))

        return Pair(points.file, "roads.parquet", *points.sample(SAMPLE), to_own, noise=60.0, floor=10.0)
    tree = shapely.STRtree(lines)

    def to_any(where: Floats) -> float:
        _, metres = tree.query_nearest(shapely.points(where), all_matches=False, return_distance=True)
        return float(np.quantile(metres, 0.9))

    return Pair(points.file, "roads.parquet", *points.sample(SAMPLE), to_any, noise=25.0, floor=2.0, ratio=0.5)


def _ranges_pair(folder: CityFolder, plane: Plane) -> Pair:
    roads = folder.roads
    index = {edge: number for number, edge in enumerate(roads.edge.tolist())}
    rows = [row for row in folder.street_ranges if row.edge in index]
    lon, lat = _columns([(row.from_lon, row.from_lat) for row in rows])
    numbers = [index[row.edge] for row in rows]
    there = plane.points(roads.from_lon[numbers], roads.from_lat[numbers])

    def misfit(points: Floats) -> float:
        return float(np.median(np.hypot(*(points - there).T))) if rows else 0.0

    return Pair("street_ranges.csv", "roads.parquet", lon, lat, misfit, noise=60.0, floor=10.0)
