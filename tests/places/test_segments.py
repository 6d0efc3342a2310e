"""Road segments near a point: the nearest first, named by their street and what crosses it, and where they run."""

from __future__ import annotations

import importlib

import pytest
from django.apps import apps
from django.db import connection

from blockwise import clock
from blockwise.places.current import places
from blockwise.places.models import ClosureReason, RoadClosure
from blockwise.places.segments import bearing, segments_near
from blockwise.problems import Invalid
from tests.exchange.tiny_city import node_point

pytestmark = pytest.mark.usefixtures("town")


def e7(column: float, row: float) -> tuple[int, int]:
    (west, south), (east, north) = node_point(0, 0), node_point(1, 1)
    lon, lat = west + column * (east - west), south + row * (north - south)
    return round(lon * 1e7), round(lat * 1e7)


def test_the_nearest_comes_first_with_its_street_and_its_crossings() -> None:
    middle, *others = segments_near(*e7(0.5, 1), most=3)
    net = places().network
    row = int((net.edge == middle.edge).nonzero()[0][0])
    assert {(net.from_lon[row], net.from_lat[row]), (net.to_lon[row], net.to_lat[row])} == {
        node_point(0, 1),
        node_point(1, 1),
    }
    assert middle.metres == pytest.approx(0, abs=0.1)
    assert middle.name == net.names[net.street[row]]
    assert all(any(end) and end != middle.name for end in middle.ends)
    assert [one.metres for one in others] == sorted(one.metres for one in others)


def test_at_a_crossing_all_that_meet_are_near() -> None:
    found = segments_near(*e7(1, 1), most=8)
    assert len(found) == 4
    assert all(one.metres == pytest.approx(0, abs=0.1) for one in found)
    assert sorted({round(one.bearing / 90) % 2 for one in found}) == [0, 1]  # along the row and along the column


def test_a_bearing_is_clockwise_from_north() -> None:
    net = places().network
    for row in range(net.edge.size):
        east, north = net.to_lon[row] - net.from_lon[row], net.to_lat[row] - net.from_lat[row]
        flat = abs(north) < 1e-9
        expected = (90 if east > 0 else 270) if flat else None
        if expected is not None:
            assert bearing(net, row) == pytest.approx(expected)


def test_where_no_road_is_near_it_is_said() -> None:
    with pytest.raises(Invalid, match="No road lies within 60 metres"):
        segments_near(*e7(0.5, 0.5))


@pytest.mark.parametrize(("before", "after"), [("ask 13800138000", "other"), ("works", "works")])
def test_a_reason_of_an_earlier_version_that_is_none_is_another_one(before: str, after: str) -> None:
    migration = importlib.import_module("blockwise.places.migrations.0002_declared_closures")
    assert set(migration.REASONS) == set(ClosureReason)
    RoadClosure.objects.create(edge=10, starts_at=clock.now(), reason=before)
    migration.declare(apps, connection.schema_editor())
    assert RoadClosure.objects.get().reason == after
