"""What asks to be read and is not goes up: once a level, on the record, to who may see it; and it comes to an end."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.access.models import Grant, User
from blockwise.cases.engine import clocks
from blockwise.cases.models import Case, CaseClock
from blockwise.ledger import clockwatch
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.messages import actions, queries, raising
from blockwise.messages.actions import To
from blockwise.messages.models import Message
from blockwise.rooms import GRANTED, Role, house
from blockwise.site.worker import Turns
from tests.cases.stories import at as local
from tests.cases.stories import call
from tests.people import PASSWORD, person
from tests.recorded import on_record

CELL, COMMUNITY = "99010101", "990101"
NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)
WAIT = timedelta(minutes=15)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the machine's time."""

    def set_(moment: datetime) -> None:
        monkeypatch.setattr(clock, "real_now", lambda: moment)

    set_(NOW)
    return set_


@pytest.fixture
def desk(kinds: None) -> Actor:
    return actor_for(person("desk", (Role.CALL_TAKER, "99"), (Role.DISPATCHER, "99")))


@pytest.fixture
def overseer(kinds: None) -> Actor:
    return actor_for(person("overseer", (Role.OVERSIGHT, "99")))


@pytest.fixture
def overdue(desk: Actor, overseer: Actor, at: Any) -> Case:
    """A call whose promise was raised to the dispatcher at NOW."""
    case = call(desk, priority=1).case
    assert clocks.escalate_due(local("05-06T10:01")) == 1
    return case


def raised() -> int:
    return sum(raising.raisings())


def told() -> list[tuple[str, str, int]]:
    return list(Message.objects.order_by("pk").values_list("role", "block", "level"))


class TestRaising:
    def test_what_nobody_read_in_time_goes_to_the_role_above_once_with_a_line(
        self, overdue: Case, overseer: Actor, at: Any
    ) -> None:
        at(NOW + WAIT - timedelta(seconds=1))
        assert raised() == 0
        at(NOW + WAIT)
        assert (raised(), raised()) == (1, 0)
        assert told() == [("dispatcher", CELL, 0), ("oversight", CELL, 1)]
        first, second = Message.objects.order_by("pk")
        line = Line.objects.get(act="message_raised")
        assert (line.thread, line.actor, second.line, second.first) == (
            overdue.thread,
            "system:worker",
            line.number,
            first.pk,
        )
        assert {name: data_of(line)[name] for name in ("topic", "message", "level", "to", "block")} == {
            "topic": "escalated",
            "message": first.pk,
            "level": 1,
            "to": "oversight",
            "block": CELL,
        }
        (row,) = queries.inbox(overseer)
        assert row.words == (
            f"Call {overdue.pk}: “Dispatch” is overdue, level 1 (not read in time: dispatcher, {row.block})"
        )

    def test_whoever_read_it_stops_it(self, overdue: Case, desk: Actor, at: Any) -> None:
        actions.read(desk, [one.message.pk for one in queries.inbox(desk)])
        at(NOW + WAIT)
        assert raised() == 0
        assert len(told()) == 1

    def test_read_late_it_goes_no_further(self, overdue: Case, desk: Actor, at: Any) -> None:
        """The first reads after it was raised: the second, unread, goes to nobody above."""
        person("keeper", (Role.ADMINISTRATOR, "99"))
        at(NOW + WAIT)
        assert raised() == 1
        actions.read(desk, [one.message.pk for one in queries.inbox(desk)])
        at(NOW + 2 * WAIT)
        assert raised() == 0

    def test_a_promise_that_is_settled_goes_to_nobody_above(self, overdue: Case, at: Any) -> None:
        with on_record():
            CaseClock.objects.filter(case=overdue, name="dispatch").update(stopped_at=NOW)
        at(NOW + WAIT)
        assert raised() == 0
        assert Message.objects.get().late_at is None

    def test_what_needs_no_reading_is_never_raised(self, overdue: Case, at: Any) -> None:
        with on_record():
            actions.put("report_inside", {"case": overdue.pk}, 1, case=overdue.pk, to=[To(Role.DISPATCHER, "99")])
            actions.put("publication", {"case": overdue.pk}, 1, case=overdue.pk)
        assert Message.objects.filter(late_at=None).count() == 2
        at(NOW + timedelta(days=30))
        assert raised() == 1

    def test_it_ends(self, overseer: Actor, at: Any) -> None:
        """Whatever roles there are, and however long nobody reads."""
        for role in GRANTED:
            person(f"x{role}", (role, "99"))
        with on_record():
            actions.put("erasures_held", {"count": 3}, 1, to=[To(Role.CALL_TAKER, CELL)])
        for day in range(1, 20):
            at(NOW + timedelta(days=day))
            raised()
        assert [(role, level) for role, _block, level in told()] == [
            ("call_taker", 0),
            ("dispatcher", 1),
            ("shift_leader", 2),
            ("oversight", 3),
        ]

    def test_above_never_leads_back_and_forgets_no_role(self) -> None:
        assert set(raising.ABOVE) == set(GRANTED) - {Role.ADMINISTRATOR}
        for start in GRANTED:
            seen, role = [start.value], start.value
            while role in raising.ABOVE:
                role = str(raising.ABOVE[role])
                assert role not in seen
                seen.append(role)

    def test_every_wait_is_bounded(self) -> None:
        waits = {one.name: one.read_within for one in house().topics.values() if one.read_within}
        assert waits == {"escalated": WAIT, "erasures_held": timedelta(days=1), "given": timedelta(days=1)}


class TestAbove:
    @pytest.fixture
    def leaders(self, kinds: None) -> None:
        for code in (CELL, "9901"):
            person(f"l{code}", (Role.BLOCK_LEADER, code))

    def test_a_leader_s_goes_to_the_leader_above_and_then_to_the_desk(
        self, overdue: Case, leaders: None, at: Any
    ) -> None:
        with on_record():
            given = {"case": overdue.pk, "clock": "dispatch", "round": 1, "level": 2}
            actions.put("escalated", given, 1, case=overdue.pk, to=[To(Role.BLOCK_LEADER, CELL)])
        for step in (1, 2, 3):
            at(NOW + step * WAIT)
            raised()
        leader = [one for one in told() if one[0] == "block_leader"]
        assert leader == [("block_leader", CELL, 0), ("block_leader", "9901", 1)]
        assert ("dispatcher", "9901", 2) in told()

    def test_of_a_sensitive_case_no_neighbour_is_told(self, overdue: Case, leaders: None, at: Any) -> None:
        with on_record():
            Case.objects.filter(pk=overdue.pk).update(sensitive=True)
            given = {"case": overdue.pk, "clock": "dispatch", "round": 1, "level": 2}
            actions.put("escalated", given, 1, case=overdue.pk, to=[To(Role.BLOCK_LEADER, CELL)])
        at(NOW + WAIT)
        raised()
        assert {role for role, _block, level in told() if level} == {"dispatcher", "oversight"}

    def test_a_role_that_nobody_holds_is_passed_over(self, overdue: Case, at: Any) -> None:
        """The desk has no oversight; the administrator may see no case: nobody is told in vain."""
        with on_record():
            Grant.objects.filter(role=Role.OVERSIGHT).delete()
        person("keeper", (Role.ADMINISTRATOR, "99"))
        at(NOW + WAIT)
        assert raised() == 0
        assert not Line.objects.filter(act="message_raised").exists()

    def test_what_one_person_did_not_read_goes_above_their_roles(self, desk: Actor, overseer: Actor, at: Any) -> None:
        keeper = actor_for(person("keeper", (Role.ADMINISTRATOR, "99")))
        with on_record():
            actions.put("erasures_held", {"count": 3}, 1, to=[To(person=queries.person(overseer))])
        at(NOW + timedelta(days=1))
        assert raised() == 1
        (row,) = queries.inbox(keeper)
        assert row.words.endswith("(not read in time)")
        assert (row.message.role, row.message.person_id) == ("administrator", None)

    def test_where_nobody_is_above_it_is_asked_again_until_somebody_is(self, overdue: Case, at: Any) -> None:
        with on_record():
            User.objects.filter(login="overseer").update(is_active=False)
        at(NOW + WAIT)
        assert raised() == 0
        actor_for(person("late", (Role.OVERSIGHT, "99")))
        at(NOW + WAIT + raising.ASKED_AGAIN)
        assert raised() == 1


class TestTime:
    def test_while_the_time_is_doubted_it_waits(self, overdue: Case, at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        job = Turns(house().jobs["reading"])
        at(NOW + WAIT)
        look = clockwatch.Look(clockwatch.AHEAD, NOW, NOW)
        monkeypatch.setattr(clockwatch, "look", lambda: look)
        job.turn()
        assert len(told()) == 1
        look = clockwatch.Look("", NOW, NOW)
        job.due = 0.0
        job.turn()
        assert len(told()) == 2

    def test_what_a_clock_a_year_ahead_put_off_is_not_put_off(self, overdue: Case, at: Any) -> None:
        Message.objects.update(late_at=NOW + timedelta(days=366))
        assert raised() == 1

    def test_how_far_behind_it_is(self, overdue: Case, at: Any) -> None:
        at(NOW + WAIT + timedelta(minutes=2))
        assert raising.behind() == timedelta(minutes=2)
        raised()
        assert raising.behind() == timedelta()

    def test_one_that_is_damaged_holds_up_no_other(
        self, overdue: Case, at: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        with on_record():
            case = overdue.pk
            actions.put("escalated", {"case": case, "level": 1}, 1, case=case, to=[To(Role.DISPATCHER, CELL)])
        at(NOW + WAIT)
        with caplog.at_level(logging.CRITICAL, "blockwise.messages"):
            assert raised() == 1


def test_the_case_says_who_has_not_read(overdue: Case, desk: Actor, overseer: Actor, client: Client) -> None:
    User.objects.filter(login="desk").update(name_en="Desk One")
    client.login(username="overseer", password=PASSWORD)
    page = client.get(f"/cases/{overdue.pk}/").content.decode()
    assert "Not read yet" in page
    assert "Desk One" in page
    actions.read(desk, [one.message.pk for one in queries.inbox(desk)])
    assert "Not read yet" not in client.get(f"/cases/{overdue.pk}/").content.decode()
