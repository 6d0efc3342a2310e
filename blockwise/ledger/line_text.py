"""A line's canonical text, read with distrust."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from blockwise.ledger import canonical
from blockwise.problems import Problem

_hash = re.compile("[0-9a-f]{64}")


def _refuse(number: str) -> None:
    raise ValueError(number)


_strict = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse)


@dataclass(frozen=True)
class LineText:
    """What a line says, with the types it must have. Times as text: `2026-11-21T01:02:03.000004Z`."""

    number: int
    thread: str
    thread_number: int
    recorded_at: str
    happened_at: str | None
    actor: str
    act: str
    block: str
    data: dict[str, Any]
    previous: str
    state: Mapping[str, Mapping[str, Mapping[str, Any] | None]] | None = None  # lines of earlier versions say none

    @property
    def sealed(self) -> dict[str, str]:
        """Field name -> digest of the texts sealed for this line."""
        named = self.data.get("sealed")
        found = named.items() if isinstance(named, dict) else ()
        return {name: digest for name, digest in found if isinstance(digest, str) and _hash.fullmatch(digest)}

    @property
    def files(self) -> dict[str, str]:
        """Name of each file that was sealed for this line -> what it is."""
        given = self.data.get("attachments")
        told = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
        named = [(one.get(part), part) for one in told for part in ("name", "thumb")]
        return {name: part for name, part in named if isinstance(name, str) and _hash.fullmatch(name)}


_NAMES = {each.name for each in fields(LineText)}


def parsed(text: str | None) -> LineText | str:
    """The line, or in words why the text is none."""
    try:
        found = _strict.decode(text or "")
        if not _plain(found, text or ""):
            found = canonical.plain(found)
        if canonical.dumps(found) != text:
            return _("its text is not canonical JSON")
    except (ValueError, RecursionError, TypeError, Problem):
        return _("its text is not canonical JSON")
    if not isinstance(found, dict) or {*found, "state"} != _NAMES or not _typed(line := LineText(**found)):
        return _("its text has not the fields of a line")
    return line


def _plain(found: object, text: str) -> bool:
    """Whether `canonical.plain`, which is slow, would surely take it: level by level, no number too large, none too
    deep; and no character in its text that cannot be stored."""
    if "\\u0000" in text or not (text.isascii() or _encodes(text)):
        return False
    level: list[Any] = [found]
    for _depth in range(canonical.DEEPEST):
        inner: list[Any] = []
        for one in level:
            for value in one.values() if type(one) is dict else one if type(one) is list else (one,):
                kind = type(value)
                if kind is dict or kind is list:
                    inner.append(value)
                elif kind is int and not -canonical.GREATEST <= value <= canonical.GREATEST:
                    return False
        if not inner:
            return True
        level = inner
    return False


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _typed(line: LineText) -> bool:
    texts = (line.thread, line.actor, line.act, line.block, line.previous)
    return (
        type(line.number) is int
        and type(line.thread_number) is int
        and all(isinstance(text, str) for text in texts)
        and isinstance(line.data, dict)
        and _is_state(line.state)
        and _is_moment(line.recorded_at)
        and (line.happened_at is None or _is_moment(line.happened_at))
    )


def _is_state(state: object) -> bool:
    if state is None:
        return True
    tables = list(state.values()) if isinstance(state, dict) else [None]
    rows = [row for rows in tables for row in (rows.values() if isinstance(rows, dict) else [0])]
    return all(row is None or isinstance(row, dict) for row in rows)


def _is_moment(value: object) -> bool:
    try:
        return isinstance(value, str) and canonical.moment(datetime.fromisoformat(value)) == value
    except ValueError:
        return False
