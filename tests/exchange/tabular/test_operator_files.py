"""Every number of expected.json: the same forty calls in thirteen files, units under merged headings, damaged files."""

from __future__ import annotations

import json
import struct
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
import shapely
import yaml

from blockwise.exchange.tabular import Account, read_map, suggest, take
from blockwise.exchange.tabular.points import Place, Points
from blockwise.problems import Invalid
from tests.exchange.tabular.maps import a_map, with_columns

ZONE = ZoneInfo("Asia/Shanghai")
PLAN: dict[str, Any] = {
    "table": "calls",
    "times": {"zone": "Asia/Shanghai"},
    "columns": {
        "call": "警单号",
        "received_at": "报警时间",
        "type": {"column": "类别编码", "width": 6, "words": "types"},
        "priority": "级别",
        "lon": "经度",
        "lat": "纬度",
        "address": "地址",
        "text": {"columns": ["类别编码", "街道"]},
        "unit": {"column": "处警单位", "width": 4},
        "on_scene_at": "到场时间",
    },
    "words": {"types": {"010203": "crime.burglary"}},
}
UNITS: dict[str, Any] = {
    "table": "units",
    "file": {"header": "2-3"},
    "skip": {"编码": "合计"},
    "columns": {
        "code": {"column": "单位/编码", "width": 4},
        "call_sign": "名称",
        "service": {"value": "police"},
        "type": {"value": "car"},
        "capabilities": {"value": "patrol"},
        "station": {"value": "S1"},
        "crew": "力量/民警",
    },
}
FILES = [
    f"calls_{form}.{end}"
    for end, forms in (
        ("csv", [f"{code}_{time}" for code in ("gbk", "semicolon", "utf8") for time in ("compact", "dmy", "iso")]),
        ("xlsx", [f"xlsx_{time}" for time in ("compact", "dmy", "iso", "native")]),
    )
    for form in forms
]


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "data" / "operator_files"


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return found


def imported(path: Path, out: Path, plan: dict[str, Any] = PLAN) -> tuple[Account, list[dict[str, Any]]]:
    out.mkdir(exist_ok=True)
    account = take(path, read_map(a_map(out.parent, plan)), out)
    return account, pq.read_table(out / "calls.parquet").to_pylist()


def test_all_files_of_the_list_are_tried(expected: dict[str, Any]) -> None:
    assert sorted(FILES) == expected["calls"]["files"]


@pytest.mark.parametrize("name", FILES)
def test_every_file_comes_to_the_same_calls(name: str, folder: Path, expected: dict[str, Any], tmp_path: Path) -> None:
    account, calls = imported(folder / name, tmp_path / "city")
    want = expected["calls"]
    assert (account.rows, account.written, account.refused, account.mended) == (want["rows"], want["rows"], [], 0)
    for call, told in ((calls[0], want["first_call"]), (calls[-1], want["last_call"])):
        assert call["call"] == told["id"]
        assert call["received_at"] == datetime.fromisoformat(told["utc"])
        assert call["received_at"].astimezone(ZONE).isoformat() == told["local"]
        assert [call["lon"], call["lat"]] == pytest.approx(told["point"])
    texts = [call["text"].removeprefix("Type ").split(" ") for call in calls]
    codes = Counter(text[0] for text in texts)
    assert codes == want["by_type"]
    assert Counter(text[1] for text in texts) == want["by_subdistrict"]
    assert Counter(str(call["priority"]) for call in calls) == want["by_level"]
    local = [call["received_at"].astimezone(ZONE) for call in calls]
    assert Counter(str(at.date()) for at in local) == want["by_local_date"]
    assert Counter("{}-W{:02d}".format(*at.isocalendar()) for at in local) == want["by_iso_week"]
    other_day = sum(at.date() != at.astimezone(UTC).date() for at in local)
    assert other_day == want["rows_whose_local_date_differs_from_utc_date"]
    mean = [sum(call[axis] for call in calls) / len(calls) for axis in ("lon", "lat")]
    assert mean == pytest.approx(want["mean_point"], abs=1e-6)


@pytest.mark.parametrize("name", FILES)
def test_arrivals_and_units(name: str, folder: Path, expected: dict[str, Any], tmp_path: Path) -> None:
    _, calls = imported(folder / name, tmp_path / "city")
    rows = pq.read_table(tmp_path / "city" / "responses.parquet").to_pylist()
    want = expected["calls"]
    assert len(rows) == want["arrivals"]
    assert len(calls) - len(rows) == want["arrivals_blank"]
    assert min(row["on_scene_at"] for row in rows) == datetime.fromisoformat(want["first_arrival_utc"])
    assert max(row["on_scene_at"] for row in rows) == datetime.fromisoformat(want["last_arrival_utc"])
    received = {call["call"]: call["received_at"] for call in calls}
    minutes = [(row["on_scene_at"] - received[row["call"]]).total_seconds() / 60 for row in rows]
    assert {"sum": sum(minutes), "median": median(minutes)} == want["minutes_call_to_arrival"]
    assert {row["unit"] for row in rows} <= set(want["by_unit"])


def test_points_lie_in_their_own_subdistrict(
    shared: Path, folder: Path, expected: dict[str, Any], tmp_path: Path
) -> None:
    _, calls = imported(folder / "calls_gbk_dmy.csv", tmp_path / "city")
    outlines = shared / "data" / "cn_boundaries" / "shenzhen_baoan_10_streets_wgs84_with_codes.geojson"
    shapes = {
        str(feature["properties"]): shapely.geometry.shape(feature["geometry"])
        for feature in json.loads(outlines.read_text(encoding="utf-8"))["features"]
    }
    own = sum(
        any(
            call["text"].split(" ")[1] in name and shape.covers(shapely.Point(call["lon"], call["lat"]))
            for name, shape in shapes.items()
        )
        for call in calls
    )
    assert own == expected["calls"]["points_in_their_own_subdistrict"]


def test_what_was_found_out_is_said(folder: Path, tmp_path: Path) -> None:
    account, _ = imported(folder / "calls_gbk_dmy.csv", tmp_path / "city")
    assert account.told.lines == {
        "order": "Dates have the day before the month: 31/12/2025 23:58 in row 2 allows no other,"
        " and no date the other.",
        "encoding": "The text is GB 18030 (GBK is part of it): all of the file fits it.",
        "separator": "Between the cells stand commas: so most rows are as long as the header.",
        "zone": "Times are of the zone Asia/Shanghai, as the map says.",
        "crs": "Points are wgs84.",
        "land": "Where the city lies is not known: no point is refused for lying elsewhere.",
    }
    again, _ = imported(folder / "calls_semicolon_iso.csv", tmp_path / "city")
    assert again.told.lines["commas"] == "40 longitudes have a comma, read as a decimal mark."
    assert not again.changed, "the same calls from another file change nothing"


def test_a_file_that_cannot_say_its_day_order_is_asked_about(
    folder: Path, expected: dict[str, Any], tmp_path: Path
) -> None:
    path, want = folder / "calls_utf8_dmy_undecidable.csv", expected["calls_utf8_dmy_undecidable.csv"]
    with pytest.raises(Invalid) as refused:
        imported(path, tmp_path / "city")
    assert refused.value.what.startswith("No day of ")
    assert "`times: {order: day}`" in refused.value.fix
    assert list((tmp_path / "city").iterdir()) == []
    plan = {**PLAN, "times": {"zone": "Asia/Shanghai", "order": "day"}}
    account, calls = imported(path, tmp_path / "city", plan)
    assert account.told.lines["order"] == "Dates have the day before the month, as the map says."
    assert len(calls) == want["rows"]
    assert calls[0]["received_at"] == datetime.fromisoformat(want["if_day_first"]["first_utc"])
    assert calls[-1]["received_at"] == datetime.fromisoformat(want["if_day_first"]["last_utc"])


def test_what_a_spreadsheet_has_rounded_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        imported(folder / "calls_utf8_compact_damaged_by_spreadsheet.csv", tmp_path / "city")
    assert "报警时间, first in row 2: 2.02512E+13; 到场时间, first in row 2: 2.02601E+13" in refused.value.what
    assert list((tmp_path / "city").iterdir()) == []


def test_units_under_merged_headings(folder: Path, expected: dict[str, Any], tmp_path: Path) -> None:
    want = expected["units_merged_headers.xlsx"]
    city = tmp_path / "city"
    city.mkdir()
    account = take(folder / "units_merged_headers.xlsx", read_map(a_map(tmp_path, UNITS)), city)
    assert (account.rows, account.written, account.left_out, account.refused) == (13, want["units"], 1, [])
    assert account.mended == want["codes_that_lost_their_zero"]
    lines = [line.split(",") for line in (city / "units.csv").read_text(encoding="utf-8").splitlines()]
    assert [line[0] for line in lines[1:]] == want["codes_are_four_digits"]
    assert sum(int(line[-1]) for line in lines[1:]) == want["sum"]["police"]
    assert [line[1] for line in lines[1:]] == [row["name"] for row in want["rows"]]
    account, calls = imported(folder / "calls_xlsx_native.xlsx", city)
    assert [one for one in account.words.listed() if one["field"] == "unit"] == [], "all 40 calls find their unit"
    without = with_columns(UNITS, code="编码")
    (tmp_path / "other").mkdir()
    take(folder / "units_merged_headers.xlsx", read_map(a_map(tmp_path, without)), tmp_path / "other")
    account, _ = imported(folder / "calls_xlsx_native.xlsx", tmp_path / "other")
    lost = sum(int(str(one["rows"])) for one in account.words.listed() if one["field"] == "unit")
    assert len(calls) - lost == want["calls_that_find_their_unit"]["without"]


def test_metres_of_gauss_and_kruger_are_the_stations_points(folder: Path, expected: dict[str, Any]) -> None:
    """The points of the shapefile, which another program wrote; EPSG:4547."""
    want = expected["stations_cgcs2000_gbk.zip"]["stations"]
    with zipfile.ZipFile(folder / "stations_cgcs2000_gbk.zip") as packed:
        (name,) = [one for one in packed.namelist() if one.endswith(".shp")]
        content = packed.read(name)
    metres = [struct.unpack_from("<dd", content, 100 + 28 * number + 12) for number in range(len(want))]
    lon, lat, why = Points(Place("EPSG:4547")).turned([repr(x) for x, _ in metres], [repr(y) for _, y in metres])
    assert why == [None] * len(want)
    assert sorted(zip(lon.tolist(), lat.tolist(), strict=True)) == [
        pytest.approx(point, abs=1e-5) for point in sorted((one["longitude"], one["latitude"]) for one in want)
    ]


def test_a_suggested_map_takes_the_file(folder: Path, tmp_path: Path) -> None:
    text = suggest(folder / "calls_gbk_dmy.csv")
    assert yaml.safe_load(text)["columns"] == {
        "call": "警单号",
        "received_at": "报警时间",
        "type": {"column": "类别编码", "words": "type"},
        "priority": {"column": "级别", "words": "priority"},
        "lon": "经度",
        "lat": "纬度",
        "address": "地址",
        "unit": "处警单位",
        "on_scene_at": "到场时间",
    }
    (tmp_path / "first.yaml").write_text(text.replace("{order: day}", "{order: day, zone: Asia/Shanghai}"))
    account = take(folder / "calls_gbk_dmy.csv", read_map(tmp_path / "first.yaml"))
    assert (account.written, account.refused) == (40, [])
    units = suggest(folder / "units_merged_headers.xlsx", table="units")
    assert "file: {header: 2-3}\n" in units
    assert 'skip:\n  "单位/编码": ["合计"]' in units or "[合计]" in units
    assert 'code: {column: "单位/编码", width: 4}' in units
