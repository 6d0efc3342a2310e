"""`--dispatch recommended`: the calls of a source, answered by the recommendation, with simulated crews.

Turnout, time on scene and transport are drawn from log-normal distributions (medians below, in seconds); travel is the
road time of the recommendation. The draws depend on the seed only, so a replay can be repeated.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count

import numpy as np
from django.db.models import Q

from blockwise import clock
from blockwise.access.actors import REPLAY
from blockwise.cases.engine import clocks
from blockwise.cases.models import Case
from blockwise.response.recommend import recommend
from blockwise.units.actions import turn_shifts
from blockwise.units.models import Assignment, Meaning, Unit
from blockwise.units.positions import Fix
from blockwise.units.reporting import MOST_FIXES, report_positions

from .beginning import demand_ahead
from .moving import Journey, journey
from .pace import Pace, demand_replayable
from .player import Account, Player
from .rows import CallRow

PROCESSING_S, TURNOUT_S, ON_SCENE_S = 45.0, 55.0, 1200.0  # medians
SPREAD = 0.5  # of the logarithm
AGAIN_S = 60.0  # when nobody is free
TRANSPORT_SHARE = 0.35  # of medical calls
TRANSPORT_S, HOSPITAL_S = 600.0, 900.0
RETURN_S = 600.0  # until a unit whose way is not followed is at its station
STEP_S = 5.0  # between two positions of a moving unit
STANDING = timedelta(minutes=2)  # between two positions of a unit that stands still
MINUTE = timedelta(minutes=1)
TURN = timedelta(minutes=5)  # between two looks at whose shift has begun or ended


@dataclass(order=True)
class Task:
    at: datetime
    number: int
    run: Callable[[datetime], object] = field(compare=False)


class Simulation:
    """Crews that follow the recommendation. `moving`: positions are reported on the way, for a living map."""

    def __init__(self, pace: Pace, seed: int, *, moving: bool) -> None:
        self.pace, self.moving = pace, moving
        self.random = np.random.default_rng(seed)
        self.player = Player()
        self.tasks: list[Task] = []
        self.numbers = count()
        self.working: dict[str, set[str]] = {}  # call -> units that are not clear

    @property
    def account(self) -> Account:
        return self.player.account

    def later(self, at: datetime, run: Callable[[datetime], object]) -> None:
        heapq.heappush(self.tasks, Task(at, next(self.numbers), run))

    def run_until(self, moment: datetime) -> None:
        """Carry out every task that is due before `moment`, in order of time, each when its time comes."""
        while self.tasks and self.tasks[0].at <= moment:
            task = heapq.heappop(self.tasks)
            self.pace.wait_until(task.at)
            task.run(task.at)
            self.pace.reached(task.at)

    def take(self, call: CallRow, at: datetime) -> None:
        """A call comes in; a repeated one joins its primary, another is answered after it was typed in."""
        if not self.player.open(call, at):
            return
        primary = self.player.cases.get(call.repeat_of or "")
        if primary and Case.objects.filter(pk=primary, final=False, primary=None).exists():
            self.player.act(call.call, "merge", {"primary": primary}, at)
            return
        self.later(at + self._drawn(PROCESSING_S), lambda then: self._send(call, then))

    def resume(self, call: CallRow, case: int, working: Sequence[Assignment], at: datetime) -> None:
        """Go on with an open case that this simulation did not begin."""
        self.player.cases[call.call] = case
        if not working:
            self.later(at + self._drawn(PROCESSING_S), lambda then: self._send(call, then))
        for one in working:
            self.working.setdefault(call.call, set()).add(one.unit_id)
            if one.on_scene_at is None:
                self._turn_out(call, one.unit_id, self._drawn(ON_SCENE_S / 4).total_seconds(), at)
            else:
                self.player.arrived.add(call.call)
                self.later(at + self._drawn(ON_SCENE_S / 2), partial(self._clear, call, one.unit_id))

    def _drawn(self, median_s: float) -> timedelta:
        return timedelta(seconds=float(median_s * np.exp(self.random.normal(0, SPREAD))))

    def _send(self, call: CallRow, at: datetime) -> None:
        case = Case.objects.filter(pk=self.player.cases[call.call], final=False).first()
        if case is None:
            return
        with clock.at(at):
            found = recommend(case)
        if found.send:
            units = [one.unit.code for one in found.send]
            refused = self.player.act(call.call, "send", {"units": units}, at)
            if refused is None:
                self.working.setdefault(call.call, set()).update(units)
                for one in found.send:
                    self._turn_out(call, one.unit.code, one.seconds or 0.0, at)
        if found.shortfalls:
            self.later(at + timedelta(seconds=AGAIN_S), lambda then: self._send(call, then))

    def _turn_out(self, call: CallRow, unit: str, seconds: float, at: datetime) -> None:
        leaves = at + self._drawn(TURNOUT_S)
        self.later(leaves, lambda then: self._step(call, unit, "en_route", then))
        if self.moving:
            self.later(leaves, lambda then: self._drive(unit, call.lon, call.lat, then))
        self.later(leaves + timedelta(seconds=seconds), lambda then: self._arrive(call, unit, then))

    def _arrive(self, call: CallRow, unit: str, at: datetime) -> None:
        self._at(unit, call.lon, call.lat, at)
        if not self._step(call, unit, "on_scene", at):
            return
        leaves = at + self._drawn(ON_SCENE_S)
        if call.type.startswith("medical") and self.random.random() < TRANSPORT_SHARE:
            self.later(leaves, lambda then: self._step(call, unit, "transport", then))
            leaves += self._drawn(TRANSPORT_S)
            self.later(leaves, lambda then: self._step(call, unit, "at_hospital", then))
            leaves += self._drawn(HOSPITAL_S)
        self.later(leaves, lambda then: self._clear(call, unit, then))

    def _clear(self, call: CallRow, unit: str, at: datetime) -> None:
        self._step(call, unit, "clear", at)
        left = self.working[call.call]
        left.discard(unit)
        if not left and Case.objects.filter(pk=self.player.cases[call.call], final=False).exists():
            self.player.close(call.call, at)
        self._home(unit, at)

    def _step(self, call: CallRow, unit: str, act: str, at: datetime) -> bool:
        """One step of a unit, if a person at a screen has not taken it elsewhere meanwhile."""
        mine = Assignment.objects.filter(case_id=self.player.cases[call.call], unit_id=unit, cleared_at=None)
        return mine.exists() and self.player.act(call.call, act, {"unit": unit}, at) is None

    def _home(self, unit: str, at: datetime) -> None:
        station = Unit.objects.select_related("station").get(pk=unit).station
        if self.moving:
            self._drive(unit, station.lon_e7 / 1e7, station.lat_e7 / 1e7, at)
        else:
            back = partial(self._at, unit, station.lon_e7 / 1e7, station.lat_e7 / 1e7)
            self.later(at + timedelta(seconds=RETURN_S), back)

    def _drive(self, unit: str, lon: float, lat: float, at: datetime) -> None:
        way = journey(unit, (lon, lat), at)
        if way is not None:
            self._roll(unit, way, at)

    def _roll(self, unit: str, way: Journey, at: datetime) -> None:
        """Report where the unit is, and again a moment later, until it has arrived or was sent elsewhere."""
        if way.is_over(unit, at):
            return
        point = way.point(at)
        self._at(unit, *point, at)
        if not way.arrived(at):
            self.later(at + timedelta(seconds=STEP_S), lambda then: self._roll(unit, way, then))

    def stand(self, at: datetime) -> None:
        """Have the units that stand still on duty report where they are, as their devices do, again and again."""
        silent = Q(position_at=None) | Q(position_at__lte=at - STANDING)
        still = Unit.objects.filter(silent, retired_on=None).exclude(meaning=Meaning.OFF_DUTY).order_by("code")
        fixes = [Fix(unit.pk, unit.lon_e7 / 1e7, unit.lat_e7 / 1e7, at) for unit in still]
        with clock.at(at):
            for start in range(0, len(fixes), MOST_FIXES):
                report_positions(fixes[start : start + MOST_FIXES], REPLAY)
        self.later(at + STANDING, self.stand)

    def _at(self, unit: str, lon: float, lat: float, at: datetime) -> None:
        with clock.at(at):
            report_positions([Fix(unit, lon, lat, at)], REPLAY)


def play(
    calls: Sequence[CallRow], speed: float | None, seed: int = 1, progress: Callable[[float], None] | None = None
) -> Account:
    """Play `calls` to their end by the recommendation. Forbidden where replays are refused.

    Conflict before what was played.
    """
    demand_replayable()
    if not calls:
        return Account()
    ordered = sorted(calls, key=lambda call: (call.received_at, call.call))
    demand_ahead(ordered[0].received_at)
    pace = Pace(ordered[0].received_at, speed)
    simulation = Simulation(pace, seed, moving=speed is not None)
    last = turned = ordered[0].received_at
    with clock.at(last):
        turn_shifts(last)
    for done, call in enumerate(ordered, start=1):
        for minute in _minutes(last, call.received_at):
            simulation.run_until(minute)
            with clock.at(minute):
                clocks.escalate_due(minute)
                if minute - turned >= TURN:
                    turn_shifts(turned := minute)
        simulation.run_until(call.received_at)
        pace.wait_until(call.received_at)
        simulation.take(call, call.received_at)
        last = call.received_at
        if progress:
            progress(done / len(ordered))
    simulation.run_until(datetime.max.replace(tzinfo=last.tzinfo))
    return simulation.account


def _minutes(start: datetime, end: datetime) -> Iterator[datetime]:
    while (start := start + MINUTE) < end:
        yield start
