from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from blockwise import clock
from blockwise.access.models import Throttle
from blockwise.cases.models import Heartbeat
from blockwise.ledger.models import Seal
from blockwise.ledger.seals import seal_all
from blockwise.site import jobs
from blockwise.site.worker import Job, Worker
from tests.site.test_stream import record


def wait_for(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not true():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


@pytest.mark.django_db
def test_a_job_that_fails_comes_back_later_and_later() -> None:
    def fail() -> None:
        raise ValueError

    job = Job("fails", 10, fail)
    waits = []
    for _ in range(7):
        job.go()
        waits.append(round(job.due - time.monotonic()))
    assert waits == [20, 40, 80, 160, 300, 300, 300]
    job.work = int
    job.go()
    assert (job.failures, round(job.due - time.monotonic())) == (0, 10)


@pytest.mark.django_db(transaction=True)
def test_one_job_that_fails_stops_no_other_and_all_is_sealed_at_the_end(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path
    done: list[int] = []

    def fail() -> None:
        raise ValueError

    worker = Worker([Job("fails", 0.01, fail), Job("works", 0.01, lambda: done.append(1)), Job("seal", 60, seal_all)])
    worker.start()
    try:
        wait_for(lambda: len(done) > 3)
        assert Heartbeat.objects.get().worker == worker.name
        record(3)
    finally:
        worker.stop()
    assert Heartbeat.objects.count() == 0
    assert Seal.objects.get().last_line == 3


@pytest.mark.django_db(transaction=True)
def test_a_job_runs_in_one_process_at_a_time() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite is served by one process; run with BLOCKWISE_TEST_POSTGRES")
    running = [0]
    most = [0]

    def count() -> None:
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.05)
        running[0] -= 1

    workers = [Worker([Job("count", 0.01, count)]) for _ in range(3)]
    for worker in workers:
        worker.start()
    time.sleep(1)
    for worker in workers:
        worker.stop()
    assert most == [1]


@pytest.mark.django_db
def test_what_is_old_is_forgotten() -> None:
    now = clock.real_now()
    for key, age in (("old", timedelta(days=2)), ("new", timedelta(hours=1))):
        Throttle.objects.create(key=key, window=now - age, count=1)
    jobs.forget_throttles()
    assert list(Throttle.objects.values_list("key", flat=True)) == ["new"]


def test_every_job_has_a_name_of_its_own() -> None:
    names = [job.name for job in jobs.jobs()]
    assert len(names) == len(set(names))
    assert {"clocks", "outbox", "seal", "tracks"} <= set(names)
