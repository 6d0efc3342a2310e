"""Covering questions as mixed-integer programs, solved by HiGHS (Huangfu and Hall 2018) through scipy."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from .groups import Groups
from .heuristic import Worth
from .problem import Floats, Integers

MOST_ENTRIES: Final = 2_000_000  # of the matrix
SOLVED, INFEASIBLE = 0, 2  # scipy's status
SLACK: Final = 1e-9


@dataclass(frozen=True)
class Solved:
    """`chosen` (m,): facilities by site, None where none was found; `bound`: the best possible, None where unknown.

    `finished`: no better choice than `chosen` is left, or none at all where that is None.
    """

    chosen: Integers | None
    bound: float | None
    finished: bool


def most_worth(
    groups: Groups, worth: Worth, sites: Integers, start: Integers, *, seconds: float, all_covered: bool = False
) -> Solved:
    """The choice of at most as many facilities as `start` has, at `sites`, that is worth most, without bonus.

    `start` (m,) is a choice; one that is worth less is not looked for unless `all_covered`, where it may not be whole.
    More levels than `start` and one more are told apart only in the answer: beyond them a facility counts too much.
    """
    times = groups.times(start)
    facilities, levels = int(start.sum()), min(worth.slopes.size, max(int(times.max()) + 1, 2))
    rows = groups.rows[:, sites]
    count = rows.shape[0]
    if rows.nnz + count * levels > MOST_ENTRIES:
        return Solved(None, None, False)
    scale = _scale(worth.weight)
    cost = np.concatenate([np.zeros(sites.size), -(worth.weight[:, None] * scale * worth.slopes[:levels]).ravel()])
    spread = sparse.kron(sparse.eye_array(count), np.ones((1, levels)))
    number = np.concatenate([np.ones(sites.size), np.zeros(count * levels)])
    matrix = sparse.vstack(
        [sparse.hstack([rows, -spread]), sparse.csr_array(number[None]), sparse.csr_array(-cost[None])]
    )
    known = worth.of(times) if not all_covered or times.all() else 0.0
    low = np.concatenate([np.zeros(count), [0.0, known * scale * (1 - SLACK)]])
    high = np.concatenate([np.full(count, np.inf), [facilities, np.inf]])
    smallest, largest = np.zeros(cost.size), np.where(number, float(worth.most), 1.0)
    if levels < worth.slopes.size:
        largest[sites.size + levels - 1 :: levels] = facilities
    if all_covered:
        smallest[sites.size :: levels] = 1.0
    found = _solve(cost, matrix, low, high, smallest, largest, sites.size, seconds)
    bound = None if found.mip_dual_bound is None else -found.mip_dual_bound / scale
    answer = _answer(found, sites, start.size, bound)
    if answer.chosen is not None and levels < worth.slopes.size and groups.times(answer.chosen).max() > levels:
        return replace(answer, finished=False)
    return answer


def fewest_sites(groups: Groups, sites: Integers, at_most: int, seconds: float) -> Solved:
    """As few of the `sites` as reach every group, `at_most` so many."""
    rows = groups.rows[:, sites]
    if rows.nnz > MOST_ENTRIES:
        return Solved(None, None, False)
    cost = np.ones(sites.size)
    matrix = sparse.vstack([rows, sparse.csr_array(cost[None])])
    low = np.concatenate([np.ones(rows.shape[0]), [0.0]])
    high = np.concatenate([np.full(rows.shape[0], np.inf), [at_most]])
    found = _solve(cost, matrix, low, high, np.zeros(sites.size), cost, sites.size, seconds)
    return _answer(found, sites, groups.rows.shape[1], found.mip_dual_bound)


def _solve(
    cost: Floats, matrix: Any, low: Floats, high: Floats, smallest: Floats, largest: Floats, sites: int, seconds: float
) -> Any:
    integral = np.zeros(cost.size, dtype=np.int64)
    integral[:sites] = 1
    return milp(
        cost,
        constraints=LinearConstraint(sparse.csc_array(matrix), low, high),
        bounds=Bounds(smallest, largest),
        integrality=integral,
        options={"mip_rel_gap": 0.0, "time_limit": seconds},
    )


def _answer(found: Any, sites: Integers, size: int, bound: float | None) -> Solved:
    if found.status == INFEASIBLE:
        return Solved(None, None, True)
    bound = bound if bound is not None and math.isfinite(bound) else None
    if found.x is None:
        return Solved(None, bound, False)
    chosen = np.zeros(size, dtype=np.int64)
    chosen[sites] = np.rint(found.x[: sites.size]).astype(np.int64)
    return Solved(chosen, bound, found.status == SOLVED)


def _scale(weights: Floats) -> float:
    """Weights are handed over between 1 and a million, where the solver's tolerances do no harm."""
    largest = float(weights.max())
    return 1.0 if 1 <= largest <= 1e6 else 1e4 / largest
