"""Stations, units, rosters, statuses, people and the calendar: every fault with line and words."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.exchange.faults import drop, only, problems_of, put
from tests.exchange.tiny_city import Row

FAULTS: dict[str, tuple[str, Callable[[list[Row]], None], int | None, str]] = {
    "station at (0, 0)": ("stations", put(0, lon=0, lat=0), 2, "the point is (0, 0)"),
    "station swapped": (
        "stations",
        put(0, lon=22.5575, lat=113.9075),
        2,
        "the point is lon 22.5575, lat 113.907: lon and lat are swapped",
    ),
    "station not on earth": ("stations", put(0, lon=999), 2, "the point is lon 999, lat 22.5575, not on earth"),
    "station NaN": ("stations", put(0, lon="nan"), 2, "lon is 'nan'"),
    "station elsewhere": (
        "stations",
        put(0, lon=114.9),
        2,
        "station PA at lon 114.90000, lat 22.55750 is outside every block",
    ),
    "station twice": ("stations", put(3, code="FA"), 5, "station FA is there twice; first on line 4"),
    "station service": ("stations", put(0, service="navy"), 2, "service is 'navy'"),
    "station without a name": ("stations", put(0, name=""), 2, "name is empty"),
    "unit's station": (
        "units",
        put(0, station="PX"),
        2,
        "unit P1 names the station PX, which is not in stations.csv",
    ),
    "unit's zone": ("units", put(0, zone="ZX"), 2, "unit P1 names the zone ZX, which is not in zones.csv"),
    "unit's capability": ("units", put(0, capabilities="Patrol"), 2, "the capability 'Patrol' is not a small word"),
    "unit without capability": ("units", put(0, capabilities=""), 2, "capabilities is empty"),
    "unit's crew": ("units", put(0, crew="two"), 2, "crew is 'two'"),
    "unit's code": ("units", put(0, code="p1"), 2, "code is 'p1'"),
    "shift's unit": ("roster", put(0, unit="PX"), 2, "the unit PX is not in units.csv"),
    "shift's day": ("roster", put(0, days="mon tues"), 2, "'tues' is not a day"),
    "shift's time": ("roster", put(0, to="25:00"), 2, "to is '25:00'"),
    "shift's time without a colon": ("roster", put(0, to="800"), 2, "to is '800'"),
    "two shifts at once": (
        "roster",
        put(0, to="21:00"),
        5,
        "unit P1 has two shifts at once on mon; the other is on line 2",
    ),
    "status label twice": ("statuses", put(8, label="meal"), 10, "the label 'meal' is there twice; first on line 9"),
    "status meaning": ("statuses", put(8, meaning="asleep"), 10, "meaning is 'asleep'"),
    "no label for a meaning": ("statuses", drop(1), None, "no status means available"),
    "person's role": ("people", put(0, role="mayor"), 2, "role is 'mayor'"),
    "person's block": (
        "people",
        put(3, block="TX"),
        5,
        "leader-TA has a role over TX, which is not in blocks.geojson",
    ),
    "person's unit": ("people", put(2, unit="P9"), 4, "crew-p1 is crew of P9, which is not in units.csv"),
    "person's date": ("people", put(3, **{"from": "1.2.2026"}), 5, "from is '1.2.2026'"),
    "year 1900": ("people", put(3, **{"from": "1900-01-01"}), 5, "from is 1900-01-01"),
    "year 2100": ("people", put(3, to="2100-01-01"), 5, "to is 2100-01-01"),
    "person's period": (
        "people",
        put(4, to="2025-12-31"),
        6,
        "leader-TB's role ends on 2025-12-31, before it begins on 2026-01-01",
    ),
    "role twice": (
        "people",
        put(1, login="taker", name="接警员", role="call_taker"),
        3,
        "taker is call_taker of T twice; first on line 2",
    ),
    "two people, one login": (
        "people",
        put(1, login="taker"),
        3,
        "taker is '调度员' here and '接警员' on line 2",
    ),
    "day": ("calendar", put(0, day="maybe"), 2, "day is 'maybe'"),
    "date": ("calendar", put(0, date="2026-02-30"), 2, "date is '2026-02-30'"),
    "no date": ("calendar", put(0, date=""), 2, "date is empty"),
    "address use": ("addresses", put(5, use="palace"), 7, "use is 'palace'"),
    "address code": ("addresses", put(5, code="D001"), 7, "address D001 is there twice; first on line 2"),
    "address without text": ("addresses", put(5, text=" "), 7, "text is empty"),
    "address elsewhere": (
        "addresses",
        put(5, lat=25),
        7,
        "address D006 at lon 113.91270, lat 25.00000 is outside every block",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_faults(tmp_path: Path, case: str) -> None:
    name, change, line, words = FAULTS[case]
    problem = only(problems_of(tmp_path, **{name: change}))
    assert (problem.file, problem.line, problem.severity) == (f"{name}.csv", line, "error")
    assert problem.what == words


def test_two_units_with_one_call_sign(tmp_path: Path) -> None:
    problem = only(
        problems_of(tmp_path, units=lambda rows: [row | {"call_sign": "鹏城01"} for row in rows[:2]] + rows[2:])
    )
    assert (problem.file, problem.line, problem.severity) == ("units.csv", 3, "error")
    assert problem.what == "the call sign '鹏城01' is there twice; first on line 2"


def test_a_unit_that_is_there_twice(tmp_path: Path) -> None:
    problem = only(problems_of(tmp_path, units=put(5, code="P1")))
    assert (problem.file, problem.line) == ("units.csv", 7)
    assert problem.what == "unit P1 is there twice; first on line 2"


def test_a_unit_without_shifts_is_a_warning(tmp_path: Path) -> None:
    problem = only(problems_of(tmp_path, roster=drop(7)))
    assert (problem.file, problem.severity) == ("roster.csv", "warning")
    assert str(problem) == (
        "roster.csv: warning: unit V1 is never on shift. Add its shifts, or it is never recommended."
    )


def test_shifts_meet_across_the_end_of_the_week(tmp_path: Path) -> None:
    def nights(rows: list[Row]) -> list[Row]:
        late = {"unit": "V1", "days": "sun", "from": "22:00", "to": "06:00"}
        early = {"unit": "V1", "days": "mon", "from": "05:00", "to": "07:00"}
        return [*rows[:7], late, early]

    problem = only(problems_of(tmp_path, roster=nights))
    assert (problem.line, problem.what) == (10, "unit V1 has two shifts at once on mon; the other is on line 9")


def test_shifts_may_touch(tmp_path: Path) -> None:
    def touching(rows: list[Row]) -> list[Row]:
        late = {"unit": "V1", "days": "sun", "from": "22:00", "to": "06:00"}
        early = {"unit": "V1", "days": "mon", "from": "06:00", "to": "07:00"}
        return [*rows[:7], late, early]

    assert problems_of(tmp_path, roster=touching) == []


def test_days_given_twice(tmp_path: Path) -> None:
    def twice(rows: list[Row]) -> list[Row]:
        return [*rows, *rows]

    problem = only(problems_of(tmp_path, calendar=twice))
    assert (problem.file, problem.line) == ("calendar.csv", 3)
    assert problem.what == "2026-10-01 is there twice; first on line 2"


def test_a_near_city_with_lon_and_lat_swapped(tmp_path: Path) -> None:
    """Where both numbers could be latitudes, the blocks tell which is which."""
    problem = only(problems_of(tmp_path, **near_the_equator(swap=True)))
    assert (problem.file, problem.line) == ("stations.csv", 2)
    assert problem.what.endswith("is outside every block; with lon and lat swapped it is inside")


def test_the_same_city_as_it_is(tmp_path: Path) -> None:
    assert problems_of(tmp_path, **near_the_equator(swap=False)) == []


def near_the_equator(swap: bool) -> dict[str, Callable[[list[Row]], None]]:
    """The tiny city moved 90 degrees west, to 23.9 east."""

    def points(rows: list[Row]) -> None:
        for row in rows:
            row["lon"] = round(row["lon"] - 90, 6)

    def stations(rows: list[Row]) -> None:
        points(rows)
        if swap:
            rows[0]["lon"], rows[0]["lat"] = rows[0]["lat"], rows[0]["lon"]

    def roads(rows: list[Row]) -> None:
        for row in rows:
            row["from_lon"], row["to_lon"] = row["from_lon"] - 90, row["to_lon"] - 90

    def blocks(features: list[Row]) -> None:
        for feature in features:
            for point in feature["geometry"]["coordinates"][0]:
                point[0] = round(point[0] - 90, 6)

    return {"stations": stations, "addresses": points, "roads": roads, "blocks": blocks}
