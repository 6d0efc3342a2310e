from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from blockwise.clock import real_now
from blockwise.ledger import replay_clock
from blockwise.ledger.models import ReplayClock

pytestmark = pytest.mark.django_db
START = datetime(2026, 10, 1, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_clock, "_last", (float("-inf"), None))


@pytest.mark.parametrize(("speed", "city_minutes"), [(60, 120), (1, 2), (0.5, 1), (0, 0)])
def test_city_time_runs_at_its_own_speed(speed: float, city_minutes: int) -> None:
    machine = datetime(2026, 11, 21, tzinfo=UTC)
    row = ReplayClock(city_at=START, machine_at=machine, speed=speed)
    assert replay_clock.at(row, machine + timedelta(minutes=2)) == START + timedelta(minutes=city_minutes)


def test_the_row_is_read_once_a_second() -> None:
    ReplayClock.objects.create(city_at=START, machine_at=real_now(), speed=0)
    with CaptureQueriesContext(connection) as few:
        assert [replay_clock.now() for _ in range(100)] == [START] * 100
    assert len(few) == 1
    later = START + timedelta(hours=1)
    ReplayClock.objects.update(city_at=later)
    replay_clock._last = (replay_clock._last[0] - 1, replay_clock._last[1])
    assert replay_clock.now() == later


def test_without_a_replay_it_is_the_machines_time() -> None:
    before = real_now()
    assert before <= replay_clock.now() <= real_now()
