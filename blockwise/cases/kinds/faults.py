"""What is wrong with a kind: where, what, why and the way out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NoReturn

from blockwise.problems import Invalid

Path = tuple[str, ...]  # the keys from the top of the file, e.g. ("acts", "grade", "from")


@dataclass(frozen=True, order=True)
class Fault:
    """One refusal. `code` is stable and tested; `way_out` is what to write instead."""

    file: str
    line: int  # from 1; 0: the whole file
    code: str
    what: str
    why: str
    way_out: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.what} ({self.code}). {self.why}. {self.way_out}."


class BadKind(Invalid):
    """A kind that may not be used; `faults` names every reason."""

    code = "bad-kind"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        first = self.faults[0]
        more = [
            {"file": f.file, "line": f.line, "code": f.code, "what": f.what, "why": f.why, "fix": f.way_out}
            for f in self.faults
        ]
        where = f"{first.file}, line {first.line}"
        super().__init__(f"{first.what}. {first.why}.", where=where, fix=f"{first.way_out}.", more={"faults": more})

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class Faults:
    """Collects the faults of one file; places are given as paths and become lines.

    A text in a language that is none of `languages` may be left out; the other one stands in for it.
    """

    def __init__(self, file: str, languages: Collection[str]) -> None:
        self.file, self.languages = file, languages
        self.lines: dict[Path, int] = {}
        self.found: list[Fault] = []

    def line(self, path: Path) -> int:
        """The line of `path`, or of the nearest key above it that is in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def add(self, path: Path, code: str, what: str, why: str, way_out: str) -> None:
        fault = Fault(self.file, self.line(path), code, what, why, way_out)
        if fault not in self.found:
            self.found.append(fault)

    def stop(self, line: int, code: str, what: str, why: str, way_out: str) -> NoReturn:
        """Refuse the whole file: nothing more can be read from it."""
        self.found.append(Fault(self.file, line, code, what, why, way_out))
        raise BadKind(self.found)
