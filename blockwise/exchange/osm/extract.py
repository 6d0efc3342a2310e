"""An extract read as a stream: ways first, then the nodes that they name, so that memory follows the roads alone."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import osmium
from numpy.typing import NDArray

from blockwise.problems import Invalid

from .conditions import Limit, limits
from .driving import BY_TIME, Driven, driven, stops
from .named import Named, names

Step = Callable[[str], None]
SUFFIXES: Final = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2", ".osm.xml")
_WAY, _NODE, _RELATION = osmium.osm.WAY, osmium.osm.NODE, osmium.osm.RELATION


@dataclass(frozen=True)
class Road:
    """A driven way; its nodes are `refs[start:stop]` of the extract."""

    way: int
    start: int
    stop: int
    driven: Driven
    named: Named


@dataclass
class Extract:
    """What was read of roads. `ids` sorted, `lon` and `lat` (WGS84 degrees) of the nodes that roads name and that are
    there; `stopped`: nodes at which something stops a vehicle."""

    roads: list[Road] = field(default_factory=list)
    refs: array[int] = field(default_factory=lambda: array("q"))
    ids: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    lon: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    lat: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    stopped: set[int] = field(default_factory=set)
    unread: Counter[tuple[str, str]] = field(default_factory=Counter)  # tags that were not understood
    by_time: Counter[Limit] = field(default_factory=Counter)  # limits that hold sometimes: kept as written, not applied
    turns: int = 0  # turn restrictions, which are not applied


def read_roads(path: Path, step: Step) -> Extract:
    """The roads of an extract. Invalid says which file, what is wrong with it and what to do."""
    found = Extract()
    step("ways")
    for way in objects(path, _WAY, osmium.filter.KeyFilter("highway")):
        _take(way, found)
    if not found.roads:
        fix = "Give an extract with highways; tools that cut one out must keep ways and their nodes."
        raise Invalid("There is no road in it that a vehicle may drive.", where=str(path), fix=fix)
    step("nodes")
    _locate(path, found)
    for _relation in objects(path, _RELATION, osmium.filter.TagFilter(("type", "restriction"))):
        found.turns += 1
    return found


def cropped(extract: Extract, bounds: tuple[float, float, float, float]) -> Extract:
    """The same with those roads alone that have a node within west, south, east, north (WGS84 degrees): of a
    province's extract what a city needs."""
    west, south, east, north = bounds
    inside = (extract.lon >= west) & (extract.lon <= east) & (extract.lat >= south) & (extract.lat <= north)
    refs = np.frombuffer(extract.refs, np.int64)
    here = np.isin(refs, extract.ids[inside])
    kept, at = list[Road](), array("q")
    for road in extract.roads:
        if here[road.start : road.stop].any():
            start = len(at)
            at.frombytes(refs[road.start : road.stop].tobytes())
            kept.append(replace(road, start=start, stop=len(at)))
    named = np.isin(extract.ids, np.frombuffer(at, np.int64))
    return replace(extract, roads=kept, refs=at, ids=extract.ids[named], lon=extract.lon[named], lat=extract.lat[named])


def objects(path: Path, kind: Any, *filters: Any) -> Iterator[Any]:
    """The objects of one kind that pass the filters, in the file's order. Invalid where the file cannot be read."""
    if not path.is_file():
        raise Invalid("There is no such file.", where=str(path), fix="Give the path of an extract.")
    if not path.name.lower().endswith(SUFFIXES):
        fix = f"Give a file that ends in one of {', '.join(SUFFIXES)}."
        raise Invalid("This is no OpenStreetMap extract by its name.", where=str(path), fix=fix)
    try:
        stream = osmium.FileProcessor(str(path), kind)
        for one in filters:
            stream = stream.with_filter(one)
        yield from stream
    except (RuntimeError, OSError, ValueError) as error:
        said = (str(error).splitlines() or ["?"])[0][:160]
        fix = "Fetch it again and compare its size; nothing of it was kept."
        raise Invalid(f"The file ends early or is damaged: {said}.", where=str(path), fix=fix) from error


def _take(way: Any, found: Extract) -> None:
    tags = dict(way.tags)
    found.by_time.update(limits(tags))
    how = driven(tags)
    if how is None:
        return
    found.unread.update(one for one in how.unread if one[1] not in BY_TIME)
    found.by_time.update(Limit(*one, "") for one in how.unread if one[1] in BY_TIME)
    start = len(found.refs)
    found.refs.extend(node.ref for node in way.nodes)
    found.roads.append(Road(way.id, start, len(found.refs), how, names(tags)))


def _locate(path: Path, found: Extract) -> None:
    wanted = np.unique(np.frombuffer(found.refs, np.int64))
    ids, lon, lat = array("q"), array("d"), array("d")
    for node in objects(path, _NODE, osmium.filter.IdFilter(wanted.tolist())):
        place = node.location
        if not place.valid():
            continue
        ids.append(node.id)
        lon.append(place.lon)
        lat.append(place.lat)
        if node.tags and stops(dict(node.tags)):
            found.stopped.add(node.id)
    known, first = np.unique(np.frombuffer(ids, np.int64), return_index=True)
    found.ids = known
    found.lon, found.lat = np.frombuffer(lon)[first], np.frombuffer(lat)[first]
