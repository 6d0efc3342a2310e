"""A leader's page: what waits for the leader in the own blocks, the late ones first, and nobody else's work."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.access.models import User
from blockwise.cases import engine
from blockwise.cases.models import Case
from blockwise.cases.screens.mine_page import own_blocks, waiting_for
from blockwise.rooms import Role
from tests.people import People, person, point_in

pytestmark = pytest.mark.usefixtures("kinds")
HERE, BESIDE = "99010101", "99010201"


def hazard(actor: Actor, block: str = HERE, **more: object) -> Case:
    lon, lat = point_in(block)
    place = {"lon": lon, "lat": lat, "text": f"{block} 8", "kind": "premises"}
    data = {"type": "fire.exit", "description": "boxes", "place": place, **more}
    return Case.objects.get(pk=engine.open_case("hazard", data, actor).case)


@pytest.fixture
def lead(people: People) -> User:
    return person("lead", (Role.BLOCK_LEADER, "990101"), name="李组长", name_en="Leader Li")


def test_what_waits_is_the_own_work_in_the_own_block(people: People, lead: User) -> None:
    desk = people.actor("in_charge")
    mine, beside = hazard(desk), hazard(desk, BESIDE)
    lon, lat = point_in(HERE)
    call = engine.open_case("call", {"type": "order.noise", "place": {"lon": lon, "lat": lat, "kind": "street"}}, desk)
    found = set(waiting_for(actor_for(lead)).values_list("pk", flat=True))
    assert found == {mine.pk}
    assert not {beside.pk, call.case} & found


def test_the_late_ones_come_first_and_each_says_its_next_steps(people: People, lead: User, client: Client) -> None:
    desk = people.actor("in_charge")
    first, second = hazard(desk), hazard(desk)
    Case.objects.filter(pk=second.pk).update(due_at=clock.now() - timedelta(hours=1))
    client.force_login(lead)
    page = client.get("/mine/").content.decode()
    assert page.index(f"/cases/{second.pk}/") < page.index(f"/cases/{first.pk}/")
    assert page.count('class="is-late"') == 1
    assert f"/cases/{first.pk}/acts/" in page


def test_it_asks_no_more_for_many_than_for_few(people: People, lead: User, client: Client) -> None:
    desk = people.actor("in_charge")
    client.force_login(lead)
    counts = []
    for more in (2, 10):
        for _one in range(more):
            hazard(desk)
        client.get("/mine/")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            client.get("/mine/")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_nobody_else_has_such_a_page_and_it_is_where_a_leader_begins(
    people: People, lead: User, client: Client
) -> None:
    for name, status in ((None, 302), ("in_charge", 403), ("outsider", 403)):
        if name:
            client.force_login(getattr(people, name))
        assert client.get("/mine/").status_code == status
    client.force_login(lead)
    assert "Nothing waits for you" in client.get("/mine/", headers={"Accept-Language": "en"}).content.decode()
    assert client.get("/login").url == "/mine/"


def test_a_block_inside_another_that_is_led_is_not_said_twice(people: People) -> None:
    both = person("both", (Role.BLOCK_LEADER, "990101"), (Role.BLOCK_LEADER, "99010101"), (Role.CREW, "9902"))
    assert own_blocks(actor_for(both)) == ["990101"]
