"""A claimed time is believed inside what the record supports, and held at the nearer edge outside of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from blockwise.cases.rules.moments import supported

times = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  (hypothesis wants them naive)
MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 5, 6, 12, tzinfo=UTC)


@given(claim=times, received=times, opened=st.none() | times)
def test_it_lies_between_the_opening_and_the_receipt(
    claim: datetime, received: datetime, opened: datetime | None
) -> None:
    found = supported(claim, received, opened)
    assert found.at <= received
    assert opened is None or opened > received or found.at >= opened
    assert found.claim == claim


@given(claim=times, received=times, opened=st.none() | times)
def test_no_other_time_inside_is_nearer_to_the_claim(
    claim: datetime, received: datetime, opened: datetime | None
) -> None:
    found = supported(claim, received, opened)
    lower = opened if opened and opened <= received else min(claim, received)
    assert found.at == min(max(claim, lower), received)
    assert (found.edge == "") == (found.at == claim)
    assert bool(found.said) == bool(found.edge)


@given(claims=st.tuples(times, times), received=times, opened=times)
def test_the_order_of_claims_stays(claims: tuple[datetime, datetime], received: datetime, opened: datetime) -> None:
    first, second = (supported(claim, received, opened).at for claim in sorted(claims))
    assert first <= second


def test_without_a_claim_it_is_the_receipt() -> None:
    assert (supported(None, NOON).at, supported(None, NOON).said) == (NOON, {})


def test_the_line_says_where_it_is_held() -> None:
    fast = supported(NOON + 5 * MINUTE, NOON)
    assert fast.said == {"held": {"at": "2026-05-06T12:00:00.000000Z", "by": "received"}}
    early = supported(NOON - 5 * MINUTE, NOON, NOON - MINUTE)
    assert early.said == {"held": {"at": "2026-05-06T11:59:00.000000Z", "by": "opening"}}
