"""What forbids changing the record in the database itself.

Put back after every migration: a table that is rebuilt loses its triggers without a word.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from blockwise.ledger.models import Head, Line, Seal
from blockwise.proven import Frozen

CHANNEL = "blockwise_lines"  # PostgreSQL notifies it when lines are committed: a wake-up, the table is the truth

_FUNCTIONS = {
    "ledger_forbid": "BEGIN RAISE integrity_constraint_violation"
    " USING MESSAGE = TG_TABLE_NAME || ' is append-only'; END",
    "ledger_wake": f"BEGIN NOTIFY {CHANNEL}; RETURN NULL; END",
}


def guarded() -> dict[str, str]:
    """Table -> on SQLite, the condition that a row with a key of NEW is there: lines, seals, and what is Frozen."""
    single: list[type[models.Model]] = [Seal, *(model for model in apps.get_models() if issubclass(model, Frozen))]
    keys = {model._meta.db_table: f"{(column := model._meta.pk.column)} = NEW.{column}" for model in single}
    line = "number = NEW.number OR (thread = NEW.thread AND thread_number = NEW.thread_number)"
    return {Line._meta.db_table: line, **keys}


def _sqlite(table: str, keys: str) -> dict[str, str]:
    """Trigger name -> its exact text. REPLACE, by a key or the hidden rowid, deletes without a delete trigger."""
    forbid = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    exists = f"EXISTS (SELECT 1 FROM {table} WHERE rowid = NEW.rowid OR {keys})"  # noqa: S608  (constant text)
    whens = {
        f"{table}_no_update": f"BEFORE UPDATE ON {table}",
        f"{table}_no_delete": f"BEFORE DELETE ON {table}",
        f"{table}_no_replace": f"BEFORE INSERT ON {table} WHEN {exists}",
    }
    return {name: f"CREATE TRIGGER {name} {when} {forbid}" for name, when in whens.items()}


_Trigger = tuple[str, str, str, str, str, int]  # name, table, when, for each, function, pg_trigger.tgtype


def _postgresql(table: str) -> list[_Trigger]:
    return [
        (f"{table}_no_change", table, "BEFORE UPDATE OR DELETE", "ROW", "ledger_forbid", 27),
        (f"{table}_no_truncate", table, "BEFORE TRUNCATE", "STATEMENT", "ledger_forbid", 34),
    ]


_WAKE = ("ledger_line_wake", "ledger_line", "AFTER INSERT", "STATEMENT", "ledger_wake", 4)


def install(using: str = DEFAULT_DB_ALIAS) -> None:
    """Put missing or altered triggers in place, and the head row. Before the first migration: nothing."""
    connection = connections[using]
    there = set(connection.introspection.table_names())
    if Line._meta.db_table not in there:
        return
    if missing(using):
        (_install_sqlite if connection.vendor == "sqlite" else _install_postgresql)(connection, there)
    last = Line.objects.using(using).order_by("number").last()
    start = (last.number, last.recorded_at) if last else (0, datetime(1970, 1, 1, tzinfo=UTC))
    Head.objects.using(using).get_or_create(pk=1, defaults={"number": start[0], "recorded_at": start[1]})


def missing(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Names of the triggers that are absent, switched off or not as they must be; empty when all is well."""
    connection = connections[using]
    find = _missing_sqlite if connection.vendor == "sqlite" else _missing_postgresql
    return find(connection)


def _install_sqlite(connection: BaseDatabaseWrapper, there: set[str]) -> None:
    with connection.cursor() as cursor:
        for name, text in _all_sqlite(guarded().keys() & there).items():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute(text)


def _all_sqlite(tables: Collection[str]) -> dict[str, str]:
    keys = guarded()
    return {name: text for table in keys if table in tables for name, text in _sqlite(table, keys[table]).items()}


def _missing_sqlite(connection: BaseDatabaseWrapper) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        there = dict(cursor.fetchall())
    return [name for name, text in _all_sqlite(guarded()).items() if there.get(name) != text]


def _all_postgresql(tables: Collection[str]) -> list[_Trigger]:
    return [*(one for table in guarded() if table in tables for one in _postgresql(table)), _WAKE]


def _install_postgresql(connection: BaseDatabaseWrapper, there: set[str]) -> None:
    """ENABLE ALWAYS: otherwise a session with the replica role would switch them off for itself."""
    with connection.cursor() as cursor:
        for function, body in _FUNCTIONS.items():
            cursor.execute(f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
        for name, table, when, each, function, _ in _all_postgresql(there):
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            cursor.execute(f"CREATE TRIGGER {name} {when} ON {table} FOR EACH {each} EXECUTE FUNCTION {function}()")
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def _missing_postgresql(connection: BaseDatabaseWrapper) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.tgname, c.relname, t.tgtype, t.tgenabled, p.prosrc FROM pg_trigger t"
            " JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid)"
        )
        there = set(cursor.fetchall())
    return [
        name
        for name, table, _, _, function, kind in _all_postgresql(guarded())
        if (name, table, kind, "A", _FUNCTIONS[function]) not in there
    ]
