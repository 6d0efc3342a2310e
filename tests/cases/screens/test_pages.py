"""Pages of cases, by three people; a hazard's whole life by the pages that its declaration makes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.access.models import User
from blockwise.cases import engine
from blockwise.cases.engine import clocks
from blockwise.cases.models import Case, CaseClock
from blockwise.rooms import Role
from tests.people import People, person, point_in, signed_in

Take = Callable[..., Case]
_COLUMNS = ("kind", "kind_text_id", "stage", "type", "block_id", "place_kind", "opened_by", "opened_at", "sealed")


@pytest.fixture
def leading(kinds: None) -> User:
    return person("leader", (Role.BLOCK_LEADER, "990101"), name="李组长", name_en="Leader Li")


@pytest.fixture
def take(dispatcher: Actor) -> Take:
    def open_one(block: str = "99010101", kind: str = "hazard", **more: Any) -> Case:
        lon, lat = point_in(block)
        place = {"lon": lon, "lat": lat, "text": "1 Harbour Road", "kind": "street"}
        given: dict[str, Any] = {"place": place}
        given |= {"type": "gas", "description": "It smells"} if kind == "hazard" else {"type": "crime.theft"}
        return Case.objects.get(pk=engine.open_case(kind, {**given, **more}, dispatcher).case)

    return open_one


def text(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def test_three_people_on_every_page(take: Take, people: People) -> None:
    case = take()
    own = [f"/cases/{case.pk}/", f"/cases/{case.pk}/acts/note/"]
    common = ["/cases/", "/cases/sheet/", "/blocks/990101/"]
    places = "/places/find?q="
    status = {"in_charge": (200, 200), "neighbour": (404, 200), "outsider": (404, 403)}
    for name, (expected, finds) in status.items():
        client = signed_in(getattr(people, name))
        assert [client.get(address).status_code for address in own] == [expected] * 2, name
        assert [client.get(address).status_code for address in common] == [200] * 3, name
        found = client.get(places)
        assert found.status_code == finds, name
        if expected == 404:
            assert all("1 Harbour Road" not in text(client, address) for address in common), name
            assert "1 Harbour Road" not in found.content.decode(), name
    assert [Client().get(address).status_code for address in [*own, *common, places]] == [302] * 6


def test_a_hazard_lives_its_whole_life_on_the_pages_of_its_declaration(leading: User) -> None:
    client = signed_in(leading)
    lon, lat = point_in("99010101")
    form = text(client, "/cases/open/hazard/")
    assert "What was found" in form
    key = re.search(r'name="key" value="(\w+)"', form)
    assert key
    given = {
        "place.lon": str(lon), "place.lat": str(lat), "place.text": "1 Harbour Road", "place.kind": "premises",
        "type": "gas", "channel": "patrol", "description": "It smells of gas", "key": key[1],
    }  # fmt: skip
    answer = client.post("/cases/open/hazard/", given)
    case = Case.objects.get()
    assert answer["Location"] == f"/cases/{case.pk}/"
    day = (clock.now() + timedelta(days=3)).date().isoformat()
    steps: list[tuple[str, dict[str, str], str]] = [
        ("grade", {"grade": "serious"}, "graded"),
        ("name_owner", {"owner_name": "Wang Wu", "rectify_by": day, "measure": "Replace the pipe"}, "owned"),
        ("rectify", {"rectification": "Replaced"}, "rectified"),
        ("pass_recheck", {"finding": "Tight"}, "rechecked"),
        ("report_inside", {"reported_to": "emergency"}, "rechecked"),
        ("publish", {"notice": "2026-17"}, "rechecked"),
        ("close", {"outcome": "rectified"}, "closed"),
    ]
    for act, data, stage in steps:
        page = text(client, f"/cases/{case.pk}/acts/{act}/")
        version = re.search(r'name="version" value="(\d+)"', page)
        assert version
        answer = client.post(f"/cases/{case.pk}/acts/{act}/", {**data, "version": version[1]})
        assert answer.status_code == 302, (act, answer.content.decode())
        case.refresh_from_db()
        assert case.stage == stage
    english, chinese = text(client, f"/cases/{case.pk}/"), text(signed_in(leading, "zh-hans"), f"/cases/{case.pk}/")
    assert "Leader Li graded it serious" in english
    assert "李组长定级：较大隐患" in chinese
    assert "It smells of gas" in english
    assert "Wang Wu" not in english  # a name is looked at, not shown


def test_a_refused_act_keeps_the_form_and_says_where(take: Take, leading: User) -> None:
    case = take()
    client = signed_in(leading)
    answer = client.post(f"/cases/{case.pk}/acts/grade/", {"version": "1"})
    assert answer.status_code == 422
    assert 'id="w-grade"' in answer.content.decode()
    stale = client.post(f"/cases/{case.pk}/acts/grade/", {"grade": "minor", "version": "7"})
    assert stale.status_code == 409
    assert "Somebody changed this case" in stale.content.decode()
    assert '<option value="minor" selected>' in stale.content.decode()


@pytest.mark.parametrize("version", ["²", "9" * 5000, "-1", "1.0", ""])
def test_a_version_that_is_none_is_refused(take: Take, leading: User, version: str) -> None:
    case = take()
    answer = signed_in(leading).post(f"/cases/{case.pk}/acts/grade/", {"grade": "minor", "version": version})
    assert answer.status_code == 422
    case.refresh_from_db()
    assert case.stage == "found"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1900-01-01", "x", "2026-13-01"])
def test_a_day_that_is_none_narrows_nothing_or_everything(take: Take, leading: User, day: str) -> None:
    take()
    for query in (f"since={day}", f"until={day}"):
        assert signed_in(leading).get(f"/cases/?{query}").status_code == 200


def test_a_doubled_click_is_one_case(leading: User) -> None:
    client = signed_in(leading)
    lon, lat = point_in("99010101")
    given = {"place.lon": lon, "place.lat": lat, "type": "gas", "description": "x", "channel": "web", "key": "same"}
    assert (
        client.post("/cases/open/hazard/", given)["Location"] == client.post("/cases/open/hazard/", given)["Location"]
    )
    assert Case.objects.count() == 1


def test_the_list_is_narrowed(take: Take, people: People) -> None:
    hazard, theft, fight = take(), take(kind="call"), take("99010201", kind="call", type="order.fight", priority=1)
    client = signed_in(people.in_charge)

    def numbers(query: str) -> set[int]:
        return {int(found) for found in re.findall(r'href="/cases/(\d+)/"', text(client, f"/cases/?{query}"))}

    assert numbers("") == {hazard.pk, theft.pk, fight.pk}
    assert numbers("kind=call") == {theft.pk, fight.pk}
    assert numbers("kind=call&type=order.fight") == {fight.pk}
    assert numbers("block=990102") == {fight.pk}
    assert numbers("priority=1&kind=call") == {fight.pk}
    assert numbers("state=closed") == set()
    assert numbers("state=nonsense&priority=x&since=x") in (set(), {hazard.pk, theft.pk, fight.pk})


def test_what_was_raised_is_found_until_the_promise_is_kept(take: Take, leading: User) -> None:
    raised, kept = take(), take()
    clocks.escalate_due(clock.now() + timedelta(days=9))
    CaseClock.objects.filter(case=kept).update(stopped_at=clock.now())
    page = text(signed_in(leading), "/cases/?state=raised")
    assert re.findall(r'href="/cases/(\d+)/"', page) == [str(raised.pk)]
    found = signed_in(leading).get("/api/cases?raised=true").json()["cases"]
    assert [case["id"] for case in found] == [raised.pk]


@pytest.mark.parametrize("count", [3, 60])
def test_the_list_takes_the_same_queries_with_three_rows_and_with_many(
    take: Take, people: People, count: int, django_assert_num_queries: Any
) -> None:
    first = take()
    row = {name: getattr(first, name) for name in _COLUMNS} | {"opened_at": first.opened_at - timedelta(days=1)}
    Case.objects.bulk_create(Case(**row) for _number in range(count - 1))
    client = signed_in(people.in_charge)
    text(client, "/cases/")
    with django_assert_num_queries(8):
        page = text(client, "/cases/")
    assert page.count("<tr>") == 1 + min(count, 50)
    assert ('rel="next"' in page) is (count > 50)


_COLUMNS = (
    "kind",
    "kind_text_id",
    "stage",
    "type",
    "priority",
    "block_id",
    "place_kind",
    "opened_by",
    "opened_at",
    "channel",
)


def test_older_pages_hold_every_case_once(take: Take, people: People) -> None:
    first = take()
    Case.objects.bulk_create(Case(**{name: getattr(first, name) for name in _COLUMNS}) for _number in range(110))
    client = signed_in(people.in_charge)
    seen: list[str] = []
    query: str | None = ""
    while query is not None:
        page = text(client, f"/cases/?{query}")
        seen += re.findall(r'<a href="/cases/(\d+)/">', page)
        found = re.search(r'href="\?([^"]+)" rel="next"', page)
        query = found[1].replace("&amp;", "&") if found else None
    assert len(seen) == len(set(seen)) == 111


def test_a_contact_is_shown_once_and_the_look_is_on_the_record(take: Take, people: People) -> None:
    case = take(kind="call", caller={"name": "Zhang Marked", "phone": "19900001234"})
    client = signed_in(people.in_charge)
    assert "Marked" not in text(client, f"/cases/{case.pk}/")
    looked = client.post(f"/cases/{case.pk}/contact/", {"act": "call_back"})
    assert "Zhang Marked" in looked.content.decode()
    assert looked["Cache-Control"] == "no-store"
    assert "looked at the contact, for: Call back" in text(client, f"/cases/{case.pk}/")
    refused = client.post(f"/cases/{case.pk}/contact/", {"act": "note"})  # a note needs no contact
    assert refused.status_code == 403
    assert "Marked" not in refused.content.decode()


def test_the_sheet_holds_every_open_case_most_urgent_first(take: Take, people: People) -> None:
    take(priority=3)
    urgent = take(kind="call", priority=1)
    closed = take(kind="call")
    engine.act(closed.pk, "close", {"outcome": "helped"}, actor_for(people.in_charge), expected_version=1)
    page = text(signed_in(people.in_charge), "/cases/sheet/")
    assert page.count("1 Harbour Road") == 2
    assert f"call {closed.pk}<" not in page
    assert page.index(f"call {urgent.pk}<") < page.index("hazard ")


def test_a_block_says_who_answers_and_what_is_open(take: Take, people: People, leading: User) -> None:
    take()
    take(kind="call")
    page = text(signed_in(people.in_charge), "/blocks/99010101/")
    assert "Leader Li" in page
    assert "1 Harbour Road" in page
    assert signed_in(people.in_charge).get("/blocks/98/").status_code == 404


def test_the_block_of_a_point_and_its_leader(leading: User) -> None:
    client = signed_in(leading)
    lon, lat = point_in("99010101")
    page = text(client, f"/places/at?lon={lon}&lat={lat}")
    assert "Leader Li" in page
    assert page.index("Block 99<") < page.index("Block 9901<") < page.index("Block 99010101<")
    for lon, lat in ((0, 0), (22.555, 113.905), ("nan", 1), ("", "")):  # type: ignore[assignment]  # bad on purpose
        assert client.get(f"/places/at?lon={lon}&lat={lat}").status_code == 422


@pytest.mark.parametrize(
    "address", ["/cases/999999/", "/cases/99999999999999999999/", "/cases/open/nothing/", "/cases/1/acts/x/"]
)
def test_what_is_not_there_is_a_clear_404(address: str, people: People, kinds: None) -> None:
    answer = signed_in(people.in_charge).get(address)
    assert answer.status_code == 404
    assert "This is not here" in answer.content.decode()


def test_who_may_open_a_case_but_not_view_it_is_sent_to_the_list(take: Take) -> None:
    crew = signed_in(person("crew", (Role.CREW, "9901")))
    lon, lat = point_in("99010101")
    given = {"place.lon": lon, "place.lat": lat, "type": "gas", "description": "x", "channel": "inspection"}
    answer = crew.post("/cases/open/hazard/", given, follow=True)
    assert (answer.status_code, answer.redirect_chain) == (200, [("/cases/", 302)])
    assert f"Taken in as number {Case.objects.get().pk}." in answer.content.decode()


def test_escalations_in_a_row_are_one_line_that_unfolds_and_what_was_said_is_known(take: Take, people: People) -> None:
    case = take(description="It smells of gas")
    clocks.escalate_due(clock.now() + timedelta(days=60))
    client = signed_in(people.in_charge)
    page = text(client, f"/cases/{case.pk}/")
    raised = len(re.findall(r'<li id="line-\d+">', page)) - 1  # and the opening
    assert raised > 2
    assert f"{raised} reminders in a row" in page
    assert page.count('<li class="fold">') == 1
    known, record = page.split("The record")
    assert "It smells of gas" in known
    assert "It smells of gas" in record
