"""The scan against SaTScan's printouts, against itself under changes that must not matter, and under the null."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from blockwise.analysis.scan import circles, periods
from blockwise.analysis.scan.chance import Chance, gumbel
from blockwise.analysis.scan.expected import Population
from blockwise.analysis.scan.scan import Cases, NobodyThereError, Scan, Windows, scan_dates, scan_population
from blockwise.exchange import scan_files
from tests.oracles import oracle

NO_DAY = np.zeros(1, dtype=np.bool_)
ROWS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 11), st.integers(0, 1)), min_size=4, max_size=40)


def fever() -> tuple[tuple[str, ...], Cases, circles.Circles]:
    period = (date(2001, 11, 1), date(2001, 11, 24))
    places = scan_files.read_places(oracle("satscan_nyc_fever/NYCfever.geo"), False)
    rows = scan_files.read_cases(
        oracle("satscan_nyc_fever/NYCfever.cas"), places, oracle("satscan_nyc_fever"), period, timed=True
    )
    assert rows.when is not None
    each = np.repeat(np.arange(rows.row.size), rows.count)
    time = rows.when.days[each] - periods.intervals(*period, "day")[0]
    return places.names, Cases(rows.place[each], time, 0 * time), circles.on_the_sphere(places.second, places.first, 3)


def test_fever_in_new_york_as_satscan_finds_it() -> None:
    names, cases, around = fever()
    windows = Windows(periods.longest_days(np.arange(25), 7), alive=True)
    found = scan_dates(cases, around, windows, Chance(9999, seed=1))
    first, *others = found.clusters
    assert [names[place] for place in first.places] == (
        ["11418", "11415", "11419", "11435", "11416", "11421", "11451", "11375", "11417"]
    )  # fmt: skip
    assert (first.start + 1, first.end + 1, first.observed, round(first.expected, 2)) == (22, 24, 4, 0.67)
    assert [round(one.llr, 6) for one in (first, *others[:3])] == [3.845418, 3.164201, 2.137259, 1.427139]
    assert [[names[place] for place in one.places] for one in others[:3]] == [
        ["11372"], ["10472"], ["10469", "10475", "10467", "10466"]
    ]  # fmt: skip
    assert round(first.radius, 2) == 2.90
    assert [one.p for one in (first, *others[:3])] == pytest.approx([0.2112, 0.4944, 0.9590, 0.9996], abs=0.02)
    assert first.recurrence == pytest.approx(1 / first.p)
    assert first.p_gumbel == pytest.approx(first.p, abs=0.02)
    assert (found.n, found.maxima.size) == (194, 9999)


def leukaemia(replicates: int, seed: int = 1) -> Scan:
    period, folder = (date(2000, 1, 1), date(2000, 12, 31)), oracle("satscan_ny_leukaemia")
    places = scan_files.read_places(folder / "satscan_ny_coords.txt", True)
    rows = scan_files.read_cases(folder / "satscan_ny_cases.txt", places, folder, period, timed=False)
    people, stratum, *_ = scan_files.read_population(folder / "satscan_ny_pop.txt", places, folder, rows, period)
    each = np.repeat(np.arange(rows.row.size), rows.count)
    cases = Cases(rows.place[each], 0 * each, stratum[each])
    around = circles.on_the_plane(places.first, places.second)
    windows = Windows(np.zeros(1, dtype=np.int64), share=0.1)
    return scan_population(cases, people, np.array([10957, 11323]), around, windows, Chance(replicates, seed))


def test_leukaemia_in_new_york_as_satscan_finds_it() -> None:
    found = leukaemia(999)
    known = [11.577255, 9.019716, 6.114140, 4.651839, 4.169203, 3.363518, 3.209485]
    assert [round(one.llr, 6) for one in found.clusters[:7]] == known
    first = found.clusters[0]
    assert (first.places.size, first.observed, round(first.expected, 2)) == (26, 85, 49.71)
    assert [one.p for one in found.clusters[:7]] == pytest.approx(
        [0.001, 0.013, 0.216, 0.609, 0.755, 0.961, 0.976], abs=0.045
    )
    assert np.isnan(first.recurrence)


def cluster_keys(found: Scan, names: Any = None) -> list[tuple[Any, ...]]:
    return [
        (sorted(one.places.tolist() if names is None else names[one.places].tolist()), one.start, one.end,
         one.observed, round(one.expected, 9), round(one.llr, 8))
        for one in found.clusters
    ]  # fmt: skip


X, Y = np.array([[0.0, 1.1, 2.3, 0.2, 1.7, 2.9, 0.1, 1.3, 2.2], [0.0, 0.1, 0.3, 1.2, 1.5, 1.1, 2.4, 2.6, 2.1]])
AROUND = circles.on_the_plane(X, Y)


@settings(max_examples=40, deadline=None)
@given(ROWS, st.randoms(), st.booleans())
def test_order_shift_and_names_change_nothing(rows: list[tuple[int, int, int]], shuffle: Any, alive: bool) -> None:
    place, time, stratum = np.array(rows, dtype=np.int64).T
    windows = Windows(periods.longest_share(np.arange(13), 0.5), alive)
    plain = scan_dates(Cases(place, time, stratum), AROUND, windows, Chance(1))
    order = np.array(shuffle.sample(range(place.size), place.size))
    again = scan_dates(Cases(place[order], time[order], 1 - stratum[order]), AROUND, windows, Chance(1))
    assert cluster_keys(plain) == cluster_keys(again)
    other_name = np.array(shuffle.sample(range(9), 9))  # place z is now called other_name[z]
    moved = circles.on_the_plane(X[np.argsort(other_name)] + 1000.0, Y[np.argsort(other_name)] - 77.0)
    renamed = scan_dates(Cases(other_name[place], time, stratum), moved, windows, Chance(1))
    assert bool(plain.clusters) == bool(renamed.clusters)
    if plain.clusters:
        assert renamed.clusters[0].llr == pytest.approx(plain.clusters[0].llr)


def test_no_two_clusters_share_a_place() -> None:
    found = leukaemia(9)
    places = np.concatenate([one.places for one in found.clusters])
    assert np.unique(places).size == places.size
    assert [one.llr for one in found.clusters] == sorted((one.llr for one in found.clusters), reverse=True)


def test_the_answer_does_not_depend_on_the_number_of_threads() -> None:
    _, cases, around = fever()
    windows = Windows(periods.longest_share(np.arange(25), 0.5), alive=True)
    one, four = (scan_dates(cases, around, windows, Chance(101, 3, workers=n)).maxima.tolist() for n in (1, 4))
    assert one == four
    assert len(one) == 101
    assert one != scan_dates(cases, around, windows, Chance(101, 4)).maxima.tolist()


def test_an_early_stop_ends_at_the_same_replicate_every_time() -> None:
    _, cases, around = fever()
    windows = Windows(periods.longest_days(np.arange(25), 7), alive=True)
    stopped = [scan_dates(cases, around, windows, Chance(999, 1, 10, workers)) for workers in (1, 4)]
    assert stopped[0].maxima.tolist() == stopped[1].maxima.tolist()
    assert stopped[0].maxima.size % 25 == 0
    assert stopped[0].maxima.size < 999
    whole = scan_dates(cases, around, windows, Chance(999, 1))
    assert whole.maxima[: stopped[0].maxima.size].tolist() == stopped[0].maxima.tolist()


def test_one_stratum_for_each_place_leaves_nothing_to_find() -> None:
    draw = np.random.default_rng(1)
    place, time = draw.integers(0, 9, 60), draw.integers(0, 12, 60)
    windows = Windows(periods.longest_share(np.arange(13), 0.5))
    assert scan_dates(Cases(place, time, 0 * place), AROUND, windows, Chance(9)).clusters
    # every case of a place is of its own stratum, so shuffling within strata moves nothing from place to place
    assert not scan_dates(Cases(place, time, place), AROUND, windows, Chance(9)).clusters


def test_no_cases_and_one_place_have_no_clusters() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    windows = Windows(np.zeros(3, dtype=np.int64))
    assert scan_dates(Cases(nothing, nothing, nothing), AROUND, windows, Chance(9)).clusters == ()
    alone = circles.on_the_plane([0.0], [0.0])
    time = np.array([0, 1, 1, 2])
    assert scan_dates(Cases(0 * time, time, 0 * time), alone, windows, Chance(9)).clusters == ()
    people = Population(nothing[:0], nothing, nothing, np.zeros(0), np.array([0]), NO_DAY)
    found = scan_population(Cases(nothing, nothing, nothing), people, np.arange(4), alone, windows, Chance(9))
    assert found.clusters == ()


def test_a_case_where_nobody_is_is_named() -> None:
    at = np.arange(9)
    people = Population(at, 0 * at, 0 * at, np.where(at == 4, 0.0, 10.0), np.array([0]), NO_DAY)
    cases = Cases(np.array([1, 2, 4]), np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.int64))
    with pytest.raises(NobodyThereError) as told:
        scan_population(cases, people, np.arange(2), AROUND, Windows(np.zeros(1, dtype=np.int64)), Chance(9))
    assert told.value.case == 2


@pytest.mark.parametrize(
    ("place", "time", "windows", "what"),
    [
        (9, 0, Windows(np.zeros(3, dtype=np.int64)), "place of a case is not one of 9"),
        (0, 3, Windows(np.zeros(3, dtype=np.int64)), "time of a case is not one of 3"),
        (0, 0, Windows(np.array([0, 1, 3]), alive=True), "longer than any window"),
        (0, 0, Windows(np.zeros(3, dtype=np.int64), least=0), "at least one case"),
        (0, 0, Windows(np.zeros(3, dtype=np.int64), share=1.5), "up to 1"),
    ],
)
def test_what_cannot_be_scanned_is_refused(place: int, time: int, windows: Windows, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        scan_dates(Cases(np.array([place]), np.array([time]), np.array([0])), AROUND, windows, Chance(9))


def test_gumbel_by_its_own_moments() -> None:
    draw = np.random.default_rng(1).gumbel(3.0, 0.8, 20_000)
    assert gumbel(6.0, draw) == pytest.approx(1 - np.exp(-np.exp(-3.0 / 0.8)), rel=0.05)
    assert np.isnan(gumbel(6.0, draw[:9]))
    assert np.isnan(gumbel(6.0, np.ones(50)))


@pytest.mark.slow
@pytest.mark.parametrize("model", ["permutation", "poisson"])
def test_p_is_uniform_under_the_null(model: str) -> None:
    """500 data sets without clusters, 999 full replicates each; Kolmogorov's test rejects only below 0.001."""
    draw = np.random.default_rng(2026)
    x, y = draw.uniform(0, 10, (2, 40))
    around = circles.on_the_plane(x, y, 4.0)
    at = np.arange(40)
    people = Population(at, 0 * at, 0 * at, draw.uniform(1, 9, 40), np.array([0]), NO_DAY)
    windows = Windows(periods.longest_days(np.arange(41), 10), alive=True)
    p = []
    for number in range(500):
        place, time = draw.choice(40, 200, p=people.count / people.count.sum()), draw.integers(0, 40, 200)
        cases = Cases(place, time, 0 * time)
        if model == "permutation":
            found = scan_dates(cases, around, windows, Chance(999, number))
        else:
            found = scan_population(cases, people, np.arange(41), around, windows, Chance(999, number))
        p.append(found.clusters[0].p if found.clusters else 1.0)
    assert kstest(p, "uniform").pvalue > 0.001
