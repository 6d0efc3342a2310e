"""Threads for database work beside the requests', so that requests never queue behind it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connection

P = ParamSpec("P")
T = TypeVar("T")

CLOSING = 10.0  # seconds


class Threads:
    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: _fresh(work, *args, **kwargs))

    async def stop(self) -> None:
        together = threading.Barrier(self._count)  # so that each thread closes its own connection
        await asyncio.gather(*[self.run(_close, together) for _ in range(self._count)])
        self._pool.shutdown()


def _fresh(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    close_old_connections()
    return work(*args, **kwargs)


def _close(together: threading.Barrier) -> None:
    together.wait(CLOSING)
    connection.close()
