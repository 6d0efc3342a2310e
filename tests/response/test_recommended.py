"""`--dispatch recommended`: generated calls through the engine, sent as recommended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from blockwise.access.actors import Actor
from blockwise.cases.models import Case
from blockwise.ledger.verify import verify_database
from blockwise.response.replay import recommended
from blockwise.response.replay.rows import CallRow
from blockwise.units.models import Assignment
from tests.people import point_in

pytestmark = pytest.mark.django_db
START = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)  # a Wednesday morning: the roster has everybody on
LON, LAT = point_in("99010101")
CALL = CallRow("a", START, "phone", "crime.theft", 3, LON, LAT, "street", "1 Harbour Road")


def test_every_call_is_answered_by_the_recommended_unit_and_ends(dispatcher: Actor) -> None:
    calls = [replace(CALL, call=str(n), received_at=START + timedelta(minutes=20 * n)) for n in range(5)]
    shares: list[float] = []
    account = recommended.play(calls, None, seed=3, progress=shares.append)
    assert (account.calls, account.refused_calls, account.refused_rows) == (5, {}, {})
    assert shares == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert set(Case.objects.values_list("final", flat=True)) == {True}
    sent = list(Assignment.objects.order_by("dispatched_at"))
    assert len(sent) == 5
    assert {one.rank for one in sent} == {None}  # kept for what a person sends
    for one in sent:
        assert one.dispatched_at <= one.en_route_at <= one.on_scene_at <= one.cleared_at  # type: ignore[operator]  # none is missing
    assert verify_database().ok


def test_the_same_seed_is_the_same_day_and_another_one_another(dispatcher: Actor) -> None:
    def times(seed: int) -> list[object]:
        with transaction.atomic():  # each on a day of its own
            recommended.play([CALL], None, seed=seed)
            row = Assignment.objects.latest("pk")
            found = [row.dispatched_at, row.en_route_at, row.on_scene_at, row.cleared_at]
            transaction.set_rollback(True)
        return [moment - START for moment in found if moment]

    assert times(1) == times(1)
    assert times(1) != times(2)


def test_a_repeat_is_merged_into_its_primary(dispatcher: Actor) -> None:
    again = replace(CALL, call="b", received_at=START + timedelta(minutes=1), repeat_of="a")
    account = recommended.play([CALL, again], None)
    first, second = Case.objects.order_by("pk")
    assert (account.calls, second.primary_id, second.stage) == (2, first.pk, "merged")


def test_a_call_outside_the_city_is_refused_with_its_reason(dispatcher: Actor) -> None:
    account = recommended.play([replace(CALL, lon=1.0)], None)
    assert account.calls == 0
    assert "outside the city" in account.refused_calls["a"]
    assert recommended.play([], None).calls == 0
