"""Intervals counted back from the end of a period, against a calendar walked day by day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockwise.analysis.scan import periods

DAYS = st.dates(date(1950, 1, 1), date(2080, 12, 31))
UNITS = st.sampled_from(["day", "month", "year"])


def test_years_of_a_calendar() -> None:
    starts = periods.intervals(date(1973, 1, 1), date(1991, 12, 31), "year")
    assert starts.astype("datetime64[D]").astype(str).tolist() == [f"{year}-01-01" for year in range(1973, 1993)]


def test_what_is_left_over_lengthens_the_first_interval() -> None:
    starts = periods.intervals(date(2020, 11, 20), date(2021, 2, 28), "month").astype("datetime64[D]").astype(str)
    assert starts.tolist() == ["2020-11-20", "2021-01-01", "2021-02-01", "2021-03-01"]
    assert periods.intervals(date(2021, 1, 5), date(2021, 1, 9), "year").size == 2


@given(DAYS, st.integers(0, 1500), UNITS)
def test_intervals_fill_the_period(first: date, length: int, unit: periods.Unit) -> None:
    last = first + timedelta(days=length)
    starts = periods.intervals(first, last, unit)
    assert (starts[0], starts[-1]) == ((first - periods.EPOCH).days, (last - periods.EPOCH).days + 1)
    assert (np.diff(starts) > 0).all()
    longest = {"day": 1, "month": 31, "year": 366}[unit]
    assert (np.diff(starts)[1:] <= longest).all()
    assert np.diff(starts)[0] < 2 * longest


@given(DAYS, st.integers(0, 800), UNITS, st.integers(1, 900))
def test_windows_of_so_many_days(first: date, length: int, unit: periods.Unit, most: int) -> None:
    starts = periods.intervals(first, first + timedelta(days=length), unit)
    if most < np.diff(starts).min():
        with pytest.raises(ValueError, match="shorter than one interval"):
            periods.longest_days(starts, most)
        return
    for end, earliest in enumerate(periods.longest_days(starts, most).tolist()):
        fitting = [begin for begin in range(end + 1) if starts[end + 1] - starts[begin] <= most]
        assert earliest == (fitting[0] if fitting else end + 1)


def test_windows_of_a_share_of_the_intervals() -> None:
    starts = np.arange(16)
    assert periods.longest_share(starts, 0.5).tolist() == [0] * 7 + list(range(1, 9))
    assert periods.longest_share(np.arange(11), 0.3)[-1] == 7  # 10 * 0.3 is 3, whatever the rounding
    with pytest.raises(ValueError, match="less than one"):
        periods.longest_share(np.arange(3), 0.4)


def test_a_period_that_ends_first_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before it begins"):
        periods.intervals(date(2021, 1, 2), date(2021, 1, 1), "day")


def test_a_period_from_the_first_year_of_the_calendar() -> None:
    assert periods.intervals(date.min, date(2, 6, 30), "year").size == 2
