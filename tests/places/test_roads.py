"""Travel times, ways and rings by the city's clock and closures, in the tiny city."""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import shapely

from blockwise.analysis.roads import ACCESS_MPS
from blockwise.places import current, roads
from blockwise.places.models import RoadClosure, RoadNetwork
from blockwise.places.rings import rings_geojson
from blockwise.problems import NotFound
from tests.exchange.tiny_city import node_point

pytestmark = pytest.mark.usefixtures("town")

# the city is at UTC+8; 514 m at 40, 20 and 30 km/h
NIGHT = datetime(2026, 3, 2, 20, tzinfo=UTC)
PEAK = datetime(2026, 3, 2, 0, tzinfo=UTC)
DAY = datetime(2026, 3, 2, 4, tzinfo=UTC)
ALONG = {NIGHT: 514 / (40 / 3.6), PEAK: 514 / (20 / 3.6), DAY: 514 / (30 / 3.6)}


def e7(column: int, row: int) -> tuple[int, int]:
    lon, lat = node_point(column, row)
    return round(lon * 1e7), round(lat * 1e7)


def areas(*asked: Any) -> list[tuple[float, shapely.Geometry]]:
    rings = json.loads(rings_geojson(*asked))["features"]
    return [(ring["properties"]["minutes"], shapely.geometry.shape(ring["geometry"])) for ring in rings]


@pytest.mark.parametrize("at", [NIGHT, PEAK, DAY])
def test_times_follow_the_speed_period(at: datetime) -> None:
    seconds = roads.travel_times(e7(4, 1), np.array([e7(0, 1), e7(4, 1), e7(6, 1)]), at)
    assert seconds.tolist() == [pytest.approx(4 * ALONG[at]), 0, pytest.approx(2 * ALONG[at])]


@pytest.mark.parametrize(
    ("clock", "period"),
    [("07:00", "peak"), ("06:59", "night"), ("09:30", "day"), ("21:59", "day"), ("22:00", "night"), ("00:00", "night")],
)
def test_periods_start_on_their_minute_and_cross_midnight(clock: str, period: str) -> None:
    local = datetime.fromisoformat(f"2026-03-02T{clock}:00+08:00")
    assert roads.period_at(current.places(), local) == period
    assert roads.period_at(current.places(), local.astimezone(UTC)) == period


def test_a_source_off_the_road_walks_its_leg_and_the_limit_counts_it() -> None:
    lon, lat = e7(2, 1)
    beside = np.array([[lon, lat + 9000]])
    leg = 0.0009 * 111_195 / ACCESS_MPS
    expected = leg + 2 * ALONG[DAY]
    assert roads.travel_times(e7(4, 1), beside, DAY).tolist() == [pytest.approx(expected, rel=1e-3)]
    assert roads.travel_times(e7(4, 1), beside, DAY, expected - 5).tolist() == [math.inf]


def test_nobody_to_send_gives_no_times() -> None:
    assert roads.travel_times(e7(4, 1), np.zeros((0, 2), int), DAY).shape == (0,)


def test_a_one_way_street_is_one_way() -> None:
    """Edge 9 of the tiny city runs from node (1, 1) to (2, 1) only."""
    [there], [back] = roads.ways_to(e7(2, 1), [e7(1, 1)], DAY), roads.ways_to(e7(1, 1), [e7(2, 1)], DAY)
    assert there is not None
    assert back is not None
    assert there.seconds[-1] == pytest.approx(ALONG[DAY])
    assert back.seconds[-1] == pytest.approx(ALONG[DAY] + 2 * 556 / (30 / 3.6))


def test_closures_count_from_their_start_until_their_end() -> None:
    starts, ends = DAY, DAY + timedelta(hours=1)
    for edge in (10, 11):
        RoadClosure.objects.create(edge=edge, starts_at=starts, ends_at=ends, reason="burst main")
    plain, source = 2 * ALONG[DAY], np.array([e7(4, 1)])
    around = plain + 2 * 556 / (30 / 3.6)

    def seconds(at: datetime) -> float:
        return float(roads.travel_times(e7(2, 1), source, at)[0])

    assert seconds(starts - timedelta(seconds=1)) == pytest.approx(plain)
    assert seconds(starts) == pytest.approx(around)
    assert seconds(ends - timedelta(seconds=1)) == pytest.approx(around)
    assert seconds(ends) == pytest.approx(plain)
    RoadClosure.objects.update(ends_at=None)
    assert seconds(starts + timedelta(hours=2)) == pytest.approx(around)


def test_a_road_closed_in_one_direction_is_driven_in_the_other() -> None:
    """Edge 10 runs on from node (2, 1) to (3, 1); whoever goes against it, goes around."""
    closure = RoadClosure.objects.create(edge=10, starts_at=DAY, ends_at=DAY + timedelta(hours=1), direction="against")
    ahead, back = (np.array([e7(column, 1)]) for column in (2, 3))

    def seconds() -> tuple[float, float]:
        to_end, to_start = roads.travel_times(e7(3, 1), ahead, DAY), roads.travel_times(e7(2, 1), back, DAY)
        return float(to_end[0]), float(to_start[0])

    around = pytest.approx(ALONG[DAY] + 2 * 556 / (30 / 3.6))
    assert seconds() == (pytest.approx(ALONG[DAY]), around)
    RoadClosure.objects.filter(pk=closure.pk).update(direction="along")
    assert seconds() == (around, pytest.approx(ALONG[DAY]))


def test_a_way_is_drawn_from_the_one_place_to_the_other() -> None:
    start = (e7(0, 0)[0] - 3000, e7(0, 0)[1])
    way, nothing = roads.ways_to(e7(1, 1), [start, e7(1, 1)], DAY)
    assert way is not None
    assert way.points.shape == (5, 2)
    assert way.points[0].tolist() == [start[0] / 1e7, start[1] / 1e7]
    assert way.points[-1].tolist() == [pytest.approx(v) for v in node_point(1, 1)]
    leg = 0.0003 * 111_195 * math.cos(math.radians(22.56)) / ACCESS_MPS
    drive = ALONG[DAY] + 556 / (30 / 3.6)
    assert way.seconds[[0, 1, 3, 4]] == pytest.approx([0, leg, leg + drive, leg + drive], rel=1e-2)
    assert (np.diff(way.seconds) >= 0).all()
    assert nothing is not None
    assert nothing.seconds[-1] == pytest.approx(0)
    assert roads.ways_to(e7(1, 1), [], DAY) == []


def test_a_way_that_is_closed_is_none() -> None:
    RoadClosure.objects.bulk_create(
        RoadClosure(edge=edge, starts_at=NIGHT - timedelta(days=1), ends_at=None, reason="flood")
        for edge in range(1, 53)
    )
    assert roads.ways_to(e7(7, 3), [e7(0, 0)], DAY) == [None]
    assert roads.travel_times(e7(0, 0), np.array([e7(7, 3)]), DAY).tolist() == [math.inf]


def test_rings_are_the_citys_own_and_grow_with_the_minutes() -> None:
    (fifteen, outer), (five, inner) = areas(*e7(3, 1), DAY)
    assert (five, fifteen) == (5.0, 15.0)
    assert outer.covers(inner)
    assert inner.contains(shapely.Point(*node_point(3, 1)))
    assert not inner.contains(shapely.Point(*node_point(7, 3)))
    ((two, area),) = areas(*e7(3, 1), NIGHT, [2, 2])
    assert two == 2
    assert area.is_valid


def test_without_a_road_network_it_is_said() -> None:
    RoadNetwork.objects.all().delete()
    current.forget()
    with pytest.raises(NotFound, match="No road network is loaded"):
        roads.travel_times(e7(0, 0), np.array([e7(1, 1)]), DAY)
