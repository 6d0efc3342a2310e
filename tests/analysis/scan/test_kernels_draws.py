"""Data drawn under the null: dates shuffled within strata, cases scattered by what is expected."""

from __future__ import annotations

import numpy as np
from scipy.stats import chisquare

from blockwise.analysis.scan import kernels


def test_sorting_by_place_keeps_every_case() -> None:
    draw = np.random.default_rng(1)
    place, time = draw.integers(0, 9, 200), draw.integers(0, 30, 200)
    first, times = np.empty(10, dtype=np.int64), np.empty(200, dtype=np.int64)
    kernels.by_place(place, time, first, times)
    for here in range(9):
        assert times[first[here] : first[here + 1]].tolist() == time[place == here].tolist()
    assert (first[0], first[9]) == (0, 200)


def test_a_shuffle_draws_every_case_as_often_and_within_its_stratum() -> None:
    place = np.array([0, 1, 2, 3, 10, 11, 12])
    edge, wanted = np.array([0, 4, 7]), np.array([2, 1])
    random = np.random.default_rng(1)
    drawn = np.empty(3, dtype=np.int64)
    pairs = np.zeros((4, 4))
    second = np.zeros(3)
    state = place.copy()
    for _ in range(12_000):
        kernels.shuffled(random, state, edge, wanted, drawn)
        pairs[drawn[0], drawn[1]] += 1
        second[drawn[2] - 10] += 1
    assert sorted(state.tolist()) == place.tolist()
    assert np.diag(pairs).sum() == 0
    assert chisquare(pairs[~np.eye(4, dtype=bool)]).pvalue > 0.001
    assert chisquare(second).pvalue > 0.001


def test_cases_scatter_as_expected() -> None:
    place = np.array([[0.1, 0.5, 1.0], [0.0, 0.3, 1.0]])
    time = np.array([[0.25, 1.0], [0.75, 1.0]])
    drawn, times = np.empty(40_000, dtype=np.int64), np.empty(40_000, dtype=np.int64)
    kernels.scattered(np.random.default_rng(1), np.array([0.6, 1.0]), place, time, drawn, times)
    shares = 0.6 * np.outer([0.1, 0.4, 0.5], [0.25, 0.75]) + 0.4 * np.outer([0, 0.3, 0.7], [0.75, 0.25])
    seen = np.bincount(drawn * 2 + times, minlength=6).reshape(3, 2)
    assert chisquare(seen.ravel(), shares.ravel() * 40_000).pvalue > 0.001


def test_replicates_come_from_their_own_stream() -> None:
    """The same stream gives the same largest ratios, however it was reached."""
    around = np.array([0, 2, 4]), np.array([0, 1, 1, 0], dtype=np.int32), np.ones(4, dtype=np.bool_)
    passed = np.array([[0.0], [0.5], [1.0]])
    windows = (*around, np.array([1, 1]), np.array([[6.0], [6.0]]), passed, np.array([0, 1]), False, 12.0, 2)
    args = (np.array([0] * 6 + [1] * 6), np.array([0, 12]), np.array([12]), np.arange(12) % 2, windows)
    one, same = (kernels.shuffled_maxima(np.random.default_rng(5), 50, *args) for _ in range(2))
    other = kernels.shuffled_maxima(np.random.default_rng(6), 50, *args)
    assert one.tolist() == same.tolist() != other.tolist()
