"""Reads a generated city's files with nothing but readers of their formats, and plain sums over them."""

import csv
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Row = dict[str, str]
Point = tuple[float, float]


@dataclass(frozen=True)
class CityFiles:
    folder: Path

    def table(self, name: str) -> list[Row]:
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    @cached_property
    def blocks(self) -> dict[str, dict[str, Any]]:
        features = json.loads((self.folder / "blocks.geojson").read_text("utf-8"))["features"]
        return {f["properties"]["code"]: f["properties"] | {"rings": f["geometry"]["coordinates"]} for f in features}

    @cached_property
    def roads(self) -> dict[str, Any]:
        table = pq.read_table(self.folder / "roads.parquet")
        return {name: table[name].to_numpy() for name in table.column_names}

    @cached_property
    def calls(self) -> dict[str, dict[str, Any]]:
        return {row["call"]: row for row in pq.read_table(self.folder / "calls.parquet").to_pylist()}

    @cached_property
    def truth(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "truth.json").read_text("utf-8")))

    def level(self, level: str) -> list[str]:
        return [code for code, block in self.blocks.items() if block["level"] == level]

    def children(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for code, block in self.blocks.items():
            if block["parent"]:
                found.setdefault(block["parent"], []).append(code)
        return found

    def sides(self, code: str) -> list[tuple[Point, Point]]:
        """The directed sides of a block's outer ring."""
        ring = [(x, y) for x, y in self.blocks[code]["rings"][0]]
        return list(pairwise(ring))


def free_sides(sides: list[tuple[Point, Point]]) -> Counter[tuple[Point, Point]]:
    """What is left of directed sides when every pair of opposite ones is struck out."""
    count = Counter(sides)
    for (a, b), number in list(count.items()):
        both = min(number, count[(b, a)])
        count[(a, b)] -= both
        count[(b, a)] -= both
    return +count


def digest(folder: Path) -> dict[str, str]:
    """SHA-256 of every file."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}
