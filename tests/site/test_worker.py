from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import cycle, groupby
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from blockwise import clock
from blockwise.access import forgetting
from blockwise.access.models import Throttle
from blockwise.cases.engine import announcing
from blockwise.cases.models import Heartbeat
from blockwise.ledger import clockwatch
from blockwise.ledger.models import ClockState, Line, Seal
from blockwise.ledger.seals import sealings
from blockwise.messages import actions as messages
from blockwise.messages.models import Delivery, Message, Way
from blockwise.rooms import Job, house
from blockwise.site import health
from blockwise.site import worker as worker_module
from blockwise.site.lags import lags
from blockwise.site.worker import Turns, Worker
from tests.recorded import on_record
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

    job = Turns(Job("fails", 10, fail))
    waits = []
    for _ in range(7):
        job.turn()
        waits.append(round(job.due - time.monotonic()))
    assert waits == [20, 40, 80, 160, 300, 300, 300]
    job.job = Job("fails", 10, int)
    job.turn()
    assert (job.failures, round(job.due - time.monotonic())) == (0, 10)


@pytest.mark.django_db(transaction=True)
def test_one_job_that_fails_stops_no_other_and_all_is_sealed_at_the_end(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path
    done: list[int] = []

    def fail() -> None:
        raise ValueError

    worker = Worker(
        [Job("fails", 0.01, fail), Job("works", 0.01, lambda: done.append(1)), Job("seal", 60, sealings, first=True)]
    )
    worker.start()
    try:
        wait_for(lambda: len(done) > 3)
        assert Heartbeat.objects.get().worker == worker.name
        record(3)
    finally:
        worker.stop()
    assert Heartbeat.objects.count() == 0
    assert Seal.objects.get().last_line == 3


class Endless:
    """Work of which more is always left; what was done is noted."""

    def __init__(self, noted: list[str], name: str, takes: float = 0.01) -> None:
        self.noted, self.name, self.takes = noted, name, takes

    def __call__(self) -> Iterator[None]:
        while True:
            time.sleep(self.takes)
            self.noted.append(self.name)
            yield


@pytest.mark.django_db
def test_a_turn_ends_after_its_time_and_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "TURN", 0.0)
    noted: list[int] = []
    job = Turns(Job("counts", 10, lambda: (noted.append(number) for number in range(3))))
    for turn in range(3):
        job.turn()
        assert noted == list(range(turn + 1))
        assert job.due <= time.monotonic()
        assert job.late > 0
    job.turn()
    assert (len(noted), round(job.due - time.monotonic()), job.late) == (3, 10, 0)


@pytest.mark.django_db
def test_what_was_left_by_a_job_that_fails_is_begun_anew() -> None:
    begun: list[int] = []

    def work() -> Iterator[None]:
        begun.append(1)
        yield
        raise ValueError

    job = Turns(Job("fails", 10, work))
    job.turn()
    job.turn()
    assert (len(begun), job.failures) == (2, 2)
    assert job.late > 0


@pytest.mark.django_db(transaction=True)
def test_jobs_that_always_have_more_take_turns_and_what_is_first_comes_before_each(
    monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    settings.HOME = tmp_path
    monkeypatch.setattr(worker_module, "TURN", 0.02)
    noted: list[str] = []
    endless = [Job(name, 1, Endless(noted, name)) for name in ("one", "two", "three")]
    first = Job("first", 0.0, lambda: noted.append("first"), first=True)
    worker = Worker([first, *endless])
    worker.start()
    try:
        wait_for(lambda: noted.count("three") > 6)
    finally:
        worker.stop()
    turns = [name for name, _pieces in groupby(noted)]
    others = [name for name in turns if name != "first"]
    assert turns[:7] == ["first", "one", "first", "two", "first", "three", "first"]
    assert all(one == other for one, other in zip(others, cycle(["one", "two", "three"]), strict=False))


@pytest.mark.django_db(transaction=True)
def test_a_stop_amid_much_work_ends_the_piece_and_seals_what_is_written(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path
    noted: list[str] = []
    left: list[str] = []

    def writes() -> Iterator[None]:
        try:
            while True:
                record(1)
                noted.append("piece")
                yield
        finally:
            record(1)  # what it says of what it did so far is sealed, too
            left.append("left")

    worker = Worker([Job("seal", 60, sealings, first=True), Job("writes", 1, writes)])
    worker.start()
    wait_for(lambda: len(noted) > 20)
    worker.stop()
    assert left == ["left"]
    assert Seal.objects.order_by("number").last().last_line == Line.objects.count() == len(noted) + 1


@pytest.mark.django_db
def test_a_seal_that_fails_comes_back_as_soon_as_ever() -> None:
    def fail() -> None:
        raise ValueError

    job = Turns(Job("seal", 60, fail, first=True))
    for _ in range(3):
        job.turn()
    assert (job.failures, round(job.due - time.monotonic())) == (3, 60)


@pytest.mark.django_db
def test_health_tells_how_far_behind_each_job_is() -> None:
    assert lags() == {}
    now = clock.real_now()
    for name, late in (("one", {"shifts": 90.0, "tracks": 7.0}), ("two", {"shifts": 40.0})):
        Heartbeat.objects.create(worker=name, beat_at=now - timedelta(seconds=11), late=late)
    with on_record():
        messages.put("publication", {}, 1)
    somebody = Way.objects.create(carrier="email", address="a@b.example", topics=[], created_by="x", created_at=now)
    late = now - timedelta(seconds=20)
    Delivery.objects.create(message=Message.objects.get(), way=somebody, next_at=late)
    record()
    found = {name: lag.total_seconds() for name, lag in lags().items()}
    assert list(found) == ["heartbeat", *(job.name for job in house().jobs.values())]
    behind = {name: lag for name, lag in found.items() if lag}
    assert set(behind) == {"heartbeat", "shifts", "carriers"}
    assert behind["heartbeat"] >= 6
    assert behind["shifts"] == 40
    assert behind["carriers"] >= 20
    assert "shifts 40.0 s, " in health.jobs().figure


@pytest.mark.django_db
def test_a_job_a_minute_behind_degrades() -> None:
    Heartbeat.objects.create(worker="one", beat_at=clock.real_now(), late={"tracks": 60.0})
    assert not health.jobs().ok
    assert not health.jobs().vital


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
    for key, age in (("old", timedelta(days=31)), ("new", timedelta(hours=1))):
        Throttle.objects.create(key=key, window=now - age, count=1)
    assert list(forgetting.throttles()) == [1]
    assert list(Throttle.objects.values_list("key", flat=True)) == ["new"]


def test_every_job_has_a_name_of_its_own() -> None:
    names = [job.name for job in house().jobs.values()]
    assert len(names) == len(set(names))
    assert {"clocks", "messages", "carriers", "seal", "tracks"} <= set(names)


@pytest.mark.django_db
@pytest.mark.parametrize(("doubt", "waits"), [("", set()), ("silence", {"retention"}),
    ("ahead", {"clocks", "shifts", "retention", "idempotency", "tracks", "throttles", "sessions"})])  # fmt: skip
def test_what_goes_by_the_time_waits_while_the_time_is_doubted(
    monkeypatch: pytest.MonkeyPatch, doubt: str, waits: set[str]
) -> None:
    ClockState.objects.create(seen_at=clock.real_now(), doubt=doubt)
    clockwatch.forget()
    done: set[str] = set()
    monkeypatch.setattr(announcing, "tending", lambda _now: done.add("retention"))
    for job in house().jobs.values():
        if job.timely:
            Turns(replace(job, work=lambda name=job.name: done.add(name))).whole()
    house().jobs["retention"].work()
    assert {"clocks", "shifts", "retention", "idempotency", "tracks", "throttles", "sessions"} - done == waits
    clockwatch.forget()
