from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.cases import engine
from blockwise.cases.engine import retention
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case
from blockwise.ledger import vault
from blockwise.ledger.models import DataKey, Line
from blockwise.rooms import Role
from tests.cases.engine.test_engine import NOW, acted, hazard
from tests.people import make_city, person
from tests.recorded import recorded

pytestmark = pytest.mark.django_db(transaction=True)  # an erasure is a transaction of its own
KEPT = timedelta(days=1095)  # as hazard.yaml declares


@pytest.fixture
def inspector(home: Path) -> Iterator[Actor]:
    make_city()
    registry.forget()
    registry.store(registry.builtin_texts(), "system:test")
    yield actor_for(person("inspector", (Role.BLOCK_LEADER, "9901"), (Role.BLOCK_LEADER, "9901")))
    registry.forget()


def voided(actor: Actor) -> Case:
    with clock.at(NOW):
        return acted(hazard(actor), "cancel", actor, reason="found twice", outcome="not_a_hazard")


@recorded
def reopen(case: Case) -> None:
    """As an act that reopens leaves it."""
    Case.objects.filter(pk=case.pk).update(final=False, closed_at=None, end_received_at=None)


def opened(case: Case) -> bool:
    text = (case.thread, case.sealed["description"])
    return vault.open_many([text])[text] is not None


def test_what_was_kept_as_long_as_declared_is_erased_and_that_is_on_the_record(inspector: Actor) -> None:
    case = voided(inspector)
    assert retention.erase_ended(NOW + KEPT) == 0
    assert opened(case)
    assert retention.erase_ended(NOW + KEPT + timedelta(seconds=1)) == 1
    assert not opened(case)
    last = Line.objects.get(thread=case.thread, act="erased")
    assert (last.actor, "kept 1095 days" in last.canonical) == ("system:worker", True)
    assert retention.erase_ended(NOW + 2 * KEPT) == 0


def test_an_open_case_and_one_that_was_opened_again_are_kept(inspector: Actor) -> None:
    with clock.at(NOW):
        still = hazard(inspector)
        again = acted(hazard(inspector), "cancel", inspector, reason="found twice", outcome="not_a_hazard")
    reopen(again)
    assert retention.erase_ended(NOW + 9 * KEPT) == 0
    assert opened(still)
    assert opened(again)


def test_a_time_claimed_for_the_end_brings_no_erasure_nearer(inspector: Actor) -> None:
    with clock.at(NOW - 3 * KEPT):
        case = hazard(inspector)
    with clock.at(NOW):
        data = {"reason": "found twice", "outcome": "not_a_hazard"}
        claim = NOW - 2 * KEPT
        engine.act(case.pk, "cancel", data, inspector, expected_version=1, happened_at=claim)
    case.refresh_from_db()
    assert (case.closed_at, case.end_received_at) == (claim, NOW)
    assert retention.erase_ended(NOW + KEPT) == 0
    assert opened(case)
    assert retention.erase_ended(NOW + KEPT + timedelta(seconds=1)) == 1


def test_a_case_that_was_opened_again_since_it_was_listed_is_kept(
    inspector: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands may be listed; erasing them takes a while, and somebody opens one of the last again meanwhile."""
    first, again = voided(inspector), voided(inspector)
    erase = retention.erase.erase

    def slow(thread: str, *args: Any, **more: Any) -> Line | None:
        if thread == first.thread:
            reopen(again)
        return erase(thread, *args, **more)

    monkeypatch.setattr(retention.erase, "erase", slow)
    assert retention.erase_ended(NOW + 2 * KEPT) == 1
    assert (opened(first), opened(again)) == (False, True)


def test_a_case_holds_its_own_kinds_time(inspector: Actor) -> None:
    """Another kind of the city keeps for longer or shorter: each case goes by the text it was opened under."""
    case = voided(inspector)
    shorter = registry.builtin_texts()["hazard"].replace("retention: {days: 1095}", "retention: {days: 30}")
    registry.store({"hazard": shorter}, "system:test")
    brief = voided(inspector)
    assert retention.erase_ended(NOW + timedelta(days=31)) == 1
    assert (opened(case), opened(brief)) == (True, False)
    assert DataKey.objects.filter(wrapped=None).count() == 1


def test_with_no_kind_there_is_nothing_to_do(home: Path, db: None) -> None:
    assert retention.erase_ended(NOW) == 0


def test_the_engine_refuses_what_would_seal_anew_in_an_erased_case(inspector: Actor) -> None:
    case = voided(inspector)
    retention.erase_ended(NOW + KEPT * 2)
    with pytest.raises(vault.Erased), clock.at(NOW):
        engine.act(case.pk, "note", {"note": "late"}, inspector)
