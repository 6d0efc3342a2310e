"""The city's streets by name, in memory: what a typed name may mean, and where two streets meet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from blockwise.analysis.roads import METRES_PER_DEGREE

from .coordinates import E7, Point
from .finding.likely import Names
from .models import Address, StreetRange
from .names import key_of
from .network import Network

Ints = NDArray[np.int64]

SAME_CROSSING_M: Final = 60.0  # the nodes of one crossing of two divided roads lie closer than this
NEAR_CROSSING_M: Final = 250.0


@dataclass(frozen=True, slots=True)
class Street:
    """A street by its name as the tables have it, and in English where there is one."""

    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """Where two streets meet, or nearly do: `gap_m` is 0 for a true crossing."""

    point: Point
    gap_m: float


class Streets:
    """Streets and their nodes: `owner` (k) is a street's position in `all`, `node`, `lon`, `lat` (k) its nodes."""

    def __init__(self, names: Iterable[tuple[str, str]], owner: Ints, node: Ints, lon: Ints, lat: Ints) -> None:
        self.all = tuple(Street(name, name_en) for name, name_en in names)
        self.names = Names([(street.name, street.name_en) for street in self.all])
        self._place = {street: k for k, street in enumerate(self.all)}
        order = np.lexsort((node, owner))
        rows = np.stack([owner, node])[:, order]
        first = np.append(True, (rows[:, 1:] != rows[:, :-1]).any(axis=0))[: rows.shape[1]]
        self._owner, self._node = rows[:, first]
        self._at = np.stack([lon, lat], axis=-1)[order][first]

    def meetings(self, first: int, second: int) -> list[Meeting]:
        """Where two streets share a node, crossings of divided roads counted once; else their nearest approach."""
        (node_a, at_a), (node_b, at_b) = self._nodes(first), self._nodes(second)
        shared = at_a[np.isin(node_a, node_b)]
        if shared.size:
            return [Meeting(Point(*map(int, at)), 0.0) for at in _apart(shared)]
        if not (node_a.size and node_b.size):
            return []
        gaps = _metres(at_a[:, None], at_b[None])
        a, b = np.unravel_index(int(gaps.argmin()), gaps.shape)
        if gaps[a, b] > NEAR_CROSSING_M:
            return []
        middle = (at_a[a] + at_b[b]) // 2
        return [Meeting(Point(int(middle[0]), int(middle[1])), float(gaps[a, b]))]

    def middle_of(self, street: Street) -> tuple[int, int] | None:
        """The node of a street nearest to the mean of its nodes, in 1e-7 degree; None where it has no road."""
        _node, at = self._nodes(self._place[street])
        if not at.size:
            return None
        nearest = at[np.argmin(_metres(at, at.mean(axis=0)))]
        return int(nearest[0]), int(nearest[1])

    def _nodes(self, street: int) -> tuple[Ints, Ints]:
        low, high = np.searchsorted(self._owner, [street, street + 1])
        return self._node[low:high], self._at[low:high]


def read_streets(network: Network) -> Streets:
    """Streets of the road network, the street ranges and the addresses, joined by name."""
    ranges = list(StreetRange.objects.values_list("street", "from_node", "to_node", *_ENDS))
    numbered = Address.objects.order_by("street").values_list("street", flat=True).distinct()
    english = {name: name_en for name, name_en in network.names if name}
    by_key = {key_of(name): name for name in english}
    names = sorted({*english, *(row[0] for row in ranges), *numbered} - {""})
    place = {name: k for k, name in enumerate(names)}
    of_edge = np.array([place.get(name, -1) for name, _en in network.names], np.int64)[network.street]
    rows = np.array([(place[row[0]], *row[1:]) for row in ranges], np.int64).reshape(-1, 7)
    owner = np.concatenate([of_edge, of_edge, rows[:, 0], rows[:, 0]])
    node = np.concatenate([network.from_node, network.to_node, rows[:, 1], rows[:, 2]])
    lon = np.concatenate([_e7(network.from_lon), _e7(network.to_lon), rows[:, 3], rows[:, 5]])
    lat = np.concatenate([_e7(network.from_lat), _e7(network.to_lat), rows[:, 4], rows[:, 6]])
    named = owner >= 0
    titles = [(name, english.get(name) or english.get(by_key.get(key_of(name), ""), "")) for name in names]
    return Streets(titles, owner[named], node[named], lon[named], lat[named])


_ENDS = ("from_lon_e7", "from_lat_e7", "to_lon_e7", "to_lat_e7")


def _e7(degrees: NDArray[np.float64]) -> Ints:
    return np.rint(degrees * E7).astype(np.int64)


def _metres(a: NDArray[np.generic], b: NDArray[np.generic]) -> NDArray[np.float64]:
    apart = (np.asarray(a, np.float64) - np.asarray(b, np.float64)) / E7 * METRES_PER_DEGREE
    return np.asarray(np.hypot(apart[..., 0] * np.cos(np.radians(np.asarray(a)[..., 1] / E7)), apart[..., 1]))


def _apart(points: Ints) -> list[Ints]:
    """Of points that stand for one crossing, the first."""
    kept: list[Ints] = []
    for point in points:
        if all(float(_metres(point, other)) > SAME_CROSSING_M for other in kept):
            kept.append(point)
    return kept
