"""Django's SQLite, whose writers of one process wait in line: SQLite itself lets them ask again and again, and the
unlucky one for ever."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base
from django.utils.dateparse import parse_datetime

from blockwise.changes import refuse_unrecorded


class Queue:
    """A lock that is had in the order in which it was asked for."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held = False
        self.waiting: deque[threading.Event] = deque()

    def enter(self, longest: float) -> bool:
        """Wait for one's turn, at most `longest` seconds; whether it came."""
        turn = threading.Event()
        with self._guard:
            if not self._held:
                self._held = True
                return True
            self.waiting.append(turn)
        if turn.wait(longest):
            return True
        with self._guard:
            if turn.is_set():  # it came at the last moment
                return True
            self.waiting.remove(turn)
            return False

    def leave(self) -> None:
        with self._guard:
            if self.waiting:
                self.waiting.popleft().set()
            else:
                self._held = False


def _moment(kept: bytes) -> datetime | None:
    """A time as SQLite keeps it, a text. One that was damaged is none, so that the rows beside it are read."""
    try:
        return parse_datetime(kept.decode())
    except ValueError:
        return None


sqlite3.register_converter("datetime", _moment)
_queues: dict[str, Queue] = {}  # by the file
_CHANGES = frozenset({"INSERT", "UPDATE", "DELETE", "REPLAC"})


class Cursor(base.SQLiteCursorWrapper):
    """A change outside a transaction is one by itself."""

    database: DatabaseWrapper

    def execute(self, query: str, params: Any = None) -> Any:
        with self.database.in_line(query):
            return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        with self.database.in_line(query):
            return super().executemany(query, param_list)


class DatabaseWrapper(base.DatabaseWrapper):
    """A transaction is in line from its BEGIN IMMEDIATE until it is committed, rolled back or its connection closed."""

    _queued = False

    def create_cursor(self, name: Any = None) -> Any:
        cursor = self.connection.cursor(factory=Cursor)
        cursor.database = self
        return cursor

    @contextmanager
    def in_line(self, query: str) -> Iterator[None]:
        """Inside, a statement that changes something has its turn, which its transaction may have already."""
        if self._queued or self.in_atomic_block or query.lstrip()[:6].upper() not in _CHANGES:
            yield
            return
        self._enter()
        try:
            yield
        finally:
            self._leave()

    def _enter(self) -> None:
        queue = _queues.setdefault(str(self.settings_dict["NAME"]), Queue())
        if not queue.enter(self.settings_dict["OPTIONS"].get("timeout", 5.0)):
            raise OperationalError("database is locked: too many writers are in line")
        self._queued = True

    def _start_transaction_under_autocommit(self) -> None:
        self._enter()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # not in the stubs
        except BaseException:
            self._leave()
            raise

    def _commit(self) -> Any:
        refuse_unrecorded(self)
        result = super()._commit()  # type: ignore[misc]  # not in the stubs
        self._leave()
        return result

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]  # not in the stubs
        finally:
            self._leave()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]  # not in the stubs
        finally:
            self._leave()

    def _leave(self) -> None:
        if self._queued:
            self._queued = False
            _queues[str(self.settings_dict["NAME"])].leave()
