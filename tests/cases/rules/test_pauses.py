"""A promise in working time with its pauses and priorities, against every minute counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from blockwise.cases.engine.promises import Promises
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.model import Kind
from blockwise.cases.kinds.parse import parse_kind
from blockwise.cases.models import Case, CaseClock
from blockwise.cases.rules import counting
from tests.cases.rules.test_calendar import MINUTE, SHANGHAI, china_2026, count_minutes, utc, walk_minutes

HOURS = {1: 8, 2: 16, 3: 40, 4: 80}
BEGINS = utc("2026-09-14T08:00+08:00")  # a Monday; a Sunday that works, a holiday and three weekends follow
STEPS = st.lists(st.tuples(st.integers(1, 4 * 1440), st.sampled_from((1, 2, 3, 4))), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def kind() -> Kind:
    """Hazards, with hours of working time by priority for their one promise."""
    hazard = parse_kind(registry.builtin_texts()["hazard"])
    handle = next(one for one in hazard.clocks if one.name == "handle")
    due = tuple((str(priority), hours * 3600) for priority, hours in HOURS.items())
    return replace(hazard, clocks=(replace(handle, due=due, unit="seconds"),))


class Told:
    """A case that is suspended and goes on by turns, and the working minutes that passed meanwhile, counted singly."""

    def __init__(self, kind: Kind, priority: int) -> None:
        self.kind, self.now, self.worked = kind, BEGINS, 0
        self.case = Case(type="fire.exit", priority=priority, stage="owned")
        self.row: CaseClock | None = None
        self._happens("", {"open"})

    @property
    def clock(self) -> CaseClock:
        assert self.row is not None
        return self.row

    @property
    def amount(self) -> int:
        return HOURS[self.case.priority] * 60

    def passes(self, minutes: int) -> None:
        then = self.now + minutes * MINUTE
        if self.case.stage == "owned":
            self.worked += count_minutes(SHANGHAI, china_2026, self.now, then)
        self.now = then

    def turns(self) -> None:
        self.case.stage, act = ("owned", "resume") if self.case.stage == "suspended" else ("suspended", "suspend")
        self._happens(act, {act})

    def becomes(self, priority: int) -> None:
        self.case.priority = priority
        self._happens("correct", {"correct"})

    def _happens(self, name: str, events: set[str]) -> None:
        rows = {self.row.name: self.row} if self.row else {}
        act = self.kind.act(name) if name else None
        promises = Promises(self.kind, self.case, act, self.now, {}, rows, frozenset(events))
        promises.apply()
        [self.row] = promises.rows.values()

    def agrees(self) -> None:
        """What is kept of the promise is what the minutes say."""
        left = self.amount - self.worked
        if left:  # with nothing left it is due now, or was at the last close
            assert counting.missed(self.clock, self.now) == (left < 0)
        if self.case.stage == "suspended":
            assert self.clock.remaining_ms == max(0, left) * 60_000
        elif left > 0:
            assert self.clock.due_at == walk_minutes(SHANGHAI, china_2026, self.now, left)


@pytest.mark.slow
@settings(max_examples=80, deadline=timedelta(seconds=5))
@given(steps=STEPS, first=st.sampled_from((1, 2, 3, 4)))
@example(steps=[(4 * 1440 + 120, 3), (3 * 1440, 3)], first=3)  # a weekend inside a pause, one of its days works
@example(steps=[(240, 1), (1440, 1)], first=3)  # more urgent while it stands still
def test_pauses_weekends_and_priorities_agree_with_every_minute_counted(
    kind: Kind, steps: list[tuple[int, int]], first: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "city_calendar", lambda: SHANGHAI)
        told = Told(kind, first)
        told.agrees()
        for minutes, priority in steps:
            told.passes(minutes)
            told.turns()
            told.agrees()
            if not counting.missed(told.clock, told.now):  # what was missed stays so: test_clocks.py
                told.becomes(priority)
                told.agrees()


def test_the_count_sees_a_pause(kind: Kind) -> None:
    """By hand: forty hours from Monday the 14th, suspended over Saturday and the Sunday that works."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "city_calendar", lambda: SHANGHAI)
        told = Told(kind, 3)
        assert told.clock.due_at == _local("2026-09-18T18:00")
        told.passes(4 * 1440 + 540)  # Friday, 17:00
        told.turns()
        assert told.clock.remaining_ms == 3_600_000
        told.passes(2 * 1440 + 960)  # Monday, 09:00
        told.turns()
        assert told.clock.due_at == _local("2026-09-21T10:00")


def _local(text: str) -> datetime:
    return utc(f"{text}+08:00")
