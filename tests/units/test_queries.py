"""The board and the candidates, in few queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.units.models import Unit
from blockwise.units.queries import STALE, board, candidates
from tests.forces import CONTENT, make_forces, unit

from .conftest import NOW, call, do

SECOND = timedelta(seconds=1)


def test_candidates_are_all_units_that_are_not_retired(dispatcher: Actor, django_assert_max_num_queries: Any) -> None:
    case = call(dispatcher)
    do(case, "send", dispatcher, units=["M1"])
    Unit.objects.filter(pk="F1").update(retired_on=NOW.date())
    with django_assert_max_num_queries(5):  # four, and the city anew when a second has passed
        found = candidates(NOW)
    assert list(zip(found.code, found.meaning, found.on_shift, found.case, strict=True)) == [
        ("M1", "committed", True, case.pk),
        ("P1", "available", True, None),
        ("P2", "available", True, None),
        ("P3", "available", True, None),
        ("V1", "off_duty", False, None),
    ]
    first, shown = found.one(0), Unit.objects.get(pk="M1")
    assert first.capabilities == {"medical"}
    assert (first.call_sign, first.lon_e7, first.lat_e7) == ("M1号", shown.lon_e7, shown.lat_e7)


def test_a_city_without_units_has_no_candidates(dispatcher: Actor) -> None:
    Unit.objects.update(retired_on=NOW.date())
    assert [len(column) for column in candidates(NOW)] == [0] * 8


def test_three_hundred_candidates_cost_the_same_queries(dispatcher: Actor, django_assert_max_num_queries: Any) -> None:
    make_forces(units=(*CONTENT.units, *(unit(f"X{n}") for n in range(300))))
    with django_assert_max_num_queries(5):  # four, and the city anew when a second has passed
        assert len(candidates(NOW).code) == 306
    with django_assert_max_num_queries(5):  # four, and the city anew when a second has passed
        assert len(board(dispatcher)) == 304


def test_a_position_older_than_five_minutes_is_stale_while_on_duty(dispatcher: Actor) -> None:
    seen = {"P1": STALE, "P2": STALE + SECOND, "M1": STALE + SECOND}
    for code, ago in seen.items():
        Unit.objects.filter(pk=code).update(position_at=NOW - ago)
    Unit.objects.filter(pk="M1").update(meaning="off_duty", status="off")
    assert {one.unit.pk: one.stale for one in board(dispatcher)} == {"F1": True, "M1": False, "P1": False, "P2": True}


def test_minutes_in_a_status_are_whole_and_never_negative(dispatcher: Actor) -> None:
    Unit.objects.filter(pk="P1").update(status_at=NOW - 61 * SECOND * 10)
    Unit.objects.filter(pk="P2").update(status_at=NOW + 90 * SECOND)
    with clock.at(NOW):
        minutes = {one.unit.pk: one.minutes for one in board(dispatcher)}
    assert (minutes["P1"], minutes["P2"]) == (10, 0)
