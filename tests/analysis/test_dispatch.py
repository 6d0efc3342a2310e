from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockwise.analysis.dispatch import Choice, Reason, choose

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
