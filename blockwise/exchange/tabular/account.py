"""The account of a table: rows in = written + repeated + left out + refused, and what was found out on the way."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from blockwise.exchange.folder.problems import printable
from blockwise.exchange.tabular.batches import Told
from blockwise.exchange.tabular.words import Words
from blockwise.problems import Conflict

MOST_REFUSED: Final = 0.2  # of the rows; as much as a load may take away
SHOWN: Final = 10
_VALUES: Final = re.compile(r"'[^']*'|\"[^\"]*\"|[-+]?[0-9][0-9.,:-]*")


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is not taken, the field at fault ("" for the whole row), and why."""

    row: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a table changed of a file of the folder."""

    added: int
    changed: int
    same: int


@dataclass
class Account:
    """`noted` rows are written, and something about them is impossible."""

    file: str
    table: str
    rows: int = 0
    written: int = 0
    repeated: int = 0
    left_out: int = 0
    blank: int = 0
    mended: int = 0  # codes that got their leading zeros back
    refused: list[Refused] = field(default_factory=list)
    noted: list[Refused] = field(default_factory=list)
    words: Words = field(default_factory=Words)
    told: Told = field(default_factory=Told)
    files: dict[str, Change] = field(default_factory=dict)

    @property
    def adds_up(self) -> bool:
        return self.rows == self.written + self.repeated + self.left_out + len(self.refused)

    @property
    def changed(self) -> bool:
        return any(one.added or one.changed for one in self.files.values())

    def refuse(self, row: int, name: str, reason: str) -> None:
        self.refused.append(Refused(row, name, reason))

    def note(self, row: int, name: str, reason: str) -> None:
        self.noted.append(Refused(row, name, reason))

    def refuse_many(self, partly: bool) -> None:
        """Conflict where more than a fifth of the rows cannot be used: the map is not that of this file."""
        if self.refused and len(self.refused) > MOST_REFUSED * self.rows and not partly:
            kinds = "; ".join(line for line, _ in zip(self.reasons(), range(3), strict=False))
            what = f"{len(self.refused):,} of {self.rows:,} rows cannot be used: {kinds}."
            fix = "Correct the map; where the rest is meant to be taken alone, give --partly."
            raise Conflict(what, where=self.file, fix=fix)

    def reasons(self) -> Iterator[str]:
        """The kinds of refusal, the most frequent first: how many, from which row to which, the first in words."""
        kinds: dict[tuple[str, str], list[Refused]] = {}
        for one in self.refused:
            kinds.setdefault((one.field, _kind(one.reason)), []).append(one)
        for (name, _), rows in sorted(kinds.items(), key=lambda one: -len(one[1])):
            first, last = rows[0], max(rows, key=lambda one: one.row)
            where = f"row {first.row:,}" if len(rows) == 1 else f"{len(rows):,} rows, {first.row:,} to {last.row:,}"
            yield f"{where}: {f'{name}: ' if name else ''}{first.reason}"

    def lines(self) -> Iterator[str]:
        """For the terminal; what is quoted from the file can be printed."""
        yield from map(printable, self._lines())

    def _lines(self) -> Iterator[str]:
        yield from self.told.lines.values()
        yield (
            f"rows: {self.rows:,} = {self.written:,} written + {self.repeated:,} repeated"
            f" + {self.left_out:,} left out + {len(self.refused):,} refused"
        )
        if self.blank:
            yield f"lines without anything in them: {self.blank:,}"
        if self.mended:
            yield f"codes that got leading zeros back: {self.mended:,}"
        yield from _first(list(self.reasons()), "refused", "kinds of refusal")
        notes = Counter(_kind(one.reason) for one in self.noted)
        yield from (f"noted: {count:,} rows: {reason}" for reason, count in notes.most_common(SHOWN))
        unknown = [
            f"{one['field']} {one['word']!r} in {one['rows']:,} rows, played as {one['played_as']}"
            for one in self.words.listed()
        ]
        yield from _first(unknown, "unknown", "unknown words")
        for name, change in self.files.items():
            yield f"{name}: {change.added:,} added, {change.changed:,} changed, {change.same:,} as they were"

    def papers(self) -> dict[str, bytes]:
        """What is kept beside the folder's files, by the end of its name; b"" for a list without entries."""
        plain: dict[str, Any] = {
            "source": self.file,
            "table": self.table,
            "rows": self.rows,
            "written": self.written,
            "repeated": self.repeated,
            "left_out": self.left_out,
            "refused": len(self.refused),
            "noted": len(self.noted),
            "blank_lines": self.blank,
            "leading_zeros_mended": self.mended,
            "found": self.told.lines,
            "unknown": self.words.listed(),
        }
        found = {".json": (json.dumps(plain, ensure_ascii=False, indent=1) + "\n").encode()}
        for end, rows in ((".refused.csv", self.refused), (".noted.csv", self.noted)):
            found[end] = _csv(("row", "field", "reason"), [(one.row, one.field, one.reason) for one in rows])
        words = [tuple(one.values()) for one in self.words.listed()]
        found[".unknown.csv"] = _csv(("field", "word", "rows", "first_row", "played_as"), words)
        return found


def _kind(reason: str) -> str:
    """A reason without the values in it."""
    return _VALUES.sub("…", reason)


def _first(lines: list[str], noun: str, more: str) -> Iterator[str]:
    yield from (f"{noun}: {line}" for line in lines[:SHOWN])
    if len(lines) > SHOWN:
        yield f"{noun}: {len(lines) - SHOWN:,} more {more}"


def _calm(text: str) -> str:
    """With an apostrophe before what a spreadsheet would take for a formula: the words are a stranger's."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _csv(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> bytes:
    """With the mark by which a spreadsheet reads it as UTF-8; b"" without rows."""
    if not rows:
        return b""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[_calm(cell) if isinstance(cell, str) else cell for cell in row] for row in rows])
    return text.getvalue().encode("utf-8-sig")
