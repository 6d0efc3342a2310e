"""Stations, addresses, landmarks and street ranges: each where it can be, each once."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import shapely

from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.rows import AddressRow, CityFolder, LandmarkRow, StationRow

RANGE_OFF_DEGREES: Final = 0.001  # a street range ends at its edge's node, give or take some hundred metres

PointRows = Sequence[StationRow] | Sequence[AddressRow] | Sequence[LandmarkRow]


def check_stations(folder: CityFolder, problems: Problems) -> None:
    """Notes stations that are there twice or outside every block."""
    _check_once("stations.csv", folder.stations, "station", problems)
    _check_inside("stations.csv", folder.stations, "station", folder, problems)


def check_addresses(folder: CityFolder, problems: Problems) -> None:
    """Notes addresses that are there twice or outside every block."""
    _check_once("addresses.csv", folder.addresses, "address", problems)
    _check_inside("addresses.csv", folder.addresses, "address", folder, problems)


def check_landmarks(folder: CityFolder, problems: Problems) -> None:
    """Notes landmarks that are there twice or outside every block."""
    _check_once("landmarks.csv", folder.landmarks, "landmark", problems)
    _check_inside("landmarks.csv", folder.landmarks, "landmark", folder, problems)


def _check_once(file: str, rows: PointRows, noun: str, problems: Problems) -> None:
    first: dict[str, int] = {}
    for row in rows:
        if row.code in first:
            what = f"{noun} {row.code} is there twice; first on line {first[row.code]}"
            problems.error(file, row.line, what, f"Give every {noun} its own code")
        first.setdefault(row.code, row.line)


def _check_inside(
    file: str,
    rows: PointRows,
    noun: str,
    folder: CityFolder,
    problems: Problems,
) -> None:
    root = next((block.geometry for block in folder.blocks if block.code == folder.city.code), None)
    if root is None or not rows:
        return
    shapely.prepare(root)
    lon, lat = np.array([row.lon for row in rows]), np.array([row.lat for row in rows])
    outside = ~shapely.intersects_xy(root, lon, lat)
    swapped = shapely.intersects_xy(root, lat, lon)
    for number in np.flatnonzero(outside).tolist():
        row = rows[number]
        what = f"{noun} {row.code} at lon {row.lon:.5f}, lat {row.lat:.5f} is outside every block"
        if swapped[number]:
            fix = "Write longitude as lon, latitude as lat"
            problems.error(file, row.line, f"{what}; with lon and lat swapped it is inside", fix)
        else:
            problems.error(file, row.line, what, "Correct the point or leave the row out")


def check_street_ranges(folder: CityFolder, problems: Problems) -> None:
    """Notes ranges given twice, of unknown edges, or that disagree with their edge's nodes."""
    file = "street_ranges.csv"
    roads = folder.roads
    index = {edge: number for number, edge in enumerate(roads.edge.tolist())}
    first: dict[int, int] = {}
    for row in folder.street_ranges:
        if row.edge in first:
            what = f"edge {row.edge} is there twice; first on line {first[row.edge]}"
            problems.error(file, row.line, what, "Give every edge once")
        first.setdefault(row.edge, row.line)
        number = index.get(row.edge)
        if number is None:
            what = f"edge {row.edge} is not in roads.parquet"
            problems.error(file, row.line, what, "Correct the edge or leave the row out")
            continue
        if (row.from_node, row.to_node) != (roads.from_node[number], roads.to_node[number]):
            what = f"edge {row.edge} runs from {row.from_node} to {row.to_node} here, otherwise in roads.parquet"
            problems.error(file, row.line, what, "Give the same nodes in both files, in the same order")
        off = max(
            abs(row.from_lon - roads.from_lon[number]),
            abs(row.from_lat - roads.from_lat[number]),
            abs(row.to_lon - roads.to_lon[number]),
            abs(row.to_lat - roads.to_lat[number]),
        )
        if off > RANGE_OFF_DEGREES:
            what = f"edge {row.edge} ends {off:.4f} degrees away from where it does in roads.parquet"
            problems.error(file, row.line, what, "Give the same points in both files")
