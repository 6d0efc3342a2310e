"""What a city folder holds, parsed: frozen rows, coordinates in WGS84, `line` where each was found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from blockwise.places.coordinates import Crs

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Level:
    """A level of the block tree; `names` by language."""

    key: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RoadPeriod:
    """Local wall-clock times between which the roads have the speeds of `key`; may cross midnight."""

    key: str
    starts: time
    ends: time
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class City:
    """city.yaml. `crs` is what the folder's files are in; everything read from them is already WGS84."""

    code: str
    names: Mapping[str, str]
    timezone: str
    languages: tuple[str, ...]
    crs: Crs
    calendar: str
    working_hours: tuple[tuple[time, time], ...]
    levels: tuple[Level, ...]
    rings: tuple[int, ...]
    road_periods: tuple[RoadPeriod, ...]
    features: Mapping[str, str]
    demo: bool
    departments: tuple[Level, ...] = ()  # that answer beside the blocks, each with its key and names
    attribution: str = ""  # of whom the map's data are, where their licence asks to say so
    crs_line: int = field(default=0, compare=False)

    @property
    def period_keys(self) -> tuple[str, ...]:
        """Distinct road periods, in the order first named."""
        return tuple(dict.fromkeys(period.key for period in self.road_periods))


@dataclass(frozen=True, slots=True)
class BlockRow:
    code: str
    name: str
    name_en: str
    level: str
    parent: str | None
    population: int
    core: bool
    geometry: shapely.Polygon | shapely.MultiPolygon
    line: int | str = field(default=0, compare=False)  # a text where several blocks share a line


@dataclass(frozen=True, slots=True)
class GroupingRow:
    """One cell of a beat or of a zone."""

    code: str
    name: str
    name_en: str
    cell: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class StationRow:
    code: str
    name: str
    name_en: str
    service: str
    lon: float
    lat: float
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class UnitRow:
    code: str
    call_sign: str
    service: str
    type: str
    capabilities: tuple[str, ...]
    station: str
    zone: str | None
    crew: int
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class RosterRow:
    """A shift on `days` (0 Monday to 6 Sunday), local times; `ends` <= `starts` runs into the next day."""

    unit: str
    days: tuple[int, ...]
    starts: time
    ends: time
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class StatusRow:
    label: str
    zh: str
    en: str
    meaning: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class AddressRow:
    code: str
    street: str
    number: str
    text: str
    text_en: str
    lon: float
    lat: float
    use: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class LandmarkRow:
    """`road` and `number` of an exit or a stone: whose it is (its names, a stroke between them), and which."""

    code: str
    kind: str
    name: str
    name_en: str
    road: str
    number: str
    lon: float
    lat: float
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class StreetRangeRow:
    """House numbers along one edge, from its start to its end, on either side; None where a side has none."""

    edge: int
    street: str
    left_from: int | None
    left_to: int | None
    right_from: int | None
    right_to: int | None
    from_node: int
    to_node: int
    from_lon: float
    from_lat: float
    to_lon: float
    to_lat: float
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class PersonRow:
    login: str
    name: str
    name_en: str
    role: str
    block: str
    starts: date | None
    ends: date | None
    unit: str | None
    department: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class CalendarRow:
    day: date
    works: bool
    name: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class Roads:
    """roads.parquet by column, one entry an edge; an edge that is not `oneway` is driven both ways.

    Entry i is row i + 1 of the file. `speed_kmh` by period key.
    """

    edge: Integers
    from_node: Integers
    to_node: Integers
    from_lon: Floats
    from_lat: Floats
    to_lon: Floats
    to_lat: Floats
    length_m: Floats
    oneway: NDArray[np.bool_]
    name: tuple[str, ...]
    name_en: tuple[str, ...]
    road_class: tuple[str, ...]
    speed_kmh: Mapping[str, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class CityFolder:
    """A whole folder. `kinds` and `calls` are files that are only listed here; others read them."""

    path: Path
    city: City
    blocks: tuple[BlockRow, ...]
    beats: tuple[GroupingRow, ...]
    zones: tuple[GroupingRow, ...]
    stations: tuple[StationRow, ...]
    units: tuple[UnitRow, ...]
    roster: tuple[RosterRow, ...]
    statuses: tuple[StatusRow, ...]
    roads: Roads
    addresses: tuple[AddressRow, ...]
    street_ranges: tuple[StreetRangeRow, ...]
    people: tuple[PersonRow, ...]
    calendar: tuple[CalendarRow, ...]
    kinds: tuple[Path, ...]
    calls: tuple[Path, ...]
    landmarks: tuple[LandmarkRow, ...] = ()
