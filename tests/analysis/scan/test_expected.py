"""Expected cases: margins, standardisation, and people between two counts, against sums day by day."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from blockwise.analysis.scan import periods
from blockwise.analysis.scan.expected import Population, days_at, permutation, standardised


def test_without_covariates_the_margins_are_multiplied() -> None:
    place, time = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1])
    found = permutation(place, time, np.zeros(4, dtype=np.int64), 3, 2)
    assert np.allclose(found.place @ found.time.T, np.outer([2, 1, 1], [1, 3]) / 4)


def test_with_covariates_each_stratum_has_its_own_margins() -> None:
    draw = np.random.default_rng(1)
    place, time, stratum = (draw.integers(0, size, 200) for size in (5, 7, 3))
    found = permutation(place, time, stratum, 5, 7)
    summed = sum(permutation(place[s], time[s], 0 * place[s], 5, 7).place
                 @ permutation(place[s], time[s], 0 * place[s], 5, 7).time.T
                 for s in (stratum == 0, stratum == 1, stratum == 2))  # fmt: skip
    assert np.allclose(found.place @ found.time.T, summed)
    assert (found.place @ found.time.T).sum() == pytest.approx(200)


def level(days: NDArray[np.int64], whole: NDArray[np.bool_], values: NDArray[np.float64], at: float) -> float:
    """The number of people at a moment."""
    knots, heights = [], []
    for day, all_day, value in zip(days, whole, values, strict=True):
        knots.append(float(day))
        heights.append(value)
        if all_day:
            knots.append(float(day) + 1)
            heights.append(value)
    return float(np.interp(at, knots, heights))


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(-40, 60), st.booleans(), st.integers(0, 9)),
        min_size=1,
        max_size=5,
        unique_by=lambda row: row[0],
    ),
    st.lists(st.integers(1, 12), min_size=1, max_size=4),
)
def test_people_run_straight_from_one_count_to_the_next(rows: list[tuple[int, bool, int]], lengths: list[int]) -> None:
    rows = sorted(rows)
    days = np.array([2 * row[0] for row in rows])  # never two days in a row
    whole, values = np.array([row[1] for row in rows]), np.array([float(row[2]) for row in rows])
    starts = np.concatenate([[0], np.cumsum(lengths)])
    weight = days_at(days, whole, starts)
    assert np.allclose(weight.sum(axis=1), lengths)
    moments = (np.arange(starts[-1] * 400) + 0.5) / 400
    people = np.array([level(days, whole, values, moment) for moment in moments])
    by_hand = [people[400 * low : 400 * high].sum() / 400 for low, high in pairwise(starts)]
    assert np.allclose(weight @ values, by_hand, atol=0.02)


def test_days_given_one_after_the_other_are_steps() -> None:
    weight = days_at(np.array([10, 11, 12]), np.ones(3, dtype=np.bool_), np.array([9, 10, 11, 12, 13, 15]))
    assert weight.tolist() == [[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 2]]


def test_each_stratum_has_one_risk() -> None:
    """Two places, two strata, a population that grows at one place; by hand."""
    starts = periods.intervals(date(2001, 1, 1), date(2002, 12, 31), "year")
    days = np.array([starts[0], starts[2]])
    people = Population(
        place=np.array([0, 0, 1, 1, 1]), stratum=np.array([0, 1, 0, 0, 1]), when=np.array([0, 0, 0, 1, 0]),
        count=np.array([100.0, 50, 100, 300, 50]), days=days, whole_day=np.zeros(2, dtype=np.bool_),
    )  # fmt: skip
    found = standardised(np.array([12, 6]), people, starts, 2)
    table = found.place @ found.time.T
    year = np.diff(starts)
    at_0 = np.array([100 * year[0] * 0.75, 100 * year[1] * 0.25])  # nobody counted there at the end: down to 0
    at_1 = np.array([150 * year[0], 250 * year[1]])
    second = np.array([50 * year[0] * 0.75, 50 * year[1] * 0.25])
    risk, other = 12 / (at_0 + at_1).sum(), 6 / (2 * second).sum()
    assert np.allclose(table, [at_0 * risk + second * other, at_1 * risk + second * other])
    assert table.sum() == pytest.approx(18)


def test_a_stratum_without_people_expects_nobody() -> None:
    nothing = np.zeros(1, dtype=np.int64)
    people = Population(nothing, nothing, nothing, np.ones(1), np.array([5]), np.zeros(1, dtype=np.bool_))
    found = standardised(np.array([3, 4]), people, np.array([0, 1]), 1)
    assert (found.place @ found.time.T).tolist() == [[3.0]]
