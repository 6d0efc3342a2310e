"""The road graph: edges once, nodes in one place, lengths possible, everything connected."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from blockwise.exchange.folder.plane import METRES_PER_DEGREE
from blockwise.exchange.folder.problems import SHOWN_OF_A_KIND, Problems
from blockwise.exchange.folder.rows import CityFolder, Roads

FILE: Final = "roads.parquet"
MOST_CUT_OFF: Final = 0.1  # share of nodes that may lie outside the largest connected part
SAME_PLACE_DEGREES: Final = 1e-6
_SHORTEST_SHARE: Final = 0.95
_ROUNDING_M: Final = 5.0


def check_roads(folder: CityFolder, problems: Problems) -> None:
    """Notes faults of the graph; rows are numbered from 1 as lines."""
    roads = folder.roads
    if not len(roads.edge):
        return
    _check_once(roads, problems)
    _check_nodes(roads, problems)
    _check_lengths(roads, problems)
    _check_connected(roads, problems)


def _check_once(roads: Roads, problems: Problems) -> None:
    _, first, inverse = np.unique(roads.edge, return_index=True, return_inverse=True)
    for row in _first(first[inverse] != np.arange(len(roads.edge))):
        what = f"edge {roads.edge[row]} is there twice; first in row {first[inverse[row]] + 1}"
        problems.error(FILE, row + 1, what, "Give every edge its own number")


def _check_nodes(roads: Roads, problems: Problems) -> None:
    nodes = np.concatenate((roads.from_node, roads.to_node))
    lon = np.concatenate((roads.from_lon, roads.to_lon))
    lat = np.concatenate((roads.from_lat, roads.to_lat))
    _, first, inverse = np.unique(nodes, return_index=True, return_inverse=True)
    home = first[inverse]
    off = np.maximum(np.abs(lon - lon[home]), np.abs(lat - lat[home])) > SAME_PLACE_DEGREES
    for entry in _first(off):
        row = entry % len(roads.edge)
        other = home[entry]
        what = (
            f"node {nodes[entry]} is at lon {lon[entry]:.6f}, lat {lat[entry]:.6f} here and at"
            f" lon {lon[other]:.6f}, lat {lat[other]:.6f} in row {other % len(roads.edge) + 1}"
        )
        problems.error(FILE, row + 1, what, "Give every node one place")


def _check_lengths(roads: Roads, problems: Problems) -> None:
    east = np.cos(np.radians((roads.from_lat + roads.to_lat) / 2))
    straight = METRES_PER_DEGREE * np.hypot((roads.to_lon - roads.from_lon) * east, roads.to_lat - roads.from_lat)
    for row in _first(roads.length_m < straight * _SHORTEST_SHARE - _ROUNDING_M):
        what = f"edge {roads.edge[row]} has {roads.length_m[row]:,.0f} m, but its ends are {straight[row]:,.0f} m apart"
        problems.error(FILE, row + 1, what, "Correct the length or the points")


def _check_connected(roads: Roads, problems: Problems) -> None:
    """Both ways at once: a node counts when one can drive from it to the network and back."""
    nodes, ends = np.unique(np.concatenate((roads.from_node, roads.to_node)), return_inverse=True)
    start, end = ends[: len(roads.edge)], ends[len(roads.edge) :]
    both = ~roads.oneway
    tail, head = np.concatenate((start, end[both])), np.concatenate((end, start[both]))
    ones = np.ones(len(tail), dtype=np.int8)
    graph = coo_array((ones, (tail, head)), shape=(len(nodes), len(nodes))).tocsr()
    _, part = connected_components(graph, directed=True, connection="strong")
    cut_off = part != np.bincount(part).argmax()
    if not cut_off.any():
        return
    share = cut_off.mean()
    what = (
        f"{cut_off.sum():,} of {len(nodes):,} nodes ({share:.1%}) cannot be driven to from the rest and back,"
        f" node {nodes[cut_off][0]} among them"
    )
    note = problems.error if share > MOST_CUT_OFF else problems.warning
    note(FILE, None, what, "Connect them; without that, travel times to them are unknown")


def _first(wrong: NDArray[np.bool_]) -> list[int]:
    found: list[int] = np.flatnonzero(wrong)[: SHOWN_OF_A_KIND + 1].tolist()
    return found
