"""A complete demonstration city out of a seed: land, streets, addresses, forces, people and a month of calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from blockwise.exchange.fresh import refuse_filled
from blockwise.exchange.newcity import write
from blockwise.exchange.newcity.addresses import address, sides
from blockwise.exchange.newcity.blocks import tree
from blockwise.exchange.newcity.calls import calls
from blockwise.exchange.newcity.character import PARK, places, population
from blockwise.exchange.newcity.demand import demand, incidents
from blockwise.exchange.newcity.forces import stations, units
from blockwise.exchange.newcity.geography import build, street_blocks
from blockwise.exchange.newcity.ground import ground, polygons
from blockwise.exchange.newcity.landmarks import landmarks
from blockwise.exchange.newcity.people import people
from blockwise.exchange.newcity.plan import PLANS, Size
from blockwise.exchange.newcity.roads import lay
from blockwise.exchange.newcity.spots import SpotBook

__all__ = ["Size", "Summary", "new_city"]

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Summary:
    """What was written where."""

    folder: Path
    seed: int
    size: Size
    counts: Mapping[str, int]


def new_city(folder: Path, seed: int, size: Size, progress: Progress | None = None) -> Summary:
    """Write a city folder; the same seed and size give the same bytes.

    `seed` is 0 or more. `progress` is called with the step begun and the share done, 0 to 1.
    Conflict if `folder` is a file or holds anything: somebody may have worked on it.
    """
    refuse_filled(folder)
    step = progress or (lambda name, share: None)
    plan = PLANS[size]
    folder.mkdir(parents=True, exist_ok=True)

    step("land", 0.0)
    land = build(plan, seed)
    where = places(plan, seed, land)
    open_cells = frozenset(np.flatnonzero(where.kind == PARK).tolist())
    faces = street_blocks(plan, seed, land, open_cells)
    rings = [land.mesh.ring(face) for blocks in faces for face in blocks]
    face_cell = np.repeat(np.arange(len(faces)), [len(blocks) for blocks in faces])
    degrees = ground(plan, seed, land.mesh, rings)
    shapes = polygons(degrees, rings)
    step("blocks", 0.25)
    residents = population(plan, seed, where)
    blocks = tree(land, seed, where, residents)
    write.write_fixed(folder)
    write.write_blocks(folder, blocks, degrees)

    step("roads", 0.35)
    roads = lay(plan, seed, land.mesh, degrees)
    nodes = write.write_roads(folder, roads, degrees)

    step("addresses", 0.45)
    along = sides(land.mesh, roads, faces)
    doors = address(plan, seed, land.mesh, degrees, shapes, roads, along, where.kind, blocks)
    write.write_addresses(folder, doors)
    known = landmarks(seed, blocks, doors, roads, degrees)
    write.write_landmarks(folder, known)

    step("forces", 0.65)
    bases = stations(plan, seed, blocks, doors.cell, doors.degrees)
    force = units(plan, seed, blocks, bases)
    staff = people(blocks, force)
    write.write_forces(folder, bases, force, staff)

    step("calls", 0.7)
    first, surges = incidents(plan, seed, where, demand(plan, seed, where, residents))
    book = SpotBook(blocks, doors, along, roads, degrees, shapes, face_cell)
    history = calls(seed, first, surges, book, shapely.Polygon(degrees[blocks.root.ring]))
    write.write_calls(folder, history)
    counts = {
        "subdistricts": len(blocks.subdistricts), "communities": len(blocks.communities),
        "cells": len(blocks.cells), "beats": plan.beats, "zones": plan.zones,
        "population": blocks.root.population, "road_nodes": nodes, "road_edges": len(roads.segment),
        "addresses": len(doors.code), "landmarks": len(known),
        "stations": len(bases), "units": len(force), "people": len(staff),
        "calls": len(history.at), "surges": len(surges),
    }  # fmt: skip
    write.write_truth(folder, seed, size, counts, surges, history, blocks)
    step("done", 1.0)
    return Summary(folder, seed, size, counts)
