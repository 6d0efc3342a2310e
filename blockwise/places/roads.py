"""Travel times and ways on the city's own roads: its speed periods, and the closures in force."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time

import numpy as np
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from blockwise import clock
from blockwise.analysis.roads import Floats, RoadGraph, Route, Snap, paths_to, times_to
from blockwise.problems import NotFound

from .coordinates import E7
from .current import Places, Shut, places
from .models import RoadClosure
from .network import Network
from .segments import bearing


@dataclass(frozen=True)
class Way:
    """A way by road: WGS84 degrees (n, 2) from start to end, and the seconds (n) since the start at each."""

    points: Floats
    seconds: Floats


@dataclass(frozen=True)
class Closed:
    """A road that is closed: its ends (lon, lat in WGS84 degrees) and where it runs from the first of them (degrees
    clockwise from north); why, in which direction and how long."""

    edge: int
    line: tuple[tuple[float, float], tuple[float, float]]
    reason: str
    direction: str
    bearing: float
    starts_at: datetime
    ends_at: datetime | None


def travel_times(to: tuple[int, int], sources: NDArray[np.integer], at: datetime, limit_s: float = math.inf) -> Floats:
    """Seconds by road at a moment from each source (n, 2; lon, lat in 1e-7 degree) to one point.

    Infinite where there is no way within the limit. NotFound when no network is loaded.
    """
    return times_of(to, joined(sources), at, limit_s)


def joined(points: NDArray[np.integer]) -> Snap:
    """Where points (n, 2; lon, lat in 1e-7 degree) join the roads."""
    lon, lat = np.asarray(points, np.float64).reshape(-1, 2).T / E7
    return places().network.graph.nearest(lon, lat)


def times_of(to: tuple[int, int], sources: Snap, at: datetime, limit_s: float = math.inf) -> Floats:
    """`travel_times` of sources (n) that are joined already."""
    graph = graph_at(at)
    target = graph.nearest(to[0] / E7, to[1] / E7)
    return times_to(graph, period_at(places(), at), target, sources, limit_s)


def ways_to(end: tuple[int, int], starts: Sequence[tuple[int, int]], at: datetime) -> list[Way | None]:
    """The quickest way from each start to one point (lon, lat in 1e-7 degree), straight legs off the road included.

    One search whatever the number of starts; None where there is no way. NotFound when no network is loaded.
    """
    graph = graph_at(at)
    ends = np.array([*starts, end], np.float64) / E7
    snap = graph.nearest(*ends.T)
    *nodes, last = snap.node.tolist()
    *legs, to_end = snap.access_s.tolist()
    routes = paths_to(graph, period_at(places(), at), nodes, last)
    return [_way(graph, route, ends[k], ends[-1], legs[k], to_end) if route else None for k, route in enumerate(routes)]


def _way(graph: RoadGraph, route: Route, start: Floats, end: Floats, leg: float, to_end: float) -> Way:
    on_road = np.column_stack([graph.lon[route.nodes], graph.lat[route.nodes]])
    seconds = np.concatenate([[0.0], leg + route.seconds, [leg + route.seconds[-1] + to_end]])
    return Way(np.vstack([start, on_road, end]), seconds)


def graph_at(at: datetime) -> RoadGraph:
    """The road graph with the closures in force at a moment."""
    return places().graph(shut_at(at))


def shut_at(at: datetime) -> frozenset[Shut]:
    """The edges that are closed at a moment, each with its direction."""
    return frozenset(closures_at(at).values_list("edge", "direction"))


def middle_of(edge: int) -> tuple[int, int]:
    """The middle of an edge (lon, lat in 1e-7 degree). NotFound when the network has none of that id."""
    net = places().network
    found = np.flatnonzero(net.edge == edge)
    if not found.size:
        raise NotFound(_("There is no such road edge."), where="edge")
    at = int(found[0])
    return round((net.from_lon[at] + net.to_lon[at]) / 2 * E7), round((net.from_lat[at] + net.to_lat[at]) / 2 * E7)


def closed_at(at: datetime) -> list[Closed]:
    """The closures in force at a moment, on edges of the network in force."""
    return _closed(closures_at(at))


def not_opened(edges: Iterable[int]) -> list[Closed]:
    """The closures in force or to come on these edges, by their beginning."""
    return _closed(closures_left(clock.now()).filter(edge__in=list(edges)))


def closures_left(at: datetime) -> QuerySet[RoadClosure]:
    """The closures that are in force at a moment or come after it."""
    return RoadClosure.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at))


def _closed(rows: QuerySet[RoadClosure]) -> list[Closed]:
    found = list(rows.order_by("starts_at", "pk"))
    if not found:
        return []
    net = places().network
    there = np.flatnonzero(np.isin(net.edge, [row.edge for row in found]))
    position = dict(zip(net.edge[there].tolist(), there.tolist(), strict=True))
    return [_drawn(net, position[row.edge], row) for row in found if row.edge in position]


def _drawn(net: Network, at: int, row: RoadClosure) -> Closed:
    ends = (float(net.from_lon[at]), float(net.from_lat[at])), (float(net.to_lon[at]), float(net.to_lat[at]))
    return Closed(row.edge, ends, row.reason, row.direction, bearing(net, at), row.starts_at, row.ends_at)


def closures_at(at: datetime) -> QuerySet[RoadClosure]:
    """The closures in force at a moment."""
    return closures_left(at).filter(starts_at__lte=at)


def period_at(here: Places, at: datetime) -> str:
    """The key of the speed period in force at a moment, by the city's wall clock."""
    now = at.astimezone(here.zone).time().replace(tzinfo=None)
    for period in here.city.road_periods:
        starts, ends = time.fromisoformat(period["from"]), time.fromisoformat(period["to"])
        within = starts <= now < ends if starts < ends else now >= starts or now < ends
        if within:
            return str(period["key"])
    return str(here.city.road_periods[0]["key"])
