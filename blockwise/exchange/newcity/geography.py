"""The block tree: a city cut into sub-districts, zones, communities, beats, cells and street blocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import cos, hypot, sin, sqrt

import numpy as np

from blockwise.exchange.newcity.mesh import Face, Mesh, Point, area
from blockwise.exchange.newcity.plan import Plan, Rng, apportion, stream
from blockwise.exchange.newcity.shape import density, outline, reach

RIVER, SUBDISTRICT, ZONE, COMMUNITY, BEAT, CELL, LANE = range(7)
SNAP = {RIVER: 20.0, SUBDISTRICT: 0.0, ZONE: 120.0, COMMUNITY: 110.0, BEAT: 90.0, CELL: 55.0, LANE: 32.0}


@dataclass
class Part:
    """A face with a place in the tree; zone and beat are numbers in the order of the tree, -1 above them."""

    face: Face
    parent: Part | None = None
    zone: int = -1
    beat: int = -1
    river: bool = False
    parts: list[Part] = field(default_factory=list)


@dataclass(frozen=True)
class Land:
    """The cut plane and, in tree order, the parts of each level."""

    mesh: Mesh
    root: Part
    subdistricts: list[Part]
    communities: list[Part]
    cells: list[Part]


class Cutter:
    """Cuts faces into n parts of about equal weight, each across its longer side."""

    def __init__(self, plan: Plan, mesh: Mesh, rng: Rng) -> None:
        self.plan, self.mesh, self.rng = plan, mesh, rng
        self.sample = _sample(plan)
        self.sample_weight = density(plan, *self.sample.T)

    def weight(self, face: Face) -> float:
        """Density times area, in relative units."""
        return float(self.sample_weight[_inside(self.mesh.corners(face), self.sample)].sum())

    def divide(self, face: Face, count: int, rank: int, weighted: bool) -> list[Face]:
        """`count` parts in an order where neighbours tend to follow each other."""
        if count == 1:
            return [face]
        first = count // 2 if count < 4 else int(self.rng.integers(-(-2 * count // 5), 3 * count // 5 + 1))
        at, along = self.line(face, first / count, weighted)
        left, right = self.mesh.cut(face, at, along, rank, SNAP[rank])
        return self.divide(left, first, rank, weighted) + self.divide(right, count - first, rank, weighted)

    def line(self, face: Face, share: float, weighted: bool) -> tuple[Point, Point]:
        """A line leaving `share` of the weight (or of the area) on its left, about square to the longer side."""
        corners = self.mesh.corners(face)
        across = _long_side(corners)
        turn = float(self.rng.normal(0, 0.05))
        normal = _turned(across, turn)
        share = min(max(share * float(self.rng.uniform(0.93, 1.07)), 0.12), 0.88)
        if weighted:
            inside = _inside(corners, self.sample)
            place = _quantile(self.sample[inside] @ np.array(normal), self.sample_weight[inside], share)
        else:
            place = _area_quantile(corners, normal, share)
        at = (normal[0] * place, normal[1] * place)
        return at, (-normal[1], normal[0])


def build(plan: Plan, seed: int) -> Land:
    """The whole tree with exactly the plan's number of parts at each level."""
    cutter = Cutter(plan, Mesh(outline(plan, stream(seed, "outline"))), stream(seed, "land"))
    root = Part(cutter.mesh.root)
    root.parts = [Part(face, root) for face in _subdistricts(cutter)]
    zones = _zones(cutter, root.parts)
    shores = [_shore(cutter, zone) for zone in zones]
    communities = _communities(cutter, zones, shores)
    _cells(cutter, communities)
    for part in root.parts:
        part.parts = [c for c in communities if c.parent is part]
    cells = [cell for part in root.parts for c in part.parts for cell in c.parts]
    return Land(cutter.mesh, root, root.parts, [c for p in root.parts for c in p.parts], cells)


def street_blocks(plan: Plan, seed: int, land: Land, open_cells: frozenset[int]) -> list[list[Face]]:
    """Cut each cell (but the river's and the open ones) by lanes; the faces of each cell."""
    cutter = Cutter(plan, land.mesh, stream(seed, "lanes"))
    areas = np.array([area(land.mesh.corners(cell.face)) for cell in land.cells])
    whole = np.array([cell.river or i in open_cells for i, cell in enumerate(land.cells)])
    counts = np.ones(len(areas), int)
    counts[~whole] = apportion(plan.street_blocks - int(whole.sum()), areas[~whole] ** 0.55)
    return [
        cutter.divide(cell.face, int(count), LANE, weighted=False)
        for cell, count in zip(land.cells, counts, strict=True)
    ]


def _subdistricts(cutter: Cutter) -> list[Face]:
    count = cutter.plan.subdistricts
    first = count // 2
    corners = cutter.mesh.corners(cutter.mesh.root)
    normal = _turned((0.0, 1.0), float(cutter.rng.uniform(-0.35, 0.35)))
    share = float(cutter.rng.uniform(0.44, 0.52))
    inside = _inside(corners, cutter.sample)
    place = _quantile(cutter.sample[inside] @ np.array(normal), cutter.sample_weight[inside], share)
    cut = cutter.mesh.cut(cutter.mesh.root, (normal[0] * place, normal[1] * place), (-normal[1], normal[0]), RIVER, 0.0)
    sides = zip(cut, (first, count - first), strict=True)
    return [part for face, n in sides for part in cutter.divide(face, n, SUBDISTRICT, weighted=True)]


def _zones(cutter: Cutter, subdistricts: list[Part]) -> list[Part]:
    weights = np.array([cutter.weight(part.face) for part in subdistricts])
    counts = apportion(cutter.plan.zones, weights)
    zones: list[Part] = []
    for part, count in zip(subdistricts, counts, strict=True):
        for face in cutter.divide(part.face, int(count), ZONE, weighted=True):
            zones.append(Part(face, part, zone=len(zones)))
    return zones


def _shore(cutter: Cutter, zone: Part) -> Part | None:
    """The strip of water along the river's bank, cut off a zone on its far side."""
    mesh = cutter.mesh
    bank = [h for h in mesh.leaves(zone.face) if mesh.street[h >> 1] == 0 and not h & 1]
    if not bank:
        return None
    x, y = mesh.points[mesh.start(bank[0])]
    along = (-mesh.first[0][0], -mesh.first[0][1])
    at = (x - along[1] * cutter.plan.strip, y + along[0] * cutter.plan.strip)
    zone.face, water = mesh.cut(zone.face, at, along, RIVER, SNAP[RIVER])
    return Part(water, zone.parent, zone=zone.zone, river=True)


def _communities(cutter: Cutter, zones: list[Part], shores: list[Part | None]) -> list[Part]:
    weights = np.array([cutter.weight(zone.face) for zone in zones])
    counts = apportion(cutter.plan.communities - sum(s is not None for s in shores), weights)
    communities: list[Part] = []
    for zone, shore, count in zip(zones, shores, counts, strict=True):
        faces = cutter.divide(zone.face, int(count), COMMUNITY, weighted=True)
        communities += [Part(face, zone.parent, zone=zone.zone) for face in faces]
        communities += [shore] if shore else []
    return communities


def _cells(cutter: Cutter, communities: list[Part]) -> None:
    plan = cutter.plan
    wet = np.array([c.river for c in communities])
    reaches = [sqrt(area(cutter.mesh.corners(c.face))) for c in communities]
    cells = np.array([max(2, round(r * r / plan.strip / 800)) for r in reaches])
    weights = np.array([cutter.weight(c.face) for c in communities])
    uneven = weights * np.exp(cutter.rng.normal(0, 0.12, len(weights)))
    cells[~wet] = apportion(plan.cells - int(cells[wet].sum()), uneven[~wet], least=6)
    beats = np.ones(len(communities), int)
    beats[~wet] = apportion(plan.beats - int(wet.sum()), cells[~wet].astype(float))
    beat = 0
    for community, n_cells, n_beats in zip(communities, cells, beats, strict=True):
        faces = cutter.divide(community.face, int(n_beats), BEAT, weighted=False)
        sizes = np.array([area(cutter.mesh.corners(face)) for face in faces])
        for face, count in zip(faces, apportion(int(n_cells), sizes), strict=True):
            for cell in cutter.divide(face, int(count), COMMUNITY if community.river else CELL, False):
                community.parts.append(Part(cell, community, community.zone, beat, community.river))
            beat += 1


def _sample(plan: Plan) -> np.ndarray:
    """Lattice over the city's box, (n, 2) metres."""
    half = 1.6 * reach(plan)
    x, y = np.meshgrid(np.linspace(-half, half, 280), np.linspace(-half, half, 280))
    return np.column_stack([x.ravel(), y.ravel()])


def _inside(corners: list[Point], xy: np.ndarray) -> np.ndarray:
    """Which points (n, 2) lie in a convex ring."""
    inside = np.ones(len(xy), bool)
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        inside &= (bx - ax) * (xy[:, 1] - ay) - (by - ay) * (xy[:, 0] - ax) >= 0
    return inside


def _quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, share * total[-1])])


def _area_quantile(corners: list[Point], normal: Point, share: float) -> float:
    """Where along `normal` a line leaves `share` of a convex ring behind it; by bisection to 1 %."""
    heights = [x * normal[0] + y * normal[1] for x, y in corners]
    low, high = min(heights), max(heights)
    whole = area(corners)
    for _ in range(8):
        middle = (low + high) / 2
        if _area_below(corners, heights, middle) < share * whole:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _area_below(corners: list[Point], heights: list[float], level: float) -> float:
    kept: list[Point] = []
    for i, (x, y) in enumerate(corners):
        px, py = corners[i - 1]
        before, here = heights[i - 1] - level, heights[i] - level
        if (before < 0) != (here < 0):
            t = before / (before - here)
            kept.append((px + t * (x - px), py + t * (y - py)))
        if here < 0:
            kept.append((x, y))
    return area(kept) if len(kept) > 2 else 0.0


def _long_side(corners: list[Point]) -> Point:
    """Unit direction of the longer side of the smallest rectangle around a convex ring."""
    best, direction = float("inf"), (1.0, 0.0)
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        length = hypot(bx - ax, by - ay)
        ux, uy = (bx - ax) / length, (by - ay) / length
        along = [x * ux + y * uy for x, y in corners]
        off = [y * ux - x * uy for x, y in corners]
        wide, high = max(along) - min(along), max(off) - min(off)
        if wide * high < best * (1 - 1e-9):
            best, direction = wide * high, (ux, uy) if wide >= high else (-uy, ux)
    return direction


def _turned(direction: Point, angle: float) -> Point:
    x, y = direction
    return x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle)
