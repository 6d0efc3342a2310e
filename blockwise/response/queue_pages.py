"""The queue as it was narrowed by whoever looks at it, and its rows as they are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import get_language

from blockwise import clock
from blockwise.access.actors import Actor

from .queries import QUEUE, Queue, QueueRow, Wanted, open_cases, queue_rows

MOST = 5_000  # rows: more open cases than anybody works through


def wanted(request: HttpRequest) -> Wanted:
    """What the address asks for; what it says wrongly is passed over."""
    given = request.GET
    rows = given.get("rows", "")
    return Wanted(
        mine=bool(given.get("mine")),
        waiting=bool(given.get("waiting")),
        late=bool(given.get("late")),
        kind=given.get("kind", "")[:40],
        block=given.get("block", "").strip().upper()[:24],
        limit=min(max(int(rows), QUEUE), MOST) if rows.isascii() and rows.isdigit() and len(rows) < 6 else QUEUE,
    )


def apart(queue: Queue, number: str, actor: Actor) -> list[str]:
    """The row of the case of this number where it is open and not in the queue as it is shown; else none."""
    pk = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else 0
    if not pk or any(row.pk == pk for row in queue.rows):
        return []
    found = queue_rows(list(open_cases(actor).filter(pk=pk)), clock.now())
    return [_drawn(_line(row, get_language() or "")) for row in found]


@dataclass(frozen=True)
class Line:
    """All that a row of the queue says, in one language. Two that are equal look the same."""

    language: str
    pk: int
    priority: int
    sensitive: bool
    type: str
    place: str
    place_short: str
    unplaced: bool
    point: tuple[float, float] | None
    block: str
    stage: str
    units: str
    waits: str
    waits_words: str
    late: bool
    due_at: datetime | None
    clock: str
    fault: bool


def drawn(queue: Queue) -> list[str]:
    """The rows of a queue. Few change from one look to the next, and every console that sees a row sees the same."""
    language = get_language() or ""
    return [_drawn(_line(row, language)) for row in queue.rows]


def _line(row: QueueRow, language: str) -> Line:
    case = row.shown
    return Line(
        language=language,
        pk=row.pk,
        priority=case.case.priority,
        sensitive=case.case.sensitive,
        type=case.type,
        place=case.place,
        place_short=case.place_short,
        unplaced=case.unplaced,
        point=case.point,
        block=case.block,
        stage=str(case.stage),
        units=", ".join(row.units),
        waits=row.waits,
        waits_words=str(row.waits_words),
        late=row.late,
        due_at=case.due_at,
        clock=str(case.clock or ""),
        fault=bool(case.fault),
    )


@lru_cache(maxsize=2_000)
def _drawn(line: Line) -> str:
    return render_to_string("response/queue_row.html", {"row": line})
