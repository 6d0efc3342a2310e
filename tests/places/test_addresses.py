"""Address search in the tiny city (standing numbers) and in a small American one (street ranges)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from blockwise.exchange.folder import CityFolder
from blockwise.exchange.folder.rows import AddressRow, Roads, StreetRangeRow
from blockwise.places import actions, current
from blockwise.places.addresses import AddressHit, search
from tests.exchange.tiny_city import node_point

Told = tuple[str, str, bool, str]


def told(hits: list[AddressHit]) -> list[Told]:
    return [(hit.kind, hit.text, hit.exact, str(hit.note)) for hit in hits]


def first(text: str) -> AddressHit:
    return search(text)[0]


@pytest.mark.usefixtures("town")
class TestStandingAddresses:
    @pytest.mark.parametrize(
        "text",
        [
            "横1路8号",
            "横1路 8",
            "小城西社区横1路8号",
            "横１路８號",
            "8 Row 1 Road",
            "8 row 1 rd",
            "8 Row 1 Road, Tiny City",
            "Row 1 Road 8",
        ],
    )
    def test_a_number_on_record_is_found_however_it_is_written(self, text: str) -> None:
        hit = AddressHit(
            kind="premises",
            text="横1路8号",
            text_en="8 Row 1 Road",
            lon_e7=round((node_point(3, 1)[0] + 0.0002) * 1e7),
            lat_e7=round((node_point(3, 1)[1] - 0.0003) * 1e7),
            code="D108",
            block="TA2",
        )
        assert search(text) == [hit]

    def test_a_number_that_is_not_on_record_is_not_invented(self) -> None:
        note = "Number 99 is not on record; this is the nearest."
        assert told(search("横1路99号")) == [("dwelling", f"横1路{n}号", False, note) for n in (16, 15, 14)]
        assert told(search("8A Row 1 Road"))[0] == (
            "premises", "横1路8号", False, "Number 8A is not on record; this is the nearest.",
        )  # fmt: skip

    def test_a_crossing_lies_where_the_streets_share_a_node(self) -> None:
        lon, lat = node_point(5, 2)
        for text in (
            "横2路/纵5路",
            "纵5路与横2路交叉口",
            "横2路和纵5路",
            "横2路纵5路路口",
            "Row 2 Road & Column 5 Road",
            "column 5 rd at row 2 rd",
        ):
            hit = first(text)
            assert (hit.kind, hit.exact, hit.block) == ("crossing", True, "TB3")
            assert (hit.lon_e7, hit.lat_e7) == (round(lon * 1e7), round(lat * 1e7))
            assert set(hit.text.split(" / ")) == {"横2路", "纵5路"}

    def test_streets_that_do_not_meet_have_no_crossing(self) -> None:
        assert {hit.kind for hit in search("横1路/横2路")} == {"street"}
        assert not any(hit.exact for hit in search("横1路/横2路"))

    def test_a_street_alone_is_its_middle(self) -> None:
        hit = first("纵3路")
        assert (hit.kind, hit.text, hit.text_en, hit.exact) == ("street", "纵3路", "Column 3 Road", True)
        assert (hit.lon_e7, hit.lat_e7) in {tuple(round(v * 1e7) for v in node_point(3, row)) for row in (1, 2)}

    def test_the_beginning_of_a_name_is_enough(self) -> None:
        assert [hit.text for hit in search("横")] == ["横0路", "横1路", "横2路", "横3路"]
        assert [hit.text_en for hit in search("col", 3)] == [f"Column {k} Road" for k in range(3)]

    @pytest.mark.parametrize(
        "text", ["", "   ", "\x00", "\ud800", "///", "&", "号", "'; DROP TABLE", "不存在的地方", "9" * 5000, "%", "_"]
    )
    def test_what_names_nothing_finds_nothing(self, text: str) -> None:
        assert search(text) == []

    def test_as_many_as_asked_for(self) -> None:
        assert len(search("路", 3)) == 3
        assert len(search("路", 1000)) <= 50

    def test_a_building_is_found_by_its_name(self, tiny: CityFolder) -> None:
        here = node_point(0, 0)
        rows = [
            AddressRow("E1", "横0路", "40", "横0路40号 海港城", "Harbour City, 40 Row 0 Road", *here, "premises"),
            AddressRow("E2", "", "", "人民公园", "People's Park", *here, "public"),
        ]
        actions.load(replace(tiny, addresses=(*tiny.addresses, *rows)), purpose="demo", record=lambda act, data: None)
        for text in ("海港城", "harbour city", "Harbour  Cit"):
            assert [hit.code for hit in search(text)] == ["E1"]
        for text in ("人民公园", "peoples park", "People’s Park"):
            assert [hit.code for hit in search(text)] == ["E2"]
        assert [(h.code, h.kind) for h in search("横0路40号")] == [("E1", "premises")]


NODES = {
    "A": (113.901, 22.551),
    "B": (113.903, 22.551),
    "C": (113.905, 22.551),
    "D": (113.903, 22.553),
    "E": (113.907, 22.5515),
}
EDGES = [  # street, from, to, left numbers, right numbers
    ("IRVING ST", "A", "B", (401, 499), (400, 498)),
    ("IRVING ST", "B", "C", (501, 599), (500, 598)),
    ("20TH AVE", "B", "D", (1300, 1348), (1301, 1349)),
    ("20TH ST", "C", "E", (1, 99), (None, None)),
    ("04TH ST", "A", "D", (0, 0), (250, 202)),
]


@pytest.fixture
def ranged(db: None, tiny: CityFolder) -> Iterator[None]:
    """The tiny city's blocks with American streets."""
    number = {name: k for k, name in enumerate(NODES)}
    columns = [(number[a], number[b], *NODES[a], *NODES[b]) for _street, a, b, _left, _right in EDGES]
    start, end, from_lon, from_lat, to_lon, to_lat = (np.array(c) for c in zip(*columns, strict=True))
    size, names = len(EDGES), tuple(edge[0] for edge in EDGES)
    roads = Roads(
        edge=np.arange(size),
        from_node=start,
        to_node=end,
        from_lon=from_lon,
        from_lat=from_lat,
        to_lon=to_lon,
        to_lat=to_lat,
        length_m=np.full(size, 200.0),
        oneway=np.zeros(size, bool),
        name=names,
        name_en=names,
        road_class=("street",) * size,
        speed_kmh={key: np.full(size, 30.0) for key in tiny.city.period_keys},
    )
    rows = tuple(
        StreetRangeRow(k, street, *left, *right, number[a], number[b], *NODES[a], *NODES[b])
        for k, (street, a, b, left, right) in enumerate(EDGES)
    )
    current.forget()
    folder = replace(tiny, roads=roads, addresses=(), street_ranges=rows)
    actions.load(folder, purpose="demo", record=lambda act, data: None)
    yield
    current.forget()


def at(hit: AddressHit) -> tuple[float, float]:
    return round(hit.lon_e7 / 1e7, 6), round(hit.lat_e7 / 1e7, 6)


@pytest.mark.usefixtures("ranged")
class TestStreetRanges:
    @pytest.mark.parametrize(
        "text", ["400 Block of IRVING ST", "400 block of irving", "400 BLK IRVING STREET", "450 Block of Irving St."]
    )
    def test_a_block_face_is_the_middle_of_its_numbers(self, text: str) -> None:
        hit = first(text)
        assert (hit.kind, hit.text, hit.exact) == ("block_face", "400 Block of IRVING ST", True)
        assert at(hit) == (pytest.approx(113.902, abs=2e-5), 22.551)

    def test_a_number_lies_in_proportion_on_its_own_side(self) -> None:
        hit = first("1325 20th avenue")
        assert (hit.kind, hit.text, hit.exact, hit.block) == ("number", "1325 20TH AVE", True, "TA1")
        assert at(hit) == (113.903, pytest.approx(22.551 + 0.002 * (1325 - 1301) / 48, abs=1e-6))
        assert at(first("250 4th st")) == NODES["A"]
        assert at(first("202 4TH STREET")) == NODES["D"]
        assert at(first("598-600 Irving St")) == NODES["C"]

    def test_a_number_outside_every_range_is_not_invented(self) -> None:
        assert told(search("1400 20th Ave"))[:1] == [
            ("number", "1349 20TH AVE", False, "Number 1400 is not on record; this is the nearest.")
        ]
        assert told(search("2 20th St"))[:1] == [
            ("number", "1 20TH ST", False, "Number 2 is not on record; this is the nearest.")
        ]
        assert told(search("900 Block of Irving St"))[:1] == [
            ("number", "599 IRVING ST", False, "Number 900 is not on record; this is the nearest.")
        ]

    @pytest.mark.parametrize(
        "text", ["20TH AVE / IRVING ST", "20TH AV/IRVING ST", "Irving St and 20th Avenue", "irving@20th ave"]
    )
    def test_crossings(self, text: str) -> None:
        hits = search(text)
        assert (hits[0].kind, hits[0].exact, at(hits[0])) == ("crossing", True, NODES["B"])

    def test_a_name_that_may_be_two_streets_gives_both_crossings(self) -> None:
        assert not any(hit.exact for hit in search("irving & 20th"))
        assert {(hit.text, at(hit)) for hit in search("irving & 20th")} == {
            ("IRVING ST / 20TH AVE", NODES["B"]),
            ("IRVING ST / 20TH ST", NODES["C"]),
        }

    def test_streets_that_nearly_meet_are_said_to(self) -> None:
        (hit,) = search("20th st / 20th ave")
        assert (hit.kind, hit.exact) == ("crossing", False)
        assert str(hit.note) == "These streets do not meet; here they are 205 m apart."
