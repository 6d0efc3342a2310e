"""Points of any coordinate system as WGS84 degrees, and where they must lie."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

import numpy as np
import shapely
from numpy.typing import NDArray

from blockwise.exchange.tabular.batches import BadFile
from blockwise.places.coordinates import Crs, to_wgs84

Floats = NDArray[np.float64]
DEGREES: Final = get_args(Crs)
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,2})?", re.ASCII)
_COMMA: Final = re.compile(r"[+-]?[0-9]{1,9},[0-9]+", re.ASCII)
_THOUSANDS: Final = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+\.[0-9]*|[+-]?[0-9]{1,3}(,[0-9]{3}){2,}", re.ASCII)
_POINTS: Final = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+", re.ASCII)
_PLAIN: Final = re.compile(r"[0-9.\-\n]*", re.ASCII)
HALF: Final = 0.5
FEW: Final = 20  # points from which on the whole file is judged


class BadSystemError(ValueError):
    """A coordinate system that cannot be used: `what` and `fix`."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what, self.fix = what, fix


@dataclass(frozen=True)
class Place:
    """The system of a table's points, and the box in WGS84 degrees (west, south, east, north) that holds them."""

    crs: str = "wgs84"
    box: tuple[float, float, float, float] | None = None

    def checked(self) -> Place:
        """Itself. BadSystemError for a system that nobody knows."""
        if self.crs not in DEGREES:
            _transformer(self.crs)
        return self


@functools.cache
def _transformer(crs: str) -> Any:
    import pyproj

    fix = f"Write one of {', '.join(DEGREES)}, or a number of the EPSG register, such as EPSG:4547"
    if not re.fullmatch(r"EPSG:[0-9]{3,6}", crs, re.ASCII | re.IGNORECASE):
        raise BadSystemError(f"{crs!r} is no coordinate system", fix)
    try:
        return pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except pyproj.exceptions.ProjError:
        raise BadSystemError(f"{crs} is not in the EPSG register, or not for points", fix) from None


def number(text: str) -> float:
    """A number with a point or a decimal comma, with or without marks of thousands; NaN for anything else."""
    if _NUMBER.fullmatch(text):
        return float(text)
    if _THOUSANDS.fullmatch(text):
        return float(text.replace(",", ""))
    if _COMMA.fullmatch(text):
        return float(text.replace(",", "."))
    return float(text.replace(".", "").replace(",", ".")) if _POINTS.fullmatch(text) else np.nan


def _numbers(texts: Sequence[str]) -> Floats:
    """Each text as a number; at once where all of them are plain ones."""
    if _PLAIN.fullmatch("\n".join(texts)) and all(texts):
        with contextlib.suppress(ValueError):
            return np.array(texts, dtype=np.float64)
    return np.array([number(text) for text in texts], dtype=np.float64)


@dataclass
class Points:
    """Turns the points of a file, batch by batch; keeps count of what it saw, to judge the file by at the end."""

    place: Place
    land: Any = None  # a shape in WGS84 degrees; None: the box, or anywhere
    seen: int = 0
    outside: int = 0
    swapped: int = 0
    commas: int = 0

    def __post_init__(self) -> None:
        if self.land is None and self.place.box:
            self.land = shapely.box(*self.place.box)
        if self.land is not None:
            shapely.prepare(self.land)

    def turned(self, lon: Sequence[str], lat: Sequence[str]) -> tuple[Floats, Floats, list[str | None]]:
        """Longitudes, latitudes and, for each point that cannot be used, why."""
        self.commas += sum("," in text for text in lon)
        x, y = _numbers(lon), _numbers(lat)
        wrong = ~np.isfinite(x) | ~np.isfinite(y)
        zero = (x == 0) & (y == 0)
        if self.place.crs in DEGREES:
            self._demand_degrees(x, y)
            far = ~wrong & ((np.abs(x) > 180) | (np.abs(y) > 90))
            east, north = np.where(far, np.nan, x), np.where(far, np.nan, y)
            if self.place.crs != "wgs84":
                east, north = to_wgs84(np.nan_to_num(east), np.nan_to_num(north), self.place.crs)  # type: ignore[arg-type]  # one of DEGREES
        else:
            east, north = _transformer(self.place.crs).transform(x, y)
            east, north = np.round(east, 7), np.round(north, 7)
            far = ~wrong & ~(np.isfinite(east) & np.isfinite(north))
        off = ~(wrong | zero | far) & ~self._inside(east, north)
        self._judge(x, y, ~(wrong | zero), off | far)
        why: list[str | None] = [None] * len(x)
        for row in np.flatnonzero(wrong | zero | far | off).tolist():
            why[row] = _reason(lon[row], lat[row], bool(zero[row]), bool(far[row]), bool(wrong[row]))
        return east, north, why

    def _demand_degrees(self, x: Floats, y: Floats) -> None:
        known = np.isfinite(x) & np.isfinite(y) & (x != 0)
        if known.sum() and np.mean((np.abs(x) > 360) | (np.abs(y) > 360), where=known) > HALF:
            row = int(np.flatnonzero(known)[0])
            what = f"Coordinates such as {x[row]:,.0f} / {y[row]:,.0f} are no degrees."
            raise BadFile(what, where="lon, lat", fix="Say in the map what they are: `place: {crs: EPSG:4547}`.")

    def _inside(self, lon: Floats, lat: Floats) -> NDArray[np.bool_]:
        if self.land is None:
            return np.ones(len(lon), dtype=np.bool_)
        return np.asarray(shapely.intersects_xy(self.land, np.nan_to_num(lon), np.nan_to_num(lat)))

    def _judge(self, x: Floats, y: Floats, known: NDArray[np.bool_], off: NDArray[np.bool_]) -> None:
        self.seen += int(known.sum())
        self.outside += int(off.sum())
        if self.land is not None and off.any():
            turned = (y[off], x[off])
            if self.place.crs not in DEGREES:
                turned = _transformer(self.place.crs).transform(*turned)
            self.swapped += int(self._inside(*(np.where(np.isfinite(one), one, 0) for one in turned)).sum())

    def refuse_swapped(self) -> None:
        """BadFile when most points lie in the city only with their two numbers changed over."""
        if self.seen >= FEW and self.swapped > HALF * self.seen:
            what = f"Longitude and latitude are changed over: so read, {self.swapped:,} of {self.seen:,} points fit."
            raise BadFile(what, where="lon, lat", fix="Change the two columns over in the map.")


def _reason(lon: str, lat: str, zero: bool, far: bool, wrong: bool) -> str:
    if wrong:
        return "the point is missing" if not (lon or lat) else f"{lon[:30]!r}, {lat[:30]!r} is no point"
    if zero:
        return "the point is 0, 0: its place is not known"
    return f"the point {lon}, {lat} is {'no place on earth' if far else 'outside every block'}"
