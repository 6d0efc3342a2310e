from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from blockwise.response.replay.history import Noted, events
from blockwise.response.replay.rows import STEPS, CallRow, ResponseRow, Source

START = datetime(2026, 5, 1, 8, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def call(name: str = "A", minutes: float = 0) -> CallRow:
    return CallRow(name, at(minutes), "phone", "other", 3, 0, 0, "street", "")


def response(row: int, call: str = "A", unit: str = "E1", **minutes: float) -> ResponseRow:
    return ResponseRow(row, call, unit, {f"{name}_at": at(value) for name, value in minutes.items()})


def test_a_plain_call_is_played_in_order() -> None:
    source = Source((call(),), (response(1, dispatched=2, en_route=3, on_scene=9, available=30),))
    played, noted = events(source)
    assert [(event.what, event.played_at) for event in played] == [
        ("open", at(0)),
        ("send", at(2)),
        ("en_route", at(3)),
        ("on_scene", at(9)),
        ("clear", at(30)),
        ("close", at(30)),
    ]
    assert noted == []


def test_work_before_the_unit_was_free_waits_and_keeps_its_claim() -> None:
    source = Source(
        (call(), call("B", 5)),
        (response(1, dispatched=0, available=10), response(2, "B", dispatched=6, on_scene=8, available=20)),
    )
    played, noted = events(source)
    clear = next(event for event in played if event.row == 1 and event.what == "clear")
    send = next(event for event in played if event.row == 2 and event.what == "send")
    assert send.at == at(6)
    assert clear.played_at < send.played_at < at(10.01)
    assert [(one.row, one.reason.split(":")[0]) for one in noted] == [(2, "overlap")]


def test_times_that_run_backwards_are_noted_and_kept() -> None:
    source = Source((call(),), (response(1, dispatched=0, transport=9, hospital=7, available=12),))
    played, noted = events(source)
    assert {event.what: event.at for event in played if event.row == 1}["at_hospital"] == at(7)
    assert noted == [Noted(1, "backwards: hospital before transport; kept as claimed")]


def test_a_unit_without_an_end_is_cleared_with_its_call() -> None:
    source = Source(
        (call(),), (response(1, dispatched=0, on_scene=5), response(2, unit="E2", dispatched=1, available=40))
    )
    played, noted = events(source)
    assert next(event for event in played if event.row == 1 and event.what == "clear").at == at(40)
    assert [one.reason.split(":")[0] for one in noted] == ["no_end"]


def test_rows_that_cannot_be_used_are_named() -> None:
    _played, noted = events(Source((call(),), (response(1, "Z", dispatched=0), response(2))))
    assert [(one.row, one.reason.split(":")[0]) for one in noted] == [(1, "no_call"), (2, "no_times")]


def test_a_call_nobody_was_sent_to_is_closed() -> None:
    played, _noted = events(Source((call(),), ()))
    assert [event.what for event in played] == ["open", "close"]


MINUTES = st.dictionaries(st.sampled_from([name.removesuffix("_at") for name in STEPS]), st.integers(0, 60), min_size=1)
ROWS = st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from(["E1", "E2"]), MINUTES), max_size=8)


@given(ROWS)
def test_whatever_was_recorded_every_time_is_played_once_and_a_unit_has_one_work_at_a_time(
    rows: list[tuple[str, str, dict[str, int]]],
) -> None:
    source = Source(
        (call("A"), call("B")), tuple(response(i, name, unit, **times) for i, (name, unit, times) in enumerate(rows))
    )
    played, _noted = events(source)
    for row in source.responses:
        own = [event for event in played if event.row == row.row]
        claimed = {event.what: event.at for event in own}
        assert {STEPS[name]: moment for name, moment in row.times.items()}.items() <= claimed.items()
        assert own[0].what == "send"
        assert own[-1].what == "clear"
    busy: dict[str, int] = {}
    for event in played:
        if event.what == "send":
            assert event.unit not in busy
            busy[event.unit] = event.row
        elif event.what == "clear":
            assert busy.pop(event.unit) == event.row
    assert busy == {}
    assert [event.what for event in played][-1] == "close"
