"""San Francisco out of the public data: sound, complete, and with the intervals that INDEX.md measured."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from blockwise.cases.kinds.check import check
from blockwise.cases.kinds.doubts import doubts
from blockwise.cases.kinds.parse import parse_kind
from blockwise.exchange.datasf import BadData, Summary, build
from blockwise.exchange.datasf.build import MAPS
from blockwise.exchange.datasf.call_types import ALIKE, KEPT, TYPES, call_kind
from blockwise.exchange.datasf.streets import limit_mph, street_name
from blockwise.exchange.folder import CityFolder, check_folder, sound_folder
from blockwise.exchange.folder.problems import Problem
from blockwise.exchange.tabular import Account, BadMap, read_map, take
from blockwise.problems import Conflict, Invalid

Row = dict[str, Any]
DAYS = "dev_window_2016-12-31_2017-01-07"


@pytest.fixture(scope="module")
def city(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    out = tmp_path_factory.mktemp("sf") / "city"
    return out, build(shared / "data", out)


@pytest.fixture(scope="module")
def folder(city: tuple[Path, Summary]) -> tuple[CityFolder, list[Problem]]:
    return sound_folder(city[0])


@pytest.fixture(scope="module")
def calls(city: tuple[Path, Summary]) -> dict[str, Row]:
    return {row["call"]: row for row in pq.read_table(city[0] / "calls.parquet").to_pylist()}


@pytest.fixture(scope="module")
def responses(city: tuple[Path, Summary]) -> list[Row]:
    rows: list[Row] = pq.read_table(city[0] / "responses.parquet").to_pylist()
    return rows


@pytest.fixture(scope="module")
def noted(city: tuple[Path, Summary]) -> list[Row]:
    with (city[0] / "imports" / f"calls.{DAYS}.noted.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_what_was_written(city: tuple[Path, Summary]) -> None:
    assert city[1] == Summary(
        blocks=239,
        edges=15098,
        street_ranges=14363,
        units=178,
        calls=3560,
        rows=7704,
        imported=7704,
        refused=0,
        noted=44,
    )


def test_the_folder_is_sound_but_for_streets_without_a_connection(
    folder: tuple[CityFolder, list[Problem]],
) -> None:
    """And but for what those who sign its kind of calls are to look at."""
    warnings = [(problem.file, problem.severity, problem.what) for problem in folder[1]]
    many, first = len(doubts(call_kind())), doubts(call_kind())[0]
    where = f"line {first.line}: {first.where} says “{first.word}”"
    told = f"{many} doubts for those who sign it, e.g. {where}. {first.reason.en}"
    assert warnings == [
        (
            "roads.parquet",
            "warning",
            "108 of 9,077 nodes (1.2%) cannot be driven to from the rest and back, node 20257000 among them",
        ),
        ("kinds/call.yaml", "warning", told),
    ]


def test_tracts_lie_in_neighbourhoods_and_everybody_is_counted(
    folder: tuple[CityFolder, list[Problem]],
) -> None:
    blocks = {block.code: block for block in folder[0].blocks}
    by_level = [block.level for block in folder[0].blocks]
    assert [by_level.count(level) for level in ("city", "community", "cell")] == [1, 42, 196]
    assert blocks["SF"].population == 805_235
    cells = [block for block in blocks.values() if block.level == "cell"]
    assert sum(block.population for block in cells) == 805_235
    mission = next(block for block in blocks.values() if block.name == "Mission")
    assert all(block.code.startswith(block.parent or "") for block in blocks.values())
    children = [block for block in cells if block.parent == mission.code]
    assert mission.geometry.symmetric_difference(
        shapely.union_all([block.geometry for block in children])
    ).area == pytest.approx(0, abs=1e-10)


def test_every_unit_row_is_accounted_for(
    city: tuple[Path, Summary], responses: list[Row], calls: dict[str, Row]
) -> None:
    report = json.loads((city[0] / "imports" / f"calls.{DAYS}.json").read_text(encoding="utf-8"))
    assert report["rows"] == report["written"] == 7704
    assert report["repeated"] == report["left_out"] == report["refused"] == 0
    assert sorted(path.name for path in (city[0] / "imports").iterdir()) == [
        f"calls.{DAYS}.json",
        f"calls.{DAYS}.noted.csv",
        f"roster.{DAYS}.json",
        f"units.{DAYS}.json",
    ]
    assert [row["row"] for row in responses] == list(range(1, 7705))
    assert {row["call"] for row in responses} == set(calls)


def test_impossible_times_are_listed_by_row_and_reason(noted: list[Row], responses: list[Row]) -> None:
    reasons: dict[str, list[int]] = {}
    for note in noted:
        words = note["reason"].split(" (")[0].split(" from call")[0]
        reasons.setdefault(words, []).append(int(note["row"]))
    assert {reason: len(rows) for reason, rows in reasons.items()} == {
        "dispatched before it was free": 9,
        "no time at which it was available again": 5,
        "on scene before it was en route": 1,
        "transport before it was on scene": 2,
        "at the hospital before it was on scene": 2,
        "at the hospital before its transport began": 25,
    }
    number = reasons["on scene before it was en route"][0]
    row = responses[number - 1]
    assert row["unit"] == "AM08"
    assert row["on_scene_at"] < row["en_route_at"], "kept as claimed"
    missing = [row["row"] for row in responses if row["available_at"] is None]
    assert missing == reasons["no time at which it was available again"]


def seconds(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else (end - start).total_seconds()


def middle(values: list[float | None]) -> tuple[int, list[float]]:
    known = [value for value in values if value is not None]
    return len(known), np.percentile(known, [50, 90]).round(1).tolist()


def test_intervals_are_those_of_the_data(calls: dict[str, Row], responses: list[Row]) -> None:
    received = [calls[row["call"]]["received_at"] for row in responses]
    dispatch = [seconds(at, row["dispatched_at"]) for at, row in zip(received, responses, strict=True)]
    assert middle(dispatch) == (7704, [119.0, 328.0])
    en_route = [seconds(row["dispatched_at"], row["en_route_at"]) for row in responses]
    assert middle(en_route) == (7490, [49.0, 124.1])
    on_scene = [seconds(row["en_route_at"], row["on_scene_at"]) for row in responses]
    assert middle(on_scene) == (6150, [227.0, 759.1])


def test_code_3_calls_and_their_first_unit(calls: dict[str, Row], responses: list[Row]) -> None:
    first: dict[str, datetime] = {}
    for row in responses:
        if row["on_scene_at"]:
            first[row["call"]] = min(first.get(row["call"], row["on_scene_at"]), row["on_scene_at"])
    code_3 = [seconds(calls[call]["received_at"], at) for call, at in first.items() if calls[call]["priority"] == 1]
    assert middle(code_3) == (2038, [327.0, 511.3])


def test_times_are_in_utc(calls: dict[str, Row]) -> None:
    """The first call of the window came one minute after local midnight."""
    assert min(row["received_at"] for row in calls.values()) == datetime(2016, 12, 31, 8, 1, 4, tzinfo=UTC)


def test_the_airport_is_in_the_city(folder: tuple[CityFolder, list[Problem]], calls: dict[str, Row]) -> None:
    airport = next(block for block in folder[0].blocks if block.code.endswith("AIRPRT"))
    there = [row for row in calls.values() if airport.geometry.covers(shapely.Point(row["lon"], row["lat"]))]
    assert [row["address"] for row in there] == ["CALL BOX: SF INTERNATIONAL AIRPORT"] * 4
    assert airport.population == 0


def test_units_live_where_they_are_sent(folder: tuple[CityFolder, list[Problem]]) -> None:
    units = {unit.code: unit for unit in folder[0].units}
    engine, ladder, ambulance = units["E07"], units["T07"], units["50"]
    assert (engine.station, engine.type, engine.capabilities) == ("F07", "engine", ("fire", "rescue"))
    assert (ladder.station, ladder.type, ladder.capabilities) == ("F07", "ladder", ("fire", "ladder"))
    assert (ambulance.service, ambulance.type, ambulance.capabilities) == ("ems", "ambulance", ("medical",))
    assert {"F35", "F49"} <= {station.code for station in folder[0].stations}
    assert {shift.days for shift in folder[0].roster} == {tuple(range(7))}


def test_streets(folder: tuple[CityFolder, list[Problem]]) -> None:
    roads = folder[0].roads
    number = roads.edge.tolist().index(100000)
    assert (roads.name[number], roads.length_m[number], roads.oneway[number]) == ("1ST ST", 69.5, False)
    speeds = {key: round(float(speed[number]), 3) for key, speed in roads.speed_kmh.items()}
    assert speeds == {"night": 40.234, "peak": 26.152, "day": 34.199}
    ranges = {row.edge: row for row in folder[0].street_ranges}[100000]
    sides = (ranges.left_from, ranges.left_to, ranges.right_from, ranges.right_to)
    assert (ranges.street, sides) == ("1ST ST", (1, 19, 2, 34))


def test_limits_and_names() -> None:
    assert [limit_mph(posted) for posted in (0.0, 99.0, None, 15.0, 40.0)] == [25, 25, 25, 15, 40]
    assert [street_name(name) for name in ("01ST ST", "20TH AVE", " O'FARRELL ST")] == [
        "1ST ST",
        "20TH AVE",
        "O'FARRELL ST",
    ]


def test_the_kind_call_has_this_city_s_types(calls: dict[str, Row]) -> None:
    kind = parse_kind(call_kind())
    own = {leaf.code for leaf in kind.types if leaf.code.split(".")[0] not in KEPT}
    assert own == {code for code, *_ in TYPES.values()}
    assert check(call_kind(), "call.yaml") == ()
    assert {row["type"] for row in calls.values()} <= {leaf.code for leaf in kind.types}
    assert kind.merge is not None
    assert kind.merge.alike == ALIKE
    structure_fire = next(leaf for leaf in kind.types if leaf.code == "fire.structure")
    assert structure_fire.words.en == "Structure Fire"
    assert dict(structure_fire.needs) == {"fire": 3, "ladder": 2, "command": 1}


def test_the_map_knows_the_words_of_the_kind() -> None:
    types = read_map(MAPS / "calls.yaml").fields["type"].words
    assert types is not None
    assert dict(types.words) == {word: code for word, (code, *_) in TYPES.items()}


def a_row(**values: Any) -> Row:
    start = datetime(2017, 1, 1, 12)  # noqa: DTZ001 - the source has wall-clock times
    row: Row = {"call_number": "1", "unit_id": "E01", "received_ts": start, "dispatch_ts": start}
    row |= dict.fromkeys(("response_ts", "on_scene_ts", "transport_ts", "hospital_ts", "available_ts"), start)
    row |= {"call_type": "Alarms", "priority": "3", "address": "100 Block of A ST"}
    row |= {"unit_type": "ENGINE", "station_area": "01"}
    return row | {"longitude": -122.4, "latitude": 37.7} | values


def taken(folder: Path, rows: list[Row], plan: Path = MAPS / "calls.yaml", *, partly: bool = True) -> Account:
    """Rows of the city's own columns taken into a folder that has its kind of calls."""
    (folder / "kinds").mkdir(exist_ok=True)
    (folder / "kinds" / "call.yaml").write_text(call_kind(), encoding="utf-8")
    pq.write_table(pa.Table.from_pylist(rows), folder / "window.parquet")
    return take(folder / "window.parquet", read_map(plan), folder, partly=partly)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"dispatch_ts": None}, "dispatch_ts is empty"),
        ({"unit_id": ""}, "unit_id is empty"),
        ({"longitude": 0.0, "latitude": 0.0}, "the point is 0, 0: its place is not known"),
        ({"longitude": 37.7, "latitude": -122.4}, "the point 37.7, -122.4 is no place on earth"),
        ({"longitude": None}, "'', '37.7' is no point"),
        ({"longitude": float("nan")}, "'', '37.7' is no point"),
    ],
)
def test_rows_that_cannot_be_used_are_listed(tmp_path: Path, values: Row, reason: str) -> None:
    found = taken(tmp_path, [a_row(), a_row(**({"call_number": "2"} | values))])
    assert (found.rows, found.written, found.files["calls.parquet"].added) == (2, 1, 1)
    assert [(entry.row, entry.reason) for entry in found.refused] == [(2, reason)]
    assert pq.read_table(tmp_path / "responses.parquet").num_rows == 1


def test_an_unknown_word_is_kept_and_played_as_other(tmp_path: Path) -> None:
    rows = [
        a_row(),
        a_row(call_number="2", call_type="Parade"),
        a_row(call_number="2", call_type="Parade", unit_id="E02"),
        a_row(call_number="3", priority="9"),
        a_row(call_number="4", call_type=None, priority="", unit_type="BALLOON"),
    ]
    found = taken(tmp_path, rows)
    assert (found.rows, found.written, found.files["calls.parquet"].added, found.refused) == (5, 5, 4, [])
    calls = pq.read_table(tmp_path / "calls.parquet").to_pylist()
    assert [(row["call"], row["type"], row["priority"], row["text"]) for row in calls] == [
        ("1", "alarm.fire", 1, None),
        ("2", "other.other", 1, "Type in the data: Parade."),
        ("3", "alarm.fire", 2, "Priority in the data: 9."),
        ("4", "other.other", 3, "Type in the data: none. Priority in the data: none."),
    ]
    assert [tuple(one.values()) for one in found.words.listed()] == [
        ("priority", "", 1, 5, "the type's own"),
        ("priority", "9", 1, 4, "the type's own"),
        ("type", "Parade", 2, 2, "other.other"),
        ("type", "", 1, 5, "other.other"),
    ]
    units = take(tmp_path / "window.parquet", read_map(MAPS / "units.yaml"), tmp_path)
    assert {one["word"] for one in units.words.listed()} == set()
    assert units.noted != [], "the unit of the balloon was an engine before"


def test_what_the_operator_maps_is_played_so(tmp_path: Path) -> None:
    text = (MAPS / "calls.yaml").read_text(encoding="utf-8")
    text = text.replace("    Other: other.other", "    Other: other.other\n    Parade: service.assist")
    (tmp_path / "mine.yaml").write_text(text.replace('B: "3"}', 'B: "3", "9": "2"}'), encoding="utf-8")
    found = taken(tmp_path, [a_row(call_type="Parade", priority="9")], tmp_path / "mine.yaml")
    assert found.words.listed() == []
    (call,) = pq.read_table(tmp_path / "calls.parquet").to_pylist()
    assert (call["type"], call["priority"], call["text"]) == ("service.assist", 2, None)


def test_a_type_that_the_city_has_not_is_told_with_its_line(tmp_path: Path) -> None:
    text = (MAPS / "calls.yaml").read_text(encoding="utf-8").replace("Alarms: alarm.fire", "Alarms: fire.barn")
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    line = text[: text.index("fire.barn")].count("\n") + 1
    with pytest.raises(BadMap) as refused:
        taken(tmp_path, [a_row()], tmp_path / "mine.yaml")
    assert str(refused.value).startswith(f"mine.yaml, line {line}: 'Alarms' is given as 'fire.barn'")


def test_another_file_of_calls_with_days_it_was_not_written_for(shared: Path, tmp_path: Path) -> None:
    """11,744 real rows of other years: 8 call types and a priority that the eight days do not have."""
    window = shared / "data" / "sf_fire_units" / "dev_scattered_2000_2012.parquet"
    made = build(shared / "data", tmp_path / "city", window=window)
    assert made.rows == made.imported + made.refused == 11_744
    words = {(one["field"], one["word"]): one["rows"] for one in made.unknown}
    assert words[("type", "Marine Fire")] == 10
    assert words[("priority", "1")] == 417
    report = json.loads((tmp_path / "city" / "import_report.json").read_text(encoding="utf-8"))
    assert report["source"] == window.name
    assert made.refused == 0
    unknown = (
        (tmp_path / "city" / "imports" / f"calls.{window.stem}.unknown.csv")
        .read_text(encoding="utf-8-sig")
        .splitlines()
    )
    assert len(unknown) == 1 + len(made.unknown)
    assert [problem for problem in check_folder(tmp_path / "city") if problem.severity == "error"] == []


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda row: row.pop("priority"), "The columns priority are not in the file"),
        (
            lambda row: row.update(received_ts="noon"),
            "1 of 1 rows cannot be used: row 1: received_at: 'noon' is no time",
        ),
        (
            lambda row: row.update(received_ts=datetime(1969, 1, 1, tzinfo=UTC)),
            "1 of 1 rows cannot be used: row 1: rec",
        ),
    ],
)
def test_a_file_of_calls_that_cannot_be_read_is_told(tmp_path: Path, change: Callable[[Row], Any], what: str) -> None:
    row = a_row()
    change(row)
    with pytest.raises((Invalid, Conflict)) as refused:
        taken(tmp_path, [row], partly=False)
    assert refused.value.what.startswith(what)
    assert not (tmp_path / "calls.parquet").exists()


def test_the_same_data_gives_the_same_folder(city: tuple[Path, Summary], shared: Path, tmp_path: Path) -> None:
    told: list[str] = []
    build(shared / "data", tmp_path, told.append)
    assert told == ["boundaries", "streets", "stations and units", "calls"]
    files = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(city[0]) for path in city[0].rglob("*") if path.is_file())
    for name in files:
        assert (tmp_path / name).read_bytes() == (city[0] / name).read_bytes(), name


def test_missing_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadData) as refused:
        build(tmp_path, tmp_path / "out")
    assert refused.value.where.endswith("sf_boundaries/sf-tracts-2010-clipped.geojson")
    assert refused.value.what == "The file is missing."


def test_broken_data_is_named(tmp_path: Path) -> None:
    (tmp_path / "sf_boundaries").mkdir()
    (tmp_path / "sf_boundaries" / "sf-tracts-2010-clipped.geojson").write_text('{"features": [', encoding="utf-8")
    with pytest.raises(BadData, match="not readable GeoJSON"):
        build(tmp_path, tmp_path / "out")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(BadData, match="The folder cannot be made"):
        build(tmp_path, tmp_path / "out" / "city")


def test_a_folder_that_holds_anything_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "city.yaml").write_text("edited")
    with pytest.raises(Conflict, match="There is something there already"):
        build(tmp_path / "nothing", tmp_path)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("city.yaml", "edited")]
