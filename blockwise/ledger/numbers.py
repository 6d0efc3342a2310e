"""The last number that each table gave, noted in the home: a restore goes on behind it, so that no case number, which
people were told, comes twice."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.db import connection

from blockwise.ledger import files

_SINCE = 1000  # numbers that may have been given since they were noted
_NOTE = "numbers.json"


def given() -> dict[str, int]:
    """Table to the last number it gave, in the database that is connected."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, seq FROM sqlite_sequence")
        else:
            query = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = current_schema()"
            cursor.execute(f"{query} AND last_value > 0")
        return {table.removesuffix("_id_seq"): last for table, last in cursor.fetchall()}


def note() -> None:
    files.replace(files.home() / _NOTE, json.dumps(given()).encode())


def noted() -> dict[str, int]:
    """What was noted, and as many more as may have been given since; none without a note that can be read."""
    try:
        found = json.loads((files.home() / _NOTE).read_bytes())
        return {str(table): int(last) + _SINCE for table, last in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def go_on_behind(before: Mapping[str, int]) -> None:
    """Give only numbers above these from now on."""
    now = given()
    with connection.cursor() as cursor:
        for table, last in before.items():
            if last <= now.get(table, 0):
                continue
            if connection.vendor == "sqlite":
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last])
            else:
                cursor.execute(
                    "SELECT setval(c.oid, %s) FROM pg_class c WHERE c.relkind = 'S' AND c.relname = %s "
                    "AND c.relnamespace = current_schema()::regnamespace",
                    [last, f"{table}_id_seq"],
                )
