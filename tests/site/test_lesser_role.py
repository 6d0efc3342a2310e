"""On PostgreSQL the server works under a role that owns nothing: whoever breaks into it takes off no guard."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg import sql

from tests.servers import Home, Server

pytestmark = pytest.mark.postgres
OPERATE = (Path(__file__).resolve().parents[2] / "docs" / "operate.md").read_text()
CALL = {"type": "medical.fall", "place": {"lon": 113.905, "lat": 22.555, "text": "street corner", "kind": "street"}}

ATTACKS = [
    "DROP TABLE ledger_line CASCADE",
    "TRUNCATE ledger_line",
    "TRUNCATE cases_case CASCADE",
    "ALTER TABLE ledger_line DISABLE TRIGGER ALL",
    "ALTER TABLE access_user ADD COLUMN back_door text",
    "SET session_replication_role = replica",
    "UPDATE ledger_line SET act = 'x'",
    "DELETE FROM ledger_seal",
    "DELETE FROM django_migrations",
    "CREATE TABLE mine (x int)",
    "CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS 'begin return null; end'",
    "COPY ledger_line TO PROGRAM 'cat'",
]


@pytest.fixture
def lesser(postgres_home: Home, tmp_path: Path) -> Iterator[Home]:
    """The same installation, as the page for operators has it serve."""
    found = re.search(r"```sql\n(.*?)```", OPERATE, re.DOTALL)
    assert found
    role, password = f"serves_{uuid4().hex[:12]}", uuid4().hex
    statements = found[1].replace("blockwise_serves", role).replace("one of its own", password)
    with psycopg.connect(postgres_home.database, autocommit=True) as owner:
        owner.execute(statements.encode())
        try:
            parts = urlsplit(postgres_home.database)
            address = parts._replace(netloc=f"{role}:{password}@{parts.netloc.rpartition('@')[2]}").geturl()
            yield Home(postgres_home.folder, address, postgres_home.tokens)
        finally:
            for statement in ("DROP OWNED BY {}", "DROP ROLE {}"):
                owner.execute(sql.SQL(statement).format(sql.Identifier(role)))


def test_it_serves_works_and_verifies_by_it(lesser: Home) -> None:
    with Server(lesser) as server:
        headers = {"Authorization": f"Bearer {lesser.tokens['dispatcher']}"}
        made = httpx.post(f"{server.url}/api/cases", json={"kind": "call", "data": CALL}, headers=headers)
        assert made.status_code == 201, made.text
        until = time.monotonic() + 30
        while (ready := httpx.get(f"{server.url}/readyz").json()) and ready["status"] == "not ready":
            assert time.monotonic() < until, ready
            time.sleep(0.2)
        assert server.stop() == 0
    assert "verified" in lesser.blockwise("verify").stdout


def test_whoever_breaks_in_takes_off_no_guard(lesser: Home) -> None:
    with psycopg.connect(lesser.database, autocommit=True) as connection:
        for attack in ATTACKS:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(attack.encode())
