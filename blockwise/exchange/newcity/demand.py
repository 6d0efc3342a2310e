"""When and where people call: rhythms, planted surges, and further calls about the same incident."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from blockwise.exchange.newcity.call_types import CALL_TYPES, CallType, daily, hourly
from blockwise.exchange.newcity.character import Places
from blockwise.exchange.newcity.plan import Plan, Rng, stream

FIRST_DAY = date(2026, 3, 2)  # a Monday
DAYS = 28
HOUR = 3600.0
SURGE_TYPES = (
    "crime.theft", "order.noise", "crime.burglary", "traffic.collision_damage", "fire.outside", "order.fight",
    "medical.fall", "hazard.gas", "dispute.commercial", "non_police.service", "traffic.obstruction", "fire.building",
)  # fmt: skip
LONGEST_REPEAT = 28 * 60.0  # seconds from the first call to a further one


@dataclass(frozen=True)
class Surge:
    """More calls of one type than usual in some cells from `start` to `end` (seconds into the history)."""

    type: int
    cells: list[int]
    start: float
    end: float
    factor: float
    extra: int


@dataclass(frozen=True)
class Incidents:
    """First calls in arrays (n,), by time: seconds from local midnight of FIRST_DAY, type, cell, surge or -1."""

    at: np.ndarray
    type: np.ndarray
    cell: np.ndarray
    surge: np.ndarray


@dataclass(frozen=True)
class Demand:
    """Mean calls of a day by type (k,), and the chance of each cell by type (k, n)."""

    rate: np.ndarray
    chance: np.ndarray


def demand(plan: Plan, seed: int, where: Places, people: np.ndarray) -> Demand:
    """Rates of first calls such that, with the further ones, the plan's number come in a day."""
    rng = stream(seed, "demand")
    share = np.array([kind.share for kind in CALL_TYPES])
    more = np.array([kind.repeats for kind in CALL_TYPES])
    rate = share * plan.calls_per_day / (share * (1 + more)).sum()
    draw = np.array([kind.places for kind in CALL_TYPES])[:, where.kind] * (people + 150.0)
    draw = draw * np.exp(rng.normal(0, 0.55, draw.shape))
    return Demand(rate, draw / draw.sum(axis=1, keepdims=True))


def incidents(plan: Plan, seed: int, where: Places, usual: Demand) -> tuple[Incidents, list[Surge]]:
    """The usual first calls of 28 days with the planted surges among them."""
    rng = stream(seed, "incidents")
    parts = [_usual(rng, number, usual) for number in range(len(CALL_TYPES))]
    surges = _surges(plan, stream(seed, "surges"), where, usual)
    extra = stream(seed, "extra calls")
    parts += [_planted(extra, number, surge, usual) for number, surge in enumerate(surges)]
    at, kind, cell, surge_of = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((cell, kind, at))
    return Incidents(at[order], kind[order], cell[order], surge_of[order]), surges


def further(seed: int, first: Incidents) -> tuple[np.ndarray, np.ndarray]:
    """Further calls in arrays (m,): the number of the incident, and seconds after its first call."""
    rng = stream(seed, "repeats")
    mean = np.array([kind.repeats for kind in CALL_TYPES])[first.type]
    counts = np.minimum(rng.geometric(1 / (1 + mean)) - 1, 9)
    of = np.repeat(np.arange(len(mean)), counts)
    delay = np.minimum(20 + rng.exponential(6 * 60, len(of)), LONGEST_REPEAT - rng.uniform(0, 600, len(of)))
    return of, np.round(delay, 3)


def expected(kind: CallType, start: float, end: float) -> float:
    """Calls of a type between two moments of the history (seconds), in units of its mean day."""
    total = 0.0
    for hour in range(int(start // HOUR), int(np.ceil(end / HOUR))):
        part = min(end, (hour + 1) * HOUR) - max(start, hour * HOUR)
        total += _of_day(kind, hour // 24) * float(hourly(kind)[hour % 24]) * part / HOUR
    return total


def _of_day(kind: CallType, day: int) -> float:
    today = FIRST_DAY + timedelta(days=day)
    return daily(kind, today.weekday(), today.timetuple().tm_yday)


Columns = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _usual(rng: Rng, number: int, usual: Demand) -> Columns:
    kind = CALL_TYPES[number]
    by_day = np.array([_of_day(kind, day) for day in range(DAYS)])
    counts = rng.poisson(usual.rate[number] * np.outer(by_day, hourly(kind)).ravel())
    at = np.repeat(np.arange(DAYS * 24) * HOUR, counts) + rng.uniform(0, HOUR, int(counts.sum()))
    cell = rng.choice(usual.chance.shape[1], len(at), p=usual.chance[number])
    return _columns(at, number, cell, -1)


def _columns(at: np.ndarray, number: int, cell: np.ndarray, surge: int) -> Columns:
    return np.round(at, 3), np.full(len(at), number), cell, np.full(len(at), surge)


def _surges(plan: Plan, rng: Rng, where: Places, usual: Demand) -> list[Surge]:
    """Neighbouring cells, some days, one type each; never two in one place."""
    codes = [kind.code for kind in CALL_TYPES]
    free = np.ones(len(where.kind), bool)
    out = []
    for number in range(plan.surges):
        kind = codes.index(SURGE_TYPES[number % len(SURGE_TYPES)])
        chance = np.where(free, usual.chance[kind], 0.0)
        middle = int(rng.choice(len(chance), p=chance / chance.sum()))
        away = np.hypot(*(where.middle - where.middle[middle]).T)
        away[~free | (usual.chance[kind] == 0)] = np.inf
        cells = np.sort(np.argsort(away, kind="stable")[: int(rng.integers(4, 10))])
        free[cells] = False
        start = float(rng.integers(7, 22)) * 24 * HOUR
        end = start + float(rng.integers(2, 7)) * 24 * HOUR
        extra = int(rng.integers(*plan.surge_calls))
        mean = usual.rate[kind] * usual.chance[kind, cells].sum() * expected(CALL_TYPES[kind], start, end)
        out.append(Surge(kind, cells.tolist(), start, end, float(1 + extra / mean), extra))
    return out


def _planted(rng: Rng, number: int, surge: Surge, usual: Demand) -> Columns:
    kind = CALL_TYPES[surge.type]
    hours = np.arange(int(surge.start // HOUR), int(surge.end // HOUR))
    weight = np.array([_of_day(kind, h // 24) for h in hours.tolist()]) * hourly(kind)[hours % 24]
    hour = rng.choice(hours, surge.extra, p=weight / weight.sum())
    chance = usual.chance[surge.type, surge.cells]
    cell = np.array(surge.cells)[rng.choice(len(surge.cells), surge.extra, p=chance / chance.sum())]
    return _columns(hour * HOUR + rng.uniform(0, HOUR, surge.extra), surge.type, cell, number)
