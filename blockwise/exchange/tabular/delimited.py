"""Text with separators between its cells."""

from __future__ import annotations

import csv
import functools
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

from blockwise.exchange.tabular.batches import (
    LONGEST_CELL,
    SIZE,
    BadFile,
    Batch,
    Layout,
    Told,
    checked_names,
    joined_header,
    transposed,
)
from blockwise.exchange.tabular.encoding import decided

SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
LOOKED_AT: Final = 50  # rows from which the separator is found


def read(path: Path, layout: Layout, told: Told) -> Iterator[Batch]:
    """The rows after the header; numbers are lines of the file. A row of another length is `bad`."""
    encoding = decided(path, layout.encoding, told)
    csv.field_size_limit(LONGEST_CELL)
    with path.open(encoding=encoding, newline="") as file:
        separator, marked = _separator(file, layout, told)
        file.seek(0)
        reader = csv.reader(_clean(file, path), delimiter=separator)
        try:
            if marked:
                next(reader)
            head = _header(reader, layout)
            names = checked_names(joined_header(head), f"{path}, line {layout.header[1]}")
            yield from _batches(reader, names)
        except csv.Error as error:
            what = f"The row cannot be read: {error}."
            fix = "Check the quotation marks and the separator."
            raise BadFile(what, where=f"{path}, line {reader.line_num}", fix=fix) from None


def first_rows(path: Path, layout: Layout, most: int) -> list[list[str]]:
    """The first rows as they stand, for finding the header."""
    told = Told()
    with path.open(encoding=decided(path, layout.encoding, told), newline="") as file:
        separator, marked = _separator(file, layout, told)
        file.seek(0)
        reader = csv.reader(itertools.islice(_clean(file, path), most), delimiter=separator)
        return [[cell.strip() for cell in row] for row in reader][marked:]


def _clean(file: TextIO, path: Path) -> Iterator[str]:
    """The lines; a zero is no text, and a line without end is no table."""
    for number, line in enumerate(iter(functools.partial(file.readline, LONGEST_CELL * 10), ""), 1):
        if "\0" in line:
            fix = "Is it text? Name its encoding in the map: `file: {encoding: utf-16}`."
            raise BadFile("The line holds a NUL character.", where=f"{path}, line {number}", fix=fix)
        if len(line) >= LONGEST_CELL * 10:
            raise BadFile("The line has a million characters.", where=f"{path}, line {number}", fix="Is it a table?")
        yield line


def _header(reader: Iterator[list[str]], layout: Layout) -> list[list[str]]:
    lines = list(itertools.islice(reader, layout.header[1]))
    return lines[layout.header[0] - 1 :]


def _separator(file: TextIO, layout: Layout, told: Told) -> tuple[str, bool]:
    """What stands between the cells, and whether a first line `sep=;` says so."""
    first = file.readline(LONGEST_CELL).strip()
    marked = first.lower().startswith("sep=") and len(first) == 5
    if layout.separator:
        told.say("separator", f"Between the cells stand {_name(layout.separator)}, as the map says.")
        return layout.separator, marked
    if marked:
        told.say("separator", f"Between the cells stand {_name(first[4])}: the first line says so.")
        return first[4], True
    file.seek(0)
    lines = list(itertools.islice(iter(lambda: file.readline(LONGEST_CELL), ""), LOOKED_AT))
    best = max(SEPARATORS, key=lambda mark: _regular(lines, mark, layout.header[1]))
    told.say("separator", f"Between the cells stand {_name(best)}: so most rows are as long as the header.")
    return best, False


def _regular(lines: list[str], mark: str, header: int) -> tuple[int, int]:
    """How many rows have as many cells as the header has, and how many cells that is."""
    try:
        rows = [row for row in csv.reader(lines, delimiter=mark) if row]
    except csv.Error:
        return 0, 0
    width = len(rows[header - 1]) if len(rows) >= header else 0
    return (sum(len(row) == width for row in rows), width) if width > 1 else (0, width)


def _name(mark: str) -> str:
    return SEPARATORS.get(mark, repr(mark))


def _batches(reader: Iterator[list[str]], names: list[str]) -> Iterator[Batch]:
    width = len(names)
    while True:
        first = reader.line_num + 1  # type: ignore[attr-defined]  # csv.reader's own count of lines
        rows, lines = [], []
        for cells in itertools.islice(reader, SIZE):
            rows.append(cells)
            lines.append(reader.line_num)  # type: ignore[attr-defined]  # as above
        if not rows:
            return
        numbers = [first, *(line + 1 for line in lines[:-1])]
        if {len(cells) for cells in rows} == {width} and all(cells[0] or any(cells) for cells in rows):
            yield Batch(numbers, transposed(names, rows))
        else:
            yield _uneven(names, rows, numbers)


def _uneven(names: list[str], rows: list[list[str]], numbers: list[int]) -> Batch:
    """Of rows that are not all alike: those without anything are none, empty cells at an end are no cells."""
    width, blank = len(names), 0
    good, bad = [], []
    for number, cells in zip(numbers, rows, strict=True):
        if not any(cell.strip() for cell in cells):
            blank += 1
        elif len(cells) < width or any(cell.strip() for cell in cells[width:]):
            bad.append((number, f"the row has {len(cells)} cells, the header {width}"))
        else:
            good.append((number, cells[:width]))
    return Batch([number for number, _ in good], transposed(names, [cells for _, cells in good]), bad, blank)
