"""Lines and seals as they lie in a database or an export, before anything is believed about them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from blockwise.ledger import canonical
from blockwise.problems import Invalid

FORMAT = "blockwise-ledger-1"
SEAL_FIELDS = ("number", "first_line", "last_line", "root", "previous", "sealed_at", "key", "hash", "signature")
COPIES = ("thread", "thread_number", "recorded_at", "actor", "act", "block")
_A_PAGE = 1000


@dataclass(frozen=True)
class LineRow:
    """`canonical` is None where the bytes are no UTF-8 text; `copies` holds the other columns, None in an export."""

    number: object
    canonical: str | None
    hash: object
    copies: Mapping[str, object] | None


@dataclass(frozen=True)
class SealRow:
    """`seal` has SEAL_FIELDS as published; its values are of any type, as found."""

    seal: Mapping[str, Any]
    leaves: bytes


def in_database() -> Iterator[SealRow | LineRow]:
    """Each seal followed by the lines up to its last, then the lines after the last seal; a page in memory."""
    reached: object = None
    for seal in _seals():
        yield seal
        for line in _lines(reached, seal.seal["last_line"]):
            reached = line.number
            yield line
    yield from _lines(reached, None)


def _raw(column: str) -> str:
    """The column's very bytes: on SQLite anything may lie in any column, and decoding it early would only crash."""
    return f"CAST({column} AS BLOB)" if connection.vendor == "sqlite" else f"CAST({column} AS TEXT)"


def _text(value: object) -> str | None:
    try:
        return value.decode() if isinstance(value, bytes) else value if isinstance(value, str) else None
    except UnicodeDecodeError:
        return None


def _moment(value: object) -> str | None:
    """A database's own writing of a time, as the ledger writes it."""
    try:
        found = datetime.fromisoformat(_text(value) or "")
    except ValueError:
        return None
    return canonical.moment(found if found.tzinfo else found.replace(tzinfo=UTC))


def _seals() -> Iterator[SealRow]:
    texts = ", ".join(_raw(name) for name in SEAL_FIELDS[3:])
    query = f"SELECT number, first_line, last_line, {texts}, leaves FROM ledger_seal"  # noqa: S608  (constants)
    for row in _pages(query, None, None):
        values = list(row[:3]) + [_text(value) for value in row[3:9]]
        values[5] = _moment(row[5])
        yield SealRow(dict(zip(SEAL_FIELDS, values, strict=True)), bytes(row[9]) if row[9] is not None else b"")


def _lines(after: object, last: object) -> Iterator[LineRow]:
    texts = ", ".join(_raw(name) for name in ("canonical", "hash", "thread", "recorded_at", "actor", "act", "block"))
    query = f"SELECT number, thread_number, {texts} FROM ledger_line"  # noqa: S608  (constants)
    for number, thread_number, *rest in _pages(query, after, last):
        text, digest, thread, recorded_at, actor, act, block = rest
        values = (_text(thread), thread_number, _moment(recorded_at), _text(actor), _text(act), _text(block))
        yield LineRow(number, _text(text), _text(digest), dict(zip(COPIES, values, strict=True)))


def _pages(query: str, after: object, last: object) -> Iterator[tuple[Any, ...]]:
    while True:
        bounds = {"number > %s": after, "number <= %s": last}
        given: dict[str, Any] = {text: value for text, value in bounds.items() if value is not None}
        where = f" WHERE {' AND '.join(given)}" if given else ""
        with connection.cursor() as cursor:
            cursor.execute(f"{query}{where} ORDER BY number LIMIT {_A_PAGE}", list(given.values()))
            page = cursor.fetchall()
        yield from page
        if len(page) < _A_PAGE:
            return
        after = page[-1][0]


def in_export(path: Path) -> Iterator[SealRow | LineRow]:
    """The records of an export in its order. Invalid names the file and line that is no record or the missing end."""
    counts = {"lines": 0, "seals": 0}
    ended = False
    with path.open("rb") as file:
        for place, text in enumerate(file, 1):
            record = _record(text, path, place)
            if place == 1:
                _header(record, path)
            elif "seal" in record:
                counts["seals"] += 1
                yield _seal_of(record, path, place)
            elif "line" in record:
                counts["lines"] += 1
                yield LineRow(_number_of(record["line"]), record["line"], record.get("hash"), None)
            else:
                ended = record.get("end") == counts
    if not ended:
        raise Invalid(_("The export is cut short, or its last record is wrong."), where=str(path))


def _record(text: bytes, path: Path, place: int) -> dict[str, Any]:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict) or not isinstance(record.get("line", ""), str):
        raise Invalid(_("This is no record of an export."), where=f"{path}:{place}")
    return record


def _header(record: Mapping[str, Any], path: Path) -> None:
    if record.get("format") != FORMAT:
        raise Invalid(_("This is no ledger export of a known format."), where=f"{path}:1")


def _seal_of(record: Mapping[str, Any], path: Path, place: int) -> SealRow:
    seal = record["seal"]
    try:
        leaves = bytes.fromhex(record["leaves"])
    except (KeyError, TypeError, ValueError):
        leaves = b""
    if not isinstance(seal, dict) or set(seal) != set(SEAL_FIELDS):
        raise Invalid(_("A seal's fields are not those of a seal."), where=f"{path}:{place}")
    return SealRow(seal, leaves)


def _number_of(text: str) -> object:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found.get("number") if isinstance(found, dict) else None
