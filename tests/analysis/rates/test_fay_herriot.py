"""Fay and Herriot's model against the R package sae on milk expenditure, and against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from blockwise.analysis.rates import fay_herriot as module
from blockwise.analysis.rates.fay_herriot import Fit, fay_herriot
from tests.analysis.rates.tables import column, rows
from tests.oracles import oracle

FITS: list[Fit] = ["reml", "ml", "fh"]
VARIANCE = {"reml": 0.0185502223, "ml": 0.0155175503, "fh": 0.0164202704}


def milk() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    table = rows(oracle("fay_herriot") / "milk.csv")
    groups = column(table, "MajorArea")
    x = np.column_stack([np.ones(groups.size), *(groups == group for group in (2, 3, 4))])
    return column(table, "yi"), column(table, "SD"), x


@pytest.mark.parametrize("fit", FITS)
def test_milk_in_43_areas(fit: Fit) -> None:
    known = [row for row in rows(oracle("fay_herriot") / "milk_fh_expected.csv") if row["method"] == fit.upper()]
    found = fay_herriot(*milk(), fit)
    assert (found.n, len(known)) == (43, 43)
    assert found.variance == pytest.approx(VARIANCE[fit], abs=5e-11)
    np.testing.assert_allclose(found.variance, column(known, "refvar"), rtol=1e-11)
    np.testing.assert_allclose(found.estimate, column(known, "eblup"), atol=1e-12)
    np.testing.assert_allclose(found.mse, column(known, "mse"), rtol=1e-11)
    np.testing.assert_allclose(found.high - found.estimate, 1.959964 * np.sqrt(found.mse), rtol=1e-6)


@pytest.mark.parametrize("fit", FITS)
def test_the_variance_solves_its_equation_written_with_whole_matrices(
    fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With steps to the end. P = V⁻¹ - V⁻¹X(X'V⁻¹X)⁻¹X'V⁻¹; errors from the papers' matrices, too."""
    monkeypatch.setattr(module, "STEP", 1e-13)
    y, se, x = milk()
    found = fay_herriot(y, se, x, fit)
    inverse = np.diag(1 / (found.variance + se**2))
    inner = np.linalg.inv(x.T @ inverse @ x)
    project = inverse - inverse @ x @ inner @ x.T @ inverse
    left = {
        "reml": y @ project @ project @ y - np.trace(project),
        "ml": y @ project @ project @ y - np.trace(inverse),
        "fh": y @ project @ y - (y.size - x.shape[1]),
    }[fit]
    assert abs(left) < 1e-7
    drawn = se**2 * np.diag(inverse)
    blup = y - drawn * (y - x @ inner @ x.T @ inverse @ y)
    np.testing.assert_allclose(found.estimate, blup, rtol=1e-10)


@pytest.mark.parametrize("fit", FITS)
def test_the_information_is_that_of_whole_matrices(fit: Fit) -> None:
    y, se, x = milk()
    inverse = np.diag(1 / (0.02 + se**2))
    project = inverse - inverse @ x @ np.linalg.inv(x.T @ inverse @ x) @ x.T @ inverse
    whole = {"reml": np.trace(project @ project), "ml": np.trace(inverse @ inverse), "fh": np.trace(inverse)}[fit]
    _, information = module._score(module._Model(y, x, se**2), 0.02, fit)
    assert information == pytest.approx(whole, rel=1e-10)


@pytest.mark.parametrize("fit", FITS)
def test_estimates_nearer_than_their_errors_have_no_variance_between(fit: Fit) -> None:
    x = np.column_stack([np.ones(6), np.arange(6)])
    y = 2 + 3 * np.arange(6) + np.array([1, -1, 1, -1, 1, -1]) * 0.01
    found = fay_herriot(y, np.ones(6), x, fit)
    assert (found.variance, found.clamped) == (0, True)
    np.testing.assert_allclose(found.estimate, x @ found.coefficients)
    assert (found.mse > 0).all()


def test_order_a_shift_and_scales_do_not_matter() -> None:
    y, se, x = milk()
    found = fay_herriot(y, se, x)
    order = np.random.default_rng(1).permutation(y.size)
    np.testing.assert_allclose(fay_herriot(y[order], se[order], x[order]).estimate, found.estimate[order], rtol=1e-10)
    np.testing.assert_allclose(fay_herriot(y + 5, se, x).estimate, found.estimate + 5, rtol=1e-10)
    wide = fay_herriot(y, se, x * [1, 1e9, 1e-6, 1])
    np.testing.assert_allclose(wide.mse, found.mse, rtol=1e-10)
    np.testing.assert_allclose(wide.coefficients * [1, 1e9, 1e-6, 1], found.coefficients, rtol=1e-8)


def test_what_does_not_fit_is_refused() -> None:
    one = np.ones((3, 1))
    for y, se, x, why in (
        ([1, 2, 3], [1, 1], one, "standard error and one row"),
        ([1, 2, np.nan], [1, 1, 1], one, "finite"),
        ([1, 2, 3], [1, 1, 0], one, "above 0"),
        ([1, 2, 3], [1, 1e-7, 1e6], one, "differ too much"),
        ([1, 2, 3], [1e-61, 1e-61, 1e-61], one, "differ too much"),
        ([1, 2, 3], [1e61, 1e61, 1e61], one, "differ too much"),
        ([1, 2, 1e61], [1, 1, 1], one, "too large"),
        ([1, 2, 3], [1, 1, 1], one * 1e61, "too large"),
        ([1, 2, 3], [1, 1, 1], np.eye(3), "more areas"),
        ([1, 2, 3], [1, 1, 1], np.ones((3, 2)), "combination"),
    ):
        with pytest.raises(ValueError, match=why):
            fay_herriot(y, se, x)


def test_a_variance_that_does_not_settle_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROUNDS", 1)
    with pytest.raises(ValueError, match="does not settle"):
        fay_herriot(*milk())
