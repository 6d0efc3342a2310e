"""Tables out of files, without Django: CSV with a header, and the blank-separated lines that SaTScan reads.

Ten million rows pass in bounded memory: a block is parsed and turned into numbers before the next one is read.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from blockwise.exchange.blocks import blocks, fault, spaced, without_blank_lines
from blockwise.exchange.cells import COUNT, DATE, NUMBER, TEXT, BadCellError, Cell, Column, Texts
from blockwise.exchange.dates import Dates
from blockwise.problems import Invalid

__all__ = ["COUNT", "DATE", "NUMBER", "TEXT", "Cell", "Dates", "Table", "Texts", "fault", "read_csv", "read_spaced"]

MOST_ROWS: Final = 100_000_000
Columns = Sequence[tuple[str, Cell | None]]  # None: the column is passed over


@dataclass(frozen=True)
class Table:
    """The rows of a file by column name. `unused`: columns of the file that nobody asked for."""

    file: str
    size: int
    columns: Mapping[str, Any]
    unused: tuple[str, ...]
    first_line: int
    rows_before_blank_lines: NDArray[np.int64]

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def numbers(self, name: str) -> NDArray[np.float64]:
        return np.asarray(self.columns[name], dtype=np.float64)

    def counts(self, name: str) -> NDArray[np.int64]:
        return np.asarray(self.columns[name], dtype=np.int64)

    def texts(self, name: str) -> Texts:
        found = self.columns[name]
        assert isinstance(found, Texts), name
        return found

    def dates(self, name: str) -> Dates:
        found = self.columns[name]
        assert isinstance(found, Dates), name
        return found

    def line(self, row: int) -> int:
        """The line of the file on which a row (counted from 0) stands."""
        return self.first_line + row + int(np.searchsorted(self.rows_before_blank_lines, row, side="right"))

    def fault(self, row: int, what: str, fix: str) -> Invalid:
        """The refusal of a row: its file and line, what is wrong and what to do."""
        return fault(self.file, self.line(row), what, fix)


def read_csv(
    path: Path,
    required: Mapping[str, Cell],
    optional: Mapping[str, Cell] | None = None,
    *,
    others: Cell | None = None,
    years: tuple[int, int] | None = None,
) -> Table:
    """A comma-separated table with a header; columns in any order, names in any case.

    `others`: how every further column is read, which then needs a name (by default it is left aside and named in
    `unused`).
    `years`: of the study period, for dates with two-digit years. Raises Invalid with file and line.
    """
    wanted = {**required, **(optional or {})}

    def named(line: int, first: Sequence[str]) -> Columns:
        names = [name.lower() for name in first]
        fix = f"The columns are {', '.join(required)}" + "".join(f" [{name}]" for name in optional or {}) + "."
        if missing := [name for name in required if name not in names]:
            what = f"The header has no column {' and no '.join(missing)}; it reads “{', '.join(first)[:200]}”."
            raise fault(path, line, what, fix)
        if others and "" in names:
            what = f"Column {names.index('') + 1} of the header has no name."
            raise fault(path, line, what, "Name it, or take it out with its comma in every line.")
        if twice := [name for name in dict.fromkeys(names) if name and names.count(name) > 1]:
            raise fault(path, line, f"The header names {', '.join(twice)} twice.", fix)
        return [(name, wanted.get(name, others)) for name in names]

    return _read(path, named, ",", header=True, years=years)


def read_spaced(
    path: Path,
    required: Sequence[tuple[str, Cell]],
    optional: Sequence[tuple[str, Cell]] = (),
    *,
    others: Cell | None = None,
    years: tuple[int, int] | None = None,
) -> Table:
    """Lines of cells between blanks, without a header, every line as long as the first. A cell with blanks is quoted.

    Further columns are read as `others` under the names "1", "2", ...; without it they are refused. Raises Invalid.
    """
    known = [*required, *optional]

    def named(line: int, first: Sequence[str]) -> Columns:
        have = len(first)
        if have < len(required) or (have > len(known) and others is None):
            names = [name for name, _ in (required if have < len(required) else known)]
            raise _wrong_length(path, line, have, names)
        return [*known[:have], *((str(further + 1), others) for further in range(have - len(known)))]

    return _read(path, named, "\t", header=False, years=years)


def _read(
    path: Path,
    named: Callable[[int, Sequence[str]], Columns],
    delimiter: str,
    *,
    header: bool,
    years: tuple[int, int] | None,
) -> Table:
    reading: _Reading | None = None
    for line, text in blocks(path):
        block, before = without_blank_lines(spaced(text) if delimiter == "\t" else text)
        if reading is None and block:
            on_top = before.count(0)
            head, _, rest = block.partition(b"\n")
            cells = [cell.strip() for cell in next(csv.reader([head.decode()], delimiter=delimiter))]
            reading = _Reading(path, delimiter, named(line + on_top, cells), line + on_top + header, years)
            block, before = (rest if header else block), [count - header for count in before[on_top:]]
        if reading is not None:
            reading.take(block, before)
    if reading is None or not reading.rows:
        raise fault(path, None, "The file has no rows.", "Give a table with at least one row.")
    return reading.table()


class _Reading:
    """What is kept between the blocks of one file."""

    def __init__(
        self, path: Path, delimiter: str, named: Columns, first_line: int, years: tuple[int, int] | None
    ) -> None:
        self.path, self.delimiter, self.first_line = path, delimiter, first_line
        self.names = [name for name, _ in named]
        self.columns = {str(index): Column(name, cell, years) for index, (name, cell) in enumerate(named) if cell}
        self.rows, self.before = 0, np.empty(0, dtype=np.int64)

    def take(self, block: bytes, before: Sequence[int]) -> None:
        """Read a block of lines; `before`: rows of the block before each of the blank lines taken out of it."""
        self.before = np.concatenate([self.before, self.rows + np.array(before, dtype=np.int64)])
        if not block:
            return
        parsed = self._parse(block)
        for index, column in self.columns.items():
            for start, chunk in _chunks(parsed.column(index)):
                try:
                    column.take(chunk)
                except BadCellError as bad:
                    raise self._fault(start + bad.row, bad.what, bad.fix) from None
        self.rows += parsed.num_rows
        if self.rows > MOST_ROWS:
            raise fault(
                self.path, None, f"The file has more than {MOST_ROWS:,} rows.", "Split it, or count by place and day."
            )

    def table(self) -> Table:
        columns = {column.name: column.whole() for column in self.columns.values()}
        unused = tuple(name for name in self.names if name not in columns)
        return Table(str(self.path), self.rows, columns, unused, self.first_line, self.before)

    def _parse(self, block: bytes) -> Any:
        names = [str(index) for index in range(len(self.names))]
        bad: list[tuple[int, int]] = []

        def of_another_length(row: Any) -> str:
            if not bad:
                bad.append((row.number - 1, row.actual_columns))
            return "skip"

        parsed = pyarrow.csv.read_csv(
            pa.py_buffer(block),
            pyarrow.csv.ReadOptions(use_threads=False, column_names=names, block_size=len(block) + 1),
            pyarrow.csv.ParseOptions(delimiter=self.delimiter, invalid_row_handler=of_another_length),
            pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), include_columns=[*self.columns]),
        )
        for row, have in bad:
            if (quote := self._open_quote(block)) <= row:
                raise self._unclosed(quote)
            raise _wrong_length(self.path, self._line(row), have, self.names)
        if parsed.num_rows != block.count(b"\n") + (not block.endswith(b"\n")):
            raise self._unclosed(self._open_quote(block))
        return parsed

    def _open_quote(self, block: bytes) -> int:
        """The first row with a cell that opens with a quotation mark and does not end; else the number of rows."""
        opening = self.delimiter.encode() + b'"'
        for row, line in enumerate(rows := block.split(b"\n")):
            if line.count(b'"') % 2 and (line.startswith(b'"') or opening in line):
                return row
        return len(rows)

    def _unclosed(self, row: int) -> Invalid:
        return self._fault(row, "A quotation mark is not closed on its line.", "Close it, or leave it out.")

    def _line(self, row: int) -> int:
        return self.first_line + self.rows + row + int(np.searchsorted(self.before, self.rows + row, side="right"))

    def _fault(self, row: int, what: str, fix: str) -> Invalid:
        return fault(self.path, self._line(row), what, fix)


def _chunks(column: Any) -> Iterator[tuple[int, Any]]:
    """(row at which it starts, array)."""
    start = 0
    for chunk in column.chunks:
        yield start, chunk
        start += len(chunk)


def _wrong_length(path: Path, line: int, have: int, names: Sequence[str]) -> Invalid:
    what = f"The line has {have} {'cell' if have == 1 else 'cells'} and should have {len(names)}."
    given = ", ".join(name or f"column {number} (without a name)" for number, name in enumerate(names, start=1))
    return fault(path, line, what, f"A line gives {given}.")
