"""The paper for the worst hour: everything is on it, and what it takes to go on without a screen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from blockwise import clock
from blockwise.cases import engine
from blockwise.cases.models import Case
from blockwise.response import queries
from blockwise.rooms import Role
from tests.people import People, person, signed_in

Take = Callable[..., Case]
SHEET = "/cases/sheet/"


@pytest.fixture
def desk(people: People) -> Client:
    return signed_in(people.in_charge)


def copies(case: Case, count: int) -> None:
    """As many open cases of the same kind, without any words."""
    plain = {field.attname: getattr(case, field.attname) for field in Case._meta.fields if not field.primary_key}
    Case.objects.bulk_create(Case(**{**plain, "sealed": {}}) for _number in range(count))


def test_the_oldest_urgent_call_is_on_it_however_many_came_since(call: Take, desk: Client) -> None:
    with clock.at(clock.real_now() - timedelta(hours=3)):
        oldest = call(type="medical.emergency", priority=1)
    copies(call(priority=4), 300)
    page = desk.get(SHEET).content.decode()
    assert page.count("<td>received") == 302
    assert "all 302 open cases" in page
    assert page.index(f"call {oldest.pk}<") < page.index(f"call {oldest.pk + 1}<")


def test_what_waits_for_a_unit_stands_above_what_is_being_handled(call: Take, desk: Client, people: People) -> None:
    sent, alone = call(type="fire.building", priority=1), call(priority=4)
    engine.act(sent.pk, "send", {"units": ["P1"]}, people.actor("in_charge"))
    page = desk.get(SHEET).content.decode()
    assert page.index(f"call {alone.pk}<") < page.index(f"call {sent.pk}<")
    assert "<b>no unit</b>" in page
    assert "<b>unanswered</b>" in page


def test_nothing_of_a_lower_priority_stands_above_the_most_urgent_for_being_overdue(
    call: Take, desk: Client, people: People
) -> None:
    with clock.at(clock.real_now() - timedelta(hours=1)):
        overdue = [call(priority=4) for _number in range(3)]
    urgent = call(type="medical.emergency", priority=1)
    page = desk.get(SHEET).content.decode()
    assert page.index(f"call {urgent.pk}<") < min(page.index(f"call {case.pk}<") for case in overdue)
    assert queries.queue(people.actor("in_charge")).rows[0].pk == urgent.pk


def test_what_no_unit_is_sent_to_does_not_wait_for_one(call: Take, desk: Client, people: People) -> None:
    place = {"lon": 113.905, "lat": 22.555, "text": "小区一号", "kind": "premises"}
    seen = engine.open_case(
        "hazard", {"type": "fire.exit", "priority": 2, "place": place, "description": "堵"}, people.actor("in_charge")
    )
    alone = call(priority=4)
    page = desk.get(SHEET).content.decode()
    assert page.index(f"call {alone.pk}<") < page.index(f" {seen.case}<")
    assert page.count("<b>no unit</b>") == 1


def test_it_says_which_units_there_are_and_who_answers_where(call: Take, desk: Client, people: People) -> None:
    person("leads", (Role.BLOCK_LEADER, "990101"), name="李组长", name_en="Leader Li")
    person("elsewhere", (Role.BLOCK_LEADER, "9902"), name="远处", name_en="Far Away")
    case = call()
    engine.act(case.pk, "send", {"units": ["P1"]}, people.actor("in_charge"))
    page = desk.get(SHEET).content.decode()
    assert f"<b>P1号</b> → {case.pk}" in page
    assert "<b>P2号</b>" in page
    assert "Leader Li" in page
    assert "Far Away" not in page


def test_a_leader_gets_the_own_cases_and_no_units(call: Take) -> None:
    case, other = call(), call("99010201")
    page = signed_in(person("leads", (Role.BLOCK_LEADER, "990101"))).get(SHEET).content.decode()
    assert f"call {case.pk}<" in page
    assert f"call {other.pk}<" not in page
    assert "Units on duty" not in page


@pytest.mark.parametrize("count", [1, 60])
def test_it_takes_the_same_queries_however_long(
    call: Take, desk: Client, count: int, django_assert_num_queries: Any
) -> None:
    copies(call(), count - 1)
    desk.get(SHEET)
    with django_assert_num_queries(15):
        desk.get(SHEET)
