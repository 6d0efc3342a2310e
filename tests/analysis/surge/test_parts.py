"""Reference weeks, the regression, the weights and the limits, each against an independent answer."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from blockwise.analysis.surge.glm import fit
from blockwise.analysis.surge.references import same_day, window
from blockwise.analysis.surge.thresholds import delta, negative_binomial
from blockwise.analysis.surge.weights import weights
from tests.oracles import oracle

EPOCH = date(1970, 1, 1)


@pytest.fixture(scope="module")
def numbers() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((oracle("surveillance") / "unit_numbers.json").read_text())
    return found


@pytest.mark.parametrize(("name", "power"), [("none", 1.0), ("1/2", 0.5), ("2/3", 2 / 3)])
def test_limits_by_the_delta_method(numbers: dict[str, Any], name: str, power: float) -> None:
    given_ = numbers["threshold_farrington"]["args"]
    found = delta(given_["predFit"], given_["predSeFit"], given_["phi"], given_["alpha"], given_["y"], power)
    four = [float(found.lower), float(found.upper), float(found.p), float(found.score)]
    assert four == pytest.approx(numbers["threshold_farrington"][name], abs=5e-8)


@pytest.mark.parametrize("phi", [1.0, 1.5])
@pytest.mark.parametrize("method", ["nbPlugin", "muan"])
def test_limits_by_the_negative_binomial(numbers: dict[str, Any], method: str, phi: float) -> None:
    found = negative_binomial(math.log(5), math.log(2), phi, 0.05, 11, plugin=method == "nbPlugin")
    four = [float(found.lower), float(found.upper), float(found.p), float(found.score)]
    assert four == pytest.approx(numbers["threshold_noufaily"][f"{method}_phi{phi:g}"], abs=5e-8)


def test_weights_of_outbreaks(numbers: dict[str, Any]) -> None:
    given_ = numbers["assign_weights"]
    found = weights(np.array([given_["s"]], dtype=float), given_["weightsThreshold"])
    assert found[0] == pytest.approx(given_["expected"])


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=40), st.floats(0.1, 3))
def test_weights_sum_to_their_number_and_only_outbreaks_weigh_less(residuals: list[float], threshold: float) -> None:
    found = weights(np.array([residuals]), threshold)[0]
    assert found.sum() == pytest.approx(len(residuals))
    plain = [weight for weight, one in zip(found, residuals, strict=True) if one <= threshold]
    assert len(set(np.round(plain, 12))) <= 1


@given(st.dates(date(1900, 3, 1), date(2100, 12, 31)), st.integers(1, 20))
def test_the_same_day_of_another_year_is_the_nearest_of_its_weekday(day: date, years: int) -> None:
    found = EPOCH + timedelta(days=same_day((day - EPOCH).days, years))
    assert found.weekday() == day.weekday()
    try:
        then = day.replace(year=day.year - years)
    except ValueError:
        then = date(day.year - years, 3, 1)
    assert abs((found - then).days) <= 3


@settings(max_examples=60)
@given(st.integers(0, 60), st.integers(1, 4), st.integers(1, 5), st.integers(1, 12), st.integers(0, 30))
def test_a_window_holds_each_week_once_and_ends_before_the_present(
    late: int, years: int, half: int, periods: int, skip: int
) -> None:
    days = np.arange(0, 7 * (53 * years + half + late + 2), 7) + 4
    row = days.size - 1
    found = window(days, row, years=years, half_window=half, periods=periods, skip=skip)
    assert (np.diff(found.rows) > 0).all()
    assert found.rows[-1] < row - max(skip, half)
    assert periods in found.period
    assert set(found.period.tolist()) <= set(range(1, periods + 1))
    if periods == 1:
        assert found.rows.size == years * (2 * half + 1) - np.sum(found.rows >= row - skip)
    else:
        assert found.rows.size == row - found.rows[0] - max(skip, half)


def test_periods_as_even_as_can_be_the_first_ones_longer() -> None:
    days = np.arange(0, 7 * 120, 7) + 4
    found = window(days, 110, years=1, half_window=3, periods=9)
    sizes = np.bincount(found.period)[1:9]
    assert sizes.sum() == 110 - 3 - (58 + 4)
    assert sizes.tolist() == sorted(sizes.tolist(), reverse=True)
    assert sizes.max() - sizes.min() == 1


def test_a_window_without_its_past_or_too_narrow_a_year_is_refused() -> None:
    days = np.arange(0, 7 * 120, 7) + 4
    with pytest.raises(IndexError):
        window(days, 54, years=1, half_window=3)
    with pytest.raises(ValueError, match="cannot be split"):
        window(days, 110, years=1, half_window=24, periods=10)


COUNTS = st.lists(st.integers(0, 60), min_size=12, max_size=30)


@settings(max_examples=60)
@given(COUNTS, st.integers(0, 2**32 - 1))
def test_the_fit_is_the_likelihoods_own(counts: list[int], seed: int) -> None:
    if sum(counts) < 5:
        counts = [*counts, 5]
    draw = np.random.default_rng(seed)
    design = np.column_stack([np.ones(len(counts)), np.linspace(-1, 1, len(counts))])
    share = draw.uniform(0.2, 2, len(counts))
    y = np.array(counts, dtype=float)
    found = fit(design, y[None], share[None])
    if not found.converged[0]:
        return

    def loss(coef: np.ndarray[Any, Any]) -> float:
        eta = design @ coef
        return float((share * (np.exp(eta) - y * eta)).sum())

    best = optimize.minimize(loss, found.coef[0] + 0.1, method="BFGS", options={"gtol": 1e-9})
    assert loss(found.coef[0]) <= best.fun + 1e-5
    hat = design * np.sqrt(share * found.mean[0])[:, None]
    assert found.leverage[0].sum() == pytest.approx(2, abs=1e-4)  # as many as there are columns
    covariance = np.linalg.inv(hat.T @ hat)  # at the last mean; R's, and ours, is at the one before
    assert np.abs(found.covariance[0] - covariance).max() < 0.02 * covariance.max()


def test_many_series_are_fitted_as_one_by_one() -> None:
    draw = np.random.default_rng(3)
    y = draw.poisson(draw.uniform(0, 8, (50, 1)), (50, 35)).astype(float)
    y[0] = 0
    design = np.column_stack([np.ones(35), np.arange(35) - 17.0])
    together = fit(design, y)
    for row in range(50):
        alone = fit(design, y[row : row + 1])
        assert alone.mean[0] == pytest.approx(together.mean[row], rel=1e-9)
        assert alone.converged[0] == together.converged[row]
    assert together.dispersion[1] == pytest.approx(
        ((y[1] - together.mean[1]) ** 2 / together.mean[1]).sum() / 33, rel=1e-6
    )  # Pearson's


@given(st.floats(0.1, 50), st.floats(0.01, 3), st.floats(1, 5), st.floats(0.001, 0.3), st.integers(0, 80))
def test_a_count_beyond_the_bound_has_a_score_above_one_and_a_p_below_alpha(
    mean: float, se: float, phi: float, alpha: float, y: int
) -> None:
    found = delta(mean, se, phi, alpha, y)
    assert found.lower <= mean <= found.upper
    if abs(y - float(found.upper)) > 1e-6:
        assert (y > found.upper) == (found.score > 1) == (found.p < alpha)
    counted = negative_binomial(math.log(mean), 0.1, phi, alpha, y, plugin=True)
    law = stats.nbinom(mean / (phi - 1), 1 / phi) if phi > 1 else stats.poisson(mean)
    assert law.cdf(float(counted.upper)) >= 1 - alpha - 1e-9
    assert float(counted.p) == pytest.approx(law.sf(y - 1))


def test_a_leap_day_looks_back_to_the_first_of_march() -> None:
    leap = (date(2024, 2, 29) - date(1970, 1, 1)).days  # a Thursday; 1 March 2023 is a Wednesday
    assert date(1970, 1, 1) + timedelta(days=same_day(leap, 1)) == date(2023, 3, 2)
