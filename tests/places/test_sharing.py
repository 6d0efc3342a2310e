"""Equal questions share one answer; others do not, and a fault is nobody's answer for long."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from blockwise.places.sharing import Shared

MANY = 8


def test_whoever_asks_while_it_is_worked_out_waits_for_that_answer() -> None:
    shared: Shared[int] = Shared(4)
    begun, let_go, worked = threading.Event(), threading.Event(), []

    def work_out() -> int:
        worked.append(1)
        begun.set()
        assert let_go.wait(30)
        return 7

    with ThreadPoolExecutor(MANY) as threads:
        answers = [threads.submit(shared.get, "same", work_out) for _ in range(MANY)]
        assert begun.wait(30)
        assert shared.get("other", lambda: 8) == 8  # and holds nobody else up
        let_go.set()
        assert [one.result(30) for one in answers] == [7] * MANY
    assert worked == [1]


def test_only_the_last_answers_are_kept() -> None:
    shared: Shared[object] = Shared(2)
    first = shared.get(1, object)
    assert shared.get(1, object) is first
    shared.get(2, object)
    shared.get(3, object)
    assert shared.get(1, object) is not first


def test_a_fault_is_told_and_not_kept() -> None:
    shared: Shared[int] = Shared(2)
    with pytest.raises(ZeroDivisionError):
        shared.get("same", lambda: 1 // 0)
    assert shared.get("same", lambda: 1) == 1
