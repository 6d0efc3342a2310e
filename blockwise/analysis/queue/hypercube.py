"""The hypercube queueing model, solved exactly: every set of busy units is a state (Larson 1974)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from .erlang import Floats, busy_levels
from .places import Busy, Demand, demand

MOST_UNITS: Final = 15
SOURCE: Final = "Larson 1974"
CLOSE: Final = 1e-13
MOST_ROUNDS: Final = 20_000


def exact(rates: ArrayLike, orders: Sequence[Sequence[int]], mu: float = 1.0, *, queue: bool = True) -> Busy:
    """Workloads in the steady state; arguments as `places.demand`, at most MOST_UNITS units.

    Each unit serves any call in exponential time. While all are busy, the states are those of the system without a
    queue, so a queue only changes how likely each number of busy units is.
    """
    asked = demand(rates, orders, mu, queue=queue)
    if asked.units > MOST_UNITS:
        raise ValueError(f"The exact model takes at most {MOST_UNITS} units; take the approximation for more.")
    states = state_probabilities(asked)
    busy = (np.arange(states.size)[:, None] >> np.arange(asked.units)) & 1
    return asked.result(states @ busy, int(asked.rates.size), SOURCE)


def state_probabilities(asked: Demand) -> Floats:
    """The probability (2**units) of each set of busy units (bit u: unit u); with a queue, the last holds all of it.

    A state's neighbours have one busy unit more or fewer. So even and odd numbers of busy units are solved in turn
    from each other, and each number is scaled to the probability that Erlang's formula gives it: first as without a
    queue, and in the end, where there is one, as with it.
    """
    units, mu = asked.units, asked.mu
    size = 1 << units
    state = np.arange(size)
    level = np.bitwise_count(state).astype(np.int64)
    inflow = _inflow(asked, state)
    leaving = mu * level + np.where(level < units, asked.rates.sum(), 0.0)
    known = busy_levels(units, asked.load, queue=False)
    chance = known[level] / np.bincount(level)[level]
    halves = [np.flatnonzero(level % 2 == odd) for odd in (0, 1)]
    flows = [inflow[half] for half in halves]
    for _round in range(MOST_ROUNDS):
        before = chance.copy()
        for half, flow in zip(halves, flows, strict=True):
            chance[half] = (flow @ chance) / leaving[half]
            chance[half] *= (known / np.maximum(np.bincount(level[half], chance[half], units + 1), 1e-300))[level[half]]
        if np.abs(chance - before).max() < CLOSE:
            return chance * (busy_levels(units, asked.load, queue=asked.queue) / known)[level]
    raise ValueError("The hypercube did not settle; check the rates.")


def _inflow(asked: Demand, state: NDArray[np.int64]) -> csr_array:
    """Rates of coming into each state (row) from each other one (column)."""
    units = asked.units
    taken = _taken(asked.rates, asked.orders)
    rows, columns, flows = [], [], []
    for unit in range(units):
        free = np.flatnonzero((state >> unit) & 1 == 0)
        busy = free | (1 << unit)
        rows += [busy, free]
        columns += [free, busy]
        flows += [taken[unit, free], np.full(free.size, asked.mu)]
    cells = (np.concatenate(rows), np.concatenate(columns))
    return csr_array((np.concatenate(flows), cells), shape=(state.size, state.size))


@njit(cache=True)
def _taken(rates: Floats, orders: NDArray[np.int64]) -> Floats:
    """How often (units, states) each unit takes a call in each state: the first that is free, by each order."""
    units = orders.shape[1]
    taken = np.zeros((units, 1 << units))
    for state in range(1 << units):
        for group in range(rates.size):
            for choice in range(units):
                unit = orders[group, choice]
                if not (state >> unit) & 1:
                    taken[unit, state] += rates[group]
                    break
    return taken
