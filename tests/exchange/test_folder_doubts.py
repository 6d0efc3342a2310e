"""Another unit, another place, another separator: what a folder gives away is told once, with what to do."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
import shapely.geometry

from blockwise.exchange.folder.check_calls import CALLS, TIMES
from blockwise.exchange.folder.check_outline import check_outlines
from blockwise.exchange.folder.problems import Problem, Problems
from blockwise.exchange.folder.rows import BlockRow
from blockwise.places.coordinates import Crs, from_wgs84
from tests.exchange.faults import checked, feature_of, only, problems_of, put
from tests.exchange.test_folder_roads import a_call
from tests.exchange.tiny_city import Row, write_tiny_city


def each(**change: Callable[[Any], Any]) -> Callable[[list[Row]], None]:
    def changed(rows: list[Row]) -> None:
        for row in rows:
            row.update({column: make(row[column]) for column, make in change.items()})

    return changed


@pytest.mark.parametrize(
    ("factor", "unit", "severity", "fix"),
    [
        (1 / 0.3048, "feet", "error", "Multiply length_m by 0.3048 if it is"),
        (0.001, "kilometres", "error", "Multiply length_m by 1,000 if it is"),
        (1 / 1609.344, "miles", "error", "Multiply length_m by 1,609.344 if it is"),
    ],
)
def test_lengths_in_another_unit_are_told_once(
    tmp_path: Path, factor: float, unit: str, severity: str, fix: str
) -> None:
    problem = only(problems_of(tmp_path, roads=each(length_m=lambda metres: metres * factor)))
    assert (problem.file, problem.line, problem.severity, problem.fix) == ("roads.parquet", None, severity, fix)
    assert problem.what.startswith(f"length_m looks like {unit}: the middle edge has ")


@pytest.mark.parametrize("factor", [0.98, 1.0, 1.3, 2.0])
def test_winding_roads_are_no_feet(tmp_path: Path, factor: float) -> None:
    assert problems_of(tmp_path, roads=each(length_m=lambda metres: metres * factor)) == []


def test_speeds_in_miles_an_hour_are_doubted(tmp_path: Path) -> None:
    limits = each(speed_night_kmh=lambda _: 25.0, speed_day_kmh=lambda _: 21.25, speed_peak_kmh=lambda _: 16.25)
    problem = only(problems_of(tmp_path, roads=limits))
    assert (problem.file, problem.severity) == ("roads.parquet", "warning")
    assert problem.what == (
        "the speeds look like miles an hour: 100% of the round ones end in 5, the most frequent are 25"
    )
    assert problem.fix == "Multiply them by 1.609344 if they are; columns end in _kmh"


@pytest.mark.parametrize("limit", [40.0, 40.2336, 50.0, 57.5])
def test_kilometres_an_hour_are_not(tmp_path: Path, limit: float) -> None:
    assert problems_of(tmp_path, roads=each(speed_night_kmh=lambda _: limit)) == []


@pytest.mark.parametrize(
    ("speeds", "words"),
    [
        ({"night": 40 / 3.6, "peak": 20, "day": 30}, "the middle speed of night is 11.1 km/h"),
        ({"night": 40, "peak": 17, "day": 60}, "the middle speed of peak is 17 km/h, under a third of the 60 of day"),
    ],
)
def test_speeds_at_which_nobody_drives_are_doubted(tmp_path: Path, speeds: dict[str, float], words: str) -> None:
    columns = {f"speed_{period}_kmh": (lambda _, speed=speed: float(speed)) for period, speed in speeds.items()}
    problem = only(problems_of(tmp_path, roads=each(**columns)))
    assert (problem.file, problem.line, problem.severity, problem.what) == ("roads.parquet", None, "warning", words)


FEET = "metres or feet of a map projection"


def test_coordinates_in_feet(tmp_path: Path) -> None:
    wide = each(lon=lambda _: 7_600_000, lat=lambda _: 680_000)
    found = problems_of(tmp_path, stations=wide)
    assert [problem.line for problem in found] == [2, 3, 4, None]
    assert found[0].what == f"the point is lon 7.6e+06, lat 680000: {FEET}"
    assert found[-1].what == "1 more of this kind, 4 in all"
    assert found[0].fix == "Convert the coordinates to degrees, for example with ogr2ogr -t_srs EPSG:4326"


def test_roads_in_feet(tmp_path: Path) -> None:
    found = problems_of(tmp_path, roads=each(from_lon=lambda _: 7_600_000.0, from_lat=lambda _: 680_000.0))
    assert (found[0].line, FEET in found[0].what) == (1, True)
    assert found[-1].what == "49 more of this kind, 52 in all"
    assert len(found) == 4


def test_a_block_in_metres(tmp_path: Path) -> None:
    def metres(features: list[Row]) -> None:
        ring = feature_of(features, "TA1")["geometry"]["coordinates"][0]
        ring[:] = [[lon * 100_000, lat * 100_000] for lon, lat in ring]

    problem = only(problems_of(tmp_path, blocks=metres))
    assert (problem.line, FEET in problem.what) == (5, True)


def test_roads_that_lie_elsewhere(tmp_path: Path) -> None:
    problem = only(problems_of(tmp_path, roads=each(from_lon=lambda lon: lon - 10, to_lon=lambda lon: lon - 10)))
    assert (problem.file, problem.severity) == ("roads.parquet", "error")
    assert problem.what.startswith("no road is near a block: the nearest is 1,024 km away, most lie around lon 103.9")


def test_roads_of_a_part_only(tmp_path: Path) -> None:
    def west(rows: list[Row]) -> list[Row]:
        return [row for row in rows if max(row["from_lon"], row["to_lon"]) < 113.915]

    found = problems_of(tmp_path, roads=west)
    told = only([one for one in found if "have no road" in one.what])
    assert (told.file, told.severity) == ("roads.parquet", "warning")
    assert told.what == "4 of 8 blocks of the level cell have no road within 500 m, TB1, TB2, TB3 among them"


def calls_in(path: Path, moments: pa.DataType) -> list[Problem]:
    folder = write_tiny_city(path)
    schema = pa.schema({field.name: field.type for field in CALLS} | {"received_at": moments})
    rows = [a_call(number, received_at=datetime(2026, 11, 20, 12)) for number in range(3)]  # noqa: DTZ001 - its fault
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / "calls.parquet")
    return checked(folder)


def test_a_history_without_a_zone(tmp_path: Path) -> None:
    problem = only(calls_in(tmp_path, pa.timestamp("us")))
    assert (problem.file, problem.severity) == ("calls.parquet", "error")
    assert problem.what == "received_at: times without a zone; local ones would be taken for UTC"
    assert problem.fix.startswith("Write it as a timestamp with a zone")
    assert calls_in(tmp_path / "zoned", pa.timestamp("us", "Asia/Shanghai")) == []


def test_responses_without_a_zone_name_every_column(tmp_path: Path) -> None:
    folder = write_tiny_city(tmp_path)
    pq.write_table(pa.Table.from_pylist([a_call(1)], schema=CALLS), folder / "calls.parquet")
    names = {"row": pa.int64(), "call": pa.string(), "unit": pa.string()} | dict.fromkeys(TIMES, pa.timestamp("us"))
    pq.write_table(pa.schema(names).empty_table(), folder / "responses.parquet")
    assert only(checked(folder)).what.startswith("dispatched_at, en_route_at, on_scene_at, transport_at, ")


def test_types_of_a_history_that_the_kind_does_not_have(tmp_path: Path) -> None:
    folder = write_tiny_city(tmp_path)
    rows = [a_call(number, type="fire.barn" if number else "fire.building") for number in range(3)]
    pq.write_table(pa.Table.from_pylist(rows, schema=CALLS), folder / "calls.parquet")
    problem = only(checked(folder))
    assert (problem.file, problem.severity) == ("calls.parquet", "warning")
    assert problem.what == "the type 'fire.barn' of 2 calls is none of the kind call"


def outline_in(crs: Crs) -> Callable[[list[Row]], None]:
    """The root's outline in another system, its children as they were."""

    def change(features: list[Row]) -> None:
        ring = feature_of(features, "T")["geometry"]["coordinates"][0]
        ring[:] = [[float(value) for value in from_wgs84(*point, crs)] for point in ring]

    return change


@pytest.mark.parametrize(("crs", "name"), [("gcj02", "GCJ-02"), ("bd09", "BD-09")])
def test_an_outline_in_another_system_than_its_children_is_told_once(tmp_path: Path, crs: Crs, name: str) -> None:
    problem = only(problems_of(tmp_path, blocks=outline_in(crs)))
    assert (problem.file, problem.line, problem.severity) == ("blocks.geojson", 2, "error")
    assert problem.what == (
        f"the outline of T looks like {name}, its 2 children like WGS84: so read, their borders meet"
    )


def test_children_in_another_system_than_the_outline(tmp_path: Path) -> None:
    def change(features: list[Row]) -> None:
        for feature in features[1:]:
            ring = feature["geometry"]["coordinates"][0]
            ring[:] = [[float(value) for value in from_wgs84(*point, "gcj02")] for point in ring]

    problem = only(problems_of(tmp_path, blocks=change))
    assert problem.what.startswith("the outline of T looks like WGS84, its 2 children like GCJ-02")


def test_a_real_districts_outline(shared: Path) -> None:
    """Bao'an's outline as a mapping service gives it (GCJ-02), its ten sub-districts as others drew them (WGS84)."""
    folder = shared / "data" / "cn_boundaries"
    drawn = json.loads((folder / "shenzhen_baoan_10_streets_wgs84_with_codes.geojson").read_text(encoding="utf-8"))
    districts = json.loads((folder / "datav_440300_shenzhen_districts_gcj02.json").read_text(encoding="utf-8"))
    outline = next(one for one in districts["features"] if one["properties"]["name"] == "宝安区")
    rows = [_row("B", None, outline), *(_row(f"B{number}", "B", one) for number, one in enumerate(drawn["features"]))]
    city: Any = type("City", (), {"crs": "wgs84"})
    problems = Problems()
    check_outlines(type("Folder", (), {"blocks": rows, "city": city})(), problems)
    assert [problem.what for problem in problems.listed()] == [
        "the outline of B looks like GCJ-02, its 10 children like WGS84: so read, their borders meet"
    ]


def _row(code: str, parent: str | None, feature: Any) -> BlockRow:
    shape = shapely.make_valid(shapely.geometry.shape(feature["geometry"]))
    return BlockRow(code, code, code, "x", parent, 0, True, shape, 1)


@pytest.mark.parametrize(
    ("mark", "words"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars"), ("sep=;\n;", "semicolons")]
)
def test_another_separator_is_named(tmp_path: Path, mark: str, words: str) -> None:
    before, mark = (mark[:-1], mark[-1]) if "\n" in mark else ("", mark)
    text = write_tiny_city(tmp_path / "a").joinpath("stations.csv").read_text(encoding="utf-8")
    problem = only(problems_of(tmp_path, stations=before + text.replace(",", mark)))
    assert (problem.file, problem.line) == ("stations.csv", 1)
    assert problem.what == f"the columns are separated by {words}, not by commas"
    assert ("decimal point" in problem.fix) == (mark == ";")


def test_decimal_commas(tmp_path: Path) -> None:
    quoted = only(problems_of(tmp_path, stations=put(1, lon="113,9325")))
    assert (quoted.line, quoted.what) == (3, "lon is '113,9325', with a decimal comma")
    assert quoted.fix == "Write numbers with a decimal point, such as 113.9325"
    text = write_tiny_city(tmp_path / "a").joinpath("stations.csv").read_text(encoding="utf-8")
    found = problems_of(tmp_path / "b", stations=text.replace("113.", "113,").replace("22.", "22,"))
    assert [problem.line for problem in found] == [2, 3, 4, None]
    assert found[0].what == "the row has 8 cells, the header 6; decimal commas, it seems"
    assert found[0].fix == "Write numbers with a decimal point; a cell with a comma needs quotation marks"


UNREAD = {
    "roads.csv": "roads.parquet",
    "Helsinki.osm.pbf": "roads.parquet",
    "districts.shp": "blocks.geojson",
    "unit.csv": "units.csv",
    "Units.CSV": "units.csv",
    "stations.xlsx": "stations.csv",
    "adresses.csv": "addresses.csv",
    "calls.csv": "calls.parquet",
    "city.yml": "city.yaml",
}


@pytest.mark.parametrize(("name", "instead"), UNREAD.items())
def test_a_file_that_is_not_read_is_named_with_what_is(tmp_path: Path, name: str, instead: str) -> None:
    folder = write_tiny_city(tmp_path)
    (folder / name).write_bytes(b"")
    problem = only(checked(folder))
    assert (problem.file, problem.severity, problem.what) == (name, "warning", f"it is not read; {instead} is")


def test_files_of_no_known_kind_are_named_with_all_that_are_read(tmp_path: Path) -> None:
    folder = write_tiny_city(tmp_path)
    for name in ("README.md", ".hidden", "import_report.json", "LICENSE"):
        (folder / name).touch()
    (folder / "plans").mkdir()
    (folder / "kinds").mkdir()
    (folder / "kinds" / "noise.yml").touch()
    (folder / "population.tif").touch()
    found = checked(folder)
    assert [(one.file, one.what) for one in found] == [
        ("plans/", "it is not read"),
        ("population.tif", "it is not read"),
        ("kinds/noise.yml", "it is not read; kinds/noise.yaml is"),
    ]
    assert found[0].fix.startswith("Read are city.yaml, blocks.geojson, roads.parquet, beats.csv")


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("unit.csv", "Call it units.csv if it is that"),
        ("units.xlsx", "Save the sheet as CSV, UTF-8 with commas"),
        ("a.osm.pbf", "Write what it holds into roads.parquet: docs/city-folder.md says what stands in it"),
    ],
)
def test_what_to_do_with_a_file_that_is_not_read(tmp_path: Path, name: str, fix: str) -> None:
    folder = write_tiny_city(tmp_path)
    (folder / name).touch()
    assert only(checked(folder)).fix == fix


def test_a_folder_that_is_none_of_a_city(tmp_path: Path) -> None:
    problem = only(checked(tmp_path))
    assert (problem.file, problem.what) == (str(tmp_path), "no file of a city is in this folder")
    assert "`blockwise city new DIR` makes a whole example" in problem.fix
    (tmp_path / "city.yaml").touch()
    assert only(checked(tmp_path / "city.yaml")).what == "it is a file, and a city is a folder"


def test_a_missing_file_names_what_lies_there_in_its_place(tmp_path: Path) -> None:
    folder = write_tiny_city(tmp_path, roads=None)
    (folder / "roads.csv").touch()
    (folder / "map.osm.pbf").touch()
    problem = only(checked(folder))
    assert (problem.file, problem.severity) == ("roads.parquet", "error")
    assert problem.what == "the file is missing; map.osm.pbf, roads.csv are there, and not read"
    assert problem.fix == "Add it to the folder: docs/city-folder.md says what stands in it"


def test_a_fault_in_geojson_on_one_line_is_told_with_its_column_and_number(tmp_path: Path) -> None:
    text = write_tiny_city(tmp_path / "a").joinpath("blocks.geojson").read_text(encoding="utf-8")
    short = json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":")).replace('"TA2"', '"ta2"', 1)
    problem = only(problems_of(tmp_path, blocks=short))
    column = short.rindex('{"type":"Feature"', 0, short.index('"ta2"')) + 1
    assert str(problem).startswith(
        f"blocks.geojson, line 1, column {column:,} (feature 5): feature 5: the code is 'ta2'."
    )


def test_a_fault_in_geojson_of_many_lines_is_told_with_the_features_first(tmp_path: Path) -> None:
    text = write_tiny_city(tmp_path / "a").joinpath("blocks.geojson").read_text(encoding="utf-8")
    long = json.dumps(json.loads(text), ensure_ascii=False, indent=2).replace(
        '"population": 1000', '"population": -1', 1
    )
    problem = only(problems_of(tmp_path, blocks=long))
    before = long[: long.index('"population": -1')]
    assert problem.line == before[: before.rindex('"type": "Feature"')].count("\n")
    assert problem.what == "block TA1: the population is -1"
