"""Positions beside call taking: 5,000 a second of as many units while calls come in, and the calls without them."""

from __future__ import annotations

import itertools
import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.servers import Home, Server

from .creates import calls
from .figures import Figure, Goal, percentile
from .installation import city, inside, installed
from .load import Sample, drive, request
from .recommendation import crowded

UNITS, RATE, BATCH = 5_000, 5_000, 500  # each unit once a second, by one gateway
TAKERS, EVERY = 4, 0.2  # 20 calls a second: far more than a storm brings
RUNS, SECONDS = 3, 10.0


def measure(scratch: Path) -> Iterator[Figure]:
    with installed("SQLite", scratch / "home", crowded(city("district"), scratch / "city", UNITS)) as home:
        yield from _measure(home)


def _measure(home: Home) -> Iterator[Figure]:
    inside(home, "recommendation.spread")
    gateway, *takers = inside(home, "clients", count=TAKERS + 1)
    points = inside(home, "places", count=997)
    units = inside(home, "positions.standing")
    plans = [calls(token, points, number) for number, token in enumerate(takers)]
    with Server(home) as server:
        drive(server.port, plans, seconds=2, every=EVERY)
        alone = drive(server.port, plans, seconds=SECONDS, every=EVERY)
        runs = [_beside(server.port, plans, gateway, units) for _ in range(RUNS)]
    base = percentile(_created(alone), 95)
    notes = {
        "calls_a_second": TAKERS / EVERY,
        "p99_ms": [round(percentile(_created(created), 99), 1) for created, _sent in runs],
        "positions_p95_ms": [round(percentile([one.seconds * 1e3 for one in sent], 95), 1) for _created, sent in runs],
        "load": [round(one, 1) for one in os.getloadavg()],
    }
    late = tuple(percentile(_created(created), 95) for created, _sent in runs)
    taken = tuple(_accepted(sent) / _lasted(sent) for _created, sent in runs)
    yield Figure("positions", f"taken in, {UNITS:,} units", "/s", taken, Goal(RATE, at_least=True), "sent", RATE, notes)
    yield Figure("positions", "a call's create beside them, p95", "ms", late, Goal(100.0), "without them, p95", base)


def _beside(
    port: int, plans: list[Iterator[bytes]], gateway: str, units: list[Any]
) -> tuple[list[Sample], list[Sample]]:
    """What came of the calls and of the positions that were sent at the same time."""
    sender = [_positions(gateway, units)]
    with ThreadPoolExecutor(2) as both:
        created = both.submit(drive, port, plans, seconds=SECONDS, every=EVERY)
        sent = both.submit(drive, port, sender, seconds=SECONDS, every=BATCH / RATE)
        return created.result(), sent.result()


def _positions(token: str, units: list[Any]) -> Iterator[bytes]:
    """Batches without end: every unit in turn, some 30 metres on."""
    draw = random.Random(1)
    for batch in itertools.cycle(range(0, len(units), BATCH)):
        at = datetime.now(UTC).isoformat()
        body = [
            {"unit": code, "lon": lon + draw.uniform(-3e-4, 3e-4), "lat": lat, "at": at, "accuracy_m": 8.0}
            for code, lon, lat in units[batch : batch + BATCH]
        ]
        yield request("POST", "/api/positions", token=token, body=body)


def _created(samples: list[Sample]) -> list[float]:
    statuses = Counter(one.status for one in samples)
    assert set(statuses) == {201}, f"not every call was taken: {statuses}"
    return [one.seconds * 1e3 for one in samples]


def _accepted(samples: list[Sample]) -> int:
    statuses = Counter(one.status for one in samples)
    assert set(statuses) == {200}, f"not every batch was taken: {statuses}"
    return sum(int(json.loads(one.body)["accepted"]) for one in samples)


def _lasted(samples: list[Sample]) -> float:
    """Seconds from the first batch to the last answer; a gateway that falls behind its plan takes longer."""
    return max(SECONDS, max(one.began + one.seconds for one in samples) - min(one.began for one in samples))


def standing() -> list[tuple[str, float, float]]:
    """Every unit and where it stands (degrees); bench only."""
    from blockwise.units.models import Unit

    rows = Unit.objects.order_by("code").values_list("code", "lon_e7", "lat_e7")
    return [(code, lon / 1e7, lat / 1e7) for code, lon, lat in rows]
