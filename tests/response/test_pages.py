"""The console's pieces over HTTP, by three people."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from blockwise import cases, clock, response
from blockwise.access.actors import Actor
from blockwise.cases.models import Case, Heartbeat
from blockwise.cases.queries.beside import possible_primaries
from blockwise.cases.rules.placing import proof
from blockwise.ledger.lines import content_of, thread_lines
from blockwise.places import cover
from blockwise.places.current import places
from blockwise.places.models import RoadNetwork
from blockwise.rooms import Role
from blockwise.units.models import Assignment
from tests.people import People, person, point_in, signed_in

Take = Callable[..., Case]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(people: People, dispatcher: Actor) -> Client:
    return signed_in(people.in_charge)


def addresses(case: Case) -> list[str]:
    pieces = ("panel", "recommendation", "choice", "form/close")
    return ["/console/", f"/console/{case.pk}/", *(f"/console/{case.pk}/{piece}" for piece in pieces)] + [
        f"/console/{piece}" for piece in ("fresh", "live", "take")
    ]


def test_three_people_on_every_piece(call: Take, people: People, desk: Client) -> None:
    case = call()
    expected = {"in_charge": 200, "neighbour": 404, "outsider": 403}
    for name, status in expected.items():
        client = signed_in(getattr(people, name))
        found = {address: client.get(address).status_code for address in addresses(case)}
        shared = {"/console/", "/console/fresh", "/console/live", "/console/take"}
        wanted = {a: 200 if name == "neighbour" and a in shared else status for a in found}
        assert found == wanted, name
    assert Client().get("/console/").status_code == 302
    answer = Client().get("/console/fresh", headers=HTMX)
    assert answer.status_code == 401  # and the page stays, with what was typed there
    assert "You are signed out." in answer.content.decode()
    strict = Client(enforce_csrf_checks=True)
    for headers, template in ((HTMX, "problem_piece.html"), ({}, "problem.html")):
        refused = strict.post("/console/take", {}, headers=headers)
        assert (refused.status_code, refused.templates[0].name) == (403, template)
        assert "its cookie is gone" in refused.content.decode()


def test_a_neighbour_sees_none_of_it(call: Take, people: People, desk: Client) -> None:
    case = call()
    client = signed_in(people.neighbour)
    for address in ("/console/", "/console/fresh", "/console/live"):
        assert "1 Harbour Road" not in client.get(address).content.decode()
    assert client.post(f"/console/{case.pk}/act/note", {"note": "x"}, headers=HTMX).status_code == 404


def test_a_call_is_taken_and_shown_chosen(desk: Client) -> None:
    given = {
        "kind": "call", "key": "k1", "type": "fire.alarm", "channel": "phone", "place.lon": "113.905",
        "place.lat": "22.555", "place.text": "1 Harbour Road", "place.kind": "premises", "caller.phone": "19900000000",
    }  # fmt: skip
    given["place.shown"] = proof(given)
    answer = desk.post("/console/take", given, headers=HTMX)
    assert answer.status_code == 204
    case = Case.objects.get()
    assert json.loads(answer["HX-Trigger"]) == {"taken": case.pk}
    assert (case.type, case.block_id, case.place_kind) == ("fire.alarm", "99010101", "premises")
    assert desk.post("/console/take", given, headers=HTMX).status_code == 204  # a doubled click is one call
    assert Case.objects.count() == 1


def test_a_refused_call_keeps_what_was_typed_and_says_where(desk: Client) -> None:
    given = {"kind": "call", "type": "", "description": "smoke", "place.lon": "113.905", "place.lat": "22.555"}
    given["place.shown"] = proof(given)
    answer = desk.post("/console/take", given, headers=HTMX)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "smoke" in text
    assert 'id="w-type"' in text
    assert not Case.objects.exists()


OTHERWISE = [
    ("place.lon", "113.906"),
    ("place.text", "9 Hill Road"),
    ("place.kind", "street"),
    ("place.found", "street"),
]


@pytest.mark.parametrize(("field", "value"), OTHERWISE)
def test_no_place_is_saved_but_the_one_shown_last(desk: Client, field: str, value: str) -> None:
    given = {
        "kind": "call", "type": "fire.alarm", "channel": "phone", "place.lon": "113.905", "place.lat": "22.555",
        "place.text": "1 Harbour Road", "place.kind": "premises", "place.found": "door",
    }  # fmt: skip
    shown = desk.get("/places/at", given).content.decode()
    assert "Will be saved" in shown
    mark = re.search(r'name="place.shown" value="([^"]+)"', shown)
    assert mark is not None
    given["place.shown"] = mark[1]
    for wrong in (given | {field: value}, given | {"place.shown": ""}, given | {"place.shown": "x" + mark[1]}):
        answer = desk.post("/console/take", wrong, headers=HTMX)
        assert "was not shown yet" in answer.content.decode()
    assert not Case.objects.exists()
    assert desk.post("/console/take", given, headers=HTMX).status_code == 204
    assert Case.objects.get().place_found == "door"


def test_a_correction_opens_with_the_place_and_changes_what_was_changed_only(call: Take, desk: Client) -> None:
    case = call()
    form = desk.get(f"/console/{case.pk}/form/correct").content.decode()
    assert form.index('name="place.text" value="1 Harbour Road"') < form.index('name="type"')
    assert 'id="x-place-hits"' in form
    given = {
        "place.lon": "113.9050000", "place.lat": "22.5550000", "place.text": "1 Harbour Road", "place.kind": "street",
        "type": "crime.robbery", "priority": str(case.priority), "injured": "2", "version": str(case.version),
    }  # fmt: skip
    lon, lat = point_in("99010101")
    given |= {"place.lon": f"{lon:.7f}", "place.lat": f"{lat:.7f}"}
    answer = desk.post(f"/console/{case.pk}/act/correct", given, headers=HTMX)
    assert answer.status_code == 200, answer.content.decode()
    line = content_of(list(thread_lines(case.thread))[-1])["data"]
    assert (line["type"], line["fields"]["injured"], "block" in line) == ("crime.robbery", 2, False)
    elsewhere = given | {"place.text": "2 Harbour Road", "version": "2"}
    answer = desk.post(f"/console/{case.pk}/act/correct", elsewhere, headers=HTMX)
    assert (answer.status_code, "was not shown yet" in answer.content.decode()) == (422, True)
    elsewhere["place.shown"] = proof(elsewhere)
    assert desk.post(f"/console/{case.pk}/act/correct", elsewhere, headers=HTMX).status_code == 200


def test_the_recommendation_is_sent_with_its_ranks(call: Take, desk: Client) -> None:
    case = call()
    shown = desk.get(f"/console/{case.pk}/recommendation", headers=HTMX).content.decode()
    assert "free, nearest by road" in shown
    answer = desk.post(f"/console/{case.pk}/act/send", {"units": "P1", "key": "k"}, headers=HTMX)
    assert answer.status_code == 200
    assignment = Assignment.objects.get()
    assert (assignment.unit_id, assignment.case_id) == ("P1", case.pk)
    assert assignment.rank in (1, 2)


def test_what_leaves_the_city_without_cover_is_said(call: Take, desk: Client) -> None:
    """P1 and P2 stand together, P3 elsewhere; before the table of who is reached is made, nothing is claimed."""
    case = call()
    unknown = desk.get(f"/api/cases/{case.pk}/recommendation").json()
    assert (unknown["cover_lost"], unknown["send"][0]["cover_lost"]) == (None, None)
    assert "cover" not in desk.get(f"/console/{case.pk}/recommendation", headers=HTMX).content.decode()
    cover.prepare(places())
    found = desk.get(f"/api/cases/{case.pk}/recommendation").json()
    [sent] = found["send"]
    assert found["cover_lost"] == sent["cover_lost"] > 0
    assert all(one["cover_lost"] > 0 for one in found["next"])
    shown = desk.get(f"/console/{case.pk}/recommendation", headers=HTMX).content.decode()
    assert f"cover −{100 * sent['cover_lost']:.1f} %" in shown
    assert "of the residents lose cover" in shown


def test_who_may_see_the_case_but_no_units_gets_no_recommendation(call: Take, people: People) -> None:
    case = call()
    leader = signed_in(person("leader", (Role.BLOCK_LEADER, "990101")))
    assert leader.get(f"/api/cases/{case.pk}").status_code == 200
    answer = leader.get(f"/api/cases/{case.pk}/recommendation")
    assert (answer.status_code, answer.json()["rule"]) == (403, "unit.view no")
    assert signed_in(people.in_charge).get(f"/api/cases/{case.pk}/recommendation").status_code == 200


def test_a_busy_unit_is_refused_in_words(call: Take, desk: Client) -> None:
    first, second = call(), call()
    RoadNetwork.objects.all().delete()  # sending does not need a recommendation
    desk.post(f"/console/{first.pk}/act/send", {"units": "P1"}, headers=HTMX)
    answer = desk.post(f"/console/{second.pk}/act/send", {"units": "P1"}, headers=HTMX)
    assert answer.status_code == 409
    assert answer.content.decode().startswith('<p class="notice bad" role="alert"')
    assert "P1号" in answer.content.decode()


def test_contacts_and_their_words_are_on_no_piece(call: Take, desk: Client) -> None:
    case = call(caller={"name": "Zhang Marked", "phone": "19900001234"})
    for address in addresses(case):
        text = desk.get(address).content.decode()
        assert "Marked" not in text
        assert "19900001234" not in text
    looked = desk.post(f"/cases/{case.pk}/contact/", {"act": "send"})
    assert "19900001234" in looked.content.decode()
    assert looked["Cache-Control"] == "no-store"


def test_live_tells_where_calls_and_units_are(call: Take, desk: Client) -> None:
    case = call()
    found = desk.get("/console/live").json()
    assert [(one["id"], one["point"], one["waiting"]) for one in found["calls"]] == [(case.pk, [113.905, 22.555], True)]
    assert {unit["code"] for unit in found["units"]} == {"P1", "P2", "M1", "F1"}


def test_both_languages(call: Take, people: People, desk: Client) -> None:
    case = call()
    assert "Theft" in desk.get(f"/console/{case.pk}/panel").content.decode()
    assert "盗窃" in signed_in(people.in_charge, "zh-hans").get(f"/console/{case.pk}/panel").content.decode()


def test_a_dead_worker_is_red_on_the_console(call: Take, desk: Client) -> None:
    assert "worker stopped" in desk.get("/console/fresh").content.decode()
    Heartbeat.objects.create(worker="one", beat_at=clock.real_now())
    assert "worker stopped" not in desk.get("/console/fresh").content.decode()


def test_units_of_one_viewer_are_never_shown_to_another(call: Take, people: People, desk: Client) -> None:
    """The strip is rendered once for those who see the same units."""
    assert "P1号" in desk.get("/console/fresh").content.decode()
    neighbour = signed_in(people.neighbour).get("/console/fresh").content.decode()
    assert "P1号" not in neighbour
    assert "P3号" in neighbour


def test_the_sheet_says_who_is_at_work_where(call: Take, desk: Client) -> None:
    case = call()
    desk.post(f"/console/{case.pk}/act/send", {"units": "P1 P2"}, headers=HTMX)
    assert "<td>P1号 P2号</td>" in desk.get("/cases/sheet/").content.decode()


def test_a_call_that_may_repeat_another_is_offered_for_merging(call: Take, desk: Client) -> None:
    first, second = call(), call()
    panel = desk.get(f"/console/{second.pk}/panel").content.decode()
    assert "May repeat" in panel
    assert "0 m · 0 min apart" in panel
    assert f"/console/{second.pk}/form/merge?primary={first.pk}" in panel
    answer = desk.post(f"/console/{second.pk}/act/merge", {"primary": first.pk, "version": "1"}, headers=HTMX)
    assert answer.status_code == 200
    second.refresh_from_db()
    assert (second.stage, second.primary_id) == ("merged", first.pk)
    assert "May repeat" not in answer.content.decode()


def test_a_merge_shows_both_before_it_is_done_and_asks_when_they_are_far_apart(call: Take, desk: Client) -> None:
    first, near, far = call(), call(), call("99010202", type="medical.fall")
    form = f"/console/{near.pk}/form/merge"
    assert 'name="seen"' not in desk.get(form).content.decode()
    shown = desk.get(form, {"primary": first.pk}).content.decode()
    assert shown.count("1 Harbour Road") == 2
    assert 'name="apart"' not in shown
    shown = desk.get(form, {"primary": far.pk}).content.decode()
    assert "These two are far apart: another place; another type." in shown
    assert 'name="apart" required' in shown
    for number in ("77777", near.pk, "x"):
        assert 'class="wrong" id="w-primary"' in desk.get(form, {"primary": number}).content.decode()
    given = {"primary": far.pk, "version": "1"}
    assert desk.post(f"/console/{near.pk}/act/merge", given, headers=HTMX).status_code == 409
    assert desk.post(f"/console/{near.pk}/act/merge", given | {"apart": "on"}, headers=HTMX).status_code == 200
    ended = desk.get(form, {"primary": first.pk}).content.decode()
    assert "at its end" in ended  # and no distance from a place that is no longer shown
    assert "apart" not in ended


def test_a_merge_on_its_own_page_shows_both_first(call: Take, desk: Client) -> None:
    first, second = call(), call()
    page, given = f"/cases/{second.pk}/acts/merge/", {"primary": first.pk, "version": "1"}
    asked = desk.post(page, given)
    assert (asked.status_code, asked.content.decode().count("1 Harbour Road")) == (200, 2)
    second.refresh_from_db()
    assert second.primary_id is None
    assert desk.post(page, given | {"seen": first.pk}).status_code == 302
    second.refresh_from_db()
    assert second.primary_id == first.pk


def test_a_call_that_one_may_not_view_is_not_offered(call: Take, people: People) -> None:
    first, second = call(), call()
    assert [other for other, _apart in possible_primaries(second, people.actor("in_charge"))] == [first]
    assert possible_primaries(second, people.actor("neighbour")) == []


def test_a_far_call_is_not_offered(call: Take, desk: Client) -> None:
    call("99010202")
    assert "May repeat" not in desk.get(f"/console/{call().pk}/panel").content.decode()


def test_no_piece_of_the_console_asks_the_browser_to_focus_it() -> None:
    """`ahead.js` enters a form once; a second focus, a moment later, would take back an Escape between."""
    pieces = [*Path(response.__file__).parent.rglob("*.html"), *Path(cases.__file__).parent.rglob("compared.html")]
    assert len(pieces) > 20
    assert [piece.name for piece in pieces if "autofocus" in piece.read_text(encoding="utf-8")] == []
