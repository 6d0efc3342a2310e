"""The p-median as a mixed-integer program by radii (Elloumi 2010), solved by HiGHS, among the sites still in question.

For each demand and each distinct cost of serving it there is one variable: 1 where no open site serves it so cheaply.
A cost too high for any choice below the best known has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from .exact import INFEASIBLE, SOLVED, Solved
from .problem import Floats, Integers

MOST_ROWS: Final = 100_000
SLACK: Final = 1e-9
LARGEST: Final = 1e6  # total as the solver is told it, where its tolerances do no harm


def least_cost(costs: Floats, sites: Integers, opened: Integers, facilities: int, cut: float, seconds: float) -> Solved:
    """The choice of `facilities` among `sites`, the `opened` ones with them, that costs least and at most `cut`."""
    scale = 1.0 if cut <= LARGEST else LARGEST / 10 / cut
    sure = np.isin(sites, opened)
    ladders = _ladders(costs[:, sites], sure, facilities, cut)
    if ladders is None:
        return Solved(None, None, True)
    if ladders.low.size > MOST_ROWS:
        return Solved(None, None, False)
    cost = np.concatenate([np.zeros(sites.size), ladders.steps * scale])
    number = np.concatenate([np.ones(sites.size), np.zeros(ladders.steps.size)])
    entries = sparse.csr_array((ladders.values, (ladders.rows, ladders.columns)), (ladders.low.size, cost.size))
    matrix = sparse.csc_array(sparse.vstack([entries, sparse.csr_array(number[None]), sparse.csr_array(cost[None])]))
    least = np.concatenate([ladders.low, [facilities, -np.inf]])
    most = np.concatenate([np.full(ladders.low.size, np.inf), [facilities, (cut - ladders.offset) * scale]])
    smallest = np.concatenate([sure.astype(np.float64), np.zeros(ladders.steps.size)])
    found = milp(
        cost,
        constraints=LinearConstraint(matrix, least, most),
        bounds=Bounds(smallest, np.ones(cost.size)),
        integrality=number,
        options={"mip_rel_gap": 0.0, "time_limit": seconds},
    )
    if found.status == INFEASIBLE:
        return Solved(None, None, True)
    bound = None if found.mip_dual_bound is None else found.mip_dual_bound / scale + ladders.offset
    if found.x is None:
        return Solved(None, bound, False)
    chosen = np.zeros(costs.shape[1], dtype=np.int64)
    chosen[sites] = np.rint(found.x[: sites.size]).astype(np.int64)
    return Solved(chosen, bound, found.status == SOLVED)


@dataclass(frozen=True)
class _Ladders:
    """The cost that nobody escapes and that of each step above it; the entries of the rows, and their least sums.

    Row k of a demand: sites at its k-th cost + none so cheap - none cheaper is 0 or more (1 at the first).
    """

    offset: float
    steps: Floats
    rows: Integers
    columns: Integers
    values: Floats
    low: Floats


def _ladders(costs: Floats, opened: NDArray[np.bool_], facilities: int, cut: float) -> _Ladders | None:
    """None where a demand would cost more than `cut` leaves for it when all others cost their least."""
    sites = costs.shape[1]
    least = costs.min(axis=1)
    offset = float(least.sum())
    parts: list[tuple[Integers, Integers, Floats]] = []
    steps, low, row, variable = [np.empty(0)], [np.empty(0)], 0, sites
    for one, lowest in zip(costs, least, strict=True):
        order = np.argsort(one, kind="stable")
        farthest = int(np.flatnonzero(opened[order])[0]) if opened.any() else sites
        rung, start = np.unique(one[order[: min(sites - facilities, farthest) + 1]], return_index=True)
        within = int(np.searchsorted(rung, (cut - offset + lowest) * (1 + SLACK), side="right"))
        if not within:
            return None
        count, free = min(within, rung.size - 1), min(within, rung.size) - 1
        here, above = row + np.arange(count), variable + np.arange(free)
        near = np.repeat(here, np.diff(start[: count + 1]))
        parts.append((near, order[: near.size], np.ones(near.size)))
        parts.append((here[:free], above, np.ones(free)))
        parts.append((here[1:], above[: max(count - 1, 0)], -np.ones(max(count - 1, 0))))
        steps.append(np.diff(rung[: free + 1]))
        low.append((np.arange(count) == 0).astype(np.float64))
        row, variable = row + count, variable + free
    rows, columns, values = (np.concatenate([part[k] for part in parts]) for k in range(3))
    return _Ladders(offset, np.concatenate(steps), rows, columns, values, np.concatenate(low))
