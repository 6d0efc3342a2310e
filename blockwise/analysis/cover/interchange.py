"""Good p-medians without proof: the greedy one, and the best exchange of one site for another as long as there is one.

`costs` (n, m): of serving each demand from each site, and `turned`, the same by site (m, n).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from .problem import Floats, Integers

MOVED: Final = 3  # sites, before each new search
MOST_ROUNDS: Final = 100
MOST_WORK: Final = 1e10


def greedy(costs: Floats, facilities: int) -> Integers:
    """Sites one after the other, where the cost falls most; the first such site."""
    nearest = costs.max(axis=1)
    chosen: list[int] = []
    for _ in range(facilities):
        saved = np.maximum(nearest[:, None] - costs, 0).sum(axis=0)
        saved[chosen] = -1
        chosen.append(int(saved.argmax()))
        nearest = np.minimum(nearest, costs[:, chosen[-1]])
    return np.array(chosen)


def interchanged(costs: Floats, turned: Floats, start: Integers) -> tuple[float, Integers]:
    """The cost and the sites from which no exchange of one leads to less (Teitz and Bart 1968, Whitaker 1983)."""
    chosen = start.copy()
    return float(_interchange(costs, turned, costs.max(axis=1), chosen)), chosen


def shaken(costs: Floats, turned: Floats, total: float, chosen: Integers, seed: int = 1) -> tuple[float, Integers]:
    """The same from the best choice with some of its sites moved at random, again and again."""
    sites, random = turned.shape[0], np.random.default_rng(seed)
    for _ in range(int(min(MOST_ROUNDS, MOST_WORK / (20 * costs.size)))):
        out = np.setdiff1d(np.arange(sites), chosen)
        moved = min(MOVED, chosen.size, out.size)
        start = chosen.copy()
        start[random.permutation(chosen.size)[:moved]] = random.permutation(out)[:moved]
        found, tried = interchanged(costs, turned, start)
        if found < total * (1 - 1e-12):
            total, chosen = found, tried
    return total, chosen


@njit(cache=True)
def serve(costs: Any, chosen: Any, farthest: Any, by: Any, nearest: Any, second: Any) -> float:
    """Into `by` which of the chosen sites serves each demand, and its cost and that of the next best (of the farthest
    site where there is no next); the total."""
    total = 0.0
    for i in range(costs.shape[0]):
        by[i], nearest[i], second[i] = 0, np.inf, farthest[i]
        for k in range(chosen.size):
            cost = costs[i, chosen[k]]
            if cost < nearest[i]:
                by[i], nearest[i], second[i] = k, cost, min(nearest[i], second[i])
            elif cost < second[i]:
                second[i] = cost
        total += nearest[i]
    return total


@njit(cache=True)
def _interchange(costs: Any, turned: Any, farthest: Any, chosen: Any) -> float:
    demands, sites = costs.shape
    by = np.empty(demands, np.int64)
    nearest, second = np.empty(demands), np.empty(demands)
    open_ = np.zeros(sites, np.bool_)
    open_[chosen] = True
    loss, lost = np.empty(chosen.size), np.empty(chosen.size)
    total = serve(costs, chosen, farthest, by, nearest, second)
    while chosen.size < sites:
        loss[:] = 0.0
        for i in range(demands):
            loss[by[i]] += second[i] - nearest[i]
        best, enters, leaves = -1e-9 * total, -1, -1
        for site in range(sites):
            if open_[site]:
                continue
            row = turned[site]
            lost[:] = loss
            gain = 0.0
            for i in range(demands):
                if row[i] < second[i]:
                    if row[i] < nearest[i]:
                        gain += nearest[i] - row[i]
                        lost[by[i]] -= second[i] - nearest[i]
                    else:
                        lost[by[i]] -= second[i] - row[i]
            k = int(np.argmin(lost))
            if lost[k] - gain < best:
                best, enters, leaves = lost[k] - gain, site, k
        if enters < 0:
            break
        left = chosen[leaves]
        chosen[leaves] = enters
        now = serve(costs, chosen, farthest, by, nearest, second)
        if now >= total:
            chosen[leaves] = left
            break
        open_[left], open_[enters], total = False, True, now
    return total
