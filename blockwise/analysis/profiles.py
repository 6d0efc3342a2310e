"""When in the week things happen: rates by weekday and hour, smoothed round the week (kernel of Nadaraya 1964)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import circulant
from scipy.special import gammaincinv

from .rates.limits import checked_counts, tail

Floats = NDArray[np.float64]
WEEK: Final = 168
SHAPE: Final = (7, 24)
REACH: Final = 4.0


@dataclass(frozen=True)
class Profile:
    """Rates an hour (7, 24), Monday first, with the interval of the smoothed rate; n cases in all."""

    rate: Floats
    low: Floats
    high: Floats
    n: int
    source: str = "Nadaraya 1964, round the week; interval by Fay and Feuer 1997"


def profile(counts: ArrayLike, hours: ArrayLike, bandwidth: float = 1.0, confidence: float = 0.95) -> Profile:
    """Cases in each hour of the week, smoothed by a normal kernel that runs from Sunday night into Monday.

    `counts`: (7, 24) cases; `hours`: (7, 24) how many of each hour were watched (52 for a year; one less where
    summer time took it), some above 0; `bandwidth`: standard deviation of the kernel in hours, 0 (no smoothing) to 24.
    The interval holds for the mean of the rates under the kernel, not for a peak narrower than it. An hour without
    anything watched under its kernel is nan. ValueError for other shapes, negative numbers, or cases while unwatched.
    """
    cases, watched = checked_counts(counts), checked_counts(hours)
    if cases.shape != SHAPE or watched.shape != SHAPE or not watched.any():
        raise ValueError("Counts and hours are seven days of 24 hours, with some hours watched.")
    if (cases[watched == 0] > 0).any():
        raise ValueError("There are cases in an hour that was not watched.")
    if not 0 <= bandwidth <= 24:
        raise ValueError("The bandwidth lies between 0 and 24 hours.")
    kernel = _kernel(bandwidth)
    under = kernel @ watched.ravel()
    weights = np.divide(kernel, under[:, None], out=np.full((WEEK, WEEK), np.nan), where=under[:, None] > 0)
    rate, low, high = _weighted_sums(weights, cases.ravel(), watched.ravel() > 0, tail(confidence))
    return Profile(rate.reshape(SHAPE), low.reshape(SHAPE), high.reshape(SHAPE), int(cases.sum()))


def _kernel(bandwidth: float) -> Floats:
    """(168, 168) weights by the shorter way round the week, none beyond REACH bandwidths."""
    if bandwidth * REACH < 1:
        return np.eye(WEEK)
    steps = np.arange(WEEK)
    away = np.minimum(steps, WEEK - steps)
    return np.asarray(circulant(np.where(away <= REACH * bandwidth, np.exp(-0.5 * (away / bandwidth) ** 2), 0.0)))


def _weighted_sums(
    weights: Floats, cases: Floats, watched: NDArray[np.bool_], half: float
) -> tuple[Floats, Floats, Floats]:
    """Weighted sums of Poisson counts with their gamma limits (Fay and Feuer 1997); exact where weights are equal."""
    rate, variance = weights @ cases, weights**2 @ cases
    largest = np.where(watched, weights, 0.0).max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(rate > 0, variance / rate * gammaincinv(rate**2 / variance, half), 0.0 * rate)
    above, spread = rate + largest, variance + largest**2
    return rate, low, spread / above * gammaincinv(above**2 / spread, 1 - half)
