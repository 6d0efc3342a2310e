from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.cases.engine import clocks
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.model import Kind
from blockwise.cases.models import CaseClock
from blockwise.cases.queries.shown import clocks_of
from blockwise.cases.rules import counting
from blockwise.ledger import lines
from blockwise.ledger.models import Line
from blockwise.messages.models import Message
from blockwise.places.models import City
from blockwise.problems import Invalid
from blockwise.rooms import Role
from tests.cases.stories import at, call, hazard, owned
from tests.people import person, point_in

CELL = "99010101"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def actor(kinds: None) -> Actor:
    """Holds every role that the built-in kinds ask for."""
    roles = (Role.CALL_TAKER, Role.DISPATCHER, Role.BLOCK_LEADER, Role.OVERSIGHT)
    return actor_for(person("all", *((role, "99") for role in roles)))


@pytest.fixture(autouse=True)
def _calendar(city: City) -> Iterator[None]:
    yield
    counting._calendar.cache_clear()


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
        assert story.rounds("dispatch") == ["lapsed", "running"]
        assert story.case.due_at == story.due("dispatch") == at("05-06T12:10")
        assert story.clock("arrive").stopped_at == at("05-06T10:01")

    def test_an_unclear_call_is_called_back_in_time_and_nobody_is_promised(self, actor: Actor) -> None:
        story = call(actor, type="unclear.silent")
        assert {row.name for row in CaseClock.objects.filter(case=story.pk)} == {"call_back", "handle"}
        assert story.case.due_at == story.due("call_back") == at("05-06T10:03")
        story.does("no_answer", "05-06T10:01", note="响铃 40 秒").does("no_answer", "05-06T10:02")
        assert story.rounds("call_back") == ["running"]
        clocks.escalate_due(at("05-06T10:03"))
        assert story.clock("call_back").level == 1
        story.does("call_back", "05-06T10:04")
        assert story.rounds("call_back") == ["missed"]
        story.does("close", "05-06T10:05", outcome="by_mistake")
        assert story.case.outcome == "by_mistake"

    def test_a_call_that_becomes_clear_is_promised_what_its_type_is(self, actor: Actor) -> None:
        story = call(actor, type="unclear.abandoned").does("correct", "05-06T10:02", type="fire.building")
        assert (story.rounds("call_back"), story.rounds("dispatch")) == (["lapsed"], ["running"])
        assert story.due("dispatch") == at("05-06T10:03")  # from the moment at which it was known
        assert story.due("arrive") == at("05-06T10:07")
        story.does("correct", "05-06T10:04", type="fire.vehicle")
        assert (story.rounds("dispatch"), story.due("dispatch")) == (["running"], at("05-06T10:03"))
        story.does("correct", "05-06T10:05", type="unclear.silent").does("correct", "05-06T10:06", type="fire.vehicle")
        assert (story.rounds("dispatch"), story.due("dispatch")) == (["missed", "running"], at("05-06T10:07"))
        assert story.rounds("call_back") == ["lapsed", "lapsed"]

    def test_what_is_another_department_s_is_promised_by_it_until_it_is_given_back(self, actor: Actor) -> None:
        story = call(actor).does("hand_over", "05-06T10:02", handed_to="power")
        assert (story.case.stage, story.rounds("dispatch"), story.rounds("arrive")) == (
            *("handed_over", ["paused"], ["paused"]),
        )
        assert story.case.due_at == story.due("take_over") == at("05-06T10:32")
        assert story.case.quiet_until is not None
        story.does("give_back", "05-06T10:20", why="needs_unit")
        assert (story.case.stage, story.case.quiet_until, story.rounds("take_over")) == ("received", None, ["kept"])
        assert story.due("dispatch") == at("05-06T10:28")  # with what was left of its ten minutes
        story.does("hand_over", "05-06T10:21", handed_to="gas").does("taken_over", "05-06T11:00")
        assert (story.case.fields["handed_to"], story.rounds("take_over")) == ("gas", ["kept", "missed"])
        story.does("end_told", "05-06T15:00", outcome="helped")
        assert (story.case.stage, story.rounds("dispatch"), story.rounds("handle")) == ("closed", ["lapsed"], ["kept"])
        assert (story.case.quiet_until, story.case.due_at) == (None, None)

    def test_a_matter_for_another_department_is_promised_no_unit(self, actor: Actor) -> None:
        story = call(actor, type="non_police.service")
        assert {row.name for row in CaseClock.objects.filter(case=story.pk)} == {"hand_over", "handle"}
        story.does("hand_over", "05-06T10:02", handed_to="hotline")
        assert (story.rounds("hand_over"), story.due("take_over")) == (["kept"], at("05-06T10:32"))

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

    def test_an_extension_moves_it(self, actor: Actor) -> None:
        story = owned(actor, "2026-05-07").does("extend", "05-07T09:00", rectify_by="2026-05-30", reason="材料未到")
        assert (story.due("rectify"), story.rounds("rectify")) == (at("05-30T23:59:59"), ["running"])

    def test_an_extension_after_the_day_is_another_round_and_the_first_stays_missed(self, actor: Actor) -> None:
        story = owned(actor, "2026-05-07")
        clocks.escalate_due(at("05-08T00:10"))
        story.does("extend", "05-08T09:00", rectify_by="2026-05-30", reason="材料未到")
        row = story.clock("rectify")
        assert (row.round, row.due_at, row.level, row.wakes_at) == (2, *[at("05-30T23:59:59")] * 1, 0, row.due_at)
        first = CaseClock.objects.get(case=story.pk, name="rectify", round=1)
        assert (first.due_at, first.level, first.stopped_at) == (at("05-07T23:59:59"), 1, at("05-08T09:00"))
        assert story.rounds("rectify") == ["missed", "running"]
        assert story.case.due_at == min(row.due_at, story.due("handle"))

    def test_a_lower_priority_given_too_late_forgets_nothing(self, actor: Actor) -> None:
        story = call(actor, priority=1).does("correct", "05-06T10:02", priority=4)
        assert story.rounds("dispatch") == ["missed", "running"]
        assert story.rounds("handle") == ["running"]
        assert story.due("dispatch") == at("05-06T10:30")  # from the same start

    def test_another_priority_that_is_missed_as_well_is_no_other_round(self, actor: Actor) -> None:
        story = call(actor, priority=1).does("correct", "05-06T10:05", priority=2)
        assert (story.rounds("dispatch"), story.due("dispatch")) == (["running"], at("05-06T10:02"))

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

    @pytest.mark.parametrize("day", ["2026-05-05", "2025-05-20"])
    def test_a_day_that_is_over_is_refused(self, actor: Actor, day: str) -> None:
        graded = hazard(actor).does("grade", "05-06T11:00", grade="serious")
        with pytest.raises(Invalid) as problem:
            graded.does("name_owner", "05-06T15:00", owner_name="王某", rectify_by=day)
        assert problem.value.where == "rectify_by"
        assert "over" in str(problem.value.what)
        graded.does("name_owner", "05-06T15:00", owner_name="王某", rectify_by="2026-05-06")
        with pytest.raises(Invalid):
            graded.does("extend", "05-07T00:10", rectify_by="2026-05-06", reason="晚")


class TestRounds:
    def test_a_promise_missed_before_the_case_was_opened_again_stays_missed(self, actor: Actor) -> None:
        story = call(actor, priority=1)
        story.does("close", "05-06T15:00", outcome="helped").does("reopen", "05-06T16:00", reason="误")
        assert story.rounds("handle") == ["missed", "running"]
        shown = [(str(one.words), one.round, one.state) for one in clocks_of(story.case)]
        assert shown == [
            *(("Dispatch", 1, "missed"), ("Dispatch", 2, "running"), ("Arrival", 0, "missed")),
            *(("Handling", 1, "missed"), ("Handling", 2, "running")),
        ]
        assert story.case.due_at == at("05-06T16:01")
        assert story.due("handle") == at("05-06T20:00")

    def test_opened_again_twice_are_three_rounds(self, actor: Actor) -> None:
        story = call(actor)
        story.does("close", "05-06T11:00", outcome="helped").does("reopen", "05-06T12:00", reason="误")
        story.does("close", "05-08T11:00", outcome="helped").does("reopen", "05-08T12:00", reason="误")
        assert story.rounds("handle") == ["kept", "missed", "running"]
        clocks.escalate_due(at("05-09T12:30"))
        assert [row.level for row in CaseClock.objects.filter(case=story.pk, name="handle").order_by("round")] == [
            *(0, 0, 1)
        ]

    def test_an_undone_merge_leaves_what_ended_before_it(self, actor: Actor) -> None:
        primary, story = call(actor), call(actor, "05-06T10:02")
        story.does("close", "05-06T10:05", outcome="cancelled").does("reopen", "05-06T10:06", reason="误")
        story.does("merge", "05-06T10:07", primary=primary.pk).does("unmerge", "05-06T10:08")
        assert (story.rounds("dispatch"), story.rounds("handle")) == (["lapsed", "running"], ["kept", "running"])

    def test_a_pause_gives_no_day_to_what_was_missed_before_it(self, actor: Actor) -> None:
        story = owned(actor, "2026-05-07").does("suspend", "05-08T09:00", reason="等").does("resume", "05-08T10:00")
        assert story.due("rectify") == at("05-08T00:59:59")  # nine hours late before, and after
        story.does("extend", "05-08T11:00", rectify_by="2026-05-30", reason="晚")
        assert story.rounds("rectify") == ["missed", "running"]

    def test_a_promise_paused_when_the_case_goes_on_is_the_same_round(self, actor: Actor) -> None:
        story = owned(actor).does("suspend", "05-07T09:00", reason="等").does("resume", "05-08T09:00")
        assert (story.rounds("rectify"), story.rounds("handle")) == (["running"], ["running"])


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

    def test_a_weekend_inside_a_pause_is_not_counted(self, actor: Actor) -> None:
        story = owned(actor).does("suspend", "05-15T17:00", reason="等").does("resume", "05-18T09:00")
        assert story.due("handle") == at("05-20T10:00")  # an hour of Friday and one of Monday later

    def test_another_priority_while_it_stands_still_leaves_what_is_left_of_it(self, actor: Actor) -> None:
        story = call(actor, priority=4).does("hand_over", "05-06T10:01", handed_to="city_management")
        story.does("correct", "05-06T10:30", priority=3)
        assert (story.clock("dispatch").remaining_ms, story.due("dispatch")) == (9 * 60_000, None)
        story.does("give_back", "05-06T11:00", why="not_theirs")
        assert (story.rounds("dispatch"), story.due("dispatch")) == (["running"], at("05-06T11:09"))

    def test_what_was_missed_before_the_pause_stays_so_whatever_priority_is_given_in_it(self, actor: Actor) -> None:
        story = call(actor, priority=1).does("hand_over", "05-06T10:05", handed_to="city_management")
        story.does("correct", "05-06T10:30", priority=4)
        first = CaseClock.objects.get(case=story.pk, name="dispatch", round=1)
        assert (story.rounds("dispatch"), first.stopped_at) == (["missed", "paused"], at("05-06T10:30"))
        assert story.clock("dispatch").remaining_ms == 25 * 60_000
        story.does("give_back", "05-06T11:00", why="not_theirs")
        assert story.due("dispatch") == at("05-06T11:25")


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
        raised = Line.objects.filter(thread=story.case.thread, act="escalated").order_by("number")
        told = [lines.data_of(line) for line in raised]
        assert told == [
            {"clock": "dispatch", "round": 1, "level": 1, "to": "dispatcher", "block": CELL},
            {"clock": "dispatch", "round": 1, "level": 2, "to": "block_leader", "block": "99"},
            {"clock": "dispatch", "round": 1, "level": 3, "to": "oversight", "block": CELL},
        ]
        sent = Message.objects.filter(topic="escalated").order_by("pk").values_list("data", flat=True)
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


class TestManyDue:
    @pytest.fixture
    def due(self, actor: Actor) -> int:
        """Promises of one case, each another round, all due at once; 10,000 of them: tests/site/test_server.py."""
        story = call(actor)
        times = {"starts_at": at("05-06T10:00"), "due_at": at("05-06T10:03"), "wakes_at": at("05-06T10:03")}
        rounds = range(2, 302)
        rows = [CaseClock(case=story.case, name="dispatch", counts="real", round=one, **times) for one in rounds]
        return len(CaseClock.objects.bulk_create(rows))

    def test_they_are_raised_in_pieces_each_with_its_lines_and_messages(self, due: int) -> None:
        pieces = clocks.escalations(at("05-06T10:04"))
        assert [next(pieces) for _ in range(3)] == [clocks.A_PIECE] * 3
        pieces.close()
        assert Line.objects.filter(act="escalated").count() == 3 * clocks.A_PIECE
        assert Message.objects.filter(topic="escalated").count() == 3 * clocks.A_PIECE
        assert len(clocks.due_clocks(1_000, at("05-06T10:04"))) == due - 3 * clocks.A_PIECE

    def test_a_piece_takes_as_many_queries_as_one_and_two_for_each_more(
        self, due: int, django_assert_max_num_queries: Any
    ) -> None:
        pieces = clocks.escalations(at("05-06T10:04"))
        next(pieces)
        with django_assert_max_num_queries(20 + 3 * clocks.A_PIECE):
            next(pieces)

    def test_damaged_ones_before_them_hold_up_no_other(self, due: int, monkeypatch: pytest.MonkeyPatch) -> None:
        damaged = set(clocks.due_clocks(2 * clocks.A_PIECE + 1, at("05-06T10:04")))
        wake = clocks._raised

        def raised(case: Any, row: CaseClock, now: Any) -> Any:
            if row.pk in damaged:
                raise ValueError
            return wake(case, row, now)

        monkeypatch.setattr(clocks, "_raised", raised)
        pieces = clocks.escalations(at("05-06T10:04"))
        assert [next(pieces) for _ in range(4)] == [0, 0, clocks.A_PIECE - 1, clocks.A_PIECE]

    def test_how_far_behind_is_told(self, due: int) -> None:
        with clock.at(at("05-06T10:04")):
            assert clocks.behind() == MINUTE
        with clock.at(at("05-06T10:02")):
            assert clocks.behind() == timedelta()


def test_every_clock_of_every_kind_can_start_and_is_counted_the_same_twice(actor: Actor) -> None:
    """What is kept is what would be counted anew: nothing is remembered that does not follow."""
    for story in (call(actor), owned(actor)):
        kind: Kind = registry.of(story.case)
        for row in CaseClock.objects.filter(case=story.pk, stopped_at=None):
            declared = next(one for one in kind.clocks if one.name == row.name)
            due = counting.due(declared, row, story.case, story.case.fields)
            assert due is not None
            assert (due.at, due.provisional) == (row.due_at, row.provisional)
