"""blocks.geojson, beats.csv and zones.csv: one test for every fault, with line and words."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.faults import block, drop, feature_of, only, problems_of, put, ring
from tests.exchange.tiny_city import Row

NAN = float("nan")


def square(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


TA1 = square(113.90, 22.55, 113.91, 22.56)


def geometry(code: str, value: Any) -> Callable[[list[Row]], None]:
    return lambda features: feature_of(features, code).update(geometry=value)


def no_property(features: list[Row]) -> None:
    del feature_of(features, "TA1")["properties"]["population"]


PARSED: dict[str, tuple[Callable[[list[Row]], None], str]] = {
    "crossing itself": (
        ring("TA1", [[113.90, 22.55], [113.91, 22.56], [113.91, 22.55], [113.90, 22.56], [113.90, 22.55]]),
        "block TA1: its rings are broken: Self-intersection[113.905 22.555]",
    ),
    "not closed": (ring("TA1", TA1[:4]), "block TA1: a ring is not closed"),
    "three points": (ring("TA1", TA1[:3]), "block TA1: a ring has only 3 points"),
    "one place": (ring("TA1", [TA1[0]] * 4), "block TA1: a ring has fewer than 3 different points"),
    "NaN": (ring("TA1", [[113.90, NAN], *TA1]), "block TA1: a point is [113.9, nan], not two numbers"),
    "infinite": (ring("TA1", [[1e999, 22.5], *TA1]), "block TA1: a point is [inf, 22.5], not two numbers"),
    "text": (ring("TA1", [["113.9", 22.5], *TA1]), "block TA1: a point is [113.9, 22.5], not two numbers"),
    "one number": (ring("TA1", [[113.9], *TA1]), "block TA1: a point is [113.9]"),
    "(0, 0)": (ring("TA1", square(0, 0, 0.01, 0.01)), "block TA1: a point is (0, 0)"),
    "swapped": (
        ring("TA1", [[lat, lon] for lon, lat in TA1]),
        "block TA1: a point is lon 22.55, lat 113.9: lon and lat are swapped",
    ),
    "out of range": (
        ring("TA1", square(213.9, 22.55, 214.0, 22.56)),
        "block TA1: a point is lon 213.9, lat 22.55, not on earth",
    ),
    "a point for an area": (
        geometry("TA1", {"type": "Point", "coordinates": [113.9, 22.55]}),
        "block TA1: the geometry is not a Polygon or MultiPolygon",
    ),
    "no geometry": (geometry("TA1", None), "block TA1: the geometry is not a Polygon or MultiPolygon"),
    "a property missing": (no_property, "block TA1: the property population is missing"),
    "population": (block("TA1", population=-1), "block TA1: the population is -1"),
    "core": (block("TA1", core="yes"), "block TA1: core is 'yes'"),
    "name": (block("TA1", name=""), "block TA1: the name is ''"),
    "code": (block("TA1", code="ta-1"), "feature 4: the code is 'ta-1'"),
}


@pytest.mark.parametrize("case", PARSED)
def test_blocks_that_cannot_be_read(tmp_path: Path, case: str) -> None:
    change, words = PARSED[case]
    problem = only(problems_of(tmp_path, blocks=change))
    assert (problem.file, problem.line, problem.what) == ("blocks.geojson", 5, words)


CHECKED: dict[str, tuple[Callable[[list[Row]], None], int | None, str]] = {
    "code twice": (block("TA2", code="TA1"), 6, "block TA1 is there twice; first on line 5"),
    "no root": (
        block("T", code="X"),
        None,
        "the city's block T is missing",
    ),
    "parent missing": (
        block("TA2", parent="TX"),
        6,
        "block TA2 has the parent TX, which is missing",
    ),
    "two roots": (block("TA2", parent=None), 6, "block TA2 has no parent, but is not the city's"),
    "cycle": (block("TA", parent="TA1"), 3, "blocks lie in one another in a cycle: TA in TA1 in TA"),
    "own parent": (block("TA1", parent="TA1"), 5, "blocks lie in one another in a cycle: TA1 in TA1"),
    "prefix": (block("TA2", code="TB9"), 6, "the code TB9 does not begin with its parent's, TA"),
    "level unknown": (block("TA2", level="cel"), 6, "block TA2 has the level 'cel'"),
    "level skipped": (block("TA2", parent="T"), 6, "block TA2 (cell) lies in T (city)"),
    "lengths": (block("TA2", code="TA22"), 6, "the codes of the siblings TA1 and TA22 differ in length"),
    "hole": (
        ring("TA1", square(113.90, 22.55, 113.909, 22.56)),
        3,
        "no child of TA covers 114,438 m2 of it, near lon 113.90950, lat 22.55500",
    ),
    "overlap": (
        ring("TA1", square(113.90, 22.55, 113.911, 22.56)),
        6,
        "blocks TA1 (line 5) and TA2 overlap by 114,438 m2, near lon 113.91050, lat 22.55500",
    ),
    "outside": (
        ring("TA1", square(113.89, 22.55, 113.91, 22.56)),
        5,
        "block TA1 has 1,144,377 m2 outside TA, near lon 113.89500, lat 22.55500",
    ),
}


@pytest.mark.parametrize("case", CHECKED)
def test_blocks_that_are_no_tree_or_do_not_tile(tmp_path: Path, case: str) -> None:
    change, line, words = CHECKED[case]
    first = problems_of(tmp_path, blocks=change)[0]
    assert (first.file, first.line, first.what) == ("blocks.geojson", line, words)


def test_a_community_without_cells(tmp_path: Path) -> None:
    def childless(features: list[Row]) -> list[Row]:
        return [feature for feature in features if feature["properties"]["parent"] != "TB"]

    problem = only(problems_of(tmp_path, blocks=childless, beats=None, zones=None, units=without_zone))
    assert (problem.line, problem.what) == (4, "block TB (community) has no cell in it")


def without_zone(rows: list[Row]) -> None:
    for row in rows:
        row["zone"] = ""


def test_rounding_is_no_hole(tmp_path: Path) -> None:
    """Four millimetres between two cells are not a fault of anybody's."""
    assert problems_of(tmp_path, blocks=ring("TA1", square(113.90, 22.55, 113.90999996, 22.56))) == []


def test_a_multipolygon_with_a_hole_that_another_block_fills(tmp_path: Path) -> None:
    def exclave(features: list[Row]) -> None:
        inner = square(113.902, 22.552, 113.904, 22.554)
        feature_of(features, "TA1")["geometry"]["coordinates"].append(inner)
        second = feature_of(features, "TA2")["geometry"]
        second.update(type="MultiPolygon", coordinates=[copy.deepcopy(second["coordinates"]), [inner]])

    assert problems_of(tmp_path, blocks=exclave) == []


GROUPED: dict[str, tuple[str, Callable[[list[Row]], None], list[tuple[str, int | None, str]]]] = {
    "twice": (
        "beats",
        put(4, cell="TA1"),
        [
            ("beats.csv", 6, "the cell TA1 is in BTB and, on line 2, in BTA"),
            ("beats.csv", None, "the cell TB1 is missing"),
        ],
    ),
    "not at all": ("zones", drop(1), [("zones.csv", None, "the cell TA2 is missing")]),
    "unknown": (
        "beats",
        put(1, cell="TA9"),
        [
            ("beats.csv", 3, "BTA names the cell TA9, which is not a cell in blocks.geojson"),
            ("beats.csv", None, "the cell TA2 is missing"),
        ],
    ),
    "not a cell": (
        "zones",
        put(1, cell="TA"),
        [
            ("zones.csv", 3, "ZA names the cell TA, which is not a cell in blocks.geojson"),
            ("zones.csv", None, "the cell TA2 is missing"),
        ],
    ),
    "two names": (
        "beats",
        put(1, name="别名"),
        [("beats.csv", 3, "BTA is called '别名' here and 'TA警格' on line 2")],
    ),
}


@pytest.mark.parametrize("case", GROUPED)
def test_beats_and_zones(tmp_path: Path, case: str) -> None:
    name, change, expected = GROUPED[case]
    found = problems_of(tmp_path, **{name: change})
    assert [(problem.file, problem.line, problem.what) for problem in found] == expected
