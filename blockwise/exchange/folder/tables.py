"""CSV tables: a header that must fit, rows with line numbers, cells that are parsed or complained about."""

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.read_blocks import point_fault
from blockwise.exchange.folder.read_city import CODE, clock
from blockwise.exchange.folder.text import read_text

if TYPE_CHECKING:
    from _csv import Reader

_LARGEST: Final = 1024 * 1024 * 1024
YEARS: Final = range(2000, 2100)
SEPARATORS: Final = {";": "semicolons", "\t": "tabs", "|": "bars"}
POINTS: Final = "Write numbers with a decimal point"
_DECIMAL_COMMA: Final = re.compile(r"-?[0-9]{1,9},[0-9]+", re.ASCII)


@dataclass(slots=True)
class Row:
    """A row being read: each reader returns a value, or notes what is wrong and clears `good`."""

    file: str
    line: int
    cells: dict[str, str]
    problems: Problems
    good: bool = True

    def wrong(self, what: str, fix: str) -> None:
        self.good = False
        self.problems.error(self.file, self.line, what, fix)

    def optional(self, column: str, longest: int = 80) -> str:
        """The cell without surrounding space, possibly empty; at most `longest` characters."""
        value = self.cells.get(column, "").strip()
        if len(value) > longest:
            self.wrong(f"{column} has {len(value):,} characters", f"Keep {column} to {longest} characters")
            return ""
        return value

    def text(self, column: str, longest: int = 80) -> str:
        value = self.optional(column, longest)
        if not value:
            self.wrong(f"{column} is empty", f"Fill in {column}")
        return value

    def label(self, columns: tuple[str, str], needed: Sequence[str], longest: int = 80) -> tuple[str, str]:
        """A text in Chinese and English, either standing in for the other where it is empty and not `needed`."""
        zh, en = (self.optional(column, longest) for column in columns)
        for column in needed or columns[: not (zh or en)]:
            if not self.cells.get(column, "").strip():
                self.wrong(f"{column} is empty", f"Fill in {column}")
        return zh or en, en or zh

    def code(self, column: str) -> str:
        value = self.text(column)
        if value and not CODE.fullmatch(value):
            self.wrong(f"{column} is {value!r}", f"Use capital letters and digits, at most 24, for {column}")
        return value

    def optional_code(self, column: str) -> str | None:
        return self.code(column) if self.optional(column) else None

    def one_of(self, column: str, choices: Sequence[str]) -> str:
        value = self.text(column)
        if value and value not in choices:
            self.wrong(f"{column} is {value!r}", f"Use one of: {', '.join(choices)}")
        return value

    def integer(self, column: str, low: int, high: int) -> int:
        value = self.optional(column)
        digits = value.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 19 and low <= int(value) <= high):
            self.wrong(f"{column} is {value!r}", f"Write a whole number from {low} to {high} for {column}")
            return low
        return int(value)

    def optional_integer(self, column: str, low: int, high: int) -> int | None:
        return self.integer(column, low, high) if self.optional(column) else None

    def point(self, lon_column: str = "lon", lat_column: str = "lat") -> tuple[float, float]:
        lon, lat = self._degrees(lon_column), self._degrees(lat_column)
        if lon is None or lat is None:
            return 0.0, 0.0
        if fault := point_fault(lon, lat):
            self.wrong(f"the point is {fault[0]}", fault[1])
        return lon, lat

    def _degrees(self, column: str) -> float | None:
        value = self.optional(column)
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if _DECIMAL_COMMA.fullmatch(value):
            self.wrong(f"{column} is {value!r}, with a decimal comma", f"{POINTS}, such as {value.replace(',', '.')}")
            return None
        if not math.isfinite(number) or "_" in value:
            self.wrong(f"{column} is {value!r}", f"Write {column} in degrees, such as 113.9025")
            return None
        return number

    def time(self, column: str) -> time:
        value = self.optional(column)
        found = clock(value)
        if found is None:
            self.wrong(f"{column} is {value!r}", "Write times as HH:MM, from 00:00 to 23:59")
        return found or time()

    def optional_date(self, column: str) -> date | None:
        value = self.optional(column)
        if not value:
            return None
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.wrong(f"{column} is {value!r}", "Write dates as YYYY-MM-DD")
            return None
        if day.year not in YEARS:
            self.wrong(f"{column} is {value}", f"Give a year from {YEARS[0]} to {YEARS[-1]}")
            return None
        return day


def read_rows(path: Path, columns: Sequence[str], problems: Problems, optional: Sequence[str] = ()) -> Iterator[Row]:
    """The rows of a CSV whose header holds `columns` (any order), and may hold those `optional` or do without them."""
    text = read_text(path, problems, _LARGEST)
    if text is None:
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if (mark := _separator(header)) is not None:
            what = f"the columns are separated by {SEPARATORS[mark]}, not by commas"
            fix = f"Save the file as CSV with commas; {POINTS.lower()}" if mark == ";" else "Save it as CSV with commas"
            problems.error(path.name, 1, what, fix)
            return
        if not _fits(path.name, header, columns, optional, problems):
            return
        yield from _rows(path.name, header, reader, problems)
    except csv.Error as error:
        what = f"the row cannot be read: {error}"
        problems.error(path.name, reader.line_num, what, "Check the quotation marks and the end of the file")


def _rows(file: str, header: list[str], reader: "Reader", problems: Problems) -> Iterator[Row]:
    line = reader.line_num + 1
    for cells in reader:
        if len(cells) == len(header):
            yield Row(file, line, dict(zip(header, cells, strict=True)), problems)
        elif cells:
            what = f"the row has {len(cells)} cells, the header {len(header)}"
            commas = len(cells) > len(header) and _decimal_commas(cells) >= len(cells) - len(header)
            fix = (
                f"{POINTS}; a cell with a comma needs quotation marks"
                if commas
                else "Give every row as many cells as the header"
            )
            problems.error(file, line, f"{what}{'; decimal commas, it seems' if commas else ''}", fix)
        line = reader.line_num + 1


def _separator(header: list[str]) -> str | None:
    """What stands between the columns of a header that holds no comma; None for a comma or a single column."""
    first = header[0] if len(header) == 1 else ""
    if first.lower().startswith("sep="):  # a spreadsheet's own first line
        return first[4:] if first[4:] in SEPARATORS else ";"
    return max(SEPARATORS, key=first.count) if any(mark in first for mark in SEPARATORS) else None


def _decimal_commas(cells: list[str]) -> int:
    """Pairs of neighbouring cells that read as one number with a decimal comma."""
    return sum(bool(_DECIMAL_COMMA.fullmatch(f"{a.strip()},{b.strip()}")) for a, b in pairwise(cells))


def _fits(file: str, header: list[str], columns: Sequence[str], optional: Sequence[str], problems: Problems) -> bool:
    wanted = f"Write the header: {','.join(columns)}"
    missing = [name for name in columns if name not in header and name not in optional]
    unknown = [name for name in header if name not in columns and name not in optional]
    twice = [name for name in dict.fromkeys(header) if header.count(name) > 1]
    for words, names in (("is missing", missing), ("is unknown", unknown), ("is there twice", twice)):
        for name in names:
            problems.error(file, 1, f"the column {name[:40]!r} {words}", wanted)
    return not (missing or unknown or twice)
