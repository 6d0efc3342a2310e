"""Who acts: grants in force at the city's time, in one query."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from blockwise import clock
from blockwise.access.actors import Actor, Held, actor_for, actor_of
from blockwise.access.periods import ALWAYS, first_moment, last_moment
from blockwise.access.seams import seams
from blockwise.places.models import City
from blockwise.problems import Unauthenticated
from blockwise.rooms import Role
from tests.people import People, give, person

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


def roles_at(moment: datetime, starts_at: datetime, ends_at: datetime | None) -> frozenset[str]:
    user = person("dora")
    give(user, Role.DISPATCHER, "9901", starts_at, ends_at)
    with clock.at(moment):
        return actor_for(user).roles()


@pytest.mark.parametrize(
    ("moment", "holds"),
    [(NOON - INSTANT, False), (NOON, True), (NOON + HOUR - INSTANT, True), (NOON + HOUR, False)],
)
def test_a_grant_holds_from_its_start_until_just_before_its_end(city: City, moment: datetime, holds: bool) -> None:
    assert roles_at(moment, NOON, NOON + HOUR) == ({"dispatcher"} if holds else set())


def test_a_grant_without_an_end_holds_in_2100_and_one_from_always_in_a_replay_of_2018(city: City) -> None:
    assert roles_at(datetime(2100, 1, 1, tzinfo=UTC), NOON, None) == {"dispatcher"}
    user = person("emil", (Role.CREW, "99"))
    with clock.at(datetime(2018, 1, 1, tzinfo=UTC)):
        assert actor_for(user).roles() == {"crew"}


def test_grants_are_one_query(people: People, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        actor = actor_for(people.in_charge)
    assert actor.held == (Held("call_taker", "9901"), Held("dispatcher", "9901"), Held("oversight", "9901"))
    assert (actor.id, actor.name, actor.name_en, actor.scopes) == (f"user:{people.in_charge.pk}", "爱丽", "Alice", None)


def test_a_role_covers_its_block_and_what_is_below(people: People) -> None:
    actor = people.actor("in_charge")
    where = {code: actor.holds("dispatcher", code) for code in ("99", "9901", "990101", "99010102", "9902", "99020101")}
    assert where == {"99": False, "9901": True, "990101": True, "99010102": True, "9902": False, "99020101": False}


def test_the_same_role_granted_twice_is_held_once(city: City) -> None:
    user = person("fay", (Role.ANALYST, "99"), (Role.ANALYST, "99"))
    assert actor_for(user).held == (Held("analyst", "99"),)


def test_a_crew_speaks_for_its_units_and_nobody_else_is_asked(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Crews:
        def units_of(self, users: Iterable[int]) -> dict[int, frozenset[str]]:
            asked.extend(users)
            return dict.fromkeys(asked, frozenset({"P1"}))

    monkeypatch.setattr(seams, "crews", Crews())
    crew, leader = person("gus", (Role.CREW, "99")), person("hal", (Role.BLOCK_LEADER, "99"))
    assert (actor_for(crew).units, actor_for(leader).units) == ({"P1"}, frozenset())
    assert asked == [crew.pk]


def test_a_request_without_anybody_is_refused(db: None) -> None:
    request = RequestFactory().get("/")
    with pytest.raises(Unauthenticated):
        actor_of(request)
    request.user = AnonymousUser()
    with pytest.raises(Unauthenticated):
        actor_of(request)


def test_a_request_is_asked_once(people: People, django_assert_num_queries: Any) -> None:
    request = RequestFactory().get("/")
    request.user = people.in_charge
    request.session = {}  # type: ignore[assignment]  # only asked for what it holds
    with django_assert_num_queries(1):
        first = actor_of(request)
        assert actor_of(request) is first
    assert isinstance(first, Actor)


SHANGHAI, NEW_YORK, SANTIAGO = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York"), ZoneInfo("America/Santiago")


@pytest.mark.parametrize(
    ("zone", "day", "first", "last"),
    [
        (SHANGHAI, date(2026, 11, 21), datetime(2026, 11, 20, 16, tzinfo=UTC), datetime(2026, 11, 21, 16, tzinfo=UTC)),
        (NEW_YORK, date(2026, 3, 8), datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 3, 9, 4, tzinfo=UTC)),
        (NEW_YORK, date(2026, 11, 1), datetime(2026, 11, 1, 4, tzinfo=UTC), datetime(2026, 11, 2, 5, tzinfo=UTC)),
        # Santiago's clocks jump from 00:00 to 01:00: the day begins at the jump
        (SANTIAGO, date(2026, 9, 6), datetime(2026, 9, 6, 4, tzinfo=UTC), datetime(2026, 9, 7, 3, tzinfo=UTC)),
    ],
)
def test_days_are_the_citys(zone: ZoneInfo, day: date, first: datetime, last: datetime) -> None:
    assert (first_moment(day, zone), last_moment(day, zone)) == (first, last)
    assert (first_moment(None, zone), last_moment(None, zone)) == (ALWAYS, None)


def test_a_role_until_a_day_holds_through_that_day_in_the_city(city: City) -> None:
    user = person("ida")
    give(user, Role.CREW, "99", ends_at=last_moment(date(2026, 11, 21), SHANGHAI))
    with clock.at(datetime(2026, 11, 21, 23, 59, 59, tzinfo=SHANGHAI)):
        assert actor_for(user).roles() == {"crew"}
    with clock.at(datetime(2026, 11, 22, 0, 0, tzinfo=SHANGHAI)):
        assert actor_for(user).roles() == set()
