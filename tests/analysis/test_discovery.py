"""Benjamini and Hochberg against their paper's example and the definition."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from blockwise.analysis.discovery import discoveries
from tests.oracles import oracle

FAMILIES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_the_example_of_1995() -> None:
    known = json.loads((oracle("bh_1995") / "bh.json").read_text())
    found = discoveries(known["p"], 0.05)
    assert (found.rejected.sum(), found.threshold, found.n) == (4, 0.0095, 15)
    assert (np.array(known["p"]) <= 0.05 / 15).sum() == 3, "Bonferroni's"
    np.testing.assert_allclose(found.adjusted, known["bh_adjusted_scipy"], atol=5e-9)


@settings(max_examples=100)
@given(FAMILIES, st.sampled_from([0.01, 0.05, 0.2, 1.0]))
def test_the_largest_k_whose_p_is_at_most_k_alpha_over_n(p: list[float], alpha: float) -> None:
    found = discoveries(p, alpha)
    ranked = sorted(p)
    hold = [k for k in range(1, len(p) + 1) if ranked[k - 1] * len(p) / k <= alpha * (1 + 1e-12)]
    assert found.rejected.tolist() == [one <= ranked[hold[-1] - 1] if hold else False for one in p]
    np.testing.assert_allclose(found.adjusted, false_discovery_control(p), rtol=1e-12)


@settings(max_examples=50)
@given(st.lists(st.sampled_from([0.001, 0.02, 0.02, 0.3, 1.0]), min_size=2), st.randoms())
def test_order_does_not_matter_and_ties_share_their_fate(p: list[float], random: object) -> None:
    shuffled = np.random.default_rng(len(p)).permutation(len(p))
    mixed = discoveries(np.array(p)[shuffled])
    assert mixed.rejected.tolist() == discoveries(p).rejected[shuffled].tolist()
    assert len({(a, b) for a, b in zip(p, discoveries(p).rejected.tolist(), strict=True)}) == len(set(p))


def test_p_just_at_their_bounds_hold() -> None:
    for n in range(1, 60):
        assert discoveries([0.05 * k / n for k in range(1, n + 1)]).rejected.all(), n


@pytest.mark.parametrize("p", [[], [0.5, float("nan")], [-0.1], [1.1], [[0.1]]])
def test_what_is_no_family_is_refused(p: list[float]) -> None:
    with pytest.raises(ValueError, match="p"):
        discoveries(p)


@pytest.mark.parametrize("alpha", [0, -1, 1.1, float("nan")])
def test_alpha_is_a_share(alpha: float) -> None:
    with pytest.raises(ValueError, match="Alpha"):
        discoveries([0.1], alpha)
