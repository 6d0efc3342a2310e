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
LEAST: Final = 1e-200  # a workload that is scaled, so that none is divided by 0
ROUNDING: Final = 1e-12
STEADIED: Final = 50  # rounds, after which each goes half of its way only: with many units they may swing


def approximate(rates: ArrayLike, orders: Sequence[Sequence[int]], mu: float = 1.0, *, queue: bool = True) -> Busy:
    """Workloads within some per cent of the exact ones, for any number of units; arguments as `places.demand`.

    A unit is busy with the calls for which all it is ranked behind are busy, times the correction for sampling
    without replacement; calls that wait are shared evenly. Workloads are normalised to the load that is served:
    multiplied by the one number with which they add up to it while those that would pass 1 stay at 1, so that what
    these would have above 1 goes to the others in proportion. `full` of the result counts the units held so.
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
        now, full = normalised(now, served)
        change = np.abs(now - busy).max()
        busy = now if number < STEADIED else (now + busy) / 2
        if change < CLOSE:
            return asked.result(busy, int(asked.rates.size), SOURCE, full)
    raise ValueError("The approximation did not settle; check the rates.")


def normalised(busy: Floats, load: float) -> tuple[Floats, int]:
    """`busy` (units,) times the one number with which it adds up to `load`, below the number of units, while those
    that would pass 1 stay at 1; and how many those are. One that is 0 counts as next to nothing.
    """
    share = np.maximum(busy, LEAST)
    full = np.zeros(busy.size, dtype=np.bool_)
    while True:  # whoever is held raises the number for the others, so none is let go again
        now = np.where(full, 1.0, share * ((load - full.sum()) / share[~full].sum()))
        above = now > 1 + ROUNDING
        if not above.any():
            return np.minimum(now, 1.0), int(full.sum())
        full |= above


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
