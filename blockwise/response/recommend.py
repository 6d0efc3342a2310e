"""Which units to send: free, qualified, on shift, by road time; a reason for each, the passed-over ones too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from blockwise import clock
from blockwise.analysis.dispatch import Choice, Reason, choose
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case
from blockwise.cases.queries import exact_places
from blockwise.places import cover, roads
from blockwise.units.models import Meaning
from blockwise.units.queries import Candidate, Candidates, candidates

LIMIT_S = 3600.0  # nobody farther than an hour is thought of
SHOWN = 12


@dataclass(frozen=True)
class Judged:
    """A unit with the answer to "why this one?" or "why not?". `fills` is the capability it would fill."""

    unit: Candidate
    reason: Reason
    seconds: float | None  # by road, None beyond reach
    rank: int | None  # 1 is the nearest that could go
    fills: str = ""
    cover_lost: float | None = None  # share of the residents who would no longer find a free unit, if it left alone


@dataclass(frozen=True)
class Recommendation:
    """`send` fills the needs; `next` could go too, nearest first; `passed_over` are nearer than the last one sent, or
    the nearest ones there are, and cannot go. `shortfalls`: capability to number that nobody free can fill."""

    needs: Mapping[str, int]
    send: tuple[Judged, ...]
    next: tuple[Judged, ...]
    passed_over: tuple[Judged, ...]
    shortfalls: Mapping[str, int]
    considered: int
    at: datetime
    cover_lost: float | None = None  # as Judged has it, when all of `send` leave; None while the cover is not known


def recommend(case: Case) -> Recommendation:
    """The recommendation for an open case as things stand now; units already on it count towards its needs."""
    now = clock.now()
    units = candidates(now)
    needs = _still_needed(case, units)
    stand = roads.joined(np.array([units.lon_e7, units.lat_e7], dtype=np.int64).T)
    seconds = roads.times_of(_point(case), stand, now, LIMIT_S)
    at_work = np.array([case is not None for case in units.case], dtype=bool)
    free = np.array([meaning == Meaning.AVAILABLE for meaning in units.meaning], dtype=bool) & ~at_work
    on_shift = np.array(units.on_shift, dtype=bool)
    choice = choose(
        seconds,
        units.capabilities,
        needs,
        free=free,
        on_shift=on_shift,
        standing=cover.standing(stand, _busy(free, on_shift), now),
    )
    return _recommendation(needs, units, seconds, choice, now)


def ranks(case: Case) -> dict[str, int]:
    """The place of each unit that could go (code to rank), kept with the assignment when it is sent."""
    found = recommend(case)
    return {judged.unit.code: judged.rank for judged in (*found.send, *found.next) if judged.rank}


def _still_needed(case: Case, units: Candidates) -> dict[str, int]:
    """What the case's type needs beyond the units that work on it; one patrol where the type says nothing."""
    declared = registry.of(case).type_coded(case.type)
    needs = dict(declared.needs) if declared and declared.needs else {"patrol": 1}
    for able, working in zip(units.capabilities, units.case, strict=True):
        if working == case.pk:
            fills = next((name for name in sorted(needs) if needs[name] and name in able), None)
            if fills:
                needs[fills] -= 1
    return needs


def _point(case: Case) -> tuple[int, int]:
    exact = exact_places([case]).get(case.pk)
    if exact:
        return int(exact["lon_e7"]), int(exact["lat_e7"])
    if case.lon_e7 is not None and case.lat_e7 is not None:
        return case.lon_e7, case.lat_e7
    return case.block.lon_e7, case.block.lat_e7


def _busy(free: np.ndarray, on_shift: np.ndarray) -> float:
    """The share of the units on shift that are busy now, taken as neither never nor always so."""
    return float(np.clip(1 - (free & on_shift).sum() / max(on_shift.sum(), 1), 0.05, 0.95))


def _recommendation(
    needs: Mapping[str, int], units: Candidates, seconds: np.ndarray, choice: Choice, now: datetime
) -> Recommendation:
    rank = {unit: place for place, unit in enumerate(choice.order, start=1)}

    def judged(index: int) -> Judged:
        time = float(seconds[index])
        fills = choice.picked.get(index, "")
        seconds_there = time if np.isfinite(time) else None
        lost = None if choice.losses is None else float(choice.losses[index])
        return Judged(units.one(index), choice.reasons[index], seconds_there, rank.get(index), fills, lost)

    send = [judged(index) for index in choice.picked]
    following = [index for index in choice.order if index not in choice.picked]
    last = max((one.seconds or 0.0 for one in send), default=0.0)
    able = [i for i in np.argsort(seconds, kind="stable").tolist() if choice.reasons[i] in PASSED_OVER]
    nearer = [i for i in able if seconds[i] <= last] or able
    return Recommendation(
        needs=needs,
        send=tuple(send),
        next=tuple(judged(index) for index in following[:SHOWN]),
        passed_over=tuple(judged(index) for index in nearer[:SHOWN]),
        shortfalls=choice.shortfalls,
        considered=len(units.code),
        at=now,
        cover_lost=choice.lost,
    )


PASSED_OVER = frozenset({Reason.BUSY, Reason.OFF_SHIFT, Reason.UNREACHABLE})
