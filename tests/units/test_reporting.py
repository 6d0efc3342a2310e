"""Positions that come in at once are taken together, with bounds: nobody waits for ever, nothing true is lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.problems import Forbidden, TooMany
from blockwise.units import reporting
from blockwise.units.models import Meaning, Track, Unit
from blockwise.units.positions import Fix
from blockwise.units.reporting import Batch, Line, report_positions
from tests.people import People, point_in

from .conftest import NOW, crew_of

SECOND = timedelta(seconds=1)
LON, LAT = point_in("99010101")
METRE = 1 / 111_195  # degrees of latitude
MANY = 6


def fix(unit: str = "P1", north: float = 0.0, seconds: float = 0) -> Fix:
    return Fix(unit, LON, LAT + north * METRE, NOW + seconds * SECOND)


def batch(actor: Actor, *fixes: Fix) -> Batch:
    return Batch(actor, dict(enumerate(fixes)))


def where(unit: str) -> int:
    return round((Unit.objects.get(pk=unit).lat_e7 / 1e7 - LAT) / METRE)


@pytest.mark.django_db(transaction=True)
def test_batches_that_wait_are_taken_in_one_turn(dispatcher: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction for all of them, and each is told what came of its own."""
    begun, let_go, turns = threading.Event(), threading.Event(), []
    real = reporting._taken

    def slow(batches: Any, *, held: bool) -> bool:
        turns.append(len(batches))
        begun.set()
        assert let_go.wait(60)
        return real(batches, held=held)

    def report(number: int) -> reporting.Reported:
        try:
            with clock.at(NOW + 60 * SECOND):
                return report_positions([fix("P1", 50 * number, number), fix("NOPE")], dispatcher)
        finally:
            connection.close()

    monkeypatch.setattr(reporting, "_taken", slow)
    with ThreadPoolExecutor(MANY) as threads:
        first = threads.submit(report, 1)
        assert begun.wait(60)
        others = [threads.submit(report, number) for number in range(2, MANY + 1)]
        while len(reporting.line.waiting) < MANY - 1:
            threading.Event().wait(0.01)
        let_go.set()
        done = [one.result(60) for one in (first, *others)]
    assert turns == [1, MANY - 1]
    assert [(one.accepted, [lost.index for lost in one.ignored]) for one in done] == [(1, [1])] * MANY
    assert where("P1") == 50 * MANY
    assert Track.objects.count() == MANY


def test_a_turn_is_bounded(dispatcher: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "A_TURN", 3)
    line = Line()
    given = [batch(dispatcher, *[fix()] * count) for count in (2, 1, 1, 5, 1)]
    for one in given:
        line.enter(one)
    taken = []
    while line.waiting:
        taken.append([len(one.left) for one in line.next()])
    assert taken == [[2, 1], [1], [5], [1]]


def test_beyond_the_bound_the_oldest_go_that_a_newer_one_of_the_unit_follows(
    dispatcher: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "MOST_WAITING", 4)
    line = Line()
    old, new = batch(dispatcher, fix("P1", 0, 1), fix("P2", 0, 2), fix("P1", 0, 3)), batch(dispatcher, fix("P1", 0, 9))
    line.enter(old)
    line.enter(new)
    assert (sorted(old.left), old.dropped) == ([0, 1, 2], [])
    line.enter(batch(dispatcher, fix("F1", 0, 4), fix("M1", 0, 0)))
    assert sorted(old.left) == [1]  # the last that is known of P2 stays, old as it is
    assert [(one.index, str(one.reason)) for one in old.dropped] == [
        (0, "A newer position is known."),
        (2, "A newer position is known."),
    ]
    with pytest.raises(TooMany, match="More positions wait") as refused:
        line.enter(batch(dispatcher, fix("P3")))
    assert refused.value.more == {"retry_after": 1}
    assert len(line.waiting) == 3


def test_nobody_pushes_out_what_another_sends(
    dispatcher: Actor, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may not speak for a unit may still send newer fixes of it: they replace none but its own."""
    monkeypatch.setattr(reporting, "MOST_WAITING", 2)
    line, true = Line(), batch(dispatcher, fix("P1", 0, 1))
    line.enter(true)
    line.enter(batch(people.actor("outsider"), fix("P1", 0, 2)))
    with pytest.raises(TooMany):
        line.enter(batch(people.actor("outsider"), fix("P2", 0, 3)))
    assert (len(true.left), true.dropped) == (1, [])


def test_what_was_dropped_is_told_with_the_rest(dispatcher: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "MOST_WAITING", 2)
    with clock.at(NOW + 60 * SECOND):
        done = report_positions([fix("P1", 20, 1), fix("P1", 60, 2), fix("P1", 120, 3)], dispatcher)
    assert (done.accepted, [one.index for one in done.ignored]) == (2, [0])
    assert where("P1") == 120


def test_one_refused_batch_harms_no_other_of_its_turn(dispatcher: Actor, people: People) -> None:
    sound, wrong = batch(dispatcher, fix("P1", 50)), batch(people.actor("outsider"), fix("P1", 900))
    reporting._take([wrong, sound])
    assert isinstance(wrong.failure, Forbidden)
    assert (sound.failure, sound.ignored, where("P1")) == (None, [], 50)


@pytest.mark.parametrize(
    ("change", "accepted", "north"),
    [
        ({"meaning": Meaning.OFF_DUTY, "status_id": "off"}, 0, 0),
        ({"position_at": NOW + 5 * SECOND, "lat_e7": round((LAT + 7 * METRE) * 1e7)}, 0, 7),
        ({"position_at": NOW - 5 * SECOND, "lat_e7": round((LAT + 7 * METRE) * 1e7)}, 1, 40),
    ],
)
def test_a_unit_that_changes_while_it_is_worked_out_is_judged_anew(
    dispatcher: Actor, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], accepted: int, north: int
) -> None:
    """It went off duty, or another process wrote a position: that is not written over."""
    real, left = reporting._Turn.__init__, [change]

    def before_another(turn: Any, *given: Any, **more: Any) -> None:
        real(turn, *given, **more)
        if left:
            Unit.objects.filter(pk="P1").update(**left.pop())

    monkeypatch.setattr(reporting._Turn, "__init__", before_another)
    done = report_positions([fix("P1", 40), fix("P2", 40)], dispatcher)
    monkeypatch.undo()
    assert done.accepted == 1 + accepted
    assert (where("P1"), where("P2"), Track.objects.count()) == (north, 40, 1 + accepted)


def test_a_fault_of_the_database_is_told_to_each_that_waits(dispatcher: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_batches: Any, *, held: bool) -> bool:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(reporting, "_taken", broken)
    one, two = batch(dispatcher, fix("P1")), batch(dispatcher, fix("P2"))
    reporting._take([one, two])
    assert one.done
    assert two.done
    assert str(one.failure) == str(two.failure) == "the disk is full"


def test_writing_takes_as_many_statements_for_many_units_as_for_one(dispatcher: Actor) -> None:
    counts = []
    for units in (["P1"], ["P2", "F1", "M1"]):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            report_positions([fix(unit, 40) for unit in units], dispatcher)
        counts.append(len([one for one in asked if "executemany" in one["sql"] or "UPDATE" in one["sql"]]))
    assert counts == [1, 1]


def test_a_crew_hears_of_its_own_case_alone(dispatcher: Actor) -> None:
    done = report_positions([fix("P1", 30)], crew_of("P1"))
    assert (done.accepted, done.near) == (1, ())
