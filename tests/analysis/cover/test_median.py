"""The p-median against every choice of sites, the OR-Library's optima and San Francisco's stores."""

from __future__ import annotations

import csv
import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from blockwise.analysis.cover import interchange, median, problem, radii, tree
from blockwise.analysis.cover.location import lscp, mclp
from blockwise.analysis.cover.median import pmedian
from blockwise.exchange.siting import read_siting
from tests.oracles import oracle

COSTS = st.tuples(st.integers(1, 7), st.integers(2, 7)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.one_of(st.integers(0, 20).map(float), st.just(np.inf)))
)


def best_of(weight: NDArray[np.float64], costs: NDArray[np.float64], facilities: int) -> float:
    """inf where no choice serves every demand, also one of weight 0."""
    totals = []
    for sites in combinations(range(costs.shape[1]), facilities):
        least = costs[:, sites].min(axis=1)
        totals.append(float((weight * least).sum()) if np.isfinite(least).all() else np.inf)
    return min(totals)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(COSTS, st.sampled_from([0, 25]), st.booleans(), st.data())
def test_least_cost_of_all_choices(costs: NDArray[np.float64], few: int, odd: bool, data: st.DataObject) -> None:
    """By the tree and by HiGHS, with whole numbers and without."""
    weight = np.array(data.draw(st.lists(st.integers(0, 5), min_size=len(costs), max_size=len(costs))), dtype=float)
    weight += 0.37 if odd or not weight.any() else 0.0
    facilities = data.draw(st.integers(1, costs.shape[1]))
    best = best_of(weight, costs, facilities)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(median, "FEW", few)
        if not np.isfinite(best):
            with pytest.raises(ValueError, match="serve"):
                pmedian(weight, costs, facilities)
            return
        found = pmedian(weight, costs, facilities, radius=5.0)
    assert found.objective == pytest.approx(best)
    assert float((weight * costs[:, list(found.sites)].min(axis=1)).sum()) == pytest.approx(best)
    assert found.bound == pytest.approx(best)
    assert found.covered == pytest.approx(weight[costs[:, list(found.sites)].min(axis=1) <= 5].sum())
    assert pmedian(weight, costs, facilities).covered is None


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_without_a_proof_the_bound_still_holds(seed: int, facilities: int) -> None:
    draw = np.random.default_rng(seed)
    costs = np.hypot(*(draw.uniform(0, 9, (12, 1, 2)) - draw.uniform(0, 9, (8, 2))).transpose(2, 0, 1))
    weight = draw.gamma(1, 3, 12)
    best = best_of(weight, costs, facilities)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(median, "FEW", 0)
        patched.setattr(median, "ROOT_WORK", 1.0)
        patched.setattr(radii, "MOST_ROWS", 0)
        patched.setattr(interchange, "MOST_WORK", 0)
        found = pmedian(weight, costs, facilities)
    assert found.bound <= best * (1 + 1e-9) <= found.objective * (1 + 2e-9)
    assert found.gap == pytest.approx((found.objective - found.bound) / found.objective) or found.gap == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5), st.booleans())
@example(0, 2, False)
def test_the_solver_alone_proves_it_as_well(seed: int, facilities: int, whole: bool) -> None:
    draw = np.random.default_rng(seed)
    costs = np.hypot(*(draw.uniform(0, 9, (12, 1, 2)) - draw.uniform(0, 9, (8, 2))).transpose(2, 0, 1))
    weight = np.ones(12) if whole else draw.gamma(1, 3, 12)
    costs = np.round(costs) if whole else costs
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(median, "FEW", 0)
        patched.setattr(median, "ROOT_WORK", 1.0)
        patched.setattr(median, "CHUNK", 1)
        patched.setattr(interchange, "MOST_WORK", 0)
        found = pmedian(weight, costs, facilities)
    assert found.objective == pytest.approx(best_of(weight, costs, facilities))
    assert found.gap == 0


def test_a_first_choice_that_serves_not_everyone_starts_the_search_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(median, "FEW", 0)
    monkeypatch.setattr(median, "ROOT_WORK", 1.0)
    monkeypatch.setattr(median, "CHUNK", 1)
    searched = []
    solve = median._solve
    monkeypatch.setattr(median, "_solve", lambda *given: searched.append(given) or solve(*given))
    draw = np.random.default_rng(9)
    demands, sites = draw.integers(6, 14), draw.integers(5, 12)
    costs = np.where(draw.random((demands, sites)) < 0.4, draw.integers(1, 9, (demands, sites)).astype(float), np.inf)
    costs = costs * 1.1 if draw.random() < 0.5 else costs
    costs[np.arange(demands), draw.integers(0, sites, demands)] = 1.0
    assert pmedian(np.ones(demands), costs, 2).objective == pytest.approx(best_of(np.ones(demands), costs, 2))
    assert len(searched) == 2


def test_fewer_sites_in_question_than_facilities_prove_the_best_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "split", lambda *given: (np.arange(1), np.arange(0)))
    costs = np.array([[0.0, 3, 4], [3, 0, 4], [4, 4, 0], [1, 1, 1]])
    found = pmedian(np.ones(4), costs, 2)
    assert (found.objective, found.proven) == (4.0, True)


def test_shaking_leaves_a_choice_that_exchanges_keep() -> None:
    draw = np.random.default_rng(3)
    costs = np.ascontiguousarray(np.abs(draw.normal(size=(40, 12))))
    total, chosen = interchange.shaken(costs, np.ascontiguousarray(costs.T), np.inf, np.arange(4))
    assert total == pytest.approx(best_of(np.ones(40), costs, 4)) == pytest.approx(costs[:, chosen].min(axis=1).sum())


def test_a_solver_without_time_says_so() -> None:
    draw = np.random.default_rng(3)
    costs = np.abs(draw.normal(size=(60, 30)))
    found = radii.least_cost(costs, np.arange(30), np.arange(0), 5, 1e6, 0.0)
    assert (found.chosen, found.finished) == (None, False)


def test_costs_that_are_no_whole_numbers() -> None:
    """A choice that costs as much as the cap on its dearest demand is not taken for a better one."""
    for seed in range(360, 400):
        draw = np.random.default_rng(seed)
        costs = np.hypot(*(draw.uniform(0, 9, (12, 1, 2)) - draw.uniform(0, 9, (8, 2))).transpose(2, 0, 1))
        weight = draw.gamma(1, 3, 12)
        for facilities in (4, 5):
            found = pmedian(weight, costs, facilities)
            assert found.objective == pytest.approx(best_of(weight, costs, facilities)), (seed, facilities)
            assert float((weight * costs[:, list(found.sites)].min(axis=1)).sum()) == pytest.approx(found.objective)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_the_compiled_exchange_leaves_nothing_to_exchange(seed: int, facilities: int) -> None:
    draw = np.random.default_rng(seed)
    costs = draw.integers(0, 30, (9, 7)).astype(float)
    start = draw.permutation(7)[:facilities]
    total, chosen = interchange.interchanged(costs, np.ascontiguousarray(costs.T), start)
    assert total == costs[:, chosen].min(axis=1).sum() <= costs[:, start].min(axis=1).sum()
    for out in range(facilities):
        for into in set(range(7)) - set(chosen.tolist()):
            other = np.append(np.delete(chosen, out), into)
            assert costs[:, other].min(axis=1).sum() >= total
    assert tree.cost_of(np.ascontiguousarray(costs.T), chosen) == total


@pytest.mark.slow
@pytest.mark.parametrize(("number", "best"), [*enumerate([5819, 4093, 4250, 3034, 1355, 7824], start=1)])
def test_the_networks_of_the_or_library(number: int, best: int) -> None:
    asked = read_siting(oracle(f"pmedian/pmed{number}.txt"), None, None)
    assert asked.facilities is not None
    found = pmedian(asked.demand.weight, asked.distances(), asked.facilities)
    assert (found.objective, found.bound, found.gap, found.proven) == (best, best, 0, True)


def san_francisco() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Residents of 205 tracts by name, and metres to 16 stores."""
    folder = oracle("spopt_sf")
    with (folder / "SF_demand_205_centroid_uniform_weight.csv").open() as file:
        people = {row["NAME"]: float(row["POP2000"]) for row in csv.DictReader(file)}
    tracts = sorted(people)
    with (folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv").open() as file:
        rows = list(csv.DictReader(file))
    stores = list(dict.fromkeys(row["name"] for row in rows))
    costs = np.full((len(tracts), len(stores)), np.inf)
    for row in rows:
        costs[tracts.index(row["DestinationName"]), stores.index(row["name"])] = float(row["distance"])
    return np.array([people[name] for name in tracts]), costs


def test_san_francisco_as_other_programs_solve_it() -> None:
    people, costs = san_francisco()
    found = pmedian(people, costs, 4)
    assert found.objective / people.sum() == pytest.approx(2982.1268579890657, rel=1e-12)
    most = mclp(people, costs <= 5000, 4)
    assert (most.objective, most.covered_n, most.n) == (875247, 184, 205)
    assert lscp(people, costs <= 5000).objective == 8


def test_a_site_for_everyone_and_what_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = np.array([[0.0, 5], [5, 0]])
    assert pmedian([1, 1], costs, 2).objective == 0
    assert pmedian([1, 1], costs, 2).gap == 0
    for weight, given_costs, facilities, what in (
        ([1, 1, 1], costs, 1, "a row of costs a demand"),
        ([1, 1], -costs, 1, "0 or more, inf"),
        ([1, 1], costs, 3, "do not fit"),
        ([1, 1], np.array([[1.0, 2], [np.inf, np.inf]]), 1, "No site serves demand 2 of 2"),
        ([1, 1], np.array([[1.0, np.inf], [np.inf, 1]]), 1, "serve every demand"),
    ):
        with pytest.raises(ValueError, match=what):
            pmedian(weight, given_costs, facilities)
    with pytest.raises(ValueError, match="radius is 0 or more"):
        pmedian([1, 1], costs, 1, radius=math.nan)
    with pytest.raises(ValueError, match="too large to be multiplied"):
        pmedian([1e300, 1], costs * 1e10, 1)
    monkeypatch.setattr(problem, "MOST_PAIRS", 3)
    with pytest.raises(ValueError, match="4 pairs of a demand and a site are more than 3"):
        pmedian([1, 1], costs, 1)
