"""Installations of their own, with a database file or a PostgreSQL database, worked by separate processes."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).parents[2]
POSTGRES = os.environ.get("BLOCKWISE_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
ENGINES = [pytest.param("sqlite", marks=pytest.mark.slow), pytest.param("postgresql", marks=pytest.mark.postgres)]

NAME = "标记姓名 Marked-Name-7731"
FILL = """
from django.db import transaction
from blockwise.ledger import seals, vault
from blockwise.ledger.lines import Entry, write
numbers = list(range(int(sys.argv[1]), int(sys.argv[2])))
while numbers:
    with transaction.atomic():
        entries = []
        for n in numbers[:20]:
            contact = {"name": sys.argv[3], "n": n}
            sealed = vault.seal_many(f"case:{n % 50}", {"contact": contact, "note": sys.argv[3] * (n % 7)})
            entries.append(Entry(f"case:{n % 50}", "note", "user:1", "0101", {"sealed": sealed}))
        write(entries)
    del numbers[:20]
seals.seal_all()
"""


@dataclass(frozen=True)
class Home:
    """`url` is empty for SQLite, where the database is a file in `folder`."""

    folder: Path
    url: str = ""

    @property
    def file(self) -> Path:
        return self.folder / "blockwise.sqlite3"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`blockwise <arguments>` in this home."""
        return self._process([sys.executable, "-m", "blockwise.cli.main", *arguments])

    def python(self, code: str, *arguments: str) -> str:
        """What a script prints that runs with Django set up; it must succeed."""
        done = self._process(_script(code, *arguments))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def fails(self, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What a script comes to that must not succeed."""
        done = self._process(_script(code, *arguments))
        assert done.returncode, done.stdout
        return done

    @contextmanager
    def running(self, code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A script at work, killed at the end."""
        command = _script(code, *arguments)
        with subprocess.Popen(command, env=self._environment(), cwd=ROOT, stdout=subprocess.PIPE, text=True) as one:
            yield one
            one.kill()

    def _process(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        self.folder.mkdir(parents=True, exist_ok=True)
        env = self._environment()
        return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=300)

    def _environment(self) -> dict[str, str]:
        env = os.environ | {
            "BLOCKWISE_HOME": str(self.folder),
            "DATABASE_URL": self.url,
            "DJANGO_SETTINGS_MODULE": "blockwise.site.settings",
        }
        env.pop("BLOCKWISE_TEST_POSTGRES", None)
        return env


def _script(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", f"import sys; from blockwise.cli import start; start.django()\n{code}", *arguments]


@contextmanager
def made(engine: str, folder: Path) -> Iterator[Home]:
    """A migrated home; its PostgreSQL database is dropped afterwards."""
    if engine == "sqlite":
        home = Home(folder)
        assert home.run("migrate").returncode == 0
        yield home
        return
    name = f"bw_ledger_{uuid.uuid4().hex[:10]}"
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            home = Home(folder, f"{POSTGRES.rsplit('/', 1)[0]}/{name}")
            done = home.run("migrate")
            assert done.returncode == 0, done.stderr
            yield home
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
