"""A line's canonical text, read with distrust."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from blockwise.ledger import canonical
from blockwise.problems import Problem

_hash = re.compile("[0-9a-f]{64}")


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

    @property
    def sealed(self) -> dict[str, str]:
        """Field name -> digest of the texts sealed for this line."""
        named = self.data.get("sealed")
        found = named.items() if isinstance(named, dict) else ()
        return {name: digest for name, digest in found if isinstance(digest, str) and _hash.fullmatch(digest)}


_NAMES = {each.name for each in fields(LineText)}


def parsed(text: str | None) -> LineText | str:
    """The line, or in words why the text is none."""
    try:
        found = json.loads(text or "")
        if canonical.dumps(canonical.plain(found)) != text:
            return _("its text is not canonical JSON")
    except (ValueError, RecursionError, TypeError, Problem):
        return _("its text is not canonical JSON")
    if not isinstance(found, dict) or set(found) != _NAMES or not _typed(line := LineText(**found)):
        return _("its text has not the fields of a line")
    return line


def _typed(line: LineText) -> bool:
    texts = (line.thread, line.actor, line.act, line.block, line.previous)
    return (
        type(line.number) is int
        and type(line.thread_number) is int
        and all(isinstance(text, str) for text in texts)
        and isinstance(line.data, dict)
        and _is_moment(line.recorded_at)
        and (line.happened_at is None or _is_moment(line.happened_at))
    )


def _is_moment(value: object) -> bool:
    try:
        return isinstance(value, str) and canonical.moment(datetime.fromisoformat(value)) == value
    except ValueError:
        return False
