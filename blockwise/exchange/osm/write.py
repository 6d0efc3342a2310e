"""The files of a city folder out of an extract: roads.parquet, addresses.csv, landmarks.csv and what is to be known
of how they were made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from blockwise.exchange.folder.read_roads import speed_column
from blockwise.exchange.written import write_rows
from blockwise.problems import Invalid

from . import graph
from .extract import Extract, Step, cropped, read_roads
from .graph import Cut, Edges
from .named import Named
from .places import Found, read_places

ATTRIBUTION: Final = "© OpenStreetMap contributors, ODbL 1.0"
NOTES: Final = "osm_notes.csv"
DRIVEN: Final[Mapping[str, float]] = {"night": 1.0, "day": 0.85, "peak": 0.65}  # share of the limit; assumed
OTHERWISE: Final = 0.85
AROUND: Final = 0.01  # degrees: roads outside the outline by which one drives from one end of it to another
LONGEST_NAME: Final = 80


@dataclass(frozen=True)
class Report:
    """What was written, what was left, and what was assumed; `counts` in the order in which they are told."""

    counts: Mapping[str, int]
    thin: tuple[str, ...]  # what is assumed or missing, in words


def write_osm(
    path: Path, folder: Path, periods: Sequence[str], step: Step, area: shapely.Geometry | None = None
) -> Report:
    """Write the files into `folder`. `area`: the city's outline (WGS84 degrees); None: all of the extract.

    Raises Invalid for a file that cannot be read or has no roads in the area; nothing is written then.
    """
    extract = read_roads(path, step)
    around = shapely.buffer(area, AROUND) if area is not None else None
    if around is not None:
        extract = cropped(extract, around.bounds)
    edges, cut = graph.edges_of(extract)
    if around is not None:
        edges = graph.within(edges, around, cut)
    if not len(edges.edge):
        fix = "Give the extract of this city, or its outline with longitude before latitude."
        raise Invalid("No road of it lies in the city's outline.", where=str(path), fix=fix)
    edges = graph.joined(edges, cut)
    found = _inside(read_places(path, step), area)
    step("write")
    _roads(folder / "roads.parquet", edges, extract, periods)
    _addresses(folder / "addresses.csv", found)
    _landmarks(folder / "landmarks.csv", found)
    _notes(folder / NOTES, extract, cut)
    return _report(extract, edges, cut, found)


def _inside(found: Found, area: shapely.Geometry | None) -> Found:
    if area is None:
        return found
    shapely.prepare(area)

    addresses = [one for one in found.addresses if shapely.intersects_xy(area, one.lon, one.lat)]
    landmarks = [one for one in found.landmarks if shapely.intersects_xy(area, one.lon, one.lat)]
    return Found(addresses, landmarks, found.repeated, found.streetless, found.too_long)


def _both(named: Named) -> tuple[str, str]:
    """The name in the first language and in English; each stands in for the other."""
    return (named.zh or named.own)[:LONGEST_NAME], (named.en or named.own)[:LONGEST_NAME]


def _roads(path: Path, edges: Edges, extract: Extract, periods: Sequence[str]) -> None:
    roads = [extract.roads[number] for number in edges.road.tolist()]
    called = [_both(road.named) for road in roads]
    columns: dict[str, object] = {
        "edge": edges.edge,
        "from_node": edges.ends[:, 0],
        "to_node": edges.ends[:, 1],
        "from_lon": edges.lon[:, 0],
        "from_lat": edges.lat[:, 0],
        "to_lon": edges.lon[:, 1],
        "to_lat": edges.lat[:, 1],
        "length_m": np.round(edges.length_m, 2),
        "oneway": edges.oneway,
        "name": [one for one, _en in called],
        "name_en": [en for _one, en in called],
        "class": [road.driven.road_class for road in roads],
    }
    for period in periods:
        columns[speed_column(period)] = np.round(edges.kmh * DRIVEN.get(period, OTHERWISE), 3)
    pq.write_table(pa.table(columns), path)


def _addresses(path: Path, found: Found) -> None:
    rows = (
        (one.code, one.street, one.number, one.text, one.text_en, f"{one.lon:.7f}", f"{one.lat:.7f}", one.use)
        for one in found.addresses
    )
    write_rows(path, ("code", "street", "number", "text", "text_en", "lon", "lat", "use"), rows)


def _landmarks(path: Path, found: Found) -> None:
    rows = (
        (one.code, one.kind, *_both(one.named), one.road, one.number, f"{one.lon:.7f}", f"{one.lat:.7f}")
        for one in found.landmarks
    )
    write_rows(path, ("code", "kind", "name", "name_en", "road", "number", "lon", "lat"), rows)


def _notes(path: Path, extract: Extract, cut: Cut) -> None:
    """What holds sometimes and is not applied, what was not understood, what is driven against the rule."""
    rows: list[tuple[str, str, str, str, int]] = [
        ("holds sometimes, not applied", one.key, one.value, one.condition, count)
        for one, count in sorted(extract.by_time.items())
    ]
    rows += [("not understood", key, value, "", count) for (key, value), count in sorted(extract.unread.items())]
    rows += [("driven both ways, it would be a trap", "edge", str(edge), "", 1) for edge in sorted(cut.opened)]
    write_rows(path, ("what", "key", "value", "condition", "ways"), rows)


def _report(extract: Extract, edges: Edges, cut: Cut, found: Found) -> Report:
    guessed = graph.assumed(edges, extract)
    counts = {
        "roads": len(extract.roads), "edges": len(edges.edge), "metres": round(float(edges.length_m.sum())),
        "one_way": int(edges.oneway.sum()), "addresses": len(found.addresses), "landmarks": len(found.landmarks),
        "addresses_repeated": found.repeated, "numbers_without_a_street": found.streetless,
        "numbers_too_long": found.too_long,
        "edges_outside": cut.outside, "edges_apart_dropped": cut.dropped, "metres_dropped": round(cut.dropped_m),
        "traps_opened": len(cut.opened), "barriers": cut.stopped, "nodes_missing": cut.missing_nodes,
        "turn_restrictions_not_applied": extract.turns, "limits_by_time_not_applied": sum(extract.by_time.values()),
        "tags_not_understood": sum(extract.unread.values()),
    }  # fmt: skip
    thin = []
    if guessed:
        share = sum(guessed.values()) / len(edges.edge)
        thin.append(f"speeds of {share:.0%} of the edges are assumed by class; all are slowed by day and at peak times")
    if not found.addresses:
        thin.append("no addresses: places are found by street, crossing and landmark alone")
    if not found.landmarks:
        thin.append("no landmarks")
    return Report(counts, tuple(thin))
