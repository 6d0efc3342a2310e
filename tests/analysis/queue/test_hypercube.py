from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blockwise.analysis.queue import approximation, hypercube
from blockwise.analysis.queue.approximation import approximate, corrections, normalised
from blockwise.analysis.queue.erlang import busy_levels, erlang_b, erlang_c
from blockwise.analysis.queue.hypercube import _taken, exact, state_probabilities
from blockwise.analysis.queue.places import demand
from tests.oracles import oracle


@pytest.fixture(scope="module")
def larson() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((oracle("hypercube") / "expected.json").read_text())
    return found


def asked_of(larson: dict[str, Any]) -> tuple[list[float], list[list[int]]]:
    groups = larson["preference_groups"]
    return [one["rate"] for one in groups], [[unit - 1 for unit in one["order"]] for one in groups]


def test_the_exact_workloads_of_the_book(larson: dict[str, Any]) -> None:
    found = exact(*asked_of(larson))
    assert found.workloads == pytest.approx(larson["published"]["exact_workloads"], abs=5e-5)
    assert (found.p_wait, found.p_lost) == (pytest.approx(9 / 38), 0)
    assert state_probabilities(demand(*asked_of(larson), 1.0, queue=True))[0] == pytest.approx(4 / 19, rel=1e-9)


def test_the_approximation_of_the_book(larson: dict[str, Any]) -> None:
    """The book rounds by hand on the way (its factors to three digits), hence a unit of its last digit."""
    found = approximate(*asked_of(larson))
    assert found.workloads == pytest.approx(larson["published"]["approx_workloads"], abs=1e-4)
    assert corrections(busy_levels(3, 1.5, queue=True), 0.5) == pytest.approx(larson["published"]["Q"], abs=5e-6)


def brute(rates: list[float], orders: list[list[int]], mu: float) -> np.ndarray[Any, Any]:
    """The loss system's states by a dense solve of the balance equations, written another way."""
    units = len(orders[0])
    states = list(itertools.product((0, 1), repeat=units))
    flow = np.zeros((len(states), len(states)))
    for here, state in enumerate(states):
        for rate, order in zip(rates, orders, strict=True):
            unit = next((one for one in order if not state[one]), None)
            if unit is not None:
                there = states.index((*state[:unit], 1, *state[unit + 1 :]))
                flow[here, there] += rate
        for unit in range(units):
            if state[unit]:
                flow[here, states.index((*state[:unit], 0, *state[unit + 1 :]))] += mu
    balance = flow.T - np.diag(flow.sum(axis=1))
    balance[0] = 1
    chances = np.linalg.solve(balance, np.eye(1, len(states))[0])
    return np.array(states).T @ chances


RATES = st.floats(0.01, 2)


@st.composite
def questions(draw: Any) -> tuple[list[float], list[list[int]], float]:
    units = draw(st.integers(1, 4))
    size = draw(st.integers(1, 4))
    orders = [list(draw(st.permutations(range(units)))) for _ in range(size)]
    return draw(st.lists(RATES, min_size=size, max_size=size)), orders, draw(st.floats(0.5, 3))


@settings(max_examples=40)
@given(questions())
def test_the_states_are_those_of_the_balance_equations(asked: tuple[list[float], list[list[int]], float]) -> None:
    rates, orders, mu = asked
    found = exact(rates, orders, mu, queue=False)
    assert found.workloads == pytest.approx(brute(rates, orders, mu), abs=1e-8)
    load, units = sum(rates) / mu, len(orders[0])
    assert found.workloads.sum() == pytest.approx(load * (1 - erlang_b(units, load)), abs=1e-8)
    assert found.p_lost == pytest.approx(erlang_b(units, load))


@settings(max_examples=40)
@given(questions())
def test_the_kernel_is_its_plain_twin(asked: tuple[list[float], list[list[int]], float]) -> None:
    rates, orders, _mu = asked
    plain = np.zeros((len(orders[0]), 2 ** len(orders[0])))
    for state in range(plain.shape[1]):
        for rate, order in zip(rates, orders, strict=True):
            if free := [unit for unit in order if not state & 2**unit]:
                plain[free[0], state] += rate
    assert _taken(np.array(rates), np.array(orders)) == pytest.approx(plain)


@settings(max_examples=40)
@given(questions(), st.randoms())
def test_the_order_of_places_and_the_names_of_units_do_not_matter(
    asked: tuple[list[float], list[list[int]], float], chance: Any
) -> None:
    rates, orders, mu = asked
    mu *= 1.1 * sum(rates) / mu / len(orders[0]) + 1  # stable
    units = list(range(len(orders[0])))
    renamed = chance.sample(units, len(units))
    turned = chance.sample(range(len(rates)), len(rates))
    for solve, close in ((exact, 1e-8), (approximate, 1e-8)):
        plain = solve(rates, orders, mu)
        other = solve([rates[k] for k in turned], [[renamed[unit] for unit in orders[k]] for k in turned], mu)
        assert [other.workloads[renamed[unit]] for unit in units] == pytest.approx(plain.workloads, abs=close)
        assert plain.workloads.sum() == pytest.approx(sum(rates) / mu)


def test_one_order_for_all_is_a_chain_of_loss_systems() -> None:
    """The first k units of one order lose what k servers lose, whatever stands behind them."""
    found = exact([1.2], [[0, 1, 2, 3]], 1.0, queue=False)
    carried = [1.2 * (1 - erlang_b(k, 1.2)) for k in range(1, 5)]
    assert np.cumsum(found.workloads) == pytest.approx(carried, abs=1e-9)


def test_the_approximation_comes_near_for_many_units() -> None:
    draw = np.random.default_rng(5)
    rates = draw.uniform(0.1, 1, 30)
    orders = [draw.permutation(9).tolist() for _ in range(30)]
    mu = rates.sum() / 9 / 0.5
    found, true = approximate(rates, orders, mu), exact(rates, orders, mu)
    assert np.abs(found.workloads / true.workloads - 1).max() < 0.03
    lossy = approximate(rates, orders, mu, queue=False)
    assert lossy.workloads.sum() == pytest.approx(exact(rates, orders, mu, queue=False).workloads.sum())
    assert approximate(rates, [[*order, *range(9, 40)] for order in orders], mu).workloads.size == 40


def test_overloaded_units_lose_calls_but_have_no_queue() -> None:
    found = exact([9.0], [[0, 1]], 1.0, queue=False)
    assert (found.erlang_c, found.p_wait) == (None, 0)
    assert found.workloads.max() < 1
    assert exact([1.0], [[0, 1]]).erlang_c == pytest.approx(erlang_c(2, 1.0))
    with pytest.raises(ValueError, match="for ever"):
        exact([9.0], [[0, 1]], 1.0)


@pytest.mark.parametrize(
    ("rates", "orders", "mu", "what"),
    [
        ([], [], 1.0, "one rate"),
        ([1.0], [[0], [0]], 1.0, "one rate"),
        ([-1.0], [[0]], 1.0, "finite number"),
        ([float("nan")], [[0]], 1.0, "finite number"),
        ([0.0], [[0]], 1.0, "Nobody calls"),
        ([1.0], [[0, 0]], 1.0, "every unit once"),
        ([1.0], [[]], 1.0, "every unit once"),
        ([1.0, 1.0], [[0, 1], [0]], 1.0, "every unit once"),
        ([1.0], [[0]], 0.0, "above 0"),
        ([1.0], [list(range(16))], 1.0, "at most 15"),
    ],
)
def test_what_cannot_be_used_is_refused(rates: list[float], orders: list[list[int]], mu: float, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        exact(rates, orders, mu, queue=False)


def test_what_does_not_settle_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    rates, orders = [0.5, 0.9, 0.7], [[0, 1, 2], [1, 2, 0], [2, 0, 1]]
    for module, function in ((approximation, approximate), (hypercube, exact)):
        monkeypatch.setattr(module, "MOST_ROUNDS", 1)
        with pytest.raises(ValueError, match="did not settle"):
            function(rates, orders, 1.0)


@pytest.mark.parametrize(("units", "load"), [(60, 40), (80, 50), (400, 100), (200, 1), (100, 0.05), (1000, 999.9)])
def test_hundreds_of_units(units: int, load: float) -> None:
    """Two places ask them from both ends: the load is served, alike on both sides, no unit busier than always."""
    order = list(range(units))
    found = approximate([load / 2, load / 2], [order, order[::-1]])
    assert found.workloads.sum() == pytest.approx(load, rel=1e-3)
    assert found.workloads.max() <= 1
    assert found.workloads == pytest.approx(found.workloads[::-1], rel=0.02, abs=1e-3)


@settings(max_examples=60)
@given(st.data(), st.integers(2, 24), st.floats(0.3, 0.9999), st.booleans())
def test_workloads_of_the_approximation_add_up_to_the_load(
    data: st.DataObject, units: int, share: float, queue: bool
) -> None:
    rates = data.draw(st.lists(RATES, min_size=1, max_size=5))
    orders = [data.draw(st.permutations(range(units))) for _ in rates]
    mu = sum(rates) / units / share
    found = approximate(rates, orders, mu, queue=queue)
    served = share * units * (1 - found.p_lost)
    assert found.workloads.sum() == pytest.approx(served, rel=1e-9)
    assert found.workloads.max() <= 1


@given(st.lists(st.floats(0, 5), min_size=2, max_size=30), st.floats(0.001, 0.999))
def test_what_one_unit_has_too_much_goes_to_the_others_in_proportion(busy: list[float], share: float) -> None:
    load = share * len(busy)
    now, _full = normalised(np.array(busy), load)
    assert now.sum() == pytest.approx(load, rel=1e-9)
    assert (now <= 1).all()
    free = [(value, one) for value, one in zip(now.tolist(), busy, strict=True) if value < 1 and one > 1e-9]
    ratios = [value / one for value, one in free]
    assert ratios == pytest.approx(ratios[:1] * len(ratios), rel=1e-6)


@pytest.mark.parametrize(("units", "second"), [(15, 0.99493), (16, 0.99749)])
def test_one_order_for_all_units_near_the_full_load(units: int, second: float) -> None:
    """The first unit would be busy more than always; what it cannot take is not lost."""
    found = approximate([units - 1.0], [list(range(units))])
    assert found.workloads.sum() == pytest.approx(units - 1, rel=1e-12)
    assert (found.workloads[0], found.full) == (1, 1)
    assert found.workloads[1] == pytest.approx(second, abs=1e-5)
    assert exact([14.0], [list(range(15))]).full == 0


def test_loads_beyond_reason_are_refused() -> None:
    for mu in (1e300, 1e-300):
        with pytest.raises(ValueError, match="erlangs is not between"):
            exact([0.5], [[0, 1]], mu, queue=False)
    assert approximate([1e8], [[0, 1]], queue=False).workloads == pytest.approx(1.0, rel=1e-7)
