"""Knox's table against Ratcliffe's calculator, against all pairs one by one, and its invariants."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import kstest

from blockwise.analysis import repeats
from blockwise.analysis.repeats import Metric, near_repeats
from tests.oracles import oracle

CHICAGO = "near_repeat/chicago_be_month1.csv"
VERBOSE = "near_repeat/chicago_be_month1_NRverbose_2019-09-23_143005.csv"
DISTANCES, DAYS = [0, 1, 100, 200, 300], [0, 7, 14, 21]
INCIDENTS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 9)), min_size=2, max_size=25)


def chicago() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    with oracle(CHICAGO).open() as file:
        rows = list(csv.reader(file))
    x, y = (np.array([float(row[k]) for row in rows]) for k in (0, 1))
    return x, y, np.array([row[2] for row in rows], dtype="datetime64[D]").astype(np.int64)


def printed(title: str) -> NDArray[np.float64]:
    """A table of five rows and four columns in the calculator's own file."""
    lines = oracle(VERBOSE).read_text(encoding="latin-1").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(title)) + 3
    return np.array([[float(cell) for cell in line.split(",")[2:6]] for line in lines[start : start + 5]])


def brute(
    incidents: NDArray[np.float64], metric: Metric, distances: list[float], spans: list[float]
) -> NDArray[np.int64]:
    counted = np.zeros((len(distances) + 1, len(spans) + 1), dtype=np.int64)
    for i, one in enumerate(incidents):
        for other in incidents[:i]:
            dx, dy, apart = np.abs(one - other)
            away = dx + dy if metric == "manhattan" else np.hypot(dx, dy)
            counted[np.searchsorted(distances, away, "right"), np.searchsorted(spans, apart, "right")] += 1
    return counted


def test_chicago_as_the_calculator_counts_it() -> None:
    """All 20 cells; "1 to 100" there means [0, 100) without the same location, "8 to 14" means [7, 14)."""
    found = near_repeats(*chicago(), DISTANCES, DAYS, replicates=999)
    assert found.observed.tolist() == printed("Observed frequencies distribution").tolist()
    assert found.observed[0].tolist() == [28, 5, 5, 2]
    assert (found.n, found.observed.sum()) == (970, 970 * 969 / 2)


def test_chicago_is_as_surprising_as_the_calculator_finds() -> None:
    """It made 19 shuffles, so its p come in twentieths; its ratios spread as the mean of 19 counts does."""
    found = near_repeats(*chicago(), DISTANCES, DAYS, replicates=999)
    theirs = printed("Statistical significant table")
    assert (np.abs(found.p - theirs) <= 4 * np.sqrt(theirs * (1 - theirs) / 20) + 0.06).all()
    mean = found.observed / printed("Observed over mean expected")
    error = 5 * np.sqrt(found.expected[:4] / 19)
    assert (np.abs(mean - found.expected)[:4] <= error).all()
    np.testing.assert_allclose(found.ratio[4], 1, atol=0.005)


@settings(max_examples=60)
@given(
    INCIDENTS,
    st.sampled_from(["manhattan", "euclidean"]),
    st.sampled_from([[0, 1, 3, 5], [0, 2.5], [1, 4], [0, 100]]),
    st.sampled_from([[0, 1, 2], [1, 2.5, 4], [0, 50]]),
)
def test_counts_are_those_of_all_pairs(
    incidents: list[tuple[int, int, int]], metric: Metric, distances: list[float], spans: list[float]
) -> None:
    """The twin of both kernels. A shuffle gives the same number of pairs in each row and each column."""
    table = np.array(incidents, dtype=float)
    x, y, days = table.T
    found = near_repeats(x, y, days.astype(int), distances, spans, metric=metric, replicates=3)
    whole = brute(table, metric, distances, spans)
    assert found.observed.tolist() == whole[1:, 1:].tolist()
    assert (found.nearer, found.sooner) == (whole[0].sum(), whole[:, 0].sum())
    if distances[0] == 0 and spans[0] == 0:
        for axis in (0, 1):
            np.testing.assert_allclose(found.expected.sum(axis=axis), found.observed.sum(axis=axis), rtol=1e-12)
    assert ((found.p > 0) & (found.p <= 1)).all()


@settings(max_examples=30)
@given(INCIDENTS, st.integers(-1000, 1000), st.randoms(use_true_random=False))
def test_order_a_shift_and_a_turn_do_not_matter(
    incidents: list[tuple[int, int, int]], shift: int, random: object
) -> None:
    x, y, days = np.array(incidents).T
    order = np.random.default_rng(abs(shift)).permutation(x.size)
    found = near_repeats(x, y, days, [0, 2, 4], [0, 2], replicates=1).observed.tolist()
    assert near_repeats(x[order], y[order], days[order], [0, 2, 4], [0, 2], replicates=1).observed.tolist() == found
    assert near_repeats(x + shift, y - shift, days + shift, [0, 2, 4], [0, 2], replicates=1).observed.tolist() == found
    assert near_repeats(-y, x, -days, [0, 2, 4], [0, 2], replicates=1).observed.tolist() == found


def test_bands_are_half_open_and_the_seed_decides() -> None:
    found = near_repeats([0, 100, 0], [0, 0, 50], [0, 7, 0], [0, 50, 100], [0, 7], replicates=50, seed=3)
    assert found.observed.tolist() == [[0, 0], [1, 0], [0, 2]]
    again = near_repeats([0, 100, 0], [0, 0, 50], [0, 7, 0], [0, 50, 100], [0, 7], replicates=50, seed=3)
    other = near_repeats([0, 100, 0], [0, 0, 50], [0, 7, 0], [0, 50, 100], [0, 7], replicates=50, seed=4)
    assert again.expected.tolist() == found.expected.tolist() != other.expected.tolist()
    assert np.isnan(found.ratio[0, 0])


def test_one_day_or_one_place_shuffles_nothing() -> None:
    days = near_repeats([0, 5, 9], [0, 0, 0], [4, 4, 4], [0, 6], [0, 1], replicates=9)
    place = near_repeats([1, 1, 1], [2, 2, 2], [0, 3, 9], [0, 6], [0, 5], replicates=9)
    assert (days.observed.tolist(), place.observed.tolist()) == ([[2, 0], [1, 0]], [[1, 2], [0, 0]])
    assert (days.p == 1).all()
    assert (place.p == 1).all()


def test_far_away_incidents_do_not_widen_the_search_beyond_measure() -> None:
    found = near_repeats([0, 1, 1e9], [0, 0, 1e9], [0, 0, 0], [0, 2], [0, 1], replicates=1)
    assert found.observed.tolist() == [[1, 0], [2, 0]]


@pytest.mark.slow
def test_p_is_uniform_under_the_null() -> None:
    """500 data sets without a pattern, 999 shuffles each; some 800 pairs in the cell, so that few shuffles tie."""
    random = np.random.default_rng(5)
    p = []
    for _ in range(500):
        x, y = random.random((2, 100)) * 1000
        p.append(near_repeats(x, y, random.integers(0, 30, 100), [0, 500], [0, 7], seed=len(p)).p[0, 0])
    assert kstest(p, "uniform").pvalue > 0.001


def test_what_cannot_be_counted_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    one = ([0.0, 1.0], [0.0, 1.0], [0, 1])
    for x, y, days, distances, spans, why in (
        ([0.0], [0.0], [0], [0, 1], [0, 1], "at least two"),
        ([0.0, np.nan], [0.0, 1.0], [0, 1], [0, 1], [0, 1], "finite"),
        (*one, [0], [0, 1], "two to 200 edges"),
        (*one, [-1, 1], [0, 1], "from 0 up"),
        (*one, [0, 1], [0, 2, 2], "rise"),
        (*one, [0, 1], [0, 1e9], "rise"),
        (*one, [0, np.inf], [0, 1], "edges"),
    ):
        with pytest.raises(ValueError, match=why):
            near_repeats(x, y, days, distances, spans)
    with pytest.raises(ValueError, match="one replicate"):
        near_repeats(*one, [0, 1], [0, 1], replicates=0)
    monkeypatch.setattr(repeats, "MOST_PAIRS", 2)
    with pytest.raises(ValueError, match="3 pairs of incidents lie within 5 m"):
        near_repeats([0, 1, 2], [0, 0, 0], [0, 1, 2], [0, 5], [0, 1])
