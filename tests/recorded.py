"""What a test makes past Blockwise's own doors is on the record, too: otherwise no commit would keep it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection, transaction

from blockwise.changes import waiting
from blockwise.ledger.lines import Entry, write
from tests.guard import on_purpose

P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def on_record() -> Iterator[None]:
    """What is changed inside is told by a line where it is committed; inside a test's transaction by the next line."""
    if connection.in_atomic_block:
        with on_purpose():
            yield
        return
    with transaction.atomic():
        yield
        if waiting(connection):
            write([Entry("system", "seeded", "system:test")])


def recorded(work: Callable[P, R]) -> Callable[P, R]:
    """The same work, `on_record`."""

    @wraps(work)
    def told(*args: P.args, **given: P.kwargs) -> R:
        with on_record():
            return work(*args, **given)

    return told
