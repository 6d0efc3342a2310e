"""The compiled loops of the scan. They stand in one file, since what numba keeps compiled knows only its own file.

Of windows with the same cases, the one that expects fewest has the largest ratio. So a circle counts only when its
last ring brings a case, and a window only when cases stand on its first and last interval, one of them from that ring.
Under the null, dates are shuffled within strata, or cases scattered by what is expected (Dwass 1957).
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit

CLOSE: Final = 1e-11  # share of a ratio: of equal ones the first, which has the fewest places, stands
SPARSE: Final = 4  # places for each case, from which on centres without enough cases are passed over


@njit(cache=True, nogil=True)
def log_likelihood_ratio(count: float, expected: float, total: float) -> float:
    """ln [(c / e)^c ((C - c) / (C - e))^(C - c)] for c cases where e of C are expected; 0 unless c is above e > 0."""
    if not 0 < expected < count:
        return 0.0
    outside = total - count
    ratio = count * math.log(count / expected)
    return ratio + outside * math.log(outside / (total - expected)) if outside > 0 else ratio


@njit(cache=True, nogil=True)
def may_exceed(best: float, count: float, expected: float, total: float) -> bool:
    """Whether the ratio could be above `best`: by ln x <= x - 1 it is at most C (c - e)^2 / (e (C - e))."""
    above = count - expected
    return above > 0 and above * above * total > best * expected * (total - expected)


@njit(cache=True, nogil=True)
def search(windows: Any, case_first: Any, case_time: Any, best: Any, size: Any, start: Any, end: Any) -> None:
    """Write the best window about each centre: its ratio, number of places, first and last interval (n,).

    With arrays of one element, only the best of all is written. The times of the cases at place z are
    `case_time[case_first[z] : case_first[z + 1]]`. `windows` holds `first`, `other`, `ring`: the circles; `count` (n,):
    the places about each centre that may be in one; `place` (n, K): expected, to be multiplied by differences of
    `passed` (T + 1, K), what time expects before each interval; `earliest` (T,): as `periods.longest_share`; `alive`:
    windows end with the period; `total`: cases in all; `least`: cases in a cluster.
    """
    first, other, ring, count, place, passed, earliest, alive, total, least = windows
    intervals, parts = earliest.size, place.shape[1]
    cases_at = np.zeros(intervals, np.int64)
    brought = np.full(intervals, -1, np.int64)
    times = np.empty(intervals, np.int64)
    before = np.zeros(intervals + 1, np.int64)
    weight = np.empty(parts)
    near = _cases_near(first, other, case_first)
    for centre in range(first.size - 1):
        if near[centre] < least:
            continue
        at = centre if best.size > 1 else 0
        weight[:] = 0.0
        weighed = ring_began = first[centre]
        known, cases, new, low, high = 0, 0, 0, intervals, -1
        for step in range(first[centre], first[centre] + count[centre]):
            here = other[step]
            for case in range(case_first[here], case_first[here + 1]):
                time = case_time[case]
                if new == 0:
                    ring_began = step
                if cases_at[time] == 0:
                    slot = known
                    while slot > 0 and times[slot - 1] > time:
                        times[slot] = times[slot - 1]
                        slot -= 1
                    times[slot] = time
                    known += 1
                cases_at[time] += 1
                brought[time] = ring_began
                low, high = min(low, time), max(high, time)
                new += 1
            if new == 0 or not ring[step]:
                continue
            cases += new
            if cases >= least:
                for member in range(weighed, step + 1):
                    for part in range(parts):
                        weight[part] += place[other[member], part]
                weighed = step + 1
                for i in range(known):
                    before[i + 1] = before[i] + cases_at[times[i]]
                fresh = known
                for i in range(known - 1, -1, -1):
                    begin = times[i]
                    if begin < (earliest[intervals - 1] if alive else earliest[low]):
                        break
                    if brought[begin] == ring_began:
                        fresh = i
                    for j in range(known - 1 if alive else fresh, known if fresh < known else 0):
                        stop = intervals - 1 if alive else times[j]
                        if begin < earliest[stop]:
                            break
                        inside = before[j + 1] - before[i]
                        if inside < least:
                            continue
                        expected = 0.0
                        for part in range(parts):
                            expected += weight[part] * (passed[stop + 1, part] - passed[begin, part])
                        if may_exceed(best[at], inside, expected, total):
                            ratio = log_likelihood_ratio(inside, expected, total)
                            if ratio > best[at] * (1 + CLOSE):
                                best[at], size[at] = ratio, step + 1 - first[centre]
                                start[at], end[at] = begin, stop
            new, low, high = 0, intervals, -1
        for i in range(known):
            cases_at[times[i]] = 0
            brought[times[i]] = -1


@njit(cache=True, nogil=True)
def _cases_near(first: Any, other: Any, case_first: Any) -> Any:
    """How many cases may be in circles about each centre: all of them, or where they are few, those near it (n,).

    Who is near a place has it nearby too.
    """
    n, total = first.size - 1, case_first[case_first.size - 1]
    if SPARSE * total >= n:
        return np.full(n, total)
    near = np.zeros(n, np.int64)
    for place in range(n):
        cases = case_first[place + 1] - case_first[place]
        if cases > 0:
            for step in range(first[place], first[place + 1]):
                near[other[step]] += cases
    return near


@njit(cache=True, nogil=True)
def shuffled(random: Any, place: Any, edge: Any, wanted: Any, drawn: Any) -> None:
    """Draw, in each stratum, as many cases as `wanted` (S,) without replacement; write their places to `drawn`.

    `place` (C,) of all cases, by stratum (those of stratum s at edge[s] to edge[s + 1]), is put into another order.
    """
    at = 0
    for stratum in range(wanted.size):
        low, high = edge[stratum], edge[stratum + 1]
        for i in range(low, low + wanted[stratum]):
            j = i + int(random.random() * (high - i))
            place[i], place[j] = place[j], place[i]
            drawn[at] = place[i]
            at += 1


@njit(cache=True, nogil=True)
def scattered(random: Any, part: Any, place: Any, time: Any, drawn: Any, times: Any) -> None:
    """Draw cases one by one: a component by the shares added up in `part` (K,), then its place and its time.

    `place` (K, n) and `time` (K, T): shares added up within each component.
    """
    for i in range(drawn.size):
        k = min(np.searchsorted(part, random.random(), side="right"), part.size - 1)
        drawn[i] = min(np.searchsorted(place[k], random.random(), side="right"), place.shape[1] - 1)
        times[i] = min(np.searchsorted(time[k], random.random(), side="right"), time.shape[1] - 1)


@njit(cache=True, nogil=True)
def by_place(place: Any, time: Any, case_first: Any, case_time: Any) -> None:
    """Sort the times of cases by their places: those at z at case_first[z] to case_first[z + 1]."""
    case_first[:] = 0
    for here in place:
        case_first[here + 1] += 1
    for z in range(1, case_first.size):
        case_first[z] += case_first[z - 1]
    free = case_first.copy()
    for i in range(place.size):
        case_time[free[place[i]]] = time[i]
        free[place[i]] += 1


@njit(cache=True, nogil=True)
def shuffled_maxima(random: Any, count: int, given: Any, edge: Any, wanted: Any, time: Any, windows: Any) -> Any:
    """The largest ratio of each of `count` data sets in which dates were shuffled over the cases of each stratum.

    `given` (C,), `edge`, `wanted`: as in `shuffled`; `time`: the intervals that the drawn cases get, by stratum.
    `windows`: see `search`.
    """
    place, drawn = given.copy(), np.empty(time.size, np.int64)
    case_first, case_time = np.empty(windows[0].size, np.int64), np.empty(time.size, np.int64)
    maxima = np.empty(count)
    for i in range(count):
        shuffled(random, place, edge, wanted, drawn)
        by_place(drawn, time, case_first, case_time)
        maxima[i] = _largest(case_first, case_time, windows)
    return maxima


@njit(cache=True, nogil=True)
def scattered_maxima(random: Any, cases: Any, part: Any, place: Any, time: Any, begin: int, windows: Any) -> Any:
    """The largest ratio of each data set of so many `cases` (r,); the first column of `time` is interval `begin`."""
    maxima = np.empty(cases.size)
    for i in range(cases.size):
        drawn, times = np.empty(cases[i], np.int64), np.empty(cases[i], np.int64)
        case_first, case_time = np.empty(windows[0].size, np.int64), np.empty(cases[i], np.int64)
        scattered(random, part, place, time, drawn, times)
        by_place(drawn, times + begin, case_first, case_time)
        maxima[i] = _largest(case_first, case_time, windows)
    return maxima


@njit(cache=True, nogil=True)
def _largest(case_first: Any, case_time: Any, windows: Any) -> Any:
    """The largest ratio of all windows."""
    best = np.zeros(1)
    size, start, end = np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1, np.int64)
    search(windows, case_first, case_time, best, size, start, end)
    return best[0]
