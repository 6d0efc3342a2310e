"""Which threads answer what: nothing that takes long or comes without end stands before a call."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from blockwise.access.actors import Actor
from blockwise.attachments.anew import LARGEST
from blockwise.problems import Problem

from .asker import asker
from .bridge import Bridge, Message, Receive, Send, Wsgi, busy, send_problem

HEAVY: Final = frozenset({"/api/rings", "/api/blocks.geojson", "/api/roads.geojson"})
POSITIONS: Final = frozenset({"/api/positions"})
FILES: Final = re.compile(r"/api/cases/[0-9]+/attachments")
FORMS: Final = re.compile(r"/cases/[0-9]+/acts/[A-Za-z0-9_-]+/")
LARGEST_FORM: Final = LARGEST + 1_000_000  # bytes: the files of a form together, and what else it says
FILES_AT_ONCE: Final = 4  # their bodies are held in memory
MOST_ASKING: Final = 32  # who would send a file, and of whom it is not known yet who they are
FILES_EACH: Final = 2  # of one person at once
SLOWEST_FILE: Final = 120.0  # seconds until it has to be here


class Lanes:
    """All requests but the stream, each on its lane's own threads."""

    def __init__(self, wsgi: Wsgi, threads: int) -> None:
        self.usual = Bridge(wsgi, threads)
        self.heavy = Bridge(wsgi, 1, name="heavy", queue=32, patience=20.0)
        self.positions = Bridge(wsgi, 8, name="positions", queue=64, patience=10.0)
        self.files = Bridge(wsgi, 2, name="files", largest=LARGEST_FORM, slowest=SLOWEST_FILE)
        self.door, self.asking = ThreadPoolExecutor(1, thread_name_prefix="door"), 0
        self.arriving: Counter[str] = Counter()  # files on their way, by who sends them

    def of(self, path: str) -> Bridge:
        if path in HEAVY:
            return self.heavy
        return self.positions if path in POSITIONS else self.usual

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if brings_files(scope):
            await self._files(scope, receive, send)
        else:
            await self.of(scope["path"])(scope, receive, send)

    async def _files(self, scope: Message, receive: Receive, send: Send) -> None:
        """A few at a time, counted from before their first byte, so that memory is bounded; nobody's before it is known
        who sends them, so that no stranger holds a place."""
        try:
            _request, actor = await self._asker(scope)
            if self.arriving.total() >= FILES_AT_ONCE or self.arriving[actor.id] >= FILES_EACH:
                raise busy()
        except Problem as problem:
            await send_problem(send, problem)
            return
        self.arriving[actor.id] += 1
        try:
            await self.files(scope, receive, send)
        finally:
            self.arriving -= Counter([actor.id])

    async def _asker(self, scope: Message) -> tuple[object, Actor]:
        """On a thread of its own, which waits for no file, and with a line that ends."""
        if self.asking >= MOST_ASKING:
            raise busy()
        self.asking += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.door, asker, scope)
        finally:
            self.asking -= 1

    async def stop(self) -> None:
        """Let what has begun be answered."""
        for lane in (self.usual, self.heavy, self.positions, self.files):
            await asyncio.to_thread(lane.pool.shutdown)


def brings_files(scope: Message) -> bool:
    if scope["method"] != "POST":
        return False
    form = dict(scope["headers"]).get(b"content-type", b"").startswith(b"multipart/form-data")
    return bool(FILES.fullmatch(scope["path"]) or (form and FORMS.fullmatch(scope["path"])))
