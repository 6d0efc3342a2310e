"""What a call shows beside itself: a hazard that is reported in one step, and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from blockwise.access.actors import Actor, actor_for
from blockwise.access.models import User
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case, CaseLink, Intake
from blockwise.cases.rules.sight import open_acts
from blockwise.cases.screens import forms, schema
from blockwise.ledger.verify import verify_database
from blockwise.problems import Conflict, Invalid
from blockwise.rooms import Role
from tests.attachments import samples
from tests.kinds import store_kinds
from tests.people import person, point_in, signed_in

LON, LAT = point_in("99010101")
PLACE = {"lon": LON, "lat": LAT, "kind": "street", "text": "街口", "found": "point"}
SEEN = {"seen": "井盖没了", "opened_type": "road.cover"}


@pytest.fixture
def desk(city: object) -> Iterator[User]:
    store_kinds()
    yield person("desk", (Role.DISPATCHER, "99"))
    registry.forget()


@pytest.fixture
def actor(desk: User) -> Actor:
    return actor_for(desk)


def call(actor: Actor, **more: Any) -> int:
    given = {"type": "traffic.collision_injury", "place": PLACE, "channel": "phone", **more}
    return engine.open_case("call", given, actor).case


def hazard(case: int, actor: Actor, **more: Any) -> Case:
    done = engine.act(case, "report_hazard", {**SEEN, **more}, actor)
    return Case.objects.get(pk=done.opened)


def test_a_hazard_is_graded_by_its_type_and_knows_which_call_showed_it(actor: Actor) -> None:
    case = call(actor)
    found = hazard(case, actor)
    assert (found.kind, found.type, found.priority, found.channel) == ("hazard", "road.cover", 1, "call")
    assert (found.block_id, found.lon_e7, found.place_kind) == ("99010101", round(LON * 1e7), "street")
    assert CaseLink.objects.get().to_id == case
    assert Intake.objects.get(case=found).source == "official"
    assert Case.objects.get(pk=case).version == 1  # the call goes on as it was
    assert verify_database().ok


@pytest.mark.parametrize("given", [None, "", "road", "nothing", 7, ["road.cover"], "fire.building"])
def test_its_type_is_one_of_its_own_kind(actor: Actor, given: object) -> None:
    case = call(actor)
    with pytest.raises(Invalid) as problem:
        engine.act(case, "report_hazard", {"seen": "x", "opened_type": given}, actor)
    assert problem.value.where == "opened_type"
    assert not Case.objects.filter(kind="hazard").exists()


def test_of_a_sensitive_call_it_is_as_sensitive(actor: Actor) -> None:
    assert hazard(call(actor, type="family.violence"), actor).sensitive


def test_a_call_without_a_place_is_given_one_first(actor: Actor) -> None:
    case = call(actor, place={"found": "none", "said": "市场对面"})
    with pytest.raises(Conflict) as problem:
        hazard(case, actor)
    assert problem.value.where == "place"


def test_the_form_and_the_document_ask_for_the_type(actor: Actor) -> None:
    kind = registry.current("call")
    act = kind.act("report_hazard")
    assert act
    asked = {entry.name: entry for entry in forms.act_inputs(kind, act)}
    leaves = {leaf.code for branch in asked["opened_type"].branches for leaf in branch.leaves}
    assert leaves == {one.code for one in registry.current("hazard").types}
    described = schema.acting(kind, act)
    assert set(described["properties"]["opened_type"]["enum"]) == leaves
    assert set(described["required"]) == {"seen", "opened_type"}


def test_by_the_form_of_a_page(desk: User, actor: Actor) -> None:
    case, client = call(actor), signed_in(desk)
    refused = client.post(f"/cases/{case}/acts/report_hazard/", {"seen": "井盖", "key": "a", "version": "1"})
    assert (refused.status_code, "井盖" in refused.content.decode()) == (422, True)
    done = client.post(f"/cases/{case}/acts/report_hazard/", {**SEEN, "key": "b", "version": "1"})
    assert done.status_code == 302
    assert Case.objects.get(kind="hazard").type == "road.cover"


def test_what_a_city_made_of_the_other_kind_stops_no_call(city: object) -> None:
    """Its own hazards have no such way in: the act is offered no more, and the call itself is right as it came."""
    texts = registry.builtin_texts()
    own = texts["hazard"].replace("  call: {zh: 接处警发现, en: call}\n", "")
    store_kinds({**texts, "hazard": own})
    actor = actor_for(person("desk", (Role.DISPATCHER, "99")))
    assert registry.check_all({**texts, "hazard": own}) == ()
    case = Case.objects.get(pk=call(actor))
    assert "report_hazard" not in [act.name for act in open_acts(case, actor)]
    assert "send" in [act.name for act in open_acts(case, actor)]
    with pytest.raises(Conflict):
        hazard(case.pk, actor)
    registry.forget()


def test_a_picture_comes_with_a_note_from_the_console_and_from_a_phone(desk: User, actor: Actor) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    case, client = call(actor), signed_in(desk)
    assert f'href="/cases/{case}/acts/note/"' in client.get(f"/console/{case}/panel").content.decode()
    file = SimpleUploadedFile("IMG_1.jpg", samples.picture())
    done = client.post(f"/cases/{case}/acts/note/", {"note": "现场", "key": "k", "version": "1", "files": file})
    assert done.status_code == 302
    assert "data:image/jpeg;base64," in client.get(f"/cases/{case}/").content.decode()
    assert f'href="/cases/{case}/#attachments"' in client.get(f"/console/{case}/panel").content.decode()
