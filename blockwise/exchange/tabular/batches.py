"""Rows of any file as text, some thousand at a time: every cell a text, every row with its number in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

from blockwise.exchange.folder.problems import printable
from blockwise.problems import Invalid

SIZE: Final = 20_000  # rows of a batch
MOST_ROWS: Final = 3_000_000  # as of the Parquet that a city folder may hold
MOST_COLUMNS: Final = 1_000
LONGEST_CELL: Final = 100_000  # characters
LARGEST_FILE: Final = 4 << 30  # bytes


@dataclass(frozen=True)
class Layout:
    """What the operator says of a file; None is found from the file itself. `header`: its first and last line."""

    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None
    header: tuple[int, int] = (1, 1)


@dataclass(frozen=True)
class Batch:
    """`numbers[i]` is where row i stands: a line of text, a row of a sheet, a record from 1.

    `columns` by name, cells trimmed and "" where empty; `bad` are rows that cannot be read, with the reason.
    """

    numbers: Sequence[int]
    columns: Mapping[str, Sequence[str]]
    bad: Sequence[tuple[int, str]] = ()
    blank: int = 0  # rows without anything in them, which are no rows


@dataclass
class Told:
    """What was found out about a file, for the account: sentences by subject, in the order found."""

    lines: dict[str, str] = field(default_factory=dict)

    def say(self, subject: str, sentence: str) -> None:
        self.lines.setdefault(subject, sentence)


class BadFile(Invalid):
    """The file cannot be used as it is; nothing of it is taken. What is quoted from it can be printed."""

    def __init__(self, what: str, *, where: str, fix: str) -> None:
        super().__init__(printable(what), where=printable(where), fix=printable(fix))


def transposed(names: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, list[str]]:
    """Columns of rows that are all as long as `names`, without the blanks around their cells."""
    found: Iterable[Sequence[str]] = zip(*rows, strict=True) if rows else [()] * len(names)
    return {name: [cell.strip() for cell in cells] for name, cells in zip(names, found, strict=True) if name}


def joined_header(lines: Sequence[Sequence[str]]) -> list[str]:
    """The names of the columns; of several lines of headings joined by "/", a merged one above all that it spans.

    A heading of an upper line reaches right as far as the cells beside it are empty and have a name below.
    """
    width = max((len(line) for line in lines), default=0)
    padded = [[cell.strip() for cell in line] + [""] * (width - len(line)) for line in lines]
    for upper, lower in pairwise(padded):
        for place in range(1, width):
            if not upper[place] and lower[place]:
                upper[place] = upper[place - 1]
    parts = ([line[place] for line in padded] for place in range(width))
    return ["/".join(dict.fromkeys(part for part in column if part)) for column in parts]


def checked_names(names: Sequence[str], where: str) -> list[str]:
    """The names, told apart where two are the same ("x", "x (2)"); BadFile when there are none or too many."""
    if not any(names):
        what = "The header is empty."
        raise BadFile(what, where=where, fix="Say in the map where it stands: `file: {header: 3}`.")
    if len(names) > MOST_COLUMNS:
        raise BadFile(f"The header has {len(names):,} columns.", where=where, fix=f"Keep {MOST_COLUMNS:,} of them.")
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(f"{name} ({seen[name]})" if name and seen[name] > 1 else name)
    return found


def read_file(path: Path, layout: Layout, told: Told) -> Iterator[Batch]:
    """The file's rows, by what its first bytes say it is. BadFile says what is wrong, where and what to do."""
    from blockwise.exchange.tabular import delimited, jsonlines, records, sheets

    if not path.is_file():
        raise BadFile("There is no such file.", where=str(path), fix="Give the name of a file on disk.")
    if path.stat().st_size > LARGEST_FILE:
        raise BadFile("The file is larger than 4 GiB.", where=str(path), fix="Split it.")
    with path.open("rb") as file:
        first = file.read(4096)
    if not first.strip():
        raise BadFile("The file is empty.", where=str(path), fix="Fetch it again.")
    if first.startswith(b"PK"):
        source = sheets.read(path, layout, told)
    elif first.startswith(b"PAR1"):
        source = records.read(path, told)
    elif first.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadFile("This is an old Excel file (.xls).", where=str(path), fix="Save it as .xlsx or CSV.")
    elif first.startswith((b"\x1f\x8b", b"7z", b"Rar!")):
        raise BadFile("The file is packed.", where=str(path), fix="Unpack it first.")
    elif first.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"[")):
        source = jsonlines.read(path, told)
    else:
        source = delimited.read(path, layout, told)
    return _limited(path, source)


def _limited(path: Path, source: Iterator[Batch]) -> Iterator[Batch]:
    rows = 0
    for batch in source:
        rows += len(batch.numbers) + len(batch.bad)
        if rows > MOST_ROWS:
            raise BadFile(f"The file has more than {MOST_ROWS:,} rows.", where=str(path), fix="Split it.")
        yield batch
    if not rows:
        raise BadFile("The file has no rows.", where=str(path), fix="Does the header stand where the map says?")
