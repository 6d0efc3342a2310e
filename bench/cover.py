"""Where to stand: the maximal-covering benchmark of San Jose, and a district's cells with sixty units."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .figures import Figure, Goal

CELLS, SITES, UNITS, RADIUS_M, RUNS = 4_833, 397, 60, 1_500.0, 3
BEST = 11_604  # SJC324 with three facilities, as published


def measure(scratch: Path) -> Iterator[Figure]:
    from blockwise.analysis.cover.location import mclp
    from blockwise.exchange.siting import read_siting
    from tests.folders import shared_folder

    asked = read_siting(shared_folder() / "oracles/mclp/SJC324.txt", None, None)
    covers = asked.covers(800.0)
    mclp(asked.demand.weight, covers, 1)  # compiled before it is timed
    seconds, found = _timed(asked.demand.weight, covers, 3)
    assert (found.objective, found.proven) == (BEST, True)
    began = time.perf_counter()
    _greedy(asked.demand.weight, covers, 3)
    notes = {"covered": found.objective, "gap": found.gap}
    yield Figure(
        "cover", "MCLP, SJC324, 3 facilities, proven", "s", seconds, None, "the greedy choice alone",
        time.perf_counter() - began, notes,
    )  # fmt: skip
    yield from _district()


def _district() -> Iterator[Figure]:
    from blockwise.analysis.cover.problem import demand

    draw = np.random.default_rng(1)
    columns = int(np.ceil(np.sqrt(CELLS)))
    cells = np.stack(np.divmod(np.arange(CELLS), columns), axis=1) * 20_000 / columns
    centres = draw.uniform(0, 20_000, (8, 2))
    near = np.hypot(*(cells[:, None] - centres).transpose(2, 0, 1)).min(axis=1)
    weight = np.round(draw.gamma(2, 50, CELLS) * (0.2 + np.exp(-near / 3_000)), 1)
    sites = cells[draw.permutation(CELLS)[:SITES]]
    covers = np.hypot(*(cells[:, None] - sites).transpose(2, 0, 1)) <= RADIUS_M
    seconds, found = _timed(weight, covers, UNITS)
    began = time.perf_counter()
    greedy = _greedy(weight, covers, UNITS)
    alone = time.perf_counter() - began
    within = demand(weight, covers)
    notes = {
        "share_covered": found.objective / weight.sum(), "proven": found.proven, "pairs": within.covers.nnz,
        "greedy_short_of_it": 1 - greedy / found.objective,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip
    what = f"MCLP, {CELLS:,} cells, {SITES} sites, {UNITS} units, 1.5 km"
    yield Figure("cover", what, "s", seconds, Goal(60.0), "the greedy choice alone", alone, notes)
    gap = 100 * (found.bound - found.objective) / found.bound
    short = 100 * (found.bound - greedy) / found.bound
    yield Figure("cover", f"{what}: short of its bound by", "%", (gap,), Goal(3.0), "the greedy choice alone", short)


def _timed(weight: Any, covers: Any, facilities: int) -> tuple[tuple[float, ...], Any]:
    from blockwise.analysis.cover.location import mclp

    seconds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        found = mclp(weight, covers, facilities)
        seconds.append(time.perf_counter() - began)
    return tuple(seconds), found


def _greedy(weight: Any, covers: Any, facilities: int) -> float:
    from blockwise.analysis.cover.groups import grouped
    from blockwise.analysis.cover.heuristic import Worth, greedy
    from blockwise.analysis.cover.problem import demand

    groups = grouped(demand(weight, covers))
    worth = Worth(groups.weight, np.ones(1))
    return worth.of(groups.times(greedy(groups, worth, facilities)))
