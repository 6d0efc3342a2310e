"""Empirical Bayes rates: Marshall 1991, and the gamma-Poisson model of Clayton and Kaldor 1987."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import gammainccinv

from .limits import Floats, checked_counts, checked_exposure, exact, gamma_low, tail

PRIORS: Final = np.geomspace(1e-9, 1e9, 181)  # worth these times an area's exposure; past the last areas do not differ


@dataclass(frozen=True)
class Shrunk:
    """Shrunk rates (n,) with the quantiles of their gamma posterior, and the gamma prior (shape, rate).

    `clamped`: the areas differ no more than chance explains, so the variance between them was set to 0; every area
    has the middle rate with that rate's own exact interval, and the prior's shape and rate are infinite.
    """

    rate: Floats
    low: Floats
    high: Floats
    middle: float
    variance: float
    shape: float
    inverse_scale: float
    clamped: bool
    n: int
    source: str


def marshall(counts: ArrayLike, exposure: ArrayLike, confidence: float = 0.95) -> Shrunk:
    """Counts (n,) over exposure (n,), drawn to their overall rate by moments (Marshall 1991, global form).

    n at least 2. The posterior mean of the gamma prior with these moments is Marshall's estimate, hence the
    interval. ValueError for negative counts, exposure not above 0, or one area.
    """
    observed, under = _areas(counts, exposure)
    middle = observed.sum() / under.sum()
    between = (under * (observed / under - middle) ** 2).sum() / under.sum() - middle / under.mean()
    source = "Marshall 1991"
    if between <= 0:
        return _no_difference(observed, under, float(middle), confidence, source)
    shape, rate = middle**2 / between, middle / between
    return _posterior(observed, under, float(shape), float(rate), confidence, source)


def gamma_poisson(counts: ArrayLike, expected: ArrayLike, confidence: float = 0.95) -> Shrunk:
    """Relative risks of counts (n,) over expected counts (n,), by Clayton and Kaldor 1987, equations (5) and (6).

    The gamma prior's inverse scale (alpha) and shape (nu) are their fixed point, found as a root: n at least 2.
    ValueError for negative counts, expected counts not above 0, or one area.
    """
    observed, under = _areas(counts, expected)
    source = "Clayton and Kaldor 1987"

    def mean(alpha: float) -> float:
        """That of the shrunk risks (equation 5), which is linear in itself once alpha is given."""
        return float((observed / (under + alpha)).mean() / (under / (under + alpha)).mean())

    def excess(alpha: float) -> float:
        """Their mean less alpha times their variance (equation 6): zero at the fixed point."""
        middle = mean(alpha)
        risk = (observed + middle * alpha) / (under + alpha)
        return float(middle - alpha * ((1 + alpha / under) * (risk - middle) ** 2).sum() / (risk.size - 1))

    grid = float(under.mean()) * PRIORS
    beyond = next((one for one, alpha in enumerate(grid) if excess(alpha) < 0), 0)
    if beyond == 0:
        return _no_difference(observed, under, float(observed.sum() / under.sum()), confidence, source)
    alpha = float(brentq(excess, grid[beyond - 1], grid[beyond], xtol=1e-300, rtol=1e-14))
    return _posterior(observed, under, mean(alpha) * alpha, alpha, confidence, source)


def _areas(counts: ArrayLike, exposure: ArrayLike) -> tuple[Floats, Floats]:
    observed = checked_counts(counts)
    under = checked_exposure(exposure, observed)
    if observed.size < 2:
        raise ValueError("Shrinkage needs at least two areas.")
    return observed, under


def _posterior(observed: Floats, under: Floats, shape: float, rate: float, confidence: float, source: str) -> Shrunk:
    half = tail(confidence)
    low, high = (quantile(observed + shape, half) / (under + rate) for quantile in (gamma_low, gammainccinv))
    mean = (observed + shape) / (under + rate)
    return Shrunk(
        mean, low, high, shape / rate, shape / rate**2, shape, rate, clamped=False, n=observed.size, source=source
    )


def _no_difference(observed: Floats, under: Floats, middle: float, confidence: float, source: str) -> Shrunk:
    low, high = (np.full(observed.size, one[0] / under.sum()) for one in exact([observed.sum()], confidence))
    mean = np.full(observed.size, middle)
    return Shrunk(mean, low, high, middle, 0.0, np.inf, np.inf, clamped=True, n=observed.size, source=source)
