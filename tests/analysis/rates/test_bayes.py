"""Empirical Bayes rates against DCluster and PySAL on the sudden infant deaths of North Carolina."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gamma

from blockwise.analysis.rates import bayes
from blockwise.analysis.rates.limits import exact
from tests.analysis.rates.tables import column, rows
from tests.oracles import oracle

AREAS = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 1000)), min_size=2, max_size=12)


def test_marshall_on_100_counties() -> None:
    table = rows(oracle("eb_sids") / "sids2_input.csv")
    found = bayes.marshall(column(table, "SID74"), column(table, "BIR74"))
    assert found.rate[:5].round(7).tolist() == [0.0016973, 0.0017054, 0.0017731, 0.0020129, 0.0035349]
    assert (found.n, found.clamped) == (100, False)


def test_gamma_poisson_on_100_counties() -> None:
    table = rows(oracle("eb_sids") / "sids_DCluster_expected.csv")
    found = bayes.gamma_poisson(column(table, "obs"), column(table, "E"))
    assert (found.shape, found.inverse_scale) == (
        pytest.approx(4.63074923, abs=5e-9),
        pytest.approx(4.39574094, abs=5e-9),
    )
    np.testing.assert_allclose(found.rate, column(table, "gamma_rr"), atol=5e-9)
    np.testing.assert_allclose(found.rate, column(table, "gamma_rr_default"), rtol=1e-5)


def test_the_prior_is_the_fixed_point_of_clayton_and_kaldor() -> None:
    table = rows(oracle("eb_sids") / "sids_DCluster_expected.csv")
    expected = column(table, "E")
    found = bayes.gamma_poisson(column(table, "obs"), expected)
    assert found.rate.mean() == pytest.approx(found.middle, rel=1e-9)
    spread = ((1 + found.inverse_scale / expected) * (found.rate - found.middle) ** 2).sum() / 99
    assert spread == pytest.approx(found.variance, rel=1e-9)


@settings(max_examples=80)
@given(AREAS, st.sampled_from(["marshall", "gamma_poisson"]))
def test_shrunk_rates_lie_between_their_own_and_the_middle(areas: list[tuple[int, int]], method: str) -> None:
    counts, people = np.array(areas, dtype=float).T
    found = getattr(bayes, method)(counts, people)
    raw = counts / people
    for own, shrunk in zip(raw, found.rate, strict=True):
        assert min(own, found.middle) - 1e-12 <= shrunk <= max(own, found.middle) + 1e-12
    assert (found.low <= found.rate + 1e-12).all()
    assert (found.low < found.high).all()
    assert found.variance >= 0
    mixed = getattr(bayes, method)(counts[::-1], people[::-1])
    np.testing.assert_allclose(mixed.rate[::-1], found.rate, rtol=1e-6)
    if found.clamped:
        assert np.ptp(found.rate) == 0
    else:
        posterior = gamma(counts + found.shape, scale=1 / (people + found.inverse_scale))
        np.testing.assert_allclose(posterior.mean(), found.rate, rtol=1e-9)
        np.testing.assert_allclose(posterior.ppf(0.975), found.high, rtol=1e-6)


@pytest.mark.parametrize("method", [bayes.marshall, bayes.gamma_poisson])
def test_areas_that_do_not_differ_all_get_the_overall_rate(method: object) -> None:
    found = method([10, 20, 30], [100, 200, 300])  # type: ignore[operator]  # parametrised over two functions
    assert (found.clamped, found.variance, found.rate.tolist()) == (True, 0, [0.1] * 3)
    assert (found.low[0], found.high[0]) == tuple(limit[0] / 600 for limit in exact([60]))
    nothing = method([0, 0], [5, 9])  # type: ignore[operator]  # as above
    assert (nothing.rate.tolist(), nothing.low.tolist()) == ([0, 0], [0, 0])
    assert nothing.high[0] > 0


def test_one_area_cannot_be_shrunk() -> None:
    with pytest.raises(ValueError, match="two areas"):
        bayes.marshall([3], [10])
