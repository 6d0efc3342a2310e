"""What is wrong with a city folder, in plain words."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from blockwise import problems

Severity = Literal["error", "warning"]
Kind = tuple[str, str, Severity]  # file, fix, severity
Line = int | str | None  # a text where the line alone does not say where: "1, column 80 (feature 2)"

SHOWN_OF_A_KIND: Final = 3


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: `file` inside the folder, `line` from 1 (None: the whole file; see Line), what is wrong, what to do.

    A folder with an `error` is not loaded; a `warning` says what works less well than it could.
    """

    file: str
    line: Line
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
    _seen: Counter[Kind] = field(default_factory=Counter)

    def error(self, file: str, line: Line, what: str, fix: str) -> None:
        self._add(Problem(file, line, printable(what), fix))

    def warning(self, file: str, line: Line, what: str, fix: str) -> None:
        self._add(Problem(file, line, printable(what), fix, "warning"))

    def rows(self, file: str, wrong: NDArray[np.bool_], what: Callable[[int], str], fix: str) -> None:
        """An error for each True in `wrong`, (rows,) or (times, rows); `what` says it of a flat index."""
        indexes = np.flatnonzero(wrong)
        for index in indexes[:SHOWN_OF_A_KIND].tolist():
            self.error(file, index % wrong.shape[-1] + 1, what(index), fix)
        self._seen[(file, fix, "error")] += max(0, len(indexes) - SHOWN_OF_A_KIND)

    def _add(self, problem: Problem) -> None:
        kind = (problem.file, problem.fix, problem.severity)
        self._seen[kind] += 1
        if self._seen[kind] <= SHOWN_OF_A_KIND:
            self.found.append(problem)

    def broken_files(self) -> frozenset[str]:
        """Files with at least one error."""
        return frozenset(problem.file for problem in self.found if problem.severity == "error")

    def listed(self) -> list[Problem]:
        """All of them, errors first, in the order found; after those of a kind, an entry counts the others of it."""
        kinds: dict[Kind, list[Problem]] = {}
        for problem in self.found:
            kinds.setdefault((problem.file, problem.fix, problem.severity), []).append(problem)
        for (file, fix, severity), shown in kinds.items():
            every = self._seen[(file, fix, severity)]
            if every > len(shown):
                what = f"{every - len(shown):,} more of this kind, {every:,} in all"
                shown.append(Problem(file, None, what, fix, severity))
        return sorted((one for shown in kinds.values() for one in shown), key=lambda problem: problem.severity)
