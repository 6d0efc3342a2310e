"""A sound folder is read whole, in WGS84; hostile files are answered, not crashed on."""

import dataclasses
from datetime import date, time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from blockwise.exchange.folder import BadFolder, read_folder, sound_folder
from blockwise.exchange.folder.rows import (
    AddressRow,
    CalendarRow,
    GroupingRow,
    PersonRow,
    RosterRow,
    StationRow,
    StatusRow,
    UnitRow,
)
from blockwise.places.coordinates import from_wgs84
from tests.exchange.faults import checked, only, problems_of, put
from tests.exchange.tiny_city import Row, write_tiny_city


def test_a_sound_folder_has_no_problems(tmp_path: Path) -> None:
    assert checked(write_tiny_city(tmp_path)) == []


def test_everything_is_read(tmp_path: Path) -> None:
    folder = read_folder(write_tiny_city(tmp_path))
    city = folder.city
    assert (city.code, city.timezone, city.languages, city.crs) == ("T", "Asia/Shanghai", ("zh", "en"), "wgs84")
    assert city.names == {"zh": "小城", "en": "Tiny City"}
    assert city.period_keys == ("night", "peak", "day")
    assert (city.road_periods[0].starts, city.road_periods[0].ends) == (time(22), time(7))
    assert city.working_hours == ((time(8), time(12)), (time(14), time(18)))
    assert [level.key for level in city.levels] == ["city", "community", "cell"]
    assert (city.rings, city.demo, city.features) == ((5, 15), True, {})
    assert [block.code for block in folder.blocks][:4] == ["T", "TA", "TB", "TA1"]
    cell = folder.blocks[3]
    assert (cell.name, cell.name_en, cell.level, cell.parent) == ("A区1号网格", "Cell A1", "cell", "TA")
    assert (cell.population, cell.core, cell.line) == (1000, True, 5)
    assert cell.geometry.equals(shapely.box(113.90, 22.55, 113.91, 22.56))
    assert folder.beats[0] == GroupingRow("BTA", "TA警格", "Beat A", "TA1")
    assert folder.zones[-1] == GroupingRow("ZB", "B巡区", "Zone B", "TB4")
    assert folder.stations[0] == StationRow("PA", "西派出所", "West Police Station", "police", 113.9075, 22.5575)
    assert folder.units[2] == UnitRow("P3", "铁骑", "police", "motorcycle", ("patrol", "fast"), "PA", "ZA", 1)
    assert folder.units[3].zone is None
    assert folder.roster[-1] == RosterRow("V1", (5, 6), time(9), time(17))
    assert folder.statuses[7] == StatusRow("meal", "就餐", "Meal", "unavailable")
    expected = AddressRow("D001", "横0路", "1", "横0路1号", "1 Row 0 Road", 113.9027, 22.5528, "dwelling")
    assert folder.addresses[0] == expected
    assert len(folder.addresses) == 64
    leader = PersonRow(
        "leader-TB", "东社区长", "Leader East", "block_leader", "TB", date(2026, 1, 1), date(2030, 12, 31), None, ""
    )
    assert folder.people[4] == leader
    assert folder.people[2].unit == "P1"
    assert folder.calendar == (CalendarRow(date(2026, 10, 1), works=False, name="国庆节"),)
    roads = folder.roads
    assert (len(roads.edge), roads.oneway.sum(), roads.length_m[0]) == (52, 1, 514.0)
    assert {key: speed[0] for key, speed in roads.speed_kmh.items()} == {"night": 40, "peak": 20, "day": 30}
    assert (roads.name[0], roads.name_en[0], roads.road_class[0]) == ("横0路", "Row 0 Road", "street")


def test_rows_are_equal_wherever_they_stand() -> None:
    row = StatusRow("meal", "就餐", "Meal", "unavailable", line=3)
    assert row == dataclasses.replace(row, line=9)


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
def test_declared_coordinates_are_turned_into_wgs84(tmp_path: Path, crs: Any) -> None:
    plain = read_folder(write_tiny_city(tmp_path / "plain"))

    def moved(rows: list[Row], lon: str = "lon", lat: str = "lat") -> None:
        for row in rows:
            x, y = from_wgs84(row[lon], row[lat], crs)
            row.update({lon: float(x), lat: float(y)})

    def moved_roads(rows: list[Row]) -> None:
        moved(rows, "from_lon", "from_lat")
        moved(rows, "to_lon", "to_lat")

    def moved_blocks(features: list[Row]) -> None:
        for feature in features:
            ring = feature["geometry"]["coordinates"][0]
            ring[:] = [[float(value) for value in from_wgs84(*point, crs)] for point in ring]

    path = write_tiny_city(
        tmp_path / "shifted",
        city=lambda city: city.update(crs=crs),
        addresses=moved,
        stations=moved,
        roads=moved_roads,
        blocks=moved_blocks,
    )
    shifted = sound_folder(path)[0]
    assert checked(path) == []
    for mine, theirs in ((shifted.addresses, plain.addresses), (shifted.stations, plain.stations)):
        np.testing.assert_allclose([r.lon for r in mine], [r.lon for r in theirs], rtol=0, atol=1e-9)
        np.testing.assert_allclose([r.lat for r in mine], [r.lat for r in theirs], rtol=0, atol=1e-9)
    np.testing.assert_allclose(shifted.roads.to_lon, plain.roads.to_lon, rtol=0, atol=1e-9)
    for mine, theirs in zip(shifted.blocks, plain.blocks, strict=True):
        assert mine.geometry.equals_exact(theirs.geometry, 1e-9)


def test_a_bad_folder_is_refused_with_its_problems(tmp_path: Path) -> None:
    path = write_tiny_city(tmp_path, units=put(0, crew=0))
    with pytest.raises(BadFolder) as refused:
        read_folder(path)
    problem = only(list(refused.value.problems))
    assert (problem.file, problem.line) == ("units.csv", 2)
    assert str(refused.value) == ("units.csv, line 2: crew is '0'. Write a whole number from 1 to 100 for crew.")


def test_reading_alone_does_not_check_what_files_say_of_each_other(tmp_path: Path) -> None:
    path = write_tiny_city(tmp_path, units=put(0, station="PX"))
    assert read_folder(path).units[0].station == "PX"
    with pytest.raises(BadFolder, match=r"units\.csv, line 2: unit P1 names the station PX"):
        sound_folder(path)


def test_no_folder(tmp_path: Path) -> None:
    problem = only(checked(tmp_path / "nowhere"))
    assert problem.file == str(tmp_path / "nowhere")
    assert problem.what == "there is no such folder"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("blocks", "blocks.geojson"),
        ("roads", "roads.parquet"),
        ("stations", "stations.csv"),
        ("units", "units.csv"),
        ("roster", "roster.csv"),
        ("statuses", "statuses.csv"),
        ("addresses", "addresses.csv"),
    ],
)
def test_a_missing_file_is_named_and_nothing_else(tmp_path: Path, name: str, file: str) -> None:
    problem = only(problems_of(tmp_path, **{name: None}))
    assert (problem.file, problem.line, problem.what) == (file, None, "the file is missing")


@pytest.mark.parametrize("name", ["people", "calendar", "beats"])
def test_a_city_may_do_without(tmp_path: Path, name: str) -> None:
    assert problems_of(tmp_path, **{name: None}) == []


def test_a_missing_city_yaml_stops_the_rest(tmp_path: Path) -> None:
    error, warning = problems_of(tmp_path, city=None, units=None)[:2]
    assert {error.file, warning.file} == {"city.yaml", "units.csv"}


HOSTILE = {
    "a line of 10 MB": (
        "units",
        b"code,call_sign\n" + b"x" * 10_000_000,
        ("units.csv", 2, "the line has more than 1,000,000 bytes"),
    ),
    "NUL": ("units", b"code,\x00", ("units.csv", 1, "a NUL character (U+0000) is in the text")),
    "lone surrogate bytes": ("units", b"code\n\xed\xa0\x80", ("units.csv", 2, "byte 0xed is not UTF-8")),
    "GBK": (
        "stations",
        "code,name,name_en,service,lon,lat\nPA,派出所,x,police,1,2\n".encode("gbk"),
        ("stations.csv", 2, "byte 0xc5 is not UTF-8 (the file looks like GB 18030 or GBK)"),
    ),
    "UTF-16": ("stations", "code".encode("utf-16"), ("stations.csv", 1, "the file is UTF-16, not UTF-8")),
    "an open quotation mark": (
        "statuses",
        'label,zh,en,meaning\nfree,"备勤,Free,available\n',
        ("statuses.csv", 2, "the row cannot be read: unexpected end of data"),
    ),
    "a row cut off": (
        "statuses",
        "label,zh,en,meaning\nfree,备",
        ("statuses.csv", 2, "the row has 2 cells, the header 4"),
    ),
    "another header": (
        "statuses",
        "label,zh,meaning\n",
        ("statuses.csv", 1, "the column 'en' is missing"),
    ),
    "an empty file": ("statuses", "", ("statuses.csv", 1, "the column 'label' is missing")),
    "half a GeoJSON": (
        "blocks",
        '{"type": "FeatureCollection",\n"features": [\n{"type": "Feature", "prop',
        ("blocks.geojson", 3, "the file ends in the middle"),
    ),
    "a GeoJSON that ends after a feature": (
        "blocks",
        '{"features": [\n{}\n',
        ("blocks.geojson", 3, "the file ends in the middle"),
    ),
    "not JSON": ("blocks", '{"features": [\n{]', ("blocks.geojson", 2, "not JSON: Expecting property name")),
    "deep nesting": (
        "blocks",
        '{"features": ' + "[" * 100_000,
        ("blocks.geojson", "1, column 15", "nesting is too long"),
    ),
    "a number of 10,000 digits": (
        "blocks",
        '{"features": [' + "9" * 10_000,
        ("blocks.geojson", "1, column 15", "a number or a nesting is too long"),
    ),
    "no features": ("blocks", '{"features": []}', ("blocks.geojson", 1, "there are no features")),
    "another kind of GeoJSON": (
        "blocks",
        '{"type": "Topology"}',
        ("blocks.geojson", 1, "the type is 'Topology', not a FeatureCollection"),
    ),
    "half a Parquet": ("roads", b"PAR1\x00\x00", ("roads.parquet", None, "the file is not readable Parquet")),
    "YAML aliases": ("city", "code: &a x\nname: *a\n", ("city.yaml", 2, "an alias (*name) is used")),
    "YAML cut off": ("city", "code: [\nname: x", ("city.yaml", 2, "expected ',' or ']'")),
    "YAML with NUL": ("city", b"code: a\nname: \x00", ("city.yaml", 2, "a NUL character (U+0000)")),
    "an empty YAML": ("city", "", ("city.yaml", None, "the file is empty")),
    "YAML nested 10,000 deep": ("city", "[" * 10_000, ("city.yaml", None, "the file is nested too deeply")),
    "a large YAML": ("city", "#" * 300_000, ("city.yaml", None, "the file has 300,000 bytes")),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files(tmp_path: Path, case: str) -> None:
    name, content, (file, line, words) = HOSTILE[case]
    first = problems_of(tmp_path, **{name: content})[0]
    assert (first.file, first.line, first.severity) == (file, line, "error")
    assert words in first.what


def test_escaped_surrogates_in_json_and_yaml(tmp_path: Path) -> None:
    text = write_tiny_city(tmp_path / "a").joinpath("blocks.geojson").read_text()
    escaped = text.replace("A区1号网格", "\\ud800")
    problem = only(problems_of(tmp_path, blocks=escaped))
    assert (problem.file, problem.line) == ("blocks.geojson", 5)
    assert problem.what == "block TA1: the name holds half of a surrogate pair (U+D800)"
    city = tmp_path.joinpath("a", "city.yaml").read_text().replace("Tiny City", '"\\ud800"')
    problem = problems_of(tmp_path, city=city)[0]
    assert (problem.file, problem.line) == ("city.yaml", 4)
    assert problem.what == "en holds half of a surrogate pair (U+D800)"


def test_what_is_quoted_from_a_file_can_be_printed(tmp_path: Path) -> None:
    text = write_tiny_city(tmp_path / "plain").joinpath("blocks.geojson").read_text(encoding="utf-8")
    escaped = text.replace("[113.91, 22.55], [113.91, 22.56]", '["\\ud800\\u001b", 22.5], [113.91, 22.56]', 1)
    problem = only(problems_of(tmp_path, blocks=escaped))
    assert problem.what == "block TA1: a point is [\\ud800\\x1b, 22.5], not two numbers"


def test_many_faults_of_a_kind_are_counted_not_listed(tmp_path: Path) -> None:
    def wrong(rows: list[Row]) -> None:
        for row in rows:
            row["use"] = "palace"

    found = problems_of(tmp_path, addresses=wrong)
    assert [problem.line for problem in found] == [2, 3, 4, None]
    assert found[-1].what == "61 more of this kind, 64 in all"
    assert found[-1].fix == "Use one of: dwelling, premises, public"


def test_what_is_counted_stands_after_those_of_its_kind(tmp_path: Path) -> None:
    def wrong(rows: list[Row]) -> None:
        for row in rows:
            row["use"] = "palace"

    def late(rows: list[Row]) -> None:
        for row in rows:
            row["from"] = "25:00"

    found = problems_of(tmp_path, addresses=wrong, roster=late)
    assert [(problem.file, problem.what.split(" ", 1)[0]) for problem in found] == [
        *[("roster.csv", "from")] * 3,
        ("roster.csv", "5"),
        *[("addresses.csv", "use")] * 3,
        ("addresses.csv", "61"),
    ]


def test_byte_order_mark_and_column_order_do_not_matter(tmp_path: Path) -> None:
    def turned(rows: list[Row]) -> list[Row]:
        return [dict(reversed(row.items())) for row in rows]

    path = write_tiny_city(tmp_path, units=turned)
    units = path / "units.csv"
    units.write_bytes(b"\xef\xbb\xbf" + units.read_bytes())
    assert checked(path) == []
