"""Rings against a square town whose reach is known, and against the times they stand for."""

import numpy as np
import pytest
import shapely

from blockwise.analysis.rings import HOLE_M2, MARGIN_M, rings
from blockwise.analysis.roads import METRES_PER_DEGREE, RoadGraph, build_graph, node_times

SIDE, STEP = 61, 100.0  # a town of 61 x 61 crossings, 100 m apart
CENTRE = (114.0, 22.5)
WIDTH = METRES_PER_DEGREE * np.cos(np.radians(22.5))


def town(speed_kmh: float = 36.0) -> RoadGraph:
    index = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    start = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
    end = np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])
    lon = CENTRE[0] + (index.ravel() % SIDE - SIDE // 2) * STEP / WIDTH
    lat = CENTRE[1] + (index.ravel() // SIDE - SIDE // 2) * STEP / METRES_PER_DEGREE
    return build_graph(
        edge=np.arange(start.size),
        from_node=start,
        to_node=end,
        from_lon=lon[start],
        from_lat=lat[start],
        to_lon=lon[end],
        to_lat=lat[end],
        length_m=np.full(start.size, STEP),
        oneway=np.zeros(start.size, bool),
        speeds_kmh={"day": np.full(start.size, speed_kmh)},
    )


def square_metres(area: shapely.MultiPolygon) -> float:
    return float(shapely.transform(area, lambda xy: xy * [WIDTH, METRES_PER_DEGREE]).area)


def test_a_regular_town_is_reached_as_a_diamond_and_its_margin() -> None:
    """At 10 m/s two minutes reach 1,200 m along the streets: a diamond of side 1,200 * sqrt(2)."""
    (ring,) = rings(town(), "day", *CENTRE, [2])
    diamond = 2 * 1200.0**2
    whole = diamond + 4 * 1200 * np.sqrt(2) * MARGIN_M + np.pi * MARGIN_M**2
    assert diamond < square_metres(ring) <= whole * 1.01
    assert square_metres(ring) == pytest.approx(whole, rel=0.06)


def test_rings_hold_the_nodes_reached_and_lie_inside_each_other() -> None:
    graph = town()
    five, two = rings(graph, "day", 114.003, 22.503, [5, 2])
    assert five.is_valid
    assert two.is_valid
    assert five.covers(two)
    seconds = node_times(graph, "day", graph.nearest(114.003, 22.503))
    inside = shapely.contains_xy(two, graph.lon, graph.lat)
    assert inside[seconds <= 120].all()
    assert not inside[seconds > 120 + 2 * MARGIN_M / 10].any()


def test_a_ring_follows_closures_and_periods() -> None:
    graph = town()
    west_half = graph.edge[(graph.lon[graph.tail] < CENTRE[0]) | (graph.lon[graph.head] < CENTRE[0])]
    (whole,) = rings(graph, "day", *CENTRE, [3])
    (half,) = rings(graph.with_closures(west_half.tolist()), "day", *CENTRE, [3])
    assert square_metres(half) == pytest.approx(square_metres(whole) / 2, rel=0.15)
    (slow,) = rings(town(18.0), "day", *CENTRE, [3])
    assert square_metres(slow) < square_metres(whole) / 3


def test_a_place_that_reaches_no_road_in_time_has_a_disc_around_it() -> None:
    (ring,) = rings(town(), "day", CENTRE[0] + 0.2, CENTRE[1], [1])
    assert ring.contains(shapely.Point(CENTRE[0] + 0.2, CENTRE[1]))
    assert square_metres(ring) == pytest.approx(np.pi * MARGIN_M**2, rel=0.1)


def test_small_holes_are_filled_and_a_lake_is_kept() -> None:
    graph = town()
    east, north = graph.project(graph.lon, graph.lat).T - graph.project(*CENTRE)[:, None]
    lake = (np.abs(east - 1200) < 750) & (np.abs(north) < 750)  # dry edge to edge: 1,600 m less two margins
    shut = graph.edge[lake[graph.tail] | lake[graph.head]]
    (ring,) = rings(graph.with_closures(shut.tolist()), "day", *CENTRE, [10])
    (part,) = ring.geoms
    assert len(part.interiors) == 1
    assert square_metres(shapely.MultiPolygon([shapely.Polygon(part.interiors[0])])) > HOLE_M2
    pond = (np.abs(east - 1200) < 250) & (np.abs(north) < 250)
    shut = graph.edge[pond[graph.tail] | pond[graph.head]]
    (ring,) = rings(graph.with_closures(shut.tolist()), "day", *CENTRE, [10])
    assert [len(part.interiors) for part in ring.geoms] == [0]


@pytest.mark.parametrize("seed", range(5))
def test_ragged_networks_give_valid_areas(seed: int) -> None:
    graph = town()
    shut = np.random.default_rng(seed).choice(np.unique(graph.edge), 3600, replace=False)
    for ring in rings(graph.with_closures(shut.tolist()), "day", *CENTRE, [1, 3, 8]):
        assert ring.is_valid
        assert ring.geom_type == "MultiPolygon"
        assert ring.contains(shapely.Point(CENTRE))
