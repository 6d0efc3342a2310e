"""Counts against the days just before: EARS C1, C2 and C3 (Hutwagner et al. 2003; Fricker, Hegler and Dunfee 2008)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray
from scipy import special

Method = Literal["c1", "c2", "c3"]
Floats = NDArray[np.float64]
LEAST_ALPHA: Final = 1e-12  # below it, 1 - alpha loses its digits
LAG: Final = 2  # of C2 and C3, so that an outbreak that begins does not raise its own bound
FIRST: Final = {"c1": 0, "c2": 2, "c3": 4}  # counts needed beyond the baseline


@dataclass(frozen=True)
class Ears:
    """Of the counts from row `first` on: `observed`, `bound` and `alarm` (k,). n: counts in the baseline."""

    first: int
    observed: Floats
    bound: Floats
    alarm: NDArray[np.bool_]
    n: int
    source: str = "EARS; Hutwagner et al. 2003"


def ears(counts: ArrayLike, method: Method, *, baseline: int = 7, alpha: float = 0.001, least_sd: float = 0.0) -> Ears:
    """Bounds for `counts` (n,) at even steps, by the mean and standard deviation of `baseline` >= 3 counts before.

    C1 takes those just before, C2 leaves two out, C3 adds how far the two before were above one deviation. `alpha`
    is one-sided. ValueError for too few counts, counts below 0 or not finite, alpha outside (0, 1).
    """
    series = np.asarray(counts, dtype=np.float64)
    first = baseline + FIRST[method]
    if baseline < 3:
        raise ValueError("The baseline must be 3 counts or more.")
    if not LEAST_ALPHA <= alpha < 1 or least_sd < 0:
        raise ValueError(f"alpha lies between {LEAST_ALPHA:g} and 1, and a standard deviation is 0 or more.")
    if series.ndim != 1 or series.size <= first:
        raise ValueError(f"{method.upper()} needs more than {first} counts.")
    if not (np.isfinite(series).all() and (series >= 0).all()):
        raise ValueError("Counts must be finite and 0 or more.")
    z = float(special.ndtri(1 - alpha))
    before = sliding_window_view(series, baseline)
    mean, sd = before.mean(axis=1), np.maximum(before.std(axis=1, ddof=1), least_sd)
    observed = series[first:]
    cumulated = method == "c3"
    bound = _cumulated(series[baseline + LAG :], mean, sd, z) if cumulated else (mean + z * sd)[: observed.size]
    return Ears(first, observed, bound, observed > bound, baseline)


def _cumulated(later: Floats, mean: Floats, sd: Floats, z: float) -> Floats:
    """C3's bound: the count less what is left of z after the two excesses before, in deviations of C2."""
    apart, spread = later - mean[: later.size], sd[: later.size]
    unlike = np.where(apart > 0, math.inf, 0.0)  # beyond counts that were all the same
    excess = np.maximum(np.divide(apart, spread, out=unlike, where=spread > 0) - 1, 0.0)
    left = z - excess[:-2] - excess[1:-1]
    reach = np.multiply(spread[2:], left, out=np.zeros_like(left), where=spread[2:] > 0)
    return np.asarray(np.maximum(later[2:] + reach, 0.0))
