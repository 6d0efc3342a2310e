"""The ledger's newest lines, looked for once a process and shared by every stream."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, ParamSpec, TypeVar

from django.db import close_old_connections, connection

from blockwise.access.actors import Actor
from blockwise.access.policy import may_see_line
from blockwise.access.seams import CaseLike, KindLike, seams
from blockwise.ledger.lines import after as lines_after
from blockwise.ledger.models import Head, Line

from .wake import Listener

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger("blockwise.site")

LOOK_EVERY = 0.1  # seconds, on SQLite
LOOK_ANYWAY = 2.0  # seconds, on PostgreSQL, where a notification wakes the feed sooner
CLOSING = 10.0  # seconds
THREADS = 2
BATCH = 500
KEPT = 5_000  # lines kept in memory; a stream that is further behind reads the table


class Item(NamedTuple):
    """A line with the kind and case it is about, for the policy."""

    line: Line
    subject: tuple[KindLike, CaseLike] | None


class Feed:
    """Started by the first stream; `changed` is set, and replaced, when there are new lines."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="stream")
        self.changed = asyncio.Event()
        self.closing = False
        self._starting = asyncio.Lock()
        self.last = -1
        self._recent: deque[Item] = deque(maxlen=KEPT)
        self._task: asyncio.Task[None] | None = None
        self._listener: Listener | None = None

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do database work on a thread of the feed's own, so that requests never queue behind streams."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, lambda: _fresh(work, *args, **kwargs))

    async def start(self) -> None:
        """Begin to look, once; returns when `last` is known."""
        async with self._starting:
            if self._task is None:
                self.last = await self.run(last_number)
                self._task = asyncio.create_task(self._look())

    def end(self) -> None:
        """Let every stream end."""
        self.closing = True
        self._tell()

    async def stop(self) -> None:
        self.end()
        if self._task:
            self._task.cancel()
        if self._listener:
            await asyncio.to_thread(self._listener.stop)
        together = threading.Barrier(THREADS)  # so that each thread closes its own connection
        await asyncio.gather(*[self.run(_close, together) for _ in range(THREADS)])
        self.pool.shutdown()

    async def since(self, number: int) -> Sequence[Item]:
        """The next lines after `number`, at most BATCH of them; from memory where it reaches back that far."""
        if number >= self.last:
            return ()
        if self._recent and self._recent[0].line.number <= number + 1:
            skip = number + 1 - self._recent[0].line.number  # numbers have no gaps
            return [self._recent[at] for at in range(skip, min(skip + BATCH, len(self._recent)))]
        return await self.run(load, number)

    async def _look(self) -> None:
        self._listener = Listener() if connection.vendor == "postgresql" else None
        while True:
            try:
                if await self.run(last_number) > self.last:
                    await self._take()
                elif self._listener:
                    await self._listener.wait(LOOK_ANYWAY)
                else:
                    await asyncio.sleep(LOOK_EVERY)
            except Exception:
                log.exception("the stream cannot read the ledger")
                await asyncio.sleep(LOOK_ANYWAY)

    async def _take(self) -> None:
        items = await self.run(load, self.last)
        self._recent.extend(items)
        self.last = items[-1].line.number
        self._tell()

    def _tell(self) -> None:
        told, self.changed = self.changed, asyncio.Event()
        told.set()


def _close(together: threading.Barrier) -> None:
    together.wait(CLOSING)
    connection.close()


def _fresh(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    close_old_connections()
    return work(*args, **kwargs)


def last_number() -> int:
    return Head.objects.values_list("number", flat=True).get(pk=1)


def load(number: int) -> list[Item]:
    """The next BATCH lines after `number`, each with its subject."""
    lines = lines_after(number, BATCH)
    ids = {int(line.thread[5:]) for line in lines if line.thread.startswith("case:")}
    subjects = seams.cases.subjects(ids) if seams.cases else {}
    return [Item(line, subjects.get(_case_of(line))) for line in lines]


def _case_of(line: Line) -> int:
    return int(line.thread[5:]) if line.thread.startswith("case:") else 0


def visible(actor: Actor, items: Sequence[Item]) -> list[dict[str, Any]]:
    """What the actor may see of `items`, as it is sent."""
    return [shown(line) for line, subject in items if may_see_line(actor, line, subject)]


def shown(line: Line) -> dict[str, Any]:
    """A line on the stream: what happened to what, and where; no field of it holds personal data."""
    return {
        "number": line.number,
        "thread": line.thread,
        "act": line.act,
        "block": line.block,
        "actor": line.actor,
        "recorded_at": line.recorded_at.isoformat().replace("+00:00", "Z"),
    }
