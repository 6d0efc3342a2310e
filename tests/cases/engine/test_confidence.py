"""What is told in confidence is read by nobody in passing: one look opens one field, for an open act that needs it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from blockwise.access.actors import Actor, actor_for
from blockwise.access.models import User
from blockwise.cases import engine
from blockwise.cases.engine import looks, one_look
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case
from blockwise.cases.queries import story
from blockwise.ledger import erase, lines, verify
from blockwise.ledger.models import Line
from blockwise.problems import Forbidden, NotFound, Problem
from blockwise.rooms import Role
from tests.kinds import store_kinds
from tests.people import make_city, person, point_in, signed_in

DISPUTE = (Path(__file__).parents[1] / "kinds" / "format_2" / "dispute.yaml").read_text(encoding="utf-8")
LON, LAT = point_in("99010101")
PLACE = {"lon": LON, "lat": LAT, "kind": "street", "text": "1 Harbour Road"}
OPENING = {"type": "noise", "place": PLACE, "account": "music at night", "wish": "MARK at opening"}


@pytest.fixture
def desk(db: None, home: Path) -> Iterator[Actor]:
    make_city()
    store_kinds({"dispute": DISPUTE})
    person("anna", (Role.DISPATCHER, "9901"))
    person("olga", (Role.OVERSIGHT, "99"))
    person("tom", (Role.CALL_TAKER, "9901"))
    yield actor_for(person("desk", (Role.DISPATCHER, "9901")))
    registry.forget()


@pytest.fixture
def talks(desk: Actor) -> Case:
    case = engine.open_case("dispute", OPENING, desk).case
    engine.act(case, "call_in", {}, desk, expected_version=1)
    engine.act(case, "hear_alone", {"confided": "MARK first"}, desk)  # it appends: no version is needed
    engine.act(case, "hear_alone", {"confided": "MARK second", "wish": "MARK later"}, desk)
    return Case.objects.get(pk=case)


def texts(found: list[one_look.Confided]) -> list[Any]:
    return [one.text for one in found]


def refused(kind: type[Problem], work: Any) -> Problem:
    before = Line.objects.count()
    with pytest.raises(kind) as problem:
        work()
    assert Line.objects.count() == before
    return problem.value


def client(login: str) -> Client:
    return signed_in(User.objects.get(login=login), "en")


def test_a_look_opens_all_of_one_field_and_nothing_of_another(talks: Case, desk: Actor) -> None:
    assert texts(one_look.at_field(talks.pk, "confided", "hear_alone", desk)) == ["MARK first", "MARK second"]
    assert texts(one_look.at_field(talks.pk, "wish", "hear_alone", desk)) == ["MARK at opening", "MARK later"]
    looked = [lines.data_of(line) for line in Line.objects.filter(act="look").order_by("number")]
    assert [(one["field"], one["fields"], one["for"]) for one in looked] == [
        ("confided", ["confided"], "hear_alone"), ("wish", ["wish"], "hear_alone"),
    ]  # fmt: skip
    refused(Forbidden, partial(looks.look, talks.pk, "hear_alone", desk))


@pytest.mark.parametrize("login", ["anna", "olga", "tom"])
def test_nobody_reads_it_in_passing(talks: Case, login: str) -> None:
    seen = client(login)
    at = f"/api/cases/{talks.pk}"
    for path in (f"/cases/{talks.pk}/", "/cases/", at, f"{at}/lines", "/api/cases", f"/cases/{talks.pk}/acts/note/"):
        page = seen.get(path).content.decode()
        assert "MARK" not in page
    page = seen.get(f"/cases/{talks.pk}/").content.decode()
    assert "music at night" in page  # what is told for the work
    assert page.count("told in confidence") >= 4
    for language, word in (("en", "Said alone: told in confidence"), ("zh-hans", "单独谈话：私下陈述")):
        with override(language):
            told = story.story(talks, actor_for(User.objects.get(login=login)))
            assert word in [text for one in told for text in one.texts]


def test_over_http_for_an_open_act_that_needs_it(talks: Case) -> None:
    at = f"/api/cases/{talks.pk}/fields"
    anna, tom, olga = client("anna"), client("tom"), client("olga")

    def look(who: Client, field: str, act: str) -> Any:
        body = json.dumps({"act": act})
        return who.post(f"{at}/{field}/look", body, content_type="application/json")

    found = look(anna, "confided", "hear_alone").json()
    assert [one["text"] for one in found] == ["MARK first", "MARK second"]
    assert {one["line"] for one in found} == set(Line.objects.filter(act="hear_alone").values_list("number", flat=True))
    assert look(tom, "confided", "hear_alone").status_code == 403
    assert look(olga, "confided", "hear_alone").status_code == 403
    assert look(anna, "confided", "note").status_code == 403
    assert look(anna, "account", "hear_alone").status_code == 404  # text for the work is no such field
    assert look(anna, "nothing", "hear_alone").status_code == 404
    page = anna.post(f"/cases/{talks.pk}/fields/confided/", {"act": "hear_alone"})
    assert ("MARK second" in page.content.decode(), page["Cache-Control"]) == (True, "no-store")
    told = olga.get(f"/cases/{talks.pk}/").content.decode()
    assert "anna looked at “Said alone”, for: Hear one side alone" in told
    assert "looked at" not in tom.get(f"/cases/{talks.pk}/").content.decode()


def test_it_closes_with_the_case(talks: Case, desk: Actor) -> None:
    engine.act(talks.pk, "finish", {"outcome": "agreed"}, desk, expected_version=2)
    refused(Forbidden, partial(one_look.at_field, talks.pk, "confided", "hear_alone", desk))
    assert (
        "Hear one side alone" not in client("anna").get(f"/cases/{talks.pk}/").content.decode().split("The record")[0]
    )


def test_who_may_not_see_the_case_learns_of_no_field(talks: Case) -> None:
    far = actor_for(person("far", (Role.DISPATCHER, "9902")))
    for name in ("confided", "nothing"):
        problem = refused(NotFound, partial(one_look.at_field, talks.pk, name, "hear_alone", far))
        assert "no such case" in str(problem.what)


def test_a_form_asks_it_as_what_it_is(talks: Case) -> None:
    form = client("anna").get(f"/cases/{talks.pk}/acts/hear_alone/").content.decode()
    assert form.count("in confidence: opened by a look only") == 2
    assert 'name="confided" rows="3"' in form
    assert "MARK" not in form


@pytest.mark.django_db(transaction=True)
def test_it_is_erased_with_the_case(talks: Case, desk: Actor) -> None:
    assert erase.erase(talks.thread, "system:operator", "asked for") is not None
    assert texts(one_look.at_field(talks.pk, "confided", "hear_alone", desk)) == [None, None]
    assert verify.verify_database().ok
