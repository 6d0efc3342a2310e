"""The server: one process on SQLite, any number on PostgreSQL."""

from __future__ import annotations

import ctypes
import fcntl
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import IO, Any

from granian.constants import HTTPModes, Interfaces
from granian.server import MPServer

from blockwise.problems import Conflict, Invalid

END_STREAMS = signal.SIGUSR1
_PR_SET_PDEATHSIG = 1  # prctl(2)
_held: list[IO[str]] = []
log = logging.getLogger(__name__)


def lock(home: Path) -> None:
    """Hold this home's SQLite file until the process ends; a second server on it is refused."""
    home.mkdir(parents=True, exist_ok=True)
    file = (home / "server.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        raise Conflict(
            f"Another server (process {file.read().strip()}) uses this SQLite file.",
            where=str(home),
            fix="Stop it first, or give this one another BLOCKWISE_HOME; several servers need PostgreSQL.",
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    _held.append(file)


def refuse_running(home: Path) -> None:
    """Before what moves the clock of all who use this database: a worker on it would follow."""
    from django.db import connection

    from . import health

    if connection.vendor == "sqlite":
        lock(home)
    if health.worker().ok:
        raise Conflict(
            "A server or worker is at work on this database.",
            where=str(home),
            fix="Stop it and try again; one that was killed is forgotten after 30 seconds.",
        )


def refuse_taken(address: str, port: int) -> None:
    """Granian would share the port with whoever has it already: calls would go to either."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        socket.create_server((address, port), family=family).close()
    except OSError as error:
        raise Conflict(
            f"{address}, port {port}, cannot be served: {error.strerror or error}.",
            where="--address, --port",
            fix="Stop what serves there, or take another --port.",
        ) from None


class Server(MPServer):
    """Granian waits for open answers when it stops, and a stream never ends by itself: streams are told first.

    It says nothing of a process that was lost: that is logged here, before another takes its place.
    """

    def _respawn_workers(self, workers: list[int], *given: Any, **more: Any) -> None:
        for number in workers:
            self._tell_lost(number, "another takes its place")
        super()._respawn_workers(workers, *given, **more)

    def shutdown(self, exit_code: int = 0) -> None:
        for number in self.interrupt_children:
            self._tell_lost(number, "the server ends")
        super().shutdown(exit_code)  # type: ignore[no-untyped-call]  # granian is untyped here

    def _tell_lost(self, number: int, then: str) -> None:
        lost = self.wrks[number].inner
        log.error("process %s of the server was lost (%s): %s", lost.pid, lost.exitcode, then)

    def _stop_workers(self) -> None:
        for worker in self.wrks:
            if worker.is_alive():  # type: ignore[no-untyped-call]  # granian is untyped here
                os.kill(worker.inner.pid, END_STREAMS)
        super()._stop_workers()  # type: ignore[no-untyped-call]  # granian is untyped here


def end_with_parent() -> None:
    """A worker process whose parent was killed ends its streams and itself, so that the SQLite file is free."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(END_STREAMS))


def make_ready(address: str, port: int, processes: int) -> None:
    """Everything that may refuse a server; what it needs is held from here on."""
    from django.conf import settings
    from django.db import connection

    from blockwise.ledger import standby

    from . import checks

    checks.refuse_unfit()
    if connection.vendor == "sqlite":
        if processes > 1:
            raise Invalid("SQLite is served by one process.", where="--processes", fix="Use PostgreSQL for more.")
        lock(settings.HOME)
    refuse_taken(address, port)
    standby.sweep()


def serve(address: str, port: int, processes: int) -> None:
    """Serve until SIGTERM or SIGINT, then stop cleanly: requests under way end, lines are sealed."""
    from django.db import connections

    connections.close_all()  # a forked process must not share them
    Server(
        "blockwise.site.asgi:application",
        address=address,
        port=port,
        workers=processes,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=2048,
        backpressure=2048,
        workers_kill_timeout=20,
        respawn_failed_workers=processes > 1,
        log_enabled=False,
    ).serve()
