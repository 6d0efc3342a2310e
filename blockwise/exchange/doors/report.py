"""The faults as files to work off, and by block how many of its addresses are good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import shapely

from blockwise.exchange.folder.rows import CityFolder
from blockwise.exchange.written import write_rows

from .faults import KINDS, faults_of

LIST: Final = "address_faults.csv"
SHARES: Final = "address_quality.csv"


@dataclass(frozen=True)
class Quality:
    """`counts` by kind of fault; `good` of `addresses` have none; `cut`: streets whose doors lie in two districts, the
    largest blocks below the city."""

    addresses: int
    good: int
    counts: dict[str, int]
    cut: tuple[str, ...]


def judge(folder: CityFolder, out: Path) -> Quality:
    """Write both files into `out` and say what they hold."""
    faults = faults_of(folder)
    bad = {fault.code for fault in faults if fault.code}
    header = ("kind", "code", "street", "number", "lon", "lat", "block", "says")
    blocks = _blocks(folder, [(fault.lon, fault.lat) for fault in faults])
    rows = (
        (one.kind, one.code, one.street, one.number, f"{one.lon:.7f}", f"{one.lat:.7f}", block, one.says)
        for one, block in zip(faults, blocks, strict=True)
    )
    write_rows(out / LIST, header, rows)
    owners = _blocks(folder, [(row.lon, row.lat) for row in folder.addresses])
    whole, wrong = (
        Counter(owners),
        Counter(o for o, row in zip(owners, folder.addresses, strict=True) if row.code in bad),
    )
    shares = (
        (code, count, count - wrong[code], f"{1 - wrong[code] / count:.4f}") for code, count in sorted(whole.items())
    )
    write_rows(out / SHARES, ("block", "addresses", "good", "share_good"), shares)
    counted = Counter(fault.kind for fault in faults)
    total = len(folder.addresses)
    return Quality(total, total - len(bad), {kind: counted[kind] for kind in KINDS}, _cut(folder, owners))


def _blocks(folder: CityFolder, points: Sequence[tuple[float, float]]) -> list[str]:
    """The smallest block of each point; empty outside the city."""
    parents = {block.parent for block in folder.blocks}
    leaves = [block for block in folder.blocks if block.code not in parents]
    found = [""] * len(points)
    if points and leaves:
        tree = shapely.STRtree(np.array([block.geometry for block in leaves], dtype=object))
        which, leaf = tree.query(shapely.points(np.array(points)), predicate="intersects")
        for point, place in zip(which.tolist(), leaf.tolist(), strict=True):
            found[point] = min(filter(None, (found[point], leaves[place].code)))
    return found


def _cut(folder: CityFolder, owners: Sequence[str]) -> tuple[str, ...]:
    districts = [block.code for block in folder.blocks if block.parent == folder.city.code]
    if len(districts) < 2:
        return ()
    found: dict[str, set[str]] = {}
    for row, owner in zip(folder.addresses, owners, strict=True):
        if district := next((code for code in districts if owner.startswith(code)), ""):
            found.setdefault(row.street, set()).add(district)
    return tuple(sorted(street for street, held in found.items() if len(held) > 1))
