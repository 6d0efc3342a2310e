"""The tiny city drawn over a box anywhere on earth, so that another city's calls have blocks to lie in."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from tests.exchange.tiny_city import SIDE, SOUTH, WEST, write_tiny_city

Box = tuple[float, float, float, float]
LONGITUDES, LATITUDES = ("lon", "from_lon", "to_lon"), ("lat", "from_lat", "to_lat")


def write_city_over(path: Path, box: Box, zone: str) -> Path:
    """A whole folder; its grid of streets is as wide as the box, and its roads as long as their lines."""
    west, south, east, north = box

    def moved(lon: float, lat: float) -> tuple[float, float]:
        x, y = (lon - WEST) / (4 * SIDE), (lat - SOUTH) / (2 * SIDE)
        return round(west + x * (east - west), 6), round(south + y * (north - south), 6)

    def rows(content: list[dict[str, Any]]) -> None:
        for row in content:
            for x, y in zip(LONGITUDES, LATITUDES, strict=True):
                if x in row:
                    row[x], row[y] = moved(row[x], row[y])

    def roads(content: list[dict[str, Any]]) -> None:
        rows(content)
        for row in content:
            across = (row["to_lon"] - row["from_lon"]) * math.cos(math.radians(row["from_lat"]))
            row["length_m"] = round(111_200 * math.hypot(across, row["to_lat"] - row["from_lat"]), 1)

    def blocks(content: list[dict[str, Any]]) -> None:
        for feature in content:
            feature["geometry"]["coordinates"] = [
                [list(moved(*point)) for point in ring] for ring in feature["geometry"]["coordinates"]
            ]

    def city(content: dict[str, Any]) -> None:
        content["timezone"] = zone

    return write_tiny_city(path, city=city, blocks=blocks, roads=roads, stations=rows, addresses=rows, calendar=None)
