"""The measuring list of the search: texts as people say them, what is meant, and what the answer must be called.

`search_list.tsv` is over the city of search_city.py, `search_list_sf.tsv` over the streets of San Francisco.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

HERE = Path(__file__).parent
NOT_THERE = frozenset({"near", "guess", "none", "sent?"})  # of these nothing may be called exact
NEAR_M = 30.0


class Hit(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def text_en(self) -> str: ...
    @property
    def lon_e7(self) -> int: ...
    @property
    def lat_e7(self) -> int: ...
    @property
    def exact(self) -> bool: ...


@dataclass(frozen=True)
class Wanted:
    """One text; `answers` are the places any of which is right (none: nothing is)."""

    group: str
    language: str
    text: str
    called: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Share:
    """What a search made of the list: whose right answer was not first, and where a wrong place was called exact."""

    texts: int
    missed: tuple[Wanted, ...]
    wrongly_exact: tuple[Wanted, ...]

    @property
    def found_first(self) -> float:
        return 1 - len(self.missed) / self.texts

    @property
    def wrong(self) -> float:
        return len(self.wrongly_exact) / self.texts


def wanted(name: str = "search_list") -> list[Wanted]:
    with (HERE / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            Wanted(
                row["group"], row["language"], row["text"], row["called"], tuple(filter(None, row["answer"].split("|")))
            )
            for row in rows
        ]


def shares(texts: Iterable[Wanted], search: Callable[[str], Sequence[Hit]]) -> Share:
    rows = list(texts)
    found = [(one, list(search(one.text))) for one in rows]
    missed = tuple(one for one, hits in found if not right_first(one, hits))
    return Share(len(rows), missed, tuple(one for one, hits in found if wrongly_exact(one, hits)))


def right_first(one: Wanted, hits: Sequence[Hit]) -> bool:
    """Where nothing is right, it is right that nothing is called exact."""
    if one.called == "none":
        return not any(hit.exact for hit in hits)
    return bool(hits) and is_it(one, hits[0])


def wrongly_exact(one: Wanted, hits: Sequence[Hit]) -> bool:
    if one.called in NOT_THERE:
        return any(hit.exact for hit in hits)
    return any(hit.exact and not is_it(one, hit) for hit in hits)


def is_it(one: Wanted, hit: Hit) -> bool:
    return any(_same(answer, hit) for answer in one.answers)


def _same(answer: str, hit: Hit) -> bool:
    lon, _comma, lat = answer.partition(",")
    try:
        point = float(lon), float(lat)
    except ValueError:
        return _squeezed(answer) in {_squeezed(hit.text), _squeezed(hit.text_en)}
    scale = 111_195 * math.cos(math.radians(point[1])), 111_195
    return math.hypot((hit.lon_e7 / 1e7 - point[0]) * scale[0], (hit.lat_e7 / 1e7 - point[1]) * scale[1]) < NEAR_M


def _squeezed(text: str) -> str:
    return " / ".join(sorted("".join(part.split()).upper() for part in text.split(" / ")))
