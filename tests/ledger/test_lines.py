import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from blockwise.ledger.lines import Entry, after, data_of, thread_lines, write
from blockwise.ledger.models import Head
from blockwise.problems import Invalid

pytestmark = pytest.mark.django_db


def test_lines_are_numbered_and_chained_by_thread() -> None:
    claimed = datetime(2026, 11, 21, 9, 2, 3, 4, tzinfo=UTC)
    first = write([Entry("case:1", "open", "user:3", "0101", {"a": 1}, claimed), Entry("unit:P1", "status", "user:4")])
    second = write(
        [Entry("case:1", "note", "user:3"), Entry("case:1", "send", "user:3"), Entry("system", "x", "user:3")]
    )
    assert [line.number for line in first + second] == [1, 2, 3, 4, 5]
    assert [(line.thread, line.thread_number) for line in first + second] == [
        ("case:1", 1), ("unit:P1", 1), ("case:1", 2), ("case:1", 3), ("system", 1),
    ]  # fmt: skip
    previous = [json.loads(line.canonical)["previous"] for line in first + second]
    assert previous == ["", "", first[0].hash, second[0].hash, ""]
    stamp = first[0].recorded_at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    assert first[0].canonical == (
        '{"act":"open","actor":"user:3","block":"0101","data":{"a":1},"happened_at":"2026-11-21T09:02:03.000004Z",'
        f'"number":1,"previous":"","recorded_at":"{stamp}","state":{{}},"thread":"case:1","thread_number":1}}'
    )
    assert list(thread_lines("case:1")) == [first[0], second[0], second[1]]
    assert after(2, 2) == second[:2]
    assert data_of(after(0, 1)[0]) == {"a": 1}


def test_one_write_takes_three_queries_whatever_the_count() -> None:
    write([Entry("case:1", "open", "user:3")])
    with CaptureQueriesContext(
        connection,
    ) as few:
        write([Entry(f"case:{i % 5}", "note", "user:3") for i in range(50)])
    assert len(few) == 3


def test_recorded_at_never_decreases_when_the_machine_clock_steps_back() -> None:
    ahead = datetime.now(UTC) + timedelta(hours=1)
    Head.objects.update(recorded_at=ahead)
    assert write([Entry("case:1", "open", "user:3")])[0].recorded_at == ahead


@pytest.mark.django_db(transaction=True)
def test_writing_outside_a_transaction_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        write([Entry("case:1", "open", "user:3")])


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_line_leaves_no_gap() -> None:
    with transaction.atomic():
        write([Entry("case:1", "open", "user:3")])
        transaction.set_rollback(True)
    with transaction.atomic():
        assert write([Entry("case:2", "open", "user:3")])[0].number == 1


@pytest.mark.parametrize(
    ("data", "path"),
    [({"speed": 1.5}, "data.speed"), ({"a": [1, {"b": float("nan")}]}, "data.a[1].b"), ({"t": {1: 2}}, "data.t"),
     ({"when": datetime(2026, 1, 1, tzinfo=UTC)}, "data.when"), ({"raw": b"x"}, "data.raw")],
)  # fmt: skip
def test_what_is_no_exact_json_is_refused_by_path(data: dict, path: str) -> None:
    with pytest.raises(TypeError, match=f"^{path.replace('[', '.').replace(']', '.')}: "):
        write([Entry("case:1", "open", "user:3", data=data)])


@pytest.mark.parametrize("bad", ["a\x00b", "\ud800", {"k\x00": 1}, ["\udfff"], 2**53, -(2**53)])
def test_what_cannot_be_stored_is_a_clear_refusal(bad: object) -> None:
    with pytest.raises(Invalid) as refused:
        write([Entry("case:1", "open", "user:3", data={"text": bad})])
    assert refused.value.where.startswith("data.text")


def test_deep_nesting_is_refused_before_the_stack_ends() -> None:
    deep: list = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(Invalid):
        write([Entry("case:1", "open", "user:3", data={"deep": deep})])


@pytest.mark.parametrize(
    "entry",
    [Entry("", "open", "user:3"), Entry("case:" + "1" * 60, "open", "user:3"), Entry("case:1", "", "user:3"),
     Entry("case:1", "open", ""), Entry("case:1", "open", "user:3", "0" * 25),
     Entry("case:1", "open", "user:3", happened_at=datetime(2026, 1, 1))],  # noqa: DTZ001  (naive on purpose)
)  # fmt: skip
def test_empty_or_long_names_and_naive_times_are_refused(entry: Entry) -> None:
    with pytest.raises(ValueError):
        write([entry])
