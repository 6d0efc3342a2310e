"""Names as they are typed: their keys of comparison, and an index that finds what a typed key may mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np

from .finding import chinese, english
from .finding.chinese import HAN

LONGEST_QUERY: Final = 200
LONGEST_KEY: Final = 40  # of a name that is looked for inside a longer text
SEEN: Final = 200  # occurrences that are ranked

_MARKS: Final = re.compile(r"['’`\u02bc]")
_HALVES: Final = str.maketrans({"½": " 1/2"})
_LATIN: Final = re.compile(r"[\u00c0-\u024f]")


def plain(text: str, longest: int = LONGEST_QUERY) -> str:
    """A text in capitals and common width, simplified, without accents, control characters and apostrophes."""
    cut = text[:longest]
    if not cut.isascii() or not cut.isprintable():
        kept = "".join(c for c in cut.translate(_HALVES) if unicodedata.category(c)[0] != "C")
        cut = chinese.simplified(unicodedata.normalize("NFKC", kept))
        if _LATIN.search(cut):
            cut = "".join(c for c in unicodedata.normalize("NFKD", cut) if not unicodedata.combining(c))
    return _MARKS.sub("", cut.upper()).strip()


def key_of(name: str) -> str:
    """A street name as it is compared: words shortened, numbers and numerals alike, no spaces where it is Chinese."""
    words = re.findall(r"\w+", plain(name.split(",", maxsplit=1)[0]))
    return chinese.digits("".join(words)) if any(map(HAN.search, words)) else english.key(words)


class Lines:
    """Texts as one, so that a search through all of them is a single pass at memory speed."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._text = "\n" + "".join(f"{text}\n" for text in texts)
        self._ends = np.flatnonzero(np.frombuffer(self._text.encode("utf-32-le"), np.uint32) == ord("\n"))

    def find(self, wanted: str, most: int = SEEN) -> Iterator[tuple[int, str, str, int]]:
        """Where texts hold `wanted`: (position of the text, character before, character after, text's length)."""
        at = self._text.find(wanted) if wanted else -1
        for _turn in range(most):
            if at < 0:
                return
            place = int(np.searchsorted(self._ends, at, side="right")) - 1
            length = int(self._ends[place + 1] - self._ends[place]) - 1
            yield place, self._text[at - 1], self._text[at + len(wanted)], length
            at = self._text.find(wanted, at + 1)

    def starting(self, wanted: str, most: int = SEEN) -> Iterator[tuple[int, str, int]]:
        """Texts that start with `wanted`: (position, character after, length)."""
        at = self._text.find("\n" + wanted) if wanted else -1
        for _turn in range(most):
            if at < 0:
                return
            place = int(np.searchsorted(self._ends, at))
            yield place, self._text[at + 1 + len(wanted)], int(self._ends[place + 1] - at) - 1
            at = self._text.find("\n" + wanted, at + 1)


class NameIndex:
    """Keys of things, several a thing (empty ones are left out); a thing is its position."""

    def __init__(self, keys: Sequence[Sequence[str]]) -> None:
        pairs = [(key, thing) for thing, several in enumerate(keys) for key in dict.fromkeys(several) if key]
        self._things = [thing for _key, thing in pairs]
        self._lines = Lines(key for key, _thing in pairs)
        self._exact: dict[str, list[int]] = {}
        for key, thing in pairs:
            self._exact.setdefault(key, []).append(thing)

    def match(self, wanted: str, limit: int) -> list[tuple[int, int]]:
        """Things a key may mean, (rank, thing), best first.

        Rank 0: the whole name; 1: its first words; 2: its beginning; 3: words within it; 4 and more: names that
        stand inside the key, one rank each, those at its end and longer ones first.
        """
        best: dict[int, tuple[int, int]] = dict.fromkeys(self._exact.get(wanted, ()), (0, 0))
        for rank, length, place in self._holding(wanted):
            thing = self._things[place]
            best[thing] = min(best.get(thing, (rank, length)), (rank, length))
        for order, thing in enumerate(self._inside(wanted)):
            best.setdefault(thing, (4 + order, 0))
        ranked = sorted((rank, length, thing) for thing, (rank, length) in best.items())
        return [(rank, thing) for rank, _length, thing in ranked[:limit]]

    def within(self, wanted: str) -> list[int]:
        """Things whose whole name stands in a key, longest first, none inside another; the first of a name."""
        chosen: list[int] = []
        for length in range(min(len(wanted), LONGEST_KEY), 1, -1):
            for piece in _pieces(wanted, length):
                if piece in wanted and (things := self._exact.get(piece)):
                    chosen.append(things[0])
                    wanted = wanted.replace(piece, "\n")
        return chosen

    def _holding(self, wanted: str) -> Iterator[tuple[int, int, int]]:
        """Names that hold the key: (rank, length, position among the keys)."""
        words = not HAN.search(wanted)
        for place, after, length in self._lines.starting(wanted):
            yield 1 if after == " " or not words else 2, length, place
        for place, before, _after, length in self._lines.find(wanted):
            if before == " " or not words:
                yield 3, length, place

    def _inside(self, wanted: str) -> list[int]:
        found = [
            (not wanted.endswith(piece), -length, thing)
            for length in range(min(len(wanted) - 1, LONGEST_KEY), 1, -1)
            for piece in _pieces(wanted, length)
            for thing in self._exact.get(piece, ())
        ]
        return list(dict.fromkeys(thing for _end, _length, thing in sorted(found)))


def _pieces(text: str, length: int) -> list[str]:
    """Stretches of a key that could be a name: whole words where it is not Chinese."""
    starts = range(len(text) - length + 1)
    if HAN.search(text):
        return [text[k : k + length] for k in starts]
    padded = f" {text} "
    return [text[k : k + length] for k in starts if padded[k] == " " and padded[k + length + 1] == " "]
