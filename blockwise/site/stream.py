"""GET /api/stream?after=N: the record as server-sent events by line number, resumable, filtered by the policy."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter
from urllib.parse import parse_qs

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse

from blockwise.access.actors import Actor, actor_of
from blockwise.problems import Forbidden, Problem, TooMany

from .bridge import Message, Receive, Send, environ_of, send_problem
from .feed import Feed, visible
from .refusal import Busy

log = logging.getLogger("blockwise.site")

BEAT = 15.0  # seconds without news after which a comment shows that the line is alive
ASK_AGAIN = 60.0  # seconds after which it is looked up again who follows, and with what roles
A_USER, A_PROCESS = 12, 1_000  # streams open at once
LARGEST = 2**62
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class Stream:
    """Every stream of this process."""

    def __init__(self) -> None:
        self.feed = Feed()
        self.open: Counter[str] = Counter()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            start = _after(scope)
            await self.feed.start()
            actor = await self.feed.run(_actor, scope)
            self._admit(actor)
        except Problem as problem:
            await send_problem(send, problem)
            return
        self.open[actor.id] += 1
        try:
            await self._follow(scope, actor, start, receive, send)
        finally:
            self.open[actor.id] -= 1

    def _admit(self, actor: Actor) -> None:
        if self.feed.closing or self.open.total() >= A_PROCESS:
            raise Busy("No further stream can be opened now.", fix="Try again in a few seconds.")
        if self.open[actor.id] >= A_USER:
            raise TooMany(f"You have {A_USER} streams open.", fix="Close one first.")

    async def _follow(self, scope: Message, actor: Actor, start: int | None, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(_until_gone(receive))
        number = self.feed.last if start is None or start > self.feed.last else start
        asked = time.monotonic()
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await _put(send, "retry: 2000\n\n")
        try:
            while not (gone.done() or self.feed.closing):
                if time.monotonic() - asked > ASK_AGAIN:
                    actor, asked = await self.feed.run(_actor, scope), time.monotonic()
                changed = self.feed.changed
                if items := await self.feed.since(number):
                    number = items[-1].line.number
                    if events := await self.feed.run(visible, actor, items):
                        await _put(send, "".join(_event(event["number"], event) for event in events))
                elif not await _either(changed.wait(), gone, BEAT):
                    await _put(send, f": beat\nid: {number}\n\n")
        except Problem:
            log.info("a stream ended: its reader is no longer signed in")
        finally:
            gone.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _event(number: int, data: object) -> str:
    return f"id: {number}\nevent: line\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"


async def _put(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _either(changed: object, gone: asyncio.Future[None], longest: float) -> bool:
    """Wait for either, at most `longest` seconds; whether one of them came."""
    news = asyncio.ensure_future(changed)  # type: ignore[call-overload]  # a coroutine of Event.wait
    done, _late = await asyncio.wait({news, gone}, timeout=longest, return_when=asyncio.FIRST_COMPLETED)
    news.cancel()
    return bool(done)


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


def _actor(scope: Message) -> Actor:
    """Who asks, by token or session, as for every other address."""
    request = WSGIRequest(environ_of(scope, b""))
    SessionMiddleware(_nothing).process_request(request)
    AuthenticationMiddleware(_nothing).process_request(request)
    actor = actor_of(request)
    if actor.scopes is not None and "stream" not in actor.scopes:
        raise Forbidden("The token lacks the scope `stream`.", fix="Use a token with this scope.")
    return actor


def _nothing(_request: object) -> HttpResponse:
    return HttpResponse()
