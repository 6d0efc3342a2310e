"""The road network: which edges of the plane are streets, their class, name, direction and speeds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from blockwise.exchange.newcity.geography import BEAT, CELL, COMMUNITY, LANE, RIVER, SUBDISTRICT, ZONE
from blockwise.exchange.newcity.mesh import OUTLINE, Mesh
from blockwise.exchange.newcity.names import Name, stems
from blockwise.exchange.newcity.plan import Plan, Rng, stream
from blockwise.exchange.newcity.shape import density, distances

CLASSES = ("expressway", "arterial", "collector", "local")
EXPRESSWAY, ARTERIAL, COLLECTOR, LOCAL = range(4)
PERIODS = ("night", "day", "peak")
FREE = np.array([82.0, 52.0, 40.0, 27.0])  # km/h at night, by class
SLOWING = {"night": (0.0, 0.0), "day": (0.08, 0.2), "peak": (0.22, 0.34)}  # everywhere, and more in the core


@dataclass(frozen=True)
class Roads:
    """Edges in arrays (n,): mesh segment, ends (n, 2) as mesh vertices, street, class, metres, speeds by period."""

    segment: np.ndarray
    ends: np.ndarray
    street: np.ndarray
    kind: np.ndarray
    length: np.ndarray
    oneway: np.ndarray
    speed: dict[str, np.ndarray]
    names: dict[int, Name]  # of each street


def lay(plan: Plan, seed: int, mesh: Mesh, degrees: np.ndarray) -> Roads:
    """One strongly connected network; edges go along their street's direction."""
    rng = stream(seed, "roads")
    segment = np.array([i for i, h in enumerate(mesh.halves) if h is None and mesh.street[i] != OUTLINE])
    ends, street = np.array(mesh.ends)[segment], np.array(mesh.street)[segment]
    length = distances(degrees[ends[:, 0]], degrees[ends[:, 1]])
    kind = _classes(plan, mesh, street, length)[street]
    keep = _kept(mesh, ends, street, kind, rng)
    keep[keep] = _largest(ends[keep], len(degrees))
    segment, ends, street, length, kind = (a[keep] for a in (segment, ends, street, length, kind))
    ends = _along(mesh, ends, street)
    oneway, ends = _oneway(mesh, ends, street, kind, rng)
    speed = _speeds(plan, mesh, ends, street, kind, rng)
    names = _names(seed, mesh, ends, street, kind)
    order = np.lexsort((segment, street))
    return Roads(
        segment[order], ends[order], street[order], kind[order], np.round(length[order], 2), oneway[order],
        {key: np.round(value[order], 1) for key, value in speed.items()}, names,
    )  # fmt: skip


def _classes(plan: Plan, mesh: Mesh, street: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Class of every street: the longest of the great cuts become expressways."""
    rank = np.array(mesh.rank)
    kind = np.full(len(rank), LOCAL)
    kind[rank == BEAT] = COLLECTOR
    kind[np.isin(rank, (RIVER, SUBDISTRICT, ZONE, COMMUNITY))] = ARTERIAL
    total = np.bincount(street, length, minlength=len(rank))
    total[~np.isin(rank, (SUBDISTRICT, ZONE))] = 0
    kind[np.argsort(-total, kind="stable")[: plan.expressways]] = EXPRESSWAY
    kind[(rank == CELL) & (np.bincount(street, length, minlength=len(rank)) > 900)] = COLLECTOR
    return kind


def _kept(mesh: Mesh, ends: np.ndarray, street: np.ndarray, kind: np.ndarray, rng: Rng) -> np.ndarray:
    """Some lanes end blind, and few small streets reach an expressway."""
    rank = np.array(mesh.rank)[street]
    keep = rng.random(len(ends)) > np.select([rank == LANE, rank == CELL], [0.07, 0.02], 0.0)
    fast = np.zeros(len(mesh.points), bool)
    fast[ends[kind == EXPRESSWAY].ravel()] = True
    shut = (kind == LOCAL) & fast[ends].any(axis=1) & (rng.random(len(ends)) < 0.75)
    return np.asarray(keep & ~shut)


def _largest(ends: np.ndarray, nodes: int) -> np.ndarray:
    group = _groups(ends, np.zeros(len(ends), bool), nodes)[ends[:, 0]]
    return np.asarray(group == np.bincount(group).argmax())


def _groups(ends: np.ndarray, oneway: np.ndarray, nodes: int) -> np.ndarray:
    """Strongly connected component of every node."""
    start = np.concatenate([ends[:, 0], ends[~oneway, 1]])
    stop = np.concatenate([ends[:, 1], ends[~oneway, 0]])
    graph = coo_array((np.ones(len(start), np.int8), (start, stop)), shape=(nodes, nodes)).tocsr()
    return np.asarray(connected_components(graph, directed=True, connection="strong")[1])


def _along(mesh: Mesh, ends: np.ndarray, street: np.ndarray) -> np.ndarray:
    """Ends (n, 2) turned so that every edge of a street runs the same way."""
    points, direction = np.array(mesh.points), np.array(mesh.first)
    forward = ((points[ends[:, 1]] - points[ends[:, 0]]) * direction[street]).sum(axis=1) >= 0
    return np.where(forward[:, None], ends, ends[:, ::-1])


def _oneway(
    mesh: Mesh, ends: np.ndarray, street: np.ndarray, kind: np.ndarray, rng: Rng
) -> tuple[np.ndarray, np.ndarray]:
    """Whole streets made one-way, given back both ways wherever they would cut a corner off."""
    chosen = rng.random(len(mesh.rank)) < 0.13
    turned = rng.random(len(mesh.rank)) < 0.5
    oneway = chosen[street] & (kind >= COLLECTOR)
    ends = np.where((oneway & turned[street])[:, None], ends[:, ::-1], ends)
    while True:
        group = _groups(ends, oneway, len(mesh.points))
        between = oneway & (group[ends[:, 0]] != group[ends[:, 1]])
        if not between.any():
            return oneway, ends
        oneway = oneway & ~between


def _speeds(
    plan: Plan, mesh: Mesh, ends: np.ndarray, street: np.ndarray, kind: np.ndarray, rng: Rng
) -> dict[str, np.ndarray]:
    """km/h by period: slower by day and at peak, most of all in the core."""
    middle = np.array(mesh.points)[ends].mean(axis=1)
    dense = density(plan, *middle.T)
    crowding = dense / dense.max()
    own = np.exp(rng.normal(0, 0.07, len(mesh.rank)))[street] * np.exp(rng.normal(0, 0.03, len(ends)))
    free = FREE[kind] * own * (1 - 0.12 * crowding)
    return {key: free * (1 - flat - more * crowding) for key, (flat, more) in SLOWING.items()}


def _names(seed: int, mesh: Mesh, ends: np.ndarray, street: np.ndarray, kind: np.ndarray) -> dict[int, Name]:
    used, first = np.unique(street, return_index=True)
    supply = stems(seed, "streets")
    touching: dict[int, list[int]] = {}
    for (a, b), s in zip(ends.tolist(), street.tolist(), strict=True):
        touching.setdefault(a, []).append(s)
        touching.setdefault(b, []).append(s)
    meets: dict[int, list[int]] = {}
    for around in touching.values():
        for s in around:
            meets.setdefault(s, []).extend(other for other in around if other != s)
    names: dict[int, Name] = {}
    lanes: dict[Name, int] = {}
    bases: dict[int, Name] = {}
    for s, at in zip(used.tolist(), first.tolist(), strict=True):
        known = [other for other in meets.get(s, []) if other in bases]
        base = max(known, key=lambda other: (mesh.rank[other] != LANE, other), default=None)
        if mesh.rank[s] == LANE and base is not None:
            parent = bases[s] = bases[base]
            number = lanes[parent] = lanes.get(parent, 0) + 1
            names[s] = (f"{parent[0]}{number}巷", f"{parent[1]} Lane {number}")
        else:
            names[s] = bases[s] = _street_name(mesh.rank[s], int(kind[at]), s, supply)
    return names


def _street_name(rank: int, kind: int, street: int, supply: Iterator[Name]) -> Name:
    if rank == RIVER:
        return ("滨河南路", "Binhe South Road") if street == 0 else ("滨河北路", "Binhe North Road")
    zh, en = next(supply)
    if kind == EXPRESSWAY:
        return f"{zh}快速路", f"{en} Expressway"
    if kind == ARTERIAL and rank < COMMUNITY:
        return f"{zh}大道", f"{en} Avenue"
    return (f"{zh}路", f"{en} Road") if kind < LOCAL else (f"{zh}街", f"{en} Street")
