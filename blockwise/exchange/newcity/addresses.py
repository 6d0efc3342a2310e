"""Door numbers along the streets: odd on the left, even on the right, each inside the block it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from blockwise.exchange.newcity.blocks import Tree
from blockwise.exchange.newcity.character import COMMERCIAL, INDUSTRIAL, PARK, RESIDENTIAL, RURAL, WATER
from blockwise.exchange.newcity.mesh import Face, Mesh
from blockwise.exchange.newcity.plan import Plan, stream
from blockwise.exchange.newcity.roads import EXPRESSWAY, LOCAL, Roads
from blockwise.exchange.newcity.shape import EARTH

USES = ("dwelling", "premises", "public")
MIX = {  # share of each use, by kind of place
    RESIDENTIAL: (0.8, 0.17, 0.03), COMMERCIAL: (0.35, 0.58, 0.07), INDUSTRIAL: (0.08, 0.89, 0.03),
    PARK: (0.1, 0.4, 0.5), WATER: (0.1, 0.5, 0.4), RURAL: (0.75, 0.22, 0.03),
}  # fmt: skip
DOORS = {RESIDENTIAL: 1.0, COMMERCIAL: 1.1, INDUSTRIAL: 0.4, PARK: 0.08, WATER: 0.04, RURAL: 0.3}  # a metre, relative
SUFFIXED = 0.03  # doors that share the number before them: 12A


@dataclass(frozen=True)
class Sides:
    """Each side of each road in arrays (n,): road edge, cell, street block, ends (n, 2) with the block on the left."""

    edge: np.ndarray
    cell: np.ndarray
    face: np.ndarray
    ends: np.ndarray


@dataclass(frozen=True)
class Addresses:
    """Addresses in arrays (n,), ordered by code: cell, degrees (n, 2), use (index of USES) and texts."""

    cell: np.ndarray
    degrees: np.ndarray
    use: np.ndarray
    code: list[str]
    street: list[str]
    number: list[str]
    text: list[str]
    text_en: list[str]


def sides(mesh: Mesh, roads: Roads, faces: list[list[Face]]) -> Sides:
    """Both sides of every road that border a street block."""
    edge_of = {segment: i for i, segment in enumerate(roads.segment.tolist())}
    blocks = [(cell, face) for cell, cut in enumerate(faces) for face in cut]
    table = np.array([
        (edge_of[half >> 1], cell, number, mesh.start(half), mesh.start(half ^ 1))
        for number, (cell, face) in enumerate(blocks)
        for half in mesh.leaves(face)
        if half >> 1 in edge_of
    ])  # fmt: skip
    return Sides(table[:, 0], table[:, 1], table[:, 2], table[:, 3:])


def address(
    plan: Plan, seed: int, mesh: Mesh, degrees: np.ndarray, shapes: np.ndarray, roads: Roads, along: Sides,
    kind: np.ndarray, tree: Tree,
) -> Addresses:  # fmt: skip
    """About the plan's number of addresses; `shapes` are the street blocks' polygons, `kind` is of each cell."""
    rng = stream(seed, "addresses")
    doors = np.vectorize(DOORS.__getitem__, otypes=[float])(kind)[along.cell] * roads.length[along.edge]
    doors[roads.kind[along.edge] == EXPRESSWAY] = 0
    doors[roads.kind[along.edge] == LOCAL] *= 1.15
    counts = rng.poisson(doors * plan.addresses * 1.01 / doors.sum())
    side = np.repeat(np.arange(len(counts)), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    share = (np.arange(len(side)) - first + rng.uniform(0.25, 0.75, len(side))) / counts[side]
    share = 0.06 + 0.88 * share
    spots = set_back(degrees[along.ends[side]], share, rng.uniform(8, 17, len(side)))
    inside = shapely.contains_xy(shapes[along.face[side]], spots[:, 0], spots[:, 1])
    side, share, spots = side[inside], share[inside], spots[inside]
    odd, place = _along(mesh, roads, along, side, share)
    numbers = _numbers(roads.street[along.edge[side]], odd, place, rng.random(len(side)))
    mix = np.cumsum([MIX[k] for k in sorted(MIX)], axis=1)[kind[along.cell[side]]]
    use = (rng.random(len(side))[:, None] > mix).sum(axis=1).clip(max=2)
    order = np.lexsort((place, roads.street[along.edge[side]], along.cell[side]))
    return _written(tree, roads, along, side[order], spots[order], use[order], [numbers[i] for i in order])


def set_back(ends: np.ndarray, share: np.ndarray, metres: np.ndarray) -> np.ndarray:
    """Points (n, 2) in degrees at a share of the way between ends (n, 2, 2), some metres to the left of it."""
    start, stop = ends[:, 0], ends[:, 1]
    scale = np.column_stack([np.cos(np.radians(start[:, 1])), np.ones(len(start))]) * np.radians(EARTH)
    way = (stop - start) * scale
    left = np.column_stack([-way[:, 1], way[:, 0]]) / np.maximum(np.hypot(*way.T), 1e-6)[:, None]
    return np.asarray(np.round(start + share[:, None] * (stop - start) + metres[:, None] * left / scale, 7))


def _along(
    mesh: Mesh, roads: Roads, along: Sides, side: np.ndarray, share: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Whether a door lies on its street's left, and how far along the street."""
    points = np.array(mesh.points)[along.ends[side]]
    direction = np.array(mesh.first)[roads.street[along.edge[side]]]
    way = points[:, 1] - points[:, 0]
    spot = points[:, 0] + share[:, None] * way
    return (way * direction).sum(axis=1) >= 0, (spot * direction).sum(axis=1)


def _numbers(street: np.ndarray, odd: np.ndarray, place: np.ndarray, luck: np.ndarray) -> list[str]:
    """Door numbers rising along each side of each street, with gaps and a few suffixes."""
    order = np.lexsort((place, odd, street))
    numbers = [""] * len(order)
    before, count, suffix = (-1, False), 0, 0
    for i in order.tolist():
        here = (int(street[i]), bool(odd[i]))
        if here != before:
            before, count, suffix = here, 0, 0
        if luck[i] < SUFFIXED and count and suffix < 3:
            suffix += 1
        else:
            count, suffix = count + (2 if luck[i] > 0.9 else 1), 0
        numbers[i] = f"{2 * count - here[1]}{'ABC'[suffix - 1] if suffix else ''}"
    return numbers


def _written(
    tree: Tree, roads: Roads, along: Sides, side: np.ndarray, spots: np.ndarray, use: np.ndarray, number: list[str]
) -> Addresses:
    cells = along.cell[side]
    names = [roads.names[s] for s in roads.street[along.edge[side]].tolist()]
    above = [tree.communities[home].parent for home in tree.home]
    town = [block.name if block else tree.root.name for block in above]
    city = tree.root.name
    serial = np.arange(len(cells)) - np.searchsorted(cells, cells)
    codes = [f"{tree.cells[c].code}{n + 1:04d}" for c, n in zip(cells.tolist(), serial.tolist(), strict=True)]
    rows = list(zip(cells.tolist(), names, number, strict=True))
    texts = [f"{city[0]}{town[c][0]}{name[0]}{door}号" for c, name, door in rows]
    latin = [f"{door} {name[1]}, {town[c][1]}, {city[1]}" for c, name, door in rows]
    return Addresses(cells, spots, use, codes, [name[0] for name in names], number, texts, latin)
