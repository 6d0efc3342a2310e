"""Where facilities cover the demand best: all of it with the fewest, or as much as so many can.

`weights` (n,) of the demands, `covers` (n, m), dense or sparse: true where a site is within a demand's reach. Every
answer is proven by HiGHS where `seconds` suffice; else it is the best found, with a bound and the gap to it. The same
question gets the same answer. ValueError for what cannot be used.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from . import bounds, exact
from .groups import Groups, grouped, needed
from .heuristic import Worth, exchanged, greedy
from .problem import SECONDS, Demand, Integers, Progress, Siting, checked_facilities, demand, whole

TOREGAS: Final = "Toregas et al. 1971"
CHURCH: Final = "Church and ReVelle 1974"
HOGAN: Final = "Hogan and ReVelle 1986"
DASKIN: Final = "Daskin 1983"
MOST_FACILITIES: Final = 10_000
NEGLIGIBLE: Final = 1e-12  # share of the weight that one facility more may gain


def _silent(step: str, share: float) -> None:
    pass


def lscp(weights: ArrayLike, covers: Any, *, seconds: float = SECONDS, progress: Progress = _silent) -> Siting:
    """As few sites as cover every demand, also those of weight 0; `objective` is their number.

    ValueError when no site covers a demand. Location set covering (Toregas et al. 1971).
    """
    asked = demand(weights, covers)
    groups = _all_reached(asked)
    chosen = _fewest(groups, progress)
    fewest, proven = bounds.fewest_sites(groups), False
    if fewest < chosen.sum():
        found = exact.fewest_sites(groups, needed(groups), int(chosen.sum()) - 1, seconds)
        if found.chosen is not None:
            chosen = found.chosen
        proven = found.finished
        fewest = max(fewest, math.ceil((found.bound or 0.0) - 1e-6))
    count = int(chosen.sum())
    return asked.result(float(count), chosen, float(fewest), proven or fewest >= count, TOREGAS)


def mclp(
    weights: ArrayLike, covers: Any, facilities: int, *, seconds: float = SECONDS, progress: Progress = _silent
) -> Siting:
    """So many facilities, at most one at a site, that cover the most weight, which is the `objective`.

    Maximal covering location (Church and ReVelle 1974).
    """
    asked = demand(weights, covers)
    checked_facilities(facilities, asked.sites)
    return _most(asked, np.ones(1), facilities, 1, seconds, progress, CHURCH)


def mexclp(
    weights: ArrayLike,
    covers: Any,
    facilities: int,
    busy: float,
    *,
    seconds: float = SECONDS,
    progress: Progress = _silent,
) -> Siting:
    """So many facilities, each busy a share `busy` (0 up to below 1) of its time whatever the others are, that cover
    the most weight with one that is free: `objective` = sum of weight * (1 - busy ** times covered).

    Several may stand at one site. With `busy` 0 it is `mclp`. Maximal expected covering (Daskin 1983).
    """
    if not 0 <= busy < 1:
        raise ValueError("The share of time that a facility is busy is 0 or more and below 1.")
    asked = demand(weights, covers)
    checked_expected(facilities)
    if not busy:
        most = 1 if facilities <= asked.sites else facilities
        return _most(asked, np.ones(1), facilities, most, seconds, progress, DASKIN)
    levels = min(facilities, math.ceil(math.log(NEGLIGIBLE) / math.log(busy)))
    slopes = (1 - busy) * busy ** np.arange(levels, dtype=np.float64)
    return _most(asked, slopes, facilities, facilities, seconds, progress, DASKIN)


def checked_expected(facilities: int) -> None:
    if not 1 <= facilities <= MOST_FACILITIES:
        raise ValueError(f"There must be at least one facility, and at most {MOST_FACILITIES:,}.")


def backup(
    weights: ArrayLike, covers: Any, facilities: int, *, seconds: float = SECONDS, progress: Progress = _silent
) -> Siting:
    """So many facilities, at most one at a site, that cover every demand once and the most weight twice or more often,
    which is the `objective`. ValueError when so few cannot cover all (`lscp` says how many can).

    Backup coverage, BACOP1 (Hogan and ReVelle 1986).
    """
    asked = demand(weights, covers)
    checked_facilities(facilities, asked.sites)
    groups = _all_reached(asked)
    heavy = 2 * float(groups.weight.sum()) + 1
    worth = Worth(groups.weight, np.array([0.0, 1.0]), bonus=heavy)
    chosen = exchanged(groups, worth, greedy(groups, worth, facilities))
    complete = bool((groups.times(chosen) > 0).all())
    if not complete and int((fewest := _fewest(groups, progress)).sum()) <= facilities:
        chosen = exchanged(groups, worth, _filled(fewest, facilities, 1))
        complete = True
    plain = replace(worth, bonus=0.0)
    value = plain.of(groups.times(chosen)) if complete else 0.0
    bound, proven = float(groups.weight[np.diff(groups.rows.indptr) > 1].sum()), False
    if not complete or value < bound:
        sites = np.arange(asked.sites)
        found = exact.most_worth(groups, plain, sites, chosen, seconds=seconds, all_covered=True)
        if found.chosen is not None:
            chosen, complete = _filled(found.chosen, facilities, 1), True
        elif not complete:
            raise ValueError(
                f"{facilities:,} sites {'cannot' if found.finished else 'were not found to'} cover every demand."
            )
        proven = found.finished
        value = plain.of(groups.times(chosen))
        if not proven:
            priced = bounds.most_worth(groups, plain, facilities, value, all_covered=True, progress=progress)
            bound = min(bound, priced, math.inf if found.bound is None else found.bound)
    return _siting(asked, value, chosen, bound, proven, HOGAN)


def uncovered(covers: Any) -> Integers:
    """The demands that are within reach of no site."""
    within = demand(np.ones(covers.shape[0]), covers).covers
    return np.flatnonzero(np.diff(within.indptr) == 0)


def _all_reached(asked: Demand) -> Groups:
    for lost in np.flatnonzero(np.diff(asked.covers.indptr) == 0)[:1].tolist():
        raise ValueError(f"No site covers demand {lost + 1} of {asked.weights.size:,}.")
    return grouped(asked)


def _fewest(groups: Groups, progress: Progress) -> Integers:
    """Few sites that reach every group: those of the greedy choice, and one fewer as long as exchanges allow."""
    size = Worth(np.ones(groups.weight.size), np.ones(1))
    sites = groups.rows.shape[1]
    low, high = 1, sites
    while low < high:  # the first number with which the greedy choice reaches all
        middle = (low + high) // 2
        done = bool((groups.times(greedy(groups, size, middle)) > 0).all())
        low, high = (low, middle) if done else (middle + 1, high)
    chosen = greedy(groups, size, high)
    for count in range(high - 1, 0, -1):
        progress("fewer sites", 1 - count / high)
        tried = exchanged(groups, size, greedy(groups, size, count))
        if not (groups.times(tried) > 0).all():
            break
        chosen = tried
    return chosen


def _most(
    asked: Demand, slopes: Any, facilities: int, most: int, seconds: float, progress: Progress, source: str
) -> Siting:
    groups = grouped(asked)
    worth = Worth(groups.weight, slopes, most=most)
    progress("exchanges", 0.0)
    chosen = exchanged(groups, worth, greedy(groups, worth, facilities))
    value = worth.of(groups.times(chosen))
    bound, proven = float(groups.weight.sum() * slopes.sum()), False
    if value < bound:
        progress("proof", 0.0)
        found = exact.most_worth(groups, worth, needed(groups), chosen, seconds=seconds)
        if found.chosen is not None:
            chosen = _better(worth, groups, chosen, _filled(found.chosen, facilities, most))
            value = worth.of(groups.times(chosen))
        proven = found.finished
        if not proven:
            priced = bounds.most_worth(groups, worth, facilities, value, progress=progress)
            bound = min(bound, priced, math.inf if found.bound is None else found.bound)
    return _siting(asked, value, chosen, bound, proven, source)


def _siting(asked: Demand, value: float, chosen: Integers, bound: float, proven: bool, source: str) -> Siting:
    if whole(np.array([value])) and whole(asked.weights):
        bound = math.floor(bound + 1e-6)
    bound = max(bound, value)
    return asked.result(value, chosen, bound, proven or bound <= value, source)


def _better(worth: Worth, groups: Groups, one: Integers, other: Integers) -> Integers:
    return other if worth.of(groups.times(other)) > worth.of(groups.times(one)) else one


def _filled(chosen: Integers, facilities: int, most: int) -> Integers:
    """The choice with the facilities that are left at the first sites with room."""
    full = chosen.copy()
    for site in range(full.size):
        full[site] += min(most - full[site], facilities - int(full.sum()))
    return full
