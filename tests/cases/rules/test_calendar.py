"""Working time against an independent count, minute by minute (and the working days day by day)."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from blockwise.cases.rules.calendar import DayKind, Due, WorkCalendar, day_rule, minutes

MINUTE = timedelta(minutes=1)
OFFICE = (("08:00", "12:00"), ("14:00", "18:00"))
NIGHT = (("00:00", "02:10"), ("02:20", "03:00"), ("22:30", "24:00"))  # across every change of clocks
ROUND = (("00:00", "24:00"),)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def works_at(moment: datetime, zone: ZoneInfo, hours: tuple[tuple[str, str], ...], day: Callable[[date], bool]) -> bool:
    """The independent rule: look at the wall clock."""
    local = moment.astimezone(zone)
    wall = local.strftime("%H:%M")
    return day(local.date()) and any(opens <= wall < closes for opens, closes in hours)


def count_minutes(calendar: WorkCalendar, day: Callable[[date], bool], start: datetime, end: datetime) -> int:
    zone, count, moment = ZoneInfo(calendar.timezone), 0, start
    while moment < end:
        count += works_at(moment, zone, calendar.hours, day)
        moment += MINUTE
    return count


def walk_minutes(calendar: WorkCalendar, day: Callable[[date], bool], start: datetime, wanted: int) -> datetime:
    zone, moment = ZoneInfo(calendar.timezone), start
    while wanted:
        wanted -= works_at(moment, zone, calendar.hours, day)
        moment += MINUTE
    return moment


def weekdays(day: date) -> bool:
    return day.isoweekday() <= 5


def every_day(_day: date) -> bool:
    return True


CHANGES = {  # each zone's changes of clocks in 2025 and 2026
    "America/New_York": ("2025-03-09", "2025-11-02", "2026-03-08", "2026-11-01"),
    "Europe/Berlin": ("2025-03-30", "2025-10-26", "2026-03-29", "2026-10-25"),
    "Australia/Lord_Howe": ("2025-04-06", "2025-10-05", "2026-04-05", "2026-10-04"),  # half an hour
    "America/Havana": ("2025-03-09", "2025-11-02"),  # at midnight
    "Asia/Shanghai": ("2026-02-14", "2026-10-01"),
}
PLACES = st.sampled_from([(zone, changed) for zone, days in CHANGES.items() for changed in days])


@settings(max_examples=60, deadline=None)
@given(
    place=PLACES,
    hours=st.sampled_from((OFFICE, NIGHT, ROUND)),
    ahead=st.integers(-2 * 1440, 1440),
    wanted=st.integers(1, 1500),
    weekends=st.booleans(),
)
@example(place=("Australia/Lord_Howe", "2026-04-05"), hours=NIGHT, ahead=-60, wanted=300, weekends=True)
@example(place=("America/New_York", "2026-03-08"), hours=NIGHT, ahead=-60, wanted=300, weekends=True)
def test_working_seconds_agree_with_every_minute_counted(
    place: tuple[str, str], hours: tuple[tuple[str, str], ...], ahead: int, wanted: int, weekends: bool
) -> None:
    zone, changed = place
    works = every_day if weekends else weekdays
    calendar = WorkCalendar(zone, hours, lambda day: DayKind(works(day)))
    start = datetime.combine(date.fromisoformat(changed), time(), ZoneInfo(zone)).astimezone(UTC) + ahead * MINUTE
    due = calendar.add_working_seconds(start, wanted * 60)
    assert due == Due(walk_minutes(calendar, works, start, wanted), provisional=False)
    assert calendar.working_seconds_between(start, due.at) == wanted * 60
    later = due.at + 777 * MINUTE
    assert calendar.working_seconds_between(start, later) == 60 * count_minutes(calendar, works, start, later)
    assert calendar.working_seconds_between(later, start) == -60 * count_minutes(calendar, works, start, later)


CHINA_2026_REST = {  # State Council notice on the holidays of 2026, without the Saturdays and Sundays it takes in
    *(date(2026, 1, day) for day in (1, 2)),
    *(date(2026, 2, day) for day in (16, 17, 18, 19, 20, 23)),
    date(2026, 4, 6),
    *(date(2026, 5, day) for day in (1, 4, 5)),
    date(2026, 6, 19),
    date(2026, 9, 25),
    *(date(2026, 10, day) for day in (1, 2, 5, 6, 7)),
}
CHINA_2026_MAKE_UP = {
    *(date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 5, 9), date(2026, 9, 20), date(2026, 10, 10)),
}


def china_2026(day: date) -> bool:
    return day in CHINA_2026_MAKE_UP or (day.isoweekday() <= 5 and day not in CHINA_2026_REST)


SHANGHAI = WorkCalendar("Asia/Shanghai", OFFICE, day_rule("cn", {}))


def test_the_chinese_calendar_of_2026_is_the_published_one() -> None:
    year = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    assert [day for day in year if day_rule("cn", {})(day) != DayKind(china_2026(day))] == []


@settings(max_examples=40, deadline=None)
@given(start=st.integers(0, 330 * 1440), wanted=st.integers(1, 2400))
def test_chinese_holidays_and_make_up_days_agree_with_every_minute_counted(start: int, wanted: int) -> None:
    begins = utc("2026-01-01T00:00+08:00") + start * MINUTE
    due = SHANGHAI.add_working_seconds(begins, wanted * 60)
    assert due == Due(walk_minutes(SHANGHAI, china_2026, begins, wanted), provisional=False)


@settings(max_examples=100, deadline=None)
@given(start=st.integers(0, 330 * 1440), wanted=st.integers(1, 15))
def test_working_days_agree_with_every_day_counted(start: int, wanted: int) -> None:
    begins = utc("2026-01-01T00:00+08:00") + start * MINUTE
    day = begins.astimezone(ZoneInfo("Asia/Shanghai")).date()
    left = wanted
    while left:
        day += timedelta(days=1)
        left -= china_2026(day)
    assert SHANGHAI.add_working_days(begins, wanted) == Due(utc(f"{day}T18:00+08:00"), provisional=False)


@pytest.mark.parametrize(
    ("start", "seconds", "due"),
    [
        ("2026-09-24T17:00+08:00", 2 * 3600, "2026-09-28T09:00+08:00"),  # the 25th rests, then a weekend
        ("2026-09-19T10:00+08:00", 4 * 3600, "2026-09-20T12:00+08:00"),  # Sunday the 20th makes up
        ("2026-05-06T11:00+08:00", 3600, "2026-05-06T12:00+08:00"),  # ends at the close, not at the next opening
        ("2026-05-06T12:30+08:00", 1, "2026-05-06T14:00:01+08:00"),
        ("2026-05-06T12:30+08:00", 0, "2026-05-06T12:30+08:00"),
    ],
)
def test_ends_that_were_worked_out_by_hand(start: str, seconds: int, due: str) -> None:
    assert SHANGHAI.add_working_seconds(utc(start), seconds) == Due(utc(due), provisional=False)


def test_no_working_day_counts_from_the_close_of_today_or_the_next_that_works() -> None:
    assert SHANGHAI.add_working_days(utc("2026-05-06T20:00+08:00"), 0).at == utc("2026-05-06T18:00+08:00")
    assert SHANGHAI.add_working_days(utc("2026-05-02T20:00+08:00"), 0).at == utc("2026-05-06T18:00+08:00")


def test_a_year_without_a_calendar_counts_weekends_only_and_says_so() -> None:
    start = utc("2026-12-30T17:00+08:00")
    assert SHANGHAI.add_working_seconds(start, 2 * 3600) == Due(utc("2026-12-31T09:00+08:00"), provisional=False)
    due = SHANGHAI.add_working_seconds(start, 10 * 3600)
    assert due == Due(utc("2027-01-01T09:00+08:00"), provisional=True)  # a Friday; the holiday is not yet published
    assert SHANGHAI.add_working_days(start, 3) == Due(utc("2027-01-04T18:00+08:00"), provisional=True)
    assert SHANGHAI.next_working(utc("2027-01-01T07:00+08:00")) == Due(utc("2027-01-01T08:00+08:00"), provisional=True)


def test_a_city_may_publish_a_year_and_differ_on_a_day() -> None:
    own = {date(2027, 1, 1): False, date(2027, 1, 2): True, date(2026, 12, 31): False}
    calendar = WorkCalendar("Asia/Shanghai", OFFICE, day_rule("cn", own))
    assert calendar.add_working_days(utc("2026-12-30T17:00+08:00"), 2) == Due(
        utc("2027-01-04T18:00+08:00"), provisional=False
    )
    one_day = day_rule("cn", {date(2027, 3, 3): False})  # not its 1 January: the year is not published by this
    assert one_day(date(2027, 3, 3)) == DayKind(works=False)
    assert one_day(date(2027, 3, 4)) == DayKind(works=True, provisional=True)


def test_american_holidays_are_taken_as_observed() -> None:
    rule = day_rule("us", {})
    rests = [date(2026, 7, 3), date(2026, 11, 26), date(2027, 12, 24), date(2026, 1, 1)]
    assert [rule(day) for day in rests] == [DayKind(works=False)] * 4
    assert rule(date(2026, 7, 6)) == DayKind(works=True)


def test_a_plain_week() -> None:
    rule = day_rule("plain", {})
    assert [rule(date(2026, 10, day)).works for day in range(1, 8)] == [True, True, False, False, True, True, True]


@settings(max_examples=100, deadline=None)
@given(place=PLACES, ahead=st.integers(-3 * 86400, 3 * 86400), days=st.integers(0, 200))
def test_calendar_days_end_with_the_local_day(place: tuple[str, str], ahead: int, days: int) -> None:
    zone = ZoneInfo(place[0])
    start = datetime.combine(date.fromisoformat(place[1]), time(), zone).astimezone(UTC) + timedelta(seconds=ahead)
    calendar = WorkCalendar(place[0], OFFICE, day_rule("plain", {}))
    due = calendar.add_calendar_days(start, days).at
    last = start.astimezone(zone).date() + timedelta(days=days)
    assert due.astimezone(zone).date() == last
    assert (due + timedelta(seconds=1)).astimezone(zone).date() == last + timedelta(days=1)


def test_local_times_are_taken_as_instants_even_when_both_stand_in_the_zone_that_changes() -> None:
    zone = ZoneInfo("America/New_York")
    calendar = WorkCalendar("America/New_York", ROUND, lambda _day: DayKind(works=True))
    begins, ends = datetime(2026, 3, 8, tzinfo=zone), datetime(2026, 3, 9, tzinfo=zone)
    assert calendar.working_seconds_between(begins, ends) == 23 * 3600
    assert calendar.add_working_seconds(begins, 23 * 3600).at == ends.astimezone(UTC)


@pytest.mark.parametrize(
    "hours", [(), (("12:00", "08:00"),), (("08:00", "08:00"),), (("08:00", "12:00"), ("11:00", "13:00"))]
)
def test_hours_that_cannot_be_are_refused(hours: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(ValueError, match="working hours"):
        WorkCalendar("Asia/Shanghai", hours, day_rule("plain", {}))


@pytest.mark.parametrize("clock", ["24:01", "8", "-1:00", "07:60"])
def test_times_that_cannot_be_are_refused(clock: str) -> None:
    with pytest.raises(ValueError, match=r"time of day|not enough values"):
        minutes(clock)


def test_where_nothing_is_ever_worked_it_gives_up() -> None:
    with pytest.raises(OverflowError):
        WorkCalendar("Asia/Shanghai", OFFICE, lambda _day: DayKind(works=False)).add_working_seconds(
            utc("2026-01-01T00:00Z"), 1
        )


def fines(shared: Path) -> dict[str, list[tuple[str, datetime]]]:
    traces: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    with (shared / "oracles/road_fines/roadtraffic100traces.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            traces[row["case:concept:name"]].append((row["concept:name"], utc(row["time:timestamp"])))
    return traces


@pytest.mark.parametrize(
    ("first", "then", "limit", "expected"),
    [
        ("Create Fine", "Send Fine", 90, (78, 43, 1)),
        ("Insert Fine Notification", "Add penalty", 60, (57, 57, 57)),
        ("Insert Fine Notification", "Payment", 60, (20, 5, 1)),
        ("Create Fine", "Payment", 60, (48, 25, 0)),
    ],
)
def test_deadlines_of_real_fines_in_local_calendar_days(
    shared: Path, first: str, then: str, limit: int, expected: tuple[int, int, int]
) -> None:
    """oracles/road_fines: counting seconds instead says 40 of 57, because of summer time."""
    rome = WorkCalendar("Europe/Rome", OFFICE, day_rule("plain", {}))
    pairs = within = exactly = 0
    for trace in fines(shared).values():
        begun = next((at for name, at in trace if name == first), None)
        ended = next((at for name, at in trace if name == then), None)
        if begun is None or ended is None or ended < begun:
            continue
        due = rome.add_calendar_days(begun, limit).at
        pairs += 1
        within += ended <= due
        exactly += rome.add_calendar_days(begun, limit - 1).at < ended <= due
    assert (pairs, within, exactly) == expected
