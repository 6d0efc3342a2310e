"""Travel times, ways and rings on the city's own roads: its speed periods, and the closures in force."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

import numpy as np
import shapely
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from blockwise.analysis import rings as areas
from blockwise.analysis.roads import Floats, RoadGraph, Snap, path, times_to
from blockwise.problems import Invalid, NotFound

from .coordinates import E7
from .current import Places, places
from .models import RoadClosure

NEAR_M = 60.0  # a point farther from every road means none of them


@dataclass(frozen=True)
class Way:
    """A way by road: WGS84 degrees (n, 2) from start to end, and the seconds (n) since the start at each."""

    points: Floats
    seconds: Floats


@dataclass(frozen=True)
class Closed:
    """A road that is closed: its ends (lon, lat in WGS84 degrees), and why."""

    line: tuple[tuple[float, float], tuple[float, float]]
    reason: str


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


def rings(
    lon_e7: int, lat_e7: int, at: datetime, minutes: Sequence[float] | None = None
) -> list[tuple[float, shapely.MultiPolygon]]:
    """Minutes and the area (WGS84 degrees) reached within them; the city's own rings when none are given."""
    here = places()
    wanted = [float(m) for m in (minutes or here.city.rings)]
    found = areas.rings(graph_at(at), period_at(here, at), lon_e7 / E7, lat_e7 / E7, wanted)
    return list(zip(wanted, found, strict=True))


def way(start: tuple[int, int], end: tuple[int, int], at: datetime) -> Way | None:
    """The quickest way between two points (lon, lat in 1e-7 degree), straight legs off the road included."""
    graph = graph_at(at)
    ends = np.array([start, end], np.float64) / E7
    snap = graph.nearest(*ends.T)
    route = path(graph, period_at(places(), at), int(snap.node[0]), int(snap.node[1]))
    if route is None:
        return None
    first, last = snap.access_s
    on_road = np.column_stack([graph.lon[route.nodes], graph.lat[route.nodes]])
    seconds = np.concatenate([[0.0], first + route.seconds, [first + route.seconds[-1] + last]])
    return Way(np.vstack([ends[0], on_road, ends[1]]), seconds)


def graph_at(at: datetime) -> RoadGraph:
    """The road graph with the closures in force at a moment."""
    return places().graph(frozenset(closures_at(at).values_list("edge", flat=True)))


def edge_near(lon_e7: int, lat_e7: int, within_m: float = NEAR_M) -> int:
    """The edge whose straight line comes nearest to a point. Invalid where none does within so many metres."""
    net = places().network
    start, end = net.graph.project(net.from_lon, net.from_lat), net.graph.project(net.to_lon, net.to_lat)
    point, along = net.graph.project(lon_e7 / E7, lat_e7 / E7), end - start
    length2 = np.maximum((along**2).sum(axis=1), 1e-9)
    share = np.clip(((point - start) * along).sum(axis=1) / length2, 0.0, 1.0)
    metres = np.hypot(*(start + share[:, None] * along - point).T)
    nearest = int(np.argmin(metres))
    if metres[nearest] > within_m:
        fix = _("Give a point on the road itself.")
        raise Invalid(_("No road lies within %d metres.") % within_m, where="lon, lat", fix=fix)
    return int(net.edge[nearest])


def middle_of(edge: int) -> tuple[int, int]:
    """The middle of an edge (lon, lat in 1e-7 degree). NotFound when the network has none of that id."""
    net = places().network
    found = np.flatnonzero(net.edge == edge)
    if not found.size:
        raise NotFound(_("There is no such road edge."), where="edge")
    at = int(found[0])
    return round((net.from_lon[at] + net.to_lon[at]) / 2 * E7), round((net.from_lat[at] + net.to_lat[at]) / 2 * E7)


def closed_at(at: datetime) -> list[Closed]:
    """The road edges that are closed at a moment, those of the network in force."""
    reasons = dict(closures_at(at).order_by("starts_at").values_list("edge", "reason"))
    if not reasons:
        return []
    net = places().network
    found = np.flatnonzero(np.isin(net.edge, list(reasons)))
    ends = np.stack([net.from_lon, net.from_lat, net.to_lon, net.to_lat], axis=1)[found].tolist()
    return [
        Closed(((a, b), (c, d)), reasons[edge])
        for edge, (a, b, c, d) in zip(net.edge[found].tolist(), ends, strict=True)
    ]


def closures_at(at: datetime) -> QuerySet[RoadClosure]:
    """The closures in force at a moment."""
    return RoadClosure.objects.filter(Q(ends_at=None) | Q(ends_at__gt=at), starts_at__lte=at)


def period_at(here: Places, at: datetime) -> str:
    """The key of the speed period in force at a moment, by the city's wall clock."""
    clock = at.astimezone(here.zone).time().replace(tzinfo=None)
    for period in here.city.road_periods:
        starts, ends = time.fromisoformat(period["from"]), time.fromisoformat(period["to"])
        within = starts <= clock < ends if starts < ends else clock >= starts or clock < ends
        if within:
            return str(period["key"])
    return str(here.city.road_periods[0]["key"])
