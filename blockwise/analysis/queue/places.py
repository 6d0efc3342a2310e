"""The question the hypercube model is asked: how often each place calls, and in which order it is served."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .erlang import Floats, erlang_b, erlang_c

LEAST_LOAD: Final = 1e-9
MOST_LOAD: Final = 1e9


@dataclass(frozen=True)
class Busy:
    """`workloads` (units): the share of its time each unit is busy. `p_wait`: of calls, that wait; `p_lost`: that are
    lost. `erlang_b`, `erlang_c`: the same for units without places; the latter None where a queue would grow for ever.
    `full`: units that the approximation would have busy more than always, and puts at 1.
    """

    workloads: Floats
    p_wait: float
    p_lost: float
    erlang_b: float
    erlang_c: float | None
    n: int
    source: str
    full: int = 0


@dataclass(frozen=True)
class Demand:
    """Places grouped by their order: calls per unit of time (g,) and the units (g, units) from first to last choice."""

    rates: Floats
    orders: NDArray[np.int64]
    mu: float
    queue: bool

    @property
    def units(self) -> int:
        return int(self.orders.shape[1])

    @property
    def load(self) -> float:
        """Erlangs offered to all units together."""
        return float(self.rates.sum()) / self.mu

    def result(self, workloads: Floats, n: int, source: str, full: int = 0) -> Busy:
        lost, stable = erlang_b(self.units, self.load), self.load < self.units
        wait = erlang_c(self.units, self.load) if stable else None
        return Busy(
            workloads, wait if self.queue and wait is not None else 0.0, 0.0 if self.queue else lost, lost, wait, n,
            source, full,
        )  # fmt: skip


def demand(rates: ArrayLike, orders: Sequence[Sequence[int]], mu: float, *, queue: bool) -> Demand:
    """`rates` (n,) of calls, 0 or more; `orders` n times all units 0, 1, ... by preference; `mu` > 0 calls that a unit
    serves per unit of time. `queue`: calls wait for the first unit that is free, else they are lost.

    ValueError for what cannot be used, and for a queue that would grow for ever.
    """
    calls = np.asarray(rates, dtype=np.float64)
    if calls.ndim != 1 or calls.size == 0 or calls.size != len(orders):
        raise ValueError("There must be one rate and one order a place, and at least one place.")
    if not (np.isfinite(calls).all() and (calls >= 0).all()):
        raise ValueError("A rate of calls is a finite number, 0 or more.")
    if not (math.isfinite(mu) and mu > 0):
        raise ValueError("The rate of service must be above 0.")
    units = len(orders[0])
    if any(sorted(order) != list(range(units)) for order in orders) or not units:
        raise ValueError("Every order must name every unit once.")
    if calls.sum() == 0:
        raise ValueError("Nobody calls: every rate is 0.")
    different, group = np.unique(np.asarray(orders, dtype=np.int64), axis=0, return_inverse=True)
    found = Demand(np.bincount(group.ravel(), calls).astype(np.float64), different, float(mu), queue)
    if not LEAST_LOAD <= found.load <= MOST_LOAD:
        raise ValueError(f"The load of {found.load:g} erlangs is not between {LEAST_LOAD:g} and {MOST_LOAD:g}.")
    if queue:
        erlang_c(units, found.load)
    return found
