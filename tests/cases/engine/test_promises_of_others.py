"""What a party or a department promised: shown as theirs, told when it is late, in no figure of the agency's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.access.models import User
from blockwise.cases import engine
from blockwise.cases.engine.clocks import escalate_due
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case, CaseClock
from blockwise.cases.queries import counts, listing, story
from blockwise.cases.queries.listing import Filter
from blockwise.cases.queries.shown import clocks_of, shown
from blockwise.ledger import verify
from blockwise.messages.models import Message
from blockwise.rooms import Role
from tests.kinds import store_kinds
from tests.people import person, point_in, signed_in

DISPUTE = (Path(__file__).parents[1] / "kinds" / "format_2" / "dispute.yaml").read_text(encoding="utf-8")
NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Shanghai
LATE = NOW + timedelta(days=9)
LON, LAT = point_in("99010101")
OPENING = {"type": "noise", "place": {"lon": LON, "lat": LAT, "kind": "street", "text": "1 Harbour Road"}}


@pytest.fixture
def desk(city: object) -> Iterator[Actor]:
    store_kinds({"dispute": DISPUTE})
    person("anna", (Role.DISPATCHER, "9901"))
    yield actor_for(person("desk", (Role.DISPATCHER, "9901"), (Role.OVERSIGHT, "9901")))
    registry.forget()


@pytest.fixture
def talks(desk: Actor) -> Case:
    """A dispute whose own promises are kept, and whose respondent and department have promised something."""
    with clock.at(NOW):
        case = engine.open_case("dispute", OPENING, desk).case
        engine.act(case, "name_respondent", {"details": {"name": "Li"}}, desk, expected_version=1)
        engine.act(case, "call_in", {}, desk, expected_version=2)
    return Case.objects.get(pk=case)


def of(case: Case) -> dict[str, Any]:
    return {str(one.words.en): (one.of and one.of.en, one.state, one.level) for one in clocks_of(case)}


def test_it_is_shown_as_theirs_and_the_case_is_not_late_by_it(talks: Case, desk: Actor) -> None:
    assert talks.due_at is None
    assert shown([talks])[0].due_at is None
    assert set(CaseClock.objects.filter(theirs=True).values_list("name", flat=True)) == {"answer", "inspection"}
    assert of(talks) == {
        "First talk": (None, "kept", 0), "Answer": ("respondent", "running", 0),
        "Inspection": ("the department", "running", 0),
    }  # fmt: skip
    page = signed_in(User.objects.get(login="anna"))
    told = page.get(f"/cases/{talks.pk}/", headers={"accept-language": "en"}).content.decode()
    assert "promised by respondent" in told
    out = page.get(f"/api/cases/{talks.pk}").json()["clocks"]
    assert {one["name"]: one["theirs"] for one in out} == {"first": False, "answer": True, "inspection": True}


def test_late_it_is_told_once_raised_to_nobody_and_in_no_count(talks: Case, desk: Actor) -> None:
    with clock.at(LATE):
        assert escalate_due(LATE) == 1  # the department's is told to nobody
        assert escalate_due(LATE + timedelta(days=9)) == 0
        [message] = Message.objects.all()
        assert (message.topic, message.role, message.late_at) == ("late_elsewhere", Role.BLOCK_LEADER, None)
        assert not listing.listed(desk, Filter(late=True)).cases
        assert not listing.listed(desk, Filter(raised=True)).cases
        assert [(one.open, one.late) for one in counts.counted(desk, "9901")] == [(1, 0)]
        assert story.story(talks, desk)[-1].sentence == "Not kept by respondent: Answer"
        engine.act(talks.pk, "finish", {"outcome": "agreed"}, desk, expected_version=3)
        page = signed_in(User.objects.get(login="anna")).get(f"/cases/{talks.pk}/", headers={"accept-language": "en"})
        assert of(talks)["Answer"] == ("respondent", "missed", 0)
        assert "1 missed" not in page.content.decode()
    assert verify.verify_database().ok


def test_kept_in_time_nobody_hears_of_it(talks: Case, desk: Actor) -> None:
    with clock.at(NOW + timedelta(hours=1)):
        engine.act(talks.pk, "answered", {}, desk)
    assert escalate_due(LATE) == 0
    assert of(talks)["Answer"] == ("respondent", "kept", 0)


def test_the_agencys_own_promise_beside_it_is_late_as_ever(desk: Actor) -> None:
    with clock.at(NOW):
        case = engine.open_case("dispute", OPENING, desk).case
    with clock.at(LATE):
        assert escalate_due(LATE) == 1
        assert [one.pk for one in listing.listed(desk, Filter(raised=True, late=True)).cases] == [case]
        assert Message.objects.get().topic == "escalated"
