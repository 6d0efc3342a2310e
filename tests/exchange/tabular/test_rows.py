"""Units, stations, rosters, people, addresses and premises into the files of a city's folder."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from blockwise.exchange.folder import sound_folder
from blockwise.exchange.tabular import read_map, take
from blockwise.problems import Conflict, Invalid
from tests.exchange.tabular.maps import a_map
from tests.exchange.tiny_city import write_tiny_city

STATIONS: dict[str, Any] = {
    "table": "stations",
    "columns": {
        "code": "nr",
        "name": "n",
        "name_en": "n",
        "service": {"column": "s", "words": {"消防": "fire"}},
        "lon": "x",
        "lat": "y",
    },
}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def into(city: Path, content: str, plan: dict[str, Any], **options: Any) -> Any:
    (city.parent / "t.csv").write_text(content, encoding="utf-8")
    return take(city.parent / "t.csv", read_map(a_map(city.parent, plan)), city, **options)


@pytest.fixture
def city(tmp_path: Path) -> Path:
    return write_tiny_city(tmp_path / "city")


def test_stations_are_added_and_the_others_stay(city: Path) -> None:
    before = rows_of(city / "stations.csv")
    account = into(city, "nr,n,s,x,y\nS77,七站,消防,113.91,22.56\n", STATIONS)
    assert account.files["stations.csv"].added == 1
    after = rows_of(city / "stations.csv")
    assert after[:-1] == before
    assert after[-1] == {
        "code": "S77",
        "name": "七站",
        "name_en": "七站",
        "service": "fire",
        "lon": "113.91",
        "lat": "22.56",
    }
    assert not into(city, "nr,n,s,x,y\nS77,七站,消防,113.91,22.56\n", STATIONS).changed
    changed = into(city, "nr,n,s,x,y\nS77,新站,消防,113.91,22.56\n", STATIONS)
    assert (changed.files["stations.csv"].added, changed.files["stations.csv"].changed) == (0, 1)
    sound_folder(city)


def test_what_a_folder_would_not_take_is_refused_row_by_row(city: Path) -> None:
    text = "nr,n,s,x,y\nS77,七站,消防,113.91,22.56\ns 8,八站,消防,113.91,22.56\nS9,,消防,113.91,22.56\n"
    text += "S10,十站,海军,113.91,22.56\n"
    account = into(city, text + "S11,站,消防,113.99,22.56\n", STATIONS, partly=True)
    assert sorted((one.row, one.reason) for one in account.refused) == [
        (3, "code is 's 8'. Use capital letters and digits, at most 24, for code"),
        (4, "name is empty. Fill in name"),
        (5, "'海军' is in no table of words; add it, or say which stands for others (other)"),
        (6, "the point 113.99, 22.56 is outside every block"),
    ]
    assert (account.rows, account.written) == (5, 1)


def test_points_go_into_the_folder_in_its_own_system(tmp_path: Path) -> None:
    def gcj02(content: dict[str, Any]) -> None:
        content["crs"] = "gcj02"

    city = write_tiny_city(tmp_path / "city", city=gcj02, blocks=None)
    into(city, "nr,n,s,x,y\nS77,七站,消防,113.93,22.56\n", STATIONS)
    row = rows_of(city / "stations.csv")[-1]
    assert (float(row["lon"]), float(row["lat"])) == pytest.approx((113.9348653, 22.5569657), abs=1e-6)


UNITS: dict[str, Any] = {
    "table": "units",
    "columns": {
        "code": {"column": "unit", "width": 3},
        "service": {"value": "fire"},
        "type": {"column": "kind", "words": {"E": "engine"}, "other": "support"},
        "capabilities": {"column": "kind", "words": {"E": "fire"}, "other": "support"},
        "station": {"column": "area", "take": "most"},
        "crew": {"value": "4"},
    },
}


def test_one_unit_of_many_rows_lives_where_it_was_most_often(city: Path) -> None:
    station = rows_of(city / "stations.csv")[0]["code"]
    other = rows_of(city / "stations.csv")[1]["code"]
    text = f"unit,kind,area\n7,E,{other}\n7,E,{station}\n7,E,{station}\n7,E,NOWHERE\n7,E,NOWHERE\n7,E,NOWHERE\n8,X,\n"
    account = into(city, text, UNITS)
    assert (account.rows, account.written, account.repeated, account.mended) == (7, 2, 5, 7)
    found = {row["code"]: row for row in rows_of(city / "units.csv")}
    assert (found["007"]["station"], found["007"]["type"], found["007"]["call_sign"]) == (station, "engine", "007")
    assert (found["008"]["station"], found["008"]["capabilities"]) == (station, "support")
    assert [(one["field"], one["word"], one["rows"]) for one in account.words.listed()] == [
        ("capabilities", "X", 1),
        ("type", "X", 1),
    ]


def test_rosters(city: Path) -> None:
    unit = rows_of(city / "units.csv")[0]["code"]
    plan = {
        "table": "roster",
        "columns": {
            "unit": "u",
            "days": {"column": "d", "words": {"工作日": "mon tue wed thu fri", "周末": "sat sun"}},
            "from": "a",
            "to": "b",
        },
    }
    account = into(
        city,
        f"u,d,a,b\n{unit},工作日,8:00,20：00\n{unit},周末,20:00:00,24:00\n{unit},周末,25:00,8\n",
        plan,
        partly=True,
    )
    new = rows_of(city / "roster.csv")[-2:]
    assert [tuple(row.values()) for row in new] == [
        (unit, "mon tue wed thu fri", "08:00", "20:00"),
        (unit, "sat sun", "20:00", "00:00"),
    ]
    assert [(one.row, one.reason) for one in account.refused] == [(4, "'25:00' is no time of day")]


def test_people_with_dates_of_the_whole_file(city: Path) -> None:
    plan = {
        "table": "people",
        "columns": {
            "login": "l",
            "name": "n",
            "name_en": "n",
            "role": {"column": "r", "words": {"接警员": "call_taker"}},
            "block": {"value": "T"},
            "from": "since",
        },
    }
    account = into(city, "l,n,r,since\na1,甲,接警员,03/04/2026\nb2,乙,接警员,25/12/2025\n", plan)
    assert account.told.lines["order"].startswith("Dates have the day before the month: 25/12/2025 in row 3")
    assert [(row["login"], row["from"]) for row in rows_of(city / "people.csv")[-2:]] == [
        ("a1", "2026-04-03"),
        ("b2", "2025-12-25"),
    ]
    sound_folder(city)


@pytest.mark.parametrize(("table", "use"), [("addresses", "public"), ("premises", "premises")])
def test_addresses_and_premises(city: Path, table: str, use: str) -> None:
    plan = {
        "table": table,
        "columns": {
            "code": "c",
            "street": "s",
            "number": "n",
            "text": {"columns": ["s", "n"], "join": ""},
            "text_en": "s",
            "lon": "x",
            "lat": "y",
        },
    }
    into(city, "c,s,n,x,y\nA900,环镇路,12号,113.905,22.555\n", plan)
    row = rows_of(city / "addresses.csv")[-1]
    assert (row["text"], row["use"]) == ("环镇路12号", use)
    sound_folder(city)


def test_a_folder_s_own_table_that_is_broken_is_not_written_over(city: Path) -> None:
    (city / "stations.csv").write_bytes(b"code,name\n\xff\xfe")
    with pytest.raises((Invalid, Conflict)):
        into(city, "nr,n,s,x,y\nS77,七站,消防,113.91,22.56\n", STATIONS)
    assert (city / "stations.csv").read_bytes() == b"code,name\n\xff\xfe"


def test_columns_and_rows_that_somebody_added_by_hand_stay(city: Path) -> None:
    path = city / "addresses.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("\n", "\n", 1), encoding="utf-8-sig")
    before = rows_of_any(path)
    plan = {
        "table": "addresses",
        "columns": {"code": "c", "street": "s", "text": "s", "text_en": "s", "lon": "x", "lat": "y"},
    }
    into(city, "c,s,x,y\nA900,环镇路,113.905,22.555\n", plan)
    assert rows_of_any(path)[:-1] == before


def rows_of_any(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
