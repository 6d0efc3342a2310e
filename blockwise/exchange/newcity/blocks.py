"""Rows of the block tree with codes and names, and the groupings of cells: beats and zones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from blockwise.exchange.newcity.character import Places, core
from blockwise.exchange.newcity.geography import Land, Part
from blockwise.exchange.newcity.mesh import Mesh
from blockwise.exchange.newcity.names import Name, stems
from blockwise.exchange.newcity.plan import CODE

CITY: Name = ("示范区", "Demo District")


@dataclass(frozen=True)
class Block:
    """One row of blocks.geojson; `ring` are mesh vertices, counter-clockwise, not closed."""

    code: str
    name: Name
    stem: Name
    level: str
    parent: Block | None
    population: int
    core: bool
    ring: list[int]


@dataclass(frozen=True)
class Grouping:
    """A row of beats.csv or zones.csv: one cell of one group."""

    code: str
    name: Name
    cell: str


@dataclass(frozen=True)
class Tree:
    """Blocks top down, in code order within a level; `cells` in tree order, `home` their communities' numbers."""

    root: Block
    subdistricts: list[Block]
    communities: list[Block]
    cells: list[Block]
    home: list[int]
    beats: list[Grouping]
    zones: list[Grouping]

    def all(self) -> list[Block]:
        """Every block, parents before children."""
        return [self.root, *self.subdistricts, *self.communities, *self.cells]


class _Namer:
    """Builds blocks level by level; residents are counted from the cells up."""

    def __init__(self, land: Land, seed: int, where: Places, people: np.ndarray) -> None:
        self.mesh: Mesh = land.mesh
        self.supply = stems(seed, "blocks")
        self.people: dict[int, int] = {}
        self.core: dict[int, bool] = {}
        for cell, count, inner in zip(land.cells, people.tolist(), core(where).tolist(), strict=True):
            self.people[id(cell)], self.core[id(cell)] = count, inner
        for level in (land.communities, land.subdistricts, [land.root]):
            for part in level:
                self.people[id(part)] = sum(self.people[id(p)] for p in part.parts)
                self.core[id(part)] = 2 * sum(self.core[id(p)] for p in part.parts) > len(part.parts)

    def block(self, part: Part, code: str, name: Name, stem: Name, level: str, parent: Block | None) -> Block:
        ring = self.mesh.ring(part.face)
        return Block(code, name, stem, level, parent, self.people[id(part)], self.core[id(part)], ring)

    def below(self, part: Part, block: Block, width: int, level: str) -> list[Block]:
        """The children of a block: codes are the parent's with a running number of `width` digits."""
        blocks = []
        for number, child in enumerate(part.parts, 1):
            stem = block.stem if level == "cell" else next(self.supply)
            name = _name(stem, level, number, child.river)
            blocks.append(self.block(child, f"{block.code}{number:0{width}d}", name, stem, level, block))
        return blocks


def tree(land: Land, seed: int, where: Places, people: np.ndarray) -> Tree:
    """Codes, names and residents for every part of the land."""
    namer = _Namer(land, seed, where, people)
    root = namer.block(land.root, CODE, CITY, CITY, "district", None)
    subdistricts = namer.below(land.root, root, 3, "subdistrict")
    communities = [
        block
        for part, parent in zip(land.root.parts, subdistricts, strict=True)
        for block in namer.below(part, parent, 3, "community")
    ]
    cells: list[Block] = []
    home: list[int] = []
    for number, (part, parent) in enumerate(zip(land.communities, communities, strict=True)):
        children = namer.below(part, parent, 4, "cell")
        cells += children
        home += [number] * len(children)
    beats = [_beat(c.beat, b.code, communities[h]) for c, b, h in zip(land.cells, cells, home, strict=True)]
    zones = [_zone(c.zone, b.code) for c, b in zip(land.cells, cells, strict=True)]
    return Tree(root, subdistricts, communities, cells, home, beats, zones)


def _name(stem: Name, level: str, number: int, river: bool) -> Name:
    zh, en = stem
    if level == "subdistrict":
        return f"{zh}街道", f"{en} Sub-district"
    middle = ("滨河", " Riverside") if river else ("", "")
    if level == "community":
        return f"{zh}{middle[0]}社区", f"{en}{middle[1]} Community"
    return f"{zh}{middle[0]}第{number}网格", f"{en}{middle[1]} Cell {number}"


def _beat(number: int, cell: str, community: Block) -> Grouping:
    zh, en = community.stem
    return Grouping(f"B{number + 1:03d}", (f"{zh}{number + 1}号警格", f"{en} Beat {number + 1}"), cell)


def _zone(number: int, cell: str) -> Grouping:
    return Grouping(f"Z{number + 1:02d}", (f"第{number + 1}巡区", f"Zone {number + 1}"), cell)
