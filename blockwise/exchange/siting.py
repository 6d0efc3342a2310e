"""Demand, sites and what lies between them, for a choice of sites: CSV, a table of costs, or two benchmark formats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from blockwise.analysis.cover.problem import MOST_PAIRS, too_many
from blockwise.analysis.distance import EARTH_RADIUS_KM, great_circle_km
from blockwise.exchange.blocks import blocks, fault
from blockwise.exchange.tables import TEXT, Cell, Table, read_csv
from blockwise.problems import Invalid

Floats = NDArray[np.float64]
NAMES: Final = ("name", "id", "place", "area", "cell")
WEIGHT: Final = Cell("number", 0, 1e15)
COST: Final = Cell("number", 0, 1e15)
METRES: Final = Cell("number", -1e9, 1e9)
LONGITUDE, LATITUDE = Cell("number", -180, 180), Cell("number", -90, 90)
SAME: Final = 1e-9  # share of the radius by which rounding may put a demand beyond it
MOST_NODES: Final = 5_000


@dataclass(frozen=True)
class Points:
    """Rows (n) of a file: their names, weights and, where they are given, positions in metres (n, 2) or degrees."""

    names: tuple[Any, ...]
    weight: Floats
    at: Floats | None
    in_degrees: bool
    table: Table | None

    def fault(self, row: int, what: str, fix: str) -> Invalid:
        return self.table.fault(row, what, fix) if self.table else Invalid(what, fix=fix, more={})


@dataclass(frozen=True)
class Siting:
    """`demand` (n) and `sites` (m); `costs` (n, m) where they were given or follow from a network, inf: no way.

    Without them the distance in metres counts. `facilities`: how many a file itself asks for.
    """

    demand: Points
    sites: Points
    costs: Floats | None
    facilities: int | None = None

    def distances(self) -> Floats:
        """Of each demand to each site (n, m), in metres or the unit of the costs. Invalid for too many pairs."""
        if self.costs is not None:
            return self.costs
        _few(self.demand.weight.size * self.sites.weight.size)
        one, other = _positions(self.demand), _positions(self.sites)
        if self.demand.in_degrees:
            return 1e3 * great_circle_km(*one.T[:, :, None], *other.T[:, None, :])
        return np.asarray(np.hypot(*(one.T[:, :, None] - other.T[:, None, :])))

    def covers(self, radius: float) -> csr_array:
        """Whether each site is within `radius` of each demand (n, m), that distance itself included."""
        reach = radius * (1 + SAME)
        if self.costs is not None:
            return csr_array(self.costs <= reach)
        one, other = (_space(points) for points in (self.demand, self.sites))
        if self.demand.in_degrees:  # the chord under an arc of this length
            earth = 1e3 * EARTH_RADIUS_KM
            reach = 2 * earth * np.sin(min(reach / 2 / earth, np.pi / 2))
        near = cKDTree(one)
        sizes = np.asarray(near.query_ball_point(other, reach, return_length=True), dtype=np.int64)
        _few(int(sizes.sum()))
        rows = np.empty(sizes.sum(), dtype=np.int64)
        ends = np.cumsum(sizes)
        for site, point in enumerate(other):
            rows[ends[site] - sizes[site] : ends[site]] = near.query_ball_point(point, reach)
        found: Any = (np.ones(rows.size, dtype=np.bool_), (rows, np.repeat(np.arange(sizes.size), sizes)))
        return csr_array(found, shape=(len(one), len(other)))


def read_siting(demand: Path, sites: Path | None, times: Path | None) -> Siting:
    """What the files ask. Without `sites`, those of `times`, else every demand's own place. Raises Invalid.

    `demand` may be an OR-Library p-median network (nodes, edges and p; then an edge a line, of which the last given
    counts) or a file of the maximal-covering benchmarks (number, weight, p, S; then x, y, weight a line).
    """
    first = _lines(demand, 1)[0][1].split()
    if "," not in " ".join(first) and len(first) == 3 and all(_is_number(one) for one in first):
        for given in (sites, times):
            if given is not None and given != demand:
                raise fault(given, None, "A network brings its own sites and ways.", "Leave --sites and --times out.")
        return _network(demand)
    if "," not in " ".join(first) and len(first) == 4 and _is_number(first[0]) and not _is_number(first[3]):
        if times is not None:
            raise fault(times, None, "The demand has no names that a table of costs could use.", "Leave --times out.")
        points = _benchmark(demand)
        return Siting(points, points if sites in (None, demand) else _points(sites, "site", None), None)
    asked = _points(demand, "demand", times)
    if times is not None:
        return _timed(asked, None if sites is None else _points(sites, "site", times), times)
    offered = asked if sites is None else _points(sites, "site", None)
    if asked.in_degrees != offered.in_degrees:
        what = "The demand is in degrees and the sites are in metres, or the other way round."
        raise fault(sites or demand, 1, what, "Give both as lon,lat or both as x,y.")
    return Siting(asked, offered, None)


def _points(path: Path, own: str, times: Path | None) -> Points:
    """Rows with x,y or lon,lat, a weight (else 1) and a name (else their number); with `times` without positions."""
    optional = {
        "x": METRES, "y": METRES, "lon": LONGITUDE, "lat": LATITUDE, "weight": WEIGHT,
        **dict.fromkeys((own, *NAMES), TEXT),
    }  # fmt: skip
    table = read_csv(path, {}, optional)
    pair = next((pair for pair in (("x", "y"), ("lon", "lat")) if all(one in table for one in pair)), None)
    if pair is None and times is None:
        raise fault(path, 1, "There are no columns x and y, or lon and lat.", "Give positions, or costs by --times.")
    weight = table.numbers("weight") if "weight" in table else np.ones(table.size)
    named = next((one for one in (own, *NAMES) if one in table), None)
    names: tuple[Any, ...] = tuple(range(1, table.size + 1))
    if named is not None:
        texts = table.texts(named)
        names = tuple(texts.names[code] for code in texts.codes.tolist())
        twice = np.flatnonzero(np.bincount(texts.codes)[texts.codes] > 1)[1:2].tolist()
        for row in twice:
            raise table.fault(row, f"“{names[row][:60]}” is there twice.", "Give each its own name, or add them up.")
    at = None if pair is None else np.stack([table.numbers(one) for one in pair], axis=1)
    return Points(names, weight, at, pair == ("lon", "lat"), table)


def _timed(asked: Points, offered: Points | None, path: Path) -> Siting:
    """Costs from a table demand,site,cost; a pair it lacks has no way, a site that is not offered is passed over."""
    table = read_csv(path, {"demand": TEXT, "site": TEXT, "cost": COST})
    rows, columns = _matched(table, "demand", asked.names), np.arange(0)
    if offered is None:
        texts = table.texts("site")
        offered, columns = Points(texts.names, np.ones(len(texts.names)), None, False, table), texts.codes.astype(int)
    else:
        columns = _listed(table, "site", offered.names)
        for site in np.flatnonzero(np.bincount(columns[columns >= 0], minlength=len(offered.names)) == 0)[:1].tolist():
            raise offered.fault(site, f"No cost leads to the site “{offered.names[site]}”.", f"Add it to {path}.")
    _few(len(asked.names) * len(offered.names))
    costs = np.full((len(asked.names), len(offered.names)), np.inf)
    kept = np.flatnonzero(columns >= 0)
    key = rows[kept] * costs.shape[1] + columns[kept]
    order = np.argsort(key, kind="stable")
    for again in kept[order[1:]][np.diff(key[order]) == 0][:1].tolist():
        raise table.fault(again, "This pair of a demand and a site is there twice.", "Keep one of them.")
    costs[rows[kept], columns[kept]] = table.numbers("cost")[kept]
    return Siting(asked, offered, costs)


def _matched(table: Table, column: str, names: Sequence[Any]) -> NDArray[np.int64]:
    """The index of each row's name. Invalid at the first that is none of them."""
    index, texts = _listed(table, column, names), table.texts(column)
    for row in np.flatnonzero(index < 0)[:1].tolist():
        what = f"The {column} “{texts.names[texts.codes[row]][:60]}” is in no row of its file."
        raise table.fault(row, what, f"Name it there in a column {column}, or leave the row out.")
    return index


def _listed(table: Table, column: str, names: Sequence[Any]) -> NDArray[np.int64]:
    """The index of each row's name, -1 where it is none of them."""
    texts = table.texts(column)
    known = {str(name): index for index, name in enumerate(names)}
    return np.array([known.get(name, -1) for name in texts.names], dtype=np.int64)[texts.codes]


def _network(path: Path) -> Siting:
    """All shortest ways of an undirected network; each node is a demand of weight 1 and a site."""
    (line, head), *rest = _lines(path)
    nodes, edges, facilities = (_whole(path, line, one) for one in head.split())
    if not 1 <= nodes <= MOST_NODES:
        raise fault(path, line, f"{nodes:,} nodes are not 1 to {MOST_NODES:,}.", "Give a network of that size.")
    if len(rest) != edges:
        raise fault(path, None, f"The first line announces {edges:,} edges; there are {len(rest):,}.", "Correct it.")
    costs = np.full((nodes, nodes), np.inf)
    for number, text in rest:
        cells = text.split()
        if len(cells) != 3 or not all(_is_number(one) for one in cells):
            raise fault(path, number, "The line is not two nodes and a cost.", "A line gives node, node, cost.")
        one, other = (_whole(path, number, cell) - 1 for cell in cells[:2])
        if not (0 <= one < nodes and 0 <= other < nodes) or float(cells[2]) < 0:
            raise fault(path, number, f"The nodes are 1 to {nodes:,}, and a cost is 0 or more.", "Correct the line.")
        costs[one, other] = costs[other, one] = float(cells[2])
    weight = np.ones(nodes)
    names = tuple(range(1, nodes + 1))
    points = Points(names, weight, None, False, None)
    starts, ends = np.nonzero(np.isfinite(costs))
    edges_between: Any = (costs[starts, ends], (starts, ends))
    ways = dijkstra(csr_array(edges_between, shape=costs.shape), directed=False)
    return Siting(points, points, np.asarray(ways), facilities)


def _benchmark(path: Path) -> Points:
    rows = []
    (line, head), *rest = _lines(path)
    for number, text in rest:
        cells = text.split()
        if len(cells) != 3 or not all(_is_number(one) for one in cells) or float(cells[2]) < 0:
            raise fault(path, number, "The line is not x, y and a weight of 0 or more.", "A line gives x, y, weight.")
        if max(abs(float(one)) for one in cells) > METRES.high:
            raise fault(path, number, f"A number is more than {METRES.high:g}.", "Correct it.")
        rows.append([float(one) for one in cells])
    if not rows or len(rows) != _whole(path, line, head.split()[0]):
        announced = head.split()[0]
        raise fault(
            path, None, f"The first line announces {announced} demands; there are {len(rows):,}.", "Correct it."
        )
    table = np.array(rows)
    return Points(tuple(range(1, len(rows) + 1)), table[:, 2], table[:, :2], False, None)


def _lines(path: Path, most: int | None = None) -> list[tuple[int, str]]:
    """(number, text) of the lines that are not blank. Invalid when there is none."""
    found: list[tuple[int, str]] = []
    for first, block in blocks(path):
        for number, text in enumerate(block.decode().split("\n"), start=first):
            if text.strip():
                found.append((number, text.strip()))
                if most and len(found) == most:
                    return found
    if not found:
        raise fault(path, None, "The file has no rows.", "Give a table with at least one row.")
    return found


def _whole(path: Path, line: int, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise fault(path, line, f"“{text[:40]}” is not a whole number.", "Correct it.") from None


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def _positions(points: Points) -> Floats:
    assert points.at is not None
    return points.at


def _space(points: Points) -> Floats:
    """Positions in metres: on the plane, or in space on the sphere."""
    at = _positions(points)
    if not points.in_degrees:
        return at
    x, y = np.radians(at).T
    return 1e3 * EARTH_RADIUS_KM * np.stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)], axis=1)


def _few(pairs: int) -> None:
    if pairs > MOST_PAIRS:
        fix = "Give fewer sites, a smaller --radius or demand summed over larger cells."
        raise Invalid(f"--demand and --sites: {too_many(pairs)}", fix=fix, more={})
