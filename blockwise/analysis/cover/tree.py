"""Few medians exactly: Lagrange multipliers bound each branch of the open and closed sites (Narula et al. 1977).

That every demand is served once has a price: without that rule each site is worth the sum of cost - price where that is
below 0, and the facilities stand where it is least. A branch whose bound is above `cut` holds nothing better.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from .problem import Floats, Integers

PATIENCE: Final = 30  # rounds with little or no gain before steps are halved
AT_A_BRANCH: Final = 60  # rounds
LEAST_STEP: Final = 0.001


@njit(cache=True)
def ascend(
    turned: Any, sites: Any, opened: int, facilities: int, price: Any, found: float, cut: float, rounds: int,
    step: float, new: float, worth: Any, chosen: Any,
) -> tuple[float, float]:  # fmt: skip
    """The best lower bound, and the step come to; `price` (n,), `worth` and `chosen` (by site) become those of it.

    The first `opened` of the `sites` are open; `found` is the cost of some choice. `new`: the share of the newest
    breach in the direction in which prices move; the earlier ones steady it (Barahona and Anbil 2000).
    """
    count, demands = sites.size, price.size
    bound, idle, best = -np.inf, 0.0, price.copy()
    now, taken, breach = np.empty(count), np.zeros(count, np.bool_), np.empty(demands)
    direction = np.zeros(demands)
    for number in range(rounds):
        for k in range(count):
            row, total = turned[sites[k]], 0.0
            for i in range(demands):
                if row[i] < price[i]:
                    total += row[i] - price[i]
            now[k] = total
        taken[:] = False
        taken[:opened] = True
        order = np.argsort(now[opened:], kind="mergesort")
        for k in range(facilities - opened):
            taken[opened + order[k]] = True
        value = price.sum()
        for k in range(count):
            if taken[k]:
                value += now[k]
        if value > bound:
            idle = idle + 1.0 if value < bound + 1e-4 * found else 0.0
            bound = value
            best[:], worth[:], chosen[:] = price, now, taken
        else:
            idle += 2.0
        if bound > cut:
            break
        if idle >= PATIENCE:
            step, idle = step / 2, 0.0
            price[:] = best
            if step < LEAST_STEP:
                break
        breach[:] = 1.0
        for k in range(count):
            if taken[k]:
                row = turned[sites[k]]
                for i in range(demands):
                    if row[i] < price[i]:
                        breach[i] -= 1.0
        direction[:] = breach if number == 0 else new * breach + (1 - new) * direction
        length = (direction * direction).sum()
        if length == 0.0:
            break
        price += step * (found - value) / length * direction
    price[:] = best
    return bound, step


@njit(cache=True)
def split(sites: Any, opened: int, facilities: int, worth: Any, bound: float, cut: float) -> tuple[Any, Any]:
    """The sites that are open and those in question in every choice below `cut`, the best first; more than
    `facilities` sites, fewer of them `opened`."""
    order = opened + np.argsort(worth[opened:], kind="mergesort")
    last, following = worth[order[facilities - opened - 1]], worth[order[facilities - opened]]
    place = np.arange(order.size)
    inside = place < facilities - opened
    sure = inside & (bound + following - worth[order] > cut)
    free = ~sure & (inside | (bound + worth[order] - last <= cut))
    return np.concatenate((sites[:opened], sites[order[sure]])), sites[order[free]]


@njit(cache=True)
def cost_of(turned: Any, sites: Any) -> float:
    """What the demands cost from the nearest of the sites."""
    total = 0.0
    for i in range(turned.shape[1]):
        least = np.inf
        for site in sites:
            least = min(least, turned[site, i])
        total += least
    return total


def search(
    turned: Floats, sites: Integers, price: Floats, total: float, chosen: Integers, margin: float, work: float
) -> tuple[float, Integers, float]:
    """Cost, sites and lower bound: the best choice among `sites`, where the bound is the cost less `margin` or more.

    Ends after `work` elementary steps; then the bound is that of the branches left.
    """
    best = chosen.copy()
    total, bound = _search(turned, sites, price, total, best, margin, work)
    return float(total), best, float(bound)


@njit(cache=True)
def _search(
    turned: Any, sites: Any, price: Any, total: float, best: Any, margin: float, work: float
) -> tuple[float, float]:
    facilities = best.size
    branches = [(sites.copy(), 0, price.copy(), -np.inf)]
    while len(branches) > 0 and work > 0:
        sites, opened, price, bound = branches.pop()
        cut = total - margin
        if bound > cut or sites.size < facilities:
            continue
        work -= float(AT_A_BRANCH) * sites.size * price.size
        worth, chosen = np.empty(sites.size), np.zeros(sites.size, np.bool_)
        bound, _ = ascend(turned, sites, opened, facilities, price, total, cut, AT_A_BRANCH, 1.0, 1.0, worth, chosen)
        cost = cost_of(turned, sites[chosen])
        if cost < total:
            total, cut = cost, cost - margin
            best[:] = sites[chosen]
        if bound > cut or opened == facilities or sites.size == facilities:
            continue
        sure, free = split(sites, opened, facilities, worth, bound, cut)
        both = np.concatenate((sure, free))
        if sure.size == facilities or both.size <= facilities:
            cost = cost_of(turned, both[:facilities]) if both.size >= facilities else np.inf
            if cost < total:
                total = cost
                best[:] = both[:facilities]
            continue
        branches.append((np.concatenate((sure, free[1:])), sure.size, price.copy(), bound))
        branches.append((both, sure.size + 1, price.copy(), bound))
    left = total - margin
    for branch in branches:
        left = min(left, branch[3])
    return total, left
