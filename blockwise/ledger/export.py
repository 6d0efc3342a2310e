"""The whole ledger as a file of JSON lines: seals, each followed by its lines. No sealed text.

It is for those who may see every type, place and second; what goes to anybody is `public`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from blockwise.clock import real_now
from blockwise.ledger import canonical, keys, seals
from blockwise.ledger.models import Line, Seal
from blockwise.ledger.rows import FORMAT
from blockwise.problems import Conflict, Invalid

_A_PAGE = 2000


def export(path: Path, progress: Callable[[int], None] = lambda lines: None) -> int:
    """Write the whole ledger to a new file; how many lines. Conflict if something is there. Streams."""
    counts = {"lines": 0, "seals": 0}
    write_records(path, _records(counts), lambda: progress(counts["lines"]))
    return counts["lines"]


def write_records(path: Path, records: Iterable[Mapping[str, Any]], progress: Callable[[], None]) -> None:
    """A new file, whole or not at all: a JSON object a line. Conflict if something is there."""
    if path.exists():
        raise Conflict(_("There is something there already."), where=str(path), fix=_("Give another name."))
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            for count, record in enumerate(records):
                file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
                if count % _A_PAGE == 0:
                    progress()
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


def _records(counts: dict[str, int]) -> Iterator[dict[str, Any]]:
    yield {"format": FORMAT, "exported_at": canonical.moment(real_now()), "seal_keys": keys.known_seal_keys()}
    reached = 0
    for seal in Seal.objects.order_by("number").iterator(chunk_size=10):
        counts["seals"] += 1
        yield {"seal": seals.public(seal), "leaves": bytes(seal.leaves).hex()}
        for line in _lines(reached, seal.last_line):
            counts["lines"] += 1
            reached = line.number
            yield _record(line)
    for line in _lines(reached, None):
        counts["lines"] += 1
        yield _record(line)
    yield {"end": dict(counts)}


def _record(line: Line) -> dict[str, Any]:
    kept: tuple[object, ...] = (line.canonical, line.hash)
    if not all(isinstance(each, str) for each in kept):  # SQLite keeps anything in any column
        fix = _("Run `blockwise verify` on the database.")
        raise Invalid(_("This line is no text and cannot be exported."), where=f"line {line.number}", fix=fix)
    return {"hash": line.hash, "line": line.canonical}


def _lines(after: int, last: int | None) -> Iterator[Line]:
    found = Line.objects.filter(number__gt=after, **({"number__lte": last} if last is not None else {}))
    return found.order_by("number").only("number", "hash", "canonical").iterator(chunk_size=_A_PAGE)
