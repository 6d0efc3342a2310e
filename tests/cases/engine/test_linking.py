"""`opens` and `links`: a case opened by an act on another, and cases linked by number, seen from both and by few."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags
from django.utils.translation import override

from blockwise.access.actors import Actor, actor_for
from blockwise.access.models import User
from blockwise.cases import engine
from blockwise.cases.engine import linking
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case, CaseLink, Intake
from blockwise.cases.queries.links import links_of
from blockwise.cases.queries.story import story
from blockwise.cases.rules.sight import open_acts
from blockwise.ledger import lines, vault
from blockwise.ledger.models import Line
from blockwise.ledger.verify import verify_database
from blockwise.problems import Conflict, Forbidden, Invalid, NotFound
from blockwise.rooms import Role
from tests.kinds import store_kinds
from tests.people import person, point_in, signed_in
from tests.recorded import recorded

LEAK = (Path(__file__).parents[1] / "kinds" / "format_2" / "leak.yaml").read_text(encoding="utf-8")
LON, LAT = point_in("99010101")
PLACE = {"lon": LON, "lat": LAT, "kind": "dwelling", "text": "8号302", "found": "door"}


@pytest.fixture
def kinds(city: object) -> Iterator[None]:
    store_kinds({"leak": LEAK, "hazard": registry.builtin_texts()["hazard"]})
    yield
    registry.forget()


@pytest.fixture
def desk(kinds: None) -> User:
    return person("desk", (Role.DISPATCHER, "99"), name="某台", name_en="Desk")


@pytest.fixture
def leader(kinds: None) -> User:
    return person("leader", (Role.BLOCK_LEADER, "9901"))


def opened(actor: Actor, **more: Any) -> Case:
    given = {"place": PLACE, "story": "三楼漏水 MARK", **more}
    return Case.objects.get(pk=engine.open_case("leak", given, actor).case)


def passed_on(case: Case, actor: Actor) -> Case:
    done = engine.act(case.pk, "pass", {}, actor)
    assert done.opened
    return Case.objects.get(pk=done.opened)


def kept(case: Case, name: str) -> Any:
    return vault.open_(case.thread, case.sealed[name])


def test_the_act_opens_the_other_case_in_one_transaction_and_both_lines_name_each_other(desk: User) -> None:
    actor = actor_for(desk)
    case = opened(actor)
    made = passed_on(case, actor)
    assert (made.kind, made.type, made.channel, made.stage) == ("hazard", "building.structure", "inspection", "found")
    assert (made.block_id, made.place_kind, made.opened_by) == (case.block_id, "dwelling", actor.id)
    assert kept(made, "place") == kept(case, "place")
    assert kept(made, "description") == "三楼漏水 MARK"
    assert made.sealed["description"] != case.sealed["story"]
    assert made.fields == {}
    old, new = Line.objects.get(thread=case.thread, act="pass"), Line.objects.get(thread=made.thread)
    assert new.number == old.number + 1
    said, told = lines.data_of(old), lines.data_of(new)
    assert (said["opened_case"], said["relation"]) == (made.pk, "origin")
    assert (told["from_case"], told["relation"], told["rule"]) == (case.pk, "origin", "case.open dispatcher 99")
    assert "MARK" not in old.canonical + new.canonical
    assert list(CaseLink.objects.values_list("case", "to", "relation")) == [(made.pk, case.pk, "origin")]
    assert {row.name for row in made.clocks.all()} == {"grade", "handle"}
    assert verify_database().ok


def test_it_is_no_report_of_the_public_once_more(desk: User) -> None:
    actor = actor_for(desk)
    made = passed_on(opened(actor), actor)
    assert Intake.objects.get(case=made).source == "official"


def test_the_new_case_is_as_sensitive_as_the_one_it_came_from(desk: User) -> None:
    actor = actor_for(desk)
    case = opened(actor)
    recorded(lambda: Case.objects.filter(pk=case.pk).update(sensitive=True))()
    assert passed_on(case, actor).sensitive


def test_a_link_shows_exactly_what_may_be_opened(desk: User, leader: User) -> None:
    actor, other = actor_for(desk), actor_for(leader)
    case = opened(actor)
    made = passed_on(case, actor)
    assert [(str(one.label), one.other.pk) for one in links_of(made, actor)] == [("Came from", case.pk)]
    assert [(str(one.label), one.other.pk) for one in links_of(case, actor)] == [("Led to", made.pk)]
    assert links_of(made, other) == []
    for user, found in ((desk, [{"case": made.pk, "to": case.pk, "relation": "origin"}]), (leader, [])):
        assert signed_in(user).get(f"/api/cases/{made.pk}").json()["links"] == found
    numbered = f"/cases/{case.pk}/"
    assert numbered in signed_in(desk).get(f"/cases/{made.pk}/").content.decode()
    page = signed_in(leader).get(f"/cases/{made.pk}/").content.decode()
    assert numbered not in page
    assert "Came from" not in page
    assert [one["act"] for one in signed_in(leader).get(f"/api/cases/{made.pk}/lines").json()] == []
    with override("en"):
        assert story(case, actor)[-1].sentence == f"Desk passed it on as {made.pk}"
        assert story(made, actor)[0].texts == ("三楼漏水 MARK", f"Came from: {case.pk}")
        assert story(made, other)[0].texts == ("三楼漏水 MARK",)


def test_who_may_not_open_the_other_kind_is_not_offered_the_act(desk: User) -> None:
    case = opened(actor_for(desk))
    text = re.sub(r"roles: \[.*\]", "roles: [crew]", registry.builtin_texts()["hazard"], count=1)
    recorded(lambda: registry.KindText.objects.filter(kind="hazard").update(current=False))()
    actor = actor_for(desk)
    registry.forget()
    assert "pass" not in [act.name for act in open_acts(case, actor)]
    with pytest.raises(NotFound) as problem:
        engine.act(case.pk, "pass", {}, actor)
    assert problem.value.where == "kind"
    store_kinds({"hazard": text})
    assert "pass" not in [act.name for act in open_acts(case, actor)]
    with pytest.raises(Conflict) as stale:
        engine.act(case.pk, "pass", {}, actor)
    assert stale.value.where == "act"
    assert Case.objects.count() == 1


def test_who_may_see_the_case_and_not_do_the_act_opens_nothing(desk: User) -> None:
    case = opened(actor_for(desk))
    before = Line.objects.count()
    with pytest.raises(Forbidden):
        engine.act(case.pk, "pass", {}, actor_for(person("blind", (Role.OVERSIGHT, "99"))))
    assert (Case.objects.count(), Line.objects.count()) == (1, before)


def test_who_holds_the_role_elsewhere_opens_nothing_here(desk: User) -> None:
    case = opened(actor_for(desk))
    far = actor_for(person("far", (Role.DISPATCHER, "9902")))
    with pytest.raises(NotFound):
        engine.act(case.pk, "pass", {}, far)
    assert Case.objects.count() == 1


def test_what_the_other_kind_needs_and_no_longer_gets_is_said(desk: User) -> None:
    actor = actor_for(desk)
    case = opened(actor)
    recorded(lambda: registry.KindText.objects.filter(kind="hazard").update(current=False))()
    hazard = registry.builtin_texts()["hazard"]
    store_kinds({"hazard": hazard.replace("  description:\n", "  told:\n", 1).replace("description", "told")})
    with override("en"), pytest.raises(Conflict) as problem:
        engine.act(case.pk, "pass", {}, actor)
    assert "takes something else by now" in str(problem.value.what)
    assert Line.objects.filter(thread=case.thread).count() == 1


def test_a_case_without_a_readable_place_opens_none(desk: User) -> None:
    actor = actor_for(desk)
    case = opened(actor)
    sealed = {**case.sealed, "place": "0" * 64}
    recorded(lambda: Case.objects.filter(pk=case.pk).update(sealed=sealed))()
    with pytest.raises(Conflict) as problem:
        engine.act(case.pk, "pass", {}, actor)
    assert problem.value.where == "place"


def test_one_key_opens_one_case(desk: User) -> None:
    actor = actor_for(desk)
    case = opened(actor)
    first = engine.act(case.pk, "pass", {}, actor, key="k")
    again = engine.act(case.pk, "pass", {}, actor, key="k")
    assert (again.again, again.opened, Case.objects.count()) == (True, first.opened, 2)


def test_a_case_is_linked_by_number_and_both_records_say_so(desk: User) -> None:
    actor = actor_for(desk)
    one, two = opened(actor), opened(actor)
    engine.act(one.pk, "trace", {"linked_case": two.pk}, actor)
    assert [(str(link.label), link.other.pk) for link in links_of(two, actor)] == [("Led to", one.pk)]
    with override("en"):
        assert story(one, actor)[-1].sentence == f"Desk traced it to {two.pk}"
        assert story(two, actor)[-1].sentence == f"Desk linked a case. Led to: {one.pk}"
    for first, second in ((one, two), (two, one)):
        with pytest.raises(Conflict) as problem:
            engine.act(first.pk, "trace", {"linked_case": second.pk}, actor)
        assert problem.value.where == "linked_case"
    assert verify_database().ok


@pytest.mark.parametrize("given", [None, 0, -1, "x", 2**63, 999_999, "self", "hidden"])
def test_a_number_that_is_none_and_one_that_may_not_be_seen_are_refused_alike(desk: User, given: Any) -> None:
    actor = actor_for(desk)
    case = opened(actor)
    elsewhere = Case.objects.get(pk=opened(actor).pk)
    near = actor_for(person("near", (Role.DISPATCHER, "9901")))
    recorded(lambda: Case.objects.filter(pk=elsewhere.pk).update(block="99020101"))()
    number = {"self": case.pk, "hidden": elsewhere.pk}.get(given, given)
    with pytest.raises(Invalid) as problem:
        engine.act(case.pk, "trace", {} if number is None else {"linked_case": number}, near)
    assert problem.value.where == "linked_case"
    assert not CaseLink.objects.exists()


def test_no_case_is_the_knot_of_all_others(desk: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "MOST", 2)
    actor = actor_for(desk)
    one, *others = (opened(actor) for _ in range(4))
    for other in others[:2]:
        engine.act(other.pk, "trace", {"linked_case": one.pk}, actor)
    with pytest.raises(Conflict):
        engine.act(others[2].pk, "trace", {"linked_case": one.pk}, actor)
    with pytest.raises(Conflict):
        engine.act(one.pk, "pass", {}, actor)


def test_links_are_asked_in_two_queries_however_many(desk: User, django_assert_num_queries: Any) -> None:
    actor = actor_for(desk)
    one, *others = (opened(actor) for _ in range(4))
    with django_assert_num_queries(1):
        assert links_of(one, actor) == []
    for number, other in enumerate(others, 1):
        engine.act(other.pk, "trace", {"linked_case": one.pk}, actor)
        if number in (1, 3):
            with django_assert_num_queries(2):
                assert len(links_of(one, actor)) == number


def test_the_page_and_the_api_do_it_end_to_end(desk: User) -> None:
    client: Client = signed_in(desk)
    sent = {"kind": "leak", "data": {"place": PLACE, "story": "漏水"}}
    case = client.post("/api/cases", json.dumps(sent), content_type="application/json").json()["case"]
    form = strip_tags(client.get(f"/cases/{case}/acts/pass/").content.decode())
    assert "It opens a case at the same place: Hazards" in form
    answer = client.post(f"/cases/{case}/acts/pass/", {"key": "a"}, follow=True)
    made = Case.objects.get(kind="hazard").pk
    page = answer.content.decode()
    assert f"Another case was opened, as number {made}." in page
    assert f'href="/cases/{made}/"' in page
    body = {"data": {"linked_case": opened(actor_for(desk)).pk}}
    url = f"/api/cases/{case}/acts/trace"
    done = client.post(url, json.dumps(body), content_type="application/json").json()
    assert (done["case"], done["opened"]) == (case, None)
    assert 'name="linked_case"' in client.get(f"/cases/{case}/acts/trace/").content.decode()
    declared = client.get("/api/kinds/leak").json()["acts"]
    assert declared["pass"]["opens"] == {
        "kind": "hazard", "relation": "origin", "asks_type": False, "carries": {"description": "story"},
    }  # fmt: skip
    assert declared["trace"]["links"] == "origin"
