"""Fifty at once send one unit: one assignment, forty-nine clear conflicts, on both databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
SERVER = os.environ.get("BLOCKWISE_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
NAME = f"bw_contend_{os.getpid()}"


def contend(home: Path, database: str) -> dict[str, list[object]]:
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "BLOCKWISE_HOME": str(home),
        "BLOCKWISE_TEST_POSTGRES": database,
        "DATABASE_URL": database,
    }
    command = [sys.executable, "-m", "tests.units.contend"]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, list[object]] = json.loads(done.stdout.splitlines()[-1])
    return answer


def hold(found: dict[str, list[object]]) -> None:
    assert found["others"] == []
    [case] = found["sent"]
    assert found["assignments"] == [[case, "P1"]]
    assert found["lines"] == [f"case:{case}"]
    assert len(found["conflicts"]) == 49
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
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no PostgreSQL at BLOCKWISE_POSTGRES: {error}")
    with server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
        try:
            hold(contend(tmp_path, urlunsplit(urlsplit(SERVER)._replace(path=f"/{NAME}"))))
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(NAME)))
