"""Where the corners come to lie on the earth, after the straight cuts are bent and shaken."""

from __future__ import annotations

import numpy as np
import shapely

from blockwise.exchange.newcity.mesh import OUTLINE, Mesh
from blockwise.exchange.newcity.plan import Plan, stream
from blockwise.exchange.newcity.shape import bent, to_degrees


def ground(plan: Plan, seed: int, mesh: Mesh, rings: list[list[int]]) -> np.ndarray:
    """Longitude and latitude (n, 2) of each vertex; `rings` are the street blocks.

    Every vertex is shaken by a part of its shortest edge; where a street block would break it is put back.
    As long as all rings stay simple and keep their turn, they tile as the straight ones did.
    """
    rng = stream(seed, "ground")
    smooth = bent(plan, np.array(mesh.points), rng)
    live = np.array([i for i, halves in enumerate(mesh.halves) if halves is None])
    ends = np.array(mesh.ends)[live]
    length = np.hypot(*(smooth[ends[:, 0]] - smooth[ends[:, 1]]).T)
    shortest = np.full(len(smooth), np.inf)
    for side in (0, 1):
        np.minimum.at(shortest, ends[:, side], length)
    edge = np.array(mesh.street)[live] == OUTLINE
    strength = np.full(len(smooth), 0.13)
    strength[ends[edge].ravel()] = 0.3
    shake = rng.uniform(-1, 1, smooth.shape) * (strength * np.minimum(shortest, 300.0))[:, None]
    for _ in range(6):
        degrees = to_degrees(smooth + shake)
        broken = [ring for ring, bad in zip(rings, _broken(degrees, rings), strict=True) if bad]
        if not broken:
            return degrees
        shake[[v for ring in broken for v in ring]] *= 0.3
    raise ValueError(f"seed {seed} bends {len(broken)} street blocks out of shape; choose another")


def polygons(degrees: np.ndarray, rings: list[list[int]]) -> np.ndarray:
    """Shapely polygons of rings of vertex numbers."""
    sizes = np.array([len(ring) + 1 for ring in rings])
    flat = np.array([v for ring in rings for v in (*ring, ring[0])])
    lines = shapely.linearrings(degrees[flat], indices=np.repeat(np.arange(len(rings)), sizes))
    return np.asarray(shapely.polygons(lines))


def _broken(degrees: np.ndarray, rings: list[list[int]]) -> np.ndarray:
    shapes = polygons(degrees, rings)
    return np.asarray(~shapely.is_valid(shapes) | ~shapely.is_ccw(shapely.get_exterior_ring(shapes)))
