"""Whom the units reach as they stand: the residents of each beat, within the ring of their block (5 and 15 minutes).

The table of who is reached from where takes seconds to make, so a server makes it beside its work for each speed period
(`keep_ready`); until it is there, cover is not told. Closures are not in it.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from blockwise.analysis.cover.standing import Standing, reach_of, reachable
from blockwise.analysis.roads import Floats, Snap
from blockwise.problems import NotFound

from .coordinates import E7
from .current import BlockFacts, Places, places
from .roads import period_at


@dataclass(frozen=True)
class Reach:
    """`bits` as `standing.reachable` makes them, for demands of this weight (m,)."""

    bits: NDArray[np.uint8]
    weight: Floats


def standing(units: Snap, busy: float, at: datetime) -> Standing | None:
    """The cover of units (n), each busy with this probability; None until it is known."""
    here = places()
    reach = here.reach.get(period_at(here, at))
    if reach is None and _kept and _kept[0] is not here:
        _begin(here)  # another city, or another version of it, has been loaded
    if reach is None or not units.node.size:
        return None
    return Standing(reach_of(reach.bits, units.node, reach.weight.size), reach.weight, busy)


def prepare(here: Places) -> None:
    """Make the table of each speed period that lacks one."""
    demand = _demand(here)
    if not demand:
        return
    weight, lon, lat, within_s = (np.array(column, dtype=np.float64) for column in zip(*demand, strict=True))
    graph = here.network.graph
    snap = graph.nearest(lon, lat)
    for period in graph.periods:
        if period not in here.reach:
            here.reach[period] = Reach(reachable(graph, period, snap, within_s), weight)


_kept: list[Places] = []  # the city whose tables this process makes, once it has been asked to


def keep_ready() -> None:
    """Make the tables of the city in force, and of each that follows it, in a thread of their own."""
    try:
        _begin(places())
    except NotFound:
        return


def _begin(here: Places) -> None:
    _kept[:] = [here]
    here.blocks, here.network  # noqa: B018  (read here, so that the thread needs no database)
    threading.Thread(target=prepare, args=(here,), name="cover", daemon=True).start()


def _demand(here: Places) -> list[tuple[float, float, float, float]]:
    """(residents, lon, lat, seconds within which they are to be reached) of each beat; of a block that has none."""
    parents = {block.parent for block in here.blocks.values()}
    groups: dict[str, list[BlockFacts]] = defaultdict(list)
    for block in here.blocks.values():
        if block.retired_on is None and block.code not in parents:
            groups[block.beat or block.code].append(block)
    counted = any(block.population for block in here.blocks.values())
    rings = here.city.rings
    found = []
    for blocks in groups.values():
        people = np.array([block.population if counted else 1 for block in blocks], dtype=np.float64)
        share = people / people.sum() if people.sum() else np.full(people.size, 1 / people.size)
        lon, lat = (share @ np.array([getattr(block, name) for block in blocks]) / E7 for name in ("lon_e7", "lat_e7"))
        core = share @ np.array([block.core for block in blocks]) >= 0.5
        found.append((float(people.sum()), float(lon), float(lat), 60.0 * (rings[0] if core else rings[-1])))
    return found
