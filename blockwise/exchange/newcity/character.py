"""What kind of place each cell is, who lives there, and whether it lies in the dense core."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from blockwise.exchange.newcity.geography import Land
from blockwise.exchange.newcity.mesh import Point, area
from blockwise.exchange.newcity.plan import Plan, stream
from blockwise.exchange.newcity.shape import Waves, density, reach

RESIDENTIAL, COMMERCIAL, INDUSTRIAL, PARK, WATER, RURAL = range(6)
CROWD = np.array([1.25, 0.7, 0.35, 0.0, 0.0, 0.55])  # residents, against the mean cell


@dataclass(frozen=True)
class Places:
    """Per cell, in tree order: middle (n, 2) metres before bending, m2, density (relative), kind of place."""

    middle: np.ndarray
    area: np.ndarray
    density: np.ndarray
    kind: np.ndarray


def places(plan: Plan, seed: int, land: Land) -> Places:
    """Give every cell a character: parks and works in patches, shops where it is dense, fields at the rim."""
    rng = stream(seed, "character")
    corners = [land.mesh.corners(cell.face) for cell in land.cells]
    middle = np.array([_middle(points) for points in corners])
    dense = density(plan, *middle.T)
    kind = np.full(len(middle), RESIDENTIAL)
    kind[[cell.river for cell in land.cells]] = WATER
    scale = reach(plan)
    crowding = np.log(dense)
    patches = [Waves.drawn(rng, [0.5 * scale, 0.2 * scale], [1.0, 0.8]).at(*middle.T) for _ in range(4)]
    _take(kind, PARK, patches[0] + rng.normal(0, 0.5, len(kind)), plan.leisure_cells)
    _take(kind, RURAL, patches[1] * 0.4 - 2.0 * crowding, round(0.09 * plan.cells))
    _take(kind, INDUSTRIAL, patches[2] - 0.8 * crowding, round(0.1 * plan.cells))
    _take(kind, COMMERCIAL, patches[3] + 1.1 * crowding + rng.normal(0, 0.6, len(kind)), round(0.14 * plan.cells))
    return Places(middle, np.array([area(points) for points in corners]), dense, kind)


def population(plan: Plan, seed: int, where: Places) -> np.ndarray:
    """Residents of each cell (n,), the plan's total exactly; water and parks have nearly none."""
    rng = stream(seed, "population")
    crowd = CROWD[where.kind] * (where.area * where.density) ** 0.5 * where.density**0.45
    crowd = crowd * np.exp(rng.normal(0, 0.3, len(crowd)))
    people = np.zeros(len(crowd), int)
    people[where.kind == PARK] = rng.integers(3, 95, int((where.kind == PARK).sum()))
    people[where.kind == WATER] = rng.integers(0, 30, int((where.kind == WATER).sum()))
    free = plan.population - int(people.sum())
    exact = free * crowd / crowd.sum()
    shares = np.floor(exact).astype(int)
    shares[np.argsort(shares - exact, kind="stable")[: free - int(shares.sum())]] += 1
    return np.asarray(people + shares)


def core(where: Places) -> np.ndarray:
    """Cells (n,) of the core, promised five minutes: where it is dense and not water."""
    return np.asarray((where.density > 0.33 * where.density.max()) & (where.kind != WATER))


def _take(kind: np.ndarray, new: int, score: np.ndarray, count: int) -> None:
    free = np.flatnonzero(kind == RESIDENTIAL)
    kind[free[np.argsort(-score[free], kind="stable")[:count]]] = new


def _middle(points: list[Point]) -> Point:
    x = sum(p[0] for p in points) / len(points)
    return x, sum(p[1] for p in points) / len(points)
