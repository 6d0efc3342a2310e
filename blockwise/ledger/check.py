"""The rules of the record, one line and one seal at a time, as docs/ledger.md states them. Reads no database."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from blockwise.ledger import canonical, merkle, rows, seals
from blockwise.ledger.line_text import LineText, parsed
from blockwise.ledger.rows import LineRow, SealRow

Held = Mapping[int, Mapping[str, Any]]  # seals kept elsewhere, by number


_IN_MEMORY = 20_000  # threads


@dataclass(frozen=True)
class Fault:
    """The first line that does not fit; 0: a row that no line knows. `thread` is "" where none can be told."""

    number: int
    thread: str
    why: str


@dataclass
class Report:
    """What was verified. `sealed_to`: last line under a seal; `held`: seals kept elsewhere that matched; `rows`: proven
    ones that are as the lines made them; `doubts`: what could not be verified, in words."""

    lines: int = 0
    seals: int = 0
    sealed_to: int = 0
    held: int = 0
    rows: int = 0
    texts: dict[str, int] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    fault: Fault | None = None

    @property
    def ok(self) -> bool:
        return self.fault is None


class Unfit(Exception):  # noqa: N818  (it is a finding, not an error)
    """Raised where something does not fit; carries why."""


class Tails:
    """The end of every thread so far: of the last ones in memory, of all in SQLite's own temporary file, so that memory
    does not grow with threads."""

    def __init__(self) -> None:
        self._latest: dict[str, tuple[int, str]] = {}
        self._kept = sqlite3.connect("", isolation_level=None)
        self._kept.execute("PRAGMA journal_mode = OFF")
        self._kept.execute("CREATE TABLE tail (thread TEXT PRIMARY KEY, number INT, hash TEXT) WITHOUT ROWID")

    def close(self) -> None:
        self._kept.close()

    def follow(self, line: LineText, digest: str) -> None:
        """Unfit unless the line comes next in its thread and names the hash before it."""
        number, previous = self._latest.get(line.thread) or self._earlier(line) or (0, "")
        if line.thread_number != number + 1:
            raise Unfit(_("it is number {n} of its thread, after {m}").format(n=line.thread_number, m=number))
        if line.previous != previous:
            raise Unfit(_("it does not name the hash of the line before it in its thread"))
        self._latest[line.thread] = line.thread_number, digest
        if len(self._latest) >= _IN_MEMORY:
            self._put_away()

    def _earlier(self, line: LineText) -> tuple[int, str] | None:
        query = "SELECT number, hash FROM tail WHERE thread = ?"
        found: tuple[int, str] | None = self._kept.execute(query, (line.thread,)).fetchone()
        return found

    def _put_away(self) -> None:
        self._kept.execute("BEGIN")
        rows = [(thread, *tail) for thread, tail in self._latest.items()]
        self._kept.executemany("REPLACE INTO tail VALUES (?, ?, ?)", rows)
        self._kept.execute("COMMIT")
        self._latest.clear()


class Range:
    """The lines under one seal. What is wrong with the seal itself is said at its last line: a line is more exact."""

    def __init__(self, row: SealRow, expected: int, before: Mapping[str, Any] | None) -> None:
        self.seal, self.first, self.thread, self.tree = row.seal, expected, "", merkle.Tree()
        self.last: int = row.seal["last_line"] if type(row.seal["last_line"]) is int else 0
        self.trouble = seal_trouble(row.seal, expected, before)
        leaves_fit = not self.trouble and merkle.root_of(row.leaves) == row.seal["root"]
        self.leaves = row.leaves if leaves_fit else None
        if not self.trouble and not leaves_fit:
            self.trouble = _("the hashes kept with it do not give its root")

    def take(self, line: LineText, digest: str) -> None:
        self.thread = self.thread or line.thread
        place = (line.number - self.first) * 32
        if self.leaves is not None and self.leaves[place : place + 32] != bytes.fromhex(digest):
            raise Unfit(_("it is not the line that seal {n} signed").format(n=self.seal["number"]))
        self.tree.add(bytes.fromhex(digest))


def seal_trouble(seal: Mapping[str, Any], expected: int, before: Mapping[str, Any] | None) -> str:
    """Why a seal cannot stand behind `before`, its first line being `expected`; "" where it can."""
    number, last_hash = (before["number"], before["hash"]) if before else (0, "")
    if not _well_formed(seal) or not seals.signature_holds(seal):
        return _("its hash or signature is wrong")
    if seal["number"] != number + 1 or seal["previous"] != last_hash:
        return _("it does not follow seal {n}").format(n=number)
    if seal["first_line"] != expected or seal["last_line"] < expected:
        return _("it does not begin where the seal before it ended")
    return ""


def _well_formed(seal: Mapping[str, Any]) -> bool:
    whole = all(type(seal[name]) is int for name in rows.SEAL_FIELDS[:3])
    return whole and all(isinstance(seal[name], str) for name in rows.SEAL_FIELDS[3:])


class Check:
    """Takes seals and lines in order; raises Unfit at the first that does not fit, `place` then naming it."""

    def __init__(self, held: Held, trusted: Collection[str] | None, noted: Mapping[str, Any] | None = None) -> None:
        self.report = Report()
        self.place = (1, "")
        self._held, self._trusted, self._noted = held, trusted, noted
        self._tails = Tails()
        self._range: Range | None = None
        self._before: Mapping[str, Any] | None = None
        self.recorded_at = ""
        self._anchor = (1, "")  # the first line that no seal kept elsewhere has yet been found to hold

    def close(self) -> None:
        self._tails.close()

    def line(self, row: LineRow) -> LineText:
        expected = self.report.lines + 1
        if self._range and expected > self._range.last:
            self._end_range()
        self.place = (expected, "")
        if type(row.number) is not int or row.number < expected:
            raise Unfit(_("a row numbered {n} stands in its place").format(n=row.number))
        if row.number > expected:
            raise Unfit(_("it is missing"))
        line = parsed(row.canonical)
        self.place = (expected, line.thread if isinstance(line, LineText) else "")
        if self._anchor[0] == expected:
            self._anchor = self.place
        digest = self._itself(row, line, expected)
        assert isinstance(line, LineText)
        if self._range:
            self._range.take(line, digest)
        self._tails.follow(line, digest)
        if line.recorded_at < self.recorded_at:
            raise Unfit(_("it was recorded before the line before it"))
        self.recorded_at = line.recorded_at
        self.report.lines = expected
        return line

    def _itself(self, row: LineRow, line: LineText | str, expected: int) -> str:
        if row.canonical is None or canonical.sha256(row.canonical) != row.hash:
            raise Unfit(_("its text does not give its hash"))
        if isinstance(line, str):
            raise Unfit(line)
        if line.number != expected:
            raise Unfit(_("its text says it is line {n}").format(n=line.number))
        for name, value in (row.copies or {}).items():
            if value != getattr(line, name):
                raise Unfit(_("its column {name} differs from its text").format(name=name))
        return str(row.hash)

    def seal(self, row: SealRow) -> None:
        self._end_range()
        self._range = Range(row, self.report.lines + 1, self._before)

    def end(self) -> None:
        """After the last row: close the last seal's range; Unfit if a seal held elsewhere is not in the ledger."""
        self._end_range()
        last = self.report.seals
        if beyond := [n for n in sorted(self._held) if n > last]:
            cut_off = self.report.sealed_to < self._held[beyond[0]]["last_line"]
            self.place = (self.report.sealed_to + 1, "") if cut_off else self._anchor
            raise Unfit(_("seal {n}, kept elsewhere, is not in the ledger").format(n=beyond[0]))
        if self._noted and self._noted["number"] > last:
            cut_off = self.report.sealed_to < self._noted["last_line"]
            self.place = (self.report.sealed_to + 1, "") if cut_off else self._anchor
            raise Unfit(_("seal {n}, noted in this home, is not in the ledger").format(n=self._noted["number"]))

    def _end_range(self) -> None:
        if not (ended := self._range):
            return
        self._range, seal = None, ended.seal
        self.place = (ended.first, ended.thread)
        if not ended.trouble and self.report.lines < ended.last:
            self.place = (self.report.lines + 1, "")
            raise Unfit(_("it is missing, seal {n} covers it").format(n=seal["number"]))
        trouble = ended.trouble or self._outside_trouble(seal)
        if not trouble and ended.tree.root() != seal["root"]:
            trouble = _("its lines do not give its root")
        if trouble:
            raise Unfit(
                _("from here on the lines are not vouched for, seal {n}: {why}").format(n=seal["number"], why=trouble)
            )
        self._before = seal
        self.report.seals, self.report.sealed_to = seal["number"], ended.last

    def _outside_trouble(self, seal: Mapping[str, Any]) -> str:
        if held := self._held.get(seal["number"]):
            if dict(held) != dict(seal):
                self.place = self.place if held["previous"] == seal["previous"] else self._anchor
                return _("it is not the one kept elsewhere; it was signed again")
            self.report.held += 1
            self._anchor = (seal["last_line"] + 1, "")
            return ""
        if (noted := self._noted) and noted["number"] == seal["number"] and noted != dict(seal):
            self.place = self.place if noted["previous"] == seal["previous"] else self._anchor
            return _("it is not the one noted in this home; it was signed again")
        pinned = seal["number"] < max(self._held, default=0)
        if not pinned and self._trusted is not None and seal["key"] not in self._trusted:
            return _("it is signed by a key that is not known")
        return ""
