"""How long `blockwise serve` takes to answer on the loaded district, and what memory the server holds at work."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.servers import Home, Server

from .creates import calls
from .figures import Figure, Goal, memory
from .installation import ENGINES, city, inside, installed
from .load import drive, request

RUNS = 5
BARE = "import django, numpy, scipy.sparse.csgraph, shapely; django.setup(); print('up', flush=True); input()"


def measure(scratch: Path) -> Iterator[Figure]:
    for engine in ENGINES:
        with installed(engine, scratch / engine, city("district")) as home:
            yield from _measure(home, engine)


def _measure(home: Home, engine: str) -> Iterator[Figure]:
    tokens = inside(home, "clients", count=4)
    points = inside(home, "places", count=997)
    seconds, shared, resident = [], [], []
    for _ in range(RUNS):
        began = time.monotonic()
        with Server(home) as server:
            seconds.append(time.monotonic() - began)
            _work(server, tokens, points)
            shared.append(memory(server.process.pid))
            resident.append(round(memory(server.process.pid, "Rss")))
    base_s, base_mb = _bare(home)
    what = f"start to the first answer, {engine}"
    yield Figure("startup", what, "s", tuple(seconds), Goal(10.0), "Python with Django and numpy set up", base_s)
    what = f"memory after work, all processes of one server, {engine}"
    notes = {"with pages they share counted for each process": resident}
    yield Figure(
        "startup", what, "MB", tuple(shared), Goal(350.0), "Python with Django and numpy set up", base_mb, notes
    )


def _work(server: Server, tokens: list[str], points: list[tuple[float, float]]) -> None:
    """Everything that fills memory: calls, recommendations, lists, addresses, and all that a console's map loads."""
    drive(server.port, [calls(token, points, number) for number, token in enumerate(tokens)], seconds=2)
    lon, lat = points[0]
    asked = ["/api/cases", "/api/blocks.geojson", f"/api/blocks/at?lon={lon}&lat={lat}", "/api/cases/1/recommendation"]
    asked += ["/api/addresses?q=1", "/api/units", "/api/roads.geojson", f"/api/rings?lon={lon}&lat={lat}"]
    asked += [f"/api/blocks.geojson?level={level}" for level in ("subdistrict", "community", "cell")]
    for one in drive(server.port, [[request("GET", path, token=tokens[0]) for path in asked]]):
        assert one.status == 200, (one.status, one.body[:300])


def _bare(home: Home) -> tuple[float, float]:
    began = time.monotonic()
    environment = home.environment(DJANGO_SETTINGS_MODULE="blockwise.site.settings")
    with subprocess.Popen(
        [sys.executable, "-c", BARE], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as bare:
        assert bare.stdout is not None
        bare.stdout.readline()
        taken, used = time.monotonic() - began, memory(bare.pid)
        bare.communicate(b"\n")
    return taken, used
