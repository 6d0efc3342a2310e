from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from blockwise import clock
from blockwise.ledger import clockwatch, lines, seals
from blockwise.ledger.clockwatch import AHEAD, BEHIND, SILENCE, STEPPED
from blockwise.ledger.lines import Entry, data_of, write
from blockwise.ledger.models import ClockState, Head, Line

pytestmark = pytest.mark.django_db
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


class Machine:
    """A clock that can be set, beside ticks that cannot. A new process and a silence are told apart from a jump."""

    def __init__(self) -> None:
        self.now, self.ticks = datetime(2026, 11, 27, 8, tzinfo=UTC), 1000.0

    def runs(self, span: timedelta) -> Machine:
        self.now, self.ticks = self.now + span, self.ticks + span.total_seconds()
        return self

    def is_set(self, by: timedelta) -> Machine:
        self.now += by
        return self

    def stands_still(self, span: timedelta) -> Machine:
        """Switched off for as long; then another process begins."""
        self.now, self.ticks = self.now + span, 3.0
        clockwatch.forget()
        return self


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    made = Machine()
    for module in (clock, clockwatch, lines, seals):
        monkeypatch.setattr(module, "real_now", lambda: made.now)
    monkeypatch.setattr(clockwatch, "_ticks", lambda: made.ticks)
    clockwatch.forget()
    yield made
    clockwatch.forget()


def record() -> None:
    with transaction.atomic():
        write([Entry("case:1", "note", "user:1")])


def doubt() -> str:
    return clockwatch.look().doubt


def test_a_machine_that_runs_or_was_off_for_a_night_is_believed(machine: Machine) -> None:
    for _ in range(3):
        assert doubt() == ""
        machine.runs(timedelta(hours=9))
        record()
    assert doubt() == ""
    machine.stands_still(timedelta(hours=23))
    found = clockwatch.look()
    assert (found.goes_on, found.erases, found.words()) == (True, True, "")


def test_after_a_months_holiday_all_goes_on_but_nothing_is_erased_until_an_operator_confirms(machine: Machine) -> None:
    record()
    assert doubt() == ""
    machine.stands_still(31 * DAY)
    found = clockwatch.look()
    assert (found.doubt, found.goes_on, found.erases) == (SILENCE, True, False)
    assert (
        "2026-12-28 08:00:00 UTC, the last time known here is 2026-11-27 08:00:00 UTC: a long silence" in found.words()
    )
    record()
    machine.runs(20 * SECOND)
    assert doubt() == SILENCE
    machine.stands_still(SECOND)
    assert doubt() == SILENCE
    line = clockwatch.confirm("system:operator")
    assert (line.act, data_of(line)["doubt"]) == ("clock_confirmed", SILENCE)
    assert doubt() == ""
    machine.stands_still(SECOND)
    assert clockwatch.look().erases


def test_a_start_four_years_ahead_stops_everything_though_lines_were_written_by_that_clock(machine: Machine) -> None:
    record()
    assert doubt() == ""
    machine.stands_still(4 * 365 * DAY)
    record()
    seals.seal_all()
    found = clockwatch.look()
    assert (found.doubt, found.goes_on, found.erases) == (AHEAD, False, False)
    assert "2030-11-26 08:00:00 UTC, the last time known here is 2026-11-27 08:00:00 UTC" in found.words()
    machine.runs(DAY).stands_still(SECOND)
    assert doubt() == AHEAD


def test_a_home_without_a_look_so_far_is_held_against_its_last_line(machine: Machine) -> None:
    record()
    machine.stands_still(4 * 365 * DAY)
    assert doubt() == AHEAD


def test_a_jump_ahead_while_it_runs_is_seen_by_the_ticks(machine: Machine) -> None:
    assert doubt() == ""
    machine.runs(SECOND).is_set(timedelta(minutes=9))
    assert doubt() == ""
    machine.runs(SECOND).is_set(timedelta(minutes=11))
    assert doubt() == AHEAD
    machine.runs(DAY)
    assert doubt() == AHEAD


def test_a_jump_back_is_seen_by_the_last_line_the_last_seal_and_the_last_look(machine: Machine) -> None:
    for trace in (record, lambda: (record(), seals.seal_all()), lambda: doubt()):
        ClockState.objects.all().delete()
        clockwatch.forget()
        assert doubt() == ""
        machine.runs(DAY)
        trace()
        machine.is_set(-DAY / 2)
        found = clockwatch.look()
        assert (found.doubt, found.goes_on, found.erases) == (BEHIND, False, False)
        machine.is_set(DAY)


def test_a_few_seconds_back_are_nothing_and_less_than_a_minute_is_waited_for(machine: Machine) -> None:
    record()
    assert doubt() == ""
    machine.is_set(-4 * SECOND)
    assert doubt() == ""
    machine.is_set(-36 * SECOND)
    found = clockwatch.look()
    assert (found.doubt, found.goes_on, "confirm" in found.words()) == (STEPPED, False, False)
    machine.runs(40 * SECOND)
    assert doubt() == ""


def test_a_silence_is_not_forgotten_over_a_step_back(machine: Machine) -> None:
    record()
    assert doubt() == ""
    machine.stands_still(31 * DAY)
    assert doubt() == SILENCE
    machine.is_set(-40 * SECOND)
    assert doubt() == STEPPED
    machine.runs(41 * SECOND)
    assert doubt() == SILENCE


def test_what_was_recorded_ahead_counts_no_more_once_the_true_time_is_confirmed(machine: Machine) -> None:
    record()
    assert doubt() == ""
    machine.runs(SECOND).is_set(DAY)
    record()
    seals.seal_all()
    machine.is_set(-DAY)
    assert doubt() == BEHIND
    line = clockwatch.confirm("system:operator")
    assert data_of(line)["now"] == "2026-11-27T08:00:01.000000Z"
    for _ in range(3):
        assert clockwatch.look().erases
        record()
        assert Head.objects.get().recorded_at > machine.now
        machine.runs(timedelta(hours=10))
    assert doubt() == ""
    assert Line.objects.filter(act="clock_confirmed").count() == 1
    machine.is_set(-DAY / 2)
    assert doubt() == BEHIND


def test_another_process_hears_that_the_time_was_confirmed(machine: Machine) -> None:
    assert doubt() == ""
    machine.runs(SECOND).is_set(DAY)
    assert doubt() == AHEAD
    here, clockwatch._base = clockwatch._base, None
    clockwatch.confirm("system:operator")
    clockwatch._base = here
    assert doubt() == ""
