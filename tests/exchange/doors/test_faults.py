"""Single faults of addresses on a street drawn by hand, and none where there is none."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blockwise.cases.kinds.check import check
from blockwise.exchange.doors.faults import DoorFault, faults_of
from blockwise.exchange.doors.report import LIST, SHARES, judge
from blockwise.exchange.folder.read import read_folder
from blockwise.exchange.folder.rows import AddressRow, CityFolder, Roads
from tests.exchange.tiny_city import SOUTH, WEST, write_tiny_city

M = 1 / 111_319.49  # degrees of a metre of latitude


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> CityFolder:
    return read_folder(write_tiny_city(tmp_path_factory.mktemp("city") / "tiny"))


def door(number: str, metres: float, away: float = 10.0, code: str = "", street: str = "Long Street") -> AddressRow:
    """A door so far along a street that runs north, and so far beside it."""
    lon, lat = WEST + 0.001 + away * M, SOUTH + 0.001 + metres * M
    return AddressRow(code or f"A{number}", street, number, "", "", lon, lat, "premises")


def street(folder: CityFolder, *doors: AddressRow) -> CityFolder:
    """The tiny city with one road, 1 km long, and these doors."""
    one = np.array([1], np.int64)
    west, south = np.array([WEST + 0.001]), np.array([SOUTH + 0.001])
    roads = Roads(
        edge=one, from_node=one, to_node=one + 1, from_lon=west, from_lat=south, to_lon=west,
        to_lat=south + 1000 * M, length_m=np.array([1000.0]), oneway=np.array([False]), name=("Long Street",),
        name_en=("Long Street",), road_class=("street",), speed_kmh={"day": np.array([30.0])},
    )  # fmt: skip
    return replace(folder, roads=roads, addresses=doors)


ROW = [door(str(2 * k + 1), 20.0 * k) for k in range(12)]


def kinds(found: list[DoorFault]) -> list[tuple[str, str]]:
    return [(one.kind, one.code or one.number) for one in found]


def test_a_street_in_order_has_no_fault(tiny: CityFolder) -> None:
    even = [door(str(2 * k + 2), 20.0 * k, away=-10) for k in range(12)]
    assert faults_of(street(tiny, *ROW, *even)) == []


def test_a_number_given_twice_far_apart(tiny: CityFolder) -> None:
    twice = door("3", 220.0, code="B3")
    assert ("repeated", "B3") in kinds(faults_of(street(tiny, *ROW, twice)))
    assert kinds(faults_of(street(tiny, *ROW, door("3", 30.0, code="B3")))) == []  # the other entrance


def test_a_number_out_of_order(tiny: CityFolder) -> None:
    moved = [door("9", 200.0) if one.number == "9" else one for one in ROW]
    assert kinds(faults_of(street(tiny, *moved))) == [("out_of_order", "A9")]


def test_a_door_far_from_its_street_and_a_street_that_is_none(tiny: CityFolder) -> None:
    assert kinds(faults_of(street(tiny, *ROW, door("25", 240.0, away=400.0)))) == [("off_street", "A25")]
    other = door("1", 0.0, street="Short Lane", code="S1")
    assert kinds(faults_of(street(tiny, *ROW, other))) == [("unknown_street", "S1")]


def test_missing_plates_and_a_park(tiny: CityFolder) -> None:
    without = [one for one in ROW if one.number not in ("7", "9")]
    assert kinds(faults_of(street(tiny, *without))) == [("missing_plate", "7"), ("missing_plate", "9")]
    park = [one for one in ROW if not 5 <= int(one.number) <= 15]
    assert kinds(faults_of(street(tiny, *park))) == []


def test_a_house_with_several_numbers_lacks_none(tiny: CityFolder) -> None:
    joined = [door("5-9", 60.0) if one.number == "5" else one for one in ROW if one.number not in ("7", "9")]
    assert kinds(faults_of(street(tiny, *joined))) == []


def test_few_doors_say_nothing_of_an_order(tiny: CityFolder) -> None:
    assert faults_of(street(tiny, door("1", 90.0), door("3", 10.0), door("5", 50.0))) == []
    assert faults_of(street(tiny)) == []


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(12)), st.integers(0, 359))
def test_it_hangs_on_neither_the_order_of_rows_nor_the_street_s_direction(order: list[int], turn: int) -> None:
    angle = np.radians(turn)
    rows = []
    for k in order:
        lon, lat = 0.0 + 20.0 * k * M * np.cos(angle), 0.0 + 20.0 * k * M * np.sin(angle)
        rows.append(AddressRow(f"A{k}", "S", str(2 * k + 1), "", "", lon, lat, "premises"))
    empty = np.empty(0)
    roads = Roads(
        edge=empty.astype(np.int64), from_node=empty, to_node=empty, from_lon=empty, from_lat=empty, to_lon=empty,
        to_lat=empty, length_m=empty, oneway=empty.astype(bool), name=(), name_en=(), road_class=(), speed_kmh={},
    )  # fmt: skip
    city = CityFolder.__new__(CityFolder)
    object.__setattr__(city, "addresses", tuple(rows))
    object.__setattr__(city, "roads", roads)
    assert faults_of(city) == []


def test_the_files_and_the_share_by_block(tiny: CityFolder, tmp_path: Path) -> None:
    city = street(tiny, *ROW, door("3", 220.0, code="B3"))
    found = judge(city, tmp_path)
    assert (found.addresses, found.good, found.counts["repeated"]) == (13, 12, 1)
    rows = list(csv.DictReader((tmp_path / LIST).read_text(encoding="utf-8").splitlines()))
    assert {(row["kind"], row["code"], row["block"][:1]) for row in rows} == {
        ("repeated", "B3", "T"), ("out_of_order", "B3", "T"),
    }  # fmt: skip
    shares = list(csv.DictReader((tmp_path / SHARES).read_text(encoding="utf-8").splitlines()))
    assert sum(int(row["addresses"]) for row in shares) == 13
    assert sum(int(row["good"]) for row in shares) == 12


def test_the_kind_for_working_it_off_may_be_used() -> None:
    path = Path(__file__).parents[3] / "examples" / "kinds" / "address_fault.yaml"
    assert check(path.read_text(encoding="utf-8"), path.name, ["community"]) == ()
