"""The worker under load: 60 streams and 16 clients that take calls as fast as they are answered; and the console with
3,158 cases open. Meanwhile promises that are not kept become due one after the other."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.servers import Home, Server

from .creates import PROCESSES, calls
from .figures import Figure, Goal, percentile
from .followers import following
from .installation import ENGINES, bind_backends, city, inside, installed
from .load import Sample, drive, request

STREAMS, WRITERS, RUNS, SECONDS = 60, 16, 3, 20.0
EVERY = 0.25  # seconds between looks at the worker
OPEN, ASKED = 3_158, 20
PAGES = ("/console/", "/console/fresh", "/console/live")


def measure(scratch: Path) -> Iterator[Figure]:
    for engine in ENGINES:
        with installed(engine, scratch / engine, city("district")) as home:
            inside(home, "case_list.fill", count=OPEN, still_open=OPEN)
            yield from _measure(home, engine)


def _measure(home: Home, engine: str) -> Iterator[Figure]:
    tokens = inside(home, "clients", count=STREAMS + WRITERS)
    cookie = inside(home, "sessions", logins=["dispatcher"])[0]
    points = inside(home, "places", count=997)
    plans = [calls(token, points, number) for number, token in enumerate(tokens[STREAMS:])]
    with Server(home, PROCESSES[engine]) as server:
        yield from _console(server.port, engine, cookie)
        drive(server.port, plans, seconds=2)
        promised = inside(home, "worker.promise", seconds=(RUNS + 1) * SECONDS, most=OPEN)
        if home.database:
            bind_backends(home.database, sorted(os.sched_getaffinity(0)))
        with following(server.port, tokens[:STREAMS]) as seen:
            runs, lags = zip(*[_run(home, server.port, plans) for _ in range(RUNS)], strict=True)
        began = time.monotonic()
        server.stop()
        stopped = time.monotonic() - began
    left = inside(home, "worker.unsealed")
    for samples in runs:
        assert {one.status for one in samples} == {201}, [one.body[:200] for one in samples if one.status != 201][:3]
    times = [[one.seconds * 1e3 for one in samples] for samples in runs]
    notes: dict[str, Any] = {
        "promises_not_kept": promised,
        "calls_a_second": [round(len(samples) / SECONDS) for samples in runs],
        "lines_seen": [min(seen), max(seen)],
        "stopped_after_s": round(stopped, 1),
        "unsealed_after_the_stop": left,
        "load": os.getloadavg()[0],
    }
    what = f"{STREAMS} streams, {WRITERS} writers"
    yield _lag(f"worker's lag, {what}, p95, {engine}", lags, notes)
    late = tuple(percentile(one, 95) for one in times)
    p50 = {"p50_ms": [round(percentile(one, 50)) for one in times]}
    yield Figure("worker", f"a call, {what}, p95, {engine}", "ms", late, Goal(300.0), notes=p50)


def _lag(what: str, runs: Any, notes: dict[str, Any]) -> Figure:
    worst = [[max(look.values()) for look in looks] for looks in runs]
    names = {name for looks in runs for look in looks for name in look}
    by_job = {name: round(max(look.get(name, 0.0) for looks in runs for look in looks), 1) for name in sorted(names)}
    p50 = [round(percentile(one, 50), 2) for one in worst]
    more = {"p50_s": p50, "longest_s": {name: lag for name, lag in by_job.items() if lag}}
    return Figure("worker", what, "s", tuple(percentile(one, 95) for one in worst), Goal(3.0), notes=more | notes)


def _run(home: Home, port: int, plans: list[Iterator[bytes]]) -> tuple[list[Sample], list[dict[str, float]]]:
    found: list[list[dict[str, float]]] = []
    look = threading.Thread(target=lambda: found.append(inside(home, "worker.lags", seconds=SECONDS)))
    look.start()
    samples = drive(port, plans, seconds=SECONDS)
    look.join()
    return samples, found[0]


def _console(port: int, engine: str, cookie: str) -> Iterator[Figure]:
    for path in PAGES:
        asked = [request("GET", path, cookie=cookie)]
        drive(port, [asked * 3])
        samples = drive(port, [asked * ASKED], every=1.0, seconds=ASKED)
        assert {one.status for one in samples} == {200}
        took = tuple(one.seconds * 1e3 for one in samples)
        notes = {"p95_ms": round(percentile(took, 95)), "load": os.getloadavg()[0]}
        yield Figure("worker", f"{path}, {OPEN:,} open, median, {engine}", "ms", took, Goal(150.0), notes=notes)


def lags(seconds: float) -> list[dict[str, float]]:
    """How far behind each of the worker's jobs is, looked at every EVERY seconds; inside an installation."""
    from blockwise.site.lags import lags

    looks = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        looks.append({name: lag.total_seconds() for name, lag in lags().items()})
        time.sleep(EVERY)
    return looks


def promise(seconds: float, most: int) -> int:
    """Give open calls a promise each that is not kept, one after the other over so many seconds; inside an
    installation. How many."""
    from django.db import transaction

    from blockwise.access.actors import LOADER
    from blockwise.cases.models import Case, CaseClock
    from blockwise.clock import real_now
    from blockwise.ledger.lines import Entry, write

    now = real_now()
    open_calls = Case.objects.filter(final=False, kind="call").order_by("pk").values_list("pk", flat=True)[:most]
    promises = []
    for number, case in enumerate(open_calls):
        due = now + timedelta(seconds=seconds * number / len(open_calls))
        times = {"starts_at": now - timedelta(minutes=10), "due_at": due, "wakes_at": due}
        promises.append(CaseClock(case_id=case, name="dispatch", counts="real", **times))
    with transaction.atomic():
        CaseClock.objects.bulk_create(promises)
        write([Entry("system", "promised", LOADER.id)])
    return len(promises)


def unsealed() -> int:
    """Lines that no seal holds; inside an installation."""
    from django.db.models import Max

    from blockwise.ledger.models import Line, Seal

    return Line.objects.filter(number__gt=Seal.objects.aggregate(last=Max("last_line"))["last"] or 0).count()
