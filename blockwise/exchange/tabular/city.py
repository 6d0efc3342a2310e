"""The city that a table is taken into: what its folder says of zone, ground, languages, types and units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import shapely

from blockwise.cases.kinds.faults import BadKind
from blockwise.cases.kinds.parse import parse
from blockwise.exchange.folder.check_kinds import BUILT_IN
from blockwise.exchange.folder.languages import Languages
from blockwise.exchange.folder.problems import BadFolder, Problems
from blockwise.exchange.folder.read_blocks import read_blocks
from blockwise.exchange.folder.read_city import read_city
from blockwise.exchange.folder.read_tables import read_stations, read_units
from blockwise.places.coordinates import Crs
from blockwise.problems import NotFound

OTHERS = ("other", "other.other")


@dataclass(frozen=True)
class City:
    """`types`: the priority that is usual for each type of call. `land` is None where no outline is known,
    `units` and `stations` where there is no table of them."""

    folder: Path | None = None
    zone: ZoneInfo | None = None
    crs: Crs = "wgs84"
    languages: Languages = ()
    land: Any = None
    types: Mapping[str, int] = field(default_factory=dict)
    units: frozenset[str] | None = None
    stations: frozenset[str] | None = None

    @property
    def other(self) -> str:
        """The type that stands for unknown ones; "" where the city has none."""
        return next((code for code in OTHERS if code in self.types), "")


def read_surroundings(folder: Path | None, *, places: bool) -> City:
    """What is there of a folder; it need not be whole yet. `places`: whether its outline is wanted.

    NotFound where there is no folder, BadFolder for a city.yaml, blocks.geojson or kind that cannot be read.
    """
    if folder is None:
        return City(types=_types(None))
    if not folder.is_dir():
        raise NotFound("There is no such folder.", where=str(folder), fix="Make it; it may be empty.")
    problems = Problems()
    city = read_city(folder / "city.yaml", problems) if (folder / "city.yaml").is_file() else None
    land, crs, languages = None, city.crs if city else "wgs84", city.languages if city else ()
    if places and (folder / "blocks.geojson").is_file():
        blocks = read_blocks(folder / "blocks.geojson", crs, languages, problems)
        roots = [block.geometry for block in blocks if block.parent is None]
        land = shapely.union_all(roots) if roots else None
    units = None
    if (folder / "units.csv").is_file():
        units = frozenset(unit.code for unit in read_units(folder / "units.csv", problems))
    stations = None
    if (folder / "stations.csv").is_file():
        found = read_stations(folder / "stations.csv", crs, languages, problems)
        stations = frozenset(station.code for station in found)
    if problems.broken_files():
        raise BadFolder(problems.listed())
    zone = ZoneInfo(city.timezone) if city else None
    return City(folder, zone, crs, languages, land, _types(folder), units, stations)


def _types(folder: Path | None) -> dict[str, int]:
    """Of the folder's own kind `call`, else of the built-in one."""
    own = folder / "kinds" / "call.yaml" if folder else None
    path = own if own and own.is_file() else BUILT_IN.joinpath("call.yaml")
    try:
        kind = parse(path.read_text(encoding="utf-8-sig"), path.name, languages=()).kind
    except (BadKind, UnicodeDecodeError):
        kind = None
    if kind is None:
        problems = Problems()
        problems.error("kinds/call.yaml", None, "the kind cannot be read", "`blockwise city check` says why")
        raise BadFolder(problems.listed())
    return {leaf.code: leaf.priority or 3 for leaf in kind.types}
