"""Cells below the smallest blocks of a folder, and the beats and zones that group them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from blockwise.exchange.folder.plane import Plane
from blockwise.exchange.outlines.blocks import Block

from .cut import parts_of
from .faces import GRAIN, Faces, beside, faces_of

PEOPLE: Final = 620  # residents of a cell: the mean of 4,833 cells of a district of three million
HOUSEHOLD: Final = 2.6  # residents of an address where only addresses are known
SIDE_M: Final = 1_500.0  # of a zone
BEAT_CELLS: Final = 5  # that one officer answers for
UNKNOWN_M2: Final = 100_000.0  # of a cell where nobody knows how many live
ENOUGH: Final = 0.1  # share of the residents whose addresses must be known
LEAST: Final = 1e-3  # weight of a face without anybody, so that it belongs somewhere


@dataclass(frozen=True)
class Streets:
    """Road edges as lines (n) in WGS84 degrees, with their names."""

    line: NDArray[np.object_]
    name: Sequence[str]
    name_en: Sequence[str]


@dataclass(frozen=True)
class Grid:
    """The cells; how unequal they are (coefficient of variation of weight) and how compact (Polsby-Popper, median)."""

    cells: list[Block]
    unequal: float
    compact: float


def grid_of(blocks: Sequence[Block], level: str, streets: Streets, doors: NDArray[np.float64], people: int) -> Grid:
    """Every block cut into cells of about `people` residents. `doors` (m, 2): addresses in WGS84 degrees.

    The same input gives the same cells: order and numbers follow from the ground alone.
    """
    tree = shapely.STRtree(streets.line) if len(streets.line) else None
    cells: list[Block] = []
    loads: list[float] = []
    for block in blocks:
        near = tree.query(block.geometry) if tree is not None else np.empty(0, np.intp)
        own = doors[shapely.intersects_xy(block.geometry, doors[:, 0], doors[:, 1])] if len(doors) else doors
        found = list(_cells(block, level, streets, near, own, people))
        cells += [cell for cell, _load in found]
        loads += [load for _cell, load in found]
    spread = float(np.std(loads) / np.mean(loads)) if loads and np.mean(loads) else 0.0
    return Grid(cells, spread, float(np.median([_compactness(cell.geometry) for cell in cells])) if cells else 0.0)


def _cells(
    block: Block, level: str, streets: Streets, near: NDArray[np.intp], doors: NDArray[np.float64], people: int
) -> Iterator[tuple[Block, float]]:
    faces = faces_of(block.geometry, streets.line[near], doors)
    guessed = max(round(len(doors) * HOUSEHOLD), round(_flat(block.geometry).area / UNKNOWN_M2 * people))
    weight = _spread(faces, block.population or guessed)
    count = round((block.population or guessed) / people)
    part = parts_of(weight + LEAST, faces.middle, faces.beside, max(1, count))
    shapes = [shapely.coverage_union_all(faces.shape[part == number]) for number in range(part.max() + 1)]
    middles = shapely.get_coordinates(shapely.centroid(shapes))
    order = np.lexsort((middles[:, 0], -np.round(middles[:, 1], 3)))  # rows from the north, each from the west
    width = max(2, len(str(len(order))))
    called: dict[str, int] = {}
    for number, place in enumerate(order.tolist(), 1):
        load = float(weight[part == place].sum()) if block.population else 0.0
        zh, en = _name(block, shapes[place], streets, near, called)
        code = f"{block.code}{number:0{width}d}"
        yield Block(code, zh, en, level, block.code, round(load), shapes[place]), load


def _spread(faces: Faces, residents: int) -> NDArray[np.float64]:
    """Over the addresses, where there are enough of them to say where people live; else over the ground."""
    known = faces.weight.sum() * HOUSEHOLD >= residents * ENOUGH
    basis = faces.weight if known and faces.weight.sum() else shapely.area(faces.shape)
    return np.asarray(basis / basis.sum() * residents)


def _name(
    block: Block, shape: shapely.Geometry, streets: Streets, near: NDArray[np.intp], called: dict[str, int]
) -> tuple[str, str]:
    """By the two streets that run longest in it or along it; with a number where that is not one alone."""
    length: dict[tuple[str, str], float] = {}
    wider = shapely.buffer(shape, GRAIN * 10)
    near = near[shapely.intersects(streets.line[near], shapely.envelope(wider))]
    shares = shapely.length(shapely.intersection(streets.line[near], wider))
    for place, share in zip(near.tolist(), shares.tolist(), strict=True):
        if share > 0 and streets.name[place]:
            names = (streets.name[place], streets.name_en[place])
            length[names] = length.get(names, 0.0) + share
    best = sorted(length, key=lambda names: (-length[names], names))[:2]
    zh = "".join((block.name, "-".join(name for name, _en in best)))
    en = f"{block.name_en} {' / '.join(en for _zh, en in best)}".strip()
    called[zh] = called.get(zh, 0) + 1
    again = called[zh]
    return (zh[:76], en[:76]) if again == 1 and best else (f"{zh[:70]} {again}", f"{en[:70]} {again}")


def _compactness(shape: shapely.Geometry) -> float:
    """4 pi area / perimeter², 1 for a circle (Polsby and Popper 1991), on the ground."""
    flat = _flat(shape)
    return float(4 * np.pi * flat.area / flat.length**2) if flat.length else 0.0


def groups_of(cells: Sequence[Block], count: int) -> NDArray[np.intp]:
    """The number of its group for each cell: groups of about equal residents and area, each in one piece."""
    shapes = np.array([cell.geometry for cell in cells], dtype=object)
    area = shapely.area(shapes)
    people = np.array([cell.population for cell in cells], float)
    weight = area / area.sum() + (people / people.sum() if people.sum() else 0.0)
    return parts_of(weight + 1e-9, shapely.get_coordinates(shapely.centroid(shapes)), beside(shapes), count)


def zones_in(root: shapely.Geometry) -> int:
    """How many zones of SIDE_M a side the city has room for."""
    return max(1, round(float(_flat(root).area) / SIDE_M**2))


def _flat(shape: shapely.Geometry) -> shapely.Geometry:
    """In metres around its own middle."""
    return shapely.transform(shape, lambda at: Plane(shape.centroid.x, shape.centroid.y).points(at[:, 0], at[:, 1]))
