"""The city as this process holds it in memory: read once for each version of the city's row."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

import shapely
from django.utils.translation import gettext_lazy as _

from blockwise.analysis.roads import RoadGraph
from blockwise.problems import NotFound

from .index import BlockIndex
from .landmarks import Landmarks, read_landmarks
from .models import Block, City, Direction
from .named import NamedAddresses, read_named
from .names import key_of
from .network import Network, newest
from .sharing import Shared
from .streets import Streets, read_streets

LOOK_AGAIN_S: Final = 1.0
Shut = tuple[int, str]  # an edge that is closed, and in which direction
DOCUMENTS_KEPT, RINGS_KEPT = 32, 64
GRAPHS_KEPT: Final = 4  # with different closures; a few megabytes each


@dataclass(frozen=True, slots=True)
class BlockFacts:
    """A block without its outline; retired ones are kept, because cases name them."""

    code: str
    name: str
    name_en: str
    level: int
    parent: str | None
    population: int
    core: bool
    beat: str | None
    zone: str | None
    retired_on: date | None
    lon_e7: int
    lat_e7: int


class Places:
    """One version of the city; each part is read from the database when it is first asked for."""

    def __init__(self, city: City) -> None:
        self.city = city
        self._lock = threading.Lock()
        self._graphs: dict[frozenset[Shut], RoadGraph] = {}
        self.answers: dict[str, Any] = {}  # kept by queries, a block each
        self.documents: Shared[Any] = Shared(DOCUMENTS_KEPT)  # of geojson
        self.rings: Shared[str] = Shared(RINGS_KEPT)  # of rings
        self.reach: dict[str, Any] = {}  # kept by cover, a speed period each
        self.outline: Any = None  # kept by outline

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.city.timezone)

    @cached_property
    def blocks(self) -> dict[str, BlockFacts]:
        columns = ("code", "name", "name_en", "level", "parent_id", "population", "core")
        rows: Iterable[Any] = Block.objects.order_by("code").values_list(
            *columns, "beat__code", "zone__code", "retired_on", "lon_e7", "lat_e7"
        )
        return {row[0]: BlockFacts(*row) for row in rows}

    @cached_property
    def block_keys(self) -> list[tuple[str, str, str]]:
        """(code, key of the name, key of the English name) of the blocks of today, the largest first."""
        today = [facts for facts in self.blocks.values() if facts.retired_on is None]
        ordered = sorted(today, key=lambda facts: (facts.level, facts.code))
        return [(facts.code, key_of(facts.name), key_of(facts.name_en)) for facts in ordered]

    @cached_property
    def blocks_by_key(self) -> dict[str, frozenset[str]]:
        """Codes of the blocks of today by the keys of their names."""
        found: dict[str, set[str]] = {}
        for code, *keys in self.block_keys:
            for key in filter(None, keys):
                found.setdefault(key, set()).add(code)
        return {key: frozenset(codes) for key, codes in found.items()}

    @cached_property
    def block_names(self) -> list[tuple[str, str]]:
        """(name, English name) of blocks, without names that stand for different ones in the other language."""
        pairs = {(facts.name, facts.name_en) for facts in self.blocks.values()}
        often = [Counter(pair[side] for pair in pairs) for side in (0, 1)]
        return [pair for pair in pairs if all(count[name] == 1 for count, name in zip(often, pair, strict=True))]

    @cached_property
    def index(self) -> BlockIndex:
        rows = list(Block.objects.filter(retired_on=None).values_list("code", "level", "shape"))
        shapes = shapely.from_wkb([bytes(shape) for _code, _level, shape in rows])
        return BlockIndex([row[0] for row in rows], [row[1] for row in rows], shapes)

    @cached_property
    def network(self) -> Network:
        return newest()

    def graph(self, closed: frozenset[Shut]) -> RoadGraph:
        """The road graph without the closed edges; the last few are kept."""
        with self._lock:
            if closed not in self._graphs:
                while len(self._graphs) >= GRAPHS_KEPT:
                    self._graphs.pop(next(iter(self._graphs)))
                self._graphs[closed] = self._closed(closed)
            return self._graphs[closed]

    def _closed(self, closed: frozenset[Shut]) -> RoadGraph:
        both = [edge for edge, direction in closed if direction == Direction.BOTH]
        one_way = [
            (edge, start)
            for edge, direction in closed
            if direction != Direction.BOTH
            for start in self.network.starts(edge, along=direction == Direction.ALONG)
        ]
        return self.network.graph.with_closures(both, one_way)

    @cached_property
    def named(self) -> NamedAddresses:
        return read_named()

    @cached_property
    def landmarks(self) -> Landmarks:
        return read_landmarks()

    @cached_property
    def streets(self) -> Streets:
        return read_streets(self.network)


_NOTHING: Final = (-LOOK_AGAIN_S, None)
_lock = threading.Lock()
_seen: list[tuple[float, Places | None]] = [_NOTHING]  # when the database was looked at, and what it held


def places() -> Places:
    """The city now in force, at most LOOK_AGAIN_S behind the database. NotFound when none is loaded."""
    looked, found = _seen[0]
    if time.monotonic() - looked >= LOOK_AGAIN_S:
        found = _look()
    if found is None:
        raise NotFound(_("No city is loaded."), fix=_("Load one: blockwise city load DIR."))
    return found


def forget() -> None:
    """Read everything again at the next question; for those who have just changed it."""
    with _lock:
        _seen[0] = _NOTHING


def _look() -> Places | None:
    with _lock:
        looked, found = _seen[0]
        if time.monotonic() - looked < LOOK_AGAIN_S:
            return found
        city = City.objects.first()
        if city is None:
            found = None
        elif found is None or _edition(found.city) != _edition(city):
            found = Places(city)
        _seen[0] = (time.monotonic(), found)
        return found


def _edition(city: City) -> tuple[object, ...]:
    return city.code, city.version, city.loaded_at
