"""Funnel limits against the UK public-health tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammainc, gammaincc, ndtri

from blockwise.analysis.rates.funnel import count_limits, funnel
from blockwise.analysis.rates.limits import gamma_low
from tests.analysis.rates.tables import column, rows
from tests.oracles import oracle

LEVELS = ((0.998, "0.001"), (0.95, "0.025"))


@pytest.mark.parametrize(("confidence", "name"), [(0.95, "2s"), (0.998, "3s")])
def test_ratio_outputs(confidence: float, name: str) -> None:
    """At the expected count the table gives, the limit is the observed count: its ratio and its relative distance."""
    table = rows(oracle("rates") / "testdata_funnel_ratio_outputs.csv")
    observed = column(table, "Observed_events")
    for side in ("lower", "upper"):
        expected = column(table, f"{side}_{name}_exp_events")
        found = funnel(observed, expected, 1.0, confidence)
        limit = found.low if side == "lower" else found.high
        np.testing.assert_allclose(limit * 100, column(table, f"{side}_{name}_isr"), rtol=5e-5)
        np.testing.assert_allclose(limit - 1, column(table, f"{side}_{name}_count"), rtol=1e-4)
        np.testing.assert_allclose(limit, found.rate, rtol=5e-5)


def _verdict(counts: np.ndarray, exposure: np.ndarray, middle: float | None) -> list[str]:
    told = ["Not significant"] * counts.size
    for confidence, level in reversed(LEVELS):
        found = funnel(counts, exposure, middle, confidence)
        for row in range(counts.size):
            if found.rate[row] > found.high[row]:
                told[row] = f"High ({level})"
            if found.rate[row] < found.low[row]:
                told[row] = f"Low ({level})"
    return told


def test_which_ratios_lie_outside() -> None:
    table = rows(oracle("rates") / "testdata_funnel_ratio_inputs.csv")
    assert len(table) == 300
    told = _verdict(column(table, "obs"), column(table, "expected"), 1.0)
    assert told == [row["significance"] for row in table]


def test_which_crude_rates_lie_outside() -> None:
    table = rows(oracle("rates") / "testdata_funnel_rate_dsr_inputs.csv")
    for keep, name in ((0, "with_0"), (1, "without_0")):
        some = [row for row in table if float(row["count"]) >= keep]
        told = _verdict(column(some, "count"), column(some, "pop"), None)
        for per in ("100000", "100"):
            assert told == [row[f"crude_per_{per}_{name}"] for row in some]


def test_which_standardised_rates_lie_outside() -> None:
    """A directly standardised rate stands for the population that its count would need; not under ten cases."""
    table = rows(oracle("rates") / "testdata_funnel_rate_dsr_inputs.csv")
    some = [row for row in table if float(row["count"]) >= 10]
    counts = column(some, "count")
    told = _verdict(counts, counts / column(some, "rate_dsr") * 100_000, None)
    for name in ("100000_with_0", "100_with_0", "100000_without_0", "100_without_0"):
        assert told == [row[f"dsr_per_{name}"] for row in some]


@settings(max_examples=100)
@given(st.floats(1e-6, 1e8), st.sampled_from([0.1, 0.025, 0.001]))
def test_limits_solve_their_equations(expected: float, half: float) -> None:
    low, high = (float(one[0]) for one in count_limits(np.array([expected]), half))
    assert gammainc(high, expected) == pytest.approx(half, rel=1e-6)
    if low > 0:
        assert gammaincc(low + 1, expected) == pytest.approx(half, rel=1e-6)
    else:
        assert np.exp(-expected) >= half
    assert low < expected < high + 1


@pytest.mark.parametrize("half", [5e-6, 5e-7, 5e-13, 2.0**-54])
def test_limits_of_millions_solve_their_equations_far_out(half: float) -> None:
    expected = np.array([1e3, 0.99e5, 1.01e5, 1e7, 1e9])
    _low, high = count_limits(expected, half)
    np.testing.assert_allclose(gamma_low(high, half), expected, rtol=1e-9)
    z = -float(ndtri(half))
    np.testing.assert_allclose(high, expected + z * np.sqrt(expected) + (z**2 + 2) / 6, atol=0.1 * z**2)


def test_a_funnel_about_no_cases() -> None:
    found = funnel([0, 0], [10, 20])
    assert (found.middle, found.low.tolist(), found.high.tolist()) == (0, [0, 0], [0, 0])
    with pytest.raises(ValueError, match="middle"):
        funnel([1], [1], -1.0)
    with pytest.raises(ValueError, match="ten billion"):
        funnel([10**14], [1])
