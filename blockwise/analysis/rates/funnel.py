"""Funnel limits: how far chance alone takes a rate from the overall one (Spiegelhalter 2005)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import pdtrik

from .limits import Floats, checked_counts, checked_exposure, gamma_shape, tail


@dataclass(frozen=True)
class Funnel:
    """Rates (n,), the limits chance sets each, and the overall rate in the middle of the funnel."""

    rate: Floats
    low: Floats
    high: Floats
    middle: float
    n: int
    source: str = "Spiegelhalter 2005"


def funnel(counts: ArrayLike, exposure: ArrayLike, middle: float | None = None, confidence: float = 0.95) -> Funnel:
    """Rates of counts (n,) over exposure (n,), within limits about `middle` (by default their overall rate).

    A count at the lower limit has as many or fewer cases with probability (1 - confidence) / 2 if the area has
    the middle rate; one at the upper limit as many or more. Between whole counts the limits run smoothly (incomplete
    gamma function). ValueError for negative counts, exposure not above 0, or a negative middle.
    """
    observed = checked_counts(counts)
    under = checked_exposure(exposure, observed)
    half = tail(confidence)
    overall = float(observed.sum() / under.sum()) if middle is None else middle
    if not 0 <= overall < np.inf:
        raise ValueError("The middle of a funnel is not negative.")
    low, high = count_limits(under * overall, half)
    return Funnel(observed / under, low / under, high / under, overall, observed.size)


def count_limits(expected: Floats, half: float) -> tuple[Floats, Floats]:
    """Counts (n,) at which P(X <= low) = half and P(X >= high) = half, for Poisson means (n,); low is at least 0."""
    some = np.where(expected > 0, expected, 1.0)
    with np.errstate(all="ignore"):
        low = np.where(np.exp(-some) < half, pdtrik(half, some), 0.0)
        high = gamma_shape(some, half)
    if not (np.isfinite(low) & np.isfinite(high)).all():
        raise ValueError("The limits of a funnel are found up to some ten billion expected cases.")
    return np.where(expected > 0, np.maximum(low, 0.0), 0.0), np.where(expected > 0, high, 0.0)
