"""The night's walk: every case is held against the record, wherever it lies, and what was changed is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from blockwise import clock
from blockwise.cases import engine
from blockwise.cases.kinds import registry
from blockwise.ledger import sample
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.ledger.verify import verify_database
from blockwise.rooms import Role
from blockwise.site import proving
from tests.ledger.by_hand import drop_triggers
from tests.people import People, person, point_in

pytestmark = pytest.mark.django_db
NIGHT = datetime(2027, 1, 5, 2, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def cases(people: People, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """One in each district, and one whose caller said nothing of a place: it lies over the whole city."""
    registry.forget()
    registry.store(registry.builtin_texts(), "system:test")
    taker = person("tom", (Role.CALL_TAKER, "99"), (Role.DISPATCHER, "99"))
    found = {}
    for name, code in (("west", "99010101"), ("east", "99020101")):
        lon, lat = point_in(code)
        place = {"lon": lon, "lat": lat, "text": "1 Harbour Road", "kind": "street"}
        found[name] = _opened(taker, place)
    found["city"] = _opened(taker, {"found": "none"})
    monkeypatch.setattr(proving, "_night", proving._Night())
    monkeypatch.setattr(sample, "some", lambda _most: [])
    yield found
    registry.forget()


def _opened(taker: Any, place: dict[str, Any]) -> int:
    from blockwise.access.actors import actor_for

    data = {"type": "crime.theft", "place": place, "channel": "phone", "description": "A bicycle."}
    return int(engine.open_case("call", data, actor_for(taker)).case)


def by_hand(text: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, values)


def night(monkeypatch: pytest.MonkeyPatch, looks: int = 12, at: datetime = NIGHT) -> None:
    monkeypatch.setattr(clock, "now", lambda: at)
    for _look in range(looks):
        proving.look()


def told() -> list[int]:
    return [data_of(line)["line"] for line in Line.objects.filter(thread=proving.THREAD).order_by("number")]


def line_of(case: int) -> int:
    return Line.objects.filter(thread=f"case:{case}").latest("number").number


@pytest.mark.parametrize("where", ["west", "east", "city"])
def test_a_case_changed_past_the_record_is_met_wherever_it_lies(
    cases: dict[str, int], where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand("UPDATE cases_case SET stage = 'closed' WHERE id = %s", cases[where])
    night(monkeypatch)
    assert told() == [line_of(cases[where])]
    assert proving.last_unfit() is not None
    assert not verify_database().ok


@pytest.mark.parametrize("where", ["west", "east", "city"])
def test_a_case_whose_row_is_gone_is_met(cases: dict[str, int], where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with connection.constraint_checks_disabled(), transaction.atomic():
        drop_triggers()
        for table in ("cases_caseclock", "cases_intake"):
            by_hand(f"DELETE FROM {table} WHERE case_id = %s", cases[where])
        by_hand("DELETE FROM cases_case WHERE id = %s", cases[where])
    night(monkeypatch)
    assert len(told()) == 1


def test_nothing_is_told_where_all_fits(cases: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    night(monkeypatch)
    assert told() == []
    assert proving.last_unfit() is None


def test_by_day_the_walk_rests(cases: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    by_hand("UPDATE cases_case SET stage = 'closed' WHERE id = %s", cases["west"])
    for hour in (0, 5, 14):
        night(monkeypatch, at=NIGHT.replace(hour=hour))
    assert told() == []


def test_one_difference_is_one_line_a_day(cases: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    by_hand("UPDATE cases_case SET stage = 'closed' WHERE id = %s", cases["west"])
    night(monkeypatch)
    night(monkeypatch, at=NIGHT + timedelta(days=1))
    assert len(told()) == 1


def test_what_one_night_does_not_reach_comes_first_in_the_next(
    cases: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Begun anew each night, the last districts of a large city would never be looked at."""
    looked: list[str] = []

    def note(threads: list[str]) -> None:
        looked.extend(threads)

    monkeypatch.setattr(sample, "first_unfit", note)
    for day in range(3):
        night(monkeypatch, looks=1, at=NIGHT + timedelta(days=day))
    assert sorted(looked) == sorted(f"case:{pk}" for pk in cases.values())


def test_a_worker_that_is_new_each_day_begins_at_another_district(
    cases: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = set()
    monkeypatch.setattr(sample, "first_unfit", lambda threads: begun.update(threads))
    for day in range(2):
        monkeypatch.setattr(proving, "_night", proving._Night())
        night(monkeypatch, looks=1, at=NIGHT + timedelta(days=day))
    assert begun == {f"case:{cases['west']}", f"case:{cases['east']}"}


def test_a_night_is_done_once(cases: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr(sample, "first_unfit", lambda threads: looked.extend(threads))
    night(monkeypatch, looks=40)
    assert len(looked) == len(cases)
