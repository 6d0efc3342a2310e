"""Which of many tests hold (Benjamini and Hochberg 1995), and how often such a rule raises a false alarm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from blockwise.analysis.rates.limits import exact

DAYS_IN_MONTH: Final = 365.25 / 12
ROUNDING: Final = 1e-12  # a p of just alpha k / n holds, whatever the last bit of the product says


@dataclass(frozen=True)
class Discoveries:
    """A family of n tests. `threshold`: the largest p that was rejected, 0 where none was."""

    rejected: NDArray[np.bool_]
    adjusted: NDArray[np.float64]
    threshold: float
    n: int
    source: str = "Benjamini and Hochberg 1995"


@dataclass(frozen=True)
class FalseAlarms:
    """Expected false alarms a month with its interval, from n replayed families."""

    per_month: float
    low: float
    high: float
    alarms: int
    n: int
    source: str = "Benjamini and Hochberg 1995; Garwood 1936, with the dispersion of McCullagh and Nelder 1989"


def discoveries(p: ArrayLike, alpha: float = 0.05) -> Discoveries:
    """The tests of a family that hold at a false discovery rate of at most alpha.

    `p`: (n,) in [0, 1], independent or positively dependent; `alpha` in (0, 1]. Equal p share their fate.
    `adjusted` is the smallest alpha at which a test would hold. ValueError for anything else or an empty family.
    """
    values = np.asarray(p, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        raise ValueError("A family has at least one p, in one row.")
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("Every p lies between 0 and 1.")
    if not 0 < alpha <= 1:
        raise ValueError("Alpha lies above 0 and up to 1.")
    n = values.size
    order = np.argsort(values, kind="stable")
    scaled = values[order] * n / np.arange(1, n + 1)
    adjusted = np.empty(n)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    rejected = adjusted <= alpha * (1 + ROUNDING)
    return Discoveries(rejected, adjusted, float(values[rejected].max(initial=0.0)), n)


def false_alarms(null: Sequence[ArrayLike], alpha: float = 0.05, days: float = 1.0) -> FalseAlarms:
    """Expected false alarms a month, from a replay in which nothing is to be found.

    `null`: the p of one family for each replayed run; `days` (above 0) from one run to the next. The 95 %
    interval is exact for a Poisson count, widened by the dispersion between runs, since alarms come together.
    ValueError for no runs, a family that `discoveries` refuses, or days that are not above 0.
    """
    if len(null) == 0 or not days > 0:
        raise ValueError("A null replay has at least one run, and days between runs.")
    alarms = np.array([discoveries(family, alpha).rejected.sum() for family in null])
    total, runs = int(alarms.sum()), alarms.size
    dispersion = max(1.0, float(alarms.var(ddof=1) / alarms.mean())) if total and runs > 1 else 1.0
    low, high = exact(np.array([total / dispersion]))
    month = DAYS_IN_MONTH / (runs * days)
    return FalseAlarms(
        total * month, float(low[0]) * dispersion * month, float(high[0]) * dispersion * month, total, runs
    )
