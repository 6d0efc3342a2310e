"""Coordinate systems: WGS84 inside, GCJ-02 and BD-09 at the edges only.

GCJ-02 is the shifted system of Chinese maps, BD-09 Baidu's shift on top of it. Neither is officially
published; the forward formulas here are the ones recovered from public map software (eviltransform,
G. Lee 2015; coordtransform, Wandergis 2015). The inverses are found by fixed-point iteration, whose
contraction (below 0.005 for GCJ-02, 0.02 for BD-09) makes them exact to floating-point rounding.

Outside the box that this software treats as China both systems are WGS84. Within about a kilometre of the
box's edge the shift is not invertible (shifted and unshifted points overlap); no Chinese land lies there.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from numpy.typing import ArrayLike, NDArray

Crs = Literal["wgs84", "gcj02", "bd09"]
Array = NDArray[np.float64]
Pair = tuple[Array, Array]
Shift = Callable[[Array, Array], Pair]

CHINA_BOX: Final = (72.004, 0.8293, 137.8347, 55.8271)  # west, south, east, north; degrees, WGS84
E7: Final = 10_000_000

_SEMI_MAJOR: Final = 6378245.0  # Krasovsky 1940, metres
_ECCENTRICITY2: Final = 0.00669342162296594323
_BD_TURN: Final = math.pi * 3000.0 / 180.0
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,10}(\.[0-9]{0,30})?([eE][+-]?[0-9]{1,2})?", re.ASCII)


class PointError(ValueError):
    """A point that cannot be used. `code`: not_a_number, out_of_range, swapped or zero."""

    def __init__(self, code: str, message: str | Promise) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """A WGS84 point as integers of 1e-7 degree, as the database and the ledger keep it."""

    lon_e7: int
    lat_e7: int

    @property
    def lon(self) -> float:
        return self.lon_e7 / E7

    @property
    def lat(self) -> float:
        return self.lat_e7 / E7


def parse_point(lon: object, lat: object) -> Point:
    """A point from untrusted numbers or number texts in WGS84 degrees; PointError says what is wrong."""
    x, y = _degrees(_("Longitude"), lon), _degrees(_("Latitude"), lat)
    if abs(y) > 90 and abs(x) <= 90 and abs(y) <= 180:
        raise PointError("swapped", _("The latitude is beyond 90 degrees: longitude and latitude seem to be swapped."))
    if abs(x) > 180:
        raise PointError("out_of_range", _("The longitude is not within -180 and 180 degrees."))
    if abs(y) > 90:
        raise PointError("out_of_range", _("The latitude is not within -90 and 90 degrees."))
    point = Point(round(x * E7), round(y * E7))
    if point == Point(0, 0):
        raise PointError("zero", _("Longitude and latitude are both 0: the place is missing."))
    return point


def _degrees(name: Promise, value: object) -> float:
    if isinstance(value, str) and len(value) <= 48 and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PointError("not_a_number", format_lazy(_("{name} is not a number of degrees."), name=name))
    if isinstance(value, float) and not math.isfinite(value):
        raise PointError("not_a_number", format_lazy(_("{name} is not a finite number."), name=name))
    if abs(value) > 1e9:
        raise PointError("out_of_range", format_lazy(_("{name} is not within -180 and 180."), name=name))
    return float(value)


def to_wgs84(lon: ArrayLike, lat: ArrayLike, crs: Crs) -> Pair:
    """WGS84 degrees of points given in `crs`; arrays of any one shape. ValueError for an unknown crs."""
    x, y = _pair(lon, lat)
    if crs == "wgs84":
        return x, y
    if crs == "gcj02":
        return gcj02_to_wgs84(x, y)
    if crs == "bd09":
        return gcj02_to_wgs84(*bd09_to_gcj02(x, y))
    raise ValueError(f"unknown coordinate system {crs!r}: use wgs84, gcj02 or bd09")


def from_wgs84(lon: ArrayLike, lat: ArrayLike, crs: Crs) -> Pair:
    """The same points in `crs`, from WGS84 degrees; arrays of any shape. ValueError for an unknown crs."""
    x, y = _pair(lon, lat)
    if crs == "wgs84":
        return x, y
    if crs == "gcj02":
        return wgs84_to_gcj02(x, y)
    if crs == "bd09":
        return gcj02_to_bd09(*wgs84_to_gcj02(x, y))
    raise ValueError(f"unknown coordinate system {crs!r}: use wgs84, gcj02 or bd09")


def in_china_box(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.bool_]:
    """Where GCJ-02 differs from WGS84: inside CHINA_BOX (which holds neighbouring lands too)."""
    x, y = _pair(lon, lat)
    west, south, east, north = CHINA_BOX
    return np.asarray((x >= west) & (x <= east) & (y >= south) & (y <= north))


def wgs84_to_gcj02(lon: Array, lat: Array) -> Pair:
    """GCJ-02 degrees; unchanged outside CHINA_BOX."""
    return _where_in_china(_gcj02, lon, lat)


def gcj02_to_wgs84(lon: Array, lat: Array) -> Pair:
    """WGS84 degrees, iterated to rounding error; unchanged where the origin is outside CHINA_BOX."""
    return _where_origin_in_china(_gcj02, lon, lat, rounds=8)


def gcj02_to_bd09(lon: Array, lat: Array) -> Pair:
    """BD-09 degrees; unchanged outside CHINA_BOX."""
    return _where_in_china(_bd09, lon, lat)


def bd09_to_gcj02(lon: Array, lat: Array) -> Pair:
    """GCJ-02 degrees, iterated to rounding error; unchanged where the origin is outside CHINA_BOX."""
    return _where_origin_in_china(_bd09, lon, lat, rounds=12)


def _pair(lon: ArrayLike, lat: ArrayLike) -> Pair:
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _gcj02(lon: Array, lat: Array) -> Pair:
    x, y = lon - 105.0, lat - 35.0
    phi = np.radians(lat)
    shrink = 1.0 - _ECCENTRICITY2 * np.sin(phi) ** 2
    meridian = _SEMI_MAJOR * (1.0 - _ECCENTRICITY2) / shrink**1.5  # metres per radian of latitude
    parallel = _SEMI_MAJOR / np.sqrt(shrink) * np.cos(phi)
    east, north = _shift_metres(x, y)
    return lon + np.degrees(east / parallel), lat + np.degrees(north / meridian)


def _shift_metres(x: Array, y: Array) -> Pair:
    pi = math.pi
    root = np.sqrt(np.abs(x))
    common = 20.0 * np.sin(6.0 * pi * x) + 20.0 * np.sin(2.0 * pi * x)
    north_waves = common + 20.0 * np.sin(pi * y) + 40.0 * np.sin(pi * y / 3.0)
    north_waves += 160.0 * np.sin(pi * y / 12.0) + 320.0 * np.sin(pi * y / 30.0)
    east_waves = common + 20.0 * np.sin(pi * x) + 40.0 * np.sin(pi * x / 3.0)
    east_waves += 150.0 * np.sin(pi * x / 12.0) + 300.0 * np.sin(pi * x / 30.0)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + north_waves * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + east_waves * 2.0 / 3.0
    return east, north


def _bd09(lon: Array, lat: Array) -> Pair:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _where_in_china(shift: Shift, lon: Array, lat: Array) -> Pair:
    inside = in_china_box(lon, lat)
    x, y = shift(lon, lat)
    return np.where(inside, x, lon), np.where(inside, y, lat)


def _where_origin_in_china(shift: Shift, lon: Array, lat: Array, rounds: int) -> Pair:
    x, y = lon, lat
    for _round in range(rounds):
        shifted_x, shifted_y = shift(x, y)
        x, y = x + (lon - shifted_x), y + (lat - shifted_y)
    inside = in_china_box(x, y)
    return np.where(inside, x, lon), np.where(inside, y, lat)
