"""Typed reading of one node: every reader notes what is wrong at its line and gives a usable default."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

import yaml

from .faults import Faults, Path
from .grammar import FORMATS, belongs_to, keys_at, since
from .model import Words
from .refused_keys import refused_key

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
CODE = re.compile(rf"{NAME.pattern}(?:\.{NAME.pattern})*")
SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
LONGEST_TEXT = 200
LONGEST_SPAN = 3660 * 86400


@dataclass(frozen=True)
class Skip(Exception):  # noqa: N818  (a fault was noted; the entry is left out)
    path: Path


@dataclass(frozen=True)
class Reader:
    """The node at `path` of a file, read by the grammar of its `format`."""

    node: yaml.Node
    path: Path
    faults: Faults
    format: int = 1

    def skip(self, code: str, what: str, why: str, way_out: str) -> NoReturn:
        self.faults.add(self.path, code, what, why, way_out)
        raise Skip(self.path)

    @property
    def name(self) -> str:
        return self.path[-1] if self.path else "the file"

    @property
    def single(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode)

    @property
    def mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    def text(self) -> str:
        value = str(self.node.value).strip() if isinstance(self.node, yaml.ScalarNode) else ""
        if not value or value == "~" or len(value) > LONGEST_TEXT:
            what = f"{self.name} is not one value of 1 to {LONGEST_TEXT} characters"
            self.skip("wrong-value", what, "Nothing can be read from it", f"Write one value for {self.name}")
        return value

    def word(self) -> str:
        """A name: lower-case Latin letters, digits and underscores."""
        return self._named(NAME)

    def code(self) -> str:
        """A type, by the names above it and its own, dots between."""
        return self._named(CODE)

    def _named(self, pattern: re.Pattern[str]) -> str:
        value = self.text()
        if not pattern.fullmatch(value):
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
        return [self._below(node, str(i)) for i, node in enumerate(self.node.value)]

    def _below(self, node: yaml.Node, name: str) -> Reader:
        return Reader(node, (*self.path, name), self.faults, self.format)

    def names(self) -> tuple[str, ...]:
        """A list of names, each once."""
        return self._once([item.word() for item in self.items()])

    def codes(self) -> tuple[str, ...]:
        """A list of types or branches of types (`fire`, `fire.building`), each once."""
        return self._once([item._named(CODE) for item in self.items()])

    def code_or_codes(self) -> tuple[str, ...]:
        """One code, or a list of them."""
        return (self._named(CODE),) if self.single else self.codes()

    def _once(self, values: list[str]) -> tuple[str, ...]:
        if len(set(values)) < len(values):
            self.skip("duplicate-key", f"{self.name} lists a name twice", "Once is enough", "Keep one of them")
        return tuple(values)

    def entries(self) -> dict[str, Reader]:
        """A mapping whose keys the file chooses."""
        if not isinstance(self.node, yaml.MappingNode):
            self.skip("wrong-value", f"{self.name} is not a mapping", "It holds named entries", "Write 'key: value'")
        return {str(key.value): self._below(value, str(key.value)) for key, value in self.node.value}

    def named(self) -> dict[str, Reader]:
        """A mapping whose keys are names; entries with other keys are noted and left out."""
        entries = self.entries()
        for key in [key for key in entries if not NAME.fullmatch(key)]:
            why = "Names go into addresses, tables and the record"
            way_out = "Write lower-case letters, digits and _"
            self.faults.add((*self.path, key), "bad-name", f"{key!r} is not a name", why, way_out)
            del entries[key]
        return entries

    def at(self, place: str) -> dict[str, Reader]:
        """The mapping that the grammar has at `place`; a key of a later format is noted with that word."""
        required, optional = keys_at(self.format, place)
        keys = self.entries() if place in FORMATS[self.format] else ()  # else that it is there was noted
        later = {key: number for key in keys if (number := since(place, key)) > self.format}
        for key, number in later.items():
            self.faults.add((*self.path, key), "format", f"{key} is of format {number}", *belongs_to(number))
        return self.keys(required, (*optional, *later))

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
        for language, other in (("zh", "en"), ("en", "zh")):
            if language in missing and language not in self.faults.languages and other in entries:
                entries[language] = entries[other]
                missing.remove(language)
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
