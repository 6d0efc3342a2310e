"""The change of a rate between two periods, with its exact conditional interval (Przyborowski and Wilenski 1940)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, bdtrc, betaincinv

from .limits import Floats, checked_counts, checked_exposure, tail


@dataclass(frozen=True)
class Change:
    """Later rate over earlier rate (n,), its interval and two-sided p. Without cases: nan within (0, inf), p 1."""

    ratio: Floats
    low: Floats
    high: Floats
    p: Floats
    n: int
    source: str = "Przyborowski and Wilenski 1940; Clopper and Pearson 1934"


def change(
    before: ArrayLike, after: ArrayLike, exposure_before: ArrayLike, exposure_after: ArrayLike, confidence: float = 0.95
) -> Change:
    """How many times the rate of `before` (n,) that of `after` (n,) is; whole counts, exposures above 0.

    Given their sum, the later count is binomial; its limits (Clopper and Pearson 1934) become those of the ratio.
    ValueError for counts that are negative or not whole, or exposure not above 0.
    """
    first, second = checked_counts(before), checked_counts(after)
    earlier, later = checked_exposure(exposure_before, first), checked_exposure(exposure_after, second)
    if first.shape != second.shape or (first % 1).any() or (second % 1).any():
        raise ValueError("Both periods give a whole count for each area.")
    half, both = tail(confidence), first + second
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(second > 0, betaincinv(np.maximum(second, 1), first + 1, half), 0.0)
        high = np.where(first > 0, betaincinv(second + 1, np.maximum(first, 1), 1 - half), 1.0)
        scale = earlier / later
        ratio = second / first * scale
        share = later / (earlier + later)
        fewer = bdtr(second, both.astype(np.int64), share)
        more = np.where(second > 0, bdtrc(second - 1, both.astype(np.int64), share), 1.0)
        p = np.minimum(1.0, 2 * np.minimum(fewer, more))
        return Change(ratio, low / (1 - low) * scale, high / (1 - high) * scale, p, first.size)
