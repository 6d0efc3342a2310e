"""A case for a later time: the city's own clocks, also on the days on which they are set forward and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.cases import engine
from blockwise.cases.engine import clocks
from blockwise.cases.models import Case, CaseClock
from blockwise.cases.queries import story
from blockwise.cases.rules import wall
from blockwise.cases.rules.sight import open_acts
from blockwise.cases.screens.pages import known, whole
from blockwise.places.current import forget
from blockwise.places.models import City
from blockwise.problems import Conflict, Invalid
from tests.cases.walking import place

pytestmark = pytest.mark.django_db
HALF_AN_HOUR = timedelta(minutes=30)


def taken(actor: Actor, now: str, **data: Any) -> Case:
    with clock.at(datetime.fromisoformat(now)):
        done = engine.open_case("call", {"type": "crime.theft", "place": place("99010101"), **data}, actor)
    return Case.objects.get(pk=done.case)


def acted(case: Case, act: str, actor: Actor, now: str, **data: Any) -> Case:
    case.refresh_from_db()
    with clock.at(datetime.fromisoformat(now)):
        engine.act(case.pk, act, data, actor, expected_version=case.version)
    case.refresh_from_db()
    return case


def dues(case: Case) -> dict[str, str]:
    """Of each running promise, when it is due where the city is."""
    rows = CaseClock.objects.filter(case=case, stopped_at=None)
    return {row.name: wall.shown(row.due_at).strftime("%m-%d %H:%M") for row in rows if row.due_at}


@pytest.fixture
def angeles(kinds: None) -> None:
    City.objects.update(timezone="America/Los_Angeles")
    forget()


def test_its_promises_count_from_its_time(dispatcher: Actor) -> None:
    case = taken(dispatcher, "2026-05-06T10:00+08:00", visit_at="2026-05-07T09:00")
    assert case.fields["visit_at"] == "2026-05-07T01:00:00.000000Z"
    assert case.quiet_until == datetime(2026, 5, 7, 1, tzinfo=UTC) - HALF_AN_HOUR
    assert dues(case) == {"dispatch": "05-07 09:10", "arrive": "05-07 09:05", "handle": "05-08 09:00"}
    assert clocks.escalate_due(datetime.fromisoformat("2026-05-07T09:00+08:00")) == 0
    assert clocks.escalate_due(datetime.fromisoformat("2026-05-07T09:10+08:00")) == 3  # arrival twice


def test_its_time_is_moved_and_one_that_is_past_or_too_far_is_refused(dispatcher: Actor) -> None:
    case = taken(dispatcher, "2026-05-06T10:00+08:00")
    assert (case.quiet_until, dues(case)["dispatch"]) == (None, "05-06 10:10")
    case = acted(case, "schedule", dispatcher, "2026-05-06T10:05+08:00", visit_at="2026-05-07T09:00")
    case = acted(case, "schedule", dispatcher, "2026-05-06T10:06+08:00", visit_at="2026-05-06 15:00")
    assert dues(case) == {"dispatch": "05-06 15:10", "arrive": "05-06 15:05", "handle": "05-07 15:00"}
    assert [row.round for row in CaseClock.objects.filter(case=case, name="dispatch")] == [1]
    for wrong in (
        *("2026-05-06T10:06", "2026-05-05T10:00", "2026-06-07T09:00", "2046-05-07T09:00", "2026-05-08"),
        *("tomorrow", "25:00", "2026-02-30T10:00", 7, [], "2026-05-06T10:06+08:00"),
    ):
        with pytest.raises(Invalid) as refused:
            acted(case, "schedule", dispatcher, "2026-05-06T10:06+08:00", visit_at=wrong)
        assert refused.value.where == "visit_at"
    case.refresh_from_db()
    assert case.fields["visit_at"] == "2026-05-06T07:00:00.000000Z"


def test_a_pause_before_its_time_gives_no_time_on_top(dispatcher: Actor) -> None:
    case = taken(dispatcher, "2026-05-06T10:00+08:00", visit_at="2026-05-07T09:00")
    case = acted(case, "hand_over", dispatcher, "2026-05-06T11:00+08:00", handed_to="power")
    case = acted(case, "give_back", dispatcher, "2026-05-06T13:00+08:00", why="needs_unit")
    assert dues(case)["dispatch"] == "05-07 09:10"
    assert case.quiet_until == datetime(2026, 5, 7, 0, 30, tzinfo=UTC)


def test_it_is_read_as_the_clocks_show_it(dispatcher: Actor) -> None:
    case = taken(dispatcher, "2026-05-06T10:00+08:00")
    case = acted(case, "schedule", dispatcher, "2026-05-06T10:05+08:00", visit_at="2026-05-07T09:00")
    assert story.story(case, dispatcher)[-1].sentence == "Alice scheduled it for 2026-05-07 09:00"
    assert [value for label, value in whole(case, dispatcher)["facts"] if str(label) == "Scheduled for"] == [
        "2026-05-07 09:00"
    ]
    assert known(case)["visit_at"] == "2026-05-07T09:00"


def test_closed_it_waits_for_nothing_and_opened_again_as_others_do(dispatcher: Actor) -> None:
    case = taken(dispatcher, "2026-05-06T10:00+08:00", visit_at="2026-05-06T12:00")
    case = acted(case, "close", dispatcher, "2026-05-06T11:00+08:00", outcome="cancelled")
    assert (case.quiet_until, case.due_at) == (None, None)
    case = acted(case, "reopen", dispatcher, "2026-05-06T14:00+08:00", reason="误")
    assert dues(case) == {"dispatch": "05-06 14:10", "handle": "05-07 14:00"}
    assert case.quiet_until is not None
    assert case.quiet_until < datetime.fromisoformat("2026-05-06T14:00+08:00")


class TestTakenAway:
    def test_a_unit_is_waited_for_from_then_on(self, dispatcher: Actor) -> None:
        case = taken(dispatcher, "2026-05-06T10:00+08:00", visit_at="2026-05-07T09:00")
        before = case.version
        case = acted(case, "unschedule", dispatcher, "2026-05-06T12:00+08:00")
        assert ("visit_at" in case.fields, case.quiet_until, case.version) == (False, None, before + 1)
        assert dues(case) == {"dispatch": "05-06 12:10", "arrive": "05-06 12:05", "handle": "05-07 12:00"}
        told = story.story(case, dispatcher)[-1]
        assert (told.act, told.sentence) == ("unschedule", "Alice took the scheduled time away")
        case = acted(case, "schedule", dispatcher, "2026-05-06T12:01+08:00", visit_at="2026-05-07T09:00")
        assert dues(case)["dispatch"] == "05-07 09:10"

    def test_no_promise_gains_time_by_it(self, dispatcher: Actor) -> None:
        """After its time it is waited for already, and counts as it did."""
        case = taken(dispatcher, "2026-05-06T10:00+08:00", visit_at="2026-05-06T12:00")
        case = acted(case, "unschedule", dispatcher, "2026-05-06T12:04+08:00")
        assert dues(case) == {"dispatch": "05-06 12:10", "arrive": "05-06 12:05", "handle": "05-07 12:00"}

    def test_where_there_is_none_it_is_not_offered_and_refused(self, dispatcher: Actor) -> None:
        case = taken(dispatcher, "2026-05-06T10:00+08:00")
        assert "unschedule" not in [act.name for act in open_acts(case, dispatcher)]
        with pytest.raises(Conflict) as refused:
            acted(case, "unschedule", dispatcher, "2026-05-06T10:05+08:00")
        assert refused.value.where == "act"
        case = acted(case, "schedule", dispatcher, "2026-05-06T10:05+08:00", visit_at="2026-05-07T09:00")
        assert "unschedule" in [act.name for act in open_acts(case, dispatcher)]


class TestWhereClocksAreSet:
    def test_forward(self, dispatcher: Actor, angeles: None) -> None:
        """8 March 2026: after 01:59 comes 03:00."""
        case = taken(dispatcher, "2026-03-07T20:00-08:00", visit_at="2026-03-08T03:00")
        assert case.fields["visit_at"] == "2026-03-08T10:00:00.000000Z"
        with pytest.raises(Invalid) as refused:
            taken(dispatcher, "2026-03-07T20:00-08:00", visit_at="2026-03-08T02:30")
        assert (refused.value.where, "03:30" in str(refused.value.fix)) == ("visit_at", True)

    def test_back(self, dispatcher: Actor, angeles: None) -> None:
        """1 November 2026: from 01:00 to 01:59 comes twice."""
        with pytest.raises(Invalid) as refused:
            taken(dispatcher, "2026-10-31T20:00-07:00", visit_at="2026-11-01T01:30")
        assert refused.value.where == "visit_at"
        first, second = refused.value.more["times"]
        assert (first, second) == ("2026-11-01T01:30-07:00", "2026-11-01T01:30-08:00")
        kept = [taken(dispatcher, "2026-10-31T20:00-07:00", visit_at=one).fields["visit_at"] for one in (first, second)]
        assert kept == ["2026-11-01T08:30:00.000000Z", "2026-11-01T09:30:00.000000Z"]

    def test_the_hour_before_and_after_a_change_is_the_clocks_own(self, dispatcher: Actor, angeles: None) -> None:
        shown = ("2026-11-01T00:59", "2026-11-01T02:00", "2026-03-08T01:59")
        assert [wall.moments(datetime.fromisoformat(one))[0].isoformat()[-6:] for one in shown] == [
            *("-07:00", "-08:00", "-08:00"),
        ]
        assert [len(wall.moments(datetime.fromisoformat(one))) for one in shown] == [1, 1, 1]

    def test_a_promise_of_a_day_that_has_25_hours(self, dispatcher: Actor, angeles: None) -> None:
        case = taken(dispatcher, "2026-10-31T20:00-07:00", visit_at="2026-11-01T00:30", priority=3)
        assert dues(case)["handle"] == "11-01 23:30"  # 24 hours later
