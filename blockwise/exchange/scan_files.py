"""Cases, places and people for a scan: SaTScan's .cas, .geo and .pop, or CSV with the same columns."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from blockwise.analysis.scan.expected import Population
from blockwise.exchange import dates
from blockwise.exchange.blocks import blocks, spaced
from blockwise.exchange.tables import COUNT, DATE, TEXT, Cell, Table, fault, read_csv, read_spaced

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LATITUDE: Final = Cell("number", -90, 90)
LONGITUDE: Final = Cell("number", -180, 180)
PLANE: Final = Cell("number", -1e12, 1e12)
PEOPLE: Final = Cell("number", 0, 1e12)
MOST_CASES: Final = 100_000_000


@dataclass(frozen=True)
class Places:
    """Places (n) by name; `first`, `second`: latitude and longitude, or x and y on a plane.

    `degrees_on_plane`: columns named lat and lon that were asked to be taken for x and y.
    """

    names: tuple[str, ...]
    first: Floats
    second: Floats
    on_plane: bool
    degrees_on_plane: bool = False

    def indices(self, table: Table, file_of_places: Path) -> Integers:
        """The places that a table's rows name (r,). Invalid at the first that has no coordinates."""
        asked = table.texts("place")
        known = {name: index for index, name in enumerate(self.names)}
        index = np.array([known.get(name, -1) for name in asked.names], dtype=np.int64)[asked.codes]
        for row in np.flatnonzero(index < 0)[:1].tolist():
            name = asked.names[asked.codes[row]]
            raise table.fault(row, f"The place “{name[:60]}” has no coordinates.", f"Add it to {file_of_places}.")
        return index


@dataclass(frozen=True)
class CaseRows:
    """Rows (r,) with a count above 0: place, day since 1970-01-01 (or None), stratum and line of the file.

    `strata` are the combinations of covariates, `covariates` their columns.
    """

    table: Table
    row: Integers
    place: Integers
    when: dates.Dates | None
    count: Integers
    stratum: Integers
    strata: tuple[tuple[str, ...], ...]
    covariates: tuple[str, ...]


def read_places(path: Path, on_plane: bool) -> Places:
    """Places with latitude and longitude in degrees, or x and y; CSV says which by its header, and where it has both
    `on_plane` does. Raises Invalid."""
    if is_csv(path):
        table = read_csv(path, {"place": TEXT}, {"lat": LATITUDE, "lon": LONGITUDE, "x": PLANE, "y": PLANE})
        both = {"lat", "lon"} <= table.columns.keys()
        pair = ("x", "y") if "x" in table and "y" in table and (on_plane or not both) else ("lat", "lon")
        if missing := [name for name in pair if name not in table]:
            raise fault(
                path, 1, f"There is no column {missing[0]}.", "The columns are place, lat and lon, or place, x and y."
            )
        on_plane = on_plane or pair == ("x", "y")
    else:
        pair = ("first", "second")
        cells = (PLANE, PLANE) if on_plane else (LATITUDE, LONGITUDE)
        table = read_spaced(path, [("place", TEXT), *zip(pair, cells, strict=True)])
    texts = table.texts("place")
    at = np.stack([table.numbers(name) for name in pair])
    rows, row_of = np.unique(texts.codes, return_index=True)[1], texts.codes
    for row in np.flatnonzero((at != at[:, rows[row_of]]).any(axis=0))[:1].tolist():
        raise table.fault(row, f"“{texts.names[row_of[row]][:60]}” stands there with other coordinates.", "Keep one.")
    return Places(texts.names, at[0][rows], at[1][rows], on_plane, on_plane and pair == ("lat", "lon"))


def read_cases(path: Path, places: Places, file_of_places: Path, period: tuple[date, date], *, timed: bool) -> CaseRows:
    """Cases by place and date with their covariates; every further column is one. Raises Invalid.

    `timed`: each row needs a date in the period, else it may lack one.
    """
    years = (period[0].year, period[1].year)
    if is_csv(path):
        table = read_csv(
            path, {"place": TEXT, **({"date": DATE} if timed else {})}, {"count": COUNT, "date": DATE},
            others=TEXT, years=years,
        )  # fmt: skip
    else:
        optional = [("date", DATE)] if timed or _third_is_date(path, years) else []
        table = read_spaced(path, [("place", TEXT), ("count", COUNT)], optional, others=TEXT, years=years)
        if timed and "date" not in table:
            raise table.fault(0, "The line has no date.", "A line gives place, count and date, or take --time none.")
    place = places.indices(table, file_of_places)
    count = table.counts("count") if "count" in table else np.ones(table.size, dtype=np.int64)
    when = table.dates("date") if "date" in table else None
    if when is not None:
        _in_period(table, when, period)
    if (total := int(count.sum())) > MOST_CASES:
        raise fault(path, None, f"{total:,} cases are more than {MOST_CASES:,}.", "Take a shorter period.")
    covariates = _covariates(table, ("place", "count", "date"))
    strata, stratum = _strata(table, covariates)
    row = np.flatnonzero(count > 0)
    when = None if when is None else dates.Dates(when.days[row], when.precision[row])
    return CaseRows(table, row, place[row], when, count[row], stratum[row], strata, covariates)


def read_population(
    path: Path, places: Places, file_of_places: Path, cases: CaseRows, period: tuple[date, date]
) -> tuple[Population, Integers, bool, int]:
    """The people, the stratum of each row of `cases` among theirs, whether a number is missing at some time, and how
    many rows are for a place, date and covariates that a row before them has (their numbers are added up).

    A year stands for its 1 July, a month for its 15th. Raises Invalid.
    """
    years = (period[0].year, period[1].year)
    cells = {"place": TEXT, "date": DATE, "population": PEOPLE}
    if is_csv(path):
        table = read_csv(path, cells, others=TEXT, years=years)
    else:
        table = read_spaced(path, list(cells.items()), others=TEXT, years=years)
    covariates = _covariates(table, tuple(cells))
    if set(covariates) != set(cases.covariates):
        given, asked = (said(names) or "none" for names in (covariates, cases.covariates))
        raise fault(
            path, table.first_line, f"Its covariates are {given}; those of the cases {asked}.", "Make them one."
        )
    place = places.indices(table, file_of_places)
    strata, stratum = _strata(table, cases.covariates)
    known = {names: index for index, names in enumerate(strata)}
    theirs = np.array([known.get(names, -1) for names in cases.strata], dtype=np.int64)[cases.stratum]
    for case in np.flatnonzero(theirs < 0)[:1].tolist():
        names = ", ".join(cases.strata[cases.stratum[case]])
        raise cases.table.fault(int(cases.row[case]), f"Nobody is “{names}” in {path}.", "Add their number there.")
    when = table.dates("date")
    days, at = np.unique(when.middle(), return_inverse=True)
    whole = np.bincount(at, when.precision == dates.DAY, minlength=days.size) > 0
    count = table.numbers("population")
    if not count.sum() > 0:
        raise fault(path, None, "The population is zero everywhere.", "Give the number of people.")
    rows_of = np.unique(np.stack([place, stratum, at]), axis=1)
    gaps = rows_of.shape[1] < np.unique(rows_of[:2], axis=1).shape[1] * days.size
    again = table.size - rows_of.shape[1]
    return Population(place, stratum, at.astype(np.int64), count, days, whole), theirs, gaps, again


def everywhere_one(places: Places, day: date) -> Population:
    """One person at each place throughout."""
    size = len(places.names)
    nothing = np.zeros(size, dtype=np.int64)
    at = np.array([(day - dates.EPOCH).days])
    return Population(np.arange(size), nothing, nothing, np.ones(size), at, np.zeros(1, dtype=np.bool_))


def is_csv(path: Path) -> bool:
    """Whether the first line of text has a comma, or the name says so."""
    return path.suffix.lower() == ".csv" or "," in _first_line(path)


def _first_line(path: Path) -> str:
    for _, block in blocks(path):
        for line in block.decode().split("\n"):
            if line.strip():
                return line
    return ""


def _third_is_date(path: Path, years: tuple[int, int]) -> bool:
    cells = next(csv.reader([spaced(_first_line(path).encode()).decode()], delimiter="\t"), [])
    try:
        return len(cells) > 2 and years[0] <= dates.parse(cells[2], years)[0].year <= years[1]
    except ValueError:
        return False


def _in_period(table: Table, when: dates.Dates, period: tuple[date, date]) -> None:
    first, last = ((day - dates.EPOCH).days for day in period)
    for row in np.flatnonzero((when.days < first) | (when.days > last))[:1].tolist():
        day = np.datetime64(int(when.days[row]), "D")
        what = f"{day} lies outside the period {period[0]} to {period[1]}."
        raise table.fault(row, what, "Widen the period (--start, --end), or leave the row out.")


def said(covariates: Sequence[str]) -> str:
    """Their names in a sentence; the columns of SaTScan's files have only numbers."""
    return ", ".join(f"covariate {name}" if name.isdigit() else name for name in covariates)


def _covariates(table: Table, known: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in table.columns if name not in known)


def _strata(table: Table, covariates: Sequence[str]) -> tuple[tuple[tuple[str, ...], ...], Integers]:
    """The combinations of covariates that occur, and which of them each row has (r,)."""
    if not covariates:
        return ((),), np.zeros(table.size, dtype=np.int64)
    columns: Mapping[str, tuple[str, ...]] = {name: table.texts(name).names for name in covariates}
    key = np.zeros(table.size, dtype=np.int64)
    for name, names in columns.items():
        key = key * len(names) + table.texts(name).codes
        _, key = np.unique(key, return_inverse=True)
    rows = np.unique(key, return_index=True)[1].tolist()
    strata = tuple(tuple(names[table.texts(name).codes[row]] for name, names in columns.items()) for row in rows)
    return strata, key.astype(np.int64)
