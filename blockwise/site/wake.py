"""PostgreSQL's notification that lines were committed: it only wakes, the table is the truth."""

from __future__ import annotations

import asyncio
import logging
import threading

import psycopg
from django.db import connection
from psycopg.conninfo import make_conninfo

from blockwise.ledger.triggers import CHANNEL

log = logging.getLogger("blockwise.site")
LOOK_UP = 0.5  # seconds between looks whether to stop
AGAIN = 5.0  # seconds before a lost connection is tried again


class Listener:
    """A connection of its own on a thread of its own, until `stop`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="listen", daemon=True)
        self._thread.start()

    async def wait(self, longest: float) -> None:
        """Until lines were committed, or `longest` seconds."""
        try:
            await asyncio.wait_for(self._woken.wait(), longest)
        except TimeoutError:
            return
        self._woken.clear()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                with psycopg.connect(_address(), autocommit=True) as own:
                    own.execute(f"LISTEN {CHANNEL}")
                    while not self._stopped.is_set():
                        for _note in own.notifies(timeout=LOOK_UP, stop_after=1):
                            self._loop.call_soon_threadsafe(self._woken.set)
            except psycopg.Error:
                log.warning("the stream is not notified; it looks every few seconds instead")
                self._stopped.wait(AGAIN)


def _address() -> str:
    parameters = connection.get_connection_params()
    wanted = ("dbname", "user", "password", "host", "port")
    return make_conninfo(**{name: parameters[name] for name in wanted if parameters.get(name)})
