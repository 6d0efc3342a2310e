"""A position out of a text that somebody sent: a link of a map, a geo: address, or two numbers.

Which of the two numbers is which, the city decides: only what lies inside it is read. In which system they are, a link
says or the map it is from; where neither does, in China both readings are offered, each by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

import numpy as np

from .coordinates import Crs, Point, PointError, parse_point, to_wgs84
from .queries import block_at

LONGEST: Final = 2_000  # of a text that is looked through
MOST: Final = 4
NAMES: Final[dict[Crs, str]] = {"wgs84": "WGS84", "gcj02": "GCJ-02", "bd09": "BD-09"}
_DEGREES: Final = r"([+-]?\d{1,3}\.\d{3,20})"
_PIN: Final = re.compile(rf"!3d{_DEGREES}!4d{_DEGREES}")  # the place itself; what stands after @ is only the view
_PAIR: Final = re.compile(rf"(?<![\d.]){_DEGREES}(?:\s*[,;/ ，；、]\s*|&\w{{1,12}}=){_DEGREES}(?![\d.])")
_LINK: Final = re.compile(r"(?:https?://|geo:)\S+", re.IGNORECASE)
_SAID: Final = re.compile(r"(?:coord_type|coordinate|coordtype)=(wgs84|gcj02|bd09|gaode|gps)", re.IGNORECASE)
_CALLED: Final[dict[str, Crs]] = {"wgs84": "wgs84", "gps": "wgs84", "gcj02": "gcj02", "gaode": "gcj02", "bd09": "bd09"}
_OWN: Final[tuple[tuple[str, tuple[Crs, ...]], ...]] = (
    ("amap.com", ("gcj02", "wgs84")),
    ("gaode.com", ("gcj02", "wgs84")),
    ("qq.com", ("gcj02", "wgs84")),
    ("baidu.com", ("bd09", "wgs84")),
    ("openstreetmap.org", ("wgs84",)),
    ("geo:", ("wgs84",)),
)


@dataclass(frozen=True)
class Sent:
    """A point inside the city, and the system in which the numbers were read."""

    point: Point
    crs: Crs


def positions(text: str) -> list[Sent]:
    """What the text may mean, the likeliest first; none where it names no position in the city."""
    found: dict[Point, Sent] = {}
    for sent in _readings(text):
        if block_at(sent.point.lon_e7, sent.point.lat_e7):
            found.setdefault(sent.point, sent)
    return list(found.values())[:MOST]


def names_one(text: str) -> bool:
    """Whether the text names a position at all, wherever it lies."""
    return next(_readings(text), None) is not None


def without(text: str) -> str:
    """The words beside a position that was sent."""
    return " ".join(_PAIR.sub(" ", _LINK.sub(" ", text)).split())


def _readings(text: str) -> Iterator[Sent]:
    """Latitude first as most links have it, then longitude first; one system after the other."""
    plain = unquote(text[:LONGEST])
    for crs in _systems(plain):
        for one, other in _PIN.findall(plain) or _PAIR.findall(plain):
            for lat, lon in ((one, other), (other, one)):
                try:
                    yield Sent(_converted(parse_point(lon, lat), crs), crs)
                except PointError:
                    continue


def _systems(text: str) -> tuple[Crs, ...]:
    if said := _SAID.search(text):
        return (_CALLED[said[1].lower()],)
    return next((own for host, own in _OWN if host in text.lower()), ("wgs84", "gcj02"))


def _converted(point: Point, crs: Crs) -> Point:
    if crs == "wgs84":
        return point
    lon, lat = to_wgs84(np.array([point.lon]), np.array([point.lat]), crs)
    return Point(round(float(lon[0]) * 1e7), round(float(lat[0]) * 1e7))
