"""The compiled search against every circle and every window tried one by one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from blockwise.analysis.scan import circles
from blockwise.analysis.scan.kernels import by_place, log_likelihood_ratio, may_exceed, search

PLACES, TIMES = 7, 6
CASES = st.lists(st.tuples(st.integers(0, PLACES - 1), st.integers(0, TIMES - 1)), min_size=1, max_size=30)


def ratio(count: float, expected: float, total: float) -> float:
    """The definition, as plainly as it can be written."""
    if count <= expected:
        return 0.0
    inside = count * math.log(count / expected)
    rest = total - count
    return inside + (rest * math.log(rest / (total - expected)) if rest else 0.0)


@given(st.integers(0, 50), st.floats(0.01, 60), st.integers(1, 200), st.floats(0, 20))
def test_the_ratio_and_its_bound(count: int, expected: float, more: int, best: float) -> None:
    total = count + more
    expected = min(expected, total - 0.001)
    value = ratio(count, expected, total)
    assert math.isclose(log_likelihood_ratio(count, expected, total), value, rel_tol=1e-12, abs_tol=1e-12)
    if value > best * (1 + 1e-12) + 1e-12:
        assert may_exceed(best, count, expected, total)


def test_the_ratio_when_all_cases_are_inside() -> None:
    assert log_likelihood_ratio(5.0, 2.0, 5.0) == 5 * math.log(2.5)
    assert log_likelihood_ratio(2.0, 2.0, 5.0) == log_likelihood_ratio(2.0, 0.0, 5.0) == 0.0


def brute(windows: Any, place: Any, time: Any) -> list[float]:
    """The best ratio about each centre, by all windows of all its circles."""
    first, other, ring, count, expected_place, passed, earliest, alive, total, least = windows
    table = expected_place @ np.diff(passed, axis=0).T
    found = []
    for centre in range(len(first) - 1):
        best = 0.0
        for size in range(1, count[centre] + 1):
            if not ring[first[centre] + size - 1]:
                continue
            inside = np.isin(place, members := other[first[centre] : first[centre] + size])
            for end in range(len(earliest) - 1 if alive else 0, len(earliest)):
                for begin in range(earliest[end], end + 1):
                    cases = int((inside & (time >= begin) & (time <= end)).sum())
                    if cases >= least:
                        best = max(best, ratio(cases, table[members, begin : end + 1].sum(), total))
        found.append(best)
    return found


@settings(max_examples=150, deadline=None)
@given(
    CASES,
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=PLACES, max_size=PLACES),
    st.lists(st.floats(0.05, 3), min_size=2 * PLACES + 2 * TIMES, max_size=2 * PLACES + 2 * TIMES),
    st.integers(1, TIMES),
    st.booleans(),
    st.integers(1, 4),
    st.sampled_from([0.3, 0.5, 1.0]),
)
def test_the_best_window_about_every_centre(
    cases: list[tuple[int, int]],
    points: list[tuple[int, int]],
    weights: list[float],
    longest: int,
    alive: bool,
    least: int,
    share: float,
) -> None:
    place, time = np.array(cases, dtype=np.int64).T
    of_place = np.array(weights[: 2 * PLACES]).reshape(PLACES, 2)
    of_time = np.array(weights[2 * PLACES :]).reshape(TIMES, 2)
    of_place *= len(cases) / (of_place @ of_time.T).sum()
    x, y = np.array(points, dtype=np.float64).T
    around = circles.on_the_plane(x, y)
    count = around.within(of_place @ of_time.sum(axis=0), share * len(cases))
    earliest = np.maximum(np.arange(TIMES) - longest + 1, 0)
    passed = np.concatenate([np.zeros((1, 2)), np.cumsum(of_time, axis=0)])
    windows = (
        around.first, around.other, around.ring, count, of_place, passed, earliest, alive, float(len(cases)), least
    )  # fmt: skip
    wanted = time >= earliest[-1] if alive else np.ones(time.size, dtype=np.bool_)
    first, times = np.zeros(PLACES + 1, dtype=np.int64), np.empty(int(wanted.sum()), dtype=np.int64)
    by_place(place[wanted], time[wanted], first, times)
    best = np.zeros(PLACES)
    size, start, end = (np.zeros(PLACES, dtype=np.int64) for _ in range(3))
    search(windows, first, times, best, size, start, end)
    assert np.allclose(best, brute(windows, place, time), rtol=1e-9)
    table = of_place @ of_time.T
    for centre in np.flatnonzero(best > 0).tolist():
        members = around.members(centre, int(size[centre]))
        low, high = int(start[centre]), int(end[centre])
        inside = int((np.isin(place, members) & (time >= low) & (time <= high)).sum())
        assert inside >= least
        expected = table[members, low : high + 1].sum()
        assert np.isclose(best[centre], ratio(inside, expected, len(cases)), rtol=1e-9)
    alone = np.zeros(1)
    search(windows, first, times, alone, np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1, np.int64))
    assert np.isclose(alone[0], best.max(), rtol=1e-12)
