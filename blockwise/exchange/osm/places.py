"""Addresses and landmarks of an extract: nodes as they stand, buildings and grounds by the middle of their corners."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import osmium

from .extract import Step, objects
from .named import Named, names

Tags = Mapping[str, str]
NEAR: Final = 3e-4  # degrees: a second door of one number, that near, is the same one
LONGEST_NUMBER: Final = 16
MOST_CORNERS: Final = 200  # of a building that are looked at
KEYS: Final = (
    *("addr:housenumber", "amenity", "railway", "station", "public_transport", "shop", "leisure", "tourism"),
    *("man_made", "highway", "historic"),
)
DWELLINGS: Final = frozenset(
    {"apartments", "bungalow", "detached", "dormitory", "farm", "house", "residential", "semidetached_house", "terrace"}
)
PREMISES: Final = ("amenity", "shop", "office", "tourism", "craft", "railway", "leisure", "healthcare", "industrial")
PUBLIC: Final = frozenset({"townhall", "library", "courthouse", "police", "fire_station", "post_office"})
# What somebody names where they know no address: key, values, kind of landmark.
KINDS: Final[tuple[tuple[str, frozenset[str], str], ...]] = (
    ("station", frozenset({"subway"}), "metro"),
    ("railway", frozenset({"subway_entrance"}), "metro"),
    ("railway", frozenset({"station", "halt"}), "station"),
    ("amenity", frozenset({"bus_station", "ferry_terminal"}), "station"),
    ("highway", frozenset({"bus_stop"}), "bus_stop"),
    ("amenity", frozenset({"hospital", "clinic"}), "hospital"),
    ("amenity", frozenset({"school", "kindergarten", "university", "college"}), "school"),
    ("amenity", frozenset({"marketplace"}), "market"),
    ("shop", frozenset({"mall", "supermarket", "department_store"}), "market"),
    ("leisure", frozenset({"park"}), "park"),
    ("amenity", frozenset({"fuel"}), "fuel"),
    ("amenity", frozenset({"bank"}), "bank"),
    ("tourism", frozenset({"hotel", "hostel"}), "hotel"),
    ("man_made", frozenset({"bridge"}), "bridge"),
    ("amenity", frozenset({"place_of_worship"}), "temple"),
    ("amenity", frozenset({*PUBLIC, "theatre", "cinema", "community_centre"}), "building"),
    ("tourism", frozenset({"museum", "attraction"}), "building"),
    ("leisure", frozenset({"stadium", "sports_centre"}), "building"),
)
_ENGLISH = re.compile(
    r"\b(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|square|sq|terrace|way|close)\.?$",
    re.IGNORECASE,
)
_HAN = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Address:
    code: str
    street: str
    number: str
    text: str
    text_en: str
    lon: float
    lat: float
    use: str


@dataclass(frozen=True)
class Landmark:
    code: str
    kind: str
    named: Named
    road: str
    number: str
    lon: float
    lat: float


@dataclass
class Found:
    addresses: list[Address] = field(default_factory=list)
    landmarks: list[Landmark] = field(default_factory=list)
    repeated: int = 0  # doors that were there already, a few metres off
    streetless: int = 0  # numbers without a street or a place
    too_long: int = 0  # numbers that are whole lists


def read_places(path: Path, step: Step) -> Found:
    """What the extract has of both, in its own order, ways after nodes. Invalid as for roads."""
    found, seen = Found(), dict[tuple[str, str], list[tuple[float, float]]]()
    step("places")
    for code, tags, lon, lat in _with_points(path):
        _addresses(code, tags, lon, lat, found, seen)
        if mark := landmark(code, tags, lon, lat):
            found.landmarks.append(mark)
    return found


def _with_points(path: Path) -> Iterator[tuple[str, dict[str, str], float, float]]:
    wanted = osmium.filter.KeyFilter(*KEYS)
    for node in objects(path, osmium.osm.NODE, wanted):
        if node.location.valid():
            yield f"N{node.id}", dict(node.tags), node.location.lon, node.location.lat
    refs, rows = array("q"), list[tuple[int, dict[str, str], int, int]]()
    for way in objects(path, osmium.osm.WAY, wanted):
        tags = dict(way.tags)
        if "highway" in tags or not (tags.get("addr:housenumber") or _kind(tags)):
            continue
        start = len(refs)
        refs.extend(node.ref for node in list(way.nodes)[:MOST_CORNERS])
        rows.append((way.id, tags, start, len(refs)))
    yield from _middles(path, refs, rows)


def _middles(path: Path, refs: array[int], rows: list[Any]) -> Iterator[tuple[str, dict[str, str], float, float]]:
    ids = np.unique(np.frombuffer(refs, np.int64)) if refs else np.empty(0, np.int64)
    points = np.full((len(ids), 2), np.nan)
    for node in objects(path, osmium.osm.NODE, osmium.filter.IdFilter(ids.tolist())) if len(ids) else ():
        if node.location.valid():
            points[np.searchsorted(ids, node.id)] = node.location.lon, node.location.lat
    for way, tags, start, stop in rows:
        corners = points[np.searchsorted(ids, np.unique(np.array(refs[start:stop], np.int64)))]
        corners = corners[~np.isnan(corners[:, 0])]
        if len(corners):
            lon, lat = corners.mean(axis=0).tolist()
            yield f"W{way}", tags, lon, lat


def _addresses(
    code: str, tags: Tags, lon: float, lat: float, found: Found, seen: dict[tuple[str, str], list[tuple[float, float]]]
) -> None:
    given = tags.get("addr:housenumber", "")
    numbers = [part.strip() for part in re.split(r"[;,]", given) if part.strip()]
    street = (tags.get("addr:street") or tags.get("addr:place") or "").strip()
    if numbers and not street:
        found.streetless += 1
        return
    for k, number in enumerate(numbers):
        if len(number) > LONGEST_NUMBER:
            found.too_long += 1
            continue
        doors = seen.setdefault((street.casefold(), number.casefold()), [])
        if any(abs(lon - x) < NEAR and abs(lat - y) < NEAR for x, y in doors):
            found.repeated += 1
            continue
        doors.append((lon, lat))
        own = f"{code}X{k}" if k else code
        english = (tags.get("addr:street:en") or "").strip()
        found.addresses.append(
            Address(own, street, number, spoken(street, number), spoken(english, number), lon, lat, _use(tags))
        )


def spoken(street: str, number: str) -> str:
    """Street and number in the order of the place; empty without a street."""
    if not street:
        return ""
    if _HAN.search(street):
        return f"{street}{number}" if number.endswith("号") else f"{street}{number}号"
    return f"{number} {street}" if _ENGLISH.search(street) else f"{street} {number}"


def _use(tags: Tags) -> str:
    """What the door leads to; where nothing says it, a dwelling, which is kept most carefully."""
    building = tags.get("building", "yes")
    if building in DWELLINGS:
        return "dwelling"
    if tags.get("amenity") in PUBLIC:
        return "public"
    return "premises" if building not in ("yes", "mixed_use") or any(key in tags for key in PREMISES) else "dwelling"


def landmark(code: str, tags: Tags, lon: float, lat: float) -> Landmark | None:
    """The landmark that these tags make, if any: exits and stones by their number, all others by their name."""
    named = names(tags)
    if tags.get("highway") == "motorway_junction" and tags.get("ref"):
        return Landmark(code, "exit", named._replace(own=tags.get("name", "")), "", tags["ref"][:12], lon, lat)
    if tags.get("highway") == "milestone" and tags.get("distance"):
        return Landmark(code, "km_stone", named, tags.get("ref", ""), tags["distance"][:12], lon, lat)
    kind = _kind(tags)
    return Landmark(code, kind, named, "", "", lon, lat) if kind and tags.get("name") else None


def _kind(tags: Tags) -> str:
    return next((kind for key, values, kind in KINDS if tags.get(key) in values), "")
