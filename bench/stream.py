"""A line committed to the line seen by another client: two followers of /api/stream while calls are taken."""

from __future__ import annotations

import json
import multiprocessing
import socket
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from tests.servers import Home, Server

from .creates import PROCESSES, calls
from .figures import Figure, Goal, percentile
from .installation import ENGINES, city, inside, installed
from .load import drive, request

CLIENTS, EVERY, RUNS, SECONDS, FOLLOWERS = 10, 0.5, 3, 10.0, 2  # 20 calls a second


def measure(scratch: Path) -> Iterator[Figure]:
    for engine in ENGINES:
        with installed(engine, scratch / engine, city("district")) as home:
            yield from _measure(home, engine)


def _measure(home: Home, engine: str) -> Iterator[Figure]:
    tokens = inside(home, "clients", count=CLIENTS + 1)
    points = inside(home, "places", count=997)
    plans = [calls(token, points, number) for number, token in enumerate(tokens[1:])]
    with Server(home, PROCESSES[engine]) as server:
        drive(server.port, plans, seconds=2, every=EVERY)
        runs = [_run(server.port, tokens[0], plans) for _ in range(RUNS)]
        asked = [request("GET", "/healthz")]
        echo = drive(server.port, [_again(asked)], seconds=4, every=0.05)
    late = tuple(percentile(delays, 95) for delays in runs)
    base = percentile([one.seconds * 1e3 for one in echo], 95)
    notes = {
        "p50_ms": [round(percentile(delays, 50)) for delays in runs],
        "slowest_ms": round(max(max(delays) for delays in runs)),
        "lines": [len(delays) for delays in runs],
        "calls_a_second": CLIENTS / EVERY,
    }
    what = f"recorded to seen by another client, p95, {engine}"
    yield Figure("stream", what, "ms", late, Goal(300.0), "GET /healthz, p95", base, notes)


def _again(requests: list[bytes]) -> Iterator[bytes]:
    while True:
        yield from requests


def _run(port: int, token: str, plans: list[Iterable[bytes]]) -> list[float]:
    """Milliseconds from each line's `recorded_at`, which is just before its commit, to its arrival at a follower."""
    context = multiprocessing.get_context("fork")
    ends = []
    for _ in range(FOLLOWERS):
        ours, theirs = context.Pipe(duplex=False)
        context.Process(target=_follow, args=(theirs, port, token), daemon=True).start()
        assert ours.recv() == "following"
        ends.append(ours)
    count = sum(
        one.status == 201 for one in drive(port, [islice(plan, 1000) for plan in plans], seconds=SECONDS, every=EVERY)
    )
    delays: list[float] = []
    for end in ends:
        seen = end.recv()
        assert len(seen) >= count, f"a follower saw {len(seen)} lines of {count} calls"
        delays += seen
    return delays


def _follow(pipe: Any, port: int, token: str) -> None:
    """Read the stream until nothing has come for two seconds after the first line."""
    stream = socket.create_connection(("127.0.0.1", port), timeout=10)
    stream.sendall(request("GET", "/api/stream", token=token))
    stream.recv(4096)
    pipe.send("following")
    stream.settimeout(3.0)
    delays: list[float] = []
    rest = b""
    try:
        while piece := stream.recv(65_536):
            now = time.time()
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                if line.startswith(b"data: "):
                    recorded_at = datetime.fromisoformat(json.loads(line[6:])["recorded_at"])
                    delays.append((now - recorded_at.timestamp()) * 1e3)
    except TimeoutError:
        pipe.send(delays)
