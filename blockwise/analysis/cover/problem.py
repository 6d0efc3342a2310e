"""What a choice of sites is asked with, and what it came to."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Progress = Callable[[str, float], None]
MOST_PAIRS: Final = 30_000_000  # of a demand and a site within reach; some ten bytes each
SECONDS: Final = 40.0  # that HiGHS may take


@dataclass(frozen=True)
class Siting:
    """`sites` chosen, rising; one that holds several facilities stands there as often.

    `objective`: as the function says; no choice is better than `bound`; `gap` = |objective - bound| / objective, and 0
    when `proven`. `covered`, `backup`: weight within reach of at least one, of at least two facilities, and
    `covered_n` how many of the n demands are; None where no radius was given.
    """

    objective: float
    sites: tuple[int, ...]
    covered: float | None
    covered_n: int | None
    backup: float | None
    bound: float
    gap: float
    proven: bool
    n: int
    source: str


@dataclass(frozen=True)
class Demand:
    """Demands by weight (n,), and which sites are within their reach (n, m)."""

    weights: Floats
    covers: csr_array

    @property
    def sites(self) -> int:
        return int(self.covers.shape[1])

    def times_covered(self, chosen: Integers) -> Integers:
        """By demand (n,): facilities within reach; `chosen` (m,) says how many stand at each site."""
        return np.asarray(self.covers @ chosen, dtype=np.int64)

    def result(self, objective: float, chosen: Integers, bound: float, proven: bool, source: str) -> Siting:
        times = self.times_covered(chosen)
        return Siting(
            objective=objective,
            sites=as_sites(chosen),
            covered=float(self.weights[times >= 1].sum()),
            covered_n=int((times >= 1).sum()),
            backup=float(self.weights[times >= 2].sum()),
            bound=objective if proven else bound,
            gap=0.0 if proven else gap(objective, bound),
            proven=proven,
            n=self.weights.size,
            source=source,
        )


def demand(weights: ArrayLike, covers: Any) -> Demand:
    """`weights` (n,), 0 or more; `covers` (n, m), dense or sparse, true where a site is within a demand's reach.

    ValueError for what cannot be used.
    """
    heavy = checked_weights(weights)
    within = csr_array(covers, dtype=np.bool_)
    within.sum_duplicates()
    within.eliminate_zeros()
    if within.shape[0] != heavy.size or within.shape[1] == 0:
        raise ValueError("There must be a row a demand and a column a site, and at least one of each.")
    if within.nnz > MOST_PAIRS:
        raise ValueError(too_many(within.nnz))
    return Demand(heavy, within)


def checked_weights(weights: ArrayLike) -> Floats:
    found = np.asarray(weights, dtype=np.float64)
    if found.ndim != 1 or not found.size or not np.isfinite(found).all() or (found < 0).any():
        raise ValueError("Each demand has a weight, a finite number, 0 or more.")
    if not found.any():
        raise ValueError("Nothing is asked for: every weight is 0.")
    return found


def checked_facilities(facilities: int, sites: int) -> None:
    if facilities < 1:
        raise ValueError("There must be at least one facility.")
    if facilities > sites:
        raise ValueError(f"{facilities:,} facilities do not fit on {sites:,} sites: at most one stands at each.")


def too_many(pairs: float) -> str:
    return f"{pairs:,.0f} pairs of a demand and a site are more than {MOST_PAIRS:,}."


def as_sites(chosen: Integers) -> tuple[int, ...]:
    return tuple(np.repeat(np.arange(chosen.size), chosen).tolist())


def gap(objective: float, bound: float) -> float:
    """How far the objective may be from the best, as a share of it; inf where it is 0 and need not be."""
    apart = abs(objective - bound)
    return apart / abs(objective) if objective else math.inf if apart else 0.0


def whole(values: Floats) -> bool:
    """Whether all are whole numbers whose sum is exact."""
    return bool((values == np.floor(values)).all() and values.sum() < 2**52)
