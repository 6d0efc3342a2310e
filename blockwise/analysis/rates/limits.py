"""Limits of a Poisson count: Byar's approximation (Breslow and Day 1987) and the exact ones (Garwood 1936)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainccinv, gammaincinv, gdtrib, ndtri

Floats = NDArray[np.float64]
LARGE: Final = 1e5
FAR: Final = 1e-5


def byar(counts: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Lower and upper limits (n,) of counts (n,), Breslow and Day 1987, p. 69. Under ten cases `exact` is better."""
    observed = checked_counts(counts)
    z = -ndtri(tail(confidence))
    with np.errstate(divide="ignore", invalid="ignore"):
        low = observed * (1 - 1 / (9 * observed) - z / (3 * np.sqrt(observed))) ** 3
    above = observed + 1
    high = above * (1 - 1 / (9 * above) + z / (3 * np.sqrt(above))) ** 3
    return np.where(observed > 0, np.maximum(low, 0.0), 0.0), np.asarray(high)


def exact(counts: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Lower and upper limits (n,) of counts (n,): quantiles of the gamma distribution (Garwood 1936)."""
    observed = checked_counts(counts)
    half = tail(confidence)
    low = gamma_low(np.where(observed > 0, observed, 1.0), half)
    return np.where(observed > 0, low, 0.0), np.asarray(gammainccinv(observed + 1, half))


def gamma_low(shape: Floats, half: float) -> Floats:
    """What a gamma variate of `shape` (n,) stays below with probability `half`, less than one half."""
    return np.where(_far(shape, half), _expanded(shape, ndtri(half)), gammaincinv(shape, half))


def gamma_shape(value: Floats, half: float) -> Floats:
    """The shape (n,) whose gamma variate stays below `value` (n,) above 0 with probability `half`, below one half."""
    with np.errstate(all="ignore"):
        found = gdtrib(1.0, half, value)
        shape, z = value, ndtri(half)
        for _ in range(8):  # each gives two digits and more
            shape = shape + value - _expanded(shape, z)
    return np.where(_far(value, half), shape, found)


def _far(shape: Floats, half: float) -> NDArray[np.bool_]:
    """Where the series that scipy sums for the lower tail breaks off: over four deviations below a large mean."""
    return np.asarray((shape > LARGE) & (half < FAR))


def _expanded(shape: Floats, z: float) -> Floats:
    """The gamma quantile at the normal one `z`, to 1e-6 from LARGE on (Cornish and Fisher 1938)."""
    root = np.sqrt(shape)
    near = shape + z * root + (z**2 - 1) / 3
    return np.asarray(near + (z**3 - 7 * z) / (36 * root) - (3 * z**4 + 7 * z**2 - 16) / (810 * shape))


def tail(confidence: float) -> float:
    """Probability beyond one limit; ValueError unless the confidence lies inside (0, 1).

    Limits are found from it alone: 1 less it has lost its digits where the confidence is near 1.
    """
    if not 0 < confidence < 1:
        raise ValueError("The confidence lies between 0 and 1, such as 0.95.")
    return (1 - confidence) / 2


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
