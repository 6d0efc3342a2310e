"""Small areas by the model of Fay and Herriot 1979: direct estimates drawn to a regression, with their errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from .limits import Floats, tail

Fit = Literal["reml", "ml", "fh"]
ROUNDS: Final = 200
STEP: Final = 1e-4
SMALLEST, LARGEST, SPREAD = 1e-60, 1e60, 1e12  # fourth powers of standard errors must still be numbers


@dataclass(frozen=True)
class FayHerriot:
    """Estimates (n,), their mean squared errors and intervals; the model's coefficients and variance between areas.

    An estimate of the error can fall below 0 (mostly with few areas and fit "fh"); that area has no interval: nan.
    `clamped`: the moments or the likelihood want a variance of 0 or below; it is 0 and the estimates the regression's.
    """

    estimate: Floats
    mse: Floats
    low: Floats
    high: Floats
    coefficients: Floats
    variance: float
    clamped: bool
    n: int
    source: str = "Fay and Herriot 1979; errors by Datta, Rao and Smith 2005"


@dataclass(frozen=True)
class _Model:
    """y = X b + area + noise, with known noise variances."""

    y: Floats
    x: Floats
    noise: Floats

    def weighted(self, variance: float) -> tuple[Floats, Floats, Floats, Floats]:
        """Weights 1/V, the inverse of X'V⁻¹X, coefficients and residuals at a variance between areas."""
        weight = 1 / (variance + self.noise)
        inner = np.asarray(np.linalg.inv((self.x.T * weight) @ self.x), dtype=np.float64)
        coefficients = inner @ (self.x.T @ (weight * self.y))
        return weight, inner, coefficients, self.y - self.x @ coefficients


def fay_herriot(y: ArrayLike, se: ArrayLike, x: ArrayLike, fit: Fit = "reml", confidence: float = 0.95) -> FayHerriot:
    """Direct estimates `y` (n,) with standard errors `se` (n,) above 0, and covariates `x` (n, k), a constant included.

    `fit`: how the variance between areas is estimated: restricted or full maximum likelihood, or Fay and Herriot's
    moment equation. The errors are second-order right for each (Datta, Rao and Smith 2005). n above k.
    ValueError for shapes that do not fit, numbers that are not finite, or columns of `x` that depend on each other.
    """
    model, back = _checked(y, se, x)
    z = -ndtri(tail(confidence))
    variance = _variance(model, fit)
    weight, _, coefficients, residual = model.weighted(variance)
    estimate = model.y - model.noise * weight * residual
    mse = _errors(model, variance, fit)
    half = z * np.sqrt(np.where(mse >= 0, mse, np.nan))
    return FayHerriot(
        estimate, mse, estimate - half, estimate + half, back @ coefficients, variance, variance == 0, model.y.size
    )


def _checked(y: ArrayLike, se: ArrayLike, x: ArrayLike) -> tuple[_Model, Floats]:
    """The model on orthogonal covariates, which loses no digits to their scales, and the way back to coefficients."""
    direct, errors, given = (np.asarray(one, dtype=np.float64) for one in (y, se, x))
    n = direct.size
    if direct.shape != (n,) or errors.shape != (n,) or given.ndim != 2 or given.shape[0] != n:
        raise ValueError("Each area has an estimate, a standard error and one row of covariates.")
    if not all(np.isfinite(one).all() for one in (direct, errors, given)) or not (errors > 0).all():
        raise ValueError("Estimates and covariates are finite, standard errors finite and above 0.")
    if max(np.abs(direct).max(), np.abs(given).max()) > LARGEST:
        raise ValueError("The estimates or covariates are too large to be reckoned with.")
    if errors.min() < max(SMALLEST, errors.max() / SPREAD) or errors.max() > LARGEST:
        raise ValueError("The standard errors differ too much to be weighed together.")
    if n <= given.shape[1]:
        raise ValueError("There must be more areas than covariates with the constant.")
    if rank(given) < given.shape[1]:
        raise ValueError("A covariate is a combination of the others.")
    orthogonal, triangle = np.linalg.qr(given)
    return _Model(direct, orthogonal, errors**2), np.asarray(np.linalg.inv(triangle))


def rank(x: Floats) -> int:
    """How many columns of `x` (n, k) stand on their own, whatever their scales."""
    return int(np.linalg.matrix_rank(x / np.maximum(np.abs(x).max(axis=0), 1e-300)))


def _variance(model: _Model, fit: Fit) -> float:
    """The variance between areas by Fisher scoring, from the median noise variance until a step is under STEP of it.

    Start and stop are those of the R package sae (Molina and Marhuenda 2015), so that its figures come out to the
    last digit. A step to below 0 ends at 0 where the score falls there, too.
    """
    variance = float(np.median(model.noise))
    for _ in range(ROUNDS):
        score, information = _score(model, variance, fit)
        step = score / information
        if variance + step <= 0 and _score(model, 0.0, fit)[0] <= 0:
            return 0.0
        before, variance = variance, max(variance + step, 0.0)
        if abs(variance - before) <= STEP * before:
            return variance
    raise ValueError("The variance between areas does not settle on these estimates; use another fit.")


def _score(model: _Model, variance: float, fit: Fit) -> tuple[float, float]:
    """What is zero at the estimate, and the expected fall of it: by likelihood (Rao and Molina 2015, 6.1.2) or moments.

    The moment equation is sum(residual² / V) = n - k (Fay and Herriot 1979, equation 2.12).
    """
    weight, inner, _, residual = model.weighted(variance)
    if fit == "fh":
        return float((weight * residual**2).sum()) - (model.y.size - model.x.shape[1]), float(weight.sum())
    score = ((weight * residual) ** 2).sum() - weight.sum()
    information = (weight**2).sum()
    if fit == "reml":
        leverage = _leverage(model, weight, inner)
        doubled = inner @ ((model.x.T * weight**2) @ model.x)
        score += leverage.sum()
        information += np.trace(doubled @ doubled) - 2 * (weight * leverage).sum()
    return float(score), float(information)


def _leverage(model: _Model, weight: Floats, inner: Floats) -> Floats:
    """The diagonal of V⁻¹X (X'V⁻¹X)⁻¹ X'V⁻¹."""
    return np.asarray(weight**2 * ((model.x @ inner) * model.x).sum(axis=1))


def _errors(model: _Model, variance: float, fit: Fit) -> Floats:
    """Estimated mean squared errors: g1 + g2 + 2 g3 - (D/V)² bias (Datta, Rao and Smith 2005, equation 4.10)."""
    weight, inner, _, _ = model.weighted(variance)
    n = model.y.size
    drawn = model.noise * weight  # D/V: how far an estimate is drawn to the regression
    second = (weight**2).sum()
    g1 = variance * drawn
    g2 = drawn**2 * ((model.x @ inner) * model.x).sum(axis=1)
    spread = 2 * n / weight.sum() ** 2 if fit == "fh" else 2 / second
    g3 = model.noise**2 * weight**3 * spread
    bias = 0.0
    if fit == "ml":
        bias = -_leverage(model, weight, inner).sum() / second
    elif fit == "fh":
        bias = 2 * (n * second - weight.sum() ** 2) / weight.sum() ** 3
    return np.asarray(g1 + g2 + 2 * g3 - drawn**2 * bias)
