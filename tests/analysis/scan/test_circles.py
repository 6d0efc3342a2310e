"""Circles place by place, against all distances sorted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from blockwise.analysis.distance import great_circle_km
from blockwise.analysis.scan import circles

POINTS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=20)


def rings(found: circles.Circles, centre: int) -> list[set[int]]:
    """The circles about a centre as sets of places, the smallest first."""
    part = slice(found.first[centre], found.first[centre + 1])
    places, last = found.other[part].tolist(), np.flatnonzero(found.ring[part]).tolist()
    return [set(places[: end + 1]) for end in last]


def brute(points: NDArray[np.float64], centre: int, radius: float = np.inf) -> list[set[int]]:
    """By distance, then from west to east and from south to north; places at one point together."""
    squares = ((points - points[centre]) ** 2).sum(axis=1)
    key = {place: (squares[place], *points[place]) for place in range(len(points)) if squares[place] <= radius * radius}
    return [{place for place in key if key[place] <= last} for last in sorted(set(key.values()))]


@settings(max_examples=60)
@given(POINTS, st.one_of(st.none(), st.integers(0, 9)))
def test_places_come_in_one_after_the_other(points: list[tuple[int, int]], radius: int | None) -> None:
    at = np.array(points, dtype=np.float64)
    limit = np.inf if radius is None else float(radius)
    found = circles.on_the_plane(at[:, 0], at[:, 1], limit)
    for centre in range(found.n):
        assert rings(found, centre) == brute(at, centre, limit)


@settings(max_examples=40)
@given(POINTS, st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_shifting_all_places_changes_nothing(points: list[tuple[int, int]], east: float, north: float) -> None:
    x, y = np.array(points, dtype=np.float64).T
    here, there = circles.on_the_plane(x, y), circles.on_the_plane(x + east, y + north)
    for centre in range(here.n):
        assert rings(here, centre) == rings(there, centre)


def test_on_the_sphere_distances_are_great_circles() -> None:
    draw = np.random.default_rng(1)
    lon, lat = draw.uniform(-74.3, -73.7, 80), draw.uniform(40.5, 40.9, 80)
    found = circles.on_the_sphere(lon, lat, 12.0)
    away = great_circle_km(lon[:, None], lat[:, None], lon, lat, circles.EARTH_RADIUS_KM)
    for centre in range(80):
        members = found.members(centre, int(found.first[centre + 1] - found.first[centre])).tolist()
        assert members == [place for place in np.argsort(away[centre]) if away[centre, place] <= 12.0]
        assert found.radius(centre, len(members)) == pytest.approx(away[centre, members[-1]], rel=1e-9, abs=1e-9)


def test_across_the_date_line_and_around_the_whole_earth() -> None:
    found = circles.on_the_sphere([179.9, -179.9, 0.0], [0.0, 0.0, 0.0])
    assert found.members(0, 3).tolist() == [0, 1, 2]
    assert found.radius(0, 2) == pytest.approx(np.radians(0.2) * circles.EARTH_RADIUS_KM)
    assert circles.on_the_sphere([0, 180], [0, 0], 1e9).first.tolist() == [0, 2, 4]


def test_a_circle_ends_before_it_holds_more_than_its_share() -> None:
    found = circles.on_the_plane([0, 1, 2, -2, 9], [0, 0, 0, 0, 0])
    weight = np.array([1.0, 1, 1, 1, 6])
    assert found.within(weight, 3.0).tolist() == [3, 3, 3, 3, 0]
    assert found.members(0, 3).tolist() == [0, 1, 3]  # of the two at distance 2, the western one
    assert found.ties
    twins = circles.on_the_plane([0, 1, 1], [0, 0, 0])
    assert (twins.within(np.ones(3), 2.0).tolist(), twins.ties) == ([1, 2, 2], False)
    assert found.within(weight, 10.0).tolist() == [5] * 5
    assert found.within(np.zeros(5), 0.0).tolist() == [5] * 5


@pytest.mark.parametrize(
    ("x", "y", "radius", "what"),
    [
        ([], [], 1, "one or more"),
        ([0, np.nan], [0, 0], 1, "finite"),
        ([0], [0], -1, "0 or more"),
        ([0], [0], np.nan, "0 or"),
    ],
)
def test_what_is_no_place_is_refused(x: list[float], y: list[float], radius: float, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        circles.on_the_plane(x, y, radius)


def test_too_many_pairs_are_refused_before_they_are_stored() -> None:
    with pytest.raises(ValueError, match="Give a smaller largest radius"):
        circles.on_the_plane(np.arange(30_000), np.zeros(30_000))
