"""Durable creates over HTTP: 16 clients take calls as fast as they are answered."""

from __future__ import annotations

import itertools
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg

from tests.servers import Home, Server

from .figures import Figure, Goal, percentile
from .installation import ENGINES, bind_backends, city, inside, installed
from .load import Sample, drive, request

CLIENTS, RUNS, SECONDS = 16, 3, 8.0
GOALS = {"SQLite": 150.0, "PostgreSQL": 250.0}
PROCESSES = {"SQLite": 1, "PostgreSQL": 2}
ROW = "x" * 600  # about a line of the record


def measure(scratch: Path) -> Iterator[Figure]:
    for engine in ENGINES:
        with installed(engine, scratch / engine, city("district")) as home:
            yield from _measure(home, engine)


def _measure(home: Home, engine: str) -> Iterator[Figure]:
    tokens = inside(home, "clients", count=CLIENTS)
    points = inside(home, "places", count=997)
    plans = [calls(token, points, number) for number, token in enumerate(tokens)]
    durable = inside(home, "durability")
    with Server(home, PROCESSES[engine]) as server:
        drive(server.port, plans, seconds=2)
        bound = bind_backends(home.database, sorted(os.sched_getaffinity(0))) if home.database else None
        runs = [drive(server.port, plans, seconds=SECONDS) for _ in range(RUNS)]
    base = raw_commits(home)
    rates = tuple(_created(samples) / SECONDS for samples in runs)
    late = tuple(percentile([one.seconds * 1e3 for one in samples], 95) for samples in runs)
    slowest = max(one.seconds for samples in runs for one in samples)
    notes = {"durability": durable, "processes": PROCESSES[engine], "clients": CLIENTS, "slowest_s": round(slowest, 3)}
    if bound is not None:
        notes["database on the same cores"] = bound
    what = f"durable creates, {engine}"
    baseline = "raw durable single-row commits, one connection"
    yield Figure("creates", what, "/s", rates, Goal(GOALS[engine], at_least=True), baseline, base, notes)
    yield Figure("creates", f"{what}, p95", "ms", late, Goal(150.0), "one raw commit", 1e3 / base)


def _created(samples: list[Sample]) -> int:
    statuses = Counter(one.status for one in samples)
    assert set(statuses) == {201}, f"not every call was taken: {statuses}"
    return len(samples)


def calls(token: str, points: list[tuple[float, float]], client: int) -> Iterator[bytes]:
    """Calls without end, each at another place and with its own key."""
    for number in itertools.count(client * 61):
        lon, lat = points[number % len(points)]
        body = {
            "type": "order.noise",
            "place": {"lon": lon, "lat": lat, "text": f"No. {number}", "kind": "street"},
            "channel": "phone",
            "caller": {"name": "Load Test", "phone": f"555 {number:05d}"},
            "description": "Loud music since an hour, on the third floor.",
        }
        yield request("POST", "/api/calls", token=token, key=uuid4().hex, body=body)


def raw_commits(home: Home, seconds: float = 3.0) -> float:
    """Rows a second, each committed alone and durably by one connection on the same engine and disk."""
    return _raw_postgres(home.database, seconds) if home.database else _raw_sqlite(home.folder, seconds)


def _raw_sqlite(folder: Path, seconds: float) -> float:
    database = sqlite3.connect(folder / "raw.sqlite3", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE raw (id INTEGER PRIMARY KEY, text TEXT)")
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        database.execute("INSERT INTO raw (text) VALUES (?)", [ROW])
        done += 1
    database.close()
    return done / (time.perf_counter() - began)


def _raw_postgres(url: str, seconds: float) -> float:
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("CREATE TABLE raw (id bigserial PRIMARY KEY, text text)")
        os.sched_setaffinity(database.info.backend_pid, os.sched_getaffinity(0))
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            database.execute("INSERT INTO raw (text) VALUES (%s)", [ROW])
            done += 1
        spent = time.perf_counter() - began
        database.execute("DROP TABLE raw")
    return done / spent
