"""Replay as fast as it goes: generated calls answered by the recommendation, and San Francisco's as recorded."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from tests.folders import shared_folder
from tests.servers import Home

from .creates import raw_commits
from .figures import Figure
from .installation import ENGINES, SCRATCH, city, installed, run

HOURS = 24


def measure(scratch: Path) -> Iterator[Figure]:
    small = first_day(city("small"), scratch / "small")
    sources = [("generated small city, recommended", small, "recommended")]
    if (shared_folder() / "data").is_dir():
        sources.append(("San Francisco's first day, historic", first_day(_san_francisco(), scratch / "sf"), "historic"))
    for engine in ENGINES:
        for name, folder, dispatch in sources:
            with installed(engine, scratch / f"{engine}-{dispatch}", folder) as home:
                yield _measure(home, f"{name}, {engine}", folder, dispatch)


def _measure(home: Home, what: str, folder: Path, dispatch: str) -> Figure:
    base = raw_commits(home)
    began = time.monotonic()
    told = run(home, "-m", "blockwise.cli.main", "replay", str(folder), "--dispatch", dispatch)
    seconds = time.monotonic() - began
    calls = int(re.search(r"= (\d+) played", told)[1])  # type: ignore[index]  # the command always tells it
    acts = int(re.search(r"^acts: (\d+)", told, re.M)[1])  # type: ignore[index]  # as above
    run(home, "-m", "blockwise.cli.main", "verify")
    rate = (calls + acts) / seconds
    notes = {
        "calls": calls,
        "acts": acts,
        "seconds": round(seconds, 1),
        "times real time": round(HOURS * 3600 / seconds),
    }
    return Figure("replay", what, "events/s", (rate,), None, "raw durable single-row commits", base, notes)


def first_day(source: Path, folder: Path) -> Path:
    """The city folder with the calls, and what was recorded of them, of its first HOURS alone."""
    folder.mkdir(parents=True)
    for path in source.iterdir():
        if path.name not in {"calls.parquet", "responses.parquet", "truth.json"}:
            (folder / path.name).symlink_to(path)
    calls = pq.read_table(source / "calls.parquet")
    until = pc.min(calls["received_at"]).as_py() + timedelta(hours=HOURS)
    calls = calls.filter(pc.less(calls["received_at"], until))
    pq.write_table(calls, folder / "calls.parquet")
    if (source / "responses.parquet").exists():
        rows = pq.read_table(source / "responses.parquet")
        pq.write_table(rows.filter(pc.is_in(rows["call"], calls["call"])), folder / "responses.parquet")
    return folder


def _san_francisco() -> Path:
    folder = SCRATCH / "sf"
    if not (folder / "city.yaml").exists():
        run(
            Home(SCRATCH / "none"),
            "-m",
            "blockwise.cli.main",
            "city",
            "from-datasf",
            str(shared_folder() / "data"),
            str(folder),
        )
    return folder
