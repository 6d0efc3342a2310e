"""Byar's and the exact limits against the UK public-health tables; standardisation."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammainc, gammaincc, gammaincinv
from scipy.stats import poisson

from blockwise.analysis.rates.limits import byar, exact, gamma_low
from blockwise.analysis.rates.standard import expected_counts, rates
from tests.analysis.rates.tables import column, rows
from tests.oracles import oracle

CONFIDENCE = {"95%": 0.95, "99.8%": 0.998}
METHODS: dict[str, Literal["byar", "exact"]] = {"Byars": "byar", "Exact": "exact"}


def test_byars_limits_of_the_tables() -> None:
    table = [
        row for row in rows(oracle("rates") / "testdata_Byars_Wilson_testdata_B_W.csv") if row["method"] == "Byars"
    ]
    assert len(table) == 7
    for row in table:
        low, high = byar([float(row["x"])], CONFIDENCE[row["confidence"]])
        if row["lowercl"]:
            assert low[0] == pytest.approx(float(row["lowercl"]), rel=1e-13)
        assert high[0] == pytest.approx(float(row["uppercl"]), rel=1e-13)


@pytest.mark.parametrize(
    ("name", "confidence", "low", "high"),
    [
        ("testdata_Rate_testdata_Rate.csv", 0.95, "lower95_0cl", "upper95_0cl"),
        ("testdata_Rate_testdata_Rate.csv", 0.998, "lower99_8cl", "upper99_8cl"),
        ("testdata_Rate_testdata_Rate_g.csv", 0.95, "lowercl", "uppercl"),
    ],
)
def test_rates_of_the_tables(name: str, confidence: float, low: str, high: str) -> None:
    """Each row with its own method and multiplier; rows without a count or a population have no rate there either."""
    table = [row for row in rows(oracle("rates") / name) if row["value"]]
    assert len(table) in (9, 17)
    for row in table:
        found = rates([float(row["Numerator"])], [float(row["Denominator"])], METHODS[row["method"]], confidence)
        times = float(row["multiplier"])
        for value, told in ((found.rate, "value"), (found.low, low), (found.high, high)):
            assert value[0] * times == pytest.approx(float(row[told]), rel=1e-12)


def test_exact_limits_of_one_event_and_of_the_funnel_table() -> None:
    """The table's program halves an interval until it is 1e-7 wide, which leaves some five digits of small limits."""
    low, high = exact([1])
    assert (low[0], high[0]) == (pytest.approx(0.025318, abs=5e-7), pytest.approx(5.571643, abs=5e-7))
    table = rows(oracle("rates") / "testdata_funnel_ratio_outputs.csv")
    counts = column(table, "Observed_events")
    for confidence, name in ((0.95, "2s"), (0.998, "3s")):
        low, high = exact(counts, confidence)
        np.testing.assert_allclose(low, column(table, f"upper_{name}_exp_events"), rtol=5e-6, atol=5e-7)
        np.testing.assert_allclose(high, column(table, f"lower_{name}_exp_events"), rtol=1e-6)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.sampled_from([0.8, 0.95, 0.998]))
def test_a_count_at_its_exact_limit_is_as_improbable_as_asked(count: int, confidence: float) -> None:
    half = (1 - confidence) / 2
    low, high = (float(limit[0]) for limit in exact([count], confidence))
    assert poisson.cdf(count, high) == pytest.approx(half, rel=1e-6)
    if count:
        assert poisson.sf(count - 1, low) == pytest.approx(half, rel=1e-6)
    assert low <= count <= high


@pytest.mark.parametrize("confidence", [1e-300, 1e-17, 1e-9, 0.999999, 0.999999999999, 1 - 2.0**-53])
def test_limits_at_the_ends_of_confidence(confidence: float) -> None:
    """The tail decides, to the last confidence below 1; at next to none the limits are medians."""
    half = (1 - confidence) / 2
    counts = np.array([1.0, 5, 100, 90_000])
    low, high = exact(counts, confidence)
    np.testing.assert_allclose(gammainc(counts, low), half, rtol=1e-9)
    np.testing.assert_allclose(gammaincc(counts + 1, high), half, rtol=1e-9)
    assert exact([0], confidence)[1][0] == pytest.approx(-math.log(half))
    for limit in byar([0, 1, 5, 100], confidence):
        assert np.isfinite(limit).all()


@pytest.mark.parametrize("confidence", [0.95, 0.9999, 0.99999, 0.999999, 0.999999999999, 1 - 2.0**-53])
def test_limits_of_millions_run_on_from_those_of_thousands(confidence: float) -> None:
    """Wilson and Hilferty's cube, which Byar's limits are, errs by under two cases; a broken series by hundreds."""
    for count in (9e4, 1.1e5, 1e6, 1e7, 1e9):
        low, high = exact([count], confidence)
        below, above = byar([count], confidence)
        assert low[0] == pytest.approx(below[0], abs=2)
        assert high[0] == pytest.approx(above[0], abs=2)
    half = (1 - confidence) / 2
    for shape in (0.999e5, 1.001e5):  # both sides of where the expansion begins
        assert gamma_low(np.array([shape]), half)[0] == pytest.approx(float(gammaincinv(shape, half)), abs=1e-5)


def test_byar_is_near_the_exact_limits_and_never_negative() -> None:
    counts = np.arange(0, 500)
    for mine, truth in zip(byar(counts), exact(counts), strict=True):
        np.testing.assert_allclose(mine[10:], truth[10:], rtol=2e-3)
    assert byar([0], 0.95)[0].tolist() == byar([1], 0.9999)[0].tolist() == [0]


def test_standardised_ratio_by_hand() -> None:
    """Two areas, two strata at 1 in 100 and 10 in 100; a stratum with nobody anywhere."""
    expected = expected_counts([[100, 200, 0], [1000, 0, 0]], [5, 30, 0], [500, 300, 0])
    assert expected.tolist() == [21, 10]
    found = rates([21, 20], expected, "exact")
    assert found.rate.tolist() == [1, 2]
    assert found.low[1] == pytest.approx(exact([20])[0][0] / 10)


def test_what_is_no_count_or_population_is_refused() -> None:
    for counts, exposure in (([-1], [1]), ([np.nan], [1]), ([1], [0]), ([1], [-1]), ([1], [np.inf]), ([1, 2], [1])):
        with pytest.raises(ValueError, match="finite"):
            rates(counts, exposure)
    for confidence in (0, 1, 95):
        with pytest.raises(ValueError, match="confidence"):
            byar([1], confidence)
    with pytest.raises(ValueError, match="one row for each area"):
        expected_counts([1, 2], [1, 2], [1, 2])
    with pytest.raises(ValueError, match="nobody"):
        expected_counts([[1, 2]], [1, 0], [1, 0])
