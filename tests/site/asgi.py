"""Calling an ASGI application as a server does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

Message = dict[str, Any]


def scope(path: str = "/", method: str = "GET", query: str = "", **more: Any) -> Message:
    headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in more.pop("headers", {}).items()]
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": headers,
        "http_version": "1.1",
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "client": ("192.0.2.7", 5000),
        **more,
    }


class Client:
    """What a client sends, in order, and what it was sent; after `sends` it waits, or goes away (`goes`)."""

    def __init__(self, *sends: bytes, goes: bool = False) -> None:
        pieces = list(sends) or [b""]
        more = [True] * (len(pieces) - 1) + [goes]
        self._in: list[Message] = [
            {"type": "http.request", "body": piece, "more_body": rest} for piece, rest in zip(pieces, more, strict=True)
        ]
        self.gone = asyncio.Event()
        if goes:
            self.gone.set()
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        if self._in:
            return self._in.pop(0)
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(dict(message))

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent[1:])


async def call(application: Any, given: Message, sends: Iterable[bytes] = (), goes: bool = False) -> Client:
    client = Client(*sends, goes=goes)
    await application(given, client.receive, client.send)
    return client
