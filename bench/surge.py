"""Farrington's method over a district's cells: 4,833 weekly series, each week of a year."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .figures import Figure, Goal

SERIES, WEEKS, YEARS, RUNS, SAMPLE = 4_833, 52, 5, 3, 40


def measure(scratch: Path) -> Iterator[Figure]:
    from blockwise.analysis.surge.farrington import CLASSIC, NOUFAILY, farrington

    draw = np.random.default_rng(1)
    days = 7 * np.arange(52 * (YEARS + 1) + 20) + 4
    table = draw.poisson(draw.gamma(0.8, 2.5, SERIES), (days.size, SERIES))
    rows = range(days.size - WEEKS, days.size)
    for form, what, goal in ((CLASSIC, "Farrington 1996", Goal(20.0)), (NOUFAILY, "Noufaily 2013", None)):
        seconds = []
        for _ in range(RUNS):
            began = time.perf_counter()
            found = farrington(days, table, rows, years=YEARS, form=form)
            seconds.append(time.perf_counter() - began)
        began = time.perf_counter()
        for column in range(SAMPLE):
            farrington(days, table[:, column], rows, years=YEARS, form=form)
        single = (time.perf_counter() - began) * SERIES / SAMPLE
        notes = {"alarms": int(found.alarm.sum()), "tried": int(np.isfinite(found.bound).sum())}
        baseline = f"one series at a time (of {SAMPLE})"
        yield Figure(
            "surge", f"{what}, {SERIES:,} series x {WEEKS} weeks", "s", tuple(seconds), goal, baseline, single, notes
        )
