"""The tree's compiled parts against plain twins and every choice of sites."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from blockwise.analysis.cover import tree

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
TOWN = st.tuples(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 40))
NEW = 0.3


def town(seed: int, sites: int = 7, demands: int = 9) -> Floats:
    """What each demand costs from each site (m, n)."""
    draw = np.random.default_rng(seed)
    return np.ascontiguousarray(draw.uniform(0, 9, (sites, demands)) * draw.gamma(1, 2, demands))


def cost(turned: Floats, chosen: tuple[int, ...]) -> float:
    return float(turned[list(chosen)].min(axis=0).sum())


def ascend(
    turned: Floats, opened: int, facilities: int, price: Floats, found: float, rounds: int
) -> tuple[float, Floats]:
    """The twin: subgradient ascent of the Lagrangian of 'every demand is served once', a round at a time."""
    bound, idle, step, best = -np.inf, 0, 1.5, price
    direction = np.zeros_like(price)
    for number in range(rounds):
        worth = np.minimum(turned - price, 0).sum(axis=1)
        rest = opened + np.argsort(worth[opened:], kind="stable")[: facilities - opened]
        chosen = np.concatenate([np.arange(opened), rest])
        value = price.sum() + worth[chosen].sum()
        assume(abs(value - bound) > 1e-9 * found)  # else rounding decides which is the better
        idle += 2 if value <= bound else 1
        if value > bound:
            idle = idle if bound > -np.inf and value < bound + 1e-4 * found else 0
            bound, best = value, price
        if idle >= tree.PATIENCE:
            step, idle, price = step / 2, 0, best
        breach = 1.0 - (turned[chosen] < price).sum(axis=0)
        direction = NEW * breach + (1 - NEW) * direction if number else breach
        if not direction.any():
            break
        price = price + step * (found - value) / (direction**2).sum() * direction
    return bound, best


@settings(max_examples=60, deadline=None)
@given(TOWN, st.booleans())
def test_ascent_is_that_of_its_twin_and_bounds_every_choice(given_: tuple[int, int, int], known: bool) -> None:
    seed, facilities, rounds = given_
    turned, opened = town(seed), int(known and facilities > 1)
    found = cost(turned, tuple(range(facilities)))
    price, worth, chosen = turned.min(axis=0) + 1.0, np.empty(7), np.zeros(7, np.bool_)
    twin, twin_price = ascend(turned, opened, facilities, price.copy(), found, rounds)
    bound, _ = tree.ascend(
        turned, np.arange(7), opened, facilities, price, found, np.inf, rounds, 1.5, NEW, worth, chosen
    )
    np.testing.assert_allclose(bound, twin, rtol=1e-9)
    np.testing.assert_allclose(price, twin_price, rtol=1e-7)
    np.testing.assert_allclose(worth, np.minimum(turned - price, 0).sum(axis=1), atol=1e-9)
    assert chosen.sum() == facilities
    assert chosen[:opened].all()
    least = min(cost(turned, c) for c in combinations(range(7), facilities) if set(range(opened)) <= set(c))
    assert bound <= least * (1 + 1e-12)


@settings(max_examples=60, deadline=None)
@given(TOWN, st.floats(0.0, 1.0))
def test_no_choice_below_the_cut_is_split_away(given_: tuple[int, int, int], share: float) -> None:
    seed, facilities, rounds = given_
    turned = town(seed)
    costs = {c: cost(turned, c) for c in combinations(range(7), facilities)}
    least, most = min(costs.values()), max(costs.values())
    price, worth, chosen = turned.min(axis=0) + 1.0, np.empty(7), np.zeros(7, np.bool_)
    bound, _ = tree.ascend(turned, np.arange(7), 0, facilities, price, most, np.inf, rounds, 1.5, NEW, worth, chosen)
    cut = least + share * (most - least)
    sure, free = tree.split(np.arange(7), 0, facilities, worth, bound, cut)
    for sites, total in costs.items():
        if total <= cut * (1 - 1e-12):
            assert set(sure.tolist()) <= set(sites) <= {*sure.tolist(), *free.tolist()}


@settings(max_examples=60, deadline=None)
@given(TOWN)
def test_the_search_finds_the_best_or_says_what_is_left(given_: tuple[int, int, int]) -> None:
    seed, facilities, _ = given_
    turned = town(seed)
    least = min(cost(turned, c) for c in combinations(range(7), facilities))
    start = np.arange(facilities)
    for work in (1.0, 1e9):
        total, chosen, bound = tree.search(
            turned, np.arange(7), turned.min(axis=0) + 1.0, cost(turned, tuple(start)), start, 1e-9, work
        )
        assert abs(total - cost(turned, tuple(chosen))) < 1e-9
        assert bound <= least * (1 + 1e-12) <= total * (1 + 2e-12)
    assert abs(total - least) < 1e-9
    assert bound >= total - 2e-9
