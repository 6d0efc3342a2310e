"""Inside a test's transaction nothing is committed, so that no commit would refuse what no line says (changes.py).

Here a transaction of the product that ends is asked as if it were committed. What a test changes itself is none of it;
where it calls a part of a transaction of the product alone, it says so by `recorded.on_record`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import Atomic, get_connection

import blockwise
from blockwise.changes import Change, UnrecordedChange, waiting

PRODUCT = str(Path(blockwise.__file__).parent)
_enter, _exit = Atomic.__enter__, Atomic.__exit__


class Begun(NamedTuple):
    ours: bool  # the product began it, or it lies in one that the product began
    before: frozenset[int]  # changes that were waiting then


class _On:
    purpose = 0


@contextmanager
def on_purpose() -> Iterator[None]:
    """Inside, a transaction of the product may end without a line of its own."""
    _On.purpose += 1
    try:
        yield
    finally:
        _On.purpose -= 1


def stand() -> None:
    """Watch every transaction from now on."""
    Atomic.__enter__, Atomic.__exit__ = _watched_enter, _watched_exit  # type: ignore[method-assign]  # watched on purpose


def _watched_enter(atomic: Atomic) -> None:
    connection = get_connection(atomic.using)
    open_ones = _open_ones(connection)
    ours = bool(open_ones and open_ones[-1].ours) or _is_ours(atomic)
    before = frozenset(id(change) for change in waiting(connection))
    _enter(atomic)
    open_ones.append(Begun(ours, before))


def _watched_exit(
    atomic: Atomic, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
) -> None:
    connection = get_connection(atomic.using)
    open_ones = _open_ones(connection)
    begun = open_ones.pop()
    left = [] if kind or _On.purpose else _left(connection, begun)
    if not left or not begun.ours or (open_ones and open_ones[-1].ours):
        _exit(atomic, kind, value, trace)
        return
    named = ", ".join(sorted({f"{change.table} {change.pk}" for change in left})[:5])
    refused = UnrecordedChange(f"changed without a line: {named}")
    _exit(atomic, UnrecordedChange, refused, None)
    raise refused


def _open_ones(connection: BaseDatabaseWrapper) -> list[Begun]:
    found: list[Begun] = connection.__dict__.setdefault("_begun", [])
    return found


def _left(connection: BaseDatabaseWrapper, begun: Begun) -> list[Change]:
    return [change for change in waiting(connection) if id(change) not in begun.before]


def _is_ours(atomic: Atomic) -> bool:
    """Whether a file of the product begins it; Django's own, within save() and the like, are nobody's."""
    return atomic.savepoint and sys._getframe(2).f_code.co_filename.startswith(PRODUCT)
