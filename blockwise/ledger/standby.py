"""A restored database stands beside the present one until it is ready; taking its place is one rename.

Until then nothing of the present one is touched: a missing tool, a broken dump or a kill leaves it as it was.
SQLite: a file beside the file. PostgreSQL: a schema beside `public`, loaded and exchanged in one transaction each.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from blockwise.ledger import files, wipe
from blockwise.ledger.postgresql import demand, run_tool
from blockwise.problems import Conflict

NEW, BEFORE = "blockwise_new", "blockwise_before"
STOP = _("Stop every server, worker and command of this installation, then restore.")


@contextmanager
def beside(database: Path) -> Iterator[Callable[[], None]]:
    """Load the backup's `database` beside the present one and work on it inside; call what is given to exchange them.

    Conflict while somebody else uses the present database, at the beginning or when they are exchanged.
    """
    with (_sqlite if connection.vendor == "sqlite" else _postgresql)(database) as exchange:
        yield exchange


def sweep() -> None:
    """Take away what a restore that was killed left beside the present database."""
    script().unlink(missing_ok=True)
    if connection.vendor == "sqlite":
        _remove(_part(Path(connection.settings_dict["NAME"])))
        return
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {NEW} CASCADE")


def script() -> Path:
    return files.home() / ".restored.sql"


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.restored")


@contextmanager
def _sqlite(database: Path) -> Iterator[Callable[[], None]]:
    path = Path(connection.settings_dict["NAME"])
    part = _part(path)
    connection.close()
    _alone_sqlite(path).close()
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove(part)
    shutil.copyfile(database, part)

    def exchange() -> None:
        wipe.empty_log()
        connection.close()
        with closing(_alone_sqlite(path)) as held:
            held.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            held.execute("PRAGMA journal_mode = DELETE")  # no log stays that would be played into the new file
            os.replace(part, path)
        files.settle(path.parent)

    connection.settings_dict["NAME"] = part
    try:
        yield exchange
    finally:
        connection.close()
        connection.settings_dict["NAME"] = path
        _remove(part)


def _alone_sqlite(path: Path) -> sqlite3.Connection:
    """A connection that nobody else has beside it, and nobody gets while it is open."""
    held = sqlite3.connect(path if path.exists() else ":memory:", timeout=2, isolation_level=None)
    try:
        held.execute("PRAGMA locking_mode = EXCLUSIVE")
        held.execute("BEGIN IMMEDIATE")
        held.execute("COMMIT")
    except sqlite3.OperationalError:
        held.close()
        raise Conflict(_("Somebody uses the database that is here."), where=str(path), fix=STOP) from None
    return held


def _remove(part: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{part}{suffix}").unlink(missing_ok=True)


@contextmanager
def _postgresql(database: Path) -> Iterator[Callable[[], None]]:
    _alone_postgresql()
    demand("pg_restore", "psql")
    script().parent.mkdir(parents=True, exist_ok=True)
    options = connection.settings_dict["OPTIONS"]
    try:
        run_tool(["pg_restore", "--no-owner", "--no-privileges", f"--file={script()}", str(database)])
        connection.close()
        _load()
        connection.settings_dict["OPTIONS"] = {
            **options,
            "options": f"{options.get('options', '')} -c search_path={NEW}",
        }
        yield _exchange
    finally:
        connection.close()
        connection.settings_dict["OPTIONS"] = options
        sweep()


def _load() -> None:
    """The dump names `public` throughout: it gets that name for as long as its own transaction lasts."""
    steps = [f"DROP SCHEMA IF EXISTS {NEW} CASCADE", f"ALTER SCHEMA public RENAME TO {BEFORE}", "CREATE SCHEMA public"]
    back = [f"ALTER SCHEMA public RENAME TO {NEW}", f"ALTER SCHEMA {BEFORE} RENAME TO public"]
    before, after = ([f"--command={step}" for step in some] for some in (steps, back))
    words = ["psql", "--no-psqlrc", "--quiet", "--output=/dev/null", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    run_tool([*words, *before, f"--file={script()}", *after])


def _exchange() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        _alone_postgresql()
        cursor.execute(f"ALTER SCHEMA public RENAME TO {BEFORE}")
        cursor.execute(f"ALTER SCHEMA {NEW} RENAME TO public")
        cursor.execute(f"DROP SCHEMA {BEFORE} CASCADE")


def _alone_postgresql() -> None:
    query = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        if others := cursor.fetchone()[0]:
            what = _("Somebody uses the database that is here: %d connections.") % others
            raise Conflict(what, where=str(connection.settings_dict["NAME"]), fix=STOP)
