"""Covering where it cannot be solved outright, its parts, and what cannot be asked."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from blockwise.analysis.cover import bounds, exact, location, problem
from blockwise.analysis.cover.groups import grouped, needed
from blockwise.analysis.cover.heuristic import Worth, exchanged, greedy
from blockwise.analysis.cover.location import backup, lscp, mclp, mexclp, uncovered
from blockwise.analysis.cover.problem import demand

Floats = NDArray[np.float64]


def town(cells: int, sites: int, reach: float, seed: int = 3) -> tuple[Floats, csr_array]:
    random = np.random.default_rng(seed)
    places = random.random((cells, 2)) * 100
    there = random.random((sites, 2)) * 100
    near = np.hypot(*(places[:, None] - there).transpose(2, 0, 1)) <= reach
    return random.integers(1, 80, cells).astype(float), csr_array(near)


@pytest.mark.slow
def test_beyond_what_is_solved_the_gap_is_small_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    weights, covers = town(600, 120, 12)
    best = mclp(weights, covers, 12)
    expected = mexclp(weights, covers, 12, 0.3)
    assert (best.proven, expected.proven) == (True, True)
    reached = np.setdiff1d(np.arange(600), uncovered(covers))
    fewest = lscp(weights[reached], covers[reached])
    twice = backup(weights[reached], covers[reached], int(fewest.objective) + 6)
    monkeypatch.setattr(exact, "MOST_ENTRIES", 10)
    for true, found in (
        (best, mclp(weights, covers, 12)),
        (expected, mexclp(weights, covers, 12, 0.3)),
        (twice, backup(weights[reached], covers[reached], int(fewest.objective) + 6)),
    ):
        assert found.objective <= true.objective * (1 + 1e-12) <= found.bound * (1 + 2e-12)
        assert found.gap == pytest.approx(found.bound / found.objective - 1)
        assert found.objective > 0.98 * true.objective
        assert found.gap < 0.08
    rough = lscp(weights[reached], covers[reached])
    assert rough.bound <= fewest.objective <= rough.objective <= fewest.objective + 2


def test_the_same_question_gets_the_same_answer_in_any_order() -> None:
    weights, covers = town(300, 60, 12)
    found = mclp(weights, covers, 8)
    assert mclp(weights, covers.toarray(), 8) == found
    order = np.random.default_rng(1).permutation(300)
    assert mclp(weights[order], covers[order], 8).objective == found.objective
    assert mclp(weights * 1e9, covers, 8).objective == pytest.approx(found.objective * 1e9, rel=1e-12)
    assert mclp(weights * 1e-9, covers, 8).objective == pytest.approx(found.objective * 1e-9, rel=1e-12)
    twice = np.concatenate([weights, weights]), np.concatenate([covers.toarray(), covers.toarray()])
    assert mclp(*twice, 8).objective == 2 * found.objective


def test_groups_and_replaced_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    covers = np.array([[1, 1, 0, 0], [0, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]], dtype=bool)
    groups = grouped(demand([1, 2, 4, 8, 16], covers))
    assert (groups.weight.tolist(), groups.size.tolist()) == ([5, 2, 16], [2, 1, 1])
    assert groups.rows.toarray().tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
    assert needed(groups).tolist() == [1, 2]
    same = grouped(demand([1, 1], np.array([[1, 1, 0], [0, 0, 1]], dtype=bool)))
    assert needed(same).tolist() == [0, 2]
    monkeypatch.setattr("blockwise.analysis.cover.groups.MOST_COMPARED", 3)
    assert needed(groups).tolist() == [0, 1, 2, 3]


def test_a_bound_that_is_not_waited_for_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    weights, covers = town(200, 40, 12)
    groups = grouped(demand(weights, covers))
    worth = Worth(groups.weight, np.ones(1))
    best = mclp(weights, covers, 5).objective
    chosen = exchanged(groups, worth, greedy(groups, worth, 5), rounds=0)
    monkeypatch.setattr(bounds, "MOST_ROUNDS", 3)
    found = worth.of(groups.times(chosen))
    assert bounds.most_worth(groups, worth, 5, found, progress=lambda step, share: None) >= best >= found


def test_no_weight_within_reach() -> None:
    nothing = np.zeros((2, 3), dtype=bool)
    found = mclp([1, 2], nothing, 2)
    assert (found.objective, found.covered_n, found.bound, found.gap, found.sites) == (0, 0, 0, 0, (0, 1))
    light = lscp([0, 1], np.array([[1, 0], [0, 1]], dtype=bool))
    assert light.sites == (0, 1)


def test_what_cannot_be_asked_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    all_ = np.ones((2, 2), dtype=bool)
    for weights, covers, facilities, why in (
        ([1], all_, 1, "a row a demand"),
        ([], np.ones((0, 2), dtype=bool), 1, "has a weight"),
        ([1, 1], np.ones((2, 0), dtype=bool), 1, "at least one of each"),
        ([1, -1], all_, 1, "0 or more"),
        ([1, np.nan], all_, 1, "finite"),
        ([1, np.inf], all_, 1, "finite"),
        ([0, 0], all_, 1, "every weight is 0"),
        ([1, 1], all_, 0, "at least one facility"),
        ([1, 1], all_, 3, "3 facilities do not fit on 2 sites"),
    ):
        with pytest.raises(ValueError, match=why):
            mclp(weights, covers, facilities)
    for busy in (-0.1, 1.0, np.nan):
        with pytest.raises(ValueError, match="below 1"):
            mexclp([1, 1], all_, 1, busy)
    with pytest.raises(ValueError, match="at least one facility"):
        mexclp([1, 1], all_, 0, 0.5)
    monkeypatch.setattr(problem, "MOST_PAIRS", 3)
    with pytest.raises(ValueError, match="4 pairs of a demand and a site are more than 3"):
        mclp([1, 1], all_, 1)


def test_long_work_tells_how_far_it_is() -> None:
    steps: list[tuple[str, float]] = []
    weights, covers = town(100, 30, 12)
    location.mclp(weights, covers, 4, progress=lambda step, share: steps.append((step, share)))
    assert {"exchanges", "proof"} <= {step for step, _ in steps}
    assert all(0 <= share <= 1 for _, share in steps)
