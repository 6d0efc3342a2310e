"""Writers of one process on SQLite are served in the order in which they came."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

import pytest
from django.db import OperationalError, connection, transaction

from blockwise.cases.models import Heartbeat
from blockwise.clock import real_now
from blockwise.site.sqlite import base
from blockwise.site.sqlite.base import Queue

WRITERS, EACH = 8, 12


def test_turns_come_in_the_order_in_which_they_were_asked_for() -> None:
    queue, order = Queue(), []
    assert queue.enter(0)

    def work(number: int) -> None:
        assert queue.enter(5)
        order.append(number)
        queue.leave()

    threads = []
    for number in range(20):
        threads.append(threading.Thread(target=work, args=(number,)))
        threads[-1].start()
        while len(queue.waiting) <= number:
            time.sleep(0.001)
    queue.leave()
    for thread in threads:
        thread.join()
    assert order == list(range(20))


def test_who_waited_in_vain_leaves_the_queue() -> None:
    queue = Queue()
    assert queue.enter(0)
    assert not queue.enter(0.01)
    queue.leave()
    assert queue.enter(0)


@pytest.fixture
def _sqlite() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL locks rows")


@pytest.mark.usefixtures("_sqlite")
@pytest.mark.django_db(transaction=True)
class TestTransactions:
    def write(self) -> None:
        with transaction.atomic():
            Heartbeat.objects.update_or_create(worker="one", defaults={"beat_at": real_now()})

    def test_nobody_is_overtaken_by_more_than_those_who_wait(self) -> None:
        """Each writer goes again at once; between two turns of one, every other has at most two."""
        turns: list[int] = []

        def work(number: int) -> None:
            for _ in range(EACH):
                with transaction.atomic():
                    Heartbeat.objects.update_or_create(worker=f"w{number}", defaults={"beat_at": real_now()})
                    turns.append(number)
            connection.close()

        threads = [threading.Thread(target=work, args=(number,)) for number in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(turns) == WRITERS * EACH
        for number in range(WRITERS):
            mine = [at for at, one in enumerate(turns) if one == number]
            between = [turns[first + 1 : second] for first, second in pairwise(mine)]
            assert all(gap.count(other) <= 2 for gap in between for other in range(WRITERS))

    def test_a_change_outside_a_transaction_waits_in_line_too(self) -> None:
        """SQLite would let it ask again and again while others come and go."""
        self.write()
        order: list[str] = []

        def alone() -> None:
            Heartbeat.objects.filter(worker="one").update(beat_at=real_now())
            order.append("alone")
            connection.close()

        def together() -> None:
            with transaction.atomic():
                order.append("together")
            connection.close()

        queue = base._queues[str(connection.settings_dict["NAME"])]
        threads = []
        with transaction.atomic():
            for number, work in enumerate([alone, together]):
                threads.append(threading.Thread(target=work))
                threads[-1].start()
                while len(queue.waiting) <= number:
                    time.sleep(0.001)
        for thread in threads:
            thread.join()
        assert order == ["alone", "together"]

    @pytest.mark.parametrize("ends", ["rollback", "close", "fault"])
    def test_a_transaction_that_fails_makes_way(self, ends: str) -> None:
        def fail() -> None:
            try:
                with transaction.atomic():
                    if ends == "close":
                        connection.close()
                    elif ends == "fault":
                        connection.cursor().execute("SELECT nothing FROM nowhere")
                    else:
                        1 / 0  # noqa: B018  (something goes wrong)
            except (ZeroDivisionError, OperationalError):
                pass
            connection.close()

        failing = threading.Thread(target=fail)
        failing.start()
        failing.join()
        began = time.monotonic()
        self.write()
        assert time.monotonic() - began < 5

    def test_a_writer_that_waits_too_long_is_told(self) -> None:
        told: list[str] = []

        def second() -> None:
            connection.ensure_connection()
            connection.settings_dict = {**connection.settings_dict, "OPTIONS": {"timeout": 0.05}}
            try:
                self.write()
            except OperationalError as error:
                told.append(str(error))
            connection.close()

        with transaction.atomic():
            late = threading.Thread(target=second)
            late.start()
            late.join()
        assert told == ["database is locked: too many writers are in line"]
