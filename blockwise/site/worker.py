"""What runs beside the requests: clocks, messages, seals, forgetting. One thread, on which the jobs take turns."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import close_old_connections, connection

from blockwise.cases.models import Heartbeat
from blockwise.clock import real_now
from blockwise.ledger import clockwatch
from blockwise.rooms import Job

log = logging.getLogger("blockwise.worker")
BEAT = 5.0  # seconds
FORGET_DEAD = timedelta(hours=1)  # heartbeats of workers that did not stop cleanly
LONGEST_BACK_OFF = 300.0  # seconds
TURN = 0.2  # seconds after which a job begins no further piece while others wait


@dataclass
class Turns:
    """A job and when it is done. A stop comes between two of its pieces; after a failure it is done later and later,
    until it succeeds again, one that is `first` as soon as ever. Without `oldest` a job is as late as its turn."""

    job: Job
    due: float = 0.0  # when its next turn may come; monotonic seconds, as the next
    owed: float = field(default_factory=time.monotonic)  # when what is not done yet should have begun
    failures: int = 0
    _left: Iterator[object] | None = None

    @property
    def name(self) -> str:
        return self.job.name

    def turn(self) -> None:
        """Pieces for TURN seconds, at least one; where more is left, the next turn may come at once."""
        self._go(lambda: time.monotonic() + TURN)

    def whole(self) -> None:
        """All there is; where another process is at it, after that."""
        self._go(lambda: float("inf"), waits=True)

    def leave(self) -> None:
        """Begin no further piece of what was begun."""
        if isinstance(self._left, Generator):
            self._left.close()
        self._left = None

    @property
    def late(self) -> float:
        """Seconds since what is not done yet should have begun."""
        return max(0.0, time.monotonic() - self.owed)

    def _go(self, until: Callable[[], float], *, waits: bool = False) -> None:
        try:
            with _alone(self.name, waits=waits) as ours:
                left = ours and self._pieces(until())
        except Exception:  # whatever one job does: the others have their turns
            self._left = None
            self.failures += 1
            log.exception("job %s failed %d times", self.name, self.failures)
            self.due = time.monotonic() + self._back_off()
            return
        self.failures = 0
        self.due = time.monotonic() + (0 if left else self.job.every)
        if not left:
            self._left, self.owed = None, self.due

    def _pieces(self, until: float) -> bool:
        """Whether something is left to do."""
        if self._left is None:
            if self.job.timely and not clockwatch.look().goes_on:
                return False
            begun = self.job.work()
            if not isinstance(begun, Iterator):
                return False
            self._left = begun
        return any(time.monotonic() >= until for _piece in self._left)

    def _back_off(self) -> float:
        every = self.job.every
        return every if self.job.first else min(every * 2**self.failures, max(every, LONGEST_BACK_OFF))


class Worker:
    """The round; `stop` ends it after the piece under way and seals once more, so that nothing stays unsealed."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}"
        turns = [Turns(job) for job in jobs]
        self.ends_with = [one for one in turns if one.job.first]
        self.first = [Turns(Job("heartbeat", BEAT, self._beat, first=True)), *self.ends_with]
        self.others = [one for one in turns if not one.job.first]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.run, name="worker")

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Let the piece under way be the last."""
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
            self._round()
            self._stop.wait(max(0.0, min(job.due for job in (*self.first, *self.others)) - time.monotonic()))
        for job in self.others:
            job.leave()
        for job in self.ends_with:
            job.whole()
        Heartbeat.objects.filter(worker=self.name).delete()
        connection.close()

    def _round(self) -> None:
        """A turn for every job that is due, what is first before each."""
        self._those_due(self.first)
        for job in self.others:
            if job.due <= time.monotonic() and not self._stop.is_set():
                job.turn()
                self._those_due(self.first)

    def _those_due(self, jobs: list[Turns]) -> None:
        for job in jobs:
            if job.due <= time.monotonic() and not self._stop.is_set():
                job.turn()

    def _beat(self) -> None:
        late = {job.name: round(job.late, 1) for job in (*self.ends_with, *self.others)}
        Heartbeat.objects.update_or_create(worker=self.name, defaults={"beat_at": real_now(), "late": late})


def until_stopped(worker: Worker) -> None:
    """Run `worker` until SIGTERM or SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_received: worker.end())
    worker.run()


@contextmanager
def _alone(name: str, *, waits: bool) -> Iterator[bool]:
    """On PostgreSQL, whether no other process does this job now; with `waits`, once none does."""
    if connection.vendor != "postgresql" or name == "heartbeat":
        yield True
        return
    key = zlib.crc32(f"blockwise:{name}".encode())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)" if waits else "SELECT pg_try_advisory_lock(%s)", [key])
        ours = waits or bool(cursor.fetchone()[0])
        try:
            yield ours
        finally:
            if ours:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
