"""Limits of a Poisson count: Byar's approximation (Breslow and Day 1987) and the exact ones (Garwood 1936)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, ndtri

Floats = NDArray[np.float64]


def byar(counts: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Lower and upper limits (n,) of counts (n,), Breslow and Day 1987, p. 69. Under ten cases `exact` is better."""
    observed = checked_counts(counts)
    z = ndtri(0.5 + tail(confidence, whole=True) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        low = observed * (1 - 1 / (9 * observed) - z / (3 * np.sqrt(observed))) ** 3
    above = observed + 1
    high = above * (1 - 1 / (9 * above) + z / (3 * np.sqrt(above))) ** 3
    return np.where(observed > 0, np.maximum(low, 0.0), 0.0), np.asarray(high)


def exact(counts: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Lower and upper limits (n,) of counts (n,): quantiles of chi-squared (Garwood 1936)."""
    observed = checked_counts(counts)
    half = tail(confidence)
    low = chdtri(np.where(observed > 0, 2 * observed, 1.0), 1 - half) / 2
    return np.where(observed > 0, low, 0.0), np.asarray(chdtri(2 * observed + 2, half) / 2)


def tail(confidence: float, *, whole: bool = False) -> float:
    """Probability beyond one limit, or the confidence itself as `whole`; ValueError unless it lies inside (0, 1)."""
    if not 0 < confidence < 1:
        raise ValueError("The confidence lies between 0 and 1, such as 0.95.")
    return confidence if whole else (1 - confidence) / 2


def checked_counts(counts: ArrayLike) -> Floats:
    """Counts as floats; ValueError unless each is finite and not negative."""
    observed = np.asarray(counts, dtype=np.float64)
    if not (np.isfinite(observed) & (observed >= 0)).all():
        raise ValueError("Counts are finite and not negative.")
    return observed


def checked_exposure(exposure: ArrayLike, like: Floats) -> Floats:
    """Populations or expected counts as floats; ValueError unless each is finite and above 0, one for each count."""
    given = np.asarray(exposure, dtype=np.float64)
    if given.shape != like.shape or not (np.isfinite(given) & (given > 0)).all():
        raise ValueError("Populations and expected counts are finite and above 0, one for each count.")
    return given
