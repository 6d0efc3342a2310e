"""What was changed of proven rows in a transaction (proven.py) and is in no line of the record yet.

It waits among the transaction's hooks, which go with a savepoint that is taken back. `ledger.lines.write` takes it into
its lines, and a connection refuses to commit what no line took.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper


class UnrecordedChange(DatabaseError):  # noqa: N818  (what happened, as Problem is)
    """A proven row was changed and no line says so; nothing of the transaction is kept."""


@dataclass(frozen=True)
class Change:
    """What became of a row: its columns by name, or None where it is gone, with what an empty one holds (`blank`).

    `thread`: in which it is told, where a line of that thread is written.
    """

    table: str
    pk: str
    thread: str
    columns: Mapping[str, Any] | None
    blank: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self) -> None:
        """Nothing is left to do after the commit."""

    def then(self, later: Change) -> Change:
        """Both, as one."""
        if later.columns is None:
            return later
        return replace(later, columns={**(self.blank if self.columns is None else self.columns), **later.columns})


class _Taken:
    """Stands behind the changes that a line of this savepoint took."""

    def __call__(self) -> None:
        """Nothing is left to do after the commit."""


def note(change: Change, using: str = DEFAULT_DB_ALIAS) -> None:
    """A row was changed in the present transaction."""
    transaction.on_commit(change, using=using)


def waiting(connection: BaseDatabaseWrapper) -> list[Change]:
    """What was changed in this transaction and is in no line yet, in order."""
    found: list[Change] = []
    for entry in reversed(connection.run_on_commit):
        hook = entry[1]
        if isinstance(hook, _Taken):
            break
        if isinstance(hook, Change):
            found.append(hook)
    return found[::-1]


def take(connection: BaseDatabaseWrapper) -> list[Change]:
    """What was waiting, each row once; a line that is written now says it."""
    rows: dict[tuple[str, str], Change] = {}
    for change in waiting(connection):
        key = change.table, change.pk
        rows[key] = rows[key].then(change) if key in rows else change
    if rows:
        transaction.on_commit(_Taken(), using=connection.alias)
    return list(rows.values())


def refuse_unrecorded(connection: BaseDatabaseWrapper) -> None:
    """UnrecordedChange where the commit would keep what no line says."""
    if left := waiting(connection):
        names = sorted({f"{change.table} {change.pk}" for change in left})
        raise UnrecordedChange(f"changed without a line: {', '.join(names[:5])}")
