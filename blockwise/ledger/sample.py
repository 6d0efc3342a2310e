"""Single subjects held against their own lines: what a worker does day and night, without reading the whole record.

All rows about a case, and all about a person, are told in the lines of its own thread; of other rows only `verify`
knows everything.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from blockwise.ledger import begin
from blockwise.ledger.fold import Misfit, Row, folded, gone, misfit, pages, proven_models
from blockwise.ledger.line_text import LineText, parsed
from blockwise.ledger.models import Line
from blockwise.ledger.snapshot import snapshot
from blockwise.proven import Proven

SUBJECTS = ("case", "user")


def some(most: int) -> list[str]:
    """Threads of up to so many subjects of each kind, at random."""
    return [f"{owner.about[0]}:{pk}" for owner in _owners() for pk in _random_keys(owner, most)]


def first_unfit(threads: Iterable[str]) -> Misfit | None:
    """The first row about one of these subjects that is not as its lines made it."""
    with snapshot():
        before = Line.objects.filter(thread=begin.THREAD).exists()
        if begin.due():
            return None
        return next((found for thread in threads if (found := _unfit(thread, before))), None)


def _owners() -> list[type[Proven]]:
    return [model for model in proven_models() if model.about[0] in SUBJECTS and model.about[1] == "pk"]


def _random_keys(owner: type[Proven], most: int) -> Sequence[int]:
    last = owner._base_manager.order_by("-pk").values_list("pk", flat=True).first() or 0
    return random.sample(range(1, last + 1), min(most, last))


def _unfit(thread: str, before: bool) -> Misfit | None:
    kind, _colon, number = thread.partition(":")
    models = [model for model in proven_models() if model.about[0] == kind]
    there = {
        (model._meta.db_table, pk): (model, values)
        for model in models
        for page in pages(model, **{model.about[1]: int(number)})
        for pk, values in page.items()
    }
    lines = _read(Line.objects.filter(thread=thread))
    tables = {model._meta.db_table for model in models}
    own = folded(lines)
    keys = {*there, *(key for key in own if key[0] in tables)}
    said = folded([*_taken_in(keys), *lines], keys) if before else own
    for (table, pk), (model, values) in sorted(there.items(), key=lambda row: row[0]):
        if found := misfit(model, pk, values, said.get((table, pk), (0, None))):
            return found
    return _missing(said, there.keys(), tables)


def _missing(said: dict[tuple[str, str], Row], there: Iterable[tuple[str, str]], tables: set[str]) -> Misfit | None:
    left = said.keys() - set(there)
    for table, pk in sorted(left):
        line, columns = said[table, pk]
        if columns is not None and table in tables:
            return line, gone(table, pk)
    return None


def _taken_in(keys: Iterable[tuple[str, str]]) -> list[LineText]:
    """The lines that took these rows in, in a record of an earlier version."""
    return _read(Line.objects.filter(thread__in={begin.part_of(table, int(pk)) for table, pk in keys}))


def _read(rows: Iterable[Line]) -> list[LineText]:
    found = (parsed(row.canonical) for row in sorted(rows, key=lambda row: row.number))
    return [line for line in found if isinstance(line, LineText)]
