"""Rates in the process, failures in the database."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from blockwise import clock
from blockwise.access import throttle
from blockwise.access.models import Throttle
from blockwise.problems import TooMany


class Stopwatch:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("time.monotonic", lambda: self.now)


def taken(key: str, rate: float, tries: int, burst: float | None = None) -> int:
    """How many of `tries` were let through."""
    through = 0
    for _ in range(tries):
        try:
            throttle.bucket(key, rate, burst=burst)
            through += 1
        except TooMany:
            pass
    return through


def test_a_bucket_holds_a_seconds_worth_and_refills(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Stopwatch(monkeypatch)
    assert taken("a", 100, 150) == 100
    watch.now += 0.25
    assert taken("a", 100, 150) == 25
    watch.now += 3600
    assert taken("a", 100, 150) == 100
    assert taken("b", 100, 1) == 1


def test_a_slow_bucket_has_its_own_burst_and_says_how_long_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Stopwatch(monkeypatch)
    assert taken("a", 20 / 60, 30, burst=20) == 20
    with pytest.raises(TooMany) as refusal:
        throttle.bucket("a", 20 / 60, burst=20)
    assert refusal.value.more == {"retry_after": 3}
    watch.now += 3
    assert taken("a", 20 / 60, 5, burst=20) == 1


def test_old_buckets_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Stopwatch(monkeypatch)
    monkeypatch.setattr(throttle, "_MOST", 100)
    taken("kept", 1, 1)
    for number in range(100):
        throttle.bucket(f"k{number}", 1)
    assert len(throttle._BUCKETS) == 0  # all were fresh: an attack with many keys does not grow it
    watch.now += 61
    for number in range(50):
        throttle.bucket(f"k{number}", 1)
    assert len(throttle._BUCKETS) == 50


def test_many_threads_take_no_more_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    Stopwatch(monkeypatch)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(taken("a", 100, 50))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(found) == 100


MOMENT = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The machine's time: the last of the list."""
    moments = [MOMENT]
    monkeypatch.setattr(clock, "real_now", lambda: moments[-1])
    return moments


@pytest.mark.django_db
class TestHits:
    def test_hits_are_counted_up_to_the_limit_within_a_window(self, at: list[datetime]) -> None:
        assert [throttle.hit("a", 3, 60) for _ in range(3)] == [1, 2, 3]
        with pytest.raises(TooMany):
            throttle.hit("a", 3, 60)
        assert throttle.hit("b", 3, 60) == 1
        at.append(MOMENT + timedelta(seconds=59))
        with pytest.raises(TooMany):
            throttle.hit("a", 3, 60)
        at.append(MOMENT + timedelta(seconds=60))
        assert throttle.hit("a", 3, 60) == 1

    def test_a_hit_is_one_statement_and_a_check_writes_nothing(self, at: list[datetime]) -> None:
        with CaptureQueriesContext(connection) as queries:
            throttle.hit("a", 1, 60)
        assert [query["sql"].split()[0] for query in queries] == ["INSERT"]
        with CaptureQueriesContext(connection) as queries, pytest.raises(TooMany) as refusal:
            throttle.check("a", 1, 60)
        assert [query["sql"].split()[0] for query in queries] == ["SELECT"]
        assert refusal.value.more == {"retry_after": 60}
        throttle.check("a", 2, 60)
        at.append(MOMENT + timedelta(seconds=60))
        throttle.check("a", 1, 60)

    def test_what_is_kept_is_a_hash(self) -> None:
        throttle.hit("login:wang:192.0.2.1", 3, 60)
        row = Throttle.objects.get()
        assert len(row.key) == 64
        assert "wang" not in row.key

    def test_a_counted_key_can_be_cleared(self) -> None:
        throttle.hit("a", 1, 60)
        throttle.clear("a", "never")
        assert throttle.hit("a", 1, 60) == 1
        assert [throttle.hit("b", None, 60) for _ in range(5)] == [1, 2, 3, 4, 5]

    def test_what_was_counted_by_a_clock_a_day_ahead_shuts_nobody_out(self, at: list[datetime]) -> None:
        at.append(MOMENT + timedelta(days=1))
        for _ in range(3):
            throttle.hit("a", 3, 900)
        at.append(MOMENT)
        throttle.check("a", 3, 900)
        assert [throttle.hit("a", 3, 900) for _ in range(3)] == [1, 2, 3]
        with pytest.raises(TooMany):
            throttle.hit("a", 3, 900)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_a_network_is_an_address_or_the_64_of_one(address: str, network: str) -> None:
    assert throttle.network_of(address) == network


@pytest.mark.django_db
def test_marks_in_a_row_slow_what_follows_and_are_forgotten(at: list[datetime]) -> None:
    slowing = throttle.Slowing(free=2, longest=3)
    assert throttle.mark("a", 60) == 1
    throttle.slow("a", slowing, 60)
    for number, wait in ((2, 1), (3, 2), (4, 3), (5, 3)):
        assert throttle.mark("a", 60) == number
        with pytest.raises(TooMany) as refusal:
            throttle.slow("a", slowing, 60)
        assert refusal.value.more == {"retry_after": wait}
        at.append(at[-1] + timedelta(seconds=wait))
        throttle.slow("a", slowing, 60)
    at.append(at[-1] + timedelta(seconds=60))
    assert not throttle.marked("a", 60)
    assert throttle.mark("a", 60) == 1
    assert throttle.marked("a", 60)
