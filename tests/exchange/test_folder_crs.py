"""Files in GCJ-02 or BD-09 that say WGS84, and the reverse: noticed by where they fall; noise is not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blockwise.exchange.folder import Problem
from blockwise.exchange.folder.crs_lengths import fitting_crs
from blockwise.exchange.folder.rows import Roads
from blockwise.places.coordinates import Crs, from_wgs84
from tests.exchange.faults import only, problems_of
from tests.exchange.tiny_city import Row, node_point

Change = Callable[[Any], Any]
NAMES = {"wgs84": "WGS84", "gcj02": "GCJ-02", "bd09": "BD-09"}


def moved(row: Row, lon: str, lat: str, crs: Crs) -> None:
    x, y = from_wgs84(row[lon], row[lat], crs)
    row[lon], row[lat] = float(x), float(y)


def points_in(crs: Crs) -> Change:
    def change(rows: list[Row]) -> None:
        for row in rows:
            moved(row, "lon", "lat", crs)

    return change


def roads_in(crs: Crs) -> Change:
    def change(rows: list[Row]) -> None:
        for row in rows:
            moved(row, "from_lon", "from_lat", crs)
            moved(row, "to_lon", "to_lat", crs)

    return change


def blocks_in(crs: Crs) -> Change:
    def change(features: list[Row]) -> None:
        for feature in features:
            ring = feature["geometry"]["coordinates"][0]
            ring[:] = [[float(value) for value in from_wgs84(*point, crs)] for point in ring]

    return change


def folder_in(path: Path, declared: Crs, **systems: Crs) -> list[Problem]:
    """The tiny city with each file in the system given for it, WGS84 where none is."""
    makers = {"addresses": points_in, "stations": points_in, "roads": roads_in, "blocks": blocks_in}
    changes: dict[str, Change] = {name: makers[name](crs) for name, crs in systems.items()}
    return problems_of(path, city=lambda city: city.update(crs=declared), **changes)


def says(file: str, crs: Crs, declared: Crs) -> Callable[[Problem], bool]:
    words = f"the coordinates look like {NAMES[crs]}, not {NAMES[declared]}: so read, they fit "
    return lambda problem: problem.file == file and problem.what.startswith(words)


FILES = {"addresses": "addresses.csv", "roads": "roads.parquet", "blocks": "blocks.geojson"}


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
@pytest.mark.parametrize("name", FILES)
def test_one_file_is_shifted(tmp_path: Path, name: str, crs: Crs) -> None:
    problem = only(folder_in(tmp_path, "wgs84", **{name: crs}))
    assert says(FILES[name], crs, "wgs84")(problem), problem


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
@pytest.mark.parametrize("name", FILES)
def test_one_file_is_not_shifted_as_declared(tmp_path: Path, name: str, crs: Crs) -> None:
    shifted: dict[str, Crs] = {each: crs for each in (*FILES, "stations") if each != name}
    found = folder_in(tmp_path, crs, **shifted)
    assert any(map(says(FILES[name], "wgs84", crs), found)), found


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
def test_all_shifted_and_declared_so(tmp_path: Path, crs: Crs) -> None:
    assert folder_in(tmp_path, crs, addresses=crs, roads=crs, blocks=crs, stations=crs) == []


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
def test_posts_beside_their_roads(tmp_path: Path, crs: Crs) -> None:
    """Forty posts 10 m beside the roads, not near the edge: only the roads can tell."""

    def posts(rows: list[Row]) -> list[Row]:
        generator = np.random.default_rng(4)
        added = []
        for number in range(40):
            lon, lat = node_point(int(generator.integers(2, 4)), int(generator.integers(1, 3)))
            along = float(generator.uniform(0, 0.005))
            x, y = from_wgs84(lon + along, lat + 0.0001, crs)
            post = {"code": f"X{number}", "name": "岗", "name_en": "Post", "service": "post"}
            added.append(post | {"lon": float(x), "lat": float(y)})
        return added

    problem = only(problems_of(tmp_path, stations=posts, units=at_the_first_post))
    assert says("stations.csv", crs, "wgs84")(problem), problem


def at_the_first_post(rows: list[Row]) -> None:
    for row in rows:
        row["station"] = "X0"


def test_noise_is_not_another_system(tmp_path: Path) -> None:
    """Addresses scattered by 300 m, some out of the city: those are named, nothing is guessed."""

    def scattered(rows: list[Row]) -> None:
        generator = np.random.default_rng(1)
        for row in rows:
            row["lon"] += float(generator.normal(0, 0.003))
            row["lat"] += float(generator.normal(0, 0.003))

    found = problems_of(tmp_path, addresses=scattered)
    assert found
    assert {problem.fix for problem in found} == {"Correct the point or leave the row out"}


def test_another_shift_is_not_another_system(tmp_path: Path) -> None:
    """Half a kilometre to the north is no conversion's work."""

    def north(rows: list[Row]) -> None:
        for row in rows:
            row["lat"] += 0.005

    assert not [problem for problem in problems_of(tmp_path, addresses=north) if "look like" in problem.what]


def test_outside_china_there_is_one_system(tmp_path: Path) -> None:
    def west(rows: list[Row]) -> None:
        for row in rows:
            for column in ("lon", "from_lon", "to_lon"):
                if column in row:
                    row[column] -= 90

    def blocks(features: list[Row]) -> None:
        for feature in features:
            for point in feature["geometry"]["coordinates"][0]:
                point[0] -= 90

    found = problems_of(
        tmp_path, city=lambda city: city.update(crs="gcj02"), blocks=blocks, stations=west, addresses=west, roads=west
    )
    problem = only(found)
    assert (problem.file, problem.line, problem.severity) == ("city.yaml", 9, "warning")
    assert problem.what == "the city is outside China, where GCJ-02 is not used"


def grid(crs: Crs, curved: float = 0.0) -> Roads:
    """A grid of 30 x 30 nodes 600 m apart; lengths true in WGS84, as a sphere has them, to the centimetre."""
    east, north = np.meshgrid(np.arange(30), np.arange(30))
    lon, lat = 113.8 + east * 0.0058, 22.5 + north * 0.0054
    pairs = [(lon[:, :-1], lat[:, :-1], lon[:, 1:], lat[:, 1:]), (lon[:-1], lat[:-1], lon[1:], lat[1:])]
    a, b, c, d = (np.concatenate([pair[i].ravel() for pair in pairs]) for i in range(4))
    x, y = np.radians(c - a) * np.cos(np.radians((b + d) / 2)), np.radians(d - b)
    bends = 1 + curved * np.random.default_rng(2).exponential(1, len(a))
    length = np.round(6371008.8 * np.hypot(x, y) * bends, 2)
    numbers = np.arange(len(a))
    points = (*from_wgs84(a, b, crs), *from_wgs84(c, d, crs))
    texts = ("",) * len(a)
    return Roads(numbers, numbers, numbers, *points, length, numbers < 0, texts, texts, texts, {})


@pytest.mark.parametrize("truth", ["wgs84", "gcj02", "bd09"])
def test_road_lengths_tell_when_all_files_are_wrong_together(truth: Crs) -> None:
    assert fitting_crs(grid(truth), "wgs84") == (None if truth == "wgs84" else truth)


def test_road_lengths_tell_nothing_where_roads_are_bent() -> None:
    assert fitting_crs(grid("gcj02", curved=0.05), "wgs84") is None


def test_road_lengths_tell_nothing_of_a_village() -> None:
    roads = grid("bd09")
    few = slice(0, 150)
    columns = (roads.from_lon, roads.from_lat, roads.to_lon, roads.to_lat, roads.length_m)
    numbers = roads.edge[few]
    texts = ("",) * 150
    cut = Roads(numbers, numbers, numbers, *(column[few] for column in columns), numbers < 0, texts, texts, texts, {})
    assert fitting_crs(cut, "wgs84") is None
