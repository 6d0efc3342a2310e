"""A point, an address and its kind for something that happens in a cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from blockwise.exchange.newcity.addresses import Addresses, Sides, set_back
from blockwise.exchange.newcity.blocks import Tree
from blockwise.exchange.newcity.names import Name
from blockwise.exchange.newcity.plan import Rng
from blockwise.exchange.newcity.roads import Roads

KINDS = ("dwelling", "premises", "street", "crossing", "open")
DWELLING, PREMISES, STREET, CROSSING, OPEN = range(5)
BETWEEN = " / "  # the streets of a crossing, as the product writes it
TRAFFIC = np.array([6, 8, 4, 1])  # how often something happens on a stretch, by class of road


@dataclass(frozen=True)
class Spots:
    """Points (n, 2) in degrees, kind (n,) as a number of KINDS, and what the place is called."""

    degrees: np.ndarray
    kind: np.ndarray
    name: list[Name]


class _Shelf:
    """Things sorted by the cell they lie in."""

    def __init__(self, things: np.ndarray, cell: np.ndarray, cells: int) -> None:
        self.things = things[np.argsort(cell, kind="stable")]
        self.count = np.bincount(cell, minlength=cells)
        self.start = np.cumsum(self.count) - self.count

    def draw(self, cell: np.ndarray, luck: np.ndarray) -> np.ndarray:
        """One thing for each cell (n,); `luck` is in [0, 1)."""
        return np.asarray(self.things[self.start[cell] + (luck * self.count[cell]).astype(int)])


class SpotBook:
    """Knows every address, street side, crossing and open face of every cell."""

    def __init__(
        self, tree: Tree, addresses: Addresses, along: Sides, roads: Roads, degrees: np.ndarray,
        shapes: np.ndarray, face_cell: np.ndarray,
    ) -> None:  # fmt: skip
        self.tree, self.addresses, self.along, self.roads, self.degrees = tree, addresses, along, roads, degrees
        self.centre = shapely.get_coordinates(shapely.point_on_surface(shapes))
        self.streets_at = _streets_at(roads)
        cells = len(tree.cells)
        doors = np.arange(len(addresses.cell))
        sides = np.repeat(np.arange(len(along.cell)), TRAFFIC[roads.kind[along.edge]])
        home = addresses.use == 0
        busy = np.array([len(self.streets_at[v]) > 1 for v in along.ends[sides, 0].tolist()])
        self.shelves = (
            _Shelf(doors[home], addresses.cell[home], cells),
            _Shelf(doors[~home], addresses.cell[~home], cells),
            _Shelf(sides, along.cell[sides], cells),
            _Shelf(sides[busy], along.cell[sides[busy]], cells),
            _Shelf(np.arange(len(face_cell)), face_cell, cells),
        )

    def pick(self, rng: Rng, cell: np.ndarray, wanted: np.ndarray) -> Spots:
        """A spot of the wanted kind in each cell (n,); in the open where the cell has none of that kind."""
        stock = np.array([shelf.count for shelf in self.shelves])
        kind = np.where(stock[wanted, cell] > 0, wanted, OPEN)
        luck, share, metres = rng.random(len(cell)), rng.uniform(0.1, 0.9, len(cell)), rng.uniform(1, 3, len(cell))
        degrees = np.empty((len(cell), 2))
        name: list[Name] = [("", "")] * len(cell)
        for number, shelf in enumerate(self.shelves):
            rows = np.flatnonzero(kind == number)
            things = shelf.draw(cell[rows], luck[rows])
            degrees[rows] = self._points(number, things, share[rows], metres[rows])
            for row, thing in zip(rows.tolist(), things.tolist(), strict=True):
                name[row] = self._name(number, thing, int(cell[row]))
        return Spots(np.round(degrees, 7), kind, name)

    def _points(self, kind: int, things: np.ndarray, share: np.ndarray, metres: np.ndarray) -> np.ndarray:
        if kind in (DWELLING, PREMISES):
            return np.asarray(self.addresses.degrees[things])
        if kind == STREET:
            return set_back(self.degrees[self.along.ends[things]], share, metres)
        centre = self.centre[self.along.face[things] if kind == CROSSING else things]
        if kind == CROSSING:
            return np.asarray(centre + 0.97 * (self.degrees[self.along.ends[things, 0]] - centre))
        return np.asarray(centre)

    def _name(self, kind: int, thing: int, cell: int) -> Name:
        """Words that are on record in both languages: an address, streets, or the block whose open ground it is."""
        block = self.tree.cells[cell]
        if kind in (DWELLING, PREMISES):
            return self.addresses.text[thing], self.addresses.text_en[thing]
        if kind == STREET:
            return self.roads.names[int(self.roads.street[self.along.edge[thing]])]
        if kind == CROSSING:
            first, second = self.streets_at[int(self.along.ends[thing, 0])][:2]
            return f"{first[0]}{BETWEEN}{second[0]}", f"{first[1]}{BETWEEN}{second[1]}"
        return block.name


def _streets_at(roads: Roads) -> dict[int, list[Name]]:
    """Names of the streets that meet at each vertex, the greater first."""
    found: dict[int, dict[int, None]] = {}
    for ends, street in zip(roads.ends.tolist(), roads.street.tolist(), strict=True):
        for vertex in ends:
            found.setdefault(vertex, {})[street] = None
    return {vertex: [roads.names[s] for s in sorted(streets)] for vertex, streets in found.items()}
