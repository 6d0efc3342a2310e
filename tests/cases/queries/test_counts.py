"""What a block's page counts: at once what may be seen, of hidden cases a rough number that tells of no neighbour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.parse import digest_of
from blockwise.cases.models import Case, KindText
from blockwise.cases.queries import counts
from blockwise.rooms import Role
from tests.people import People, person, signed_in

from .test_visible import PLAIN

NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Shanghai
CELL, COMMUNITY = "99010101", "990101"


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def complaint(kinds: None) -> str:
    """A sensitive kind that names oversight alone."""
    text = PLAIN.format(name="complaint", number=1, sensitive="true", view="oversight", sends="key: s")
    KindText.objects.create(digest=digest_of(text), kind="complaint", text=text, stored_at=NOW)
    registry.forget()
    return "complaint"


def cases(count: int, ago: timedelta, *, kind: str = "call", sensitive: bool = True, **more: Any) -> None:
    text = KindText.objects.get(kind=kind)
    stage, opened_at = registry.parsed(text.digest).open_stage, NOW - ago
    row = {"kind": kind, "kind_text": text, "stage": stage, "sensitive": sensitive, "opened_at": opened_at}
    given = {"block_id": CELL, "place_kind": "street", "opened_by": "user:1", "type": "family.violence", **row, **more}
    Case.objects.bulk_create(Case(**given) for _number in range(count))


def seen(actor: Actor, block: str = COMMUNITY) -> tuple[dict[str, int], dict[str, int]]:
    """Open cases by kind, and the rough numbers of hidden ones."""
    now = {one.name: one.open for one in counts.counted(actor, block)}
    return now, {one.noun.en: one.least for one in counts.hidden(actor, block)}


DAYS = timedelta(days=1)


def test_a_leader_sees_no_count_rise_with_a_call(leader: Actor) -> None:
    cases(4, 3 * DAYS)
    before = seen(leader)
    cases(30, timedelta(hours=1))
    assert seen(leader) == before == ({}, {"call": 0})


@pytest.mark.parametrize(("count", "told"), [(0, 0), (1, 0), (4, 0), (5, 5), (9, 5), (10, 10), (23, 20)])
def test_hidden_cases_are_counted_by_fives(leader: Actor, count: int, told: int) -> None:
    cases(count, 3 * DAYS)
    assert seen(leader)[1] == {"call": told}


def test_a_count_moves_only_at_midnight_and_a_day_late(leader: Actor) -> None:
    cases(5, timedelta(0))
    told = []
    for hours in (0, 13, 15, 23, 37, 38, 47):  # 14 h later is midnight, 38 h later the next
        with clock.at(NOW + timedelta(hours=hours)):
            told.append(seen(leader)[1]["call"])
    assert told == [0, 0, 0, 0, 0, 5, 5]


def test_an_end_is_told_as_late_as_a_beginning(leader: Actor) -> None:
    cases(5, 3 * DAYS, final=True, closed_at=NOW)
    told = []
    for hours in (0, 37, 38):
        with clock.at(NOW + timedelta(hours=hours)):
            told.append(seen(leader)[1]["call"])
    assert told == [5, 5, 0]


def test_a_smallest_block_has_no_rough_count(leader: Actor) -> None:
    cases(20, 3 * DAYS)
    assert seen(leader, CELL) == ({}, {})


def test_a_kind_that_does_not_name_leaders_is_not_counted_for_them(
    leader: Actor, complaint: str, people: People
) -> None:
    cases(20, 3 * DAYS, kind=complaint, type="")
    cases(20, 3 * DAYS, kind=complaint, type="", sensitive=False)
    assert seen(leader) == ({}, {"call": 0})
    overseer = actor_for(person("olga", (Role.OVERSIGHT, "9901")))
    assert seen(overseer) == ({"complaint": 40}, {})
    taker = actor_for(person("tom", (Role.CALL_TAKER, "9901")))
    assert seen(taker) == ({}, {})


def test_what_may_be_seen_is_counted_at_once_and_exactly(dispatcher: Actor, people: People, leader: Actor) -> None:
    cases(3, timedelta(0))
    cases(2, timedelta(0), sensitive=False, type="order.noise")
    assert seen(dispatcher) == ({"call": 5}, {})
    assert seen(leader) == ({"call": 2}, {"call": 0})
    for name in ("neighbour", "outsider"):
        assert seen(people.actor(name)) == ({}, {})


def test_an_analyst_counts_plain_cases_and_no_sensitive_ones_of_a_kind_without_them(kinds: None) -> None:
    analyst = actor_for(person("ann", (Role.ANALYST, "9901")))
    cases(2, timedelta(0), sensitive=False, type="order.noise")
    cases(20, 3 * DAYS)
    assert seen(analyst) == ({"call": 2}, {})
    assert seen(analyst, CELL) == ({}, {})


def test_the_page_says_how_it_counts(leader: Actor, people: People) -> None:
    cases(7, 3 * DAYS)
    leading = signed_in(person("lena", (Role.BLOCK_LEADER, COMMUNITY)))
    page = leading.get(f"/blocks/{COMMUNITY}/").content.decode()
    assert "<dt>call</dt><dd>at least 5</dd>" in page
    assert "at least a day late" in page
    assert "at least 5" not in signed_in(people.in_charge).get(f"/blocks/{COMMUNITY}/").content.decode()
