"""What the types of a city's kinds need, held against what its units can do."""

import difflib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from blockwise.cases.kinds.faults import BadKind
from blockwise.cases.kinds.model import Kind
from blockwise.cases.kinds.parse import parse
from blockwise.exchange.folder.check_kinds import BUILT_IN
from blockwise.exchange.folder.problems import SHOWN_OF_A_KIND, Problems
from blockwise.exchange.folder.rows import CityFolder
from blockwise.units.capabilities import CAPABILITIES

LIKENESS: Final = 0.6
Lines = Callable[[tuple[str, ...]], int]  # the line of a path of keys


@dataclass(frozen=True, slots=True)
class Need:
    """A type that needs `count` units with a capability; `line` in `file`, which is "" for a built-in kind."""

    kind: str
    type: str
    count: int
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Capability:
    """A word with how many units can do it and which types need it."""

    word: str
    units: int
    needs: tuple[Need, ...]

    @property
    def most(self) -> int:
        """The most units with it that one type needs."""
        return max((need.count for need in self.needs), default=0)

    def __str__(self) -> str:
        units = f"{self.units:,} unit{'' if self.units == 1 else 's'}" if self.units else "no unit"
        if not self.needs:
            return f"{self.word:<14} {units:>11}; no type of case needs it"
        types = f"{len(self.needs):,} type{' needs' if len(self.needs) == 1 else 's need'} it"
        lacking = ", more than there are" if self.most > self.units else ""
        return f"{self.word:<14} {units:>11}; {types}, up to {self.most} at once{lacking}"


def capabilities(folder: CityFolder) -> tuple[Capability, ...]:
    """Every word that the product, a unit or a type of this city uses: the product's own first."""
    able = Counter(word for unit in folder.units for word in unit.capabilities)
    needs: dict[str, list[Need]] = {}
    for word, need in _needs(folder):
        needs.setdefault(word, []).append(need)
    words = dict.fromkeys([*CAPABILITIES, *sorted({*able, *needs})])
    return tuple(Capability(word, able[word], tuple(needs.get(word, ()))) for word in words)


def check_needs(folder: CityFolder, problems: Problems) -> None:
    """Warns of needs that the units cannot fill, and of capabilities that neither a type nor the product knows."""
    found = capabilities(folder)
    known = [one.word for one in found if one.word in CAPABILITIES or one.needs]
    for one in found:
        if one.most > one.units:
            _tell_unfilled(one, problems)
        elif one.word not in known:
            _tell_unknown(one, folder, known, problems)


def check_call_types(folder: CityFolder, types: Counter[str], problems: Problems) -> None:
    """Warns of types in a history (`types`: with their number of calls) that the kind `call` does not have."""
    leaves = {leaf.code for name, _file, kind, _line in _kinds(folder) if name == "call" for leaf in kind.types}
    for word, count in types.most_common():
        if leaves and word not in leaves:
            what = f"the type {word!r} of {count:,} call{'' if count == 1 else 's'} is none of the kind call"
            problems.warning("calls.parquet", None, what, "Add it to kinds/call.yaml; a replay refuses such calls")


def _tell_unfilled(one: Capability, problems: Problems) -> None:
    lacking = [need for need in one.needs if need.count > one.units]
    first = lacking[0]
    names = ", ".join(f"{need.type} ({need.count})" for need in lacking[:SHOWN_OF_A_KIND])
    more = f" and {len(lacking) - SHOWN_OF_A_KIND} more" if len(lacking) > SHOWN_OF_A_KIND else ""
    able = "no unit has" if not one.units else f"{one.units} unit{' has' if one.units == 1 else 's have'}"
    what = f"{able} the capability {one.word}; of the kind {first.kind} need it {names}{more}"
    fix = f"Give {one.word} to units in units.csv, or let the types need what there is; until then such calls wait"
    problems.warning(first.file or "units.csv", first.line or None, what, fix)


def _tell_unknown(one: Capability, folder: CityFolder, known: list[str], problems: Problems) -> None:
    line = next(unit.line for unit in folder.units if one.word in unit.capabilities)
    close = difflib.get_close_matches(one.word, known, 1, LIKENESS)
    meant = f"; {close[0]} is meant?" if close else ""
    units = f"{one.units:,} unit{' has' if one.units == 1 else 's have'}"
    what = f"{units} the capability {one.word}, which no type needs and the product has no word for{meant}"
    problems.warning("units.csv", line, what, f"Use a word that a type needs, or one of: {', '.join(CAPABILITIES)}")


def _needs(folder: CityFolder) -> Iterator[tuple[str, Need]]:
    for name, file, kind, line_of in _kinds(folder):
        for leaf in kind.types:
            for word, count in leaf.needs:
                path = ("types", *".types.".join(leaf.code.split(".")).split("."))
                yield word, Need(name, leaf.code, count, file, line_of(path) if file else 0)


def _kinds(folder: CityFolder) -> Iterator[tuple[str, str, Kind, Lines]]:
    """Each kind in force in this city: its own file's, else the built-in one; none that cannot be read."""
    own = {path.stem: path for path in folder.kinds if path.is_file()}
    built_in = {path.name.removesuffix(".yaml"): path for path in BUILT_IN.iterdir() if path.name.endswith(".yaml")}
    for name, path in sorted({**built_in, **own}.items()):
        try:
            parsed = parse(path.read_text(encoding="utf-8-sig"), path.name, languages=())
        except (BadKind, UnicodeDecodeError):
            continue  # told by check_kinds
        if parsed.kind is not None:
            yield name, f"kinds/{path.name}" if name in own else "", parsed.kind, parsed.faults.line
