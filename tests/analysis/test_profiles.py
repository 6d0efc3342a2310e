"""The week's profile against the kernel written out, exact limits, and its invariants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blockwise.analysis.profiles import profile
from blockwise.analysis.rates.limits import exact

YEAR = np.full((7, 24), 52.0)


def week(seed: int, mean: float = 4.0) -> np.ndarray:
    return np.random.default_rng(seed).poisson(mean, (7, 24))


def test_the_kernel_written_out() -> None:
    """One hour less in the spring: 51 of them, on a Sunday at two."""
    counts, hours = week(1), YEAR.copy()
    hours[6, 2] = 51
    found = profile(counts, hours, bandwidth=1.5)
    for day, hour in ((0, 0), (6, 23), (3, 12)):
        above = below = 0.0
        for k in range(168):
            away = min((k - day * 24 - hour) % 168, (day * 24 + hour - k) % 168)
            weight = np.exp(-0.5 * (away / 1.5) ** 2) * (away <= 6)
            above += weight * counts[k // 24, k % 24]
            below += weight * hours[k // 24, k % 24]
        assert found.rate[day, hour] == pytest.approx(above / below, rel=1e-12)
    assert found.n == counts.sum()


def test_without_smoothing_the_limits_are_the_exact_ones() -> None:
    counts = week(2)
    found = profile(counts, YEAR, bandwidth=0)
    low, high = exact(counts)
    np.testing.assert_allclose(found.rate, counts / 52)
    np.testing.assert_allclose(found.low, low / 52, rtol=1e-9)
    np.testing.assert_allclose(found.high, high / 52, rtol=1e-9)


@settings(max_examples=40)
@given(st.integers(0, 1000), st.integers(0, 167), st.floats(0, 24))
def test_the_week_has_no_end(seed: int, shift: int, bandwidth: float) -> None:
    """Turning the week by some hours turns the profile; with equal hours no case is lost; smoothing narrows."""
    counts = week(seed)
    found = profile(counts, YEAR, bandwidth)
    turned = profile(np.roll(counts.ravel(), shift).reshape(7, 24), YEAR, bandwidth)
    for name in ("rate", "low", "high"):
        np.testing.assert_allclose(
            getattr(turned, name).ravel(), np.roll(getattr(found, name).ravel(), shift), rtol=1e-8
        )
    assert (found.rate * 52).sum() == pytest.approx(counts.sum())
    assert ((found.low <= found.rate) & (found.rate < found.high)).all()
    assert found.rate.std() <= (counts / 52).std() + 1e-12


def test_hours_that_nobody_watched() -> None:
    """Only weekends are watched: Tuesday has no profile under a narrow kernel, Monday's first hour has Sunday's."""
    hours = np.zeros((7, 24))
    hours[5:] = 52
    counts = np.zeros((7, 24), dtype=int)
    counts[6, 23] = 26
    found = profile(counts, hours, bandwidth=1)
    assert found.rate[0, 0] > 0.1
    assert np.isnan([found.rate[2, 12], found.low[2, 12], found.high[2, 12]]).all()
    quiet = profile(np.zeros((7, 24)), YEAR, bandwidth=0)
    assert (quiet.low.max(), quiet.high[0, 0]) == (0, pytest.approx(-np.log(0.025) / 52))


def test_the_interval_holds_the_smoothed_truth_as_often_as_it_says() -> None:
    hour = np.arange(168)
    truth = (3 + 2 * np.sin(2 * np.pi * hour / 24)).reshape(7, 24)
    smoothed = profile(truth * 1e6, np.full((7, 24), 1e6), bandwidth=2).rate
    held = []
    for seed in range(200):
        counts = np.random.default_rng(seed).poisson(truth)
        found = profile(counts, np.ones((7, 24)), bandwidth=2)
        held.append(((found.low <= smoothed) & (smoothed <= found.high)).mean())
    assert 0.95 <= np.mean(held) < 0.985


def test_what_is_no_week_is_refused() -> None:
    for counts, hours, why in (
        (np.ones((7, 23)), YEAR, "seven days"),
        (np.ones((7, 24)), np.ones(168), "seven days"),
        (np.zeros((7, 24)), np.zeros((7, 24)), "seven days"),
        (np.ones((7, 24)), np.eye(7, 24), "not watched"),
        (-np.ones((7, 24)), YEAR, "negative"),
        (np.full((7, 24), np.nan), YEAR, "finite"),
    ):
        with pytest.raises(ValueError, match=why):
            profile(counts, hours)
    for bandwidth in (-1, 25, np.nan):
        with pytest.raises(ValueError, match="bandwidth"):
            profile(YEAR, YEAR, bandwidth)
    with pytest.raises(ValueError, match="confidence"):
        profile(YEAR, YEAR, confidence=1)
