"""A queue is read once for everybody who sees the same, and again as soon as anything of it is another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils.translation import override

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.cases import engine
from blockwise.cases.models import Case
from blockwise.response import queries, readings
from blockwise.response.queries import Wanted
from tests.people import People

Take = Callable[..., Case]
HEAD = 1  # query: the number of the newest line


def test_who_asks_the_same_again_reads_the_newest_line_alone(
    call: Take, dispatcher: Actor, django_assert_num_queries: Any
) -> None:
    number = call().pk
    queries.queue(dispatcher)
    with django_assert_num_queries(HEAD):
        assert [row.pk for row in queries.queue(dispatcher).rows] == [number]


def test_every_act_is_seen_at_once(call: Take, dispatcher: Actor) -> None:
    case = call()
    assert queries.queue(dispatcher).waiting == 1
    engine.act(case.pk, "send", {"units": ["P1"]}, dispatcher)
    assert queries.queue(dispatcher).waiting == 0
    engine.act(case.pk, "acknowledge", {"unit": "P1"}, dispatcher)
    assert queries.queue(dispatcher).rows[0].waits == ""


def test_time_alone_makes_a_promise_late_and_going_back_takes_that_away(call: Take, dispatcher: Actor) -> None:
    case = call()
    due = case.clocks.exclude(due_at=None).order_by("due_at")[0].due_at
    assert due is not None
    for moment, late in ((due - timedelta(seconds=1), 0), (due + timedelta(microseconds=1), 1), (due, 0)):
        with clock.at(moment):
            assert queries.queue(dispatcher).late == late


def test_nobody_is_answered_with_what_another_may_see(call: Take, dispatcher: Actor, people: People) -> None:
    call()
    assert queries.queue(dispatcher).rows
    assert not queries.queue(people.actor("neighbour")).rows
    assert not queries.queue(people.actor("outsider")).rows
    assert not queries.queue(people.actor("neighbour"), Wanted(mine=True)).rows
    assert queries.queue(dispatcher, Wanted(mine=True)).rows


def test_each_language_is_read_apart(call: Take, dispatcher: Actor) -> None:
    call()
    with override("en"):
        english = queries.queue(dispatcher).rows[0].shown.type
    with override("zh-hans"):
        assert queries.queue(dispatcher).rows[0].shown.type != english


def test_what_is_changed_past_the_record_is_seen_a_few_seconds_later(
    call: Take, dispatcher: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = call().pk
    queries.queue(dispatcher)
    Case.objects.filter(pk=number).update(priority=1)
    monkeypatch.setattr(readings, "LONGEST_S", 0.0)
    assert queries.queue(dispatcher).rows[0].shown.case.priority == 1
