"""Road segments near a point, named as people name them: by their street, and the streets that cross at their ends."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext_lazy as _

from blockwise.analysis.roads import Floats
from blockwise.problems import Invalid

from .coordinates import E7
from .current import places
from .network import Network

NEAR_M = 60.0  # a point farther from every road means none of them
Name = tuple[str, str]  # zh, en; both empty where there is none


@dataclass(frozen=True)
class Segment:
    """A road edge, `metres` from the point asked for. `ends`: the streets that cross at its two ends; `bearing`: where
    it runs from the first end to the second, degrees clockwise from north."""

    edge: int
    name: Name
    ends: tuple[Name, Name]
    metres: float
    oneway: bool
    bearing: float


def segments_near(lon_e7: int, lat_e7: int, most: int = 1, within_m: float = NEAR_M) -> list[Segment]:
    """The edges whose straight lines come nearest to a point, nearest first. Invalid where none does within so far."""
    net = places().network
    metres = _metres(net, lon_e7 / E7, lat_e7 / E7)
    nearest = [k for k in np.argsort(metres, kind="stable")[:most].tolist() if metres[k] <= within_m]
    if not nearest:
        fix = _("Give a point on the road itself.")
        raise Invalid(_("No road lies within %d metres.") % within_m, where="lon, lat", fix=fix)
    return [_segment(net, k, float(metres[k])) for k in nearest]


def bearing(net: Network, row: int) -> float:
    """Where an edge runs, degrees clockwise from north."""
    north = net.to_lat[row] - net.from_lat[row]
    east = (net.to_lon[row] - net.from_lon[row]) * math.cos(math.radians(float(net.from_lat[row])))
    return math.degrees(math.atan2(east, north)) % 360


def _metres(net: Network, lon: float, lat: float) -> Floats:
    start, end = net.graph.project(net.from_lon, net.from_lat), net.graph.project(net.to_lon, net.to_lat)
    point, along = net.graph.project(lon, lat), end - start
    length2 = np.maximum((along**2).sum(axis=1), 1e-9)
    share = np.clip(((point - start) * along).sum(axis=1) / length2, 0.0, 1.0)
    return np.asarray(np.hypot(*(start + share[:, None] * along - point).T))


def _segment(net: Network, row: int, metres: float) -> Segment:
    ends = _crossing(net, row, net.from_node[row]), _crossing(net, row, net.to_node[row])
    name = net.names[net.street[row]]
    return Segment(int(net.edge[row]), name, ends, metres, bool(net.oneway[row]), bearing(net, row))


def _crossing(net: Network, row: int, node: int) -> Name:
    """The street that meets the edge's own at a node."""
    meeting = np.flatnonzero((net.from_node == node) | (net.to_node == node))
    others = (net.names[k] for k in net.street[meeting].tolist() if k != net.street[row])
    return next((name for name in others if any(name)), ("", ""))
