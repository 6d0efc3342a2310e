"""A case that is given a sensitive outcome is sensitive from then on, whatever becomes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from blockwise.access.actors import Actor, actor_for
from blockwise.access.models import User
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case
from blockwise.cases.queries import listing
from blockwise.cases.queries.listing import Filter
from blockwise.cases.rules import sight
from blockwise.ledger import verify
from blockwise.ledger.models import Line
from blockwise.problems import NotFound
from blockwise.rooms import Role
from tests.kinds import store_kinds
from tests.people import person, point_in, signed_in

DISPUTE = (Path(__file__).parents[1] / "kinds" / "format_2" / "dispute.yaml").read_text(encoding="utf-8")
LON, LAT = point_in("99010101")
OPENING = {"type": "noise", "place": {"lon": LON, "lat": LAT, "kind": "street", "text": "1 Harbour Road"}}


@pytest.fixture
def desk(city: object) -> Iterator[Actor]:
    store_kinds({"dispute": DISPUTE})
    person("lea", (Role.BLOCK_LEADER, "990101"))
    yield actor_for(person("desk", (Role.DISPATCHER, "9901")))
    registry.forget()


@pytest.fixture
def leader(desk: Actor) -> Actor:
    return actor_for(User.objects.get(login="lea"))


def talks(desk: Actor) -> Case:
    case = engine.open_case("dispute", OPENING, desk).case
    engine.act(case, "call_in", {}, desk, expected_version=1)
    return Case.objects.get(pk=case)


@pytest.mark.parametrize(("outcome", "hidden"), [("agreed", False), ("violence", True), ("not_agreed", False)])
def test_it_is_sensitive_by_that_outcome_alone(desk: Actor, leader: Actor, outcome: str, hidden: bool) -> None:
    case = talks(desk)
    assert sight.known_of([case.pk], leader) == {case.pk}
    engine.act(case.pk, "finish", {"outcome": outcome}, desk, expected_version=2)
    case.refresh_from_db()
    assert case.sensitive is hidden
    assert sight.known_of([case.pk], leader) == (set() if hidden else {case.pk})
    assert [one.pk for one in listing.listed(leader, Filter()).cases] == ([] if hidden else [case.pk])
    assert sight.known_of([case.pk], desk) == {case.pk}
    assert '"sensitive":true' in Line.objects.get(act="finish").canonical or not hidden
    assert verify.verify_database().ok


def test_it_stays_so_when_it_is_opened_again_and_ends_otherwise(desk: Actor, leader: Actor) -> None:
    case = talks(desk)
    engine.act(case.pk, "finish", {"outcome": "violence"}, desk, expected_version=2)
    with pytest.raises(NotFound):
        engine.act(case.pk, "reopen", {}, leader, expected_version=3)
    engine.act(case.pk, "reopen", {}, desk, expected_version=3)
    case.refresh_from_db()
    assert (case.sensitive, case.outcome, case.final) == (True, "", False)
    with pytest.raises(NotFound):
        engine.act(case.pk, "hear_alone", {"confided": "x"}, leader)
    engine.act(case.pk, "finish", {"outcome": "agreed"}, desk, expected_version=4)
    case.refresh_from_db()
    assert (case.sensitive, case.outcome) == (True, "agreed")
    assert sight.known_of([case.pk], leader) == set()


def test_a_leader_who_ends_it_so_is_told_that_it_is_out_of_sight(desk: Actor) -> None:
    case = talks(desk)
    client = signed_in(User.objects.get(login="lea"), "en")
    done = client.post(f"/cases/{case.pk}/acts/finish/", {"outcome": "violence", "version": "2"}, follow=True)
    assert done.redirect_chain[-1][0] == "/cases/"
    assert f"Case {case.pk} is no longer yours to see" in done.content.decode()
    assert client.get(f"/cases/{case.pk}/").status_code == 404


def test_over_the_api(desk: Actor) -> None:
    client = signed_in(User.objects.get(login="desk"))
    declared = client.get("/api/kinds/dispute").json()["outcomes"]
    assert {name: one["sensitive"] for name, one in declared.items()} == {
        "agreed": False, "violence": True, "not_agreed": False,
    }  # fmt: skip
    case = talks(desk)
    body = json.dumps({"data": {"outcome": "violence"}, "expected_version": 2})
    assert client.post(f"/api/cases/{case.pk}/acts/finish", body, content_type="application/json").status_code == 200
    assert client.get(f"/api/cases/{case.pk}").json()["sensitive"] is True
