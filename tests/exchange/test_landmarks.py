"""landmarks.csv: may be left out, is read and checked like the addresses, and comes with a generated city."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from blockwise.exchange.folder import CityFolder, check_folder, read_folder
from blockwise.exchange.newcity import new_city
from blockwise.places.coordinates import Crs, from_wgs84
from blockwise.places.finding.marks import EXITS, KIND_WORDS, STONES
from blockwise.places.landmark_kinds import LANDMARKS

from .tiny_city import node_point, write_tiny_city

HEADER = "code,kind,name,name_en,road,number,lon,lat"
LON, LAT = node_point(3, 1)
GOOD = [
    f"L1,market,横路市场,Row Market,,,{LON},{LAT}",
    f"L2,exit,纵高速2号出口,Column Exit 2,纵高速/Column Expy,2,{LON},{LAT}",
]


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: str, header: str = HEADER) -> Path:
        path = write_tiny_city(tmp_path / "city")
        (path / "landmarks.csv").write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
        return path

    return write


def test_rows_are_read(folder: Callable[..., Path]) -> None:
    path = folder(*GOOD)
    assert [str(problem) for problem in check_folder(path)] == []
    market, way_out = read_folder(path).landmarks
    assert (market.code, market.kind, market.name, market.name_en, market.lon, market.lat) == (
        "L1", "market", "横路市场", "Row Market", LON, LAT,
    )  # fmt: skip
    assert (way_out.road, way_out.number, way_out.line) == ("纵高速/Column Expy", "2", 3)


def test_a_city_may_have_none(tiny_folder: CityFolder) -> None:
    assert tiny_folder.landmarks == ()


@pytest.fixture
def tiny_folder(tmp_path: Path) -> CityFolder:
    return read_folder(write_tiny_city(tmp_path / "plain"))


def test_road_and_number_may_be_left_out_where_nothing_stands_beside_a_road(folder: Callable[..., Path]) -> None:
    path = folder(f"L1,market,横路市场,Row Market,{LON},{LAT}", header="code,kind,name,name_en,lon,lat")
    assert [row.name for row in read_folder(path).landmarks] == ["横路市场"]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (f"L1,shrine,横路,Row,,,{LON},{LAT}", "kind is 'shrine'"),
        (f"L1,exit,横路,Row,,2,{LON},{LAT}", "road is empty"),
        (f"L1,km_stone,横路,Row,纵高速,,{LON},{LAT}", "number is empty"),
        (f"L1,market,,,,,{LON},{LAT}", "name is empty"),
        (f"L1,market,{'长' * 81},x,,,{LON},{LAT}", "name has 81 characters"),
        (f"l-1,market,横路,Row,,,{LON},{LAT}", "code is 'l-1'"),
        ("L1,market,横路,Row,,,east,22", "lon is 'east'"),
        ("L1,market,横路,Row,,,100.0,22.0", "is outside every block"),
        (f"L1,market,横路,Row,,,{LAT},{LON}", "swapped"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(folder: Callable[..., Path], row: str, what: str) -> None:
    found = [problem for problem in check_folder(folder(row)) if problem.file == "landmarks.csv"]
    assert any(what in problem.what or what in problem.fix for problem in found), found
    assert all(problem.line == 2 for problem in found)


def test_a_code_is_there_once(folder: Callable[..., Path]) -> None:
    (problem,) = check_folder(folder(GOOD[0], GOOD[0]))
    assert "landmark L1 is there twice" in problem.what


@pytest.mark.parametrize("crs", [crs for crs in get_args(Crs) if crs != "wgs84"])
def test_points_are_converted_like_all_others(folder: Callable[..., Path], crs: Crs) -> None:
    lon, lat = (float(value) for value in from_wgs84(LON, LAT, crs))
    path = folder(f"L1,market,横路市场,Row Market,,,{lon:.9f},{lat:.9f}")
    text = (path / "city.yaml").read_text(encoding="utf-8")
    (path / "city.yaml").write_text(text.replace("wgs84", crs), encoding="utf-8")
    row = read_folder(path).landmarks[0]
    assert (row.lon, row.lat) == pytest.approx((LON, LAT), abs=1e-7)


def test_the_kinds_are_one_list() -> None:
    assert {"exit", "km_stone"} <= EXITS | STONES <= set(LANDMARKS)
    assert set(KIND_WORDS) <= set(LANDMARKS)


def test_a_generated_city_has_some_of_every_use(tmp_path: Path) -> None:
    folder = tmp_path / "city"
    new_city(folder, 3, "small")
    rows = read_folder(folder).landmarks
    assert {row.kind for row in rows} >= {
        "school",
        "hospital",
        "market",
        "park",
        "metro",
        "bus_stop",
        "exit",
        "km_stone",
    }
    assert len({row.code for row in rows}) == len(rows)
    assert check_folder(folder) == []
