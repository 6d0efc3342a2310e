"""Installations of one's own to measure: a generated city on SQLite or PostgreSQL, and what is done inside it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from tests.ledger.homes import POSTGRES
from tests.servers import Home, postgres_database

ROOT = Path(__file__).resolve().parents[1]
SCRATCH = Path(os.environ.get("BLOCKWISE_BENCH", ROOT / "var" / "bench"))
ENGINES = ("SQLite", "PostgreSQL")


def city(size: str) -> Path:
    """The generated city folder of this size, made once for each state of the generator."""
    sources = sorted((ROOT / "blockwise" / "exchange" / "newcity").glob("*.py"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    folder = SCRATCH / f"{size}-{digest[:12]}"
    if not (folder / "truth.json").exists():  # written last
        shutil.rmtree(folder, ignore_errors=True)
        run(Home(SCRATCH / "none"), "-m", "blockwise.cli.main", "city", "new", str(folder), "--size", size)
    return folder


@contextmanager
def installed(engine: str, folder: Path, city: Path) -> Iterator[Home]:
    """A migrated installation with this city in it; its database is dropped in the end."""
    if engine == "SQLite":
        yield _filled(Home(folder), city)
        return
    with postgres_database(POSTGRES) as url:
        yield _filled(Home(folder, url), city)


def _filled(home: Home, city: Path) -> Home:
    home.folder.mkdir(parents=True, exist_ok=True)
    run(home, "-m", "blockwise.cli.main", "migrate")
    run(home, "-m", "blockwise.cli.main", "city", "load", str(city), "--purpose", "replay")
    return home


def inside(home: Home, function: str, **given: Any) -> Any:
    """The result of a function of bench.inside (or "module.function" of bench) in a process of this installation."""
    return json.loads(run(home, "-m", "bench.inside", function, given=given).splitlines()[-1])


def run(home: Home, *words: str, given: Any = None) -> str:
    """What a Python process prints that runs in this installation; it must succeed."""
    done = subprocess.run(
        [sys.executable, *words],
        env=home.environment(BLOCKWISE_LOG="WARNING"),
        cwd=ROOT,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def bind_backends(url: str, cores: Sequence[int]) -> bool:
    """Bind PostgreSQL's processes for this database to `cores`; False where this user may not."""
    with psycopg.connect(url) as own:
        name = urlsplit(url).path.lstrip("/")
        rows = own.execute("SELECT pid FROM pg_stat_activity WHERE datname = %s", [name]).fetchall()
    try:
        for (pid,) in rows:
            os.sched_setaffinity(pid, cores)
    except (PermissionError, ProcessLookupError):
        return False
    return True
