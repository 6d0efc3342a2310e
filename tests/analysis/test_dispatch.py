from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from blockwise.analysis.cover.standing import Standing
from blockwise.analysis.dispatch import NOBODY, Choice, Reason, Weighing, choose

ABLE = st.frozensets(st.sampled_from(["fire", "medical", "patrol"]), max_size=3)
UNIT = st.tuples(st.one_of(st.integers(0, 900).map(float), st.just(np.inf)), ABLE, st.booleans(), st.booleans())
NEEDS = st.dictionaries(st.sampled_from(["fire", "medical", "patrol"]), st.integers(0, 2), max_size=3)


def chosen(units: Sequence[tuple[float, frozenset[str], bool, bool]], needs: Mapping[str, int]) -> Choice:
    return choose(
        np.array([unit[0] for unit in units]),
        [unit[1] for unit in units],
        needs,
        free=np.array([unit[2] for unit in units], dtype=bool),
        on_shift=np.array([unit[3] for unit in units], dtype=bool),
    )


def best_by_brute_force(
    units: Sequence[tuple[float, frozenset[str], bool, bool]], needs: Mapping[str, int]
) -> tuple[int, float]:
    """(slots filled, total seconds), most filled first, then least time: every way of filling is tried."""
    slots = [name for name, count in needs.items() for _ in range(count)]
    usable = [unit for unit in units if unit[2] and unit[3] and np.isfinite(unit[0])]
    best = (0, 0.0)
    for order in permutations([*usable, *[None] * len(slots)], len(slots)):
        pairs = [(slot, unit) for slot, unit in zip(slots, order, strict=True) if unit is not None]
        if all(slot in unit[1] for slot, unit in pairs):
            found = (len(pairs), sum(unit[0] for _slot, unit in pairs))
            best = max(best, found, key=lambda one: (one[0], -one[1]))
    return best


@given(st.lists(UNIT, max_size=5), NEEDS.filter(lambda needs: sum(needs.values()) <= 3))
def test_fills_as_many_needs_as_possible_in_the_least_total_time(
    units: list[tuple[float, frozenset[str], bool, bool]], needs: dict[str, int]
) -> None:
    choice = chosen(units, needs)
    filled, seconds = best_by_brute_force(units, needs)
    assert len(choice.picked) == filled
    assert sum(units[unit][0] for unit in choice.picked) == pytest.approx(seconds)
    assert sum(choice.shortfalls.values()) == sum(needs.values()) - filled
    for unit, capability in choice.picked.items():
        assert capability in units[unit][1]


def test_every_unit_has_its_reason() -> None:
    patrol = frozenset({"patrol"})
    units = [
        (300.0, patrol, True, True),
        (100.0, patrol, True, True),
        (10.0, patrol, False, True),
        (20.0, patrol, True, False),
        (np.inf, patrol, True, True),
        (5.0, frozenset({"fire"}), True, True),
    ]
    choice = chosen(units, {"patrol": 1})
    assert choice.picked == {1: "patrol"}
    assert choice.order == (1, 0)
    assert choice.reasons == (
        Reason.FARTHER,
        Reason.PICKED,
        Reason.BUSY,
        Reason.OFF_SHIFT,
        Reason.UNREACHABLE,
        Reason.UNQUALIFIED,
    )


def test_the_only_rescuer_is_kept_for_the_rescue() -> None:
    units = [(60.0, frozenset({"fire", "rescue"}), True, True), (90.0, frozenset({"fire"}), True, True)]
    assert chosen(units, {"fire": 1, "rescue": 1}).picked == {0: "rescue", 1: "fire"}


def test_a_shortfall_is_said_rather_than_filled_by_the_wrong_unit() -> None:
    choice = chosen([(60.0, frozenset({"patrol"}), True, True)], {"medical": 2, "patrol": 1})
    assert choice.picked == {0: "patrol"}
    assert choice.shortfalls == {"medical": 2}


def test_lengths_and_needs_are_checked() -> None:
    with pytest.raises(ValueError, match="one entry a unit"):
        choose(np.zeros(2), [frozenset()], {}, free=np.ones(2, dtype=bool), on_shift=np.ones(2, dtype=bool))
    with pytest.raises(ValueError, match="0 or more"):
        chosen([(1.0, frozenset(), True, True)], {"fire": -1})


PATROL = frozenset({"patrol"})


def test_a_unit_is_called_away_from_lesser_work_only_when_much_is_won_by_it() -> None:
    def send(free_s: float) -> Choice:
        return choose(
            np.array([60.0, free_s, 30.0]),
            [PATROL] * 3,
            {"patrol": 1},
            free=np.array([False, True, False]),
            on_shift=np.ones(3, dtype=bool),
            lesser_work=np.array([True, True, False]),
            weighing=Weighing(break_off_s=300),
        )

    soon, late = send(350.0), send(370.0)
    assert (soon.picked, soon.reasons) == ({1: "patrol"}, (Reason.LESSER_WORK, Reason.PICKED, Reason.BUSY))
    assert (late.picked, late.reasons) == ({0: "patrol"}, (Reason.BROKEN_OFF, Reason.FARTHER, Reason.BUSY))
    assert send(np.inf).picked == {0: "patrol"}


def test_who_alone_covers_a_part_of_the_city_is_kept_where_it_is() -> None:
    """Unit 0 is nearer and alone in reach of the larger part; 1 and 2 stand together."""
    standing = Standing(csr_array(np.array([[1.0, 0], [0, 1], [0, 1]])), np.array([6.0, 4.0]), busy=0.5)

    def send(cover_s: float) -> Choice:
        return choose(
            np.array([100.0, 150.0, 160.0]),
            [PATROL] * 3,
            {"patrol": 1},
            free=np.ones(3, dtype=bool),
            on_shift=np.ones(3, dtype=bool),
            standing=standing,
            weighing=Weighing(cover_s=cover_s),
        )

    nearest, sparing = send(0.0), send(600.0)
    assert nearest.losses is not None
    assert nearest.losses.tolist() == pytest.approx([0.3, 0.1, 0.1])
    assert (nearest.picked, nearest.lost) == ({0: "patrol"}, pytest.approx(0.3))
    assert (sparing.picked, sparing.lost) == ({1: "patrol"}, pytest.approx(0.1))
    assert sparing.reasons == (Reason.KEPT, Reason.PICKED, Reason.FARTHER)
    assert sparing.order == (1, 2, 0)


COVERED = st.lists(
    st.tuples(
        st.integers(0, 900).map(float), ABLE, st.booleans(), st.booleans(), st.booleans(), st.integers(0, 31)
    ),
    min_size=1,
    max_size=5,
)  # fmt: skip


@given(COVERED, NEEDS.filter(lambda needs: sum(needs.values()) <= 3), st.sampled_from([0.0, 400.0]), st.floats(0, 0.9))
def test_the_cheapest_of_all_ways_to_fill_the_needs(
    units: list[tuple[float, frozenset[str], bool, bool, bool, int]],
    needs: dict[str, int],
    cover_s: float,
    busy: float,
) -> None:
    """Time, breaking off and each unit's own loss of cover, against every assignment and a count of demand by hand."""
    seconds = np.array([unit[0] for unit in units])
    free, shift, lesser = (np.array([unit[k] for unit in units], dtype=bool) for k in (2, 3, 4))
    reach = np.array([[unit[5] >> j & 1 for j in range(5)] for unit in units])
    weight = np.array([1.0, 2, 3, 4, 5])
    weighing = Weighing(break_off_s=120.0, cover_s=cover_s)
    able = [unit[1] for unit in units]
    choice = choose(
        seconds, able, needs, free=free, on_shift=shift, lesser_work=lesser,
        standing=Standing(csr_array(reach.astype(float)), weight, busy), weighing=weighing,
    )  # fmt: skip
    wanted = set(needs)  # one that is filled already is named with 0: who could come next counts, too
    present = {i for i in range(len(units)) if free[i] and shift[i] and wanted & able[i]}

    def covered(there: set[int]) -> float:
        return sum(w * (1 - busy ** sum(int(reach[i, j]) for i in there)) for j, w in enumerate(weight)) / 15

    assert choice.losses is not None
    by_hand = [covered(present) - covered(present - {i}) for i in range(len(units))]
    assert choice.losses.tolist() == pytest.approx(by_hand, abs=1e-12)
    assert choice.lost == pytest.approx(covered(present) - covered(present - set(choice.picked)), abs=1e-12)
    cost = [seconds[i] + (0 if free[i] else 120.0) + cover_s * by_hand[i] for i in range(len(units))]
    usable = [i for i in range(len(units)) if shift[i] and (free[i] or lesser[i])]
    slots = [name for name, count in needs.items() for _ in range(count)]
    best = (0, 0.0)
    for order in permutations([*usable, *[-1] * len(slots)], len(slots)):
        pairs = [(slot, i) for slot, i in zip(slots, order, strict=True) if i >= 0]
        if all(slot in able[i] for slot, i in pairs):
            best = max(best, (len(pairs), sum(cost[i] for _, i in pairs)), key=lambda one: (one[0], -one[1]))
    assert len(choice.picked) == best[0]
    assert sum(cost[i] for i in choice.picked) == pytest.approx(best[1])
    assert max(cost) < NOBODY
    for unit, reason in enumerate(choice.reasons):
        assert (reason in {Reason.PICKED, Reason.BROKEN_OFF}) == (unit in choice.picked)
        if reason is Reason.KEPT:
            assert cover_s


def test_when_the_needs_are_filled_it_still_says_who_could_come_next() -> None:
    units = [(300.0, frozenset({"patrol"}), True, True), (200.0, frozenset({"fire"}), True, True)]
    choice = chosen([*units, (100.0, frozenset({"patrol"}), True, True)], {"patrol": 0})
    assert (choice.picked, choice.order, choice.shortfalls) == ({}, (2, 0), {})
    assert choice.reasons == (Reason.FARTHER, Reason.UNQUALIFIED, Reason.FARTHER)


@pytest.mark.parametrize(("needed", "picked"), [(1, {1}), (2, {0, 1})])
def test_who_was_stood_down_comes_after_all_others_and_before_nobody(needed: int, picked: set[int]) -> None:
    flags = np.ones(2, dtype=bool)
    choice = choose(
        np.array([60.0, 900.0]), [frozenset({"patrol"})] * 2, {"patrol": needed}, free=flags, on_shift=flags,
        stood_down=np.array([True, False]),
    )  # fmt: skip
    assert (set(choice.picked), choice.order, choice.shortfalls) == (picked, (1, 0), {})
    assert choice.reasons[0] is (Reason.PICKED if needed == 2 else Reason.STOOD_DOWN)
