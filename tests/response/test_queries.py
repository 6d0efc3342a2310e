from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils.translation import override

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.cases import engine
from blockwise.cases.models import Case, Heartbeat
from blockwise.cases.rules import wall
from blockwise.places.models import Address
from blockwise.response import queries
from blockwise.response.alarms import alarms
from blockwise.response.queries import Wanted
from blockwise.response.queue_pages import apart
from tests.people import People, point_in, signed_in

Take = Callable[..., Case]


def send(case: Case, actor: Actor, *units: str) -> None:
    engine.act(case.pk, "send", {"units": list(units)}, actor)


def test_of_what_waits_late_comes_first_then_priority_then_age(call: Take, dispatcher: Actor) -> None:
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


def test_what_does_not_fit_is_counted_and_can_be_asked_for(call: Take, dispatcher: Actor) -> None:
    cases = [call() for _number in range(3)]
    found = queries.queue(dispatcher, Wanted(limit=2))
    assert (len(found.rows), found.more, found.waiting, found.hidden) == (2, 1, 3, 0)
    assert [row.pk for row in queries.queue(dispatcher, Wanted(limit=3)).rows] == [case.pk for case in cases]


def test_the_row_of_a_case_that_is_not_among_the_first_is_there_when_it_is_asked_for(
    call: Take, dispatcher: Actor, people: People
) -> None:
    first, last = call(), call()
    closed = call()
    engine.act(closed.pk, "close", {"outcome": "helped"}, dispatcher, expected_version=1)
    found = queries.queue(dispatcher, Wanted(limit=1))
    [row] = apart(found, str(last.pk), dispatcher)
    assert f'id="q{last.pk}"' in row
    for number in (str(first.pk), str(closed.pk), "", "0", "-1", "x", "٣", "9" * 30):
        assert apart(found, number, dispatcher) == [], number
    neighbour = people.actor("neighbour")
    assert apart(queries.queue(neighbour), str(last.pk), neighbour) == []
    page = signed_in(people.in_charge).get("/console/fresh", {"with": last.pk, "late": "1"}).content.decode()
    assert page.count(f'id="q{last.pk}"') == 1


def test_what_waits_comes_before_what_is_late(call: Take, dispatcher: Actor) -> None:
    start = clock.real_now() - timedelta(hours=1)
    with clock.at(start):
        late = call(type="order.noise", priority=1)
        send(late, dispatcher, "P1")
    with clock.at(start + timedelta(minutes=59)):
        acknowledged, low = call(priority=1), call(priority=4)
        send(acknowledged, dispatcher, "P2")
        engine.act(acknowledged.pk, "acknowledge", {"unit": "P2"}, dispatcher)
    with clock.at(start + timedelta(minutes=60)):
        rows = queries.queue(dispatcher).rows
    assert [(row.pk, row.waits) for row in rows] == [
        (low.pk, "unit"),
        (late.pk, "acknowledgement"),
        (acknowledged.pk, ""),
    ]


def test_a_queue_is_narrowed_and_says_what_it_hides(call: Take, dispatcher: Actor, people: People) -> None:
    taker = people.actor("in_charge")
    sent, alone = call(), call("99010201")
    Case.objects.filter(pk=sent.pk).update(opened_by="user:0")
    send(sent, dispatcher, "P1")

    def rows(**wanted: Any) -> tuple[list[int], int]:
        found = queries.queue(taker, Wanted(**wanted))
        return [row.pk for row in found.rows], found.hidden

    assert rows(waiting=True) == ([alone.pk], 1)
    assert rows(block="990101") == ([sent.pk], 1)
    assert rows(kind="hazard") == ([], 2)
    assert rows(late=True) == ([], 2)
    assert rows(mine=True) == ([alone.pk, sent.pk], 0)  # one taken, one sent to
    engine.act(sent.pk, "clear", {"unit": "P1"}, dispatcher)
    assert rows(mine=True) == ([alone.pk], 1)


def test_what_a_department_has_waits_for_no_unit_and_stands_last_until_it_is_late(
    call: Take, dispatcher: Actor
) -> None:
    start = clock.real_now()
    with clock.at(start):
        given, low, sent = call(priority=1), call(priority=4), call(priority=4)
        send(sent, dispatcher, "P1")
        engine.act(given.pk, "hand_over", {"handed_to": "power"}, dispatcher, expected_version=1)
        found = queries.queue(dispatcher)
        assert [(row.pk, row.waits) for row in found.rows] == [
            *((low.pk, "unit"), (sent.pk, "acknowledgement"), (given.pk, "stage")),
        ]
        assert str(found.rows[2].waits_words) == "handed over"
        assert found.waiting == 1
        assert [row.pk for row in queries.queue(dispatcher, Wanted(waiting=True)).rows] == [low.pk]
        assert alarms(dispatcher) == {"urgent": [], "waits": [], "late": []}
    with clock.at(start + timedelta(minutes=31)):
        assert [row.pk for row in queries.queue(dispatcher).rows] == [low.pk, given.pk, sent.pk]
        assert alarms(dispatcher)["late"] == [given.pk]


def test_what_is_scheduled_stands_last_by_its_time_until_it_comes_near_and_then_waits(
    call: Take, dispatcher: Actor
) -> None:
    start = clock.real_now()
    with clock.at(start):
        later = call(priority=1, visit_at=(start + timedelta(hours=20)).isoformat())
        sooner = call(priority=4, visit_at=(start + timedelta(hours=2)).isoformat())
        now = call(priority=4)
        found = queries.queue(dispatcher)
        assert [(row.pk, row.waits) for row in found.rows] == [
            *((now.pk, "unit"), (sooner.pk, "time"), (later.pk, "time")),
        ]
        when = wall.shown(start + timedelta(hours=2)).strftime("%m-%d %H:%M")
        assert (found.rows[1].waits_words, found.waiting) == (f"scheduled {when}", 1)
        assert alarms(dispatcher)["urgent"] == []
    with clock.at(start + timedelta(hours=1, minutes=29)):
        assert [row.waits for row in queries.queue(dispatcher).rows] == ["unit", "time", "time"]
    with clock.at(start + timedelta(hours=1, minutes=31)):
        rows = queries.queue(dispatcher).rows
        assert [(row.pk, row.waits) for row in rows] == [(now.pk, "unit"), (sooner.pk, "unit"), (later.pk, "time")]
    with clock.at(start + timedelta(hours=19, minutes=31)):
        assert queries.queue(dispatcher).rows[0].pk == later.pk
        assert alarms(dispatcher)["urgent"] == [later.pk]


@pytest.mark.parametrize("count", [1, 6])
def test_the_queue_takes_the_same_queries_however_long(
    call: Take, dispatcher: Actor, count: int, django_assert_num_queries: Any
) -> None:
    cases = [call() for _number in range(count)]
    send(cases[0], dispatcher, "P1")
    queries.queue(dispatcher)
    queries.queues.forget()
    with django_assert_num_queries(8):
        assert len(queries.queue(dispatcher).rows) == count


def test_the_board_groups_units_by_what_they_do(call: Take, dispatcher: Actor, django_assert_num_queries: Any) -> None:
    case = call()
    send(case, dispatcher, "P1", "M1")
    engine.act(case.pk, "en_route", {"unit": "M1"}, dispatcher)
    with django_assert_num_queries(6):
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


def test_a_place_is_in_the_readers_language_whoever_wrote_it_down(call: Take, dispatcher: Actor) -> None:
    Address.objects.create(
        code="A8", street="长路", number="8", number_value=8, text="小城长路8号", text_en="8 Long Road, Tiny City",
        lon_e7=1, lat_e7=1, use="premises",
    )  # fmt: skip
    lon, lat = point_in("99010101")
    call(place={"lon": lon, "lat": lat, "text": "小城长路8号", "kind": "premises"})
    for language, words in (("en", "8 Long Road, Tiny City"), ("zh-hans", "小城长路8号")):
        with override(language):
            assert [row.shown.place for row in queries.queue(dispatcher).rows] == [words]
