"""The outbox: a row is the queue; claimed once, retried later and later, done once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blockwise import clock
from blockwise.cases import outbox
from blockwise.cases.models import Outbox

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)


class Carrier:
    """Fails as often as it is told to, then carries."""

    def __init__(self, failures: int = 0) -> None:
        self.failures, self.carried, self.asked = failures, [], 0  # type: ignore[var-annotated]  # of payloads

    def __call__(self, payload: Mapping[str, Any]) -> None:
        self.asked += 1
        if self.asked <= self.failures:
            raise ConnectionError("no way out, 张三")
        self.carried.append(payload["n"])


@pytest.fixture
def carrier(monkeypatch: pytest.MonkeyPatch) -> Carrier:
    monkeypatch.setattr(outbox, "_handlers", {})
    found = Carrier()
    outbox.deliver_with("topic", found)
    return found


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set the machine's time."""

    def set_(moment: datetime) -> None:
        monkeypatch.setattr(clock, "real_now", lambda: moment)

    set_(NOW)
    return set_


def test_what_is_due_goes_out_once_in_its_order(carrier: Carrier, at: Any) -> None:
    for number in range(3):
        outbox.put("topic", {"n": number}, 7)
    assert outbox.oldest_waiting() == NOW
    assert (outbox.deliver(), outbox.deliver()) == (3, 0)
    assert carrier.carried == [0, 1, 2]
    assert outbox.oldest_waiting() is None
    assert set(Outbox.objects.values_list("line", flat=True)) == {7}


def test_a_dead_internet_is_tried_later_and_later_and_nothing_is_lost(carrier: Carrier, at: Any) -> None:
    carrier.failures = 13
    outbox.put("topic", {"n": 1}, 1)
    moment, waits = NOW, []
    while not outbox.deliver():
        row = Outbox.objects.get()
        assert row.error == "ConnectionError"  # and not what it said
        assert outbox.deliver() == 0  # not before its time
        waits.append(row.next_at - moment)
        at(moment := row.next_at)
    assert waits[:4] == [timedelta(seconds=2**n) for n in range(4)]
    assert max(waits) == timedelta(hours=1)
    row = Outbox.objects.get()
    assert (row.attempts, row.error, carrier.carried) == (13, "", [1])


def test_a_row_another_worker_holds_is_left_until_its_claim_ends(carrier: Carrier, at: Any) -> None:
    outbox.put("topic", {"n": 1}, 1)
    Outbox.objects.update(claimed_by="another", claimed_until=NOW + timedelta(minutes=2))
    assert outbox.deliver() == 0
    at(NOW + timedelta(minutes=2, seconds=1))
    assert outbox.deliver() == 1


def test_whoever_comes_second_to_a_row_does_nothing(carrier: Carrier, at: Any) -> None:
    """Two workers saw the same row due; the claim decides."""
    outbox.put("topic", {"n": 1}, 1)
    pk = Outbox.objects.get().pk

    def second(payload: Mapping[str, Any]) -> None:
        assert not outbox._deliver_one(pk)
        carrier(payload)

    outbox.deliver_with("topic", second)
    assert outbox._deliver_one(pk)
    assert not outbox._deliver_one(pk)
    assert carrier.carried == [1]


def test_what_nobody_carries_stays_inside_and_is_done(carrier: Carrier, at: Any) -> None:
    outbox.put("nobody", {"n": 1}, 1)
    assert outbox.deliver() == 1
    assert carrier.carried == []
