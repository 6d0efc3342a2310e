"""Covering against every choice of sites on small questions, against other people's answers, and against itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from blockwise.analysis.cover import bounds, exact, heuristic, location
from blockwise.analysis.cover.groups import grouped
from blockwise.analysis.cover.heuristic import Worth
from blockwise.analysis.cover.problem import demand
from blockwise.exchange.siting import read_siting
from tests.oracles import oracle

COVERS = st.tuples(st.integers(1, 7), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.bool_, shape, elements=st.booleans())
)
BUSY = st.one_of(st.just(0.0), st.floats(0.01, 0.9))
OPTIMA = {"SJC324": [5461, 8790, 11604, 12106, 12152], "SJC402": [6555, 11339, 14690, 15658, 15970, 15984]}


def weights(covers: NDArray[np.bool_], data: st.DataObject) -> NDArray[np.float64]:
    drawn = data.draw(st.lists(st.integers(0, 9), min_size=len(covers), max_size=len(covers)))
    return np.array(drawn, dtype=np.float64) + (0.5 if not any(drawn) else 0.0)


def times(covers: NDArray[np.bool_], sites: tuple[int, ...]) -> NDArray[np.int64]:
    return np.asarray(covers[:, list(sites)].sum(axis=1), dtype=np.int64)


def choices(covers: NDArray[np.bool_], facilities: int) -> Iterator[NDArray[np.int64]]:
    for sites in combinations(range(covers.shape[1]), facilities):
        yield times(covers, sites)


@settings(max_examples=120, deadline=None)
@given(COVERS, st.data())
def test_most_weight_of_all_choices(covers: NDArray[np.bool_], data: st.DataObject) -> None:
    weight, facilities = weights(covers, data), data.draw(st.integers(1, covers.shape[1]))
    found = location.mclp(weight, covers, facilities)
    best = max(float(weight[t > 0].sum()) for t in choices(covers, facilities))
    assert (found.objective, found.bound, found.gap, found.proven) == (pytest.approx(best), found.objective, 0, True)
    assert found.covered == pytest.approx(weight[times(covers, found.sites) > 0].sum()) == pytest.approx(best)
    assert found.backup == pytest.approx(weight[times(covers, found.sites) > 1].sum())
    assert found.covered_n == (times(covers, found.sites) > 0).sum()
    assert len(set(found.sites)) == len(found.sites) == facilities


@settings(max_examples=100, deadline=None)
@given(COVERS, BUSY, st.data())
def test_most_expected_cover_of_all_choices(covers: NDArray[np.bool_], busy: float, data: st.DataObject) -> None:
    weight, facilities = weights(covers, data), data.draw(st.integers(1, 4))
    found = location.mexclp(weight, covers, facilities, busy)
    best = max(
        float((weight * (1 - busy ** times(covers, sites))).sum())
        for sites in combinations_with_replacement(range(covers.shape[1]), facilities)
    )
    assert found.objective == pytest.approx(best)
    assert float((weight * (1 - busy ** times(covers, found.sites))).sum()) == pytest.approx(best)
    assert found.bound >= found.objective * (1 - 1e-9)
    if not busy and facilities <= covers.shape[1]:
        assert found.objective == pytest.approx(location.mclp(weight, covers, facilities).objective)


@settings(max_examples=100, deadline=None)
@given(COVERS, st.data())
def test_fewest_sites_of_all_choices(covers: NDArray[np.bool_], data: st.DataObject) -> None:
    weight = weights(covers, data)
    if not covers.any(axis=1).all():
        lost = int(np.flatnonzero(~covers.any(axis=1))[0])
        assert location.uncovered(covers)[0] == lost
        with pytest.raises(ValueError, match=f"No site covers demand {lost + 1} of"):
            location.lscp(weight, covers)
        return
    found = location.lscp(weight, covers)
    best = next(n for n in range(1, covers.shape[1] + 1) if any((t > 0).all() for t in choices(covers, n)))
    assert (found.objective, len(found.sites), found.proven) == (best, best, True)
    assert (times(covers, found.sites) > 0).all()


@settings(max_examples=100, deadline=None)
@given(COVERS, st.data())
def test_most_backup_of_all_choices_that_cover_everyone(covers: NDArray[np.bool_], data: st.DataObject) -> None:
    weight, facilities = weights(covers, data), data.draw(st.integers(1, covers.shape[1]))
    able = [t for t in choices(covers, facilities) if (t > 0).all()]
    if not able:
        with pytest.raises(ValueError, match="cover"):
            location.backup(weight, covers, facilities)
        return
    found = location.backup(weight, covers, facilities)
    assert found.objective == pytest.approx(max(float(weight[t > 1].sum()) for t in able))
    assert (times(covers, found.sites) > 0).all()
    assert found.proven


@settings(max_examples=60, deadline=None)
@given(COVERS, BUSY, st.data())
def test_without_time_for_a_proof_the_bound_still_holds(
    covers: NDArray[np.bool_], busy: float, data: st.DataObject
) -> None:
    """The greedy choice, exchanges and prices alone: never above the best, whose bound is never below it."""
    weight, facilities = weights(covers, data), data.draw(st.integers(1, covers.shape[1]))
    whole = location.mexclp(weight, covers, facilities, busy)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(exact, "MOST_ENTRIES", -1)
        found = location.mexclp(weight, covers, facilities, busy)
        most = location.mclp(weight, covers, facilities)
    assert found.objective <= whole.objective * (1 + 1e-9) <= found.bound * (1 + 1e-6) + 1e-9
    assert found.gap >= 0
    assert most.bound * (1 + 1e-9) >= location.mclp(weight, covers, facilities).objective >= most.objective * (1 - 1e-9)


def test_the_proof_mends_a_greedy_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(location, "exchanged", lambda groups, worth, start: start)
    mended = 0
    for seed in range(30):
        draw = np.random.default_rng(seed)
        covers = draw.random((draw.integers(4, 16), draw.integers(4, 12))) < draw.choice([0.2, 0.3, 0.4])
        covers[np.arange(len(covers)), draw.integers(0, covers.shape[1], len(covers))] = True
        weight = draw.integers(1, 9, len(covers)).astype(float)
        groups = grouped(demand(weight, covers))
        fewest = location.lscp(weight, covers)
        mended += int(location._fewest(groups, lambda step, share: None).sum()) > fewest.objective
        count = int(fewest.objective)
        assert count == 1 or not any((t > 0).all() for t in choices(covers, count - 1))
        twice = max(float(weight[t > 1].sum()) for t in choices(covers, count) if (t > 0).all())
        assert location.backup(weight, covers, count).objective == twice
    assert mended


def test_what_the_solver_cannot_tell_apart_or_has_no_time_for_is_no_proof() -> None:
    groups = grouped(demand([80, 1, 1], np.eye(3, dtype=bool)))
    worth = Worth(groups.weight, np.array([0.5, 0.25, 0.125]), most=3)
    found = exact.most_worth(groups, worth, np.arange(3), np.ones(3, dtype=np.int64), seconds=10)
    assert found.chosen is not None
    assert (groups.times(found.chosen).max(), found.finished) == (3, False)
    draw = np.random.default_rng(1)
    many = grouped(demand(np.ones(300), draw.random((300, 80)) < 0.05 + np.eye(300, 80)))
    reached = exact.fewest_sites(many, np.arange(80), 79, 0.0)
    assert (reached.chosen, reached.finished) == (None, False)


@settings(max_examples=40, deadline=None)
@given(COVERS, st.data())
def test_the_order_of_demands_and_sites_does_not_matter(covers: NDArray[np.bool_], data: st.DataObject) -> None:
    weight, facilities = weights(covers, data), data.draw(st.integers(1, covers.shape[1]))
    rows = np.array(data.draw(st.permutations(range(covers.shape[0]))))
    columns = np.array(data.draw(st.permutations(range(covers.shape[1]))))
    other = location.mexclp(weight[rows], covers[rows][:, columns], facilities, 0.3)
    assert other.objective == pytest.approx(location.mexclp(weight, covers, facilities, 0.3).objective)
    more = location.mexclp(weight, covers, facilities + 1, 0.3).objective
    assert more >= other.objective * (1 - 1e-9)


@pytest.mark.parametrize(("file", "facilities", "best"), [
    (file, number, best) for file, optima in OPTIMA.items() for number, best in enumerate(optima, start=1)
])  # fmt: skip
def test_san_jose_as_published(file: str, facilities: int, best: int) -> None:
    asked = read_siting(oracle(f"mclp/{file}.txt"), None, None)
    found = location.mclp(asked.demand.weight, asked.covers(800.0), facilities)
    assert (found.objective, found.proven, found.gap) == (best, True, 0)


def test_a_larger_question_keeps_its_promises() -> None:
    """400 cells and 90 sites: what is proven agrees with what is only bounded."""
    draw = np.random.default_rng(3)
    cells, sites = draw.uniform(0, 6, (400, 2)), draw.uniform(0, 6, (90, 2))
    covers = np.hypot(*(cells[:, None] - sites).transpose(2, 0, 1)) <= 0.8
    weight = draw.gamma(0.6, 10, 400)
    proven = location.mclp(weight, covers, 12)
    assert proven.proven
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(exact, "MOST_ENTRIES", -1)
        found = location.mclp(weight, covers, 12)
    assert found.objective <= proven.objective <= found.bound
    assert found.gap < 0.03
    assert location.lscp(np.ones(400), covers | (np.arange(90) == 0)).objective >= bounds.fewest_sites(
        location.grouped(demand(np.ones(400), covers | (np.arange(90) == 0)))
    )


@settings(max_examples=60, deadline=None)
@given(COVERS, BUSY, st.integers(1, 3), st.data())
def test_the_compiled_greedy_choice_and_exchange(
    covers: NDArray[np.bool_], busy: float, most: int, data: st.DataObject
) -> None:
    """Against the same in plain numpy: each step takes the first site that is worth most."""
    weight, facilities = weights(covers, data), data.draw(st.integers(1, covers.shape[1]))
    groups = location.grouped(demand(weight, covers))
    if not groups.weight.size:
        return
    slopes = (1 - busy) * busy ** np.arange(3.0)
    worth = heuristic.Worth(groups.weight, slopes, most=most)
    rows = groups.rows.toarray()
    used = np.zeros(covers.shape[1], dtype=np.int64)
    for _ in range(facilities):
        level = (rows @ used).astype(np.int64)
        gain = rows.T @ (groups.weight * np.where(level < 3, slopes[np.minimum(level, 2)], 0.0))
        gain[used >= most] = -1
        used[int(np.argmax(np.round(gain, 9)))] += 1
    chosen = heuristic.greedy(groups, worth, facilities)
    assert worth.of(groups.times(chosen)) == pytest.approx(worth.of(groups.times(used)))
    better = heuristic.exchanged(groups, worth, chosen)
    assert (better.sum(), better.max() <= most) == (facilities, True)
    value = worth.of(groups.times(better))
    assert value >= worth.of(groups.times(chosen)) - 1e-9
    for out in np.flatnonzero(better):
        for into in np.flatnonzero(better < most):
            moved = better.copy()
            moved[out] -= 1
            moved[into] += 1
            assert worth.of(groups.times(moved)) <= value * (1 + 1e-6) + 1e-6
