"""GET /api/stream?after=N: the record as server-sent events by line number, resumable, filtered by the policy."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic
from urllib.parse import parse_qs

from blockwise.access.actors import Actor
from blockwise.access.ways_in import WayIn, way_of
from blockwise.problems import Forbidden, Problem

from .asker import asker
from .bridge import Message, Receive, Send, send_problem
from .feed import Feed
from .followers import Follower, Followers
from .outside import SAFE

BEAT = 15.0  # seconds without news after which a comment shows that the line is alive
CLOSING = 1.0  # seconds for the end to reach a reader
LARGEST = 2**62
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"x-accel-buffering", b"no"),
    *SAFE,
]


class Stream:
    """Every stream of this process."""

    def __init__(self) -> None:
        self.feed = Feed()
        self.followers = Followers()

    def end(self) -> None:
        """Let every stream end."""
        self.followers.end()

    async def stop(self) -> None:
        await self.followers.stop()
        await self.feed.stop()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            start = _after(scope)
            await self.feed.start()
            follower = self.followers.admit(*await self.feed.threads.run(_reader, scope))
        except Problem as problem:
            await send_problem(send, problem)
            return
        try:
            await self._follow(follower, start, receive, send)
        finally:
            self.followers.leave(follower)

    async def _follow(self, follower: Follower, start: int | None, receive: Receive, send: Send) -> None:
        number = self.feed.last if start is None or start > self.feed.last else start
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await _put(send, b"retry: 2000\n\n")
        lines = asyncio.ensure_future(self._lines(follower, number, send))
        ends = [lines, asyncio.ensure_future(_until_gone(receive)), asyncio.ensure_future(follower.ended.wait())]
        try:
            done, _open = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in ends:
                one.cancel()
        if lines in done:
            lines.result()  # it ends by a fault alone
        await _close(send)

    async def _lines(self, follower: Follower, number: int, send: Send) -> None:
        due = monotonic() + BEAT
        while True:
            changed, text = self.feed.changed, b""
            news = await self.feed.since(number)
            if news.items:
                number = news.items[-1].line.number
                text = await self.feed.told(follower.actor, news)
            else:
                await _either(changed, due - monotonic())
            if not text and monotonic() >= due:
                text = f": beat\nid: {number}\n\n".encode()
            if text:
                await _put(send, text)
                due = monotonic() + BEAT


async def _put(send: Send, text: bytes) -> None:
    await send({"type": "http.response.body", "body": text, "more_body": True})


async def _close(send: Send) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSING):
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _either(changed: asyncio.Event, longest: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(longest):
            await changed.wait()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _after(scope: Message) -> int | None:
    """The number after which to begin: Last-Event-ID, else ?after=; None begins with the next line."""
    if scope["method"] != "GET":
        problem = Forbidden("The stream is read with GET.", fix="Use GET.")
        problem.status, problem.code = 405, "method-not-allowed"
        raise problem
    asked = parse_qs(scope["query_string"].decode("latin-1"))
    header = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1")
    given = header or asked.get("after", [""])[0]
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 20 and int(given) <= LARGEST):
        raise Problem("This is not the number of a line.", where="after", fix="Give a whole number from 0.")
    return int(given)


def _reader(scope: Message) -> tuple[WayIn, Actor]:
    """Who asks, by token or session, as for every other address."""
    request, actor = asker(scope)
    if actor.scopes is not None and "stream" not in actor.scopes:
        raise Forbidden("The token lacks the scope `stream`.", fix="Use a token with this scope.")
    return way_of(request), actor
