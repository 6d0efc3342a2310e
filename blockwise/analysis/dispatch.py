"""Whom to send: the set of units that fills the needs in the least total time, and why not the others.

One pure function for the live recommendation and for what-if alike. Filling needs with units is the assignment problem
(Kuhn 1955), solved exactly by scipy (Crouse 2016). What the city's cover loses by it is Daskin's (1983).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import scipy
from numpy.typing import NDArray

from .cover.standing import Standing

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
NOBODY = 1e9  # seconds: dearer than any journey, so that a real unit always wins
LAST = 1e6  # seconds: after every other unit, and before nobody


class Reason(StrEnum):
    """Why a unit is picked or passed over; the first that holds."""

    PICKED = "picked"
    BROKEN_OFF = "broken_off"  # picked, and called away from work of lower priority
    UNQUALIFIED = "unqualified"
    BUSY = "busy"
    OFF_SHIFT = "off_shift"
    UNREACHABLE = "unreachable"
    LESSER_WORK = "lesser_work"  # on work of lower priority, and not worth calling away from it
    STOOD_DOWN = "stood_down"  # was taken off this very work; comes after the others
    KEPT = "kept"  # nearer than one that is sent, and left where it is for the cover
    FARTHER = "farther"


PASSED = (Reason.UNQUALIFIED, Reason.BUSY, Reason.OFF_SHIFT, Reason.UNREACHABLE, Reason.LESSER_WORK, Reason.FARTHER)


@dataclass(frozen=True)
class Weighing:
    """What else counts beside the time, in seconds.

    `break_off_s`: how much longer a free unit may take before one is called away from lesser work. `cover_s`: how much
    longer the journey may be to save all of the cover, and a share of it for a share of the cover; with 0 the cover is
    told and changes nothing.
    """

    break_off_s: float = 300.0
    cover_s: float = 0.0


@dataclass(frozen=True)
class Choice:
    """`picked` maps unit index to the capability it fills, nearest first; `reasons` has one per unit; `shortfalls`
    says how many of each capability nobody can fill; `order` lists the units that could go, the best first.

    `losses` (n,): the share of all demand that would no longer find a free unit if that one alone left; `lost`: if
    all that are picked left. None where no cover was given.
    """

    picked: Mapping[int, str]
    reasons: tuple[Reason, ...]
    shortfalls: Mapping[str, int]
    order: tuple[int, ...]
    losses: Floats | None = None
    lost: float | None = None


def choose(
    seconds: Floats,
    capabilities: Sequence[frozenset[str]],
    needs: Mapping[str, int],
    *,
    free: Flags,
    on_shift: Flags,
    lesser_work: Flags | None = None,
    stood_down: Flags | None = None,
    standing: Standing | None = None,
    weighing: Weighing = Weighing(),
) -> Choice:
    """Pick from n units. `seconds` (n,) to the place, inf beyond reach; `needs` capability to number, >= 0; one of
    which 0 are needed says who could come next.

    A unit fills one need. `lesser_work` (n,): busy with work of lower priority, from which it may be called away.
    `stood_down` (n,): was taken off this very work, so all others come before it.
    `standing`: the cover, in which the free units on shift count that can fill one of the needs. ValueError when
    lengths differ or a need is negative.
    """
    n = len(seconds)
    lesser = np.zeros(n, dtype=np.bool_) if lesser_work is None else lesser_work & ~free
    again = np.zeros(n, dtype=np.bool_) if stood_down is None else stood_down
    if not n == len(capabilities) == len(free) == len(on_shift) == len(lesser) == len(again):
        raise ValueError("seconds, capabilities, free, on_shift, lesser_work and stood_down must have one entry a unit")
    if any(count < 0 for count in needs.values()):
        raise ValueError("a need is a number of units, 0 or more")
    slots = [capability for capability in sorted(needs) for _ in range(needs[capability])]
    wanted = frozenset(needs)
    fits = {own: not wanted.isdisjoint(own) for own in set(capabilities)}
    qualified = np.array([fits[own] for own in capabilities], dtype=bool)
    reachable = np.isfinite(seconds)
    present = qualified & free & on_shift
    losses = _shares(standing, present)
    cost = seconds + np.where(lesser, weighing.break_off_s, 0.0) + np.where(again, LAST, 0.0)
    if losses is not None and weighing.cover_s:
        cost = cost + weighing.cover_s * losses
    order = np.flatnonzero(qualified & (free | lesser) & on_shift & reachable)
    order = order[np.lexsort((seconds[order], cost[order]))]
    filled = _fill(slots, order, cost, capabilities)
    picked = {unit: filled[unit] for unit in order.tolist() if unit in filled}
    reasons = np.select([~qualified, ~free & ~lesser, ~on_shift, ~reachable, lesser], [0, 1, 2, 3, 4], 5)
    missing = {name: needs[name] - sum(1 for one in filled.values() if one == name) for name in sorted(needs)}
    return Choice(
        picked=picked,
        reasons=_ranked(reasons, picked, capabilities, lesser, again, seconds),
        shortfalls={name: count for name, count in missing.items() if count},
        order=tuple(order.tolist()),
        losses=losses,
        lost=_lost(standing, picked, present),
    )


def _ranked(
    reasons: NDArray[np.int64],
    picked: Mapping[int, str],
    capabilities: Sequence[frozenset[str]],
    lesser: Flags,
    again: Flags,
    seconds: Floats,
) -> tuple[Reason, ...]:
    """Each unit's reason; one that is nearer than a unit picked for what it can do itself was kept."""
    told = [PASSED[number] for number in reasons.tolist()]
    longest: dict[str, float] = {}
    for unit, capability in picked.items():
        longest[capability] = max(longest.get(capability, 0.0), float(seconds[unit]))
        told[unit] = Reason.BROKEN_OFF if lesser[unit] else Reason.PICKED
    farther = reasons == PASSED.index(Reason.FARTHER)
    for unit in np.flatnonzero(farther & again).tolist():
        if unit not in picked:
            told[unit] = Reason.STOOD_DOWN
    nearer = farther & ~again & (seconds < max(longest.values(), default=0.0))
    for unit in np.flatnonzero(nearer).tolist():
        if unit not in picked and any(
            seconds[unit] < time for name, time in longest.items() if name in capabilities[unit]
        ):
            told[unit] = Reason.KEPT
    return tuple(told)


def _shares(standing: Standing | None, present: Flags) -> Floats | None:
    if standing is None:
        return None
    return np.asarray(standing.losses(present) / max(float(standing.weight.sum()), 1e-300))


def _lost(standing: Standing | None, picked: Mapping[int, str], present: Flags) -> float | None:
    if standing is None:
        return None
    leaving = np.zeros(present.size, dtype=np.bool_)
    leaving[list(picked)] = True
    return standing.loss_of(leaving, present) / max(float(standing.weight.sum()), 1e-300)


def _fill(
    slots: Sequence[str], order: NDArray[np.intp], cost: Floats, capabilities: Sequence[frozenset[str]]
) -> dict[int, str]:
    """Slots to units at the least total cost; a slot that nobody can fill stays empty.

    Only the cheapest `len(slots)` units of each capability can be in an optimal set, so only those are tried.
    """
    near: set[int] = set()
    for capability in set(slots):
        able = [unit for unit in order.tolist() if capability in capabilities[unit]]
        near.update(able[: len(slots)])
    units = [unit for unit in order.tolist() if unit in near]
    if not units:
        return {}
    table = np.full((len(slots), len(units) + len(slots)), NOBODY)
    for row, capability in enumerate(slots):
        for column, unit in enumerate(units):
            if capability in capabilities[unit]:
                table[row, column] = cost[unit]
    rows, columns = scipy.optimize.linear_sum_assignment(table)
    chosen = zip(rows.tolist(), columns.tolist(), strict=True)
    return {units[column]: slots[row] for row, column in chosen if table[row, column] < NOBODY}
