"""The road graph: edges once, nodes in one place, lengths possible, everything connected."""

from typing import Final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from blockwise.exchange.folder.measures import doubtful_speeds, slow_speeds, straight_m, wrong_length_unit
from blockwise.exchange.folder.problems import Problems
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
    doubtful_speeds(roads, problems)
    slow_speeds(roads, problems)
    _check_connected(roads, problems)


def _check_once(roads: Roads, problems: Problems) -> None:
    _, first, inverse = np.unique(roads.edge, return_index=True, return_inverse=True)

    def what(row: int) -> str:
        return f"edge {roads.edge[row]} is there twice; first in row {first[inverse[row]] + 1}"

    problems.rows(FILE, first[inverse] != np.arange(len(roads.edge)), what, "Give every edge its own number")


def _check_nodes(roads: Roads, problems: Problems) -> None:
    nodes = np.concatenate((roads.from_node, roads.to_node))
    lon = np.concatenate((roads.from_lon, roads.to_lon))
    lat = np.concatenate((roads.from_lat, roads.to_lat))
    _, first, inverse = np.unique(nodes, return_index=True, return_inverse=True)
    home = first[inverse]
    off = np.maximum(np.abs(lon - lon[home]), np.abs(lat - lat[home])) > SAME_PLACE_DEGREES
    edges = len(roads.edge)

    def what(entry: int) -> str:
        other = home[entry]
        return (
            f"node {nodes[entry]} is at lon {lon[entry]:.6f}, lat {lat[entry]:.6f} here and at"
            f" lon {lon[other]:.6f}, lat {lat[other]:.6f} in row {other % edges + 1}"
        )

    problems.rows(FILE, off.reshape(2, edges), what, "Give every node one place")


def _check_lengths(roads: Roads, problems: Problems) -> None:
    if wrong_length_unit(roads, problems):
        return
    straight = straight_m(roads)

    def what(row: int) -> str:
        return f"edge {roads.edge[row]} has {roads.length_m[row]:,.0f} m, but its ends are {straight[row]:,.0f} m apart"

    short = roads.length_m < straight * _SHORTEST_SHARE - _ROUNDING_M
    problems.rows(FILE, short, what, "Correct the length or the points")


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
