"""What no choice of sites can exceed, where it cannot be solved: Lagrange multipliers (Galvao and ReVelle 1996)."""

from __future__ import annotations

from typing import Final

import numpy as np

from .groups import Groups
from .heuristic import Worth
from .problem import Floats, Integers, Progress

MOST_ROUNDS: Final = 2_000
MOST_WORK: Final = 1e10
PATIENCE: Final = 15  # rounds without a better bound before steps are halved
NEW: Final = 0.3  # share of the newest breach in the direction moved, which the earlier ones steady
CLOSE: Final = 1e-5


def most_worth(
    groups: Groups, worth: Worth, facilities: int, found: float, *, all_covered: bool = False, progress: Progress
) -> float:
    """Above or equal to the worth (without bonus) of every choice; `found` is that of one.

    That a group is covered no more often than facilities stand within its reach has a price: without that rule, groups
    and sites are each easy to choose. The price of each group is moved against the breach (Held, Wolfe and Crowder
    1974; steadied as by Barahona and Anbil 2000).
    `all_covered`: every group must be covered at least once.
    """
    worths = worth.weight[:, None] * worth.slopes
    highest = worths.max(axis=1)
    price = best_price = highest / 2
    best, step, idle, breach = np.inf, 1.0, 0, np.zeros(price.size)
    work = 4 * (groups.rows.nnz + worths.size)
    rounds = int(np.clip(MOST_WORK / work, 20, MOST_ROUNDS))
    for number in range(rounds):
        score = groups.columns @ price
        chosen = _dearest(score, facilities, worth.most)
        wanted = worths > price[:, None]
        wanted[:, 0] |= all_covered
        value = float(((worths - price[:, None]) * wanted).sum() + chosen @ score)
        idle = 0 if value < best * (1 - CLOSE) else idle + 1
        if value < best:
            best, best_price = value, price
        if idle >= PATIENCE:
            step, idle, price = step / 2, 0, best_price
        excess = groups.times(chosen) - wanted.sum(axis=1)
        breach = NEW * excess + (1 - NEW) * breach if number else excess
        length = float(breach @ breach)
        if best <= found * (1 + CLOSE / 10) or step < CLOSE or not length:
            break
        price = np.clip(price - step * (value - found) / length * breach, 0, highest)
        progress("bound", (number + 1) / rounds)
    return max(best, found)


def fewest_sites(groups: Groups) -> int:
    """No fewer sites reach all groups: so many groups share no site two by two (taken greedily, the hardest first)."""
    rows = groups.rows
    taken, count = np.zeros(rows.shape[1], dtype=np.bool_), 0
    for group in np.argsort(np.diff(rows.indptr), kind="stable"):
        sites = rows.indices[rows.indptr[group] : rows.indptr[group + 1]]
        if not taken[sites].any():
            taken[sites] = True
            count += 1
    return count


def _dearest(score: Floats, facilities: int, most: int) -> Integers:
    """Facilities by site, where the score is highest; `most` at one site."""
    chosen = np.zeros(score.size, dtype=np.int64)
    full, rest = divmod(facilities, most)
    order = np.argsort(-score, kind="stable")
    chosen[order[:full]] = most
    chosen[order[full : full + 1]] += rest
    return chosen
