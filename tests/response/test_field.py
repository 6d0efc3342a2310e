"""A crew's phone: its own order and what it can tell, by the people who may and may not; and what it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.access.models import User
from blockwise.cases import engine
from blockwise.cases.models import Case
from blockwise.places.models import RoadClosure
from blockwise.response.queries import board
from blockwise.rooms import Role
from blockwise.site import feed
from blockwise.units.actions import turn_shifts
from blockwise.units.models import Crew, Shift, Unit
from blockwise.units.queries import candidates
from tests.people import People, person
from tests.recorded import on_record

from .test_pages import signed_in

Take = Callable[..., Case]


@pytest.fixture
def crew(dispatcher: Actor) -> User:
    return crew_of("P1")


def crew_of(*codes: str, login: str = "crew") -> User:
    user = person(login, (Role.CREW, "99"))
    for code in codes:
        Crew.objects.create(user=user, unit_id=code)
    return user


def send(case: Case, actor: Actor, *units: str) -> None:
    engine.act(case.pk, "send", {"units": list(units)}, actor)


def tell(case: Case, actor: Actor, *acts: str, **data: Any) -> None:
    for act in acts:
        engine.act(case.pk, act, data, actor)


def shown(user: User, address: str = "/field/") -> Any:
    """What the page was made of, and its text under `text`."""
    answer = signed_in(user).get(address)
    assert answer.status_code == 200, answer.content.decode()[-400:]
    return answer.context


def text_of(user: User) -> str:
    return signed_in(user).get("/field/").content.decode()


def test_only_the_crew_opens_its_unit(call: Take, people: People, dispatcher: Actor, crew: User) -> None:
    send(call(), dispatcher, "P1")
    addresses = ("/field/", "/field/P1/", "/field/P1/now", "/field/P1/form/delay")
    for user in (people.in_charge, people.neighbour, people.outsider, crew_of("P2", login="other")):
        own = 200 if user.login == "other" else 403
        found = [signed_in(user).get(address).status_code for address in addresses]
        assert found == [own, 403, 403, 403], user.login
    assert [signed_in(crew).get(address).status_code for address in addresses] == [200] * 4
    assert Client().get("/field/").status_code == 302
    assert "speaks for no unit" in signed_in(crew_of(login="none")).get("/field/").content.decode()


def test_the_order_stands_on_top_with_what_was_said_and_nobody_elses(
    call: Take, dispatcher: Actor, crew: User, people: People
) -> None:
    mine, other = call(description="楼内有人", injured=2), call(description="别处的事", type="order.noise")
    send(mine, dispatcher, "P1")
    send(other, dispatcher, "P2")
    text = text_of(crew)
    assert "楼内有人" in text
    assert "1 Harbour Road" in text
    assert "geo:22.555,113.905?" in text
    assert "Injured <b>2</b>" in text
    assert "别处的事" not in text
    assert f"/cases/{other.pk}/" not in text


def test_the_next_step_is_the_biggest_and_follows_what_was_told(call: Take, dispatcher: Actor, crew: User) -> None:
    case, actor = call(), actor_for(crew)
    send(case, dispatcher, "P1")
    assert shown(crew)["path"] == ["acknowledge", "en_route", "on_scene", "clear"]
    for act, following in (("acknowledge", "en_route"), ("en_route", "on_scene"), ("on_scene", "clear")):
        tell(case, actor, act)
        found = shown(crew)
        assert found["next"].act.name == following
        assert act not in {one.act.name for one in found["others"]}
    tell(case, actor, "transport")
    assert shown(crew)["path"] == ["at_hospital", "clear"]
    tell(case, actor, "at_hospital", "clear")
    assert "case" not in shown(crew)


def test_what_needs_a_reason_has_a_form_that_knows_the_unit(call: Take, dispatcher: Actor, crew: User) -> None:
    send(call(), dispatcher, "P1")
    assert {one.act.name for one in shown(crew)["others"] if one.asks} == {"break_down", "delay"}
    given = shown(crew, "/field/P1/form/delay")
    assert [entry.name for entry in given["inputs"]] == ["minutes", "why", "note"]
    assert signed_in(crew).get("/field/P1/form/close").status_code == 403
    assert signed_in(crew).get("/field/P1/form/nothing").status_code == 404


def test_an_idle_crew_sets_its_own_status_and_sees_what_is_near(crew: User, dispatcher: Actor) -> None:
    RoadClosure.objects.create(edge=0, starts_at=crew.created_at, reason="flooded underpass")
    found = shown(crew)
    assert [label for label, _words in found["statuses"]] == ["returning", "meal", "off"]
    assert [str(one.words) for one in found["stations"]] == ["Station SW", "Station SE"]
    assert "flooded underpass" in text_of(crew)
    client = signed_in(crew)
    answer = client.post("/api/units/P1/status", {"status": "meal"}, content_type="application/json")
    assert answer.status_code == 200
    assert "Meal" in client.get("/field/P1/now").content.decode()


def test_a_crew_of_two_units_sees_the_one_at_work_first(call: Take, dispatcher: Actor) -> None:
    both = crew_of("P1", "P2")
    send(call(), dispatcher, "P2")
    assert shown(both)["unit"].pk == "P2"
    assert shown(both, "/field/P1/")["unit"].pk == "P1"


def test_the_same_tap_twice_is_one_act_even_when_the_case_is_out_of_sight(
    call: Take, dispatcher: Actor, crew: User
) -> None:
    case = call()
    send(case, dispatcher, "P1")
    client = signed_in(crew)
    body = {"data": {"unit": "P1"}}
    for again in (False, True):
        answer = client.post(
            f"/api/cases/{case.pk}/acts/clear", body, content_type="application/json", headers={"Idempotency-Key": "k"}
        )
        assert (answer.status_code, answer.json()["again"]) == (200, again)
    assert client.get(f"/cases/{case.pk}/").status_code == 404


def test_a_crew_hears_that_it_was_taken_off_and_no_more(call: Take, dispatcher: Actor, crew: User) -> None:
    case, actor = call(), actor_for(crew)
    send(case, dispatcher, "P1", "P2")
    tell(case, dispatcher, "stand_down", unit="P1", why="not_needed")
    tell(case, dispatcher, "stand_down", unit="P2", why="not_needed")
    tell(case, dispatcher, "note", note="later")
    heard = feed.visible(actor, feed.load(0))
    assert [line["act"] for line in heard if line["thread"] == case.thread] == ["send", "stand_down"]
    stranger = actor_for(crew_of("M1", login="m1"))
    assert [line for line in feed.visible(stranger, feed.load(0)) if line["thread"] == case.thread] == []


@pytest.mark.parametrize("notes", [1, 3])
def test_the_page_takes_the_same_queries_however_long_the_story(
    call: Take, dispatcher: Actor, crew: User, notes: int
) -> None:
    case = call(description="楼内有人")
    send(case, dispatcher, "P1", *["P2", "M1"][: notes - 1])
    for _number in range(notes):
        tell(case, dispatcher, "note", note="x")
    client = signed_in(crew)
    client.get("/field/P1/now")
    with CaptureQueriesContext(connection) as order:
        client.get("/field/P1/now")
    tell(case, actor_for(crew), "clear")
    with CaptureQueriesContext(connection) as idle:
        client.get("/field/P1/now")
    assert (len(order), len(idle)) == (24, 13)


class TestAfterTheShift:
    """P1 is at work when its shift ends."""

    @pytest.fixture
    def at_work(self, call: Take, dispatcher: Actor, crew: User) -> Case:
        case = call()
        send(case, dispatcher, "P1")
        with on_record():
            Shift.objects.filter(unit="P1").delete()
        return case

    def test_the_crew_reads_it_beside_its_order(self, at_work: Case, crew: User) -> None:
        assert "off shift" in text_of(crew)
        assert shown(crew)["case"].pk == at_work.pk

    def test_the_desk_reads_it_in_the_strip_and_on_the_card(self, at_work: Case, people: People) -> None:
        desk = signed_in(people.in_charge)
        strip = desk.get("/console/").content.decode()
        assert strip.count('<i class="muted">off shift</i>') == 1
        assert "off shift" in desk.get("/console/units/P1").content.decode()
        assert "off shift" not in desk.get("/console/units/P2").content.decode()

    def test_the_turn_leaves_it_at_work_and_its_end_takes_it_off_duty(self, at_work: Case, dispatcher: Actor) -> None:
        assert turn_shifts(clock.now()) == 0
        tell(at_work, dispatcher, "clear", unit="P1")
        assert Unit.objects.get(pk="P1").meaning == "off_duty"

    def test_it_is_free_for_nothing_else(self, at_work: Case, dispatcher: Actor) -> None:
        free = board(dispatcher).free
        with on_record():
            Shift.objects.filter(unit="P2").delete()  # free, and set so by hand after its shift
        assert board(dispatcher).free == free - 1
        one = candidates(clock.now())
        assert [one.on_shift[one.code.index(code)] for code in ("P1", "P2", "P3")] == [False, False, True]
