"""Do incidents follow each other near and soon? Knox's table of pairs (Knox 1964) with permuted dates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

Metric = Literal["manhattan", "euclidean"]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
MOST_PAIRS: Final = 200_000_000  # near each other; five bytes each
MOST_CELLS: Final = 1 << 20  # of the search grid along one axis


@dataclass(frozen=True)
class Repeats:
    """Pairs by distance band (rows) and day band (columns); the last of each is open above.

    `observed` pairs, `expected` (their mean over the permutations), `ratio` of the two (nan where none are
    expected) and p = (1 + permutations with as many or more) / (replicates + 1). n incidents.
    Of all pairs, `nearer` are below the first distance and `sooner` below the first span: no band has them.
    """

    observed: Integers
    expected: Floats
    ratio: Floats
    p: Floats
    n: int
    replicates: int
    nearer: int
    sooner: int
    source: str = "Knox 1964; permutation and bands as Ratcliffe and Rengert 2008"


@dataclass(frozen=True)
class _Near:
    """Pairs below the last distance edge: those of incident i are at first[i] to first[i + 1]."""

    first: Integers
    other: NDArray[np.int32]
    band: NDArray[np.uint8]


def near_repeats(
    x: ArrayLike,
    y: ArrayLike,
    days: ArrayLike,
    distances: Sequence[float],
    spans: Sequence[float],
    *,
    metric: Metric = "manhattan",
    replicates: int = 999,
    seed: int = 1,
    progress: Callable[[float], None] = lambda share: None,
) -> Repeats:
    """Knox's table of incidents at `x`, `y` (n,) in metres on whole `days` (n,), n at least 2.

    `distances`, `spans` (days): rising edges from 0 or above; bands are [a, b), and the last edge opens one more.
    Every pair counts once. Under the null, dates are shuffled over places. ValueError for shapes that differ, numbers
    that are not finite, edges that do not rise, or more than MOST_PAIRS pairs below the last distance.
    """
    where = np.stack([np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)])
    when = np.asarray(days, dtype=np.int64)
    if where.shape != (2, when.size) or when.size < 2 or not np.isfinite(where).all():
        raise ValueError("Incidents are at least two, each with a finite x and y and a day.")
    if replicates < 1:
        raise ValueError("There must be at least one replicate.")
    edges, limits = checked_edges(distances, "Distances"), checked_edges(spans, "Days")
    order, near = _near(where, edges, metric == "manhattan")
    when = when[order]
    total = _pairs_by_span(when, limits)
    columns = np.searchsorted(limits, np.arange(limits[-1] + 1), side="right").astype(np.uint8)

    def table(dates: Integers) -> Integers:
        counted = np.zeros((edges.size, limits.size + 1), dtype=np.int64)
        _tally(near.first, near.other, near.band, dates, columns, counted)
        return np.vstack([counted, total - counted.sum(axis=0)])

    whole = table(when)
    observed, nearer, sooner = whole[1:, 1:], int(whole[0].sum()), int(whole[:, 0].sum())
    as_many, summed = np.ones(observed.shape), np.zeros(observed.shape)
    random = np.random.default_rng(seed)
    for done in range(replicates):
        counted = table(random.permutation(when))[1:, 1:]
        as_many += counted >= observed
        summed += counted
        progress((done + 1) / replicates)
    expected = summed / replicates
    ratio = np.divide(observed, expected, out=np.full(observed.shape, np.nan), where=expected > 0)
    p = as_many / (replicates + 1)
    return Repeats(observed, expected, ratio, p, when.size, replicates, nearer, sooner)


def checked_edges(given: Sequence[float], name: str) -> Floats:
    """The edges of bands; ValueError unless they are 2 to 200, from 0 or above, and rise."""
    edges = np.asarray(given, dtype=np.float64)
    if edges.ndim != 1 or not 2 <= edges.size <= 200 or not np.isfinite(edges).all() or edges[0] < 0:
        raise ValueError(f"{name} are two to 200 edges from 0 up.")
    if not (np.diff(edges) > 0).all() or edges[-1] > 1e7:
        raise ValueError(f"{name} rise from edge to edge, up to ten million.")
    return edges


def _pairs_by_span(days: Integers, limits: Floats) -> Integers:
    """All pairs by day band (a first one below the first limit, a last one open), wherever they are."""
    ordered = np.sort(days)
    after = np.arange(1, days.size + 1)
    below = [int((np.searchsorted(ordered, ordered + limit, side="left") - after).clip(0).sum()) for limit in limits]
    return np.diff([0, *below, days.size * (days.size - 1) // 2])


def _near(where: Floats, edges: Floats, manhattan: bool) -> tuple[Integers, _Near]:
    """The order of the incidents along a grid of cells as wide as the last edge, and the near pairs in that order."""
    low = where.min(axis=1, keepdims=True)
    extent = float((where - low).max())
    width = max(float(edges[-1]), extent / MOST_CELLS)
    column, row = np.floor((where - low) / width).astype(np.int64)
    stride = int(row.max()) + 3
    key = column * stride + row + 1
    order = np.argsort(key, kind="stable")
    key = key[order]
    reach = (
        np.searchsorted(key, key + 1, side="right"),
        np.searchsorted(key, key + stride - 1, side="left"),
        np.searchsorted(key, key + stride + 1, side="right"),
    )
    x, y = np.ascontiguousarray(where[:, order])
    first = np.zeros(key.size + 1, dtype=np.int64)
    nothing = _Near(first, np.empty(0, dtype=np.int32), np.empty(0, dtype=np.uint8))
    _pair(x, y, *reach, edges, manhattan, nothing.first[1:], nothing.other, nothing.band, False)
    if first.sum() > MOST_PAIRS:
        raise ValueError(
            f"{int(first.sum()):,} pairs of incidents lie within {edges[-1]:g} m, more than {MOST_PAIRS:,}."
        )
    first = np.cumsum(first)
    near = _Near(first, np.empty(first[-1], dtype=np.int32), np.empty(first[-1], dtype=np.uint8))
    _pair(x, y, *reach, edges, manhattan, first[:-1].copy(), near.other, near.band, True)
    return order, near


@njit(cache=True)
def _pair(
    x: Any,
    y: Any,
    same: Any,
    next_low: Any,
    next_high: Any,
    edges: Any,
    manhattan: bool,
    at: Any,
    other: Any,
    band: Any,
    fill: bool,
) -> None:
    """Count the later incidents near each (into `at`), or write them down (from `at` on)."""
    last = edges[-1]
    for i in range(x.size):
        for part in range(2):
            low, high = (i + 1, same[i]) if part == 0 else (next_low[i], next_high[i])
            for j in range(low, high):
                dx, dy = abs(x[i] - x[j]), abs(y[i] - y[j])
                distance = dx + dy if manhattan else np.sqrt(dx * dx + dy * dy)
                if distance < last:
                    if fill:
                        b = 0
                        while distance >= edges[b]:
                            b += 1
                        other[at[i]], band[at[i]] = j, b
                    at[i] += 1


@njit(cache=True)
def _tally(first: Any, other: Any, band: Any, days: Any, columns: Any, counted: Any) -> None:
    """Count near pairs by band and by the day band of their dates into `counted`."""
    beyond = counted.shape[1] - 1
    for i in range(first.size - 1):
        for k in range(first[i], first[i + 1]):
            apart = abs(days[i] - days[other[k]])
            counted[band[k], columns[apart] if apart < columns.size else beyond] += 1
