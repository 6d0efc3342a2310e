"""Edges out of ways: split where roads meet, at what stops a vehicle and where they bend; joined so that every place
can be driven to and left."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from blockwise.exchange.folder.plane import METRES_PER_DEGREE, Plane

from .extract import Extract, Road

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
BEND_M: Final = 5.0  # how far an edge may lie from the road
STEP: Final = 10_000  # edges of one way are numbered below it
AGAINST: Final = STEP // 2  # added for the other direction, where that has another speed
SCRAP_M: Final = 1.0  # shorter edges are made this long, so that none takes no time


@dataclass
class Edges:
    """One row an edge, in arrays (n,): `lon`, `lat` (n, 2) of its ends in WGS84 degrees, km/h as posted or assumed."""

    edge: Ints
    ends: Ints  # (n, 2) nodes
    lon: Floats
    lat: Floats
    length_m: Floats
    oneway: NDArray[np.bool_]
    kmh: Floats
    road: Ints  # number of its road in the extract

    def kept(self, keep: NDArray[np.bool_]) -> Edges:
        return Edges(**{name: value[keep] for name, value in vars(self).items()})


@dataclass
class Cut:
    """What was done to what was read, counted."""

    missing_nodes: int = 0  # that ways name and the extract has not; the way is cut there
    stopped: int = 0  # places at which something stops a vehicle
    outside: int = 0  # edges outside the outline
    dropped: int = 0  # edges of parts that no road joins to the rest
    dropped_m: float = 0.0
    opened: list[int] = field(default_factory=list)  # one-way edges that would be a trap, driven both ways


@dataclass
class _Rows:
    edge: list[int] = field(default_factory=list)
    ends: list[tuple[int, int]] = field(default_factory=list)
    line: list[list[int]] = field(default_factory=list)  # positions in the extract's nodes
    oneway: list[bool] = field(default_factory=list)
    kmh: list[float] = field(default_factory=list)
    road: list[int] = field(default_factory=list)


def edges_of(extract: Extract) -> tuple[Edges, Cut]:
    """Every road of the extract as edges."""
    cut, rows = Cut(), _Rows()
    refs = np.frombuffer(extract.refs, np.int64)
    at = np.searchsorted(extract.ids, refs)
    at = np.where((at < len(extract.ids)) & (extract.ids[np.minimum(at, len(extract.ids) - 1)] == refs), at, -1)
    cut.missing_nodes = len(np.unique(refs[at < 0]))
    meets = _meeting(extract, at)
    stopped = np.isin(extract.ids, np.fromiter(extract.stopped, np.int64, len(extract.stopped)))
    keep = _bends(extract, at)
    fresh = -1
    for number, road in enumerate(extract.roads):
        pieces = _pieces(at[road.start : road.stop], meets, stopped, keep[road.start : road.stop])
        for k, piece in enumerate(pieces):
            start, stop = (int(extract.ids[piece[0]]), int(extract.ids[piece[-1]]))
            if stopped[piece[0]]:
                start, fresh = fresh, fresh - 1
            if stopped[piece[-1]]:
                stop, fresh = fresh, fresh - 1
            _append(rows, road, number, k, (start, stop), piece)
    cut.stopped = int(stopped.sum())
    return _edges(extract, rows), cut


def _meeting(extract: Extract, at: Ints) -> NDArray[np.bool_]:
    """Nodes at which ways end or meet, one with itself too."""
    times = np.bincount(at[at >= 0], minlength=len(extract.ids))
    ends = np.array([place for road in extract.roads for place in (road.start, road.stop - 1)], np.int64)
    found = times > 1
    found[at[ends][at[ends] >= 0]] = True
    return found


def _bends(extract: Extract, at: Ints) -> NDArray[np.bool_]:
    """By place in `refs`, whether the node is needed so that the edge lies within BEND_M of the road."""
    keep = np.zeros(len(at), bool)
    for road in extract.roads:
        own = at[road.start : road.stop]
        there = np.flatnonzero(own >= 0)
        if len(there) < 3:
            continue
        lon, lat = extract.lon[own[there]], extract.lat[own[there]]
        points = Plane(float(lon[0]), float(lat[0])).points(lon, lat)
        line = shapely.simplify(shapely.LineString(points), BEND_M, preserve_topology=False)
        left = {tuple(point) for point in shapely.get_coordinates(line).tolist()}
        keep[road.start + there] = [tuple(point) in left for point in points.tolist()]
    return keep


def _pieces(
    own: Ints, meets: NDArray[np.bool_], stopped: NDArray[np.bool_], keep: NDArray[np.bool_]
) -> list[list[int]]:
    """Runs of nodes (places among the extract's) that become an edge each: broken where a node is not there."""
    pieces: list[list[int]] = []
    run: list[int] = []
    for place, bend in zip(own.tolist(), keep.tolist(), strict=True):
        if place < 0:
            if len(run) > 1:
                pieces.append(run)
            run = []
            continue
        if run and run[-1] == place:
            continue  # the same node twice in a row
        run.append(place)
        if len(run) > 1 and (meets[place] or stopped[place] or bend):
            pieces.append(run)
            run = [place]
    if len(run) > 1:
        pieces.append(run)
    return pieces


def _append(rows: _Rows, road: Road, number: int, piece: int, ends: tuple[int, int], line: list[int]) -> None:
    along, against = road.driven.forward, road.driven.backward
    same = along is not None and against is not None and along.kmh == against.kmh
    for way, (limit, turned) in enumerate(((along, False), (against, True))):
        if limit is None or (turned and same):
            continue
        rows.edge.append(road.way * STEP + piece + (AGAINST if way else 0))
        rows.ends.append(ends[::-1] if turned else ends)
        rows.line.append(line[::-1] if turned else line)
        rows.oneway.append(not same)
        rows.kmh.append(limit.kmh)
        rows.road.append(number)


def _edges(extract: Extract, rows: _Rows) -> Edges:
    first, last = (np.array([line[end] for line in rows.line], np.int64) for end in (0, -1))
    lengths = _lengths(extract, rows.line)
    return Edges(
        edge=np.array(rows.edge, np.int64),
        ends=np.array(rows.ends, np.int64).reshape(-1, 2),
        lon=np.column_stack((extract.lon[first], extract.lon[last])),
        lat=np.column_stack((extract.lat[first], extract.lat[last])),
        length_m=np.maximum(lengths, SCRAP_M),
        oneway=np.array(rows.oneway, bool),
        kmh=np.array(rows.kmh),
        road=np.array(rows.road, np.int64),
    )


def _lengths(extract: Extract, lines: list[list[int]]) -> Floats:
    """Metres along each line, on a sphere made flat at each step."""
    sizes = np.array([len(line) for line in lines], np.int64)
    flat = np.array([place for line in lines for place in line], np.int64)
    lon, lat = extract.lon[flat], extract.lat[flat]
    east = np.diff(lon) * np.cos(np.radians((lat[1:] + lat[:-1]) / 2))
    steps = METRES_PER_DEGREE * np.hypot(east, np.diff(lat))
    starts = np.concatenate(([0], np.cumsum(sizes)))[:-1]
    steps = np.append(steps, 0.0)
    steps[starts[1:] - 1] = 0.0  # from the end of one line to the start of the next
    return np.add.reduceat(steps, starts) if len(starts) else np.empty(0)


def within(edges: Edges, area: shapely.Geometry, cut: Cut) -> Edges:
    """The edges of which an end lies in the area (WGS84 degrees)."""
    shapely.prepare(area)
    held = np.asarray(shapely.contains_xy(area, edges.lon, edges.lat), bool).reshape(-1, 2)
    inside = held[:, 0] | held[:, 1]
    cut.outside = int((~inside).sum())
    return edges.kept(inside)


def joined(edges: Edges, cut: Cut) -> Edges:
    """The part that hangs together, in which every place can be driven to and left: a one-way edge that leads out of
    or into a part which has no other way is driven both ways, as whoever is sent there does."""
    part = _parts(edges.ends)
    weight = np.bincount(part, edges.length_m)
    keep = np.isin(part, [weight.argmax()])
    cut.dropped, cut.dropped_m = int((~keep).sum()), float(edges.length_m[~keep].sum())
    edges = edges.kept(keep)
    oneway = edges.oneway.copy()
    while True:
        nodes, ends = np.unique(edges.ends, return_inverse=True)
        ends = ends.reshape(-1, 2)
        group = _strong(ends, oneway, len(nodes))
        trap = oneway & (group[ends[:, 0]] != group[ends[:, 1]])
        if not trap.any():
            break
        oneway &= ~trap
    cut.opened = edges.edge[edges.oneway & ~oneway].tolist()
    edges.oneway = oneway
    return edges


def _parts(ends: Ints) -> NDArray[np.integer]:
    """Of each edge, the number of the part that it lies in, whatever its direction."""
    nodes, places = np.unique(ends, return_inverse=True)
    places = places.reshape(-1, 2)
    graph = coo_array((np.ones(len(places), np.int8), (places[:, 0], places[:, 1])), shape=(len(nodes), len(nodes)))
    return np.asarray(connected_components(graph.tocsr(), directed=False)[1])[places[:, 0]]


def _strong(ends: Ints, oneway: NDArray[np.bool_], nodes: int) -> NDArray[np.integer]:
    tail = np.concatenate((ends[:, 0], ends[~oneway, 1]))
    head = np.concatenate((ends[:, 1], ends[~oneway, 0]))
    graph = coo_array((np.ones(len(tail), np.int8), (tail, head)), shape=(nodes, nodes)).tocsr()
    return np.asarray(connected_components(graph, directed=True, connection="strong")[1])


def assumed(edges: Edges, extract: Extract) -> Counter[str]:
    """Edges by class whose speed was not posted."""
    classes = [extract.roads[road].driven for road in edges.road.tolist()]
    return Counter(
        one.road_class for one in classes if not any(way.posted for way in (one.forward, one.backward) if way)
    )
