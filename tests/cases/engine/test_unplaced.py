"""A call whose place is not known yet: it is opened with what there is, waits to be seen, and gets its place."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from blockwise.access.actors import Actor
from blockwise.cases import engine
from blockwise.cases.models import Case
from blockwise.cases.queries.beside import possible_primaries
from blockwise.cases.queries.shown import shown
from blockwise.cases.queries.story import story
from blockwise.cases.rules.sealed_places import exact_places
from blockwise.cases.screens.pages import known
from blockwise.ledger import lines
from blockwise.places import queries
from blockwise.places.current import forget
from blockwise.places.models import Block
from blockwise.problems import Forbidden, Invalid
from tests.people import People, point_in

pytestmark = pytest.mark.usefixtures("kinds")
SILENT = {"type": "unclear.silent", "place": {"found": "none"}}
HAZARD = {"type": "fire.exit", "description": "boxes on the stairs"}
LON, LAT = point_in("99010202")


def taken(actor: Actor, **place: Any) -> Case:
    made = engine.open_case("call", {**SILENT, "place": {"found": "none", **place}}, actor)
    return Case.objects.get(pk=made.case)


def test_it_opens_with_nothing_and_the_widest_block_of_whoever_takes_it_answers(people: People) -> None:
    case = taken(people.actor("in_charge"))
    assert (case.place_kind, case.place_found, case.lon_e7, case.lat_e7) == ("unknown", "none", None, None)
    assert case.block_id == people.actor("in_charge").held[0].block
    (row,) = shown([case])
    assert row.unplaced
    assert row.point is None
    assert str(row.found) == "no place yet"


def test_the_words_and_a_block_are_kept_and_the_words_are_sealed(people: People) -> None:
    case = taken(people.actor("in_charge"), text="opposite the market", block="990101")
    assert case.block_id == "990101"
    assert exact_places([case])[case.pk] == {"lon_e7": None, "lat_e7": None, "text": "opposite the market"}
    (line,) = lines.thread_lines(case.thread)
    assert "market" not in line.canonical
    assert "point" not in line.canonical


def test_it_gets_its_place_by_a_correction_and_can_lose_it_again(people: People) -> None:
    actor = people.actor("in_charge")
    case = taken(actor, text="opposite the market")
    known = {"lon": LON, "lat": LAT, "text": "9 Hill Road", "kind": "premises", "found": "door"}
    engine.act(case.pk, "correct", {"place": {**known, "said": "opposite the market"}}, actor, expected_version=1)
    case.refresh_from_db()
    assert (case.block_id, case.place_found, case.place_kind) == ("99010202", "door", "premises")
    assert case.lon_e7 is not None
    assert not shown([case])[0].unplaced
    engine.act(
        case.pk, "correct", {"place": {"found": "none", "text": "it was another road"}}, actor, expected_version=2
    )
    case.refresh_from_db()
    assert (case.block_id, case.place_found, case.lon_e7) == ("99010202", "none", None)


@pytest.mark.parametrize(
    ("place", "where"),
    [
        ({"found": "none", "lon": LON, "lat": LAT}, "place.lon"),
        ({"found": "none", "lat": 0}, "place.lat"),
        ({"found": "none", "block": "98"}, "place.block"),
        ({"found": "none", "block": 99}, "place.block"),
        ({"found": "none", "block": ["99"]}, "place.block"),
        ({"lon": LON, "lat": LAT, "block": "99010202"}, "place.block"),
        ({"block": "99010202"}, "place.block"),
        ({"found": "none", "text": "x" * 201}, "place.text"),
        ({}, "place"),
        (None, "place"),
    ],
)
def test_what_is_half_said_is_refused(people: People, place: Any, where: str) -> None:
    with pytest.raises(Invalid) as refused:
        engine.open_case("call", {**SILENT, "place": place}, people.actor("in_charge"))
    assert refused.value.where == where
    assert not Case.objects.exists()


def test_a_kind_that_needs_its_place_and_whoever_may_not_open_there_are_refused(people: People) -> None:
    with pytest.raises(Invalid, match="place is needed"):
        engine.open_case("hazard", {**HAZARD, "place": {"found": "none"}}, people.actor("in_charge"))
    for name in ("neighbour", "outsider"):
        with pytest.raises((Forbidden, Invalid)):
            engine.open_case("call", {**SILENT, "place": {"found": "none", "block": "99010101"}}, people.actor(name))


def test_it_may_repeat_what_lies_in_its_block_and_is_offered_no_other_without_a_place(people: People) -> None:
    actor = people.actor("in_charge")
    first, second = taken(actor), taken(actor)
    lon, lat = point_in("99010101")
    placed = engine.open_case("call", {"type": "unclear.silent", "place": {"lon": lon, "lat": lat}}, actor)
    found = possible_primaries(second, actor)
    assert [other.pk for other, _apart in found] == [placed.case]
    assert all(apart.metres is None and apart.unplaced and not apart.reasons for _other, apart in found)
    engine.act(second.pk, "merge", {"primary": first.pk}, actor, expected_version=1)  # who knows it says it
    elsewhere = taken(actor, block="990102")
    assert placed.case not in {other.pk for other, _apart in possible_primaries(elsewhere, actor)}


def test_only_its_words_are_corrected_and_a_form_as_it_came_corrects_nothing(people: People, client: Client) -> None:
    case = taken(people.actor("in_charge"), text="opposite the market")
    client.force_login(people.in_charge)
    form = {name: str(value) for name, value in known(case).items() if value} | {"version": str(case.version)}
    client.post(f"/cases/{case.pk}/acts/correct/", {**form, "place.kind": "dwelling", "key": "a" * 32})
    case.refresh_from_db()
    same = case.sealed["place"]
    assert exact_places([case])[case.pk]["text"] == "opposite the market"
    more = {**form, "place.text": "opposite the market, blue gate", "version": str(case.version), "key": "b" * 32}
    client.post(f"/cases/{case.pk}/acts/correct/", {**more, "place.kind": "dwelling"})
    case.refresh_from_db()
    assert case.sealed["place"] != same
    assert exact_places([case])[case.pk]["text"] == "opposite the market, blue gate"
    told = [line for line in story(case, people.actor("in_charge")) if line.changed]
    assert "no place yet “opposite the market” → no place yet “opposite the market, blue gate”" in str(told[0].changed)


def test_a_retired_block_answers_for_no_new_call_and_keeps_the_case_that_has_it(people: People) -> None:
    actor = people.actor("in_charge")
    case = taken(actor, block="990101")
    Block.objects.filter(pk__in=["9901", "990101"]).update(retired_on=date(2020, 1, 1))
    forget()
    engine.act(case.pk, "correct", {"place": {"found": "none", "block": "990101"}}, actor, expected_version=1)
    for place in ({"found": "none"}, {"found": "none", "block": "990101"}):
        with pytest.raises(Invalid):
            engine.open_case("call", {**SILENT, "place": place}, actor)


def test_who_answers_is_shown_before_it_is_saved_and_only_what_was_shown_is_saved(
    people: People, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blockwise.cases.screens.place_pages.search", lambda _text, _most, _near: [])
    client.force_login(people.in_charge)
    asked = {"place.found": "none", "place.text": "by the quay", "place.block": "990101", "place.kind": "dwelling"}
    page = client.get("/places/at", asked).content.decode()
    assert "no place yet" in page
    assert "by the quay" in page
    assert "place.shown" in page
    assert client.get("/places/at", {**asked, "place.block": "98"}).status_code == 404
    hits = client.get("/places/find", {"place.text": "by the quay", "unplaced": "1"}).content.decode()
    assert hits.count('data-found="none"') == 1
    assert "by the quay" in hits
    assert 'data-found="none"' not in client.get("/places/find", {"place.text": "by the quay"}).content.decode()


def test_blocks_are_found_by_how_their_names_begin(people: People) -> None:
    facts = queries.places().blocks["990101"]
    assert "990101" in queries.blocks_named(facts.name, 3)
    assert queries.blocks_named("", 3) == [] == queries.blocks_named("nowhere at all", 3)


def test_a_program_takes_one_too_and_half_a_point_is_no_place(people: People) -> None:
    door = Client()
    door.force_login(people.in_charge)

    def call(place: dict[str, Any]) -> Any:
        body = {"type": "unclear.silent", "place": place}
        return door.post("/api/calls", body, content_type="application/json")

    answer = call({"found": "none", "text": "opposite the market"})
    assert answer.status_code == 201
    case = Case.objects.get(pk=answer.json()["case"])
    assert (case.place_found, case.lon_e7) == ("none", None)
    for half in ({}, {"lon": LON}, {"text": "opposite the market"}):
        refused = call(half)
        assert refused.status_code == 422
        assert refused.json()["where"].startswith("place")
