"""What somebody with the database's password can do, by hand."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import rfc8785
from django.db import connection

from blockwise.ledger.canonical import sha256
from blockwise.ledger.models import Line


def drop_triggers() -> None:
    """Take every trigger off lines, seals and what is frozen."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        else:
            cursor.execute(
                "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                " WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid)"
            )
            for name, table in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name} ON {table}")


def to_sqlite(path: Path) -> Path:
    """Lines, seals and cases of the test database, whatever its engine, as the SQLite file Django would have made."""
    path.unlink(missing_ok=True)
    with connection.cursor() as cursor, closing(sqlite3.connect(path)) as file:
        for table in ("ledger_line", "ledger_seal", "cases_case", "cases_caseclock", "units_assignment"):
            cursor.execute(f"SELECT * FROM {table}")
            names = [each[0] for each in cursor.description]
            file.execute(f"CREATE TABLE {table} ({', '.join(names)})")
            rows = [[_cell(value) for value in row] for row in cursor.fetchall()]
            file.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", rows)
        file.commit()
    return path


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return str(value.replace(tzinfo=None))
    return bytes(value) if isinstance(value, memoryview) else value


def rewrite_from(first: int, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    """Change the texts of all lines from `first` on, then number, chain and hash them again without a flaw."""
    tails: dict[str, tuple[int, str]] = {}
    for line in Line.objects.filter(number__lt=first).order_by("number"):
        tails[line.thread] = (line.thread_number, line.hash)
    texts = [json.loads(line.canonical) for line in Line.objects.filter(number__gte=first).order_by("number")]
    Line.objects.filter(number__gte=first).delete()
    recorded_at = ""
    for number, text in enumerate(change(texts), first):
        within, previous = tails.get(text["thread"], (0, ""))
        recorded_at = max(recorded_at, text["recorded_at"])
        text |= {"number": number, "thread_number": within + 1, "previous": previous, "recorded_at": recorded_at}
        insert(text)
        tails[text["thread"]] = (within + 1, sha256(rfc8785.dumps(text).decode()))


def insert(text: dict[str, Any]) -> None:
    """A line as its text says, with its right hash."""
    canonical = rfc8785.dumps(text).decode()
    copies = {name: text[name] for name in ("number", "thread", "thread_number", "actor", "act", "block")}
    recorded_at = datetime.fromisoformat(text["recorded_at"])
    Line.objects.create(**copies, recorded_at=recorded_at, canonical=canonical, hash=sha256(canonical))
