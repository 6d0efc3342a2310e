from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.cases import engine
from blockwise.cases.models import Case, Heartbeat
from blockwise.response import queries
from tests.people import People

Take = Callable[..., Case]


def send(case: Case, actor: Actor, *units: str) -> None:
    engine.act(case.pk, "send", {"units": list(units)}, actor)


def test_late_comes_first_then_priority_then_age(call: Take, dispatcher: Actor) -> None:
    start = clock.real_now() - timedelta(hours=1)
    with clock.at(start):
        old = call(type="order.noise", priority=4)  # to be sent within 30 minutes, so late by now
    with clock.at(start + timedelta(minutes=59)):
        theft, burglary, second_theft = call(priority=3), call(priority=2), call(priority=3)
    with clock.at(start + timedelta(minutes=60)):
        found = queries.queue(dispatcher)
    assert [row.pk for row in found.rows] == [old.pk, burglary.pk, theft.pk, second_theft.pk]
    assert (found.late, found.waiting, found.more) == (1, 4, 0)


def test_a_row_shows_who_works_on_it_and_no_longer_waits(call: Take, dispatcher: Actor) -> None:
    sent, alone = call(), call()
    send(sent, dispatcher, "P1", "P2")
    rows = {row.pk: row for row in queries.queue(dispatcher).rows}
    assert rows[sent.pk].units == ("P1号", "P2号")
    assert rows[alone.pk].units == ()
    assert queries.queue(dispatcher).waiting == 1


def test_the_queue_holds_neither_closed_nor_hidden_nor_other_cases(
    call: Take, dispatcher: Actor, people: People
) -> None:
    closed, seen = call(), call()
    engine.act(closed.pk, "close", {"outcome": "helped"}, dispatcher, expected_version=1)
    assert [row.pk for row in queries.queue(dispatcher).rows] == [seen.pk]
    assert queries.queue(people.actor("neighbour")).rows == ()
    assert queries.queue(people.actor("outsider")).rows == ()


def test_what_does_not_fit_is_counted(call: Take, dispatcher: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "QUEUE", 2)
    for _number in range(3):
        call()
    found = queries.queue(dispatcher)
    assert (len(found.rows), found.more, found.waiting) == (2, 1, 3)


@pytest.mark.parametrize("count", [1, 6])
def test_the_queue_takes_the_same_queries_however_long(
    call: Take, dispatcher: Actor, count: int, django_assert_num_queries: Any
) -> None:
    cases = [call() for _number in range(count)]
    send(cases[0], dispatcher, "P1")
    queries.queue(dispatcher)
    with django_assert_num_queries(8):
        assert len(queries.queue(dispatcher).rows) == count


def test_the_board_groups_units_by_what_they_do(call: Take, dispatcher: Actor, django_assert_num_queries: Any) -> None:
    case = call()
    send(case, dispatcher, "P1", "M1")
    engine.act(case.pk, "en_route", {"unit": "M1"}, dispatcher)
    with django_assert_num_queries(4):
        board = queries.board(dispatcher)
    groups = {group.meaning: [chip.code for chip in group.chips] for group in board.groups}
    assert groups == {"en_route": ["M1"], "committed": ["P1"], "available": ["F1", "P2"]}
    assert board.free == 2
    assert {chip.code: chip.case for chip in board.chips} == {"M1": case.pk, "P1": case.pk, "F1": None, "P2": None}


def test_a_unit_shows_its_times_and_what_comes_next(call: Take, dispatcher: Actor) -> None:
    case = call()
    send(case, dispatcher, "P1")
    (work,) = queries.on_cases([case.pk])[case.pk]
    assert (work.call_sign, work.next, work.cleared) == ("P1号", "en_route", False)
    engine.act(case.pk, "en_route", {"unit": "P1"}, dispatcher)
    engine.act(case.pk, "on_scene", {"unit": "P1"}, dispatcher)
    (work,) = queries.on_cases([case.pk])[case.pk]
    assert work.next == "clear"
    assert [step for step, _moment in work.times] == ["dispatched", "en_route", "on_scene"]
    engine.act(case.pk, "clear", {"unit": "P1"}, dispatcher)
    assert queries.on_cases([case.pk]) == {}
    assert [work.cleared for work in queries.on_cases([case.pk], cleared=True)[case.pk]] == [True]


@pytest.mark.parametrize(("age", "alive"), [(5, True), (45, False)])
def test_a_worker_that_was_not_round_lately_is_dead(db: None, age: int, alive: bool) -> None:
    Heartbeat.objects.create(worker="one", beat_at=clock.real_now() - timedelta(seconds=age))
    assert queries.worker_alive() is alive
