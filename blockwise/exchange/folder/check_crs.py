"""Coordinates in another system than city.yaml says, noticed by where the files fall against one another.

GCJ-02 and BD-09 lie some hundred metres beside WGS84, in a direction known for every place. A file in the
wrong system therefore misses the others by just that. Each pair of files has a misfit (`crs_pairs`). It is
taken as read, then with either file moved as if it were in another system, and then, as a control, with the
best of these moves turned to other directions. Only a move that ends a clear misfit, and does so far better
than every control, is a finding; noise and plain gaps are ended by none. Where all files are in the wrong
system together, the lengths of the roads still give it away (`crs_lengths`).
"""

from typing import Final, get_args

import numpy as np

from blockwise.exchange.folder.crs_lengths import fitting_crs
from blockwise.exchange.folder.crs_pairs import Pair, pairs
from blockwise.exchange.folder.plane import Plane
from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.rows import CityFolder, Floats
from blockwise.places.coordinates import Crs, from_wgs84, in_china_box, to_wgs84

TURNS: Final = (60, 120, 180, 240, 300)  # degrees by which the controls turn a move
NAMES: Final = {"wgs84": "WGS84", "gcj02": "GCJ-02", "bd09": "BD-09"}


def check_crs(folder: CityFolder, problems: Problems) -> None:
    """Notes files whose coordinates are not in the system that city.yaml declares."""
    root = next((block.geometry for block in folder.blocks if block.code == folder.city.code), None)
    if root is None:
        return
    declared = folder.city.crs
    if not in_china_box(root.centroid.x, root.centroid.y):
        if declared != "wgs84":
            what = f"the city is outside China, where {NAMES[declared]} is not used"
            problems.warning("city.yaml", folder.city.crs_line, what, "Write crs: wgs84")
        return
    plane = Plane(root.centroid.x, root.centroid.y)
    found: dict[str, tuple[Crs, str]] = {}
    for pair in pairs(folder, root, plane):
        if found_one := finding(pair, declared, plane):
            file, crs = found_one
            found.setdefault(file, (crs, pair.against if file == pair.file else pair.file))
    for file, (crs, against) in found.items():
        what = f"the coordinates look like {NAMES[crs]}, not {NAMES[declared]}: so read, they fit {against}"
        problems.error(file, None, what, "Convert the file, or correct crs in city.yaml and the other files")
    if "roads.parquet" not in found:
        _check_lengths(folder, problems)


def _check_lengths(folder: CityFolder, problems: Problems) -> None:
    declared = folder.city.crs
    crs = fitting_crs(folder.roads, declared)
    if crs is not None:
        what = f"crs is {declared}, but the lengths in roads.parquet fit its points only if these are {NAMES[crs]}"
        problems.error("city.yaml", folder.city.crs_line, what, "Correct crs, or convert all files")


def finding(pair: Pair, declared: Crs, plane: Plane) -> tuple[str, Crs] | None:
    """The file that is wrong and what it is in; None when the pair fits as read, or no other way."""
    here = plane.points(pair.lon, pair.lat)
    as_read = pair.misfit(here)
    if as_read <= pair.noise:
        return None
    moves = [
        (file, other, plane.points(*_moved(pair, declared, other, file)) - here)
        for other in get_args(Crs)
        if other != declared
        for file in (pair.file, pair.against)
    ]
    tried = [(pair.misfit(here + move), file, other, move) for file, other, move in moves]
    best, file, other, move = min(tried, key=lambda entry: entry[0])
    if best + pair.floor > pair.ratio * (as_read + pair.floor):
        return None
    controls = [pair.misfit(here + _turned(move, turn)) for turn in TURNS]
    if best + pair.floor > pair.ratio * (min(controls) + pair.floor):
        return None
    return file, other


def _moved(pair: Pair, declared: Crs, other: Crs, file: str) -> tuple[Floats, Floats]:
    """Where the points are if `file` is in `other`; if it is the other file, they move the opposite way."""
    was, now = (declared, other) if file == pair.file else (other, declared)
    return to_wgs84(*from_wgs84(pair.lon, pair.lat, was), now)


def _turned(move: Floats, degrees: int) -> Floats:
    angle = np.radians(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.column_stack((move[:, 0] * cos - move[:, 1] * sin, move[:, 0] * sin + move[:, 1] * cos))
