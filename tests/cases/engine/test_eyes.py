"""`not_by`: who did one act on a case may not do another, on that case alone, whichever way it is tried."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override

from blockwise.access.actors import Actor, actor_for
from blockwise.access.models import User
from blockwise.cases import engine
from blockwise.cases.engine import looks
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case
from blockwise.cases.rules.eyes import done_by
from blockwise.cases.rules.sight import open_acts
from blockwise.ledger.models import Line
from blockwise.problems import Forbidden
from blockwise.rooms import Role
from tests.kinds import store_kinds
from tests.people import person, point_in, signed_in
from tests.units.test_contention import contend, own_database

WORKS = (Path(__file__).parents[1] / "kinds" / "format_2" / "works.yaml").read_text(encoding="utf-8")
ALLOW = {"begins": "08:30", "deposit": "1250", "width": "3.5"}


@pytest.fixture
def kinds(city: object) -> Iterator[None]:
    contact = "    from: [allowed]\n    to: over\n    contact: true\n"
    fields = "fields:\n  holder: {type: contact, label: {zh: 施工方, en: Holder}}\n"
    text = WORKS.replace("    from: [allowed]\n    to: over\n", contact).replace("fields:\n", fields, 1)
    store_kinds({"works": text})
    yield
    registry.forget()


@pytest.fixture
def both(kinds: None) -> User:
    """One who holds every role that the kind names."""
    return person("both", *((role, "99") for role in (Role.CALL_TAKER, Role.DISPATCHER, Role.BLOCK_LEADER)))


@pytest.fixture
def other(kinds: None) -> User:
    return person("other", (Role.DISPATCHER, "99"), (Role.BLOCK_LEADER, "99"))


def opened(actor: Actor) -> Case:
    lon, lat = point_in("99010101")
    place = {"lon": lon, "lat": lat, "kind": "street"}
    days = {"from": "2026-12-01", "to": "2026-12-05"}
    given: dict[str, Any] = {"place": place, "measures": ["fence"], "closed": days, "holder": {"name": "王"}}
    return Case.objects.get(pk=engine.open_case("works", given, actor).case)


def names(case: Case, actor: Actor) -> list[str]:
    return [act.name for act in open_acts(Case.objects.get(pk=case.pk), actor)]


def test_who_opened_it_does_not_allow_it_and_who_allowed_it_does_not_finish_it(both: User, other: User) -> None:
    first, second = actor_for(both), actor_for(other)
    case = opened(first)
    assert (names(case, first), names(case, second)) == ([], ["allow"])
    before = Line.objects.count()
    with override("en"), pytest.raises(Forbidden) as problem:
        engine.act(case.pk, "allow", ALLOW, first, expected_version=1)
    assert (str(problem.value.what), problem.value.where) == (
        "You did “open” on this case; “Allow” is for somebody else.", "act",
    )  # fmt: skip
    assert (Line.objects.count(), Case.objects.get().version) == (before, 1)
    engine.act(case.pk, "allow", ALLOW, second, expected_version=1)
    assert (names(case, second), names(case, first)) == (["extend"], ["extend", "finish"])
    with pytest.raises(Forbidden):
        engine.act(case.pk, "finish", {}, second, expected_version=2)
    engine.act(case.pk, "finish", {}, first, expected_version=2)
    assert Case.objects.get().final


def test_another_case_of_the_same_person_bars_nothing(both: User, other: User) -> None:
    first, second = actor_for(both), actor_for(other)
    opened(first)
    mine = opened(second)
    assert names(mine, first) == ["allow"]


def test_the_act_is_no_purpose_for_a_look_either(both: User, other: User) -> None:
    case, second = opened(actor_for(both)), actor_for(other)
    engine.act(case.pk, "allow", ALLOW, second, expected_version=1)
    with pytest.raises(Forbidden) as problem:
        looks.look(case.pk, "finish", second)
    assert problem.value.where == "act"
    assert not Line.objects.filter(act="look").exists()
    assert looks.look(case.pk, "finish", actor_for(both)) == {"holder": {"name": "王"}}


def hold(rounds: list[list[list[str]]]) -> None:
    """In each round, either somebody else's remark came in time for the end, or nobody who remarked ended it."""
    assert len(rounds) > 5
    for lines in rounds:
        ends = [number for number, (act, _actor) in enumerate(lines) if act == "finish"]
        assert len(ends) <= 1
        for end in ends:
            assert ["remark", lines[end][1]] not in lines[:end]
    assert {lines[-1][0] for lines in rounds} <= {"finish", "remark"}


@pytest.mark.slow
def test_of_two_acts_of_one_person_at_once_the_second_sees_the_first_on_sqlite(tmp_path: Path) -> None:
    hold(contend(tmp_path, "", "tests.cases.engine.contend"))


@pytest.mark.postgres
def test_of_two_acts_of_one_person_at_once_the_second_sees_the_first_on_postgresql(tmp_path: Path) -> None:
    with own_database() as database:
        hold(contend(tmp_path, database, "tests.cases.engine.contend"))


def test_a_list_is_asked_in_one_query(both: User, other: User, django_assert_num_queries: Any) -> None:
    first = actor_for(both)
    one, cases = [opened(first)], [opened(first) for _ in range(3)]
    for rows in (one, cases):
        with django_assert_num_queries(1):
            found = done_by(first, rows)
        assert found == {case.pk: frozenset({"open"}) for case in rows}
    with django_assert_num_queries(0):
        assert done_by(first, []) == {}


def test_the_page_and_the_api_do_not_offer_it(both: User, other: User) -> None:
    case = opened(actor_for(both))
    at = f"/cases/{case.pk}/"
    for user, offered in ((both, False), (other, True)):
        client = signed_in(user)
        assert (f"{at}acts/allow/" in client.get(at).content.decode()) is offered
        assert ("allow" in client.get(f"/api/cases/{case.pk}").json()["acts"]) is offered
    sent = {"begins": "08:30", "deposit": "1", "width": "1", "version": "1"}
    refused = signed_in(both).post(f"{at}acts/allow/", sent)
    assert refused.status_code == 403
    assert "is for somebody else" in refused.content.decode()
