"""The ledger's newest lines, looked for once a process and shared by every stream."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection

from blockwise.access.actors import Actor
from blockwise.access.policy import LOOKS, Sent, may_be_told, may_see_line, may_view, sight
from blockwise.access.seams import CaseLike, KindLike, seams
from blockwise.cases.queries.named import beside
from blockwise.ledger.lines import after as lines_after
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Head, Line

from .threads import Threads
from .wake import Listener

log = logging.getLogger("blockwise.site")

LOOK_EVERY = 0.1  # seconds, on SQLite
AT_LEAST = 0.05  # seconds between two looks that found lines: under load many lines go to all streams at once
LOOK_ANYWAY = 2.0  # seconds, on PostgreSQL, where a notification wakes the feed sooner
THREADS = 2
BATCH = 500
KEPT = 5_000  # lines kept in memory; a stream that is further behind reads the table


Subjects = Mapping[int, tuple[KindLike, CaseLike]]


class Item(NamedTuple):
    """A line with what the policy asks of it: the case it is about (0: none), another it is about, the units named."""

    line: Line
    case: int
    beside: int
    units: frozenset[str]


class News(NamedTuple):
    """Lines, and the cases they are about as they are now: one that became sensitive hides its earlier lines too."""

    items: Sequence[Item]
    subjects: Subjects


class Feed:
    """Started by the first stream; `changed` is set, and replaced, when there are new lines."""

    def __init__(self) -> None:
        self.threads = Threads(THREADS, "stream")
        self.changed = asyncio.Event()
        self._starting = asyncio.Lock()
        self.last = -1
        self._recent: deque[Item] = deque(maxlen=KEPT)
        self._sent: Sent = {}  # asked once for all streams, until there is a new line
        self._told: dict[Hashable, asyncio.Task[bytes]] = {}  # likewise: what goes to all who see the same
        self._subjects: dict[int, tuple[KindLike, CaseLike]] = {}  # of those lines, each as its newest line left it
        self._task: asyncio.Task[None] | None = None
        self._listener: Listener | None = None

    async def start(self) -> None:
        """Begin to look, once; returns when `last` is known."""
        async with self._starting:
            if self._task is None:
                self.last = await self.threads.run(last_number)
                self._task = asyncio.create_task(self._look())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
        if self._listener:
            await asyncio.to_thread(self._listener.stop)
        await self.threads.stop()

    async def since(self, number: int) -> News:
        """The next lines after `number`, at most BATCH of them; from memory where it reaches back that far."""
        if number >= self.last:
            return News((), {})
        news = self.news_after(number)
        return await self.threads.run(load, number) if news is None else news

    def news_after(self, number: int) -> News | None:
        """The next lines that are in memory; None where it does not reach back that far."""
        if not self._recent or self._recent[0].line.number > number + 1:
            return None
        skip = number + 1 - self._recent[0].line.number  # numbers have no gaps
        items = [self._recent[at] for at in range(skip, min(skip + BATCH, len(self._recent)))]
        return News(items, self._subjects)

    async def told(self, actor: Actor, news: News) -> bytes:
        """The events of what the actor may see of the news."""
        lines = [item.line for item in news.items]
        looked = any(line.act in LOOKS and line.actor == actor.id for line in lines)  # of that, only oneself is told
        seen = (sight(actor), actor.id if looked else "")
        key = (seen, lines[0].number, lines[-1].number)
        task = self._told.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = asyncio.create_task(self.threads.run(events, actor, news, self._sent))
            self._told[key] = task
        return await asyncio.shield(task)

    async def _look(self) -> None:
        self._listener = Listener() if connection.vendor == "postgresql" else None
        while True:
            try:
                if await self.threads.run(last_number) > self.last:
                    await self._take()
                    await asyncio.sleep(AT_LEAST)
                elif self._listener:
                    await self._listener.wait(LOOK_ANYWAY)
                else:
                    await asyncio.sleep(LOOK_EVERY)
            except Exception:  # the database was away: it is asked again
                log.exception("the stream cannot read the ledger")
                await asyncio.sleep(LOOK_ANYWAY)

    async def _take(self) -> None:
        news = await self.threads.run(load, self.last)
        self.remember(news)
        self.last = news.items[-1].line.number
        told, self.changed = self.changed, asyncio.Event()
        told.set()

    def remember(self, news: News) -> None:
        """Keep the lines; their cases are from now on judged, for earlier lines too, as they are now."""
        self._sent, self._told = {}, {}
        self._recent.extend(news.items)
        self._subjects |= news.subjects
        if len(self._subjects) > 2 * KEPT:
            about = {case for item in self._recent for case in (item.case, item.beside)}
            self._subjects = {case: known for case, known in self._subjects.items() if case in about}


def last_number() -> int:
    return Head.objects.values_list("number", flat=True).get(pk=1)


def load(number: int) -> News:
    """The next BATCH lines after `number`, with the cases they are about."""
    items = [_item(line) for line in lines_after(number, BATCH)]
    ids = {case for item in items for case in (item.case, item.beside) if case}
    return News(items, seams.cases.subjects(ids) if seams.cases else {})


def _item(line: Line) -> Item:
    data = data_of(line)
    units = frozenset([*data.get("units", ()), *([data["unit"]] if "unit" in data else ())])
    return Item(line, _case_of(line), beside(line.act, data), units)


def _case_of(line: Line) -> int:
    return int(line.thread[5:]) if line.thread.startswith("case:") else 0


def visible(actor: Actor, news: News, sent: Sent | None = None) -> list[dict[str, Any]]:
    """What the actor may see of the news, as it is sent. A crew is told too what takes its unit off a case."""
    sent = {} if sent is None else sent
    return [
        shown(item.line)
        for item in news.items
        if may_be_told(actor, item.units) or _seen(actor, item, news.subjects, sent)
    ]


def events(actor: Actor, news: News, sent: Sent | None = None) -> bytes:
    """The same as server-sent events."""
    return b"".join(_event(line) for line in visible(actor, news, sent))


def _event(line: dict[str, Any]) -> bytes:
    return f"id: {line['number']}\nevent: line\ndata: {json.dumps(line, separators=(',', ':'))}\n\n".encode()


def _seen(actor: Actor, item: Item, subjects: Subjects, sent: Sent) -> bool:
    """Whether the line may be seen, and also the other case that it is about."""
    if item.beside and not (item.beside in subjects and may_view(actor, *subjects[item.beside], sent)):
        return False
    return bool(may_see_line(actor, item.line, subjects.get(item.case), sent))


def shown(line: Line) -> dict[str, Any]:
    """A line on the stream: what happened to what, and where; no field of it holds personal data."""
    return {
        "number": line.number,
        "thread": line.thread,
        "act": line.act,
        "block": line.block,
        "actor": line.actor,
        "recorded_at": line.recorded_at.isoformat().replace("+00:00", "Z") if line.recorded_at else "",
    }
