"""Loading a city by the difference, and closing and opening roads; what is recorded of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import shapely

from blockwise import clock
from blockwise.exchange.folder import CityFolder
from blockwise.places import actions, current, queries, roads
from blockwise.places.models import (
    Address,
    Block,
    CalendarDay,
    City,
    ClosureReason,
    Direction,
    Grouping,
    RoadClosure,
    RoadNetwork,
    StreetRange,
)
from blockwise.places.network import pack, unpack
from blockwise.problems import Conflict, Invalid
from tests.exchange.tiny_city import node_point

Lines = list[tuple[str, dict[str, Any]]]
NOW = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # the 2nd of March in the city


@pytest.fixture
def lines() -> Lines:
    return []


@pytest.fixture
def load(town: CityFolder, lines: Lines) -> Callable[[CityFolder], actions.Loaded]:
    def loaded(folder: CityFolder) -> actions.Loaded:
        with clock.at(NOW):
            return actions.load(folder, purpose="demo", record=lambda act, data: lines.append((act, dict(data))))

    return loaded


Load = Callable[[CityFolder], actions.Loaded]


def test_a_first_load_brings_everything(town: CityFolder) -> None:
    city = City.objects.get()
    assert (city.code, city.name_zh, city.name_en, city.timezone) == ("T", "小城", "Tiny City", "Asia/Shanghai")
    assert (city.version, city.purpose, city.rings, city.calendar) == (1, "demo", [5, 15], "cn")
    assert city.levels[2] == {"key": "cell", "zh": "网格", "en": "cell"}
    assert city.working_hours == [["08:00", "12:00"], ["14:00", "18:00"]]
    assert city.road_periods[0] == {"key": "night", "from": "22:00", "to": "07:00"}
    assert Block.objects.count() == len(town.blocks) == 11
    cell = Block.objects.get(pk="TB2")
    assert (cell.parent_id, cell.level, cell.population, cell.core) == ("TB", 2, 1000, False)
    assert (cell.beat_id, cell.zone_id, cell.retired_on) == ("beat:BTB", "zone:ZB", None)
    assert shapely.from_wkb(bytes(cell.shape)).contains(shapely.Point(cell.lon_e7 / 1e7, cell.lat_e7 / 1e7))
    assert Address.objects.count() == 64
    address = Address.objects.get(pk="D108")
    assert (address.street, address.number, address.number_value, address.use) == ("横1路", "8", 8, "premises")
    assert CalendarDay.objects.get().date == date(2026, 10, 1)


def test_a_second_load_changes_and_records_nothing(town: CityFolder, load: Load, lines: Lines) -> None:
    before = City.objects.values().get()
    assert not load(town).changed
    assert (City.objects.values().get(), lines) == (before, [])


def test_a_first_load_is_recorded_once_with_its_counts(db: None, tiny: CityFolder, lines: Lines) -> None:
    actions.load(tiny, purpose="replay", record=lambda act, data: lines.append((act, dict(data))))
    ((act, data),) = lines
    assert act == "city_loaded"
    assert data["tables"]["blocks"] == {"added": 11, "changed": 0, "gone": 0}
    assert (data["version"], data["changed"], data["retired"]) == (1, [], [])
    assert json.loads(json.dumps(data)) == data
    current.forget()


def test_what_differs_is_applied_and_a_block_that_is_gone_is_retired(
    town: CityFolder, load: Load, lines: Lines
) -> None:
    blocks = [replace(b, population=77) if b.code == "TA1" else b for b in town.blocks if b.code != "TB4"]
    beats = [b for b in town.beats if b.cell != "TB4"]
    addresses = [a for a in town.addresses if a.code != "D001"]
    addresses[0] = replace(addresses[0], text="改过的", lon=113.9)
    loaded = load(replace(town, blocks=tuple(blocks), beats=tuple(beats), addresses=tuple(addresses)))
    assert (loaded.version, loaded.tables["blocks"].changed, loaded.tables["blocks"].gone) == (2, ("TA1",), ("TB4",))
    assert loaded.tables["addresses"].gone == ("D001",)
    assert lines[0][1]["tables"] == {
        "blocks": {"added": 0, "changed": 1, "gone": 1},
        "addresses": {"added": 0, "changed": 1, "gone": 1},
    }
    assert (lines[0][1]["changed"], lines[0][1]["retired"]) == (["TA1"], ["TB4"])
    assert Block.objects.get(pk="TB4").retired_on == date(2026, 3, 2)
    assert Block.objects.get(pk="TA1").population == 77
    assert Address.objects.get(pk=addresses[0].code).lon_e7 == 1139000000
    assert queries.city().version == 2
    lon, lat = node_point(7, 3)
    answer = queries.block_at(round(lon * 1e7), round(lat * 1e7))
    assert answer is not None
    assert answer.block == "TB"


def test_a_retired_block_that_comes_back_is_in_force_again(town: CityFolder, load: Load) -> None:
    load(replace(town, blocks=tuple(b for b in town.blocks if b.code != "TB4")))
    again = load(town)
    assert (again.version, again.tables["blocks"].changed) == (3, ("TB4",))
    assert Block.objects.get(pk="TB4").retired_on is None


def test_groupings_are_retired_and_calendar_days_deleted(town: CityFolder, load: Load) -> None:
    zones = tuple(replace(z, code="ZA") for z in town.zones)
    load(replace(town, zones=zones, calendar=()))
    assert Grouping.objects.get(pk="zone:ZB").retired_on == date(2026, 3, 2)
    assert Block.objects.get(pk="TB1").zone_id == "zone:ZA"
    assert not CalendarDay.objects.exists()


def test_changed_roads_replace_the_network(town: CityFolder, load: Load) -> None:
    faster = {key: kmh * 2 for key, kmh in town.roads.speed_kmh.items()}
    source = np.array([[round(v * 1e7) for v in node_point(0, 0)]])
    target = tuple(round(v * 1e7) for v in node_point(5, 0))
    before = roads.travel_times((target[0], target[1]), source, NOW)
    assert load(replace(town, roads=replace(town.roads, speed_kmh=faster))).tables["roads"]
    assert RoadNetwork.objects.count() == 1
    assert roads.travel_times((target[0], target[1]), source, NOW).tolist() == [pytest.approx(before[0] / 2)]


def test_another_city_or_purpose_is_refused_and_nothing_is_changed(town: CityFolder, load: Load, lines: Lines) -> None:
    with pytest.raises(Conflict, match="another city"):
        load(replace(town, city=replace(town.city, code="U")))
    with pytest.raises(Conflict, match="serves the purpose demo, and the load is for live"):
        actions.load(town, purpose="live", record=lambda act, data: lines.append((act, dict(data))))
    assert (City.objects.get().version, lines) == (1, [])


def test_a_failure_of_the_record_leaves_nothing_half_written(town: CityFolder) -> None:
    def broken(act: str, data: object) -> None:
        raise RuntimeError("ledger is down")

    with pytest.raises(RuntimeError, match="ledger is down"):
        actions.load(replace(town, addresses=()), purpose="demo", record=broken)
    current.forget()
    assert (Address.objects.count(), queries.city().version) == (64, 1)


def test_a_network_survives_its_blob_and_its_digest_is_its_content(tiny: CityFolder) -> None:
    digest, blob = pack(tiny.roads)
    network = unpack(blob)
    for name in ("edge", "from_node", "to_node", "from_lon", "to_lat", "length_m", "oneway"):
        np.testing.assert_array_equal(getattr(network, name), getattr(tiny.roads, name))
    assert [network.names[k] for k in network.street] == list(zip(tiny.roads.name, tiny.roads.name_en, strict=True))
    assert [network.classes[k] for k in network.road_class] == list(tiny.roads.road_class)
    assert {k: v.tolist() for k, v in network.speeds_kmh.items()} == {
        k: v.tolist() for k, v in tiny.roads.speed_kmh.items()
    }
    assert pack(tiny.roads)[0] == digest
    assert pack(replace(tiny.roads, length_m=tiny.roads.length_m + 1))[0] != digest
    assert pack(replace(tiny.roads, name=("改", *tiny.roads.name[1:])))[0] != digest


def record_to(lines: Lines) -> actions.Record:
    return lambda act, data: lines.append((act, dict(data)))


def test_roads_are_closed_and_opened_on_the_record(town: CityFolder, lines: Lines) -> None:
    with clock.at(NOW):
        times = {"starts_at": NOW, "ends_at": NOW + timedelta(hours=1)}
        actions.close_roads([11, 10, 10], **times, reason=ClosureReason.WATER, record=record_to(lines))
        assert set(roads.closures_at(NOW).values_list("edge", flat=True)) == {10, 11}
        assert actions.open_roads([10, 12], record=record_to(lines)) == 1
        assert set(roads.closures_at(NOW).values_list("edge", flat=True)) == {11}
        assert actions.open_roads([10, 12], record=record_to(lines)) == 0
    assert lines == [
        (
            "roads_closed",
            {
                "edges": [10, 11],
                "direction": "both",
                "reason": "water",
                "starts_at": "2026-03-01T23:30:00+00:00",
                "ends_at": "2026-03-02T00:30:00+00:00",
            },
        ),
        ("roads_opened", {"edges": [10]}),
    ]


def test_a_closure_to_come_is_taken_back(town: CityFolder, lines: Lines) -> None:
    with clock.at(NOW):
        later, end = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
        asked: dict[str, Any] = {"direction": Direction.ALONG, "reason": ClosureReason.WORKS}
        actions.close_roads([10], starts_at=later, ends_at=end, **asked, record=record_to(lines))
        assert [one.direction for one in roads.not_opened([10])] == ["along"]
        assert actions.open_roads([10], record=record_to(lines)) == 1
        assert roads.not_opened([10]) == []
    assert not roads.closures_at(later + timedelta(minutes=1)).exists()


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"edges": []}, "edges"),
        ({"edges": [10, 999]}, "edges"),
        ({"ends_at": NOW}, "ends_at"),
        ({"ends_at": NOW - timedelta(days=1)}, "ends_at"),
    ],
)
def test_a_closure_that_makes_no_sense_is_refused(
    town: CityFolder, lines: Lines, change: dict[str, Any], where: str
) -> None:
    end = NOW + timedelta(hours=1)
    asked: dict[str, Any] = {"edges": [10], "starts_at": NOW, "ends_at": end, "reason": ClosureReason.WATER} | change
    with pytest.raises(Invalid) as refused:
        actions.close_roads(asked.pop("edges"), **asked, record=record_to(lines))
    assert refused.value.where == where
    assert (RoadClosure.objects.count(), StreetRange.objects.count(), lines) == (0, 0, [])
