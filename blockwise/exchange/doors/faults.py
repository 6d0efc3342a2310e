"""What is wrong with single addresses: doubles, numbers out of order, doors far from their street, plates that are
missing. Judged street by street, from the folder alone."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from blockwise.exchange.folder.plane import Plane
from blockwise.exchange.folder.rows import AddressRow, CityFolder

APART_M: Final = 50.0  # two doors of one number further apart are no two entrances of one house
FAR_M: Final = 150.0  # a door further from its street is on another
OVERLAP_M: Final = 25.0  # a number may lie so far before its neighbour: houses are not drawn on a ruler
LARGEST_GAP: Final = 4  # missing plates between two on one side; a longer gap is a park
FEWEST: Final = 5  # doors on a side from which an order is judged
_NUMBER = re.compile(r"(\d{1,5})(?:\w?\s?[-–~至]\s?(\d{1,5}))?")
Floats = NDArray[np.float64]


@dataclass(frozen=True, order=True)
class DoorFault:
    """`kind`: repeated, out_of_order, off_street, unknown_street, missing_plate. `code` is empty for a plate that is
    missing: no address has it; lon and lat are then those of the door before it."""

    kind: str
    code: str
    street: str
    number: str
    lon: float
    lat: float
    says: str


KINDS: Final = ("repeated", "out_of_order", "off_street", "unknown_street", "missing_plate")


def faults_of(folder: CityFolder) -> list[DoorFault]:
    """Every fault, in the order of kind and code."""
    if not folder.addresses:
        return []
    first = folder.addresses[0]
    plane = Plane(first.lon, first.lat)
    lines = _lines(folder, plane)
    found: list[DoorFault] = []
    for street, rows in _by_street(folder.addresses).items():
        at = plane.points(np.array([row.lon for row in rows]), np.array([row.lat for row in rows]))
        found += _repeated(rows, at)
        line = lines.get(street.casefold())
        found += _off(rows, at, line) if line is not None else _unknown(rows, bool(lines))
        for side in _sides(rows):
            found += _side(rows, at, side, line)
    return sorted(found)


def _lines(folder: CityFolder, plane: Plane) -> Mapping[str, shapely.Geometry]:
    """Each street's course in metres, by its names."""
    roads = folder.roads
    start = plane.points(roads.from_lon, roads.from_lat)
    stop = plane.points(roads.to_lon, roads.to_lat)
    edges = shapely.linestrings(np.stack((start, stop), axis=1)) if len(start) else np.empty(0, object)
    by_name: dict[str, list[int]] = defaultdict(list)
    for place, (name, english) in enumerate(zip(roads.name, roads.name_en, strict=True)):
        for one in {name.casefold(), english.casefold()} - {""}:
            by_name[one].append(place)
    return {name: shapely.multilinestrings(edges[places]) for name, places in by_name.items()}


def _by_street(addresses: Sequence[AddressRow]) -> dict[str, list[AddressRow]]:
    found: dict[str, list[AddressRow]] = defaultdict(list)
    for row in addresses:
        found[row.street].append(row)
    return found


def _fault(kind: str, row: AddressRow, says: str) -> DoorFault:
    return DoorFault(kind, row.code, row.street, row.number, row.lon, row.lat, says)


def _repeated(rows: Sequence[AddressRow], at: Floats) -> Iterator[DoorFault]:
    seen: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        for other in seen[row.number.casefold()]:
            apart = float(np.hypot(*(at[place] - at[other])))
            if apart > APART_M:
                yield _fault("repeated", row, f"{rows[other].code} has this number too, {apart:.0f} m away")
                break
        seen[row.number.casefold()].append(place)


def _off(rows: Sequence[AddressRow], at: Floats, line: shapely.Geometry) -> Iterator[DoorFault]:
    away = shapely.distance(shapely.points(at), line)
    for place in np.flatnonzero(away > FAR_M).tolist():
        yield _fault("off_street", rows[place], f"{away[place]:.0f} m from the street")


def _unknown(rows: Sequence[AddressRow], named: bool) -> Iterator[DoorFault]:
    """Where roads have names at all."""
    for row in rows if named else ():
        yield _fault("unknown_street", row, "no road has this name")


def _sides(rows: Sequence[AddressRow]) -> list[list[int]]:
    """Places of the doors with an odd and with an even number, each by number."""
    numbers = {place: int(match[1]) for place, row in enumerate(rows) if (match := _NUMBER.match(row.number))}
    sides = [[place for place, number in numbers.items() if number % 2 == odd] for odd in (1, 0)]
    return [sorted(side, key=lambda place: (numbers[place], place)) for side in sides]


def _span(number: str) -> tuple[int, int]:
    """The first and the last number of a door: 30-34 is one house."""
    match = _NUMBER.match(number)
    assert match  # _sides looked
    first = int(match[1])
    return first, max(first, int(match[2] or first))


def _side(
    rows: Sequence[AddressRow], at: Floats, side: list[int], line: shapely.Geometry | None
) -> Iterator[DoorFault]:
    if len(side) < FEWEST:
        return
    spans = [_span(rows[place].number) for place in side]
    along = _along(at[side], np.array([low for low, _high in spans], float), line)
    kept = _longest(along)
    for k, place in enumerate(side):
        if k not in kept and min(abs(along[k] - along[other]) for other in _beside(k, kept)) > OVERLAP_M:
            yield _fault("out_of_order", rows[place], "it does not lie between the numbers before and after it")
    for before, ((_low, last), (following, _high)) in enumerate(pairwise(spans)):
        missing = list(range(last + 2, following, 2))
        if missing and len(missing) <= LARGEST_GAP:
            row = rows[side[before]]
            for number in missing:
                says = f"between {row.number} and {rows[side[before + 1]].number}"
                yield DoorFault("missing_plate", "", row.street, str(number), row.lon, row.lat, says)


def _along(at: Floats, numbers: Floats, line: shapely.Geometry | None) -> Floats:
    """Metres along the street, growing with the numbers: along its course where that is one line, else its axis."""
    course = shapely.line_merge(line) if line is not None else None
    if course is not None and course.geom_type == "LineString":
        along = np.asarray(shapely.line_locate_point(course, shapely.points(at)))
    else:
        middle = at - at.mean(axis=0)
        along = middle @ np.linalg.svd(middle, full_matrices=False)[2][0]
    return along if np.dot(along, numbers - numbers.mean()) >= 0 else -along


def _longest(values: Floats) -> set[int]:
    """The longest run that never falls (patience sorting; Schensted 1961): places in it."""
    tops: list[float] = []
    piles: list[int] = []
    back: list[int] = []
    for k, value in enumerate(values.tolist()):
        pile = bisect_left(tops, value)
        back.append(piles[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(value)
            piles.append(k)
        else:
            tops[pile], piles[pile] = value, k
    found, place = set[int](), piles[-1]
    while place >= 0:
        found.add(place)
        place = back[place]
    return found


def _beside(place: int, kept: set[int]) -> list[int]:
    """The nearest kept places before and after it."""
    before = [one for one in kept if one < place]
    after = [one for one in kept if one > place]
    return [*([max(before)] if before else []), *([min(after)] if after else [])]
