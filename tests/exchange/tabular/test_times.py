"""Moments: forms, orders, zones, the hour that comes twice and the one that does not come."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockwise.exchange.tabular.batches import BadFile
from blockwise.exchange.tabular.mapfile import Field
from blockwise.exchange.tabular.times import BadTimeError, Clockwork, Undecided
from blockwise.problems import Conflict, Invalid
from tests.exchange.tabular.maps import CALLS, HEADER, ROW, a_map, taken, with_columns

SHANGHAI, PARIS = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Paris")


def utc(
    text: str, zone: ZoneInfo | None = SHANGHAI, order: str | None = "day", twice: str = "first", **said: str
) -> str:
    micros = Clockwork(zone, twice, order).micros(text, Field("received_at", 1, **said))  # type: ignore[arg-type]  # texts alone
    return datetime.fromtimestamp(micros / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S.%f").rstrip("0").rstrip(".")


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05 13:05",
        "2026-01-05T13:05:00+08:00",
        "2026-01-05T05:05:00Z",
        "2026-01-05 05:05:00 UTC",
        "2026-01-05T00:05:00-0500",
        "2026/1/5 13:05:00",
        "2026.01.05 13:05:00.000",
        "2026年1月5日 13:05",
        "2026年1月5日13时05分",
        "2026年01月05日13时05分00秒",
        "20260105130500",
        "202601051305",
        "05/01/2026 13:05",
        "5.1.2026 13:05:00",
        "05-01-2026 01:05 PM",
        "05/01/2026 1:05:00 p.m.",
        "5 Jan 2026 13:05",
        "05-January-2026 13:05:00",
        "Jan 5, 2026 1:05 PM",
    ],
)
def test_one_moment_in_many_forms(text: str) -> None:
    assert utc(text) == "2026-01-05 05:05:00"


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("12/01/2026 12:00 AM", "2026-01-11 16:00:00"),
        ("2026-01-05 24:00", "2026-01-05 16:00:00"),
        ("2026-01-05 23:59:60", "2026-01-05 15:59:59"),
        ("1969-12-31 23:00:00", "1969-12-31 15:00:00"),
        ("2026-01-05 13:05:00,25", "2026-01-05 05:05:00.25"),
    ],
)
def test_odd_times(text: str, want: str) -> None:
    assert utc(text) == want


def test_the_month_first() -> None:
    assert utc("01/05/2026 13:05", order="month") == "2026-01-05 05:05:00"
    with pytest.raises(Undecided):
        utc("01/05/2026 13:05", order=None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-13-05 13:05", "no day of the calendar"),
        ("2026-02-30 13:05", "no day of the calendar"),
        ("2026-01-05 25:05", "no time of day"),
        ("2026-01-05 13:60", "no time of day"),
        ("05/01/2026 13:05 PM", "no time of half a day"),
        ("05/01/26 13:05", "no time that is known"),
        ("2026-01-05", "a date without a time"),
        ("noon", "no time that is known"),
        ("46027.5", "no time that is known"),
    ],
)
def test_what_is_no_time_says_why(text: str, why: str) -> None:
    with pytest.raises(BadTimeError, match=why):
        utc(text)


def test_forms_that_the_map_names() -> None:
    assert utc("2026-01-05", at="12:30") == "2026-01-05 04:30:00"
    assert utc("1767589500", format="epoch") == "2026-01-05 05:05:00"
    assert utc("1767589500250", format="epoch_ms") == "2026-01-05 05:05:00.25"
    assert utc("46027.5451388888", format="excel") == "2026-01-05 05:05:00"
    assert utc("26005 1305", format="%y%j %H%M") == "2026-01-05 05:05:00"
    with pytest.raises(BadTimeError, match="is not written as"):
        utc("26-005", format="%y%j")


def test_the_hour_that_comes_twice() -> None:
    assert utc("2026-10-25 02:30", PARIS) == "2026-10-25 00:30:00"
    assert utc("2026-10-25 02:30", PARIS, twice="second") == "2026-10-25 01:30:00"
    with pytest.raises(BadTimeError, match="comes twice"):
        utc("2026-10-25 02:30", PARIS, twice="refuse")
    assert utc("2026-10-25T02:30:00+01:00", PARIS, twice="refuse") == "2026-10-25 01:30:00"
    assert utc("2026-10-25 03:00", PARIS, twice="refuse") == "2026-10-25 02:00:00"


def test_the_hour_that_does_not_come() -> None:
    works = Clockwork(PARIS)
    micros = works.micros("2026-03-29 02:30:00", Field("received_at", 1))
    assert datetime.fromtimestamp(micros / 1e6, UTC) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert works.skipped == 1


def test_times_without_a_zone_are_refused() -> None:
    assert utc("2026-01-05T05:05:00Z", None) == "2026-01-05 05:05:00"
    with pytest.raises(BadFile, match="The times have no zone"):
        utc("2026-01-05 13:05", None)


FIRST, LAST = datetime(2000, 1, 1), datetime(2099, 12, 31)  # noqa: DTZ001 - wall clocks
MOVING = ("Europe/Paris", "America/St_Johns", "Australia/Lord_Howe")


@given(st.datetimes(FIRST, LAST), st.sampled_from(MOVING))
def test_it_agrees_with_the_library(local: datetime, name: str) -> None:
    """Every wall-clock time of zones whose clocks move by an hour and by half an hour, also read a second time."""
    zone = ZoneInfo(name)
    local = local.replace(microsecond=0)
    works = Clockwork(zone)
    want = local.replace(tzinfo=zone).astimezone(UTC)
    for text in (f"{local:%Y-%m-%d %H:%M:%S}", f"{local:%Y%m%d%H%M%S}", f"{local:%Y-%m-%d %H:%M:%S}"):
        assert works.micros(text, Field("received_at", 1)) == round(want.timestamp()) * 1_000_000


def test_an_order_that_changes_half_way_is_refused_with_both_rows(tmp_path: Path) -> None:
    rows = HEADER + "".join(f"{n},{day}/01/2026 12:00,theft,1,113.9,22.5\n" for n, day in enumerate((5, 20)))
    rows += "9,01/25/2026 12:00,theft,1,113.9,22.5\n"
    with pytest.raises(Invalid) as refused:
        taken(tmp_path, rows)
    assert refused.value.what == (
        "20/01/2026 12:00 (row 3) can only have its day first and 01/25/2026 12:00 (row 4) only its month."
    )


def test_times_beyond_a_folder_s_years_are_refused_by_row(tmp_path: Path) -> None:
    account = taken(tmp_path, HEADER + ROW * 8 + "2,1969-12-31 23:59:00,theft,1,113.9,22.5\n", into=True)
    assert (account.written, account.repeated) == (1, 7)
    assert [(one.row, one.field, one.reason) for one in account.refused] == [
        (10, "received_at", "1969-12-31 15:59:00 UTC is before 2000 or after 2099")
    ]


def test_a_column_that_changes_its_meaning_half_way_is_told_by_its_rows(tmp_path: Path) -> None:
    good = "".join(ROW.replace("1,", f"{n},", 1) for n in range(30))
    changed = "".join(f"{n},theft,2026-01-05 13:05:00,2,113.91,22.56\n" for n in range(30, 60))
    with pytest.raises(Conflict) as refused:
        taken(tmp_path, HEADER + good + changed, into=True)
    assert str(refused.value.what).startswith(
        "30 of 60 rows cannot be used: 30 rows, 32 to 61: received_at: 'theft' is no time that is known"
    )
    assert list((tmp_path / "city").iterdir()) == []
    assert taken(tmp_path, HEADER + good + changed, into=True, partly=True).written == 30


def test_dates_alone_need_a_word_of_the_map(tmp_path: Path) -> None:
    row = ROW.replace(" 13:05:00", "")
    with pytest.raises(Conflict, match="a date without a time; say in the map which stands for it"):
        taken(tmp_path, HEADER + row)
    plan = a_map(tmp_path, with_columns(received_at={"column": "when", "at": "12:00"}))
    taken(tmp_path, HEADER + row, plan, into=True)
    (call,) = pq.read_table(tmp_path / "city" / "calls.parquet").to_pylist()
    assert call["received_at"] == datetime(2026, 1, 5, 4, tzinfo=UTC)


def test_the_zone_of_the_city_s_folder_stands_in(tmp_path: Path) -> None:
    plan = a_map(tmp_path, {name: one for name, one in CALLS.items() if name != "times"})
    with pytest.raises(BadFile, match="no zone"):
        taken(tmp_path, HEADER + ROW, plan)
