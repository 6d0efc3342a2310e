from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.access.models import Role
from blockwise.cases import clocks, counting, engine
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.model import Kind
from blockwise.cases.models import Case, CaseClock, Outbox
from blockwise.ledger import lines
from blockwise.ledger.models import Line
from blockwise.places.models import CalendarDay, City
from tests.people import person, point_in

CELL = "99010101"
LON, LAT = point_in(CELL)
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    """A local time in Shanghai, 2026 unless another year is given."""
    return datetime.fromisoformat(f"{text if text[:2] == '20' else '2026-' + text}+08:00").astimezone(UTC)


@pytest.fixture
def actor(kinds: None) -> Actor:
    """Holds every role that the built-in kinds ask for."""
    roles = (Role.CALL_TAKER, Role.DISPATCHER, Role.BLOCK_LEADER, Role.OVERSIGHT)
    return actor_for(person("all", *((role, "99") for role in roles)))


@pytest.fixture(autouse=True)
def _calendar(city: City) -> Iterator[None]:
    yield
    counting._calendar.cache_clear()


class Story:
    """A case and what is done to it, each at its own city time."""

    def __init__(self, actor: Actor, kind: str, when: str, **data: Any) -> None:
        self.actor = actor
        place = {"lon": LON, "lat": LAT, "kind": "street"}
        with clock.at(at(when)):
            opened = engine.open_case(kind, {"place": place, **data}, actor)
        self.pk = opened.case

    @property
    def case(self) -> Case:
        return Case.objects.get(pk=self.pk)

    def does(self, act: str, when: str, **data: Any) -> Story:
        with clock.at(at(when)):
            engine.act(self.pk, act, data, self.actor, expected_version=self.case.version)
        return self

    def clock(self, name: str) -> CaseClock:
        return CaseClock.objects.get(case=self.pk, name=name)

    def due(self, name: str) -> datetime | None:
        return self.clock(name).due_at


def call(actor: Actor, when: str = "05-06T10:00", **data: Any) -> Story:
    return Story(actor, "call", when, **{"type": "crime.theft", **data})


def hazard(actor: Actor, when: str = "05-06T10:00", **data: Any) -> Story:
    return Story(actor, "hazard", when, **{"type": "fire.exit", "description": "堆物", **data})


def owned(actor: Actor, by: str = "2026-05-20") -> Story:
    story = hazard(actor).does("grade", "05-06T11:00", grade="serious")
    return story.does("name_owner", "05-06T15:00", owner_name="王某", rectify_by=by)


class TestStarting:
    def test_a_call_promises_by_its_priority_and_its_ring(self, actor: Actor) -> None:
        story = call(actor, priority=1)
        rows = {row.name: (row.starts_at, row.due_at, row.wakes_at) for row in CaseClock.objects.filter(case=story.pk)}
        opened = at("05-06T10:00")
        assert rows == {
            "dispatch": (opened, opened + MINUTE, opened + MINUTE),
            "arrive": (opened, opened + 5 * MINUTE, opened + 5 * MINUTE),  # in the core
            "handle": (opened, opened + 240 * MINUTE, opened + 240 * MINUTE),
        }
        assert story.case.due_at == opened + MINUTE

    def test_working_time_stands_still_at_noon_at_night_and_on_holidays(self, actor: Actor) -> None:
        assert hazard(actor, "05-06T10:30").due("grade") == at("05-06T16:30")
        assert hazard(actor, "04-30T17:00").due("grade") == at("05-06T11:00")  # 1 to 5 May rest
        assert hazard(actor, "05-09T07:00").due("grade") == at("05-09T12:00")  # a Saturday that makes up
        assert hazard(actor, "05-06T10:30").due("handle") == at("05-19T18:00")  # ten working days, the 9th one of them

    def test_a_restart_while_it_runs_changes_nothing(self, actor: Actor) -> None:
        story = hazard(actor).does("grade", "05-06T11:00", grade="minor").does("grade", "05-06T16:00", grade="major")
        assert (story.clock("name_owner").starts_at, story.due("name_owner")) == (at("05-06T11:00"), at("05-07T18:00"))

    def test_a_note_asks_the_clocks_nothing(self, actor: Actor, django_assert_num_queries: Any, kinds: None) -> None:
        story, kind = call(actor), registry.current("call")
        case = story.case
        with django_assert_num_queries(0):
            clocks.on_act(kind, case, "note", at("05-06T10:05"), {}).write()
        with django_assert_num_queries(2):
            clocks.on_act(kind, case, "send", at("05-06T10:05"), {}).write()


class TestMeeting:
    def test_the_act_that_keeps_it_stops_it(self, actor: Actor) -> None:
        story = hazard(actor).does("grade", "05-06T11:00", grade="minor")
        kept = story.clock("grade")
        assert (kept.stopped_at, kept.lapsed, kept.wakes_at) == (at("05-06T11:00"), False, None)
        assert story.case.due_at == story.due("name_owner") == at("05-07T18:00")

    def test_what_nobody_kept_lapses_with_the_case(self, actor: Actor) -> None:
        story = call(actor).does("close", "05-06T10:01", outcome="cancelled")
        rows = {row.name: (row.stopped_at, row.lapsed) for row in CaseClock.objects.filter(case=story.pk)}
        ended = at("05-06T10:01")
        assert rows == {"dispatch": (ended, True), "arrive": (ended, True), "handle": (ended, False)}
        assert story.case.due_at is None

    def test_reopening_starts_what_says_so_and_leaves_the_rest(self, actor: Actor) -> None:
        story = call(actor).does("close", "05-06T10:01", outcome="cancelled").does("reopen", "05-06T12:00", reason="误")
        handle = story.clock("handle")
        assert (handle.starts_at, handle.stopped_at, handle.due_at) == (at("05-06T12:00"), None, at("05-07T12:00"))
        assert story.clock("dispatch").stopped_at == at("05-06T10:01")
        assert story.case.due_at == at("05-07T12:00")

    def test_an_undone_merge_lets_its_promises_run_on(self, actor: Actor) -> None:
        primary, repeat = call(actor), call(actor, "05-06T10:02")
        repeat.does("merge", "05-06T10:03", primary=primary.pk)
        assert repeat.clock("dispatch").lapsed
        repeat.does("unmerge", "05-06T10:05")
        row = repeat.clock("dispatch")
        assert (row.lapsed, row.stopped_at, row.due_at, row.wakes_at) == (False, None, *[at("05-06T10:12")] * 2)
        assert repeat.case.due_at == at("05-06T10:07")  # the ring


class TestMoving:
    def test_another_priority_is_another_promise_from_the_same_start(self, actor: Actor) -> None:
        story = call(actor).does("correct", "05-06T10:01", type="crime.robbery")
        opened = at("05-06T10:00")
        assert (story.due("dispatch"), story.due("handle")) == (opened + MINUTE, opened + 240 * MINUTE)

    def test_another_place_is_another_ring(self, actor: Actor) -> None:
        lon, lat = point_in("99020101")  # outside the core
        place = {"lon": lon, "lat": lat, "kind": "street"}
        story = call(actor).does("correct", "05-06T10:01", place=place)
        assert story.due("arrive") == at("05-06T10:15")

    def test_a_promised_day_ends_with_the_day(self, actor: Actor) -> None:
        assert owned(actor).due("rectify") == at("05-20T23:59:59")

    def test_an_extension_moves_it_and_takes_the_levels_back(self, actor: Actor) -> None:
        story = owned(actor, "2026-05-07")
        clocks.escalate_due(at("05-08T00:10"))
        assert story.clock("rectify").level == 1
        story.does("extend", "05-08T09:00", rectify_by="2026-05-30", reason="材料未到")
        row = story.clock("rectify")
        assert (row.due_at, row.level, row.wakes_at) == (*[at("05-30T23:59:59")][:1], 0, at("05-30T23:59:59"))

    def test_failing_the_recheck_returns_it_to_rectification_with_a_new_day(self, actor: Actor) -> None:
        story = owned(actor).does("rectify", "05-08T10:00", rectification="已清理")
        assert story.due("recheck") == at("05-12T18:00")  # 9 May works
        story.does("fail_recheck", "05-09T10:00", finding="仍有堆物", rectify_by="2026-05-15")
        assert (story.case.stage, story.due("rectify")) == ("owned", at("05-15T23:59:59"))
        assert story.clock("recheck").stopped_at == at("05-09T10:00")
        story.does("rectify", "05-11T10:00", rectification="已全部清理")
        assert (story.clock("recheck").stopped_at, story.due("recheck")) == (None, at("05-14T18:00"))
        story.does("pass_recheck", "05-12T10:00", finding="合格")
        assert story.clock("rectify").stopped_at == at("05-12T10:00")


class TestPausing:
    def test_a_suspended_promise_stands_still_and_goes_on_with_what_is_left(self, actor: Actor) -> None:
        story = owned(actor)
        due = story.due("handle")
        assert due == at("05-19T18:00")
        story.does("suspend", "05-07T09:00", reason="等材料")
        row = story.clock("handle")
        left = counting.city_calendar().working_seconds_between(at("05-07T09:00"), due)
        assert (row.due_at, row.wakes_at, row.remaining_ms) == (None, None, left * 1000)
        assert story.case.due_at is None
        story.does("resume", "05-11T11:00")  # 7 May 7 h, 8 May 8 h, 9 May 8 h, 11 May 3 h: 26 working hours
        row = story.clock("handle")
        assert (row.due_at, row.remaining_ms) == (at("05-25T10:00"), None)  # three days and two hours later
        again = counting.city_calendar().working_seconds_between(at("05-11T11:00"), row.due_at or due)
        assert again == left

    def test_a_promised_day_moves_by_the_days_it_stood_still(self, actor: Actor) -> None:
        story = owned(actor).does("suspend", "05-07T09:00", reason="等").does("resume", "05-10T09:00")
        assert story.due("rectify") == at("05-23T23:59:59")

    def test_two_pauses_add_up(self, actor: Actor) -> None:
        story = owned(actor).does("suspend", "05-07T09:00", reason="等").does("resume", "05-07T11:00")
        story.does("suspend", "05-07T15:00", reason="等").does("resume", "05-07T16:30")
        assert story.due("handle") == at("05-20T11:30")
        assert len(story.clock("handle").pauses) == 2


class TestEscalating:
    def test_three_levels_each_with_its_line_and_message(self, actor: Actor) -> None:
        story = call(actor)
        row = story.clock("dispatch")
        levels = [(at("05-06T10:10"), 1), (at("05-06T10:12"), 2), (at("05-06T10:20"), 3)]
        for when, level in levels:
            assert not clocks.escalate(row.pk, when - MINUTE / 60)
            assert clocks.escalate(row.pk, when)
            assert not clocks.escalate(row.pk, when)
            row.refresh_from_db()
            assert row.level == level
        assert row.wakes_at is None
        told = [lines.data_of(line) for line in Line.objects.filter(thread=story.case.thread, act="escalated")]
        assert told == [
            {"clock": "dispatch", "level": 1, "to": "dispatcher", "block": CELL},
            {"clock": "dispatch", "level": 2, "to": "block_leader", "block": "99"},
            {"clock": "dispatch", "level": 3, "to": "oversight", "block": CELL},
        ]
        sent = Outbox.objects.filter(topic="escalated").order_by("pk").values_list("payload", flat=True)
        assert list(sent) == [{"case": story.pk, **data} for data in told]

    def test_all_that_is_due_is_raised_as_often_as_it_is_due(self, actor: Actor) -> None:
        call(actor)
        assert clocks.due_clocks(10, at("05-06T10:04")) == []
        assert clocks.escalate_due(at("05-06T10:20")) == 6  # dispatch three times, arrival at 10:05, 10:10 and 10:20
        assert clocks.escalate_due(at("05-06T10:20")) == 0

    def test_the_city_time_says_what_is_due(self, actor: Actor) -> None:
        story = call(actor)
        with clock.at(at("05-06T10:10")):
            assert clocks.due_clocks(10) == [story.clock("arrive").pk, story.clock("dispatch").pk]
            assert clocks.due_clocks(1) == [story.clock("arrive").pk]

    def test_a_kept_promise_is_not_raised(self, actor: Actor) -> None:
        story = hazard(actor).does("grade", "05-06T11:00", grade="minor")
        assert not clocks.escalate(story.clock("grade").pk, at("06-06T11:00"))

    def test_a_promise_in_working_time_wakes_nobody_at_night(self, actor: Actor) -> None:
        story = hazard(actor, "05-08T14:00")
        row = story.clock("grade")
        assert (row.due_at, row.wakes_at) == (at("05-08T18:00"), at("05-09T08:00"))

    def test_each_further_level_goes_to_the_leader_above(self, actor: Actor) -> None:
        for login, code in (("cell", CELL), ("community", "990101")):
            person(login, (Role.BLOCK_LEADER, code))
        story = hazard(actor)
        clocks.escalate_due(at("05-20T12:00"))
        told = [lines.data_of(one) for one in Line.objects.filter(thread=story.case.thread, act="escalated")]
        assert [(one["level"], one["block"]) for one in told if one["clock"] == "grade"] == [
            *((1, CELL), (2, "990101"), (3, CELL)),
        ]

    def test_a_sensitive_case_is_not_told_to_the_neighbour(self, actor: Actor) -> None:
        story = call(actor, type="family.violence")
        clocks.escalate_due(at("05-06T10:20"))
        told = [lines.data_of(one)["to"] for one in Line.objects.filter(thread=story.case.thread, act="escalated")]
        assert set(told) == {"dispatcher", "oversight"}


class TestAYearIsPublished:
    def test_provisional_promises_are_counted_again_with_a_line_each(self, actor: Actor, city: City) -> None:
        story = hazard(actor, "12-30T15:00", priority=1)
        assert (story.due("handle"), story.clock("handle").provisional) == (at("2027-01-06T18:00"), True)
        assert not story.clock("grade").provisional
        with clock.at(at("12-31T09:00")):
            assert clocks.recompute_published() == 0
        assert clocks.recompute(2027) == 0
        CalendarDay.objects.bulk_create(
            [
                CalendarDay(date=date(2027, 1, 1), works=False, name="元旦"),
                CalendarDay(date=date(2027, 1, 2), works=True, name="调休"),
                CalendarDay(date=date(2027, 1, 4), works=False, name="休"),
            ]
        )
        City.objects.update(version=city.version + 1)
        counting._calendar.cache_clear()
        with clock.at(at("12-31T10:00")):
            assert clocks.recompute(2027) == 1
            assert clocks.recompute(2027) == 0
        row = story.clock("handle")
        assert (row.due_at, row.provisional) == (at("2027-01-07T18:00"), False)
        [line] = Line.objects.filter(thread=story.case.thread, act="clock_recomputed")
        assert lines.data_of(line) == {
            "clock": "handle",
            "year": 2027,
            "before": "2027-01-06T10:00:00+00:00",
            "due_at": "2027-01-07T10:00:00+00:00",
        }

    def test_the_case_shows_the_earliest_promise_again(self, actor: Actor, city: City) -> None:
        story = hazard(actor, "12-31T17:00")
        assert (story.case.due_at, story.clock("grade").provisional) == (at("2027-01-01T11:00"), True)
        CalendarDay.objects.create(date=date(2027, 1, 1), works=False)
        City.objects.update(version=city.version + 1)
        counting._calendar.cache_clear()
        with clock.at(at("12-31T17:30")):
            assert clocks.recompute_published() == 2
            assert clocks.recompute_published() == 0
        assert story.case.due_at == at("2027-01-04T11:00")


def test_every_clock_of_every_kind_can_start_and_is_counted_the_same_twice(actor: Actor) -> None:
    """What is kept is what would be counted anew: nothing is remembered that does not follow."""
    for story in (call(actor), owned(actor)):
        kind: Kind = registry.of(story.case)
        for row in CaseClock.objects.filter(case=story.pk, stopped_at=None):
            declared = next(one for one in kind.clocks if one.name == row.name)
            due = counting.due(declared, row, story.case, story.case.fields)
            assert due is not None
            assert (due.at, due.provisional) == (row.due_at, row.provisional)
