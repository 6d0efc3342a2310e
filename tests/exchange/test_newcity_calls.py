"""A generated city's month of calls: its rhythms, its surges and its repeated calls."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
import yaml

from blockwise.cases.kinds import builtin
from blockwise.exchange.newcity import Size, new_city
from blockwise.exchange.newcity.call_types import CALL_TYPES, daily
from tests.exchange.city_files import CityFiles

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 2, tzinfo=SHANGHAI)
A_DAY: dict[Size, float] = {"small": 200.0, "district": 1500.0}
TYPES = {kind.code: kind for kind in CALL_TYPES}


@pytest.fixture(scope="module", params=["small", pytest.param("district", marks=pytest.mark.slow)])
def size(request: pytest.FixtureRequest) -> Size:
    chosen: Size = request.param
    return chosen


@pytest.fixture(scope="module")
def city(size: Size, tmp_path_factory: pytest.TempPathFactory) -> CityFiles:
    folder: Path = tmp_path_factory.mktemp("calls") / size
    new_city(folder, 3, size)
    return CityFiles(folder)


@pytest.fixture(scope="module")
def rows(city: CityFiles) -> list[dict[str, Any]]:
    return list(city.calls.values())


def local(row: dict[str, Any]) -> datetime:
    moment: datetime = row["received_at"].astimezone(SHANGHAI)
    return moment


def first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["repeat_of"] is None]


def test_four_weeks_in_order_at_the_asked_rate(rows: list[dict[str, Any]], size: Size) -> None:
    times = [row["received_at"] for row in rows]
    assert times == sorted(times)
    assert START <= times[0] < times[-1] < START + timedelta(days=28, hours=1)
    assert len(rows) / 28 == pytest.approx(A_DAY[size], rel=0.08)
    assert {row["type"] for row in rows} <= set(TYPES)
    assert [row["call"] for row in rows] == sorted({row["call"] for row in rows})


def test_types_and_channels_are_those_of_a_call(rows: list[dict[str, Any]]) -> None:
    call = yaml.safe_load(Path(builtin.__path__[0], "call.yaml").read_text("utf-8"))
    codes = {
        f"{group}.{leaf}" if entry.get("types") else group
        for group, entry in call["types"].items()
        for leaf in entry.get("types") or [""]
    }
    beginnings = {
        code for code in codes if code.startswith("unclear.")
    }  # how a call begins, not what it turns out to be
    assert set(TYPES) == codes - beginnings
    assert {row["channel"] for row in rows} <= set(call["channels"])


def test_every_point_lies_in_the_city(city: CityFiles, rows: list[dict[str, Any]]) -> None:
    root = shapely.Polygon(city.blocks["990306"]["rings"][0])
    assert shapely.contains_xy(root, [r["lon"] for r in rows], [r["lat"] for r in rows]).all()
    assert {row["place_kind"] for row in rows} == {"dwelling", "premises", "street", "crossing", "open"}
    assert {row["priority"] for row in rows} == {1, 2, 3, 4}


def test_the_day_has_its_hours(rows: list[dict[str, Any]]) -> None:
    noise = Counter(local(r).hour for r in first(rows) if r["type"] == "order.noise")
    traffic = Counter(local(r).hour for r in first(rows) if r["type"].startswith("traffic."))
    assert sum(noise[h] for h in (20, 21, 22, 23)) > 2 * sum(noise[h] for h in (8, 9, 10, 11))
    assert sum(traffic[h] for h in (7, 8, 17, 18)) > 3 * sum(traffic[h] for h in (1, 2, 3, 4))


def test_the_week_has_its_days(rows: list[dict[str, Any]]) -> None:
    fraud = Counter(local(r).weekday() < 5 for r in first(rows) if r["type"] == "crime.fraud")
    fights = Counter(local(r).weekday() in (4, 5) for r in first(rows) if r["type"] == "order.fight")
    assert fraud[True] / 5 > 1.2 * fraud[False] / 2
    assert fights[True] / 2 > 1.15 * fights[False] / 5


@pytest.mark.parametrize(
    ("code", "high", "low"), [("order.noise", 205, 20), ("medical.fall", 15, 200), ("fire.outside", 90, 270)]
)
def test_the_year_has_its_seasons(code: str, high: int, low: int) -> None:
    """Summer, winter and spring types swing by 30 % either way; others do not."""
    assert daily(TYPES[code], 2, high) / daily(TYPES[code], 2, low) == pytest.approx(1.3 / 0.7, rel=0.02)
    assert daily(TYPES["crime.fraud"], 2, high) == daily(TYPES["crime.fraud"], 2, low)


def test_places_have_their_calls(city: CityFiles, rows: list[dict[str, Any]]) -> None:
    """Burglaries happen in homes, collisions on roads, water rescues in the open."""
    share = {
        code: Counter(r["place_kind"] for r in first(rows) if r["type"] == code)
        for code in ("crime.burglary", "traffic.collision_damage", "rescue.water")
    }
    assert share["crime.burglary"]["dwelling"] > 0.6 * share["crime.burglary"].total()
    roads = share["traffic.collision_damage"]
    assert roads["street"] + roads["crossing"] > 0.85 * roads.total()
    assert share["rescue.water"]["open"] > 0.5 * share["rescue.water"].total()


def test_surges_are_in_the_calls(city: CityFiles) -> None:
    cells = {code: shapely.Polygon(city.blocks[code]["rings"][0]) for code in city.level("cell")}
    planted: list[str] = []
    for surge in city.truth["surges"]:
        start, end = (datetime.fromisoformat(surge[key]) for key in ("start", "end"))
        area = shapely.union_all([cells[code] for code in surge["cells"]])
        inside = {
            r["call"]
            for r in first(list(city.calls.values()))
            if r["type"] == surge["type"]
            and start <= r["received_at"] < end
            and area.intersects(shapely.Point(r["lon"], r["lat"]))
        }
        assert set(surge["extra_calls"]) <= inside, surge["id"]
        assert len(surge["extra_calls"]) >= 8
        usual = len(surge["extra_calls"]) / (surge["factor"] - 1)
        assert len(inside) - len(surge["extra_calls"]) <= usual + 5 * np.sqrt(usual) + 3
        planted += surge["extra_calls"]
    assert len(planted) == len(set(planted))
    assert len(city.truth["surges"]) == city.truth["counts"]["surges"]


def test_repeats_are_near_in_time_and_place(city: CityFiles, rows: list[dict[str, Any]]) -> None:
    told = {(entry["primary"], call) for entry in city.truth["repeats"] for call in entry["repeats"]}
    assert told == {(r["repeat_of"], r["call"]) for r in rows if r["repeat_of"]}
    assert 0.05 < len(told) / len(rows) < 0.25
    for primary, repeat in told:
        one, two = city.calls[primary], city.calls[repeat]
        assert one["repeat_of"] is None
        assert timedelta(0) < two["received_at"] - one["received_at"] <= timedelta(minutes=30)
        east = (two["lon"] - one["lon"]) * 111_195 * np.cos(np.radians(one["lat"]))
        assert np.hypot(east, (two["lat"] - one["lat"]) * 111_195) <= 300


def test_callers_are_plainly_made_up(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        by_itself = row["channel"] in ("alarm", "sensor")
        if by_itself or row["channel"] == "officer":
            assert row["caller_name"] is None
            assert row["caller_phone"] is None
        else:
            assert row["caller_phone"].startswith("199-0000-")
        assert (row["text"] is None) == by_itself
        assert row["text"] is None or "{" not in row["text"]


def test_times_are_stored_in_utc(rows: list[dict[str, Any]]) -> None:
    assert all(row["received_at"].utcoffset() == timedelta(0) for row in rows)
    assert rows[0]["received_at"] < datetime(2026, 3, 2, tzinfo=UTC)


def test_every_place_is_on_record_in_both_languages(city: CityFiles, rows: list[dict[str, Any]]) -> None:
    """An address, streets or a block: so it is read in the reader's language."""
    known = {row["text"] for row in city.table("addresses")} | {block["name"] for block in city.blocks.values()}
    known |= set(city.roads["name"].tolist())
    assert {row["address"] for row in rows if not set(row["address"].split(" / ")) <= known} == set()
    assert any("路口" in (row["text"] or "") for row in rows)
