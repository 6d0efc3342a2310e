"""Travel times on a road graph: one bounded shortest-path run answers for all units at once.

Shortest paths are Dijkstra's (1959) as compiled in scipy; on 40,000 nodes and 150,000 arcs a run bounded
at 900 s takes 2 to 4 ms. A place off the network is joined to its nearest node by a straight leg covered
at ACCESS_MPS. Positions are WGS84 degrees, times seconds, lengths metres.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import scipy  # its parts are loaded as they are used: they take longer than all else of a command's start
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Indices = NDArray[np.int32]

ACCESS_MPS: Final = 5.0  # pace of the straight leg between a place and its nearest node: 18 km/h
METRES_PER_DEGREE: Final = 111_195.0  # of latitude, on a sphere of radius 6,371 km
MIN_PART: Final = 16  # a place is never joined to an isolated scrap of road with fewer nodes than this
_NO_LIMIT: Final = 1e12  # seconds; finite, so that a closed arc (infinite) is never entered


class Snap(NamedTuple):
    """Where places join the graph: node indices and the metres to them, both of one shape."""

    node: Ints
    metres: Floats

    @property
    def access_s(self) -> Floats:
        return self.metres / ACCESS_MPS


@dataclass(frozen=True)
class Route:
    """A quickest way: node indices (n), and at each the seconds since its first node."""

    nodes: Ints
    seconds: Floats


@dataclass(frozen=True, eq=False)
class RoadGraph:
    """Nodes (n) and directed arcs (a), arcs sorted by tail; a two-way edge is two arcs of one edge id."""

    node: Ints  # (n) the city's own node ids
    lon: Floats  # (n)
    lat: Floats  # (n)
    edge: Ints  # (a) the city's own edge ids
    tail: Indices  # (a) node index
    head: Indices  # (a) node index
    length_m: Floats  # (a)
    seconds: Mapping[str, Floats]  # per speed period (a); infinite where closed
    closed: frozenset[int] = frozenset()
    _matrices: dict[tuple[str, bool], scipy.sparse.csr_array] = field(default_factory=dict, repr=False)

    @property
    def periods(self) -> tuple[str, ...]:
        return tuple(self.seconds)

    def with_closures(self, edges: Iterable[int], one_way: Iterable[tuple[int, int]] = ()) -> RoadGraph:
        """The same graph with these edge ids closed in both directions (besides those closed already).

        `one_way`: edges closed in one direction only, each with the city's id of the node it would be driven from.
        """
        new, single = frozenset(edges) - self.closed, tuple(one_way)
        if not new and not single:
            return self
        shut = np.isin(self.edge, np.fromiter(new, np.int64, len(new)))
        for edge, start in single:
            shut |= (self.edge == edge) & (self.node[self.tail] == start)
        seconds = {period: np.where(shut, np.inf, cost) for period, cost in self.seconds.items()}
        closed = replace(self, seconds=seconds, closed=self.closed | new, _matrices={})
        for shared in ("metres", "_nearest", "_by_head"):
            if shared in self.__dict__:
                closed.__dict__[shared] = self.__dict__[shared]
        return closed

    def nearest(self, lon: ArrayLike, lat: ArrayLike) -> Snap:
        """The nearest node of each place and the straight distance, skipping isolated scraps of road.

        Finite degrees of any one shape. ValueError for a graph without nodes or a place that is not finite.
        """
        usable, tree = self._nearest
        metres, found = tree.query(self.project(lon, lat))
        return Snap(np.asarray(usable[found]), np.asarray(metres))

    def project(self, lon: ArrayLike, lat: ArrayLike) -> Floats:
        """Equirectangular metres (..., 2) from the graph's south-west corner, true at its middle latitude."""
        x = (np.asarray(lon, np.float64) - self.lon.min()) * self._metres_per_degree_lon
        y = (np.asarray(lat, np.float64) - self.lat.min()) * METRES_PER_DEGREE
        return np.stack([x, y], axis=-1)

    def unproject(self, xy: Floats) -> Floats:
        """Degrees (..., 2) of projected metres (..., 2)."""
        scale = np.array([self._metres_per_degree_lon, METRES_PER_DEGREE])
        return np.asarray(xy / scale + np.array([self.lon.min(), self.lat.min()]))

    def matrix(self, period: str, *, reverse: bool = False) -> scipy.sparse.csr_array:
        """Seconds as a sparse matrix, from row to column (reversed: into row from column); kept once made."""
        key = (period, reverse)
        if key not in self._matrices:
            cost = self.seconds[period]
            order, near, far = self._by_head if reverse else (slice(None), self.tail, self.head)
            starts = np.searchsorted(near, np.arange(self.node.size + 1)).astype(np.int32)
            size = self.node.size
            self._matrices[key] = scipy.sparse.csr_array((cost[order], far, starts), shape=(size, size))
        return self._matrices[key]

    @cached_property
    def metres(self) -> Floats:
        """Projected node positions (n, 2)."""
        return self.project(self.lon, self.lat)

    @cached_property
    def _metres_per_degree_lon(self) -> float:
        middle = (float(self.lat.min()) + float(self.lat.max())) / 2
        return METRES_PER_DEGREE * math.cos(math.radians(middle))

    @cached_property
    def _by_head(self) -> tuple[Ints, Indices, Indices]:
        order = np.argsort(self.head, kind="stable")
        return order, self.head[order], self.tail[order]

    @cached_property
    def _nearest(self) -> tuple[Ints, scipy.spatial.cKDTree]:
        if not self.node.size:
            raise ValueError("the road network has no nodes")
        links = scipy.sparse.csr_array(
            (np.ones(self.tail.size), (self.tail, self.head)), shape=(self.node.size, self.node.size)
        )
        _, part = scipy.sparse.csgraph.connected_components(links, connection="strong")
        size = np.bincount(part)
        usable = np.flatnonzero(size[part] >= min(MIN_PART, size.max()))
        return usable, scipy.spatial.cKDTree(self.metres[usable])


def build_graph(
    *,
    edge: ArrayLike,
    from_node: ArrayLike,
    to_node: ArrayLike,
    from_lon: ArrayLike,
    from_lat: ArrayLike,
    to_lon: ArrayLike,
    to_lat: ArrayLike,
    length_m: ArrayLike,
    oneway: ArrayLike,
    speeds_kmh: Mapping[str, ArrayLike],
) -> RoadGraph:
    """The graph of edges (e): ids, end nodes and positions, metres, one-way flags, km/h per period.

    ValueError names the first edge whose position, length (>= 0) or speed (> 0) cannot be used.
    """
    ids, start, end = (np.asarray(a, np.int64) for a in (edge, from_node, to_node))
    ends = [np.asarray(a, np.float64) for a in (from_lon, from_lat, to_lon, to_lat)]
    length, both = np.asarray(length_m, np.float64), ~np.asarray(oneway, np.bool_)
    speeds = {period: np.asarray(kmh, np.float64) for period, kmh in speeds_kmh.items()}
    _refuse(ids, ~np.isfinite(np.sum(ends, axis=0)), "a position that is not finite")
    _refuse(ids, ~(np.isfinite(length) & (length >= 0)), "a length that is not zero or more metres")
    for period, kmh in speeds.items():
        _refuse(ids, ~(np.isfinite(kmh) & (kmh > 0)), f"a speed in period {period} that is not above zero")
    node, first, place = np.unique(np.concatenate([start, end]), return_index=True, return_inverse=True)
    tail, head = place[: ids.size], place[ids.size :]
    tails = np.concatenate([tail, head[both]])
    order = np.argsort(tails, kind="stable")
    row = np.concatenate([np.arange(ids.size), np.flatnonzero(both)])[order]
    return RoadGraph(
        node=node,
        lon=np.concatenate([ends[0], ends[2]])[first],
        lat=np.concatenate([ends[1], ends[3]])[first],
        edge=ids[row],
        tail=tails[order].astype(np.int32),
        head=np.concatenate([head, tail[both]])[order].astype(np.int32),
        length_m=length[row],
        seconds={period: (length / (kmh / 3.6))[row] for period, kmh in speeds.items()},
    )


def _refuse(ids: Ints, bad: NDArray[np.bool_], what: str) -> None:
    if bad.any():
        raise ValueError(f"edge {ids[np.argmax(bad)]} has {what}")


def times_to(graph: RoadGraph, period: str, target: Snap, sources: Snap, limit_s: float = math.inf) -> Floats:
    """Seconds from every source (any shape) to the one target; infinite beyond `limit_s` or unreachable.

    One run from the target on the reversed graph; access legs of both ends are counted.
    """
    total = node_times_to(graph, period, target, limit_s)[sources.node] + sources.access_s
    return np.where(total <= limit_s, total, np.inf)


def node_times(graph: RoadGraph, period: str, origin: Snap, limit_s: float = math.inf) -> Floats:
    """Seconds (n) from the one origin, its access leg included, to every node; infinite beyond `limit_s`."""
    return _from_node(graph.matrix(period), origin, limit_s)


def node_times_to(graph: RoadGraph, period: str, target: Snap, limit_s: float = math.inf) -> Floats:
    """Seconds (n) from every node to the one target, its access leg included; infinite beyond `limit_s`."""
    return _from_node(graph.matrix(period, reverse=True), target, limit_s)


def _from_node(matrix: scipy.sparse.csr_array, centre: Snap, limit_s: float) -> Floats:
    access = float(centre.access_s)
    bound = min(limit_s, _NO_LIMIT) - access
    if bound < 0:
        return np.full(matrix.shape[0], np.inf)
    return np.asarray(scipy.sparse.csgraph.dijkstra(matrix, indices=[int(centre.node)], limit=bound)[0] + access)


def paths_to(graph: RoadGraph, period: str, starts: Iterable[int], end: int) -> list[Route | None]:
    """The quickest way from each of some node indices to one, by one search; None where there is none."""
    matrix = graph.matrix(period, reverse=True)
    (left,), (after,) = scipy.sparse.csgraph.dijkstra(matrix, indices=[end], limit=_NO_LIMIT, return_predecessors=True)
    return [_followed(start, end, left, after) for start in starts]


def _followed(start: int, end: int, left: Floats, after: Indices) -> Route | None:
    if not np.isfinite(left[start]):
        return None
    nodes = [start]
    while nodes[-1] != end:
        nodes.append(int(after[nodes[-1]]))
    way = np.array(nodes, np.int64)
    return Route(way, np.asarray(left[start] - left[way]))
