"""The folder's CSV files to rows, coordinates in WGS84. A row that cannot be read is noted and left out."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeVar

from blockwise.exchange.folder.languages import Languages, needed_of, spared
from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.read_blocks import NAMES
from blockwise.exchange.folder.rows import (
    AddressRow,
    CalendarRow,
    GroupingRow,
    LandmarkRow,
    PersonRow,
    RosterRow,
    StationRow,
    StatusRow,
    StreetRangeRow,
    UnitRow,
)
from blockwise.exchange.folder.tables import Row, read_rows
from blockwise.places.coordinates import Crs, to_wgs84
from blockwise.places.landmark_kinds import BY_ROAD, LANDMARKS
from blockwise.rooms import GRANTED

SERVICES: Final = ("police", "fire", "ems", "post")
MEANINGS: Final = (
    *("off_duty", "available", "committed", "en_route", "on_scene"),
    *("transporting", "at_hospital", "unavailable"),
)
USES: Final = ("dwelling", "premises", "public")
ROLES: Final = tuple(role.value for role in GRANTED)
TEXTS: Final = ("text", "text_en")
LABELS: Final = ("zh", "en")
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_LARGEST_ID: Final = 2**63 - 1
_HIGHEST_NUMBER: Final = 1_000_000
PointRow = TypeVar("PointRow", StationRow, AddressRow, LandmarkRow)


def read_groupings(path: Path, languages: Languages, problems: Problems) -> tuple[GroupingRow, ...]:
    """beats.csv or zones.csv."""
    found = []
    needed = needed_of(NAMES, languages)
    for row in read_rows(path, ("code", *NAMES, "cell"), problems, spared(NAMES, languages)):
        value = GroupingRow(row.code("code"), *row.label(NAMES, needed), row.code("cell"), row.line)
        if row.good:
            found.append(value)
    return tuple(found)


def read_stations(path: Path, crs: Crs, languages: Languages, problems: Problems) -> tuple[StationRow, ...]:
    """stations.csv."""
    found = []
    needed = needed_of(NAMES, languages)
    for row in read_rows(path, ("code", *NAMES, "service", "lon", "lat"), problems, spared(NAMES, languages)):
        value = StationRow(
            row.code("code"),
            *row.label(NAMES, needed),
            row.one_of("service", SERVICES),
            *row.point(),
            row.line,
        )
        if row.good:
            found.append(value)
    return _converted(found, crs)


def read_units(path: Path, problems: Problems) -> tuple[UnitRow, ...]:
    """units.csv."""
    columns = ("code", "call_sign", "service", "type", "capabilities", "station", "zone", "crew")
    found = []
    for row in read_rows(path, columns, problems):
        value = UnitRow(
            row.code("code"),
            row.text("call_sign", 40),
            row.one_of("service", SERVICES),
            row.text("type", 30),
            _capabilities(row),
            row.code("station"),
            row.optional_code("zone"),
            row.integer("crew", 1, 100),
            row.line,
        )
        if row.good:
            found.append(value)
    return tuple(found)


def _capabilities(row: Row) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(row.text("capabilities", 200).split()))
    for word in words:
        if not (word.isascii() and word.replace("_", "").isalpha() and word.islower()):
            row.wrong(f"the capability {word!r} is not a small word", "Write words such as: patrol medical fire")
    return words


def read_roster(path: Path, problems: Problems) -> tuple[RosterRow, ...]:
    """roster.csv."""
    found = []
    for row in read_rows(path, ("unit", "days", "from", "to"), problems):
        value = RosterRow(row.code("unit"), _days(row), row.time("from"), row.time("to"), row.line)
        if row.good:
            found.append(value)
    return tuple(found)


def _days(row: Row) -> tuple[int, ...]:
    words = row.text("days").split()
    for word in words:
        if word not in DAYS:
            row.wrong(f"{word!r} is not a day", f"Write days as: {' '.join(DAYS)}")
    return tuple(number for number, day in enumerate(DAYS) if day in words)


def read_statuses(path: Path, languages: Languages, problems: Problems) -> tuple[StatusRow, ...]:
    """statuses.csv."""
    found = []
    needed = needed_of(LABELS, languages, LABELS)
    for row in read_rows(path, ("label", *LABELS, "meaning"), problems, spared(LABELS, languages)):
        value = StatusRow(
            row.text("label", 30),
            *row.label(LABELS, needed, 30),
            row.one_of("meaning", MEANINGS),
            row.line,
        )
        if row.good:
            found.append(value)
    return tuple(found)


def read_addresses(path: Path, crs: Crs, languages: Languages, problems: Problems) -> tuple[AddressRow, ...]:
    """addresses.csv."""
    columns = ("code", "street", "number", *TEXTS, "lon", "lat", "use")
    found = []
    needed = needed_of(TEXTS, languages)
    for row in read_rows(path, columns, problems, spared(TEXTS, languages)):
        value = AddressRow(
            row.code("code"),
            row.text("street"),
            row.optional("number", 16),
            *row.label(TEXTS, needed, 160),
            *row.point(),
            row.one_of("use", USES),
            row.line,
        )
        if row.good:
            found.append(value)
    return _converted(found, crs)


def read_landmarks(path: Path, crs: Crs, languages: Languages, problems: Problems) -> tuple[LandmarkRow, ...]:
    """landmarks.csv."""
    found = []
    needed = needed_of(NAMES, languages)
    columns = ("code", "kind", *NAMES, "lon", "lat")
    for row in read_rows(path, columns, problems, ("road", "number", *spared(NAMES, languages))):
        kind = row.one_of("kind", LANDMARKS)
        by_road = kind in BY_ROAD
        value = LandmarkRow(
            row.code("code"),
            kind,
            *row.label(NAMES, needed),
            row.text("road", 160) if by_road else row.optional("road", 160),
            row.text("number", 12) if by_road else row.optional("number", 12),
            *row.point(),
            row.line,
        )
        if row.good:
            found.append(value)
    return _converted(found, crs)


def read_street_ranges(path: Path, crs: Crs, problems: Problems) -> tuple[StreetRangeRow, ...]:
    """street_ranges.csv."""
    columns = (
        *("edge", "street", "left_from", "left_to", "right_from", "right_to", "from_node", "to_node"),
        *("from_lon", "from_lat", "to_lon", "to_lat"),
    )
    found = []
    for row in read_rows(path, columns, problems):
        value = StreetRangeRow(
            row.integer("edge", 0, _LARGEST_ID),
            row.text("street"),
            _number(row, "left_from"),
            _number(row, "left_to"),
            _number(row, "right_from"),
            _number(row, "right_to"),
            row.integer("from_node", 0, _LARGEST_ID),
            row.integer("to_node", 0, _LARGEST_ID),
            *row.point("from_lon", "from_lat"),
            *row.point("to_lon", "to_lat"),
            row.line,
        )
        if row.good:
            found.append(value)
    return _converted_ranges(found, crs)


def _number(row: Row, column: str) -> int | None:
    return row.optional_integer(column, 0, _HIGHEST_NUMBER)


def read_people(path: Path, languages: Languages, problems: Problems) -> tuple[PersonRow, ...]:
    """people.csv. A name stays in one language where it is given in one: people have no translation."""
    columns = ("login", *NAMES, "role", "block", "from", "to")
    found = []
    needed = needed_of(NAMES, languages)
    for row in read_rows(path, columns, problems, ("unit", "department", *spared(NAMES, languages))):
        value = PersonRow(
            row.text("login"),
            row.label(NAMES, needed)[0],
            row.optional("name_en"),
            row.one_of("role", ROLES),
            row.code("block"),
            row.optional_date("from"),
            row.optional_date("to"),
            row.optional_code("unit"),
            row.optional("department"),
            row.line,
        )
        if row.good:
            found.append(value)
    return tuple(found)


def read_calendar(path: Path, problems: Problems) -> tuple[CalendarRow, ...]:
    """calendar.csv."""
    found = []
    for row in read_rows(path, ("date", "day", "name"), problems):
        row.text("date")
        day = row.optional_date("date")
        works = row.one_of("day", ("work", "rest")) == "work"
        name = row.optional("name")
        if row.good and day is not None:
            found.append(CalendarRow(day, works, name, row.line))
    return tuple(found)


def _converted(rows: Sequence[PointRow], crs: Crs) -> tuple[PointRow, ...]:
    if crs == "wgs84" or not rows:
        return tuple(rows)
    lon, lat = to_wgs84([row.lon for row in rows], [row.lat for row in rows], crs)
    return tuple(
        dataclasses.replace(row, lon=x, lat=y) for row, x, y in zip(rows, lon.tolist(), lat.tolist(), strict=True)
    )


def _converted_ranges(rows: Sequence[StreetRangeRow], crs: Crs) -> tuple[StreetRangeRow, ...]:
    if crs == "wgs84" or not rows:
        return tuple(rows)
    starts = to_wgs84([row.from_lon for row in rows], [row.from_lat for row in rows], crs)
    ends = to_wgs84([row.to_lon for row in rows], [row.to_lat for row in rows], crs)
    columns = (values.tolist() for values in (*starts, *ends))
    return tuple(
        dataclasses.replace(row, from_lon=a, from_lat=b, to_lon=c, to_lat=d)
        for row, a, b, c, d in zip(rows, *columns, strict=True)
    )
