"""A district of three million residents cut into cells along its roads; beside it, its faces alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import shapely

from blockwise.exchange.begin.standins import write_mesh
from blockwise.exchange.grid.cells import Streets, grid_of
from blockwise.exchange.grid.faces import faces_of
from blockwise.exchange.outlines.blocks import Block

from .figures import Figure, Goal

PEOPLE, CELL, PARTS, SIDE, RUNS = 3_000_000, 620, 10, 0.2, 3  # residents, of a cell, sub-districts, degrees
GOAL_S = 60.0


def measure(scratch: Path) -> Iterator[Figure]:
    whole = shapely.box(114.0, 22.5, 114.0 + SIDE, 22.5 + SIDE)
    write_mesh(scratch / "roads.parquet", whole, ("day",))
    roads = pq.read_table(scratch / "roads.parquet")
    ends = [np.column_stack([roads[f"{end}_{axis}"].to_numpy() for axis in ("lon", "lat")]) for end in ("from", "to")]
    streets = Streets(shapely.linestrings(np.stack(ends, axis=1)), [""] * len(roads), [""] * len(roads))
    doors = np.random.default_rng(3).normal((114.1, 22.6), SIDE / 5, size=(200_000, 2))
    step = SIDE / PARTS
    shapes = [shapely.box(114.0, 22.5 + k * step, 114.0 + SIDE, 22.5 + (k + 1) * step) for k in range(PARTS)]
    blocks = [Block(f"1{k}", f"{k}", f"{k}", "part", "1", PEOPLE // PARTS, one) for k, one in enumerate(shapes)]
    began = time.perf_counter()
    for block in blocks:
        faces_of(block.geometry, streets.line, np.empty((0, 2)))
    base = time.perf_counter() - began
    seconds, grid = [], None
    for _run in range(RUNS):
        began = time.perf_counter()
        grid = grid_of(blocks, "cell", streets, doors, CELL)
        seconds.append(time.perf_counter() - began)
    assert grid is not None
    notes = {"cells": len(grid.cells), "unequal": round(grid.unequal, 3), "compact": round(grid.compact, 3)}
    what = f"{len(grid.cells):,} cells of {PEOPLE:,} residents"
    yield Figure("grid", what, "s", tuple(seconds), Goal(GOAL_S), "the pieces between the roads alone", base, notes)
