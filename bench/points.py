"""Points to blocks: one question at a time, as every call asks it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .figures import Figure, Goal
from .installation import city, inside, installed

POINTS, RUNS = 20_000, 5


def measure(scratch: Path) -> Iterator[Figure]:
    with installed("SQLite", scratch / "home", city("district")) as home:
        found = inside(home, "points.ask", points=POINTS, runs=RUNS)
    goal = Goal(10_000.0, at_least=True)
    notes = {"blocks": found["blocks"], "outside": found["outside"]}
    baseline = "the same points in one call on arrays"
    yield Figure(
        "points", "points to blocks, single calls", "/s", tuple(found["rates"]), goal, baseline, found["base"], notes
    )


def ask(points: int, runs: int) -> dict[str, Any]:
    """Points all over the city's rectangle; both ways must give the same blocks."""
    import numpy as np

    from blockwise.places.current import places
    from blockwise.places.queries import block_at, blocks_at

    box = np.array([shape.bounds for shape in places().index.shapes])
    west, south, east, north = *box.min(axis=0)[:2], *box.max(axis=0)[2:]
    draw = np.random.default_rng(1)
    lon = (draw.uniform(west, east, points) * 1e7).astype(np.int64)
    lat = (draw.uniform(south, north, points) * 1e7).astype(np.int64)
    pairs = list(zip(lon.tolist(), lat.tolist(), strict=True))
    blocks_at(lon[:10], lat[:10])
    rates = []
    for _ in range(runs):
        began = time.perf_counter()
        singly = [block_at(*pair) for pair in pairs]
        rates.append(points / (time.perf_counter() - began))
    began = time.perf_counter()
    at_once = blocks_at(lon, lat)
    base = points / (time.perf_counter() - began)
    codes = [answer and answer.block for answer in singly]
    assert codes == at_once
    return {"rates": rates, "base": base, "blocks": len(set(codes)), "outside": codes.count(None)}
