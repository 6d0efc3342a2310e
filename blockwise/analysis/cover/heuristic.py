"""Good choices of sites without proof: the greedy one, and exchanges of one site for another.

A facility that comes within reach of a group for the k-th time (from 0) is worth weight * slopes[k], falling with k,
and `bonus` more for k = 0. The exchange is that of Teitz and Bart (1968), started again from the best choice with some
of its sites moved at random (iterated local search).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numba import njit

from .groups import Groups
from .problem import Floats, Integers

MOVED: Final = 4  # sites, before each new search
MOST_ROUNDS: Final = 1_000
MOST_WORK: Final = 4e9  # elementary steps, some seconds


@dataclass(frozen=True)
class Worth:
    """What is gained: see above. `most`: facilities at one site."""

    weight: Floats
    slopes: Floats
    bonus: float = 0.0
    most: int = 1

    def of(self, times: Integers) -> float:
        """The worth of groups that are covered so many times (g,)."""
        summed = np.concatenate([[0.0], np.cumsum(self.slopes)])
        level = np.minimum(times, self.slopes.size)
        return float((self.weight * summed[level] + self.bonus * (times > 0)).sum())


def greedy(groups: Groups, worth: Worth, facilities: int) -> Integers:
    """Facilities by site (m,): one after the other where it is worth most, the first such site."""
    state = _State(groups, worth)
    _greedy(facilities, *state.arrays)
    return state.used


def exchanged(groups: Groups, worth: Worth, start: Integers, *, seed: int = 1, rounds: int | None = None) -> Integers:
    """Facilities by site (m,) after exchanges from `start` on; `rounds` of new searches, by default as work allows."""
    facilities, sites = int(start.sum()), start.size
    if facilities >= sites * worth.most:
        return start
    if rounds is None:
        pairs = groups.rows.nnz
        step = sites + (pairs / sites) * (pairs / max(groups.weight.size, 1))
        rounds = int(min(MOST_ROUNDS, MOST_WORK / (4 * facilities * step)))
    state = _State(groups, worth)
    draws = np.random.default_rng(seed).random((rounds, 2 * MOVED))
    found = _exchange(np.repeat(np.arange(sites), start), draws, *state.arrays)
    return np.bincount(found, minlength=sites).astype(np.int64)


class _State:
    """Times each group is covered, gain of one facility more at each site, facilities at each site."""

    def __init__(self, groups: Groups, worth: Worth) -> None:
        self.used = np.zeros(groups.rows.shape[1], dtype=np.int64)
        times = np.zeros(groups.weight.size, dtype=np.int64)
        gain = groups.columns @ (worth.weight * worth.slopes[0] + worth.bonus)
        self.arrays: Sequence[Any] = (
            groups.columns.indptr, groups.columns.indices, groups.rows.indptr, groups.rows.indices,
            worth.weight, worth.slopes, worth.bonus, worth.most, times, gain, self.used,
        )  # fmt: skip


@njit(cache=True)
def _worth(k: int, weight: float, slopes: Any, bonus: float) -> float:
    if k >= slopes.size:
        return 0.0
    return float(weight * slopes[k] + (bonus if k == 0 else 0.0))


@njit(cache=True)
def _move(
    site: int, step: int, first: Any, groups: Any, start: Any, sites: Any, weight: Any, slopes: Any, bonus: float,
    most: int, times: Any, gain: Any, used: Any,
) -> None:  # fmt: skip
    """One facility more (step 1) or fewer (step -1) at a site; the gains of all sites follow."""
    used[site] += step
    for k in range(first[site], first[site + 1]):
        group = groups[k]
        before = _worth(times[group], weight[group], slopes, bonus)
        times[group] += step
        change = _worth(times[group], weight[group], slopes, bonus) - before
        if change != 0.0:
            for q in range(start[group], start[group + 1]):
                gain[sites[q]] += change


@njit(cache=True)
def _greedy(
    facilities: int, first: Any, groups: Any, start: Any, sites: Any, weight: Any, slopes: Any, bonus: float,
    most: int, times: Any, gain: Any, used: Any,
) -> None:  # fmt: skip
    for _ in range(facilities):
        best = -1
        for site in range(gain.size):
            if used[site] < most and (best < 0 or gain[site] > gain[best]):
                best = site
        _move(best, 1, first, groups, start, sites, weight, slopes, bonus, most, times, gain, used)


@njit(cache=True)
def _exchange(
    chosen: Any, draws: Any, first: Any, groups: Any, start: Any, sites: Any, weight: Any, slopes: Any, bonus: float,
    most: int, times: Any, gain: Any, used: Any,
) -> Any:  # fmt: skip
    total = 0.0
    for site in chosen:
        total += gain[site]
        _move(site, 1, first, groups, start, sites, weight, slopes, bonus, most, times, gain, used)
    close = 1e-9 * (total + 1.0)
    best, at_best = chosen.copy(), -1.0
    for number in range(draws.shape[0] + 1):
        if number > 0:
            for k in range(draws.shape[1] // 2):
                place = int(draws[number - 1, 2 * k] * chosen.size)
                site = int(draws[number - 1, 2 * k + 1] * gain.size)
                while used[site] >= most:
                    site = (site + 1) % gain.size
                _move(chosen[place], -1, first, groups, start, sites, weight, slopes, bonus, most, times, gain, used)
                total += gain[site] - gain[chosen[place]]
                _move(site, 1, first, groups, start, sites, weight, slopes, bonus, most, times, gain, used)
                chosen[place] = site
        better = True
        while better:
            better = False
            for place in range(chosen.size):
                old = chosen[place]
                _move(old, -1, first, groups, start, sites, weight, slopes, bonus, most, times, gain, used)
                new = old
                for site in range(gain.size):
                    if used[site] < most and gain[site] > gain[new] + close:
                        new = site
                better = better or new != old
                total += gain[new] - gain[old]
                _move(new, 1, first, groups, start, sites, weight, slopes, bonus, most, times, gain, used)
                chosen[place] = new
        if total > at_best + close:
            best[:], at_best = chosen, total
        else:
            for site in chosen:
                _move(site, -1, first, groups, start, sites, weight, slopes, bonus, most, times, gain, used)
            for site in best:
                _move(site, 1, first, groups, start, sites, weight, slopes, bonus, most, times, gain, used)
            chosen[:], total = best, at_best
    return best
