"""Travel times against Floyd and Warshall's brute force on small random graphs, and hand-made cases."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockwise.analysis.roads import (
    ACCESS_MPS,
    METRES_PER_DEGREE,
    RoadGraph,
    Snap,
    build_graph,
    node_times,
    paths_to,
    times_to,
)

PERIODS = ("day", "night")
SIZE = 9


@dataclass(frozen=True)
class Edge:
    start: int
    end: int
    metres: int
    oneway: bool
    day: int
    night: int


EDGES = st.lists(
    st.builds(
        Edge,
        start=st.integers(0, SIZE - 1),
        end=st.integers(0, SIZE - 1),
        metres=st.integers(0, 2000),
        oneway=st.booleans(),
        day=st.integers(5, 120),
        night=st.integers(5, 120),
    ),
    min_size=1,
    max_size=24,
)


def graph_of(edges: list[Edge]) -> RoadGraph:
    """Node k stands at (114 + k/1000, 22.5); its id is 100 + k and an edge's id is 1000 + its place."""
    start, end = np.array([e.start for e in edges]), np.array([e.end for e in edges])
    return build_graph(
        edge=1000 + np.arange(len(edges)),
        from_node=100 + start,
        to_node=100 + end,
        from_lon=114 + start / 1000,
        from_lat=np.full(len(edges), 22.5),
        to_lon=114 + end / 1000,
        to_lat=np.full(len(edges), 22.5),
        length_m=[e.metres for e in edges],
        oneway=[e.oneway for e in edges],
        speeds_kmh={"day": [e.day for e in edges], "night": [e.night for e in edges]},
    )


def brute(edges: list[Edge], period: str, closed: set[int], graph: RoadGraph) -> np.ndarray[Any, Any]:
    """Seconds between all nodes of the graph (rows from, columns to), by Floyd and Warshall."""
    place = {int(node) - 100: k for k, node in enumerate(graph.node)}
    best = np.full((len(place), len(place)), math.inf)
    np.fill_diagonal(best, 0)
    for number, e in enumerate(edges):
        if 1000 + number in closed:
            continue
        u, v, seconds = place[e.start], place[e.end], e.metres / (getattr(e, period) / 3.6)
        best[u, v] = min(best[u, v], seconds)
        if not e.oneway:
            best[v, u] = min(best[v, u], seconds)
    for k in range(len(place)):
        best = np.minimum(best, best[:, [k]] + best[[k], :])
    return best


def at_nodes(*nodes: int) -> Snap:
    return Snap(np.array(nodes), np.zeros(len(nodes)))


def at_node(node: int) -> Snap:
    return Snap(np.int64(node), np.float64(0))


@given(EDGES, st.sampled_from(PERIODS), st.sets(st.integers(1000, 1023)), st.sampled_from([math.inf, 60, 300]))
def test_times_equal_brute_force(edges: list[Edge], period: str, closed: set[int], limit: float) -> None:
    graph = graph_of(edges).with_closures(closed)
    everywhere = at_nodes(*range(graph.node.size))
    expected = brute(edges, period, closed, graph)
    expected[expected > limit] = math.inf
    for k in range(graph.node.size):
        np.testing.assert_allclose(times_to(graph, period, at_node(k), everywhere, limit), expected[:, k])


@given(EDGES, st.sampled_from(PERIODS), st.sets(st.integers(1000, 1023)))
def test_a_path_is_a_way_that_takes_the_quickest_time(edges: list[Edge], period: str, closed: set[int]) -> None:
    graph = graph_of(edges).with_closures(closed)
    expected = brute(edges, period, closed, graph)
    arcs = graph.matrix(period)
    for end in range(graph.node.size):
        for start, route in enumerate(paths_to(graph, period, range(graph.node.size), end)):
            if math.isinf(expected[start, end]):
                assert route is None
                continue
            assert route is not None
            assert (route.nodes[0], route.nodes[-1], route.seconds[0]) == (start, end, 0)
            assert route.seconds[-1] == pytest.approx(expected[start, end])
            for (u, v), step in zip(pairwise(route.nodes), np.diff(route.seconds), strict=True):
                row = slice(arcs.indptr[u], arcs.indptr[u + 1])
                costs = arcs.data[row][arcs.indices[row] == v]
                assert step == pytest.approx(costs.min())


@given(EDGES, st.sets(st.integers(1000, 1023)), st.sets(st.integers(1000, 1023)))
def test_closures_add_up_and_leave_the_graph_they_came_from(
    edges: list[Edge], first: set[int], second: set[int]
) -> None:
    graph = graph_of(edges)
    before = graph.matrix("day").data.copy()
    twice = graph.with_closures(first).with_closures(second)
    assert twice.closed == first | second
    np.testing.assert_array_equal(twice.seconds["day"], graph.with_closures(first | second).seconds["day"])
    np.testing.assert_array_equal(graph.matrix("day").data, before)
    assert graph.closed == frozenset()


def line_of_three(**change: Any) -> RoadGraph:
    """Nodes at 114.000, 114.001, 114.002; 100 m at 36 km/h (10 s) and 200 m at 36 km/h (20 s)."""
    columns: dict[str, Any] = {
        "edge": [7, 8],
        "from_node": [1, 2],
        "to_node": [2, 3],
        "from_lon": [114.0, 114.001],
        "from_lat": [22.5, 22.5],
        "to_lon": [114.001, 114.002],
        "to_lat": [22.5, 22.5],
        "length_m": [100, 200],
        "oneway": [False, True],
        "speeds_kmh": {"day": [36, 36]},
    }
    return build_graph(**(columns | change))


def test_times_to_a_call_obey_one_way_streets() -> None:
    graph = line_of_three()
    assert times_to(graph, "day", at_node(2), at_nodes(0, 1, 2)).tolist() == [30, 20, 0]
    assert times_to(graph, "day", at_node(0), at_nodes(0, 1, 2)).tolist() == [0, 10, math.inf]


def test_legs_off_the_road_are_counted_at_both_ends_and_against_the_limit() -> None:
    graph = line_of_three(oneway=[False, False])
    target = graph.nearest(114.002, 22.5 + 100 / METRES_PER_DEGREE)
    sources = Snap(np.array([0]), np.array([50.0]))
    assert float(target.metres) == pytest.approx(100)
    seconds = 30 + 150 / ACCESS_MPS
    assert times_to(graph, "day", target, sources).tolist() == [pytest.approx(seconds)]
    assert times_to(graph, "day", target, sources, seconds + 0.01).tolist() == [pytest.approx(seconds)]
    assert times_to(graph, "day", target, sources, seconds - 0.01).tolist() == [math.inf]
    assert times_to(graph, "day", target, sources, 1).tolist() == [math.inf]
    assert node_times(graph, "day", target, 41).tolist() == [math.inf, pytest.approx(40), pytest.approx(20)]


def test_a_closed_edge_is_closed_in_both_directions() -> None:
    graph = line_of_three().with_closures([7])
    assert times_to(graph, "day", at_node(1), at_nodes(0, 1, 2)).tolist() == [math.inf, 0, math.inf]
    assert paths_to(graph, "day", [0], 2) == [None]
    assert line_of_three().with_closures([99]).seconds["day"].tolist() == line_of_three().seconds["day"].tolist()


def test_an_edge_that_is_closed_one_way_is_driven_the_other() -> None:
    graph = line_of_three(oneway=[False, False]).with_closures([], [(7, 1)])
    assert times_to(graph, "day", at_node(1), at_nodes(0, 1, 2)).tolist() == [math.inf, 0, 20]
    assert times_to(graph, "day", at_node(0), at_nodes(0, 1, 2)).tolist() == [0, 10, 30]
    assert graph.with_closures([8], [(7, 2)]).seconds["day"].tolist() == [math.inf] * 4
    none = line_of_three().with_closures([], [(7, 3), (99, 1)])
    assert none.seconds["day"].tolist() == line_of_three().seconds["day"].tolist()


def test_parallel_edges_count_the_quicker_and_never_their_sum() -> None:
    graph = line_of_three(from_node=[1, 1], to_node=[2, 2], speeds_kmh={"day": [36, 36]}, oneway=[True, True])
    assert times_to(graph, "day", at_node(1), at_nodes(0)).tolist() == [10]
    assert times_to(graph.with_closures([7]), "day", at_node(1), at_nodes(0)).tolist() == [20]


@given(st.lists(st.tuples(st.floats(113.99, 114.02), st.floats(22.49, 22.51)), min_size=1, max_size=20))
def test_nearest_is_the_nearest_of_all(places: list[tuple[float, float]]) -> None:
    graph = graph_of([Edge(k, k + 1, 100, False, 30, 30) for k in range(SIZE - 1)])
    lon, lat = np.array(places).T
    snap = graph.nearest(lon, lat)
    apart = np.hypot(*(graph.project(lon, lat)[:, None] - graph.metres[None]).transpose(2, 0, 1))
    np.testing.assert_allclose(snap.metres, apart.min(axis=1))
    np.testing.assert_allclose(np.take_along_axis(apart, snap.node[:, None], 1)[:, 0], snap.metres)
    one = graph.nearest(lon[0], lat[0])
    assert (int(one.node), float(one.metres)) == (snap.node[0], snap.metres[0])


def test_distances_are_true_metres() -> None:
    graph = line_of_three(to_lat=[22.5, 22.51])
    degree = math.pi / 180 * 6_371_000
    assert float(graph.nearest(114.0, 22.49).metres) == pytest.approx(0.01 * degree, rel=1e-4)
    west = float(graph.nearest(113.99, 22.5).metres)
    assert west == pytest.approx(0.01 * degree * math.cos(math.radians(22.5)), rel=1e-4)
    lon, lat = graph.unproject(graph.project(113.95, 22.47))
    assert (lon, lat) == (pytest.approx(113.95, abs=1e-12), pytest.approx(22.47, abs=1e-12))


def test_places_are_not_joined_to_isolated_scraps_of_road() -> None:
    main = [Edge(k, k + 1, 100, False, 30, 30) for k in range(20)]
    graph = graph_of([*main, Edge(30, 31, 100, False, 30, 30), Edge(20, 32, 100, True, 30, 30)])
    scrap, dead_end = graph.nearest(114.0301, 22.5), graph.nearest(114.032, 22.5)
    assert graph.node[scrap.node] == 120
    assert graph.node[dead_end.node] == 120
    assert graph.node[graph.nearest(114.0052, 22.5).node] == 105


def test_closures_keep_the_index_of_places() -> None:
    graph = line_of_three()
    snap = graph.nearest(114.0021, 22.5)
    assert graph.with_closures([7, 8]).nearest(114.0021, 22.5) == snap


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"length_m": [100, -1]}, "edge 8 has a length"),
        ({"length_m": [math.nan, 1]}, "edge 7 has a length"),
        ({"speeds_kmh": {"peak": [10, 0]}}, "edge 8 has a speed in period peak"),
        ({"to_lat": [math.inf, 22.5]}, "edge 7 has a position"),
    ],
)
def test_unusable_edges_are_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        line_of_three(**change)


def test_a_city_without_roads_says_so() -> None:
    graph = build_graph(
        edge=[], from_node=[], to_node=[], from_lon=[], from_lat=[], to_lon=[], to_lat=[],
        length_m=[], oneway=[], speeds_kmh={"day": []},
    )  # fmt: skip
    with pytest.raises(ValueError, match="no nodes"):
        graph.nearest(114.0, 22.5)
