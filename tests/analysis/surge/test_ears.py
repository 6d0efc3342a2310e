from __future__ import annotations

import math
import statistics
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from blockwise.analysis.surge.ears import Method, ears
from tests.analysis.surge.oracles import NEWPORT, expected, series


@pytest.mark.parametrize(
    ("config", "method", "alpha"),
    [("earsC1_a05", "c1", 0.05), ("earsC2_a001", "c2", 0.001), ("earsC3_a025", "c3", 0.025)],
)
def test_newport(config: str, method: Method, alpha: float) -> None:
    days, counts = series(NEWPORT)
    found = ears(counts, method, alpha=alpha)
    at = slice(days.index(date(2011, 1, 3)) - found.first, days.index(date(2011, 12, 26)) - found.first + 1)
    assert found.bound[at] == pytest.approx([row.bound for row in expected(config)], abs=1e-9)
    assert found.alarm[at].tolist() == [row.alarm for row in expected(config)]


def plain(counts: list[int], method: str, baseline: int, z: float, day: int) -> float:
    """The bound of one day, written another way."""

    def part(at: int) -> tuple[float, float]:
        past = counts[at - baseline : at] if method == "c1" else counts[at - baseline - 2 : at - 2]
        return statistics.mean(past), statistics.stdev(past)

    mean, sd = part(day)
    if method != "c3":
        return mean + z * sd
    excess = 0.0
    for before in (1, 2):
        centre, spread = part(day - before)
        apart = counts[day - before] - centre
        c2 = apart / spread if spread else (math.inf if apart > 0 else 0.0)
        excess += max(0.0, c2 - 1)
    return max(0.0, counts[day] + (sd * (z - excess) if sd else 0.0))


@given(
    st.lists(st.integers(0, 9), min_size=14, max_size=40),
    st.sampled_from(["c1", "c2", "c3"]),
    st.integers(3, 8),
    st.floats(0.001, 0.4),
)
def test_every_day_is_as_written_another_way(counts: list[int], method: Method, baseline: int, alpha: float) -> None:
    found = ears(counts, method, baseline=baseline, alpha=alpha)
    z = float(stats.norm.isf(alpha))
    days = range(found.first, len(counts))
    assert found.bound == pytest.approx([plain(counts, method, baseline, z, day) for day in days], abs=1e-7)
    assert found.alarm.tolist() == (np.array(counts[found.first :]) > found.bound).tolist()


def test_counts_all_alike_with_a_least_deviation() -> None:
    assert ears([2] * 10, "c1").bound.tolist() == [2, 2, 2]
    assert ears([2] * 10, "c1", alpha=0.5, least_sd=1).bound == pytest.approx([2, 2, 2])
    assert ears([2] * 10, "c1", alpha=0.158655, least_sd=1).bound == pytest.approx([3, 3, 3], abs=1e-5)


@pytest.mark.parametrize(
    ("counts", "given_", "what"),
    [
        ([1] * 7, {}, "more than 7"),
        ([1] * 9, {"baseline": 2}, "3 counts or more"),
        ([1] * 9, {"alpha": 1.0}, "between 1e-12 and 1"),
        ([1] * 9, {"least_sd": -1.0}, "0 or more"),
        ([1] * 8 + [-1], {}, "0 or more"),
        ([1] * 8 + [math.inf], {}, "finite"),
    ],
)
def test_what_cannot_be_used_is_refused(counts: list[float], given_: dict[str, float], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        ears(counts, "c1", **given_)  # type: ignore[arg-type]  # a mix of options
