"""Whom to send: the set of units that fills the needs in the least total time, and why not the others.

One pure function for the live recommendation and for what-if alike. Filling needs with units is the assignment problem
(Kuhn 1955), solved exactly by scipy (Crouse 2016).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
NOBODY = 1e9  # seconds: dearer than any journey, so that a real unit always wins


class Reason(StrEnum):
    """Why a unit is picked or passed over; the first that holds."""

    PICKED = "picked"
    UNQUALIFIED = "unqualified"
    BUSY = "busy"
    OFF_SHIFT = "off_shift"
    UNREACHABLE = "unreachable"
    FARTHER = "farther"


PASSED = (Reason.UNQUALIFIED, Reason.BUSY, Reason.OFF_SHIFT, Reason.UNREACHABLE, Reason.FARTHER)


@dataclass(frozen=True)
class Choice:
    """`picked` maps unit index to the capability it fills, nearest first; `reasons` has one per unit; `shortfalls`
    says how many of each capability nobody can fill; `order` lists the units that could go, nearest first."""

    picked: Mapping[int, str]
    reasons: tuple[Reason, ...]
    shortfalls: Mapping[str, int]
    order: tuple[int, ...]


def choose(
    seconds: Floats,
    capabilities: Sequence[frozenset[str]],
    needs: Mapping[str, int],
    *,
    free: Flags,
    on_shift: Flags,
) -> Choice:
    """Pick from n units. `seconds` (n,) to the place, inf beyond reach; `needs` capability to number, >= 0.

    A unit fills one need. ValueError when lengths differ or a need is negative.
    """
    n = len(seconds)
    if not n == len(capabilities) == len(free) == len(on_shift):
        raise ValueError("seconds, capabilities, free and on_shift must have one entry a unit")
    if any(count < 0 for count in needs.values()):
        raise ValueError("a need is a number of units, 0 or more")
    slots = [capability for capability in sorted(needs) for _ in range(needs[capability])]
    wanted = frozenset(slots)
    fits = {own: not wanted.isdisjoint(own) for own in set(capabilities)}
    qualified = np.array([fits[own] for own in capabilities], dtype=bool)
    reachable = np.isfinite(seconds)
    usable = qualified & free & on_shift & reachable
    order = np.flatnonzero(usable)
    order = order[np.argsort(seconds[order], kind="stable")]
    filled = _fill(slots, order, seconds, capabilities)
    picked = {unit: filled[unit] for unit in order.tolist() if unit in filled}
    reasons = np.select([~qualified, ~free, ~on_shift, ~reachable], [0, 1, 2, 3], 4)
    missing = {name: needs[name] - sum(1 for one in filled.values() if one == name) for name in sorted(needs)}
    return Choice(
        picked=picked,
        reasons=tuple(Reason.PICKED if i in picked else PASSED[why] for i, why in enumerate(reasons.tolist())),
        shortfalls={name: count for name, count in missing.items() if count},
        order=tuple(order.tolist()),
    )


def _fill(
    slots: Sequence[str], order: NDArray[np.intp], seconds: Floats, capabilities: Sequence[frozenset[str]]
) -> dict[int, str]:
    """Slots to units at the least total time; a slot that nobody can fill stays empty.

    Only the nearest `len(slots)` units of each capability can be in an optimal set, so only those are tried.
    """
    near: set[int] = set()
    for capability in set(slots):
        able = [unit for unit in order.tolist() if capability in capabilities[unit]]
        near.update(able[: len(slots)])
    units = [unit for unit in order.tolist() if unit in near]
    if not units:
        return {}
    cost = np.full((len(slots), len(units) + len(slots)), NOBODY)
    for row, capability in enumerate(slots):
        for column, unit in enumerate(units):
            if capability in capabilities[unit]:
                cost[row, column] = seconds[unit]
    rows, columns = linear_sum_assignment(cost)
    chosen = zip(rows.tolist(), columns.tolist(), strict=True)
    return {units[column]: slots[row] for row, column in chosen if cost[row, column] < NOBODY}
