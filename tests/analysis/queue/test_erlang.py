from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockwise.analysis.queue.erlang import busy_levels, erlang_b, erlang_c

LOADS = st.floats(0, 40)
SERVERS = st.integers(1, 40)


def test_the_figures_of_three_servers_and_one_and_a_half_erlangs() -> None:
    assert erlang_c(3, 1.5) == pytest.approx(0.236842, abs=5e-7)
    assert erlang_b(3, 1.5) == pytest.approx(0.134328, abs=5e-7)
    assert busy_levels(3, 1.5, queue=True)[0] == pytest.approx(4 / 19, rel=1e-12)


@given(SERVERS, LOADS)
def test_b_is_the_loss_systems_last_state(servers: int, load: float) -> None:
    terms = [load**k / math.factorial(k) for k in range(servers + 1)]
    assert erlang_b(servers, load) == pytest.approx(terms[-1] / sum(terms), rel=1e-9, abs=1e-12)
    levels = busy_levels(servers, load, queue=False)
    assert levels == pytest.approx(np.array(terms) / sum(terms), rel=1e-7, abs=1e-12)


@given(SERVERS, st.floats(0, 0.98))
def test_c_is_what_waits_and_all_levels_sum_to_one(servers: int, share: float) -> None:
    load = share * servers
    levels = busy_levels(servers, load, queue=True)
    assert levels.sum() == pytest.approx(1)
    assert levels @ np.arange(servers + 1) == pytest.approx(load, abs=1e-9)  # each erlang keeps a server busy
    assert erlang_c(servers, load) >= erlang_b(servers, load)


def test_one_server_waits_with_its_own_load() -> None:
    assert erlang_c(1, 0.3) == pytest.approx(0.3)
    assert erlang_b(1, 1.0) == pytest.approx(0.5)


@pytest.mark.parametrize(("servers", "load"), [(0, 1.0), (3, -0.1), (3, math.nan), (3, math.inf)])
def test_what_is_no_question_is_refused(servers: int, load: float) -> None:
    with pytest.raises(ValueError, match=r"server|load"):
        erlang_b(servers, load)


@pytest.mark.parametrize("load", [3.0, 7.5])
def test_a_queue_that_grows_for_ever_is_refused(load: float) -> None:
    with pytest.raises(ValueError, match="for ever"):
        erlang_c(3, load)
