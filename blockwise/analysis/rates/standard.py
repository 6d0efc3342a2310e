"""Crude and indirectly standardised rates with limits (Breslow and Day 1987)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from .limits import Floats, byar, checked_counts, checked_exposure, exact

LIMITS = {"byar": byar, "exact": exact}
SOURCES = {"byar": "Breslow and Day 1987", "exact": "Garwood 1936"}


@dataclass(frozen=True)
class Rates:
    """Rates (n,) with their interval; the exposure is population, or expected counts (then these are ratios)."""

    rate: Floats
    low: Floats
    high: Floats
    n: int
    source: str


def rates(
    counts: ArrayLike, exposure: ArrayLike, method: Literal["byar", "exact"] = "byar", confidence: float = 0.95
) -> Rates:
    """Counts (n,) over their exposure (n,), with limits. ValueError for negative counts or exposure not above 0."""
    observed = checked_counts(counts)
    under = checked_exposure(exposure, observed)
    low, high = LIMITS[method](observed, confidence)
    return Rates(observed / under, low / under, high / under, observed.size, SOURCES[method])


def expected_counts(population: ArrayLike, cases: ArrayLike, people: ArrayLike) -> Floats:
    """Cases expected in each area (n,) if the reference's rates by stratum held there (indirect standardisation).

    `population`: (n, strata) people; `cases`, `people`: (strata,) of the reference. A stratum in which the reference
    has nobody must be empty everywhere. ValueError else.
    """
    here = checked_counts(population)
    reference, under = checked_counts(cases), checked_counts(people)
    if here.ndim != 2 or reference.shape != under.shape or reference.shape != here.shape[1:]:
        raise ValueError("The population has one row for each area and one column for each stratum.")
    empty = under == 0
    if reference[empty].any() or here[:, empty].any():
        raise ValueError("The reference has nobody in a stratum that has cases or people.")
    return np.asarray(here @ (reference / np.where(empty, 1.0, under)))
