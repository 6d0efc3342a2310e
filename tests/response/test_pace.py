"""A replay's own clock, and where a replay is refused."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blockwise import clock
from blockwise.access.actors import REPLAY
from blockwise.cases.models import Case
from blockwise.ledger.models import ReplayClock
from blockwise.places.models import City
from blockwise.problems import Conflict, Forbidden
from blockwise.response.replay import historic, recommended
from blockwise.response.replay.live import keep_alive
from blockwise.response.replay.pace import Pace, demand_replayable
from blockwise.response.replay.rows import CallRow, Source

pytestmark = pytest.mark.django_db
START = datetime(2016, 12, 31, 8, 0, tzinfo=UTC)
NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)


class Machine:
    """The machine's time, which passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.naps = NOW, 0

    def sleep(self, seconds: float) -> None:
        assert 0 < seconds <= 0.5
        self.now += timedelta(seconds=seconds)
        self.naps += 1


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    found = Machine()
    monkeypatch.setattr(clock, "real_now", lambda: found.now)
    monkeypatch.setattr(time, "sleep", found.sleep)
    return found


def test_sixty_city_seconds_a_second(machine: Machine) -> None:
    pace = Pace(START, 60.0)
    pace.wait_until(START + timedelta(hours=1))
    assert abs((machine.now - NOW).total_seconds() - 60) < 0.01
    assert pace.now() >= START + timedelta(hours=1)
    naps = machine.naps
    pace.wait_until(START)  # it has passed
    assert machine.naps == naps
    row = ReplayClock.objects.get()
    assert (row.city_at, row.machine_at, row.speed) == (START, NOW, 60.0)
    pace.stop(START + timedelta(hours=1))
    assert ReplayClock.objects.get().speed == 0


def test_as_fast_as_it_goes_waits_for_nothing_and_tells_how_far_it_came(machine: Machine) -> None:
    pace = Pace(START, None)
    pace.wait_until(START + timedelta(days=9))
    assert machine.naps == 0
    pace.reached(START + timedelta(days=2))
    assert (ReplayClock.objects.get().city_at, ReplayClock.objects.get().speed) == (START + timedelta(days=2), 0.0)


def test_without_a_clock_of_its_own_it_tells_nobody(machine: Machine) -> None:
    pace = Pace(START, 1.0, own_clock=False)
    pace.reached(START)
    pace.stop(START)
    assert not ReplayClock.objects.exists()


@pytest.mark.parametrize(("purpose", "mode", "may"), [
    ("replay", "demo", True), ("demo", "demo", True), ("live", "demo", False), ("replay", "production", False),
])  # fmt: skip
def test_replays_are_refused_in_production_and_on_a_live_database(
    city: City, settings: Any, purpose: str, mode: str, may: bool
) -> None:
    City.objects.update(purpose=purpose)
    settings.MODE = mode
    if may:
        demand_replayable()
        return
    for refused in (
        demand_replayable,
        lambda: recommended.play([], None),
        lambda: historic.play(Source((), ()), None),
        lambda: keep_alive([]),
    ):
        with pytest.raises(Forbidden):
            refused()


@pytest.mark.parametrize("stands", [True, False])
def test_nothing_is_played_before_what_was_played(
    forces: None, kinds: None, call: Callable[..., Case], stands: bool
) -> None:
    City.objects.update(purpose="replay")
    first = CallRow("1", START, "phone", "medical.fall", 2, 0.0, 0.0, "street", "", None)
    if stands:
        ReplayClock.objects.create(city_at=START + timedelta(minutes=1), machine_at=NOW, speed=0.0)
    else:
        Case.objects.filter(pk=call().pk).update(opened_by=REPLAY.id, opened_at=START)
    lines = Case.objects.count()
    for play in (lambda: recommended.play([first], None), lambda: historic.play(Source((first,), ()), None)):
        with pytest.raises(
            Conflict, match="These calls begin at 2016-12-31 08:00; a replay has come to 2016-12-31 08:0"
        ):
            play()
    assert Case.objects.count() == lines
