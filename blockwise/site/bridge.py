"""Django's WSGI handler on a small pool of threads, called from an ASGI server."""

from __future__ import annotations

import asyncio
import io
import logging
import sys
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings

from blockwise.problems import Problem, TooLarge, TooSlow

from .outside import SAFE
from .refusal import Busy, Failed, document, wait_of

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

log = logging.getLogger("blockwise.site")

LARGEST_BODY = 2_000_000  # bytes
LONGEST_QUEUE = 512  # requests that are answered or wait for a thread; more are refused at once
SLOWEST_BODY = 30.0  # seconds until a request's body has to be whole
SLOWEST_READER = 60.0  # seconds a client may take for one piece of a streamed answer


class Gone(Exception):  # noqa: N818  (the client, not an error of ours)
    """The client went away before its request was whole."""


class Bridge:
    """One request at a time a thread; a request that has begun is finished even when its client has gone.

    `queue`: requests that are answered or wait; `patience`: seconds that one waits for a thread. Beyond either: 503.
    """

    def __init__(
        self,
        wsgi: Wsgi,
        threads: int,
        *,
        name: str = "request",
        queue: int = LONGEST_QUEUE,
        patience: float | None = None,
        largest: int = LARGEST_BODY,
        slowest: float = SLOWEST_BODY,
    ) -> None:
        self.wsgi = wsgi
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self.queue, self.patience = queue, patience
        self.largest, self.slowest = largest, slowest
        self.waiting = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            environ = environ_of(scope, await whole_body(scope, receive, self.largest, self.slowest))
            await self._answer(environ, receive, send)
        except Gone:
            return
        except Problem as problem:
            await send_problem(send, problem)
        except Exception:  # Django's own handler failed too
            log.exception("a request failed outside Django")
            await send_problem(send, Failed("Something went wrong on the server.", fix="Try again; tell the operator."))

    async def _answer(self, environ: dict[str, Any], receive: Receive, send: Send) -> None:
        if self.waiting >= self.queue:
            raise busy()
        loop = asyncio.get_running_loop()
        self.waiting += 1
        try:
            answer = await self._worked_out(environ)
        finally:
            self.waiting -= 1
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        if answer.rest is not None:
            gone = asyncio.ensure_future(_until_gone(receive))
            await loop.run_in_executor(self.pool, answer.stream, send, loop, gone)
            gone.cancel()
        await send({"type": "http.response.body", "body": answer.body, "more_body": False})

    async def _worked_out(self, environ: dict[str, Any]) -> Answered:
        begun = self.pool.submit(Answered, self.wsgi, environ)
        answer = asyncio.wrap_future(begun)
        await asyncio.wait([answer], timeout=self.patience)
        if not answer.done() and begun.cancel():
            raise busy()
        return await answer


def busy() -> Busy:
    return Busy("The server has more requests like this than it can answer now.", fix="Try again in a few seconds.")


class Answered:
    """What Django answered: whole in `body`, or, when it streams, still to be read from `rest`."""

    status: int
    headers: list[tuple[bytes, bytes]]

    def __init__(self, wsgi: Wsgi, environ: dict[str, Any]) -> None:
        rest = wsgi(environ, self._start)
        self.body, self.rest = b"", rest if getattr(rest, "streaming", False) else None
        if self.rest is None:
            try:
                self.body = b"".join(rest)
            finally:
                _close(rest)

    def _start(self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> None:
        self.status = int(status[:3])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]

    def stream(self, send: Send, loop: asyncio.AbstractEventLoop, gone: asyncio.Future[None]) -> None:
        """Send piece by piece from this thread, until the end or until the client has gone."""
        assert self.rest is not None
        try:
            for piece in self.rest:
                if gone.done():
                    return
                sent = send({"type": "http.response.body", "body": piece, "more_body": True})
                asyncio.run_coroutine_threadsafe(_awaited(sent), loop).result(SLOWEST_READER)
        finally:
            _close(self.rest)


def _close(answer: Iterable[bytes]) -> None:
    if close := getattr(answer, "close", None):
        close()


async def _awaited(sent: Awaitable[None]) -> None:
    await sent


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def whole_body(
    scope: Message, receive: Receive, largest: int = LARGEST_BODY, slowest: float = SLOWEST_BODY
) -> bytes:
    """The request's body; refused as soon as it is known to be larger than `largest` bytes or later than `slowest`."""
    told = dict(scope["headers"]).get(b"content-length", b"0")
    if told.isdigit() and int(told) > largest:
        raise _too_large(largest)
    try:
        async with asyncio.timeout(slowest):
            return await _read(receive, largest)
    except TimeoutError:
        raise TooSlow("The request's body did not come in time.", where="body") from None


async def _read(receive: Receive, largest: int) -> bytes:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body += message.get("body", b"")
        if len(body) > largest:
            raise _too_large(largest)
        more = message.get("more_body", False)
    return bytes(body)


def _too_large(largest: int) -> TooLarge:
    return TooLarge("The request's body is too large.", where="body", fix=f"Send at most {largest:,} bytes at once.")


def environ_of(scope: Message, body: bytes) -> dict[str, Any]:
    """The WSGI environment (PEP 3333) of an ASGI request."""
    server = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client_address(scope),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").upper().replace("-", "_"), value.decode("latin-1")
        if key == "CONTENT_TYPE":
            environ[key] = text
        elif name == b"x-forwarded-proto":
            if _peer(scope) in settings.PROXIES:  # what another writes there, and what it passes on, is not believed
                environ[f"HTTP_{key}"] = text.rpartition(",")[2].strip()
        elif key != "CONTENT_LENGTH" and b"_" not in name:  # "x_y" would pass for the header "x-y"
            joint = "; " if key == "COOKIE" else ","
            key = f"HTTP_{key}"
            environ[key] = f"{environ[key]}{joint}{text}" if key in environ else text
    return environ


def client_address(scope: Message) -> str:
    """Whose request it is: the peer's address, or what a proxy we trust (BLOCKWISE_PROXIES) tells of its own peer."""
    address = _peer(scope)
    passed_on = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    hops = [hop.strip() for hop in ",".join(passed_on).split(",") if hop.strip()]
    while address in settings.PROXIES and hops:
        address = hops.pop()
    return address


def _peer(scope: Message) -> str:
    return str((scope.get("client") or ("",))[0])


async def send_problem(send: Send, problem: Problem) -> None:
    """Answer with the problem document, outside Django."""
    headers = [(b"content-type", b"application/problem+json"), *SAFE]
    if wait := wait_of(problem):
        headers.append((b"retry-after", wait.encode()))
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": document(problem), "more_body": False})
