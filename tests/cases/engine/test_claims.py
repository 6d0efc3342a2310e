"""Acts with a claimed time: what the clocks go by, and what the line and the story say."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from blockwise import clock
from blockwise.access.actors import REPLAY, Actor
from blockwise.cases import engine
from blockwise.cases.models import Case
from blockwise.cases.queries.shown import clock_state
from blockwise.cases.queries.story import story
from blockwise.ledger import lines, verify
from blockwise.problems import Invalid
from tests.cases.stories import Story, at, hazard

GRADE = {"grade": "serious"}


def graded(told: Story, when: str, claim: datetime) -> dict[str, Any]:
    """The line of an act done at `when` and claimed for another time."""
    with clock.at(at(when)):
        engine.act(told.pk, "grade", GRADE, told.actor, expected_version=1, happened_at=claim)
    return lines.content_of(lines.thread_lines(told.case.thread).last())  # type: ignore[arg-type]  # it was just written


def test_a_clock_that_is_fast_is_absorbed_and_marked(dispatcher: Actor) -> None:
    told = hazard(dispatcher)
    line = graded(told, "05-06T10:30", at("05-06T10:35"))
    assert line["happened_at"] == "2026-05-06T02:35:00.000000Z"
    assert line["data"]["held"] == {"at": "2026-05-06T02:30:00.000000Z", "by": "received"}
    assert story(told.case, dispatcher)[-1].happened_at == at("05-06T10:30")
    assert verify.verify_database().ok


def test_nothing_happened_to_a_case_before_it_was_opened(dispatcher: Actor) -> None:
    told = hazard(dispatcher)
    line = graded(told, "05-06T10:30", at("05-03T10:30"))
    assert line["data"]["held"] == {"at": "2026-05-06T02:00:00.000000Z", "by": "opening"}


def test_a_claim_that_the_record_supports_is_believed(dispatcher: Actor) -> None:
    told = hazard(dispatcher)
    line = graded(told, "05-06T10:30", at("05-06T10:10"))
    assert "held" not in line["data"]
    (kept,) = [row for row in told.case.clocks.all() if row.stopped_at]
    assert (kept.stopped_at, clock_state(kept)) == (at("05-06T10:10"), "kept")


@pytest.mark.parametrize("ahead", [timedelta(minutes=16), timedelta(days=3)])
def test_a_wrong_day_is_refused_with_a_word_and_without_a_trace(dispatcher: Actor, ahead: timedelta) -> None:
    told = hazard(dispatcher)
    with pytest.raises(Invalid) as refused:
        graded(told, "05-06T10:30", at("05-06T10:30") + ahead)
    assert refused.value.where == "happened_at"
    assert (told.case.version, lines.thread_lines(told.case.thread).count()) == (1, 1)


def test_a_case_opened_by_a_fast_clock_is_open_from_its_receipt(dispatcher: Actor) -> None:
    data = {"type": "fire.exit", "description": "x", "place": {"lon": 113.905, "lat": 22.555, "kind": "street"}}
    with clock.at(at("05-06T10:00")):
        case = engine.open_case("hazard", data, dispatcher, happened_at=at("05-06T10:05")).case
    assert Case.objects.get(pk=case).opened_at == at("05-06T10:00")


def test_a_replay_keeps_what_was(dispatcher: Actor) -> None:
    told = hazard(dispatcher)
    told.actor = REPLAY
    assert "held" not in graded(told, "05-06T10:30", at("05-06T09:00"))["data"]
