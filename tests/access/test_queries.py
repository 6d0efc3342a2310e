"""Who answers for a block, and the cases an actor sees: the same as the policy says of each one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import WORKER, Actor, Held
from blockwise.access.queries import answers_for, reach, visible
from blockwise.access.seams import seams
from blockwise.places.models import Block, City
from blockwise.problems import Forbidden, NotFound
from blockwise.rooms import Role
from tests.people import CODES, give, person


def named(block: str) -> tuple[str, str | None]:
    found, leader = answers_for(block)
    return found.pk, leader and leader.login


def test_the_nearest_leader_upwards_answers(city: City) -> None:
    person("wu", (Role.BLOCK_LEADER, "9901"))
    person("li", (Role.BLOCK_LEADER, "990102"))
    person("no", (Role.DISPATCHER, "99010101"))
    answers = {code: named(code) for code in ("99010101", "990101", "99010201", "9901", "99", "99020101")}
    assert answers == {
        "99010101": ("9901", "wu"),
        "990101": ("9901", "wu"),
        "99010201": ("990102", "li"),
        "9901": ("9901", "wu"),
        "99": ("99", None),
        "99020101": ("99020101", None),
    }


def test_a_leader_whose_time_is_over_or_who_is_shut_out_does_not_answer(city: City) -> None:
    over, out = person("over"), person("out", (Role.BLOCK_LEADER, "990101"), is_active=False)
    give(over, Role.BLOCK_LEADER, "99010101", ends_at=clock.now() - timedelta(seconds=1))
    assert not out.is_active
    assert named("99010101") == ("99010101", None)


def test_the_longest_serving_of_two_leaders_answers(city: City) -> None:
    late, early = person("late"), person("early")
    give(late, Role.BLOCK_LEADER, "9901", starts_at=clock.now() - timedelta(days=1))
    give(early, Role.BLOCK_LEADER, "9901", starts_at=clock.now() - timedelta(days=2))
    assert named("9901") == ("9901", "early")


def test_one_query_answers(city: City, django_assert_num_queries: Any) -> None:
    person("wu", (Role.BLOCK_LEADER, "99"))
    with django_assert_num_queries(1):
        assert named("99010101") == ("99", "wu")


def test_an_unknown_block_is_said_to_be_unknown(city: City) -> None:
    with pytest.raises(NotFound):
        answers_for("8888")


def blocks(actor: Actor, what: str) -> set[str]:
    allowed = reach(actor, what, field="pk")
    return set() if allowed is None else set(Block.objects.filter(allowed).values_list("pk", flat=True))


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("block", ["99", "9901", "990102"])
@pytest.mark.parametrize("what", ["case.count", "case.open", "people.manage"])
def test_rows_within_reach_are_those_the_policy_allows(
    city: City, monkeypatch: pytest.MonkeyPatch, role: Role, block: str, what: str
) -> None:
    monkeypatch.setattr(seams, "cases", None)
    actor = Actor("user:1", "One", (Held(role, block),))
    assert blocks(actor, what) == {code for code in CODES if policy.decide(actor, what, policy.About(block=code))}


def test_two_grants_reach_both_blocks_and_a_token_without_the_scope_is_told_so(city: City) -> None:
    held = (Held("analyst", "990101"), Held("analyst", "990201"))
    wanted = {code for code in CODES if code.startswith(("990101", "990201"))}
    assert blocks(Actor("user:1", "One", held), "case.count") == wanted
    with pytest.raises(Forbidden) as refused:
        blocks(Actor("user:1", "One", held, frozenset({"cases:write"})), "case.count")
    assert str(refused.value.fix) == "Use a token with the scope cases:read."


def test_a_role_over_the_whole_city_needs_no_condition(city: City) -> None:
    actor = Actor("user:1", "One", (Held("analyst", "99"),))
    assert not reach(actor, "case.count")
    assert visible(WORKER, Block.objects.all()).count() == len(CODES)
