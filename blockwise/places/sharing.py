"""Equal questions share one answer: whoever asks while it is being worked out waits for it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """The last `kept` answers by what was asked: all that decides the answer, and who may see it was asked before."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._answers: dict[Hashable, Future[T]] = {}
        self._lock = Lock()

    def get(self, asked: Hashable, work_out: Callable[[], T]) -> T:
        """What fails, fails for all who wait, and is worked out anew for the next one."""
        with self._lock:
            answer = self._answers.get(asked)
            ours = answer is None
            if answer is None:
                while len(self._answers) >= self._kept:
                    del self._answers[next(iter(self._answers))]
                answer = self._answers[asked] = Future()
        if ours:
            try:
                answer.set_result(work_out())
            except BaseException as error:  # noqa: BLE001  (each that waits is told of it)
                with self._lock:
                    self._answers.pop(asked, None)
                answer.set_exception(error)
        return answer.result()
