"""The hypercube queueing model, exactly, with 15 units and 400 places of orders of their own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .figures import Figure, Goal

PLACES, UNITS, RUNS = 400, 15, 5


def measure(scratch: Path) -> Iterator[Figure]:
    from blockwise.analysis.queue.approximation import approximate
    from blockwise.analysis.queue.hypercube import exact

    draw = np.random.default_rng(1)
    rates = draw.uniform(0.1, 1, PLACES)
    orders = [draw.permutation(UNITS).tolist() for _ in range(PLACES)]
    mu = rates.sum() / UNITS / 0.6
    exact(rates[:1], [[0, 1]], 9.0)  # compiled before it is timed
    seconds, base = [], []
    for _ in range(RUNS):
        began = time.perf_counter()
        true = exact(rates, orders, mu).workloads
        middle = time.perf_counter()
        near = approximate(rates, orders, mu).workloads
        seconds.append(middle - began)
        base.append(time.perf_counter() - middle)
    notes = {"states": 1 << UNITS, "largest_relative_error_of_the_approximation": float(np.abs(near / true - 1).max())}
    yield Figure(
        "hypercube", "exact, 15 units, 400 places", "s", tuple(seconds), Goal(1.0), "Larson's approximation",
        sorted(base)[RUNS // 2], notes,
    )  # fmt: skip
