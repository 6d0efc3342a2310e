"""The city's landmarks by name, in memory: what people say where they know no address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .finding.likely import Names
from .models import Landmark
from .names import key_of

STOP: Final = "bus_stop"
METRO: Final = "metro"
ROAD_NAMES: Final = "/"  # between the names of one road


@dataclass(frozen=True, slots=True)
class Mark:
    """One landmark; `roads` are the keys of the road that an exit or a stone belongs to."""

    code: str
    kind: str
    name: str
    name_en: str
    roads: frozenset[str]
    number: str
    lon_e7: int
    lat_e7: int


class Landmarks:
    """All of them, findable by name and kind."""

    def __init__(self, marks: Iterable[Mark]) -> None:
        self.all = tuple(marks)
        self.names = Names([_spoken_of(mark) for mark in self.all])

    def of_kinds(self, kinds: frozenset[str]) -> list[Mark]:
        return [mark for mark in self.all if mark.kind in kinds]


def _spoken_of(mark: Mark) -> list[str]:
    """What it is called. A stop has the name of what it is at, and is not that: it is called a stop."""
    zh, en = mark.name, mark.name_en
    if mark.kind == STOP:
        bare = zh.removesuffix("公交站").removesuffix("站")
        return [f"{bare}公交站", f"{bare}公交车站", f"{en} bus stop", f"bus stop {en}"]
    if mark.kind == METRO and zh.endswith("站"):
        return [zh, f"{zh.removesuffix('站').removesuffix('地铁')}地铁站", en]
    return [zh, en]


def read_landmarks() -> Landmarks:
    """All landmarks in the database."""
    columns = ("code", "kind", "name", "name_en", "road", "number", "lon_e7", "lat_e7")
    rows = Landmark.objects.order_by("code").values_list(*columns)
    return Landmarks(
        Mark(code, kind, name, name_en, _roads(road), number, lon, lat)
        for code, kind, name, name_en, road, number, lon, lat in rows
    )


def _roads(road: str) -> frozenset[str]:
    return frozenset(filter(None, map(key_of, road.split(ROAD_NAMES))))
