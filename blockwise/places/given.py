"""A place as somebody gave it: parsed, converted and answered for by a block, or refused with what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from django.utils.translation import gettext_lazy as _

from blockwise.problems import Invalid

from .coordinates import Crs, Point, PointError, from_wgs84, parse_point, to_wgs84
from .queries import BlockAnswer, answer_of, block_at, blocks_at, stands

CRS: tuple[Crs, ...] = get_args(Crs)


@dataclass(frozen=True)
class Located:
    """A WGS84 point inside the city and the block that answers for it."""

    point: Point
    answer: BlockAnswer


def locate(lon: object, lat: object, crs: object = "wgs84", *, where: str = "place") -> Located:
    """The point and its block; `crs` names the system the numbers are in. Invalid when it cannot be used."""
    system = next((c for c in CRS if c == crs), None)
    if system is None:
        raise Invalid(
            _("This coordinate system is not known."), where=f"{where}.crs", fix=_("Give wgs84, gcj02 or bd09.")
        )
    try:
        point = _converted(parse_point(lon, lat), system)
    except PointError as error:
        fix = _("Give longitude and latitude in degrees, longitude first.")
        raise Invalid(str(error), where=where, fix=fix, more={"code": error.code}) from error
    answer = block_at(point.lon_e7, point.lat_e7)
    if answer is None:
        raise Invalid(_("This point is outside the city."), where=where, fix=_hint(point, system))
    return Located(point, answer)


def locate_all(given: Sequence[tuple[object, object, object]]) -> list[Located | Invalid]:
    """The same of many (lon, lat, crs) at once, each located or with what is wrong with it."""
    points = [_plain(*one) for one in given]
    there = [(point.lon_e7, point.lat_e7) for point in points if point]
    codes = iter(blocks_at(*np.array(there, np.int64).reshape(-1, 2).T))
    found: list[Located | Invalid] = []
    for one, point in zip(given, points, strict=True):
        code = next(codes) if point else None
        found.append(Located(point, answer_of(code)) if point and code else _located(*one))
    return found


def _plain(lon: object, lat: object, crs: object) -> Point | None:
    """None of what has to be converted, or is wrong."""
    try:
        return parse_point(lon, lat) if crs == "wgs84" else None
    except PointError:
        return None


def _located(lon: object, lat: object, crs: object) -> Located | Invalid:
    try:
        return locate(lon, lat, crs, where="position")
    except Invalid as invalid:
        return invalid


def standing(code: object, *, where: str = "block") -> str:
    """The code of a block of today. Invalid where there is none."""
    if not stands(code):
        raise Invalid(_("There is no such block."), where=where, fix=_("Give the code of a block of today."))
    return str(code)


def _converted(point: Point, crs: Crs) -> Point:
    if crs == "wgs84":
        return point
    lon, lat = to_wgs84(np.array([point.lon]), np.array([point.lat]), crs)
    return parse_point(float(lon[0]), float(lat[0]))


def _hint(point: Point, crs: Crs) -> object:
    """What the sender probably meant, when another reading of the same numbers falls inside the city."""
    given_lon, given_lat = from_wgs84(np.array([point.lon]), np.array([point.lat]), crs)
    given = Point(round(float(given_lon[0]) * 1e7), round(float(given_lat[0]) * 1e7))
    if abs(given.lon) <= 90 and block_at(given.lat_e7, given.lon_e7):
        return _("Longitude and latitude seem to be swapped: give longitude first.")
    for other in CRS:
        if other != crs:
            read = _converted(given, other)
            if block_at(read.lon_e7, read.lat_e7):
                return _("The numbers seem to be %(crs)s: say so in crs.") % {"crs": other}
    return _("Check the numbers; a place outside is handed to the neighbouring city by phone.")
