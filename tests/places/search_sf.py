"""The streets of San Francisco, out of the shared open data, over the block tree of the tiny city."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from blockwise.exchange.folder import CityFolder
from blockwise.exchange.folder.rows import Roads, StreetRangeRow


def number(text: str | None) -> int | None:
    return int(float(text)) if text and float(text) else None


def san_francisco(tiny: CityFolder, shared: Path) -> CityFolder:
    """The tiny city's folder with these streets and their ranges."""
    edges = pq.read_table(shared / "data/sf_streets/edges.parquet").to_pylist()
    nodes = {
        n["node_cnn"]: (n["lon"], n["lat"]) for n in pq.read_table(shared / "data/sf_streets/nodes.parquet").to_pylist()
    }
    ends = np.array([(*nodes[e["from_cnn"]], *nodes[e["to_cnn"]]) for e in edges]).T
    names = tuple(e["streetname"] for e in edges)
    roads = Roads(
        edge=np.array([e["edge_cnn"] for e in edges]),
        from_node=np.array([e["from_cnn"] for e in edges]),
        to_node=np.array([e["to_cnn"] for e in edges]),
        from_lon=ends[0],
        from_lat=ends[1],
        to_lon=ends[2],
        to_lat=ends[3],
        length_m=np.array([e["length_m"] for e in edges]),
        oneway=np.zeros(len(edges), bool),
        name=names,
        name_en=names,
        road_class=("street",) * len(edges),
        speed_kmh={key: np.full(len(edges), 40.0) for key in tiny.city.period_keys},
    )
    rows = [
        StreetRangeRow(
            e["edge_cnn"],
            e["streetname"],
            *(number(e[key]) for key in ("LF_FADD", "LF_TADD", "RT_FADD", "RT_TADD")),
            e["from_cnn"],
            e["to_cnn"],
            *points,
        )
        for e, points in zip(edges, ends.T.tolist(), strict=True)
    ]
    return replace(tiny, roads=roads, addresses=(), street_ranges=tuple(rows))
