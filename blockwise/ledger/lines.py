"""The one place that writes the record: every writer locks the head, so numbers are gapless in commit order."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet

from blockwise import changes
from blockwise.changes import Change
from blockwise.clock import real_now
from blockwise.ledger import canonical
from blockwise.ledger.canonical import JSON
from blockwise.ledger.models import Line

_LONGEST = {"thread": 64, "act": 40, "actor": 64, "block": 24}  # SQLite does not hold a column to its length
_THREADS_A_QUERY = 200
ROWS = "rows"  # the act of a line that goes before one whose rows are too many for it
MOST_ROWS = 500  # whose changes one line says
State = dict[str, dict[str, JSON]]  # table -> key -> columns that were changed; None: the row is gone


@dataclass(frozen=True)
class Entry:
    """What is to be recorded. `thread`: "case:12", "unit:P101", "system"; `happened_at`: aware, as claimed."""

    thread: str
    act: str
    actor: str
    block: str = ""
    data: Mapping[str, JSON] = field(default_factory=dict)
    happened_at: datetime | None = None


class Tail(NamedTuple):
    """The end of a thread: the number within it and the hash of its last line; (0, "") before the first."""

    number: int
    hash: str


def write(entries: Sequence[Entry], *, naming: Callable[[int], None] | None = None) -> list[Line]:
    """Append a line for each entry, in order, as the last step of the caller's transaction; they say which proven rows
    it changed. `naming` makes rows that name the first of these lines, once its number is known.

    Three queries whatever the count. Raises TransactionManagementError outside a transaction, TypeError naming
    the path for a float or another value that is no JSON, Invalid for text that cannot be stored, ValueError
    for a name that is empty or too long and for a naive time.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a line is written in the transaction of its change")
    if not entries:
        return []
    told = _spread(entries, changes.take(connection))
    data = [_checked(entry) for entry, _state in told]
    last, recorded_at = _take(len(told))
    first = last - len(told) + 1
    if naming:
        naming(last - len(entries) + 1)
        _add_named(entries, told[-len(entries) :], changes.take(connection))
    tails = _tails({entry.thread for entry in entries})
    lines = []
    for number, ((entry, state), plain) in enumerate(zip(told, data, strict=True), first):
        line = _line(number, recorded_at, entry, plain, state, tails.get(entry.thread, Tail(0, "")))
        tails[entry.thread] = Tail(line.thread_number, line.hash)
        lines.append(line)
    Line.objects.bulk_create(lines)
    return lines[-len(entries) :]


def _spread(entries: Sequence[Entry], changed: Sequence[Change]) -> list[tuple[Entry, State]]:
    """Each entry with the rows that it says: those of its thread; the first has those of no other's thread, too.

    Lines of their own go before, for rows that are too many.
    """
    place = {entry.thread: number for number, entry in enumerate(entries)}
    of: list[list[Change]] = [[] for _entry in entries]
    for change in changed:
        of[place.get(change.thread, 0)].append(change)
    told: list[tuple[Entry, State]] = []
    for entry, mine in zip(entries, of, strict=True):
        more = Entry(entry.thread, ROWS, entry.actor, entry.block)
        told += [(more, _state(mine[at : at + MOST_ROWS])) for at in range(MOST_ROWS, len(mine), MOST_ROWS)]
    return told + [(entry, _state(mine[:MOST_ROWS])) for entry, mine in zip(entries, of, strict=True)]


def _add_named(entries: Sequence[Entry], told: Sequence[tuple[Entry, State]], changed: Sequence[Change]) -> None:
    """What names a line stands in the line of its own thread, too."""
    place = {entry.thread: number for number, entry in enumerate(entries)}
    for change in changed:
        _add(told[place.get(change.thread, 0)][1], [change])


def _state(changed: Sequence[Change]) -> State:
    said: State = {}
    _add(said, changed)
    return said


def _plain(state: State) -> JSON:
    """The same; of what a row holds as JSON, what cannot be recorded is refused as in an entry's data."""
    for table, rows in state.items():
        for said in rows.values():
            for name, value in said.items() if isinstance(said, dict) else ():
                if isinstance(value, str | dict | list):
                    canonical.plain(value, f"{table}.{name}")
    return state


def _add(state: State, changed: Sequence[Change]) -> None:
    for change in changed:
        state.setdefault(change.table, {})[change.pk] = change.columns


def _take(count: int) -> tuple[int, datetime]:
    """Take the next numbers: the last of them and the time of their recording. The head is locked until the commit."""
    greatest = "MAX" if connection.vendor == "sqlite" else "GREATEST"
    query = (
        f"UPDATE ledger_head SET number = number + %s, recorded_at = {greatest}(recorded_at, %s) WHERE id = 1 "  # noqa: S608  (constants)
        "RETURNING number, recorded_at"
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [count, connection.ops.adapt_datetimefield_value(real_now())])
        number, recorded_at = cursor.fetchone()
    if isinstance(recorded_at, str):
        recorded_at = datetime.fromisoformat(recorded_at)
    return number, recorded_at if recorded_at.tzinfo else recorded_at.replace(tzinfo=UTC)


def _checked(entry: Entry) -> JSON:
    for name, longest in _LONGEST.items():
        value = canonical.text(getattr(entry, name), name)
        if len(value) > longest or not (value or name == "block"):
            raise ValueError(f"{name}: {value!r} is empty or longer than {longest}")
    return canonical.plain(entry.data)


def _line(number: int, recorded_at: datetime, entry: Entry, data: JSON, state: State, tail: Tail) -> Line:
    text = canonical.dumps(
        {
            **({"state": _plain(state)} if state or number == 1 else {}),
            "number": number,
            "thread": entry.thread,
            "thread_number": tail.number + 1,
            "recorded_at": canonical.moment(recorded_at),
            "happened_at": canonical.moment(entry.happened_at) if entry.happened_at else None,
            "actor": entry.actor,
            "act": entry.act,
            "block": entry.block,
            "data": data,
            "previous": tail.hash,
        }
    )
    return Line(
        number=number,
        thread=entry.thread,
        thread_number=tail.number + 1,
        recorded_at=recorded_at,
        actor=entry.actor,
        act=entry.act,
        block=entry.block,
        canonical=text,
        hash=canonical.sha256(text),
    )


def _tails(threads: set[str]) -> dict[str, Tail]:
    """The ends of these threads. One index look-up a thread: a MAX over a thread would read all of it."""
    last = "(SELECT number FROM ledger_line WHERE thread = %s ORDER BY thread_number DESC LIMIT 1)"
    names, found = sorted(threads), {}
    with connection.cursor() as cursor:
        for start in range(0, len(names), _THREADS_A_QUERY):
            some = names[start : start + _THREADS_A_QUERY]
            which = ", ".join([last] * len(some))
            query = f"SELECT thread, thread_number, hash FROM ledger_line WHERE number IN ({which})"  # noqa: S608  (constants)
            cursor.execute(query, some)
            found.update({thread: Tail(number, digest) for thread, number, digest in cursor.fetchall()})
    return found


def thread_lines(thread: str) -> QuerySet[Line]:
    """The thread's lines from its first."""
    return Line.objects.filter(thread=thread).order_by("thread_number")


def after(number: int, limit: int) -> list[Line]:
    """Up to `limit` lines after line `number`, in order. Whoever has seen N has missed nothing below N."""
    return list(Line.objects.filter(number__gt=number).order_by("number")[:limit])


def content_of(line: Line) -> dict[str, Any]:
    """All of the line, as it was hashed; empty where that was altered and cannot be read."""
    try:
        content = json.loads(line.canonical)
    except ValueError:
        return {}
    return content if isinstance(content, dict) and {"data", "happened_at"} <= content.keys() else {}


def data_of(line: Line) -> dict[str, Any]:
    """The line's own data, as it was hashed."""
    data: dict[str, Any] = content_of(line).get("data", {})
    return data
