"""Words of the data that this importer does not know: kept, counted, played as "other" until the operator maps them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from blockwise.exchange.datasf.call_types import TYPES
from blockwise.exchange.datasf.files import BadData, write_csv
from blockwise.exchange.datasf.unit_types import UNIT_TYPES

FILE: Final = "unknown_words.csv"
COLUMNS: Final = ("field", "word", "rows", "played_as")
OTHER: Final = "other.other"
PRIORITIES: Final = {"3": 1, "E": 1, "2": 3, "A": 3, "B": 3}  # 3 and E are code 3 and echo; 2, A and B are code 2
OTHER_UNIT: Final = "SUPPORT"
Field = Literal["call_type", "priority", "unit_type"]
MAY_BE: Final[Mapping[Field, tuple[str, ...]]] = {
    "call_type": tuple(code for code, *_ in TYPES.values()),
    "priority": ("1", "2", "3", "4"),
    "unit_type": tuple(UNIT_TYPES),
}
_LEVELS: Final = {code: priority for code, _words, priority, _needs in TYPES.values()}


@dataclass
class Words:
    """What each word of the data means here; `mapped` by the operator, the importer's own, or "other", counted."""

    mapped: Mapping[tuple[Field, str], str] = field(default_factory=dict)
    unknown: Counter[tuple[Field, str, str]] = field(default_factory=Counter)

    def type_of(self, word: str | None) -> str:
        """The code of a call type."""
        known = TYPES.get(word or "")
        return known[0] if known else self.mapped.get(("call_type", word or ""), OTHER)

    def priority_of(self, word: str | None, type_code: str) -> int:
        """1 to 4; for an unknown word the usual one of the type."""
        return PRIORITIES.get(word or "") or int(self.mapped.get(("priority", word or ""), _LEVELS[type_code]))

    def unit_type_of(self, word: str | None) -> str:
        """One of UNIT_TYPES."""
        return word if word and word in UNIT_TYPES else self.mapped.get(("unit_type", word or ""), OTHER_UNIT)

    def kept(self, row: Mapping[str, Any]) -> str | None:
        """The data's own words where the importer has none for them, for the call's text."""
        said = {"Type": row["call_type"], "Priority": row["priority"]}
        own: dict[str, Mapping[str, Any]] = {"Type": TYPES, "Priority": PRIORITIES}
        told = [
            f"{name} in the data: {word or 'none'}." for name, word in said.items() if (word or "") not in own[name]
        ]
        return " ".join(told) or None

    def count(self, row: Mapping[str, Any]) -> None:
        """Count the words of an imported row that neither the importer nor the operator knows."""
        played: dict[Field, str] = {"call_type": OTHER, "priority": "the type's own", "unit_type": OTHER_UNIT}
        known: dict[Field, Any] = {"call_type": TYPES, "priority": PRIORITIES, "unit_type": UNIT_TYPES}
        for name, words in known.items():
            word = row[name] or ""
            if word not in words and (name, word) not in self.mapped:
                self.unknown[(name, word, played[name])] += 1

    def listed(self) -> list[dict[str, Any]]:
        """The unknown words, the most frequent of a field first."""
        rows = sorted(self.unknown.items(), key=lambda one: (one[0][0], -one[1], one[0][1]))
        return [dict(zip(COLUMNS, (name, word, count, played), strict=True)) for (name, word, played), count in rows]

    def write(self, out: Path) -> None:
        """`unknown_words.csv`, to be filled in and given to the next run; none where every word is known."""
        (out / FILE).unlink(missing_ok=True)
        if self.unknown:
            write_csv(out / FILE, COLUMNS, self.listed())


def read_words(path: Path) -> Words:
    """What the operator wrote into `played_as`; rows left as they were say nothing. BadData names file and line."""
    mapped: dict[tuple[Field, str], str] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not {"field", "word", "played_as"} <= set(reader.fieldnames or ()):
                what = "the columns field, word and played_as are not there"
                raise _bad(path, 1, what, "Begin with an unknown_words.csv")
            for row in reader:
                name = next((one for one in MAY_BE if one == row["field"]), None)
                if name is None:
                    what, fix = f"the field is {row['field']!r}", f"Give one of {', '.join(MAY_BE)}"
                    raise _bad(path, reader.line_num, what, fix)
                played = (row["played_as"] or "").strip()
                if played == "the type's own":
                    continue
                if played not in MAY_BE[name]:
                    what, fix = f"played_as is {played!r}", f"Give one of {', '.join(MAY_BE[name])}"
                    raise _bad(path, reader.line_num, what, fix)
                mapped[(name, row["word"] or "")] = played
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadData("The file cannot be read.", where=str(path), fix="Give a CSV file in UTF-8.") from error
    return Words(mapped)


def _bad(path: Path, line: int, what: str, fix: str) -> BadData:
    return BadData(f"{what[0].upper()}{what[1:]}.", where=f"{path}, line {line}", fix=f"{fix}.")
