"""Typed reading of one node: every reader notes what is wrong at its line and gives a usable default."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

import yaml

from .faults import Faults, Path
from .model import Words
from .refused_keys import refused_key

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
LONGEST_TEXT = 200
LONGEST_SPAN = 3660 * 86400


@dataclass(frozen=True)
class Skip(Exception):  # noqa: N818  (a fault was noted; the entry is left out)
    path: Path


@dataclass(frozen=True)
class Reader:
    """The node at `path` of a file."""

    node: yaml.Node
    path: Path
    faults: Faults

    def skip(self, code: str, what: str, why: str, way_out: str) -> NoReturn:
        self.faults.add(self.path, code, what, why, way_out)
        raise Skip(self.path)

    @property
    def name(self) -> str:
        return self.path[-1] if self.path else "the file"

    @property
    def single(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode)

    def text(self) -> str:
        value = str(self.node.value).strip() if isinstance(self.node, yaml.ScalarNode) else ""
        if not value or value == "~" or len(value) > LONGEST_TEXT:
            what = f"{self.name} is not one value of 1 to {LONGEST_TEXT} characters"
            self.skip("wrong-value", what, "Nothing can be read from it", f"Write one value for {self.name}")
        return value

    def word(self) -> str:
        """A name: lower-case Latin letters, digits and underscores."""
        value = self.text()
        if not NAME.fullmatch(value):
            why = "Names go into addresses, tables and the record"
            self.skip("bad-name", f"{value!r} is not a name", why, "Write lower-case letters, digits and _")
        return value

    def one_of(self, allowed: Collection[str]) -> str:
        value = self.text()
        if value not in allowed:
            choices = ", ".join(sorted(allowed))
            self.skip("wrong-value", f"{self.name} is {value!r}", "It has no meaning here", f"Write one of: {choices}")
        return value

    def boolean(self) -> bool:
        return self.one_of(("true", "false")) == "true"

    def integer(self, low: int, high: int) -> int:
        value = self.text()
        if not re.fullmatch(r"-?[0-9]{1,12}", value) or not low <= int(value) <= high:
            what = f"{self.name} is {value!r}"
            self.skip("wrong-value", what, f"It must be a whole number from {low} to {high}", "Correct the number")
        return int(value)

    def items(self) -> list[Reader]:
        if not isinstance(self.node, yaml.SequenceNode):
            self.skip("wrong-value", f"{self.name} is not a list", "More than one may be given", "Write [a, b]")
        return [Reader(node, (*self.path, str(i)), self.faults) for i, node in enumerate(self.node.value)]

    def names(self) -> tuple[str, ...]:
        """A list of names, each once."""
        values = [item.word() for item in self.items()]
        if len(set(values)) < len(values):
            self.skip("duplicate-key", f"{self.name} lists a name twice", "Once is enough", "Keep one of them")
        return tuple(values)

    def entries(self) -> dict[str, Reader]:
        """A mapping whose keys the file chooses."""
        if not isinstance(self.node, yaml.MappingNode):
            self.skip("wrong-value", f"{self.name} is not a mapping", "It holds named entries", "Write 'key: value'")
        return {
            str(key.value): Reader(value, (*self.path, str(key.value)), self.faults) for key, value in self.node.value
        }

    def named(self) -> dict[str, Reader]:
        """A mapping whose keys are names; entries with other keys are noted and left out."""
        entries = self.entries()
        for key in [key for key in entries if not NAME.fullmatch(key)]:
            why = "Names go into addresses, tables and the record"
            way_out = "Write lower-case letters, digits and _"
            self.faults.add((*self.path, key), "bad-name", f"{key!r} is not a name", why, way_out)
            del entries[key]
        return entries

    def keys(self, required: Collection[str], optional: Collection[str] = ()) -> dict[str, Reader]:
        """A mapping with fixed keys; unknown ones are noted (those SCOPE refuses, with its reason) and left out."""
        entries = self.entries()
        for key in [key for key in entries if key not in required and key not in optional]:
            path = (*self.path, key)
            known = ", ".join(sorted({*required, *optional}))
            why = f"Known here: {known}"
            way_out = "Correct the word or remove it"
            self.faults.add(path, *(refused_key(key) or ("unknown-key", f"{key} is unknown", why, way_out)))
            del entries[key]
        missing = [key for key in required if key not in entries]
        for key in missing:
            code = "missing-translation" if key in ("zh", "en") else "missing-key"
            self.faults.add(self.path, code, f"{self.name} has no {key}", f"{key} is required", f"Add {key}")
        if missing:
            raise Skip(self.path)
        return entries

    def words(self) -> Words:
        return words_of(self.keys(("zh", "en")))

    def span(self) -> timedelta:
        """A length of time: one or more of seconds, minutes, hours, days."""
        entries = self.keys((), SECONDS)
        total = sum(entry.integer(0, LONGEST_SPAN) * SECONDS[unit] for unit, entry in entries.items())
        if not entries or total > LONGEST_SPAN:
            self.skip("wrong-value", f"{self.name} is not a length of time", "It is needed", "Write {minutes: 10}")
        return timedelta(seconds=total)


def words_of(entries: dict[str, Reader]) -> Words:
    return Words(entries["zh"].text(), entries["en"].text())
