"""The other cases that a line names: told to those alone who may see these too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from blockwise.access.actors import Actor
from blockwise.access.queries import visible_lines
from blockwise.ledger import lines
from blockwise.ledger.models import Line

from ..models import Case
from ..rules.sight import known_of

# Members of a line's data that are a case's number.
NUMBERS = ("primary", "repeat", "case", "opened_case", "from_case", "linked_case", "by_case")
TAKEN_OFF = "diverted"  # units, each with the case that it was taken off
# Acts whose lines say nothing but the other case, and the member that holds its number.
NOTES = {"repeat_added": "repeat", "repeat_removed": "repeat", "case_linked": "by_case"}


def named(data: Mapping[str, Any]) -> frozenset[int]:
    """The numbers of the cases in a line's data."""
    return frozenset([*(data[name] for name in NUMBERS if name in data), *data.get(TAKEN_OFF, {}).values()])


def beside(act: str, data: Mapping[str, Any]) -> int:
    """The case that a line is about besides its own; 0 for a line that is about its own alone."""
    return int(data[NOTES[act]]) if act in NOTES else 0


def unknown(told: Iterable[Mapping[str, Any]], actor: Actor) -> frozenset[int]:
    """Of the cases that these lines' data name, those that the actor may not know of."""
    numbers = frozenset[int]().union(*(named(data) for data in told))
    return numbers - known_of(numbers, actor)


def without(data: Mapping[str, Any], hidden: frozenset[int]) -> dict[str, Any]:
    """The data without the numbers of hidden cases."""
    return {name: value for name, value in data.items() if name not in NUMBERS or value not in hidden}


def lines_for(case: Case, actor: Actor) -> list[Line]:
    """The case's lines that `actor` may see whole, oldest first: none that names a case which is hidden from them."""
    rows = visible_lines(actor, list(lines.thread_lines(case.thread)))
    data = {row.number: lines.data_of(row) for row in rows}
    hidden = unknown(data.values(), actor)
    return [row for row in rows if not named(data[row.number]) & hidden]
