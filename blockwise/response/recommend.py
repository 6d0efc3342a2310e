"""Which units to send: free, qualified, on shift, by road time; a reason for each, the passed-over ones too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.analysis.dispatch import Choice, Reason, choose
from blockwise.cases.models import Case
from blockwise.cases.rules.placing import UNPLACED
from blockwise.cases.rules.sealed_places import exact_places
from blockwise.cases.rules.sight import known_of
from blockwise.places import cover, roads
from blockwise.places.current import places
from blockwise.problems import Conflict
from blockwise.units.models import Assignment, Delay, Meaning
from blockwise.units.queries import Candidate, Candidates, candidates, delays_on

from .needs import at_work, level, still_needed, wanted

LIMIT_S = 3600.0  # nobody farther than an hour is thought of
SHOWN = 12
FOUND = 8  # units that match what somebody typed


@dataclass(frozen=True)
class Judged:
    """A unit with the answer to "why this one?" or "why not?". `fills` is the capability it would fill."""

    unit: Candidate
    reason: Reason
    seconds: float | None  # by road, None beyond reach
    rank: int | None  # 1 is the nearest that could go
    fills: str = ""
    cover_lost: float | None = None  # share of the residents who would no longer find a free unit, if it left alone
    stood_down: Assignment | None = None  # its earlier work on this case, from which it was taken
    here: bool = False  # it works on this case now


@dataclass(frozen=True)
class Filled:
    """A unit that works on the case, and which need it fills ("": one beyond the needs). `delay`: its last one."""

    unit: Candidate
    fills: str
    seconds: float | None  # by road from where it is, with what is left of its delay; None beyond reach
    delay: Delay | None = None
    faster: Judged | None = None  # of a delayed one: who could be there before it


@dataclass(frozen=True)
class Recommendation:
    """`needs`: what is still needed; `filled`: who works on it; `send` fills the needs; `next` could go too, nearest
    first; `passed_over` are nearer than the last one sent, or the nearest ones there are, and cannot go. `shortfalls`:
    capability to number that nobody free can fill. `alarm`: the level whose needs these are. `found`: what was asked
    for by call sign or code."""

    needs: Mapping[str, int]
    filled: tuple[Filled, ...]
    send: tuple[Judged, ...]
    next: tuple[Judged, ...]
    passed_over: tuple[Judged, ...]
    shortfalls: Mapping[str, int]
    considered: int
    at: datetime
    alarm: int
    cover_lost: float | None = None  # as Judged has it, when all of `send` leave; None while the cover is not known
    found: tuple[Judged, ...] = ()
    to_block: str = ""  # while there is no place yet: the block to whose middle the times are


def recommend(case: Case, *, more: str = "", sought: str = "") -> Recommendation:
    """The recommendation for an open case as things stand now; units already on it count towards its needs.

    `more`: one more of this capability than is needed. `sought`: a call sign or code, or a part of one.
    """
    return _Survey(case, more).recommendation(sought)


def recommend_to(actor: Actor, case: Case, *, more: str = "", sought: str = "") -> Recommendation:
    """The same, with the cases of busy units named where the actor may know of them."""
    found = recommend(case, more=more, sought=sought)
    busy = (*found.passed_over, *found.found)
    known = known_of((one.unit.case for one in busy if one.unit.case), actor)
    passed_over, sought_ones = (
        tuple(one if one.unit.case in known else replace(one, unit=one.unit._replace(case=None)) for one in group)
        for group in (found.passed_over, found.found)
    )
    return replace(found, passed_over=passed_over, found=sought_ones)


def ranks(case: Case) -> dict[str, int]:
    """The place of each unit that could go (code to rank), kept with the assignment when it is sent."""
    survey = _Survey(case, "")
    return {survey.units.code[index]: place for index, place in survey.rank.items()}


class _Survey:
    """Every unit judged for one case."""

    def __init__(self, case: Case, more: str) -> None:
        self.case, self.now = case, clock.now()
        self.units: Candidates = candidates(self.now)
        needed = wanted(case)
        self.working = at_work(case, self.units, needed)
        self.needs = still_needed(needed, self.working)
        if more:
            self.needs[more] = self.needs.get(more, 0) + 1
        stand = roads.joined(np.array([self.units.lon_e7, self.units.lat_e7], dtype=np.int64).T)
        self.seconds = roads.times_of(_point(case), stand, self.now, LIMIT_S)
        busy = np.array([case is not None for case in self.units.case], dtype=bool)
        free = np.array([meaning == Meaning.AVAILABLE for meaning in self.units.meaning], dtype=bool) & ~busy
        on_shift = np.array(self.units.on_shift, dtype=bool)
        self.left = _stood_down(case)
        self.choice: Choice = choose(
            self.seconds,
            self.units.capabilities,
            self.needs,
            free=free,
            on_shift=on_shift,
            stood_down=np.array([code in self.left for code in self.units.code], dtype=bool),
            standing=cover.standing(stand, _busy(free, on_shift), self.now),
        )
        self.rank = {unit: place for place, unit in enumerate(self.choice.order, start=1)}

    def judged(self, index: int) -> Judged:
        choice, unit = self.choice, self.units.one(index)
        lost = None if choice.losses is None else float(choice.losses[index])
        place, fills = self.rank.get(index), choice.picked.get(index, "")
        left = self.left.get(unit.code)
        return Judged(unit, choice.reasons[index], self._time(index), place, fills, lost, left, index in self.working)

    def _time(self, index: int) -> float | None:
        time = float(self.seconds[index])
        return time if np.isfinite(time) else None

    def recommendation(self, sought: str) -> Recommendation:
        choice = self.choice
        send = [self.judged(index) for index in choice.picked]
        following = [self.judged(index) for index in choice.order[: SHOWN + len(send)] if index not in choice.picked]
        last = max((one.seconds or 0.0 for one in send), default=0.0)
        order = np.argsort(self.seconds, kind="stable").tolist()
        able = [i for i in order if choice.reasons[i] in PASSED_OVER and i not in self.working]
        nearer = [i for i in able if self.seconds[i] <= last] or able
        return Recommendation(
            needs=self.needs,
            filled=self._filled(following),
            send=tuple(send),
            next=tuple(following[:SHOWN]),
            passed_over=tuple(self.judged(index) for index in nearer[:SHOWN]),
            shortfalls=choice.shortfalls,
            considered=len(self.units.code),
            at=self.now,
            alarm=level(self.case),
            cover_lost=choice.lost,
            found=tuple(self.judged(index) for index in self._matching(sought)),
            to_block=self.case.block_id if self.case.place_found == UNPLACED else "",
        )

    def _filled(self, following: Sequence[Judged]) -> tuple[Filled, ...]:
        delays = delays_on(self.case.pk) if self.working else {}
        found = []
        for index, fills in self.working.items():
            unit, delay = self.units.one(index), delays.get(self.units.code[index])
            one = Filled(unit, fills, self._time(index), delay)
            found.append(self._late(one, delay, following) if delay else one)
        return tuple(found)

    def _late(self, one: Filled, delay: Delay, following: Sequence[Judged]) -> Filled:
        """With what is left of its delay, and the first unit that could do its work and be there before it."""
        left = max(0.0, delay.minutes * 60 - (self.now - delay.at).total_seconds())
        seconds = None if one.seconds is None else one.seconds + left
        until = np.inf if seconds is None else seconds
        faster = (
            other
            for other in following
            if one.fills in other.unit.capabilities
            and not other.stood_down
            and other.seconds is not None
            and other.seconds < until
        )
        return replace(one, seconds=seconds, faster=next(faster, None))

    def _matching(self, sought: str) -> list[int]:
        """Units whose call sign or code is what was typed, begins with it, or holds it, in this order."""
        text = _plain(sought)
        if not text:
            return []
        found = []
        for index, names in enumerate(zip(self.units.code, self.units.call_sign, strict=True)):
            fits = [
                (name != text, not name.startswith(text), len(name)) for one in names if text in (name := _plain(one))
            ]
            if fits:
                found.append((*min(fits), index))
        return [one[-1] for one in sorted(found)[:FOUND]]


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


def _stood_down(case: Case) -> dict[str, Assignment]:
    """The last time that each unit was stood down from this case."""
    rows = Assignment.objects.filter(case=case, ended_by="stand_down").order_by("cleared_at", "pk")
    return {row.unit_id: row for row in rows}


def _point(case: Case) -> tuple[int, int]:
    """Where to go; the middle of the block that answers, where there is no place yet."""
    exact = exact_places([case]).get(case.pk)
    if exact and exact["lon_e7"] is not None:
        return int(exact["lon_e7"]), int(exact["lat_e7"])
    if case.lon_e7 is not None and case.lat_e7 is not None:
        return case.lon_e7, case.lat_e7
    block = places().blocks.get(case.block_id)
    if block is None:
        raise Conflict(_("It is not known where this case is."), where="case", fix=_("Tell the operator its number."))
    return block.lon_e7, block.lat_e7


def _busy(free: np.ndarray, on_shift: np.ndarray) -> float:
    """The share of the units on shift that are busy now, taken as neither never nor always so."""
    return float(np.clip(1 - (free & on_shift).sum() / max(on_shift.sum(), 1), 0.05, 0.95))


PASSED_OVER = frozenset({Reason.BUSY, Reason.OFF_SHIFT, Reason.UNREACHABLE})
