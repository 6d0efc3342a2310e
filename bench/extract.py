"""An OpenStreetMap extract of 100 MB into roads, addresses and landmarks, in a process of its own; and the same read by
the library alone."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import osmium

from .figures import Figure, Goal

MB, RUNS = 100, 2
SIDE = 120  # nodes of a made town's mesh
FURTHER = 60  # nodes beside each road node that no road names: buildings, woods, shores
MOST_MB = 1_500.0  # of memory

_READ = """
import resource, sys, time
from pathlib import Path
from blockwise.exchange.osm.write import write_osm
out = Path(sys.argv[2])
out.mkdir(exist_ok=True)
began = time.perf_counter()
report = write_osm(Path(sys.argv[1]), out, ("day",), lambda step: None)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(time.perf_counter() - began, peak, report.counts["edges"])
"""


def measure(scratch: Path) -> Iterator[Figure]:
    path = scratch / "made.osm.pbf"
    nodes = _make(path)
    size = path.stat().st_size / 1e6
    began = time.perf_counter()
    for _one in osmium.FileProcessor(str(path)).with_filter(osmium.filter.KeyFilter("none")):
        pass
    base = time.perf_counter() - began
    seconds, peaks, edges = [], [], 0
    for _run in range(RUNS):
        told = subprocess.run(
            [sys.executable, "-c", _READ, str(path), str(scratch / "out")], capture_output=True, text=True, check=True
        ).stdout.split()
        seconds.append(float(told[0]))
        peaks.append(float(told[1]))
        edges = int(told[2])
    notes = {"MB": round(size), "nodes": nodes, "edges": edges}
    yield Figure("extract", f"read, {size:.0f} MB", "s", tuple(seconds), None, "every object passed over", base, notes)
    yield Figure("extract", "memory while it is read", "MB", tuple(peaks), Goal(MOST_MB), notes=notes)


def _make(path: Path) -> int:
    """Towns side by side until the file is large enough; how many nodes it has."""
    chance, writer, node, way = random.Random(5), osmium.SimpleWriter(str(path)), 0, 0
    towns: list[tuple[int, int]] = []
    while not path.exists() or path.stat().st_size < MB * 1_000_000:
        town, first = len(towns), node + 1
        west, south = 100.0 + 0.2 * (town % 50), 20.0 + 0.2 * (town // 50)
        for k in range(SIDE * SIDE):
            node += 1
            at = (west + 0.001 * (k % SIDE), south + 0.001 * (k // SIDE))
            tags = {"addr:housenumber": str(k % 200), "addr:street": f"Road {k % 97}"} if k % 5 == 0 else {}
            writer.add_node(osmium.osm.mutable.Node(id=node, location=at, tags=tags))
            for _more in range(FURTHER // 10):
                node += 1
                away = (at[0] + chance.uniform(-4e-4, 4e-4), at[1] + chance.uniform(-4e-4, 4e-4))
                writer.add_node(osmium.osm.mutable.Node(id=node, location=away))
        towns.append((first, way))
    step = FURTHER // 10 + 1
    for first, _way in towns:
        for row in range(SIDE):
            for turned in (False, True):
                way += 1
                places = [(k * SIDE + row) if turned else (row * SIDE + k) for k in range(SIDE)]
                tags = {"highway": "residential", "name": f"Road {row}", "maxspeed": "40"}
                refs = [first + place * step for place in places]
                writer.add_way(osmium.osm.mutable.Way(id=way, nodes=refs, tags=tags))
    writer.close()
    return node
