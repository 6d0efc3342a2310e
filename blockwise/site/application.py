"""The one ASGI application: the stream native, everything else Django's WSGI on pools of threads."""

from __future__ import annotations

import asyncio
import gc
import os
import signal

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.urls import get_resolver

from blockwise.places import cover
from blockwise.places.current import places
from blockwise.problems import NotFound
from blockwise.rooms import house

from .bridge import Message, Receive, Send
from .lanes import Lanes
from .server import END_STREAMS, end_with_parent
from .stream import Stream
from .worker import Worker


class Application:
    """`lifespan` runs the worker beside the requests, and ends streams and seals when the server stops."""

    def __init__(self) -> None:
        get_resolver().url_patterns  # noqa: B018  (imports every room now, so that a fault shows at the start)
        self.pages = Lanes(WSGIHandler(), settings.THREADS)
        self.stream = Stream()
        self.worker = Worker(house().jobs.values())

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"] == "/api/stream":
            await self.stream(scope, receive, send)
        else:
            await self.pages(scope, receive, send)

    def _end(self) -> None:
        self.stream.end()
        os.kill(os.getpid(), signal.SIGTERM)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        asyncio.get_running_loop().add_signal_handler(END_STREAMS, self._end)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C comes here too; the parent sees to the end
        end_with_parent()
        await asyncio.to_thread(settle)
        if settings.WORKER:
            self.worker.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stream.stop()
        await self.pages.stop()
        await asyncio.to_thread(self.worker.stop)
        await send({"type": "lifespan.shutdown.complete"})


def settle() -> None:
    """Read what every dispatch needs before the first request comes, and take what stays for good out of the garbage
    collector's rounds: looking through all of it again and again, it held every request up for 50 ms."""
    try:
        held = places()
        held.blocks, held.index, held.network  # noqa: B018  (each is read when it is first asked for)
    except NotFound:
        pass  # no city yet
    cover.keep_ready()
    connection.close()
    gc.collect()
    gc.freeze()
