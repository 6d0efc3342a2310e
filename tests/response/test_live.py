from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise, takewhile

import pytest

from blockwise.access.actors import REPLAY
from blockwise.cases.models import Case
from blockwise.response.replay.beginning import played_until
from blockwise.response.replay.live import WEEK, shifted
from blockwise.response.replay.rows import CallRow

FIRST = datetime(2016, 12, 31, 8, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def calls(days: float) -> list[CallRow]:
    """One an hour; every second one repeats the one before it."""
    return [
        CallRow(str(n), FIRST + n * HOUR, "phone", "other", 3, 0.0, 0.0, "street", "", str(n - 1) if n % 2 else None)
        for n in range(round(days * 24))
    ]


@pytest.mark.parametrize("days", [7, 7.99, 8.5, 27.9, 28])
def test_no_hour_is_without_calls_however_long_the_source(days: float) -> None:
    start = FIRST + 515 * WEEK + timedelta(days=3)
    moving = takewhile(lambda call: call.received_at < start + 5 * WEEK, shifted(calls(days), start))
    moments = [call.received_at for call in moving]
    assert moments[0] - start < 5 * HOUR
    assert max(later - earlier for earlier, later in pairwise(moments)) <= 5 * HOUR


def test_a_call_keeps_its_weekday_and_hour_and_its_primary() -> None:
    start = FIRST + 515 * WEEK + timedelta(days=3)
    moved = shifted(calls(7), start)
    first, second = next(moved), next(moved)
    assert (first.received_at - FIRST) % WEEK == timedelta(days=3)
    assert second.repeat_of == first.call


def test_what_an_earlier_run_played_is_not_played_again(call: Callable[..., Case]) -> None:
    assert played_until().year == 1
    case = call()
    assert played_until().year == 1  # taken by a person
    Case.objects.filter(pk=case.pk).update(opened_by=REPLAY.id, opened_at=FIRST)
    assert played_until() == FIRST
    following = next(shifted(calls(7), FIRST + timedelta.resolution))
    assert following.received_at == FIRST + HOUR
