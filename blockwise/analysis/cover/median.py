"""Where facilities are nearest to the demand on the whole: the p-median."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from . import problem, radii, tree
from .interchange import greedy, interchanged, serve, shaken
from .problem import SECONDS, Floats, Integers, Progress, Siting

SOURCE: Final = "Hakimi 1964; ReVelle and Swain 1970"
FEW: Final = 25  # facilities, up to which a tree is searched before HiGHS is asked
CHUNK: Final = 40  # rounds of prices between two looks at them
NEW: Final = 0.3  # share of the newest breach in the direction in which prices move
MOST_ROUNDS: Final = 1_500
LARGEST: Final = 1e200  # sum
CLEAR: Final = 1e-6  # share of the cost, above what rounding can make of it
ROOT_WORK: Final = 3e10  # elementary steps, some seconds
TREE_WORK: Final = 1e10


def pmedian(
    weights: ArrayLike,
    costs: ArrayLike,
    facilities: int,
    *,
    radius: float | None = None,
    seconds: float = SECONDS,
    progress: Progress = lambda step, share: None,
) -> Siting:
    """So many facilities, at most one at a site, with the least sum of weight * cost, which is the `objective`.

    `weights` (n,), 0 or more; `costs` (n, m): distance or time, 0 or more, inf where a demand cannot be served from a
    site. Every demand, also one of weight 0, must be served. `radius`, in the unit of `costs`, tells what is covered.
    ValueError for what cannot be used, and where so few facilities cannot serve all. Proven, to nine digits where costs
    are no whole numbers, if `seconds` of HiGHS suffice; else the best found.
    """
    heavy, apart = _checked(weights, costs, radius)
    problem.checked_facilities(facilities, apart.shape[1])
    served = np.isfinite(apart)
    for lost in np.flatnonzero(~served.any(axis=1))[:1].tolist():
        raise ValueError(f"No site serves demand {lost + 1} of {heavy.size:,}.")
    charged = heavy[:, None] * np.where(served, apart, 0.0)
    never = 1.0 + math.ceil(charged.max(axis=1).sum())
    charged[~served] = never
    found = _solve(charged, never, greedy(charged, facilities), seconds, progress)
    if found.total >= never:
        how = "cannot" if found.proven else "were not found to"
        raise ValueError(f"{facilities:,} sites {how} serve every demand.")
    chosen = np.zeros(apart.shape[1], dtype=np.int64)
    chosen[found.sites] = 1
    within = apart <= (math.inf if radius is None else radius)
    bound = min(max(found.bound, 0.0), found.total)
    told = problem.demand(heavy, within).result(found.total, chosen, bound, found.proven, SOURCE)
    return replace(told, covered=None, covered_n=None, backup=None) if radius is None else told


def _checked(weights: ArrayLike, costs: ArrayLike, radius: float | None) -> tuple[Floats, Floats]:
    heavy, apart = problem.checked_weights(weights), np.asarray(costs, dtype=np.float64)
    if apart.ndim != 2 or apart.shape[0] != heavy.size or not apart.shape[1]:
        raise ValueError("There must be a row of costs a demand and a column a site, and at least one of each.")
    if np.isnan(apart).any() or (apart < 0).any():
        raise ValueError("A cost is 0 or more, inf where a demand cannot be served from a site.")
    if apart.size > problem.MOST_PAIRS:
        raise ValueError(problem.too_many(apart.size))
    if not float(heavy.sum()) * float(apart.max(initial=1.0, where=np.isfinite(apart))) < LARGEST:
        raise ValueError("Weights and costs are too large to be multiplied.")
    if radius is not None and not radius >= 0:
        raise ValueError("The radius is 0 or more.")
    return heavy, apart


@dataclass(frozen=True)
class _Found:
    total: float
    sites: Integers
    bound: float
    proven: bool


def _solve(costs: Floats, never: float, start: Integers, seconds: float, progress: Progress) -> _Found:
    """The least total cost: exchanges, then prices that bound it and say which sites are in question, then those.

    `never`: the cost where a demand cannot be served. The first choice that serves all starts the search anew, as what
    prices are moved by is the distance to the cost of a choice.
    """
    facilities, sites = start.size, costs.shape[1]
    if facilities == sites:
        total = float(costs.min(axis=1).sum())
        return _Found(total, np.arange(sites), total, True)
    progress("exchanges", 0.0)
    total, chosen = interchanged(costs, np.ascontiguousarray(costs.T), start)
    root = _Root(costs, facilities, total, chosen)
    root.ascend(progress)
    if not root.done:
        root.improve(*shaken(root.costs, root.turned, root.total, root.chosen))
        root.ascend(progress)
    if not root.done and facilities <= FEW:
        progress("branches", 0.0)
        root.branch()
    if total >= never > root.total and not root.done:
        return _solve(costs, never, root.chosen, seconds, progress)
    if not root.done:
        progress("proof", 0.0)
        root.ask(seconds)
    bound = math.ceil(root.bound - 1e-6) if root.whole else root.bound
    return _Found(root.total, root.chosen, bound, root.done)


class _Root:
    """The best choice known and the bound, and the sites still in question, of which the first `opened` are open."""

    def __init__(self, costs: Floats, facilities: int, total: float, chosen: Integers) -> None:
        least = costs.min(axis=1)
        whole = bool((costs == np.floor(costs)).all())
        beyond = total + (1.0 if whole else CLEAR * total) - least.sum() + least  # so dear that no better choice has it
        self.costs = np.minimum(costs, beyond[:, None])
        self.turned, self.facilities = np.ascontiguousarray(self.costs.T), facilities
        self.total, self.chosen, self.bound = total, chosen, -math.inf
        self.sites, self.opened, self.finished = np.arange(costs.shape[1]), 0, False
        self.whole = whole and problem.whole(self.costs.max(axis=1))
        nearest, second = np.empty((2, costs.shape[0]))
        serve(self.costs, chosen, self.costs.max(axis=1), np.empty(costs.shape[0], dtype=np.int64), nearest, second)
        farther = second - nearest
        self.price = nearest + np.minimum(farther, 2 * min(np.median(farther), nearest.mean()))

    @property
    def margin(self) -> float:
        """How much less a better choice costs, at the least."""
        return 1 - 1e-6 if self.whole else 1e-9 * self.total

    @property
    def done(self) -> bool:
        return self.finished or self.bound >= self.total - self.margin

    def improve(self, total: float, chosen: Integers) -> None:
        if total < self.total:
            self.total, self.chosen = total, chosen

    def ascend(self, progress: Progress) -> None:
        """Prices, in chunks; after each, exchanges from the sites that they choose, and fewer sites in question."""
        step = 1.5
        rounds = min(MOST_ROUNDS, ROOT_WORK / self.costs.size)
        for done in range(0, max(int(rounds), CHUNK), CHUNK):
            count = self.sites.size
            worth, taken = np.empty(count), np.zeros(count, dtype=np.bool_)
            bound, step = tree.ascend(
                self.turned, self.sites, self.opened, self.facilities, self.price, self.total,
                self.total - self.margin, CHUNK, step, NEW, worth, taken,
            )  # fmt: skip
            self.bound = max(self.bound, bound)
            self.improve(*interchanged(self.costs, self.turned, self.sites[taken]))
            progress("bound", done / rounds)
            if self.done or step < tree.LEAST_STEP or self._settled(worth, bound):
                break

    def branch(self) -> None:
        """The tree, as far as it is worth while."""
        total, chosen, bound = tree.search(
            self.turned, self.sites, self.price, self.total, self.chosen, self.margin, TREE_WORK
        )
        self.improve(total, chosen)
        self.bound = max(self.bound, bound)

    def ask(self, seconds: float) -> None:
        """HiGHS, for a choice that is better than the best known."""
        cut = self.total - self.margin if self.whole else self.total + self.margin
        opened = self.sites[: self.opened]
        found = radii.least_cost(self.costs, self.sites, opened, self.facilities, cut, seconds)
        if found.chosen is not None:
            sites = np.flatnonzero(found.chosen)
            self.improve(float(self.costs[:, sites].min(axis=1).sum()), sites)
        self.finished = found.finished
        if found.bound is not None and math.isfinite(found.bound):
            self.bound = max(self.bound, min(found.bound, self.total - self.margin))

    def _settled(self, worth: Floats, bound: float) -> bool:
        """Leave out the sites that no better choice opens; true where only one choice is left."""
        sure, free = tree.split(self.sites, self.opened, self.facilities, worth, bound, self.total - self.margin)
        self.sites, self.opened = np.concatenate([sure, free]), sure.size
        if sure.size < self.facilities < self.sites.size:
            return False
        if self.sites.size >= self.facilities:
            self.improve(*interchanged(self.costs, self.turned, self.sites[: self.facilities]))
        self.finished = True
        return True
