"""Times of 2,000 units to a call on a road network of 40,000 nodes, and the choice among them with its cover."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from .figures import Figure, Goal, percentile

SIDE, UNITS, CALLS, RUNS, DEMANDS = 200, 2_000, 300, 3, 4_833
LIMIT_S, STANDARD_S = 900.0, 480.0
ABLE = [frozenset({"patrol"}), frozenset({"patrol", "medical"}), frozenset({"fire"}), frozenset({"fire", "rescue"})]


def measure(scratch: Path) -> Iterator[Figure]:
    from blockwise.analysis.roads import times_to

    draw = np.random.default_rng(1)
    graph = streets(draw)
    units, calls = (graph.nearest(*_anywhere(draw, size)) for size in (UNITS, CALLS))
    matrix = graph.matrix("day", reverse=True)
    whole = _milliseconds(lambda one: dijkstra(matrix, indices=[int(one.node)]), calls)
    runs = [_milliseconds(lambda one: times_to(graph, "day", one, units, LIMIT_S), calls) for _ in range(RUNS)]
    notes = {"nodes": int(graph.node.size), "arcs": int(graph.tail.size), "p50_ms": percentile(runs[0], 50)}
    late = tuple(percentile(one, 99) for one in runs)
    yield Figure(
        "roads", f"times of {UNITS:,} units to a call within {LIMIT_S:g} s, p99", "ms", late, Goal(10.0),
        "one unbounded Dijkstra, p99", percentile(whole, 99), notes,
    )  # fmt: skip
    yield _with_cover(draw, graph, units, calls)


def _with_cover(draw: np.random.Generator, graph: Any, units: Any, calls: Any) -> Figure:
    from blockwise.analysis.cover.standing import Standing, reach_of, reachable
    from blockwise.analysis.dispatch import Weighing, choose
    from blockwise.analysis.roads import times_to

    cells = graph.nearest(*_anywhere(draw, DEMANDS))
    began = time.perf_counter()
    bits = reachable(graph, "day", cells, STANDARD_S)
    built = time.perf_counter() - began
    reach = csr_array(reach_of(bits, units.node, DEMANDS).astype(np.float64))
    able = [ABLE[kind] for kind in draw.integers(0, len(ABLE), UNITS).tolist()]
    free, shift = draw.random(UNITS) < 0.75, draw.random(UNITS) < 0.95
    lesser = ~free & (draw.random(UNITS) < 0.5)
    standing = Standing(reach, draw.gamma(1, 1, DEMANDS))
    times = [times_to(graph, "day", _one(calls, i), units, LIMIT_S) for i in range(CALLS)]
    needs = [{"patrol": 1}, {"medical": 1, "patrol": 2}, {"fire": 3, "rescue": 1}]

    def send(number: int, **given: Any) -> None:
        choose(times[number], able, needs[number % 3], free=free, on_shift=shift, lesser_work=lesser, **given)

    def measured(**given: Any) -> list[float]:
        taken = []
        for number in range(CALLS):
            start = time.perf_counter()
            send(number, **given)
            taken.append((time.perf_counter() - start) * 1e3)
        return taken

    base = percentile(measured(), 99)
    runs = [measured(standing=standing, weighing=Weighing(cover_s=600.0)) for _ in range(RUNS)]
    notes = {
        "demands": DEMANDS, "p50_ms": percentile(runs[0], 50), "reach_table_s": built,
        "reach_table_mb": bits.nbytes / 1e6, "share_in_reach": reach.nnz / UNITS / DEMANDS,
    }  # fmt: skip
    late = tuple(percentile(one, 99) for one in runs)
    what = f"the choice among {UNITS:,} units with the cover each would cost, p99"
    return Figure("dispatch", what, "ms", late, Goal(20.0), "the choice without cover, p99", base, notes)


def streets(draw: np.random.Generator) -> Any:
    """A grid of SIDE x SIDE crossings about 100 m apart, some roads faster than others."""
    from blockwise.analysis.roads import build_graph

    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    lon, lat = 116.3 + column * 0.00117, 39.8 + row * 0.0009
    east, north = np.flatnonzero(column < SIDE - 1), np.flatnonzero(row < SIDE - 1)
    start, end = np.concatenate([east, north]), np.concatenate([east + 1, north + SIDE])
    size = start.size
    return build_graph(
        edge=np.arange(size), from_node=start, to_node=end, from_lon=lon[start], from_lat=lat[start], to_lon=lon[end],
        to_lat=lat[end], length_m=np.full(size, 100.0), oneway=np.zeros(size, dtype=bool),
        speeds_kmh={"day": draw.choice([25.0, 35.0, 50.0], size)},
    )  # fmt: skip


def _anywhere(draw: np.random.Generator, size: int) -> tuple[Any, Any]:
    return draw.uniform(116.3, 116.53, size), draw.uniform(39.8, 39.98, size)


def _one(snap: Any, number: int) -> Any:
    return type(snap)(snap.node[number], snap.metres[number])


def _milliseconds(work: Callable[[Any], Any], calls: Any) -> list[float]:
    taken = []
    for number in range(CALLS):
        began = time.perf_counter()
        work(_one(calls, number))
        taken.append((time.perf_counter() - began) * 1e3)
    return taken
