"""Who follows the stream. All of a process's are looked up again at once, so that their number costs no queries."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from time import monotonic

from blockwise.access.actors import Actor
from blockwise.access.ways_in import WayIn, by_ways
from blockwise.problems import TooMany

from .refusal import Busy
from .threads import Threads

log = logging.getLogger("blockwise.site")

LOOK_AGAIN = 2.0  # seconds
UNKNOWN = 5.0  # seconds for which a stream goes on although it cannot be looked up who may follow it
A_USER, A_PROCESS = 12, 1_000  # streams open at once


class Follower:
    """`ended` is set when the way in is closed, or the server stops."""

    def __init__(self, way: WayIn, actor: Actor) -> None:
        self.way = way
        self.actor = actor
        self.ended = asyncio.Event()


class Followers:
    """`closing`: the server stops, and nobody is let in any more."""

    def __init__(self) -> None:
        self.closing = False
        self._open: set[Follower] = set()
        self._threads = Threads(1, "followers")
        self._task: asyncio.Task[None] | None = None

    def admit(self, way: WayIn, actor: Actor) -> Follower:
        if self.closing or len(self._open) >= A_PROCESS:
            raise Busy("No further stream can be opened now.", fix="Try again in a few seconds.")
        if Counter(one.actor.id for one in self._open)[actor.id] >= A_USER:
            raise TooMany(f"You have {A_USER} streams open.", fix="Close one first.")
        follower = Follower(way, actor)
        self._open.add(follower)
        self._task = self._task or asyncio.create_task(self._look())
        return follower

    def leave(self, follower: Follower) -> None:
        self._open.discard(follower)

    def end(self) -> None:
        self.closing = True
        for one in self._open:
            one.ended.set()

    async def stop(self) -> None:
        self.end()
        if self._task:
            self._task.cancel()
        await self._threads.stop()

    async def _look(self) -> None:
        known = monotonic()
        while True:
            began = monotonic()
            if await self._looked():
                known = began
            elif monotonic() + LOOK_AGAIN > known + UNKNOWN:
                self._let_go(self._open)
            await asyncio.sleep(began + LOOK_AGAIN - monotonic())

    async def _looked(self) -> bool:
        """Whether everybody could be looked up, and was."""
        present = tuple(self._open)
        try:
            async with asyncio.timeout(LOOK_AGAIN):
                found = await self._threads.run(by_ways, {one.way for one in present}) if present else {}
        except Exception:  # whatever fails: nobody follows on unlooked at
            log.exception("it cannot be looked up who follows the stream")
            return False
        for one in present:
            one.actor = found.get(one.way, one.actor)
        self._let_go([one for one in present if one.way not in found])
        return True

    def _let_go(self, followers: Iterable[Follower]) -> None:
        for one in followers:
            log.info("a stream ended: its reader is no longer signed in")
            one.ended.set()
