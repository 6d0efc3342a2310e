"""That what is deleted leaves the file, too. On SQLite: freed space is overwritten and the write-ahead log emptied.

PostgreSQL keeps dead rows until VACUUM and in its own log; there, rotating the master key is what ends them.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

log = logging.getLogger("blockwise.ledger")
_PATIENCE_MS = 300
_TRIES = 10
_PAUSE_S = 0.2


def overwrite_freed(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """For each new connection: SQLite writes zeros over what a DELETE or UPDATE frees."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def empty_log() -> bool:
    """Move the write-ahead log into the file and cut it to nothing; False, and a warning, if readers held it up.

    SQLite empties it, too, when the last process closes the file. Writers wait meanwhile: hence short tries.
    """
    if connection.vendor != "sqlite":
        return True
    if connection.in_atomic_block:
        raise transaction.TransactionManagementError("the log can only be emptied outside a transaction")
    for _ in range(_TRIES):
        if _emptied():
            return True
        time.sleep(_PAUSE_S)
    log.warning("erased ciphertext stays in SQLite's write-ahead log: a reader holds it up")
    return False


def _emptied() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        usual = int(cursor.fetchone()[0])
        cursor.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return not cursor.fetchone()[0]
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")
