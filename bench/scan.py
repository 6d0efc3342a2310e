"""The scan statistic: the permutation scan that SaTScan was timed on, and a district's day of forty families."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .figures import Figure, Goal

RUNS = 5
SATSCAN_CPU_S = 10.0  # SaTScan 10.3.2 on 4 cores, the same size of problem
FAMILIES, CELLS, DAYS = 40, 4_833, 365


def measure(scratch: Path) -> Iterator[Figure]:
    yield from _as_satscan()
    yield from _district_day()


def _as_satscan() -> Iterator[Figure]:
    from blockwise.analysis.scan import circles, periods
    from blockwise.analysis.scan.scan import Windows

    draw = np.random.default_rng(1)
    for side, alive, goal in ((20, True, Goal(SATSCAN_CPU_S / 5)), (50, False, None)):
        around = circles.on_the_plane(*draw.uniform(0, side, (2, 2_000)), 1.0)
        windows = Windows(periods.longest_days(np.arange(DAYS + 1), 7), alive)
        cases = _cases(draw, 20_000, 2_000)
        seconds, wall, found = _timed(cases, around, windows, RUNS)
        what = f"2,000 places, 20,000 cases, 999 replicates, {'prospective' if alive else 'retrospective'}, CPU"
        notes = {
            "wall_s": wall, "places_in_a_circle": around.other.size / around.n, "clusters": len(found.clusters),
            "memory_mb": _peak(),
        }  # fmt: skip
        yield Figure("scan", what, "s", seconds, goal, "SaTScan's 10 s of CPU, as recorded", SATSCAN_CPU_S, notes)


def _district_day() -> Iterator[Figure]:
    from blockwise.analysis.scan import circles, periods
    from blockwise.analysis.scan.scan import Windows

    draw = np.random.default_rng(2)
    columns = int(np.ceil(np.sqrt(CELLS)))
    at = np.stack(np.divmod(np.arange(CELLS), columns)) * 20 / columns + draw.uniform(-0.05, 0.05, (2, CELLS))
    windows = Windows(periods.longest_days(np.arange(DAYS + 1), 28), alive=True)
    sizes = np.geomspace(20, 3_000, FAMILIES).astype(int).tolist()

    def day(cells: int, cases: float, replicates: int) -> float:
        began = time.perf_counter()
        around = circles.on_the_plane(*at[:, :cells], 2.0)
        for size in sizes:
            _timed(_cases(draw, max(int(size * cases), 2), cells), around, windows, 1, replicates)
        return time.perf_counter() - began

    runs = tuple(day(CELLS, 1, 999) for _ in range(3))
    halves = {
        "half_the_cells_s": day(CELLS // 2, 1, 999),
        "half_the_cases_s": day(CELLS, 0.5, 999),
        "half_the_replicates_s": day(CELLS, 1, 499),
        "memory_mb": _peak(),
    }
    what = f"a district's day: {CELLS:,} cells, {FAMILIES} families of 20 to 3,000 cases, 28 days, 2 km"
    yield Figure("scan", what, "s", runs, Goal(60.0), "half the replicates", halves["half_the_replicates_s"], halves)


def _cases(draw: np.random.Generator, size: int, places: int) -> Any:
    from blockwise.analysis.scan.scan import Cases

    return Cases(draw.integers(0, places, size), draw.integers(0, DAYS, size), np.zeros(size, dtype=np.int64))


def _timed(
    cases: Any, around: Any, windows: Any, runs: int, replicates: int = 999
) -> tuple[tuple[float, ...], float, Any]:
    """Seconds of CPU of each run, the median of the wall clock, and the answer."""
    from blockwise.analysis.scan.chance import Chance
    from blockwise.analysis.scan.scan import scan_dates

    if runs > 1:
        scan_dates(cases, around, windows, Chance(1))  # compiled before it is timed
    used, wall = [], []
    for _ in range(runs):
        began, spent = time.perf_counter(), time.process_time()
        found = scan_dates(cases, around, windows, Chance(replicates))
        used.append(time.process_time() - spent)
        wall.append(time.perf_counter() - began)
    return tuple(used), sorted(wall)[runs // 2], found


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
