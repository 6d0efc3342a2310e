"""Expected cover of units as they stand, against a count by hand and on a road that can be reckoned in the head."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array

from blockwise.analysis.cover.standing import Standing, reach_of, reachable
from blockwise.analysis.roads import build_graph, times_to

REACH = st.tuples(st.integers(1, 7), st.integers(1, 9)).flatmap(
    lambda shape: arrays(np.uint8, shape, elements=st.integers(0, 1))
)


@given(REACH, st.floats(0, 0.95), st.data())
def test_cover_and_losses_by_hand(reach: np.ndarray, busy: float, data: st.DataObject) -> None:
    units, demands = reach.shape
    weight = np.arange(1.0, demands + 1)
    present = data.draw(arrays(np.bool_, units))
    leaving = data.draw(arrays(np.bool_, units))
    standing = Standing(csr_array(reach.astype(float)), weight, busy)

    def covered(there: np.ndarray) -> float:
        return sum(w * (1 - busy ** int(reach[there, j].sum())) for j, w in enumerate(weight))

    whole = covered(present)
    assert standing.covered(present) == pytest.approx(whole)
    for unit, lost in enumerate(standing.losses(present).tolist()):
        alone = present.copy()
        alone[unit] = False
        assert lost == pytest.approx(whole - covered(alone), abs=1e-9)
    dense = Standing(reach.astype(np.float32), weight, busy)
    assert np.allclose(dense.losses(present), standing.losses(present), rtol=1e-5, atol=1e-5)
    assert standing.loss_of(leaving, present) == pytest.approx(whole - covered(present & ~leaving), abs=1e-9)


@given(REACH, st.floats(0, 0.95), st.data())
def test_more_units_never_cover_less(reach: np.ndarray, busy: float, data: st.DataObject) -> None:
    standing = Standing(csr_array(reach.astype(float)), np.ones(reach.shape[1]), busy)
    some = data.draw(arrays(np.bool_, reach.shape[0]))
    more = some | data.draw(arrays(np.bool_, reach.shape[0]))
    assert standing.covered(more) >= standing.covered(some) - 1e-12
    assert (standing.losses(more) >= 0).all()


def test_units_that_are_never_busy_cover_once() -> None:
    standing = Standing(csr_array(np.ones((3, 2))), np.array([1.0, 2.0]), busy=0.0)
    assert standing.covered([True, False, False]) == standing.covered([True] * 3) == 3
    assert standing.losses([True] * 3).tolist() == [0, 0, 0]
    assert standing.losses([False, True, False]).tolist() == [0, 3, 0]


@pytest.mark.parametrize(
    ("weight", "busy", "what"),
    [([1.0], 0.3, "column for each"), ([1.0, -1], 0.3, "0 or more"), ([1.0, 1], 1.0, "below 1")],
)
def test_what_is_no_cover_is_refused(weight: list[float], busy: float, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        Standing(csr_array(np.ones((3, 2))), np.array(weight), busy)
    with pytest.raises(ValueError, match="one entry a unit"):
        Standing(csr_array(np.ones((3, 2))), np.ones(2)).covered([True])


def test_reach_by_road_is_that_of_the_times() -> None:
    """A one-way ring: who is just behind a demand reaches it soon, who is just ahead of it does not."""
    size = 20
    at = np.arange(size)
    angle = 2 * np.pi * at / size
    lon, lat = 116.4 + 0.02 * np.cos(angle), 39.9 + 0.015 * np.sin(angle)
    graph = build_graph(
        edge=at, from_node=at, to_node=(at + 1) % size, from_lon=lon, from_lat=lat, to_lon=np.roll(lon, -1),
        to_lat=np.roll(lat, -1), length_m=np.full(size, 500.0), oneway=np.ones(size, dtype=bool),
        speeds_kmh={"day": np.full(size, 36.0)},
    )  # fmt: skip
    demand = graph.nearest(lon[:11] + 1e-4, lat[:11])
    bits = reachable(graph, "day", demand, 230.0)
    assert bits.shape == (size, 2)
    reach = reach_of(bits, at, 11)
    sources = graph.nearest(lon, lat)
    for j in range(11):
        one = type(demand)(demand.node[j], demand.metres[j])
        assert reach[:, j].tolist() == np.isfinite(times_to(graph, "day", one, sources, 230.0)).astype(float).tolist()
    assert reach.sum(axis=0).tolist() == [5.0] * 11  # itself and the four behind it, 50 s apart
