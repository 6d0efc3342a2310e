"""Fifty at once send one unit, then forty-nine divert it: one wins, the others are told, on both databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
SERVER = os.environ.get("BLOCKWISE_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
NAME = f"bw_contend_{os.getpid()}"


def contend(home: Path, database: str, module: str = "tests.units.contend") -> Any:
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "BLOCKWISE_HOME": str(home),
        "BLOCKWISE_TEST_POSTGRES": database,
        "DATABASE_URL": database,
    }
    command = [sys.executable, "-m", module]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def own_database() -> Iterator[str]:
    """An empty database on the server, gone afterwards."""
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no PostgreSQL at BLOCKWISE_POSTGRES: {error}")
    with server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
        try:
            yield urlunsplit(urlsplit(SERVER)._replace(path=f"/{NAME}"))
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(NAME)))


def hold(rounds: list[dict[str, list[object]]]) -> None:
    assert [len(found["conflicts"]) for found in rounds] == [49, 48]
    for found in rounds:
        assert found["others"] == []
        [case] = found["won"]
        assert found["assignments"] == [[case, "P1"]]
        assert found["lines"] == [f"case:{case}"]
        for conflict in found["conflicts"]:
            assert isinstance(conflict, dict)
            assert (conflict["unit"], conflict["case"], conflict["by"]) == ("P1", case, "user:1")
            assert conflict["what"].startswith(f"P1号 has been on case {case} since ")


@pytest.mark.slow
def test_one_of_fifty_wins_on_sqlite(tmp_path: Path) -> None:
    hold(contend(tmp_path, ""))
    assert (tmp_path / "blockwise.sqlite3").exists()


@pytest.mark.postgres
def test_one_of_fifty_wins_on_postgresql(tmp_path: Path) -> None:
    with own_database() as database:
        hold(contend(tmp_path, database))
