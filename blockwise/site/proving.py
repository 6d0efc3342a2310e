"""The rows held against the record while it goes on: a few at random, and at night every case by district.

What the whole record alone can tell is left to `blockwise verify`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from blockwise import clock
from blockwise.cases.models import Case
from blockwise.ledger import lines, sample
from blockwise.ledger.models import Line
from blockwise.places.models import Block, City

log = logging.getLogger("blockwise.proving")
THREAD = "unfit"
ACTOR = "system:worker"
AT_RANDOM = 3  # cases, and as many people, at a time
A_STEP = 50  # cases of a district at a time
A_LOOK = 500  # numbers of cases looked for at a time
NIGHT = range(1, 5)  # hours of the city
AGAIN = timedelta(days=1)  # how often one difference is told


class _Night:
    """What is left of the walk. What a night does not reach comes first in the next; a walk that is done begins again
    the next night, and with each worker, at another district each day: none is always the last."""

    def __init__(self) -> None:
        self.day: date | None = None
        self.steps: Iterator[list[str]] = iter(())

    def next(self, now: datetime) -> list[str]:
        if now.hour not in NIGHT:
            return []
        if (found := next(self.steps, None)) is None and self.day != now.date():
            self.day, self.steps = now.date(), _walk(now.date())
            found = next(self.steps, None)
        return found or []


_night = _Night()


def look() -> None:
    """A few subjects at random and, at night, the next of the district's; a difference is a line, once a day."""
    city = City.objects.first()
    if city is None:
        return
    night = _night.next(clock.now().astimezone(ZoneInfo(city.timezone)))
    if found := sample.first_unfit([*sample.some(AT_RANDOM), *night]):
        _write_unfit(*found)


def last_unfit() -> str | None:
    """Of the last day, in words; None where all fitted."""
    line = Line.objects.filter(thread=THREAD).order_by("-thread_number").first()
    if line is None or line.recorded_at < clock.real_now() - AGAIN:
        return None
    return f"line {lines.data_of(line)['line']}: a row is not as it says; run `blockwise verify`"


def _walk(day: date) -> Iterator[list[str]]:
    """Threads of every case: by district, then what lies over all of them, then those whose row is gone."""
    districts = list(Block.objects.filter(level=1).order_by("code").values_list("code", flat=True))
    first = day.toordinal() % max(1, len(districts))
    for code in districts[first:] + districts[:first]:
        yield from _cases(Q(block_id__gte=code, block_id__lt=f"{code}~"))
        log.info("district %s: the rows of its cases were held against the record", code)
    yield from _cases(Q(block__level=0))
    yield from _told()


def _cases(which: Q) -> Iterator[list[str]]:
    cases, last = Case.objects.filter(which).order_by("pk"), 0
    while some := list(cases.filter(pk__gt=last).values_list("pk", flat=True)[:A_STEP]):
        yield [f"case:{pk}" for pk in some]
        last = some[-1]


def _told() -> Iterator[list[str]]:
    """Of the cases that the record tells of, those without a row."""
    opened, last = Line.objects.filter(thread_number=1, thread__lt="case;").order_by("thread"), "case:"
    while some := list(opened.filter(thread__gt=last).values_list("thread", flat=True)[:A_LOOK]):
        numbers = {int(thread.partition(":")[2]) for thread in some}
        there = set(Case.objects.filter(pk__in=numbers).values_list("pk", flat=True))
        yield [f"case:{pk}" for pk in sorted(numbers - there)]
        last = some[-1]


def _write_unfit(line: int, why: str) -> None:
    """In the log with its values; on the record that there is a difference, and by which line."""
    log.error("the state does not fit the record: line %d: %s", line, why)
    recent = Line.objects.filter(thread=THREAD, recorded_at__gt=clock.real_now() - AGAIN)
    if line not in [lines.data_of(told).get("line") for told in recent]:
        with transaction.atomic():
            lines.write([lines.Entry(THREAD, "row_unfit", ACTOR, data={"line": line})])
