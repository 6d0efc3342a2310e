"""What is wrong with a city folder, in plain words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from blockwise import problems

Severity = Literal["error", "warning"]

SHOWN_OF_A_KIND: Final = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: `file` inside the folder, `line` from 1 (None: the whole file), what is wrong, what to do.

    A folder with an `error` is not loaded; a `warning` says what works less well than it could.
    """

    file: str
    line: int | None
    what: str
    fix: str
    severity: Severity = "error"

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}, line {self.line}"
        note = "warning: " if self.severity == "warning" else ""
        return f"{place}: {note}{self.what}. {self.fix}."


class BadFolder(problems.Invalid):
    """The folder cannot be used; `problems` says why, errors and warnings both."""

    def __init__(self, found: Sequence[Problem]) -> None:
        self.problems = tuple(found)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def printable(text: str) -> str:
    """The text with whatever a terminal should not get (controls, surrogates) written as escapes."""
    return "".join(mark if mark.isprintable() else ascii(mark)[1:-1] for mark in text)


@dataclass(slots=True)
class Problems:
    """Collects problems; of one kind (same file, same fix) only the first are kept, the others counted."""

    found: list[Problem] = field(default_factory=list)
    _seen: Counter[tuple[str, str, Severity]] = field(default_factory=Counter)

    def error(self, file: str, line: int | None, what: str, fix: str) -> None:
        self._add(Problem(file, line, printable(what), fix))

    def warning(self, file: str, line: int | None, what: str, fix: str) -> None:
        self._add(Problem(file, line, printable(what), fix, "warning"))

    def _add(self, problem: Problem) -> None:
        kind = (problem.file, problem.fix, problem.severity)
        self._seen[kind] += 1
        if self._seen[kind] <= SHOWN_OF_A_KIND:
            self.found.append(problem)

    def broken_files(self) -> frozenset[str]:
        """Files with at least one error."""
        return frozenset(problem.file for problem in self.found if problem.severity == "error")

    def listed(self) -> list[Problem]:
        """All of them, errors first, in the order found; a last entry counts those of a kind not shown."""
        rest = [
            Problem(file, None, f"{count - SHOWN_OF_A_KIND} more of this kind are not shown", fix, severity)
            for (file, fix, severity), count in self._seen.items()
            if count > SHOWN_OF_A_KIND
        ]
        return sorted(self.found + rest, key=lambda problem: problem.severity)
