"""A position out of a text that somebody sent: a link of a map, a geo: address, a Plus Code, degrees or two numbers.

Which of two numbers is which, the city decides: only what lies inside it is read. In which system they are, a word
beside them says, or the map that they are from; where neither does, in China both readings are offered, each by its
name, and neither is certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

import numpy as np
from openlocationcode import openlocationcode as plus_codes

from .coordinates import Crs, Point, PointError, parse_point, to_wgs84
from .current import places
from .names import key_of
from .queries import block_at

LONGEST: Final = 2_000  # of a text that is looked through
MOST: Final = 4
NAMES: Final[dict[Crs, str]] = {"wgs84": "WGS84", "gcj02": "GCJ-02", "bd09": "BD-09"}
_DEGREES: Final = r"([+-]?\d{1,3}\.\d{3,20})"
_PIN: Final = re.compile(rf"!3d{_DEGREES}!4d{_DEGREES}")  # the place itself; what stands after @ is only the view
_PAIR: Final = re.compile(rf"(?<![\d.]){_DEGREES}(?:\s*[,;/ ~，；、]\s*|&\w{{1,12}}=){_DEGREES}(?![\d.])")
_LINK: Final = re.compile(r"(?:https?://|geo:)\S+", re.IGNORECASE)
_SECONDS: Final = "(?:\"|″|”|''|′′|秒)"
_ANGLE: Final = (
    rf"(\d{{1,3}}(?:\.\d{{1,20}})?)(?:(?:\s*[°º度]\s*|\s+)(\d{{1,2}}(?:\.\d{{1,12}})?)"
    rf"(?:(?:\s*['′’分]\s*|\s+)(\d{{1,2}}(?:\.\d{{1,12}})?)\s*{_SECONDS}?)?\s*['′’分]?)?\s*[°º度]?"
)
_BEFORE: Final = re.compile(rf"(?<![A-Za-z])(N|S|E|W|北纬|南纬|东经|西经)\s*{_ANGLE}", re.IGNORECASE)
_AFTER: Final = re.compile(rf"(?<![\d.A-Za-z]){_ANGLE}\s*([NSEW])(?![A-Za-z])", re.IGNORECASE)
_SIDES: Final = {"N": ("lat", 1), "北纬": ("lat", 1), "S": ("lat", -1), "南纬": ("lat", -1)}
_SIDES.update({"E": ("lon", 1), "东经": ("lon", 1), "W": ("lon", -1), "西经": ("lon", -1)})
_PLUS: Final = re.compile(
    r"(?<![A-Z0-9+])([23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,7})(?![A-Z0-9+])", re.IGNORECASE
)
_SAID: Final = re.compile(r"coord\w{0,8}=(wgs84|gps|gcj02|gaode|bd09)", re.IGNORECASE)  # in a link
_WORDS: Final = re.compile(
    r"\b(wgs)-?84|\b(gcj)-?02|\b(bd)-?09|(火星|高德|腾讯|amap|tencent)|(百度|baidu)|(gps)", re.IGNORECASE
)  # beside numbers
_CALLED: Final[dict[str, Crs]] = {"wgs84": "wgs84", "gps": "wgs84", "gcj02": "gcj02", "gaode": "gcj02", "bd09": "bd09"}
_GROUPS: Final[tuple[Crs, ...]] = ("wgs84", "gcj02", "bd09", "gcj02", "bd09", "wgs84")
_OWN: Final[tuple[tuple[str, Crs], ...]] = (  # what each service's links are in, by its own description
    ("amap.com", "gcj02"),
    ("gaode.com", "gcj02"),
    ("map.qq.com", "gcj02"),
    ("baidu.com", "bd09"),
    ("openstreetmap.org", "wgs84"),
    ("osm.org", "wgs84"),
    ("waze.com", "wgs84"),
    ("plus.codes", "wgs84"),
    ("tianditu", "wgs84"),
    ("geo:", "wgs84"),
)
EITHER: Final[tuple[Crs, ...]] = ("wgs84", "gcj02")


@dataclass(frozen=True)
class Sent:
    """A point inside the city, the system in which the numbers were read, and whether they can mean no other point."""

    point: Point
    crs: Crs
    certain: bool = True


def positions(text: str) -> list[Sent]:
    """What the text may mean, the likeliest first; none where it names no position in the city."""
    found: dict[Point, Sent] = {}
    for sent in _readings(text):
        if block_at(sent.point.lon_e7, sent.point.lat_e7):
            found.setdefault(sent.point, sent)
    return list(found.values())[:MOST]


def names_one(text: str) -> bool:
    """Whether the text names a position at all, wherever it lies."""
    return next(_readings(text), None) is not None or _PLUS.search(text[:LONGEST]) is not None


def without(text: str) -> str:
    """The words beside a position that was sent."""
    for pattern in (_LINK, _PAIR, _BEFORE, _AFTER, _PLUS):
        text = pattern.sub(" ", text)
    return " ".join(text.split())


def _readings(text: str) -> Iterator[Sent]:
    plain = unquote(text[:LONGEST])
    yield from _coded(plain)
    systems = _systems(plain)
    read = [(crs, pair, point) for crs in systems for pair, point in _points(plain, crs)]
    for crs, pair, point in read:
        alike = {other for _crs, same, other in read if same == pair}
        yield Sent(point, crs, certain=len(alike) == 1)


def _points(text: str, crs: Crs) -> Iterator[tuple[tuple[str, str], Point]]:
    """Points of a text read in one system: latitude first as most have it, then longitude first."""
    pairs = _PIN.findall(text) or _PAIR.findall(text)
    both = [(one, other) for lat, lon in pairs for one, other in ((lat, lon), (lon, lat))]
    for lat, lon in [*_angles(text), *both]:
        try:
            yield (lat, lon), _converted(parse_point(lon, lat), crs)
        except PointError:
            continue


def _angles(text: str) -> list[tuple[str, str]]:
    """(latitude, longitude) where the text says north and east: degrees, with minutes, with seconds."""
    said = [(found[1], *found.groups()[1:]) for found in _BEFORE.finditer(text)]
    if len(said) < 2:
        said = [(found[4], *found.groups()[:3]) for found in _AFTER.finditer(text)]
    found: dict[str, str] = {}
    for side, degrees, minutes, seconds in said:
        axis, sign = _SIDES[side.upper()]
        exact = minutes is not None or len(degrees.partition(".")[2]) >= 3
        if exact and float(minutes or 0) < 60 and float(seconds or 0) < 60:
            value = sign * (float(degrees) + float(minutes or 0) / 60 + float(seconds or 0) / 3600)
            found.setdefault(axis, f"{value:.9f}")
    return [(found["lat"], found["lon"])] if len(found) == 2 else []


def _coded(text: str) -> Iterator[Sent]:
    """Plus Codes; a short one is the nearest to the city, and certain only with a place of the city beside it."""
    for found in _PLUS.finditer(text.upper()):
        code, certain = found[1], True
        if not plus_codes.isValid(code):
            continue
        if plus_codes.isShort(code):
            here = places()
            middle = here.blocks[here.city.code]
            code = plus_codes.recoverNearest(code, middle.lat_e7 / 1e7, middle.lon_e7 / 1e7)
            certain = key_of(_PLUS.sub(" ", text)) in here.blocks_by_key
        area = plus_codes.decode(code)
        yield Sent(parse_point(area.longitudeCenter, area.latitudeCenter), "wgs84", certain)


def _systems(text: str) -> tuple[Crs, ...]:
    """Of a link, the system that it names or its service has; beside numbers, the one that is said; else either."""
    if _LINK.search(text):
        if said := _SAID.search(text):
            return (_CALLED[said[1].lower()],)
        own = next((crs for host, crs in _OWN if host in text.lower()), None)
        return (own,) if own else EITHER
    said = _WORDS.search(text)
    return (_GROUPS[(said.lastindex or 1) - 1],) if said else EITHER


def _converted(point: Point, crs: Crs) -> Point:
    if crs == "wgs84":
        return point
    lon, lat = to_wgs84(np.array([point.lon]), np.array([point.lat]), crs)
    return Point(round(float(lon[0]) * 1e7), round(float(lat[0]) * 1e7))
