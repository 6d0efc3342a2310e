"""Units, rosters, statuses and people: what they name is there, and their times make sense."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.read_tables import DAYS, MEANINGS
from blockwise.exchange.folder.rows import CityFolder, PersonRow, RosterRow
from blockwise.rooms import Role

_WEEK: Final = 7 * 1440


def check_filled(folder: CityFolder, problems: Problems) -> None:
    """Notes tables with a header and no rows: what they held would be taken out of service."""
    tables = {"stations": folder.stations, "units": folder.units, "roster": folder.roster, "people": folder.people}
    for name, rows in tables.items():
        file = f"{name}.csv"
        if not rows and (folder.path / file).is_file() and file not in problems.broken_files():
            problems.error(file, None, "the table has no rows", "Give its rows; it may have been cut off")


def check_units(folder: CityFolder, problems: Problems) -> None:
    """Notes units that are there twice, share a call sign or name an unknown station or zone."""
    stations = {row.code for row in folder.stations}
    zones = {row.code for row in folder.zones}
    first: dict[str, int] = {}
    called: dict[str, int] = {}
    for unit in folder.units:
        if unit.code in first:
            what = f"unit {unit.code} is there twice; first on line {first[unit.code]}"
            problems.error("units.csv", unit.line, what, "Give every unit its own code")
        elif unit.call_sign in called:
            what = f"the call sign {unit.call_sign!r} is there twice; first on line {called[unit.call_sign]}"
            problems.error("units.csv", unit.line, what, "Give every unit its own call sign")
        first.setdefault(unit.code, unit.line)
        called.setdefault(unit.call_sign, unit.line)
        if unit.station not in stations:
            what = f"unit {unit.code} names the station {unit.station}, which is not in stations.csv"
            problems.error("units.csv", unit.line, what, "Add the station or correct its code")
        if unit.zone is not None and unit.zone not in zones:
            what = f"unit {unit.code} names the zone {unit.zone}, which is not in zones.csv"
            problems.error("units.csv", unit.line, what, "Add the zone, correct its code or leave it empty")


def check_roster(folder: CityFolder, problems: Problems) -> None:
    """Notes shifts of unknown units and shifts of one unit that overlap; warns of units without a shift."""
    units = {row.code for row in folder.units}
    shifts: dict[str, list[RosterRow]] = defaultdict(list)
    for shift in folder.roster:
        if shift.unit not in units:
            what = f"the unit {shift.unit} is not in units.csv"
            problems.error("roster.csv", shift.line, what, "Add the unit or correct its code")
        shifts[shift.unit].append(shift)
    for unit, rows in shifts.items():
        _check_overlaps(unit, rows, problems)
    for unit_row in folder.units:
        if unit_row.code not in shifts:
            what = f"unit {unit_row.code} is never on shift"
            problems.warning("roster.csv", None, what, "Add its shifts, or it is never recommended")


def _check_overlaps(unit: str, rows: list[RosterRow], problems: Problems) -> None:
    taken: list[tuple[int, int, RosterRow]] = []
    for start, end, row in _spans(rows):
        for other_start, other_end, other in taken:
            if other is not row and _meet(start, end, other_start, other_end):
                day = DAYS[start // 1440]
                what = f"unit {unit} has two shifts at once on {day}; the other is on line {other.line}"
                problems.error("roster.csv", row.line, what, "Let the shifts of a unit not overlap")
                return
        taken.append((start, end, row))


def _spans(rows: list[RosterRow]) -> Iterator[tuple[int, int, RosterRow]]:
    """Minutes of the week, from Monday 00:00, in which each shift begins and ends."""
    for row in rows:
        starts = row.starts.hour * 60 + row.starts.minute
        ends = row.ends.hour * 60 + row.ends.minute
        length = (ends - starts) % 1440 or 1440
        for day in row.days:
            yield day * 1440 + starts, day * 1440 + starts + length, row


def _meet(start: int, end: int, other_start: int, other_end: int) -> bool:
    """Do two spans of minutes meet, on a week that closes on itself?"""
    return any(start < other_end + turn and other_start + turn < end for turn in (-_WEEK, 0, _WEEK))


def check_statuses(folder: CityFolder, problems: Problems) -> None:
    """Notes labels given twice and meanings without a label."""
    first: dict[str, int] = {}
    for row in folder.statuses:
        if row.label in first:
            what = f"the label {row.label!r} is there twice; first on line {first[row.label]}"
            problems.error("statuses.csv", row.line, what, "Give every status its own label")
        first.setdefault(row.label, row.line)
    present = {row.meaning for row in folder.statuses}
    for meaning in MEANINGS:
        if meaning not in present:
            what = f"no status means {meaning}"
            problems.error("statuses.csv", None, what, "Give each of the eight meanings at least one label")


def check_people(folder: CityFolder, problems: Problems) -> None:
    """Notes people over unknown blocks, of unknown units, with periods that end before they begin."""
    blocks = {row.code for row in folder.blocks}
    units = {row.code for row in folder.units}
    departments = {one.key for one in folder.city.departments}
    first: dict[tuple[object, ...], int] = {}
    names: dict[str, PersonRow] = {}
    for person in folder.people:
        if person.block not in blocks:
            what = f"{person.login} has a role over {person.block}, which is not in blocks.geojson"
            problems.error("people.csv", person.line, what, "Correct the block's code")
        if person.unit is not None and person.unit not in units:
            what = f"{person.login} is crew of {person.unit}, which is not in units.csv"
            problems.error("people.csv", person.line, what, "Correct the unit's code")
        if (person.role == Role.DEPARTMENT_OFFICER) != bool(person.department):
            what = f"{person.login} is {person.role} of {person.department or 'no department'}"
            fix = "Give each department_officer a department, and nobody else"
            problems.error("people.csv", person.line, what, fix)
        elif person.department and person.department not in departments:
            what = f"{person.login} is of the department {person.department}, which city.yaml does not have"
            problems.error("people.csv", person.line, what, "Correct it, or add it to departments in city.yaml")
        if person.starts and person.ends and person.ends < person.starts:
            what = f"{person.login}'s role ends on {person.ends}, before it begins on {person.starts}"
            problems.error("people.csv", person.line, what, "Correct the dates")
        grant = (person.login, person.role, person.block, person.department, person.starts)
        if grant in first:
            what = f"{person.login} is {person.role} of {person.block} twice; first on line {first[grant]}"
            problems.error("people.csv", person.line, what, "Give every role once")
        first.setdefault(grant, person.line)
        other = names.setdefault(person.login, person)
        if other.name != person.name:
            what = f"{person.login} is {person.name!r} here and {other.name!r} on line {other.line}"
            problems.error("people.csv", person.line, what, "Give each person a login of their own")
