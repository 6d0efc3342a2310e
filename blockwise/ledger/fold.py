"""The rows as the lines made them, held against the rows that are there: the first that differs is named.

It streams: what it holds is the rows of the last lines and, in SQLite's own temporary file, all the others.
"""

from __future__ import annotations

import json
import marshal
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from django.apps import apps
from django.db import DatabaseError
from django.utils.translation import gettext as _

from blockwise.ledger.line_text import LineText
from blockwise.places.fields import Torn
from blockwise.proven import Column, Proven, columns

_IN_MEMORY = 20_000  # rows
_A_PAGE = 500
Row = tuple[int, dict[str, Any] | None]  # the last line that says something of it, and what it is; None: gone
Misfit = tuple[int, str]  # the line that says otherwise (0: none does) and why


class Fold:
    """Takes lines in order."""

    def __init__(self) -> None:
        self.rows = 0
        self._latest: dict[tuple[str, str], Row] = {}
        self._kept = sqlite3.connect("", isolation_level=None)
        self._kept.execute("PRAGMA journal_mode = OFF")
        self._kept.execute(
            "CREATE TABLE state (name TEXT, pk TEXT, line INT, said BLOB, PRIMARY KEY (name, pk)) WITHOUT ROWID"
        )

    def close(self) -> None:
        self._kept.close()

    def take(self, line: LineText) -> None:
        for name, rows in (line.state or {}).items():
            for pk, said in rows.items():
                before = self._row(name, pk)[1] if said else None
                self._latest[name, pk] = (line.number, said if said is None else {**(before or {}), **said})
        if len(self._latest) > _IN_MEMORY:
            self._put_away()

    def _row(self, name: str, pk: str) -> Row:
        if (name, pk) in self._latest:
            return self._latest[name, pk]
        found = self._kept.execute("SELECT line, said FROM state WHERE name = ? AND pk = ?", (name, pk)).fetchone()
        return _kept(*found) if found else (0, None)

    def _put_away(self) -> None:
        rows = [
            (*key, line, None if said is None else marshal.dumps(said)) for key, (line, said) in self._latest.items()
        ]
        self._kept.execute("BEGIN")
        self._kept.executemany("REPLACE INTO state VALUES (?, ?, ?, ?)", rows)
        self._kept.execute("COMMIT")
        self._latest.clear()

    def first_misfit(self) -> Misfit | None:
        """The first row, by table and key, that is not as the lines made it, and why."""
        self._put_away()
        return next((found for model in proven_models() if (found := self._of(model))), None)

    def _of(self, model: type[Proven]) -> Misfit | None:
        name = model._meta.db_table
        for page in pages(model):
            there = self._said(name, list(page))
            for pk, values in page.items():
                if found := misfit(model, pk, values, there.get(pk, (0, None))):
                    return found
            self._kept.executemany("DELETE FROM state WHERE name = ? AND pk = ?", [(name, pk) for pk in page])
            self.rows += len(page)
        left = "SELECT line, pk FROM state WHERE name = ? AND said IS NOT NULL ORDER BY line LIMIT 1"
        if missing := self._kept.execute(left, (name,)).fetchone():
            return missing[0], gone(name, missing[1])
        return None

    def _said(self, name: str, keys: Sequence[str]) -> dict[str, Row]:
        marks = ", ".join("?" * len(keys))
        query = f"SELECT pk, line, said FROM state WHERE name = ? AND pk IN ({marks})"  # noqa: S608  (marks alone)
        return {pk: _kept(*row) for pk, *row in self._kept.execute(query, (name, *keys))}


def _kept(line: int, said: bytes | None) -> Row:
    return line, None if said is None else marshal.loads(said)  # noqa: S302  (written by this process a moment ago)


def proven_models() -> list[type[Proven]]:
    return [model for model in apps.get_models() if issubclass(model, Proven)]


def pages(model: type[Proven], **which: Any) -> Iterator[dict[str, Sequence[Any]]]:
    """The rows that are there by key, in its order; a value that cannot be read stands as an exception."""
    rows = model._base_manager.filter(**which).order_by("pk")
    names = [column.field.attname for column in columns(model)]
    last: Any = None
    while page := _page(rows if last is None else rows.filter(pk__gt=last), names):
        yield {str(pk): values for pk, *values in page}
        last = page[-1][0]


def _page(rows: Any, names: Sequence[str]) -> list[Sequence[Any]]:
    try:
        return list(rows.values_list("pk", *names)[:_A_PAGE])
    except (DatabaseError, ValueError, TypeError):  # SQLite keeps anything in any column
        return [(pk, *(_value(rows, pk, name) for name in names)) for pk in rows.values_list("pk", flat=True)[:_A_PAGE]]


def _value(rows: Any, pk: object, name: str) -> Any:
    try:
        return rows.filter(pk=pk).values_list(name, flat=True).get()
    except (DatabaseError, ValueError, TypeError) as error:
        return error


def misfit(model: type[Proven], pk: str, values: Sequence[Any], said: Row) -> Misfit | None:
    """How the row that is there differs from what the lines say."""
    line, expected = said
    name = model._meta.db_table
    if expected is None:
        why = _("a line took it out") if line else _("no line made it")
        return line, _("the row {pk} of {table} is there, and {why}").format(pk=pk, table=name, why=why)
    for column, value in zip(columns(model), values, strict=True):
        wanted = expected.get(column.name, column.empty)
        if value is None is wanted or (column.as_it_is and type(value) is type(wanted) and value == wanted):
            continue  # as most are; what follows is slow, and says the same of them
        there = found(column, value)
        if there != wanted or isinstance(there, bool) != isinstance(wanted, bool):
            what = _("the row {pk} of {table} has {column} {found}, and by the line it is {wanted}")
            shown = {"found": _shown(there), "wanted": _shown(wanted)}
            return line, what.format(pk=pk, table=name, column=column.name, **shown)
    return None


def gone(name: str, pk: str) -> str:
    return _("the row {pk} of {table}, which it made or changed, is not there").format(pk=pk, table=name)


def found(column: Column, value: Any) -> Any:
    if isinstance(value, Torn):
        return "?"
    try:
        return column.of(value)
    except (AttributeError, TypeError, ValueError):
        return f"?{value!r}"


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=repr, sort_keys=True)[:200]


def folded(lines: Iterable[LineText], wanted: Collection[tuple[str, str]] | None = None) -> dict[tuple[str, str], Row]:
    """What these lines make of rows; of the `wanted` (table, key) alone, where given."""
    rows: dict[tuple[str, str], Row] = {}
    for line in lines:
        for name, said in (line.state or {}).items():
            for pk, change in said.items():
                if wanted is None or (name, pk) in wanted:
                    before = rows.get((name, pk), (0, None))[1] or {}
                    rows[name, pk] = (line.number, None if change is None else {**before, **change})
    return rows
