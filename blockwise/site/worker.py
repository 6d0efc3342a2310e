"""What runs beside the requests: clocks, outbox, seals, forgetting. One thread; every job stands for itself."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import close_old_connections, connection

from blockwise.cases.models import Heartbeat
from blockwise.clock import real_now

log = logging.getLogger("blockwise.worker")
BEAT = 5.0  # seconds
FORGET_DEAD = timedelta(hours=1)  # heartbeats of workers that did not stop cleanly
LONGEST_BACK_OFF = 300.0  # seconds


@dataclass
class Job:
    """Run every `every` seconds; after a failure later and later, until it succeeds again."""

    name: str
    every: float
    work: Callable[[], object]
    due: float = 0.0
    failures: int = 0

    def go(self) -> None:
        try:
            with _alone(self.name) as ours:
                if ours:
                    self.work()
            self.failures = 0
        except Exception:
            self.failures += 1
            log.exception("job %s failed %d times", self.name, self.failures)
        self.due = time.monotonic() + min(self.every * 2**self.failures, max(self.every, LONGEST_BACK_OFF))


class Worker:
    """The loop; `stop` ends it and runs the seal once more, so that nothing stays unsealed."""

    def __init__(self, jobs: list[Job]) -> None:
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}"
        self.jobs = [Job("heartbeat", BEAT, self._beat), *jobs]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.run, name="worker")

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Let the round under way be the last."""
        self._stop.set()

    def stop(self) -> None:
        self.end()
        if self._thread.is_alive():
            self._thread.join()

    def run(self) -> None:
        """Go round until stopped."""
        Heartbeat.objects.filter(beat_at__lt=real_now() - FORGET_DEAD).delete()
        while not self._stop.is_set():
            close_old_connections()
            for job in self.jobs:
                if job.due <= time.monotonic() and not self._stop.is_set():
                    job.go()
            self._stop.wait(max(0.05, min(job.due for job in self.jobs) - time.monotonic()))
        for job in self.jobs:
            if job.name == "seal":
                job.go()
        Heartbeat.objects.filter(worker=self.name).delete()
        connection.close()

    def _beat(self) -> None:
        Heartbeat.objects.update_or_create(worker=self.name, defaults={"beat_at": real_now()})


def until_stopped(worker: Worker) -> None:
    """Run `worker` until SIGTERM or SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_received: worker.end())
    worker.run()


@contextmanager
def _alone(name: str) -> Iterator[bool]:
    """On PostgreSQL, whether no other process does this job now."""
    if connection.vendor != "postgresql" or name == "heartbeat":
        yield True
        return
    key = zlib.crc32(f"blockwise:{name}".encode())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        ours = bool(cursor.fetchone()[0])
        try:
            yield ours
        finally:
            if ours:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
