"""The change between two periods against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from blockwise.analysis.rates.change import change

COUNTS = st.integers(0, 60)


@settings(max_examples=80)
@given(COUNTS, COUNTS, st.integers(1, 500), st.integers(1, 500))
def test_at_its_limits_the_later_count_is_as_improbable_as_asked(before: int, after: int, t0: int, t1: int) -> None:
    found = change([before], [after], [t0], [t1])
    low, high, p = float(found.low[0]), float(found.high[0]), float(found.p[0])
    both = before + after

    def share(ratio: float) -> float:
        return ratio * t1 / (t0 + ratio * t1)

    if after:
        assert binom.sf(after - 1, both, share(low)) == pytest.approx(0.025, rel=1e-6)
    else:
        assert low == 0
    if before:
        assert binom.cdf(after, both, share(high)) == pytest.approx(0.025, rel=1e-6)
    else:
        assert high == np.inf
    if abs(p - 0.05) > 1e-9:
        assert (p < 0.05) == (not low <= 1 <= high)


def test_swapping_the_periods_inverts_the_change() -> None:
    up = change([10, 3], [25, 0], [100, 5], [200, 5])
    down = change([25, 0], [10, 3], [200, 5], [100, 5])
    assert up.ratio.tolist() == [1.25, 0]
    np.testing.assert_allclose(down.low, 1 / up.high)
    np.testing.assert_allclose(down.p, up.p)
    assert down.high[1] == np.inf


def test_no_cases_say_nothing() -> None:
    found = change([0], [0], [1], [1])
    assert np.isnan(found.ratio[0])
    assert (found.low[0], found.high[0], found.p[0]) == (0, np.inf, 1)


def test_halves_and_lists_of_two_lengths_are_refused() -> None:
    for before, after in (([0.5], [1]), ([1], [1.5])):
        with pytest.raises(ValueError, match="whole"):
            change(before, after, [1], [1])
    with pytest.raises(ValueError, match="each count"):
        change([1, 2], [1], [1], [1])
