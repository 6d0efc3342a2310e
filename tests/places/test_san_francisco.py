"""Real streets and real calls: what San Francisco's fire calls name as their place is found near where they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from blockwise.exchange.folder import CityFolder
from blockwise.exchange.folder.rows import Roads, StreetRangeRow
from blockwise.places import actions, current
from blockwise.places.addresses import search

pytestmark = pytest.mark.slow

METRES = np.array([111_195 * np.cos(np.radians(37.76)), 111_195])


def number(text: str | None) -> int | None:
    return int(float(text)) if text and float(text) else None


@pytest.fixture
def san_francisco(db: None, tiny: CityFolder, shared: Path) -> Iterator[None]:
    """The tiny city's tree with the streets of San Francisco."""
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
    current.forget()
    folder = replace(tiny, roads=roads, addresses=(), street_ranges=tuple(rows))
    actions.load(folder, purpose="replay", record=lambda act, data: None)
    yield
    current.forget()


def test_places_of_calls(san_francisco: None, shared: Path) -> None:
    """2,037 of 2,167; the others lie on segments, ramps and call boxes that the street table does not have."""
    columns = ["address", "longitude", "latitude"]
    table = pq.read_table(shared / "data/sf_fire_units/dev_window_2016-12-31_2017-01-07.parquet", columns=columns)
    calls = {row["address"]: (row["longitude"], row["latitude"]) for row in table.to_pylist() if row["address"]}
    gaps: dict[str, list[float]] = {"crossing": [], "block_face": [], "number": []}
    for text, point in calls.items():
        hit = next(iter(search(text, 1)), None)
        if hit and hit.exact:
            gap = (np.array([hit.lon_e7, hit.lat_e7]) / 1e7 - point) * METRES
            gaps[hit.kind].append(float(np.hypot(*gap)))
    assert len(calls) == 2167
    assert {kind: len(far) for kind, far in gaps.items()} == {"crossing": 560, "block_face": 1471, "number": 6}
    assert np.percentile(gaps["crossing"], 95) < 5
    assert np.percentile(gaps["block_face"], 50) < 10
    assert np.percentile(gaps["block_face"], 95) < 80


def test_numbers_with_a_letter_or_a_span(san_francisco: None) -> None:
    assert [hit.text for hit in search("401-A JUDAH ST", 1)] == ["401 JUDAH ST"]
    assert [hit.text for hit in search("3735-3739 SACRAMENTO ST", 1)] == ["3735 SACRAMENTO ST"]
