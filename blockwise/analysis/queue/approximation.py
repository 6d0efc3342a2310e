"""Larson's approximation of the hypercube: units busy by chance, corrected for their common load (Larson 1975)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from .erlang import Floats, busy_levels
from .places import Busy, demand

SOURCE: Final = "Larson 1975; Larson and Odoni 1981, 5.5"
CLOSE: Final = 0.002  # between rounds, as in Larson and Odoni's example; the approximation itself errs by more
MOST_ROUNDS: Final = 1_000
STEADIED: Final = 50  # rounds, after which each goes half of its way only: with many units they may swing


def approximate(rates: ArrayLike, orders: Sequence[Sequence[int]], mu: float = 1.0, *, queue: bool = True) -> Busy:
    """Workloads within some per cent of the exact ones, for any number of units; arguments as `places.demand`.

    A unit is busy with the calls for which all it is ranked behind are busy, times the correction for sampling
    without replacement; calls that wait are shared evenly. Workloads are scaled to the load that is served.
    """
    asked = demand(rates, orders, mu, queue=queue)
    levels = busy_levels(asked.units, asked.load, queue=queue)
    served = asked.load if queue else float(levels @ np.arange(levels.size))
    waiting = asked.load * levels[-1] / asked.units if queue else 0.0
    factor = corrections(levels, served / asked.units)
    busy = np.full(asked.units, served / asked.units)
    for number in range(MOST_ROUNDS):
        taken = np.zeros(asked.units)
        behind = np.cumprod(busy[asked.orders], axis=1)
        ahead = np.hstack([np.ones((len(behind), 1)), behind[:, :-1]])
        np.add.at(taken, asked.orders, asked.rates[:, None] / asked.mu * factor * ahead)
        now = (taken + waiting) / (1 + taken)
        now = np.minimum(now * (served / now.sum()), 1.0)
        change = np.abs(now - busy).max()
        busy = now if number < STEADIED else (now + busy) / 2
        if change < CLOSE:
            return asked.result(busy, int(asked.rates.size), SOURCE)
    raise ValueError("The approximation did not settle; check the rates.")


def corrections(levels: Floats, workload: float) -> Floats:
    """Q (units,): how much likelier it is that j units picked are busy and the next one free, than by chance alone.

    `levels` (units + 1): the probability of each number of busy units; `workload`: the mean one.
    """
    units = levels.size - 1
    k = np.arange(units)
    picked = levels[:-1].copy()  # that k units are busy, the j picked so far among them, over workload ** j
    found = np.empty(units)
    for j in range(units):
        found[j] = (picked * (units - k) / (units - j)).sum() / (1 - workload)
        picked = picked * np.maximum(k - j, 0) / ((units - j) * workload)
    return found
