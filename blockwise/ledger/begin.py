"""A record of an earlier version, whose lines said no rows: once, lines take in the rows that are there.

What became of them before stays unproven. Each line stands in the thread of its table and part of it, so that a row
is found without reading them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

from django.db import models, transaction

from blockwise import changes
from blockwise.changes import Change
from blockwise.ledger.fold import found, pages, proven_models
from blockwise.ledger.lines import MOST_ROWS, Entry, content_of, write
from blockwise.ledger.models import Head, Line
from blockwise.proven import Proven, columns

THREAD = "state"
ACTOR = "system:upgrade"


_then: list[tuple[Callable[[], bool], Callable[[], int]]] = []


def then(due: Callable[[], bool], take_in: Callable[[], int]) -> None:
    """From now on, what a room above has to take in, once, comes after the rows that were there."""
    _then.append((due, take_in))


def due() -> bool:
    """Whether lines of an earlier version are there and something was not taken in since."""
    return _due() or any(further() for further, _take in _then)


def _due() -> bool:
    first = Line.objects.filter(number=1).first()
    return first is not None and "state" not in content_of(first) and not Line.objects.filter(thread=THREAD).exists()


def begin() -> int:
    """Take in what is due; how many rows."""
    with transaction.atomic():
        Head.objects.select_for_update().filter(pk=1).first()  # whoever changed a row waits with its line
        taken = _begin() if _due() else 0
        return taken + sum(take() for further, take in _then if further())


def _begin() -> int:
    taken = sum(_take_in(model) for model in proven_models())
    write([Entry(THREAD, "begun", ACTOR, data={"rows": taken})])
    return taken


def part_of(table: str, pk: int) -> str:
    """The thread of the line that took this row in."""
    return f"{THREAD}:{table}:{pk // MOST_ROWS}"


def _take_in(model: type[Proven]) -> int:
    taken = 0
    for thread, rows in groupby(_rows(model), key=lambda row: row[0]):
        for _thread, change in rows:
            changes.note(change)
            taken += 1
        write([Entry(thread, "taken_in", ACTOR)])
    return taken


def _rows(model: type[Proven]) -> Iterator[tuple[str, Change]]:
    """Each row with the thread of its line: by its number, or by its place where it has none."""
    table, numbered, place = model._meta.db_table, isinstance(model._meta.pk, models.IntegerField), 0
    for page in pages(model):
        for pk, values in page.items():
            said = {column.name: found(column, value) for column, value in zip(columns(model), values, strict=True)}
            full = {column.name: said[column.name] for column in columns(model) if said[column.name] != column.empty}
            yield part_of(table, int(pk) if numbered else place), Change(table, pk, "", full)
            place += 1
