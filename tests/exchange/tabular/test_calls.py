"""Calls and responses: several rows a call, repeated rows, words, points; a second file and a second run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from blockwise.exchange.tabular import BadMap, read_map, take
from blockwise.exchange.tabular.batches import BadFile
from blockwise.exchange.tabular.points import Place, Points, number
from blockwise.problems import Conflict, NotFound
from tests.exchange.tabular.maps import CALLS, HEADER, ROW, a_map, taken, with_columns
from tests.exchange.tiny_city import write_tiny_city

SENT = "number,when,what,level,lon,lat,unit,sent,free\n"
RESPONSES: dict[str, Any] = with_columns(unit="unit", dispatched_at="sent", available_at="free")


def sent(number: int, unit: str, sent: str, free: str, what: str = "theft") -> str:
    return f"{number},2026-01-05 13:05:00,{what},2,113.91,22.56,{unit},2026-01-05 {sent},2026-01-05 {free}\n"


def stored(folder: Path, name: str = "calls") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / "city" / f"{name}.parquet").to_pylist()
    return rows


def test_several_rows_a_call_are_its_responses(tmp_path: Path) -> None:
    rows = SENT + sent(1, "E1", "13:06", "13:30") + sent(1, "E2", "13:07", "13:31") + sent(1, "E1", "13:06", "13:30")
    account = taken(tmp_path, rows, a_map(tmp_path, RESPONSES), into=True)
    assert (account.rows, account.written, account.repeated) == (3, 2, 1)
    assert [(row["row"], row["unit"]) for row in stored(tmp_path, "responses")] == [(2, "E1"), (3, "E2")]
    assert len(stored(tmp_path)) == 1


def test_rows_of_a_call_that_contradict_each_other_are_noted(tmp_path: Path) -> None:
    rows = HEADER + ROW + ROW.replace("theft", "noise") + ROW
    account = taken(tmp_path, rows, into=True)
    assert (account.written, account.repeated) == (1, 2)
    assert [(one.row, one.reason) for one in account.noted] == [
        (3, "another row of its call says otherwise; the first stands")
    ]
    assert [row["type"] for row in stored(tmp_path)] == ["crime.theft"]


def test_impossible_times_are_kept_and_noted(tmp_path: Path) -> None:
    rows = SENT + sent(1, "E1", "13:04", "13:30") + sent(2, "E1", "13:20", "13:10") + sent(3, "E1", "13:40", "")
    rows = rows.replace("2026-01-05 \n", "\n")
    account = taken(tmp_path, rows, a_map(tmp_path, RESPONSES), into=True)
    assert [(one.row, one.reason) for one in account.noted] == [
        (2, "dispatched before it was received (60 s)"),
        (3, "available before it was dispatched (600 s)"),
        (3, "dispatched before it was free from call 1 (600 s)"),
        (4, "no time at which it was available again"),
    ]
    assert [row["available_at"] is None for row in stored(tmp_path, "responses")] == [False, False, True]


def test_unknown_words_are_counted_and_their_rows_written(tmp_path: Path) -> None:
    rows = HEADER + ROW + "2,2026-01-05 13:05,parade,9,113.91,22.56\n3,2026-01-05 13:05,,,113.91,22.56\n"
    account = taken(tmp_path, rows, into=True)
    assert account.written == 3
    assert [tuple(one.values()) for one in account.words.listed()] == [
        ("priority", "", 1, 4, "the type's own"),
        ("priority", "9", 1, 3, "the type's own"),
        ("type", "", 1, 4, "other"),
        ("type", "parade", 1, 3, "other"),
    ]
    assert [(row["type"], row["priority"], row["text"]) for row in stored(tmp_path)] == [
        ("crime.theft", 2, None),
        ("other", 3, "Type in the data: parade. Priority in the data: 9."),
        ("other", 3, "Type in the data: none. Priority in the data: none."),
    ]
    told = (tmp_path / "city" / "imports" / "map.table.unknown.csv").read_text(encoding="utf-8-sig")
    assert "type,parade,1,3,other\n" in told


def test_a_table_of_words_is_asked_alone(tmp_path: Path) -> None:
    """A city whose priority 1 is its lowest must not have it read as ours."""
    plan = a_map(tmp_path, with_columns(priority={"column": "level", "words": {"5": "1"}}))
    account = taken(
        tmp_path, HEADER + ROW.replace(",2,", ",1,") + ROW.replace("1,", "2,", 1).replace(",2,1", ",5,1"), plan
    )
    assert [(one["word"], one["played_as"]) for one in account.words.listed()] == [("1", "the type's own")]


def test_a_type_that_the_product_has_not_is_a_fault_of_the_map(tmp_path: Path) -> None:
    plan = a_map(tmp_path, with_columns(type={"column": "what", "words": {"theft": "crime.thef"}}))
    with pytest.raises(BadMap, match=r"'theft' is given as 'crime.thef', which is no type of call"):
        taken(tmp_path, HEADER + ROW, plan)


def test_columns_that_are_not_there_are_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"The columns level, lat are not in the file, which has number, when, what, lon"):
        taken(tmp_path, "number,when,what,lon\n1,2,3,4\n")
    assert not (tmp_path / "city").exists()


def test_nothing_is_written_without_a_folder_and_none_is_made(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(HEADER + ROW)
    account = take(tmp_path / "t.csv", read_map(a_map(tmp_path)))
    assert (account.written, account.files, account.changed) == (1, {}, False)
    with pytest.raises(NotFound, match="There is no such folder"):
        take(tmp_path / "t.csv", read_map(a_map(tmp_path)), tmp_path / "city")
    assert {path.name for path in tmp_path.iterdir()} == {"t.csv", "map.yaml"}


def test_a_second_run_changes_nothing_and_a_second_file_adds(tmp_path: Path) -> None:
    plan = a_map(tmp_path, RESPONSES)
    january = SENT + sent(1, "E1", "13:06", "13:30") + sent(2, "E2", "14:06", "14:30")
    half = SENT + sent(2, "E2", "14:06", "14:30") + sent(3, "E1", "15:06", "15:30")
    assert taken(tmp_path, january, plan, into=True).changed
    first = content(tmp_path / "city")
    assert not taken(tmp_path, january, plan, into=True).changed
    assert content(tmp_path / "city") == first
    account = taken(tmp_path, half, plan, into=True)
    assert [(name, one.added, one.changed, one.same) for name, one in account.files.items()] == [
        ("calls.parquet", 1, 0, 1),
        ("responses.parquet", 1, 0, 1),
    ]
    both = stored(tmp_path), stored(tmp_path, "responses")
    assert [row["call"] for row in both[0]] == ["1", "2", "3"]
    rows = [row["row"] for row in both[1]]
    assert len(set(rows)) == 3
    for again in (january, half):
        assert not taken(tmp_path, again, plan, into=True).changed
    assert (stored(tmp_path), stored(tmp_path, "responses")) == both


def test_a_corrected_file_changes_its_calls_alone(tmp_path: Path) -> None:
    plan = a_map(tmp_path, RESPONSES)
    rows = SENT + sent(1, "E1", "13:06", "13:30") + sent(2, "E2", "14:06", "14:30")
    taken(tmp_path, rows, plan, into=True)
    account = taken(tmp_path, rows.replace("14:30", "14:45").replace("theft", "noise", 1), plan, into=True)
    assert [(one.added, one.changed, one.same) for one in account.files.values()] == [(0, 1, 1), (0, 1, 1)]
    assert [row["type"] for row in stored(tmp_path)] == ["order.noise", "crime.theft"]
    assert [row["available_at"].minute for row in stored(tmp_path, "responses")] == [30, 45]


def content(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def test_codes_made_of_rows_are_the_same_in_every_export(tmp_path: Path) -> None:
    plan = a_map(tmp_path, with_columns(call={"made": "TC"}))
    one, other = ROW, ROW.replace("theft", "noise")
    taken(tmp_path, HEADER + one + one + other, plan, into=True)
    codes = [row["call"] for row in stored(tmp_path)]
    assert len(set(codes)) == 3, "rows that are alike are calls each"
    assert not taken(tmp_path, HEADER + other + one + one, plan, into=True).changed


def test_a_repeat_of_nobody_s_call_repeats_none(tmp_path: Path) -> None:
    plan = a_map(tmp_path, with_columns(repeat_of="again"))
    head = HEADER.replace("\n", ",again\n")
    rows = [ROW.replace("1,", f"{n},", 1).replace("\n", f",{again}\n") for n, again in ((1, ""), (2, 1), (3, 77))]
    taken(tmp_path, head + "".join(rows), plan, into=True)
    assert [row["repeat_of"] for row in stored(tmp_path)] == [None, "1", None]
    assert not taken(tmp_path, head + "".join(rows), plan, into=True).changed


@pytest.mark.parametrize(
    ("text", "value"),
    [("113.5", 113.5), ("113,5", 113.5), ("-7,669,898.25", -7669898.25), ("489.123,4", 489123.4), ("1e2", 100.0)],
)
def test_numbers(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", ["", "x", "1_0", "nan", "inf", "0x1", "1,2,3", "１"])
def test_what_is_no_number(text: str) -> None:
    assert number(text) != number(text)


@pytest.mark.parametrize(
    ("crs", "x", "y"),
    [
        ("wgs84", "113.93", "22.56"),
        ("gcj02", "113.9348653", "22.5569657"),
        ("EPSG:4490", "113,93", "22,56"),
    ],
)
def test_points_of_every_system_are_the_same_place(crs: str, x: str, y: str) -> None:
    lon, lat, why = Points(Place(crs)).turned([x], [y])
    assert why == [None]
    assert (lon[0], lat[0]) == pytest.approx((113.93, 22.56), abs=2e-5)


def test_points_that_cannot_be_degrees_are_asked_about(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"Coordinates such as 489,000 / 2,500,000 are no degrees") as refused:
        taken(tmp_path, HEADER + ROW.replace("113.91,22.56", "489000,2500000"))
    assert "place: {crs: EPSG:" in refused.value.fix


def test_changed_over_columns_are_told_as_such(tmp_path: Path) -> None:
    rows = "".join(ROW.replace("1,", f"{n},", 1).replace("113.91,22.56", "22.56,113.91") for n in range(30))
    plan = a_map(tmp_path, {**CALLS, "place": {"box": [113.7, 22.4, 114.1, 22.9]}})
    with pytest.raises(BadFile, match="Longitude and latitude are changed over: so read, 30 of 30 points fit"):
        taken(tmp_path, HEADER + rows, plan)


def test_in_a_city_its_outline_its_zone_and_its_units_are_asked(tmp_path: Path) -> None:
    city = write_tiny_city(tmp_path / "city")
    plan = {name: one for name, one in RESPONSES.items() if name != "times"}
    rows = SENT + sent(1, "P1", "13:06", "13:30") + sent(2, "ZZ9", "13:06", "13:30")
    rows += sent(3, "P1", "14:06", "14:30").replace("113.91", "113.99")
    (tmp_path / "t.csv").write_text(rows)
    account = take(tmp_path / "t.csv", read_map(a_map(tmp_path, plan)), city, partly=True)
    assert [(one.row, one.reason) for one in account.refused] == [(4, "the point 113.99, 22.56 is outside every block")]
    assert account.told.lines["zone"] == "Times are of the zone Asia/Shanghai, as the city's folder says."
    unknown = {one["word"]: one["played_as"] for one in account.words.listed()}
    assert unknown["ZZ9"] == "it is; units.csv does not have it"
    report = json.loads((city / "imports" / "map.t.json").read_text(encoding="utf-8"))
    assert report["rows"] == report["written"] + report["repeated"] + report["left_out"] + report["refused"] == 3


def test_more_than_a_fifth_refused_is_no_import(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="1 of 2 rows cannot be used: row 3: lon, lat: the point is missing") as refused:
        taken(tmp_path, HEADER + ROW + "2,2026-01-05 13:05,theft,1,,\n", into=True)
    assert "--partly" in refused.value.fix
    assert list((tmp_path / "city").iterdir()) == []


def test_texts_that_no_case_could_hold_are_refused_and_line_ends_are_one(tmp_path: Path) -> None:
    plan = a_map(tmp_path, with_columns(text="said", address="where"))
    head = HEADER.replace("\n", ",said,where\n")
    cells = ['"one\r\ntwo","A\r\nB"', f"{'x' * 4_501},", "a\x07b,", "fine,"]
    rows = [ROW.replace("1,", f"{n},", 1).replace("\n", f",{cell}\n") for n, cell in enumerate(cells)]
    account = taken(tmp_path, head + "".join(rows), plan, into=True, partly=True)
    assert [(one.row, one.field, one.reason) for one in account.refused] == [
        (5, "text", "it has 4,501 characters; 4,500 are the most"),
        (6, "text", "it holds a control character (U+0007)"),
    ]
    assert [(row["text"], row["address"]) for row in stored(tmp_path)] == [("one\ntwo", "A B"), ("fine", "")]


def test_what_is_quoted_from_a_file_runs_in_no_spreadsheet_and_can_be_printed(tmp_path: Path) -> None:
    rows = HEADER + ROW.replace("theft", "=cmd()") + ROW.replace("1,", "2,", 1).replace("theft", "\x1b[31mred")
    account = taken(tmp_path, rows, into=True, partly=True)
    told = (tmp_path / "city" / "imports" / "map.table.unknown.csv").read_text(encoding="utf-8-sig")
    assert "type,'=cmd(),1,2,other\n" in told
    assert all(line.isprintable() for line in account.lines())
    with pytest.raises(BadFile) as refused:
        taken(tmp_path, "a,\x1b[31mb\n1,2\n")
    assert str(refused.value).isprintable()
