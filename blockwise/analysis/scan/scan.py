"""The scan statistic: the likeliest clusters in space and time, and how often chance alone makes one as likely."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from . import kernels
from .chance import Chance, Progress, as_large, gumbel, replicates
from .circles import Circles
from .expected import Expected, Floats, Integers, Population, exposure, permutation, standardised

LEAST_RATIO: Final = 0.001  # of a cluster that is told of, as in SaTScan
UNKNOWN: Final = math.nan


class NobodyThereError(ValueError):
    """A case at a place and in an interval of time that have no people, or of a stratum that has none anywhere."""

    def __init__(self, case: int) -> None:
        super().__init__(f"Case {case} is where and when nobody is, or of a stratum without people.")
        self.case = case


@dataclass(frozen=True)
class Cases:
    """Of each of C cases: its place (0 to n - 1), its interval of time (0 to T - 1) and its stratum (0 to S - 1)."""

    place: Integers
    time: Integers
    stratum: Integers


@dataclass(frozen=True)
class Windows:
    """Which windows are tried: `earliest` (T,) as of `periods`; `alive`: those that end with the period only.

    A cluster has at least `least` cases and its circle at most `share` of the cases (`of_cases`) or of what is
    expected in the whole period.
    """

    earliest: Integers
    alive: bool = False
    least: int = 2
    share: float = 0.5
    of_cases: bool = False


@dataclass(frozen=True)
class Cluster:
    """`places` nearest to the centre first; `start`, `end`: first and last interval. `radius` as Circles.radius.

    p = (1 + replicates with a ratio as large) / (replicates + 1); `p_gumbel` from the Gumbel distribution with the
    mean and variance of the replicates (Abrams et al. 2010), for p too small to count. `recurrence`: intervals of
    time until chance is expected to make such a cluster once, 1 / p, where windows are alive.
    """

    places: NDArray[np.int32]
    radius: float
    start: int
    end: int
    observed: int
    expected: float
    llr: float
    p: float = UNKNOWN
    p_gumbel: float = UNKNOWN
    recurrence: float = UNKNOWN


@dataclass(frozen=True)
class Scan:
    """`clusters`, the likeliest first; no two share a place. `maxima`: the largest ratio of each replicate."""

    clusters: tuple[Cluster, ...]
    n: int
    maxima: Floats
    source: str


def scan_dates(
    cases: Cases, circles: Circles, windows: Windows, chance: Chance, progress: Progress = lambda share: None
) -> Scan:
    """Space-time permutation: given where and when cases come, do they come together? (Kulldorff et al. 2005)

    Under the null, dates are shuffled over the cases of each stratum. ValueError for cases beyond the circles' places.
    """
    _check(cases, circles, windows)
    expected = permutation(cases.place, cases.time, cases.stratum, circles.n, windows.earliest.size)
    relevant = cases.time >= _since(windows)
    order = np.argsort(cases.stratum, kind="stable")
    strata = int(cases.stratum.max(initial=0)) + 1
    edge = np.searchsorted(cases.stratum[order], np.arange(strata + 1))
    late = order[relevant[order]]
    wanted = np.bincount(cases.stratum[late], minlength=strata)
    place, time = cases.place[order], cases.time[late]

    def maxima(random: np.random.Generator, count: int, tried: Any) -> Any:
        return kernels.shuffled_maxima(random, count, place, edge, wanted, time, tried)

    return _scan(cases, circles, windows, chance, expected, maxima, progress, "Kulldorff et al. 2005")


def scan_population(
    cases: Cases,
    people: Population,
    starts: Integers,
    circles: Circles,
    windows: Windows,
    chance: Chance,
    progress: Progress = lambda share: None,
) -> Scan:
    """Poisson: are there more cases than the people (or any other exposure) lead to expect? (Kulldorff 1997)

    `starts` as of `periods.intervals`. Under the null, as many cases fall by what is expected of each place and
    interval. NobodyThereError for a case where nobody is.
    """
    _check(cases, circles, windows)
    counts = np.bincount(cases.stratum, minlength=int(people.stratum.max(initial=0)) + 1)
    expected = standardised(counts, people, starts, circles.n)
    at = np.einsum("ck,ck->c", expected.place[cases.place], expected.time[cases.time])
    exposed = exposure(people, expected.time, counts.size)[cases.stratum]
    if bad := np.flatnonzero((at <= 0) | (exposed <= 0)).tolist():
        raise NobodyThereError(bad[0])
    since, total = _since(windows), cases.place.size
    late = expected.time[since:]
    parts = expected.place.sum(axis=0) * late.sum(axis=0)
    share = float(parts.sum() / total) if total else 0.0
    part, place, time = _added(parts[None])[0], _added(expected.place.T), _added(late.T)

    def maxima(random: np.random.Generator, count: int, tried: Any) -> Any:
        sizes = random.binomial(total, min(share, 1.0), count)
        return kernels.scattered_maxima(random, sizes, part, place, time, since, tried)

    return _scan(cases, circles, windows, chance, expected, maxima, progress, "Kulldorff 1997")


def _scan(
    cases: Cases,
    circles: Circles,
    windows: Windows,
    chance: Chance,
    expected: Expected,
    maxima: Callable[[np.random.Generator, int, Any], Any],
    progress: Progress,
    source: str,
) -> Scan:
    n, total = circles.n, cases.place.size
    weight = np.bincount(cases.place, minlength=n) if windows.of_cases else expected.by_place
    count = circles.within(weight.astype(np.float64), windows.share * total)
    passed = np.concatenate([np.zeros((1, expected.time.shape[1])), np.cumsum(expected.time, axis=0)])
    tried = (
        circles.first, circles.other, circles.ring, count, np.ascontiguousarray(expected.place), passed,
        windows.earliest, windows.alive, float(total), windows.least,
    )  # fmt: skip
    found = _observed(cases, circles, windows, tried)
    if not found:
        return Scan((), total, np.empty(0), source)
    drawn = replicates(chance, found[0].llr, lambda random, size: maxima(random, size, tried), progress)
    return Scan(tuple(_judged(cluster, drawn, windows.alive) for cluster in found), total, drawn, source)


def _observed(cases: Cases, circles: Circles, windows: Windows, tried: Any) -> list[Cluster]:
    """The best window about each centre, the likeliest first, of equal ones the smaller; none that shares a place with
    one before it."""
    n, late = circles.n, cases.time >= _since(windows)
    best, size, start, end = np.zeros(n), *(np.zeros(n, dtype=np.int64) for _ in range(3))
    first, times = np.zeros(n + 1, dtype=np.int64), np.empty(int(late.sum()), dtype=np.int64)
    kernels.by_place(cases.place[late], cases.time[late], first, times)
    kernels.search(tried, first, times, best, size, start, end)
    place, passed, taken = tried[4], tried[5], np.zeros(n, dtype=np.bool_)
    found = []
    for centre in np.lexsort((size, -np.round(best, 9))).tolist():
        if best[centre] < LEAST_RATIO:
            break
        members = circles.members(centre, size[centre])
        if taken[members].any():
            continue
        taken[members] = True
        low, high = int(start[centre]), int(end[centre])
        inside = sum(int(((t := times[first[z] : first[z + 1]]) >= low).sum() - (t > high).sum()) for z in members)
        expected = float(place[members].sum(axis=0) @ (passed[high + 1] - passed[low]))
        radius = circles.radius(centre, size[centre])
        found.append(Cluster(members, radius, low, high, inside, expected, float(best[centre])))
    return found


def _judged(cluster: Cluster, maxima: Floats, alive: bool) -> Cluster:
    p = (1 + as_large(maxima, cluster.llr)) / (maxima.size + 1)
    return replace(cluster, p=p, p_gumbel=gumbel(cluster.llr, maxima), recurrence=1 / p if alive else UNKNOWN)


def _added(shares: Floats) -> Floats:
    """Each row's shares added up, to 1 at its end."""
    added = np.cumsum(shares, axis=1)
    return np.divide(added, added[:, -1:], out=np.ones_like(added), where=added[:, -1:] > 0)


def _since(windows: Windows) -> int:
    """The first interval whose cases can be in a window."""
    return int(windows.earliest[-1]) if windows.alive else 0


def _check(cases: Cases, circles: Circles, windows: Windows) -> None:
    size = windows.earliest.size
    for name, values, limit in (("place", cases.place, circles.n), ("time", cases.time, size)):
        if values.size and not (values.min() >= 0 and values.max() < limit):
            raise ValueError(f"A {name} of a case is not one of {limit}.")
    if windows.alive and windows.earliest[-1] >= size:
        raise ValueError("The last interval of time is longer than any window may be.")
    if windows.least < 1 or not 0 < windows.share <= 1:
        raise ValueError("A cluster has at least one case, and a circle a share above 0 and up to 1.")
