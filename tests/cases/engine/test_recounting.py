"""The calendar changes, and open clocks with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models import F

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.cases.engine import clocks, recounting
from blockwise.cases.models import CaseClock, CountedBy
from blockwise.cases.room import ROOM
from blockwise.cases.rules import counting
from blockwise.ledger import lines
from blockwise.ledger.models import Line
from blockwise.places import current
from blockwise.places.models import CalendarDay, City
from blockwise.rooms import Role
from tests.cases.stories import Story, at, call, hazard, owned
from tests.people import person


@pytest.fixture
def actor(kinds: None) -> Actor:
    return actor_for(person("all", *((role, "99") for role in (Role.CALL_TAKER, Role.BLOCK_LEADER, Role.OVERSIGHT))))


@pytest.fixture(autouse=True)
def _settled(city: City, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(recounting, "SETTLES", timedelta())
    yield
    counting._calendar.cache_clear()


def published(**days: bool) -> None:
    """The city's calendar has these days now, each written as d2027_01_01."""
    named = {date.fromisoformat(name[1:].replace("_", "-")): works for name, works in days.items()}
    CalendarDay.objects.bulk_create(CalendarDay(date=day, works=works) for day, works in named.items())
    reread()


def reread() -> None:
    loaded = City.objects.get()
    loaded.version += 1
    loaded.save()
    current.forget()
    counting._calendar.cache_clear()


def recounted(when: str) -> int:
    with clock.at(at(when)):
        return sum(recounting.recount())


def told(story: Story) -> list[dict[str, Any]]:
    return [lines.data_of(one) for one in Line.objects.filter(thread=story.case.thread, act="clock_recomputed")]


def test_provisional_promises_are_counted_again_with_a_line_each(actor: Actor) -> None:
    story = hazard(actor, "12-30T15:00", priority=1)
    assert (story.due("handle"), story.clock("handle").provisional) == (at("2027-01-06T18:00"), True)
    assert not story.clock("grade").provisional
    assert recounted("12-31T09:00") == 0
    published(d2027_01_01=False, d2027_01_02=True, d2027_01_04=False)
    assert (recounted("12-31T10:00"), recounted("12-31T10:00")) == (1, 0)
    row = story.clock("handle")
    assert (row.due_at, row.provisional) == (at("2027-01-07T18:00"), False)
    times = {"before": "2027-01-06T10:00:00+00:00", "due_at": "2027-01-07T10:00:00+00:00"}
    assert told(story) == [{"clock": "handle", "round": 1, **times}]


def test_the_case_shows_the_earliest_promise_again(actor: Actor) -> None:
    story = hazard(actor, "12-31T17:00")
    assert (story.case.due_at, story.clock("grade").provisional) == (at("2027-01-01T11:00"), True)
    published(d2027_01_01=False)
    assert (recounted("12-31T17:30"), recounted("12-31T17:30")) == (2, 0)
    assert story.case.due_at == at("2027-01-04T11:00")


def test_a_holiday_added_to_a_published_year_moves_open_clocks_and_no_other(actor: Actor) -> None:
    story, theft = hazard(actor, "05-06T17:00"), call(actor, "05-06T17:00")
    met = hazard(actor, "05-06T17:00").does("grade", "05-06T17:30", grade="minor")
    kept = met.clock("grade")
    others = [row.due_at for row in CaseClock.objects.filter(case=theft.pk).order_by("pk")]
    assert (story.due("grade"), story.clock("grade").provisional) == (at("05-07T11:00"), False)
    published(d2026_05_07=False)
    assert recounted("05-06T18:00") == 4  # both promises of the open one, the two that the grading left or started
    assert (story.due("grade"), story.case.due_at) == (at("05-08T11:00"), at("05-08T11:00"))
    assert (met.clock("grade").due_at, met.clock("grade").stopped_at) == (kept.due_at, at("05-06T17:30"))
    assert [row.due_at for row in CaseClock.objects.filter(case=theft.pk).order_by("pk")] == others
    assert {one["clock"] for one in told(met)} == {"handle", "name_owner"}


def test_a_holiday_taken_back_moves_them_back(actor: Actor) -> None:
    story = hazard(actor, "05-06T17:00")
    published(d2026_05_07=False)
    recounted("05-06T18:00")
    CalendarDay.objects.all().delete()
    reread()
    assert recounted("05-06T18:00") == 2
    assert story.due("grade") == at("05-07T11:00")


def test_a_promise_that_stands_still_has_as_much_more_or_less_left(actor: Actor) -> None:
    story = owned(actor).does("suspend", "05-07T09:00", reason="等材料")
    before = story.clock("handle").remaining_ms
    published(d2026_05_11=False)  # the ten days end a day later, and so does nothing of what is left
    assert recounted("05-08T09:00") == 0
    assert story.clock("handle").remaining_ms == before
    story.does("resume", "05-12T09:00")  # 7 May 7 h, 8 May 8 h, 9 May 8 h, 12 May 1 h: three days
    assert story.due("handle") == at("05-25T18:00")


def test_an_alarm_in_working_time_does_not_go_off_on_the_new_holiday(actor: Actor) -> None:
    story = hazard(actor, "05-08T14:00")
    assert (story.due("grade"), story.clock("grade").wakes_at) == (at("05-08T18:00"), at("05-09T08:00"))
    published(d2026_05_09=False)
    recounted("05-08T15:00")
    assert (story.due("grade"), story.clock("grade").wakes_at) == (at("05-08T18:00"), at("05-11T08:00"))
    assert {"clock": "grade", "round": 1, "before": "2026-05-08T10:00:00+00:00"}.items() <= told(story)[0].items()


def test_what_was_missed_and_raised_stays_so_whatever_calendar_comes(actor: Actor) -> None:
    story = hazard(actor, "05-06T17:00")
    clocks.escalate_due(at("05-07T12:00"))
    level, due = story.clock("grade").level, story.due("grade")
    assert level > 0
    published(d2026_05_07=False)
    recounted("05-07T12:01")
    assert (story.clock("grade").level, story.due("grade")) == (level, due)


def test_a_calendar_that_was_loaded_and_put_back_is_asked_again(actor: Actor) -> None:
    story = hazard(actor, "05-06T17:00")
    recounted("05-06T18:00")
    due = story.due("grade")
    CaseClock.objects.filter(case=story.case, name="grade").update(due_at=at("05-20T11:00"))  # by one in between
    City.objects.update(loaded_at=F("loaded_at") - timedelta(seconds=1))
    reread()
    assert recounted("05-06T18:00") >= 1
    assert story.due("grade") == due


def test_another_release_of_the_library_is_asked_again(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    story = hazard(actor, "05-06T17:00")
    recounted("05-06T18:00")
    monkeypatch.setattr(counting, "release", lambda _name: "99.0")
    monkeypatch.setattr(counting, "day_rule", without(date(2026, 5, 7)))
    counting._calendar.cache_clear()
    assert recounted("05-06T18:00") == 2
    assert story.due("grade") == at("05-08T11:00")


def without(holiday: date) -> Any:
    before = counting.day_rule
    return lambda name, differs: before(name, {**differs, holiday: False})


def test_nothing_new_costs_one_query(actor: Actor, django_assert_num_queries: Any) -> None:
    hazard(actor)
    recounted("05-06T18:00")
    with django_assert_num_queries(1):
        recounted("05-06T18:00")
    reread()  # loaded again, with the same calendar
    assert counting.calendar_digest() == CountedBy.objects.get().digest


def test_one_that_is_stopped_amid_them_is_done_by_the_next(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recounting, "A_PIECE", 2)
    stories = [hazard(actor, "05-06T17:00") for _ in range(3)]
    recounted("05-06T17:30")
    before = CountedBy.objects.get().digest
    published(d2026_05_07=False)
    with clock.at(at("05-06T18:00")):
        pieces = recounting.recount()
        assert next(pieces) == 2
        pieces.close()
    assert CountedBy.objects.get().digest == before
    assert (recounted("05-06T18:00"), [len(told(one)) for one in stories]) == (4, [2, 2, 2])
    assert CountedBy.objects.get().digest == counting.calendar_digest()


def test_a_damaged_one_holds_up_no_other(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    stories = [hazard(actor, "05-06T17:00") for _ in range(3)]
    count, damaged = recounting.refresh, stories[1].pk

    def refresh(declared: Any, row: CaseClock, *given: Any) -> None:
        if row.case_id == damaged:
            raise ValueError
        count(declared, row, *given)

    monkeypatch.setattr(recounting, "refresh", refresh)
    published(d2026_05_07=False)
    assert (recounted("05-06T18:00"), [len(told(one)) for one in stories]) == (4, [2, 0, 2])


def test_it_waits_until_every_process_has_the_city_that_was_loaded(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    hazard(actor, "05-06T17:00")
    monkeypatch.setattr(recounting, "SETTLES", timedelta(days=36500))
    published(d2026_05_07=False)
    assert (recounted("05-06T18:00"), CountedBy.objects.exists()) == (0, False)


def test_the_job_waits_while_the_time_is_doubted() -> None:
    [job] = [one for one in ROOM.jobs if one.name == "calendars"]
    assert job.timely
