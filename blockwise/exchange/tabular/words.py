"""Tables of words in a map: what a word of the data means here; what they do not hold is counted, never dropped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

MOST_STARS: Final = 3  # in one pattern: more could take long to not fit


@dataclass(frozen=True)
class WordTable:
    """Words and what they mean. A word with `*` stands for all that fit it, where no other word is the same."""

    name: str
    words: Mapping[str, str]
    lines: Mapping[str, int] = field(default_factory=dict)

    def meaning(self, word: str) -> str | None:
        """By the word itself, then whatever its capitals, then by the first pattern that fits."""
        if word in self.words:
            return self.words[word]
        if (small := word.casefold()) in self._small:
            return self._small[small]
        return next((meaning for pattern, meaning in self._patterns if pattern.fullmatch(small)), None)

    @cached_property
    def _small(self) -> dict[str, str]:
        return {word.casefold(): meaning for word, meaning in reversed(list(self.words.items())) if "*" not in word}

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        return [(_pattern(word), meaning) for word, meaning in self.words.items() if "*" in word]


def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in word.casefold().split("*")), re.DOTALL)


@dataclass
class Unknown:
    """A word of the data that no table holds: how often it came, where first, and what stands for it."""

    rows: int
    first: int
    played_as: str


@dataclass
class Words:
    """The words met, by field; each is looked up once."""

    unknown: dict[tuple[str, str], Unknown] = field(default_factory=dict)

    def count(self, name: str, word: str, row: int, played_as: str) -> None:
        found = self.unknown.get((name, word))
        if found is None:
            self.unknown[(name, word)] = Unknown(1, row, played_as)
        else:
            found.rows += 1

    def listed(self) -> list[dict[str, object]]:
        """The most frequent of a field first."""
        rows = sorted(self.unknown.items(), key=lambda one: (one[0][0], -one[1].rows, one[0][1]))
        return [
            {"field": name, "word": word, "rows": one.rows, "first_row": one.first, "played_as": one.played_as}
            for (name, word), one in rows
        ]
