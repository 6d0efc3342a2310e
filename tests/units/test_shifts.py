"""Who is on shift: over midnight, week ends and changes of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockwise import clock
from blockwise.exchange.folder.rows import RosterRow
from blockwise.ledger.models import Line
from blockwise.places.models import City
from blockwise.units.actions import turn_shifts
from blockwise.units.models import Unit
from blockwise.units.shifts import Turn, is_on, last_change, on_shift, period_on
from tests.forces import CONTENT, make_forces

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
ALL_WEEK = "0123456"
DAY: Turn = ("01234", time(8), time(20))
NIGHT: Turn = ("4", time(20), time(8))  # Friday evening to Saturday morning
MINUTE = timedelta(minutes=1)


def local(text: str, zone: ZoneInfo = SHANGHAI, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


@pytest.mark.parametrize(
    ("turn", "at", "on"),
    [
        (DAY, "2026-05-06T07:59:59", False),
        (DAY, "2026-05-06T08:00", True),
        (DAY, "2026-05-06T19:59:59", True),
        (DAY, "2026-05-06T20:00", False),
        (DAY, "2026-05-09T12:00", False),  # Saturday
        (NIGHT, "2026-05-08T19:59", False),
        (NIGHT, "2026-05-08T20:00", True),
        (NIGHT, "2026-05-09T07:59", True),
        (NIGHT, "2026-05-09T08:00", False),
        (NIGHT, "2026-05-09T20:00", False),
        (NIGHT, "2026-05-08T03:00", False),  # Friday's early morning belongs to Thursday's turn
        (("6", time(0), time(0)), "2026-05-10T00:00", True),  # a whole Sunday
        (("6", time(0), time(0)), "2026-05-10T23:59", True),
        (("6", time(0), time(0)), "2026-05-11T00:00", False),
        (("6", time(22), time(6)), "2026-05-11T05:59", True),  # Sunday's night ends on Monday
    ],
)
def test_a_turn_holds_from_its_begin_until_just_before_its_end(turn: Turn, at: str, on: bool) -> None:
    assert is_on(turn, local(at), SHANGHAI) is on
    assert is_on(turn, local(at).astimezone(UTC), SHANGHAI) is on


@pytest.mark.parametrize(
    ("day", "turn", "hours"),
    [
        (date(2026, 3, 7), (ALL_WEEK, time(22), time(6)), 7),  # the clocks go forward
        (date(2026, 10, 31), (ALL_WEEK, time(22), time(6)), 9),  # and back
        (date(2026, 3, 7), (ALL_WEEK, time(0), time(0)), 24),
        (date(2026, 3, 8), (ALL_WEEK, time(0), time(0)), 23),
        (date(2026, 11, 1), (ALL_WEEK, time(0), time(0)), 25),
    ],
)
def test_a_night_of_changed_clocks_is_longer_or_shorter(day: date, turn: Turn, hours: int) -> None:
    begin, end = period_on(day, turn, NEW_YORK)
    assert end.timestamp() - begin.timestamp() == hours * 3600


def test_an_hour_that_comes_twice_begins_a_turn_once() -> None:
    turn: Turn = (ALL_WEEK, time(1, 30), time(9))
    first, second = (local("2026-11-01T01:45", NEW_YORK, fold) for fold in (0, 1))
    assert (is_on(turn, first, NEW_YORK), is_on(turn, second, NEW_YORK)) == (True, True)
    between = local("2026-11-01T01:15", NEW_YORK, 1)  # after the first 01:30, before the second
    assert is_on(turn, between, NEW_YORK) is True


def test_an_hour_that_does_not_come_ends_a_turn_later() -> None:
    turn: Turn = (ALL_WEEK, time(18), time(2, 30))
    assert is_on(turn, local("2026-03-08T01:59", NEW_YORK), NEW_YORK)
    assert is_on(turn, local("2026-03-08T03:29", NEW_YORK), NEW_YORK)
    assert not is_on(turn, local("2026-03-08T03:30", NEW_YORK), NEW_YORK)


quarters = st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15))


@given(
    st.sets(st.sampled_from(ALL_WEEK), min_size=1).map(lambda days: "".join(sorted(days))),
    quarters,
    quarters,
    st.integers(0, 364 * 1440).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + minutes * MINUTE),
)
def test_where_clocks_never_change_a_turn_is_what_the_wall_clock_says(
    days: str, begins: time, ends: time, at: datetime
) -> None:
    """An independent count: minute of the week against the turn's minutes."""
    there = at.astimezone(SHANGHAI)
    minute = there.weekday() * 1440 + there.hour * 60 + there.minute
    length = (ends.hour * 60 + ends.minute - begins.hour * 60 - begins.minute) % 1440 or 1440
    starts = [int(day) * 1440 + begins.hour * 60 + begins.minute for day in days]
    expected = any((minute - start) % 10080 < length for start in starts)
    assert is_on((days, begins, ends), at, SHANGHAI) is expected


def test_the_last_change_is_the_newest_begin_or_end() -> None:
    turns = [DAY, NIGHT]
    wanted = {
        "2026-05-06T12:00": "2026-05-06T08:00",
        "2026-05-06T20:00": "2026-05-06T20:00",
        "2026-05-09T07:00": "2026-05-08T20:00",
        "2026-05-10T12:00": "2026-05-09T08:00",
    }
    for at, change in wanted.items():
        assert last_change(turns, local(at), SHANGHAI) == local(change)
    assert last_change([], local("2026-05-06T12:00"), SHANGHAI) is None


def duty() -> dict[str, str]:
    return dict(Unit.objects.order_by("pk").values_list("pk", "meaning"))


class TestTurning:
    """P1 by day, P2 by night (Friday), P3 always, V1 never."""

    @pytest.fixture(autouse=True)
    def _forces(self, city: City) -> None:
        roster = (
            RosterRow("P1", (0, 1, 2, 3, 4), time(8), time(20)),
            RosterRow("P2", (4,), time(20), time(8)),
            RosterRow("P3", (0, 1, 2, 3, 4, 5, 6), time(0), time(0)),
        )
        units = tuple(row for row in CONTENT.units if row.code in {"P1", "P2", "P3", "V1"})
        with clock.at(local("2026-05-08T12:00")):
            make_forces(units=units, roster=roster)

    def test_a_load_puts_on_duty_who_is_on_shift(self) -> None:
        assert duty() == {"P1": "available", "P2": "off_duty", "P3": "available", "V1": "off_duty"}

    def test_on_shift_takes_two_queries_and_the_city_once_a_second(self, django_assert_max_num_queries: Any) -> None:
        with django_assert_max_num_queries(3):
            assert on_shift(local("2026-05-09T01:00")) == {"P2", "P3"}

    def test_at_the_turn_units_change_with_a_line_each(self) -> None:
        evening = local("2026-05-08T20:00")
        with clock.at(evening):
            assert turn_shifts(evening) == 2
            assert turn_shifts(evening + MINUTE) == 0
        assert duty() == {"P1": "off_duty", "P2": "available", "P3": "available", "V1": "off_duty"}
        lines = Line.objects.filter(thread__startswith="unit:").order_by("number")
        assert list(lines.values_list("thread", "act", "actor")) == [
            ("unit:P1", "shift_ended", "system:worker"),
            ("unit:P2", "shift_began", "system:worker"),
        ]

    def test_what_was_set_by_hand_after_the_turn_stays(self) -> None:
        Unit.objects.filter(pk="P3").update(status="off", meaning="off_duty", status_at=local("2026-05-08T20:30"))
        Unit.objects.filter(pk="P1").update(status_at=local("2026-05-08T20:30"))  # stays on after its shift
        turn_shifts(local("2026-05-08T21:00"))
        assert duty() == {"P1": "available", "P2": "available", "P3": "off_duty", "V1": "off_duty"}

    def test_one_at_work_or_out_of_service_is_left_alone(self) -> None:
        Unit.objects.filter(pk="P1").update(status="there", meaning="on_scene")
        Unit.objects.filter(pk="P3").update(status="meal", meaning="unavailable")
        turn_shifts(local("2026-05-08T21:00"))
        assert duty() == {"P1": "on_scene", "P2": "available", "P3": "unavailable", "V1": "off_duty"}

    def test_a_status_of_another_clock_does_not_hold_a_replay_up(self) -> None:
        turn_shifts(local("2018-05-11T21:00"))  # a Friday, eight years before the load
        assert duty() == {"P1": "off_duty", "P2": "available", "P3": "available", "V1": "off_duty"}

    def test_turning_takes_the_same_queries_for_any_number(self, django_assert_max_num_queries: Any) -> None:
        with django_assert_max_num_queries(12):
            turn_shifts(local("2026-05-08T20:00"))
