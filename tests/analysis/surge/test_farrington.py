from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from blockwise.analysis.surge.farrington import CLASSIC, FLEXIBLE, NOUFAILY, Form, earliest, farrington, with_threshold
from tests.analysis.surge.oracles import AGONA, EPOCH, NEWPORT, expected, series


def newport() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], list[int]]:
    days, counts = series(NEWPORT)
    numbers = np.array([(day - EPOCH).days for day in days])
    return numbers, np.array(counts), [row for row, day in enumerate(days) if day.year == 2011]


@pytest.mark.parametrize(
    ("config", "form"),
    [
        ("con.farrington", FLEXIBLE),
        ("con.noufaily", NOUFAILY),
        ("con.muan", with_threshold(NOUFAILY, "muan")),
        ("con.delta", with_threshold(NOUFAILY, "delta")),
    ],
)
def test_newport(config: str, form: Form) -> None:
    days, counts, rows = newport()
    found = farrington(days, counts, rows, years=4, alpha=0.05, form=form)
    wanted = expected(config)
    bounds = [np.nan if row.bound is None else row.bound for row in wanted]
    assert found.bound[:, 0] == pytest.approx(bounds, abs=1e-9, nan_ok=True)
    assert found.alarm[:, 0].tolist() == [row.alarm for row in wanted]
    assert (found.alarm == (found.observed > found.bound)).all() or form.threshold != "delta"


def test_agona_by_the_paper() -> None:
    """A lag of 52 weeks is the same calendar day here, as no 29 February lies between."""
    _days, counts = series(AGONA)
    days = (date(1990, 1, 1) - EPOCH).days + 7 * np.arange(len(counts))
    found = farrington(days, counts, range(281, 312), years=3, alpha=0.1, form=CLASSIC)
    wanted = expected("agona")
    assert found.bound[:, 0] == pytest.approx([row.bound for row in wanted], abs=1e-9)
    assert found.alarm[:, 0].tolist() == [row.alarm for row in wanted]
    assert found.n == 21
    assert found.trend.any()


@pytest.mark.parametrize("form", [CLASSIC, FLEXIBLE, NOUFAILY, with_threshold(NOUFAILY, "muan")])
def test_many_series_are_as_one_by_one_and_no_origin_matters(form: Form) -> None:
    draw = np.random.default_rng(11)
    days = 7 * np.arange(330) + 4
    table = draw.negative_binomial(2, 2 / (2 + draw.uniform(0.2, 12, 8)), (330, 8))
    table[:, 0] = 0
    rows = [300, 311, 329]
    found = farrington(days, table, rows, years=4, alpha=0.05, form=form)
    for column in range(8):
        alone = farrington(days, table[:, column], rows, years=4, alpha=0.05, form=form)
        assert alone.bound[:, 0] == pytest.approx(found.bound[:, column], rel=1e-9, nan_ok=True)
        assert alone.trend[:, 0].tolist() == found.trend[:, column].tolist()
    later = farrington(days + 146_097, table, rows, years=4, alpha=0.05, form=form)  # 400 years: the same calendar
    assert later.bound == pytest.approx(found.bound, nan_ok=True)
    assert np.isnan(found.bound[:, 0]).all()
    assert not found.alarm[:, 0].any()


def test_fewer_than_five_cases_in_four_weeks_are_no_alarm() -> None:
    days = 7 * np.arange(330) + 4
    counts = np.zeros(330)
    counts[::9] = 1
    counts[-1] = 4
    quiet = farrington(days, counts, [329], years=4, alpha=0.1)
    assert np.isnan(quiet.bound[0, 0])
    assert not quiet.alarm[0, 0]
    counts[-2] = 1
    assert farrington(days, counts, [329], years=4, alpha=0.1).alarm[0, 0]


def test_a_trend_needs_three_years_and_leads_nowhere_new() -> None:
    days = 7 * np.arange(330) + 4
    rising = np.round(np.exp(np.arange(330) / 100) * 3)
    assert not farrington(days, rising, [329], years=4).trend[0, 0]  # beyond every reference count
    falling = rising[::-1].copy()
    assert farrington(days, falling, [329], years=4).trend[0, 0]
    assert not farrington(days, falling, [329], years=2).trend[0, 0]


def test_a_larger_alpha_is_a_lower_bound() -> None:
    days, counts, rows = newport()
    bounds = [farrington(days, counts, rows, years=4, alpha=alpha).bound for alpha in (0.01, 0.05, 0.2)]
    assert (bounds[0] > bounds[1])[~np.isnan(bounds[0])].all()
    assert (bounds[1] > bounds[2])[~np.isnan(bounds[0])].all()


def test_the_earliest_week() -> None:
    days = 7 * np.arange(330) + 4
    first = earliest(days, years=4)
    farrington(days, np.ones(330), [first], years=4)
    with pytest.raises(ValueError, match="no 4 years"):
        farrington(days, np.ones(330), [first - 1], years=4)
    with pytest.raises(ValueError, match="No week has"):
        earliest(days[:100], years=4)


@pytest.mark.parametrize(
    ("days", "counts", "rows", "given", "what"),
    [
        ([4, 11, 19], [1, 1, 1], [2], {}, "one after the other"),
        ([4, 11], [1], [1], {}, "one count a week"),
        ([4, 11], [1, -1], [1], {}, "0 or more"),
        ([4, 11], [1, float("nan")], [1], {}, "0 or more"),
        ([4, 11], [1, 1], [1], {"alpha": 0.0}, "between 1e-12 and 1"),
        ([4, 11], [1, 1], [1], {"years": 0}, "at least a year"),
        ([4, 11], [1, 1], [5], {}, "no week 5"),
    ],
)
def test_what_cannot_be_used_is_refused(
    days: list[int], counts: list[float], rows: list[int], given: dict[str, Any], what: str
) -> None:
    with pytest.raises(ValueError, match=what):
        farrington(days, counts, rows, **given)


@pytest.mark.parametrize("form", [CLASSIC, NOUFAILY])
@pytest.mark.parametrize("level", [0, 10_000, 10_000_000, 100_000_000])
def test_a_level_series_of_any_size_alarms_when_it_leaps(form: Form, level: int) -> None:
    """Neither counts so large that deviances differ by rounding, nor none at all, hide an outbreak."""
    days, counts = 7 * np.arange(330) + 17_003, np.full(330, float(level))
    counts[-1] = max(1000, 100 * level)
    found = farrington(days, counts, [328, 329], form=form)
    assert found.alarm[:, 0].tolist() == [False, True]
    assert found.expected[1, 0] == pytest.approx(level, rel=1e-9, abs=1e-6)
    assert found.bound[1, 0] < counts[-1]
