"""Which of many tests hold (Benjamini and Hochberg 1995)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

ROUNDING: Final = 1e-12  # a p of just alpha k / n holds, whatever the last bit of the product says


@dataclass(frozen=True)
class Discoveries:
    """A family of n tests. `threshold`: the largest p that was rejected, 0 where none was."""

    rejected: NDArray[np.bool_]
    adjusted: NDArray[np.float64]
    threshold: float
    n: int
    source: str = "Benjamini and Hochberg 1995"


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
