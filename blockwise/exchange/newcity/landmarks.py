"""Landmarks: what people name in every community and sub-district, and exits and stones along the expressways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from blockwise.exchange.newcity.addresses import Addresses
from blockwise.exchange.newcity.blocks import Tree
from blockwise.exchange.newcity.names import Name
from blockwise.exchange.newcity.plan import Rng, stream
from blockwise.exchange.newcity.roads import ARTERIAL, EXPRESSWAY, Roads
from blockwise.exchange.newcity.shape import distances

IN_COMMUNITY = (("school", "小学", " Primary School"), ("bus_stop", "", ""), ("market", "市场", " Market"))
IN_SUBDISTRICT = (("hospital", "医院", " Hospital"), ("metro", "站", " Station"), ("park", "公园", " Park"))
LEAST_DOORS = 20
APART_M = 1500.0  # between two exits
ROAD_NAMES = "/"


@dataclass(frozen=True)
class Landmark:
    """A row of landmarks.csv."""

    code: str
    kind: str
    name: Name
    road: str
    number: str
    degrees: tuple[float, float]


def landmarks(seed: int, tree: Tree, doors: Addresses, roads: Roads, degrees: np.ndarray) -> list[Landmark]:
    """All of them, by code; each at a door of its block or on its expressway."""
    rng = stream(seed, "landmarks")
    found = [*_of_communities(tree, doors, rng), *_of_subdistricts(tree, doors, rng), *_along(roads, degrees)]
    return [
        Landmark(f"LM{number:04d}", kind, name, road, which, at)
        for number, (kind, name, road, which, at) in enumerate(found, 1)
    ]


Made = tuple[str, Name, str, str, tuple[float, float]]


def _of_communities(tree: Tree, doors: Addresses, rng: Rng) -> Iterator[Made]:
    homes = np.array(tree.home)[doors.cell]
    for home, block in enumerate(tree.communities):
        there = np.flatnonzero((homes == home) & (doors.use != 0))
        if len(there) < LEAST_DOORS:
            continue
        for kind, zh, en in IN_COMMUNITY:
            yield kind, (f"{block.stem[0]}{zh}", f"{block.stem[1]}{en}"), "", "", _drawn(doors, there, rng)


def _of_subdistricts(tree: Tree, doors: Addresses, rng: Rng) -> Iterator[Made]:
    above = [block.parent.code if block.parent else "" for block in tree.communities]
    town = np.array([above[home] for home in tree.home])[doors.cell]
    for block in tree.subdistricts:
        there = np.flatnonzero((town == block.code) & (doors.use != 0))
        for kind, zh, en in IN_SUBDISTRICT if len(there) else ():
            yield kind, (f"{block.stem[0]}{zh}", f"{block.stem[1]}{en}"), "", "", _drawn(doors, there, rng)


def _drawn(doors: Addresses, there: np.ndarray, rng: Rng) -> tuple[float, float]:
    lon, lat = doors.degrees[there[int(rng.integers(len(there)))]].tolist()
    return lon, lat


def _along(roads: Roads, degrees: np.ndarray) -> Iterator[Made]:
    """An exit where a greater road meets an expressway, and a stone at the first node after every kilometre."""
    greater = {int(v) for v in roads.ends[roads.kind == ARTERIAL].ravel()}
    for street in np.unique(roads.street[roads.kind == EXPRESSWAY]).tolist():
        zh, en = roads.names[street]
        road = ROAD_NAMES.join((zh, en))
        vertices, metres = _chain(roads.ends[roads.street == street], degrees)
        exits, stones, last = 0, 0, -APART_M
        for vertex, at in zip(vertices, metres, strict=True):
            lon, lat = degrees[vertex].tolist()
            if vertex in greater and at - last >= APART_M:
                exits, last = exits + 1, at
                yield "exit", (f"{zh}{exits}号出口", f"{en} Exit {exits}"), road, str(exits), (lon, lat)
            if at // 1000 > stones:
                stones = int(at // 1000)
                yield "km_stone", (f"{zh}K{stones}", f"{en} km {stones}"), road, str(stones), (lon, lat)


def _chain(ends: np.ndarray, degrees: np.ndarray) -> tuple[list[int], list[float]]:
    """A street's vertices in order and how far along each is: edges follow one another in their street's direction."""
    start = degrees[ends[:, 0]]
    way = (degrees[ends[:, 1]] - start).sum(axis=0)
    vertices = np.unique(ends)
    order = vertices[np.argsort(degrees[vertices] @ way, kind="stable")]
    gaps = distances(degrees[order[:-1]], degrees[order[1:]])
    return order.tolist(), [0.0, *np.cumsum(gaps).tolist()]
