"""Which units to send, end to end: asked over HTTP for cases all over the district, with 2,000 units."""

from __future__ import annotations

import csv
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.servers import Home, Server

from .creates import calls
from .figures import Figure, Goal, percentile
from .installation import city, inside, installed
from .load import drive, request

UNITS, CASES, RUNS, SECONDS = 2_000, 300, 3, 8.0


def measure(scratch: Path) -> Iterator[Figure]:
    with installed("SQLite", scratch / "home", crowded(city("district"), scratch / "city")) as home:
        yield from _measure(home)


def _measure(home: Home) -> Iterator[Figure]:
    inside(home, "recommendation.spread")
    token = inside(home, "clients", count=1)[0]
    points = inside(home, "places", count=997)
    base = inside(home, "recommendation.unbounded", runs=200)
    with Server(home) as server:
        made = drive(server.port, [_first(calls(token, points, 0), CASES)], every=0.02, seconds=CASES * 0.02)
        assert {one.status for one in made} == {201}
        asked = [request("GET", f"/api/cases/{number}/recommendation", token=token) for number in range(1, CASES + 1)]
        drive(server.port, [asked[:50]])
        runs = [drive(server.port, [_turns(asked)], seconds=SECONDS, every=0.04) for _ in range(RUNS)]
    for samples in runs:
        assert {one.status for one in samples} == {200}, samples[0].body[:300]
    times = [[one.seconds * 1e3 for one in samples] for samples in runs]
    late = tuple(percentile(one, 99) for one in times)
    notes = {
        "p50_ms": [round(percentile(one, 50), 1) for one in times],
        "in_process_p99_ms": inside(home, "recommendation.in_process", runs=300),
        "units": UNITS,
        "requests": len(times[0]),
    }
    baseline = "one unbounded Dijkstra, p99"
    yield Figure("recommendation", "over HTTP, 2,000 units, p99", "ms", late, Goal(30.0), baseline, base, notes)


def _first(requests: Iterator[bytes], count: int) -> list[bytes]:
    return [next(requests) for _ in range(count)]


def _turns(requests: list[bytes]) -> Iterator[bytes]:
    while True:
        yield from requests


def crowded(source: Path, folder: Path, count: int = UNITS) -> Path:
    """The city folder with `count` units, always on duty, in place of its own."""
    folder.mkdir(parents=True)
    for path in source.iterdir():
        if path.name not in {"units.csv", "roster.csv", "people.csv", "calls.parquet", "truth.json"}:
            (folder / path.name).symlink_to(path)
    with (source / "units.csv").open(encoding="utf-8-sig") as file:
        own = list(csv.DictReader(file))
    units = [{**own[n % len(own)], "code": f"X{n:04d}", "call_sign": f"X{n:04d}"} for n in range(count)]
    _write(folder / "units.csv", units)
    week = "mon tue wed thu fri sat sun"
    _write(
        folder / "roster.csv", [{"unit": unit["code"], "days": week, "from": "00:00", "to": "00:00"} for unit in units]
    )
    with (source / "people.csv").open(encoding="utf-8-sig") as file:
        _write(folder / "people.csv", [row | {"unit": ""} for row in csv.DictReader(file) if row["role"] != "crew"])
    return folder


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def spread() -> int:
    """Put the units all over the city: three in four free, the others out for a meal; bench only."""
    from django.db import transaction

    from blockwise.access.actors import LOADER
    from blockwise.clock import real_now
    from blockwise.ledger.lines import Entry, write
    from blockwise.places.models import Block
    from blockwise.units.models import Meaning, Status, Unit

    draw = random.Random(1)
    cells = list(Block.objects.filter(children=None))
    free, away = (Status.objects.filter(meaning=one).first() for one in (Meaning.AVAILABLE, Meaning.UNAVAILABLE))
    units = list(Unit.objects.all())
    for unit in units:
        cell, status = draw.choice(cells), free if draw.random() < 0.75 else away
        assert status is not None
        unit.block, unit.lon_e7, unit.lat_e7 = cell, cell.lon_e7, cell.lat_e7
        unit.status, unit.meaning, unit.position_at = status, status.meaning, real_now()
    with transaction.atomic():
        Unit.objects.bulk_update(units, ["block", "lon_e7", "lat_e7", "status", "meaning", "position_at"], 200)
        write([Entry("system", "units_spread", LOADER.id)])
    return len(units)


def unbounded(runs: int) -> float:
    """Milliseconds (p99) of one Dijkstra over the whole road graph from a random node."""
    from scipy.sparse.csgraph import dijkstra

    from blockwise.places.current import places

    graph = places().network.graph
    matrix = graph.matrix(graph.periods[0])
    draw = random.Random(1)
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        dijkstra(matrix, indices=draw.randrange(len(graph.node)))
        times.append((time.perf_counter() - began) * 1e3)
    return percentile(times, 99)


def in_process(runs: int) -> float:
    """Milliseconds (p99) of the recommendation alone, without HTTP."""
    from blockwise.cases.models import Case
    from blockwise.response.recommend import recommend

    cases = list(Case.objects.filter(final=False))
    times = []
    for number in range(runs + 5):
        began = time.perf_counter()
        found: Any = recommend(cases[number % len(cases)])
        times.append((time.perf_counter() - began) * 1e3)
        assert found.considered == UNITS
    return round(percentile(times[5:], 99), 1)
