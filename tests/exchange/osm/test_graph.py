"""Ways become edges: where roads meet, at what stops a vehicle, where they bend and where the extract was cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from blockwise.exchange.osm import graph
from blockwise.exchange.osm.extract import Extract, read_roads
from blockwise.exchange.osm.graph import Cut, Edges
from blockwise.problems import Invalid

from .sample import NODES, Tags, write

STREET = {"highway": "residential", "name": "Main"}
Way = tuple[int, list[int], Tags]


def silent(_step: str) -> None:
    """No progress is told."""


def read(tmp_path: Path, ways: list[Way], tagged: dict[int, Tags] | None = None) -> tuple[Extract, Edges, Cut]:
    extract = read_roads(write(tmp_path / "a.osm", ways, tagged), silent)
    return extract, *graph.edges_of(extract)


def ends(edges: Edges) -> list[tuple[int, int, bool]]:
    return [(a, b, one) for (a, b), one in zip(edges.ends.tolist(), edges.oneway.tolist(), strict=True)]


def test_a_way_is_cut_where_another_meets_it_and_nowhere_else(tmp_path: Path) -> None:
    _extract, edges, _cut = read(tmp_path, [(1, [1, 2, 6, 7], STREET), (2, [2, 3], STREET)])
    assert ends(edges) == [(1, 2, False), (2, 7, False), (2, 3, False)]
    assert len(set(edges.edge.tolist())) == 3


def test_a_bridge_that_only_crosses_is_not_joined(tmp_path: Path) -> None:
    bridge = {**STREET, "bridge": "yes", "layer": "1"}
    _extract, edges, _cut = read(tmp_path, [(1, [1, 3], STREET), (2, [2, 4], bridge)])
    assert len(edges.edge) == 2


def test_a_bend_is_kept_and_the_length_is_that_of_the_road(tmp_path: Path) -> None:
    _extract, edges, _cut = read(tmp_path, [(1, [1, 5, 3], STREET), (2, [1, 2, 3], STREET)])
    by_corner = edges.length_m[edges.road == 1].sum()
    assert by_corner == pytest.approx(111_195 * 0.01 * (1 + np.cos(np.radians(50.0))), rel=0.002)
    assert (edges.road == 1).sum() == 2  # the corner at 2 is a node of its own
    assert (edges.road == 0).sum() == 1  # 5 lies on the straight line


def test_one_way_against_its_nodes_is_turned(tmp_path: Path) -> None:
    _extract, edges, _cut = read(tmp_path, [(1, [1, 2], {**STREET, "oneway": "-1"})])
    assert ends(edges) == [(2, 1, True)]


def test_two_speeds_are_two_edges(tmp_path: Path) -> None:
    both = {**STREET, "maxspeed": "60", "maxspeed:backward": "40"}
    _extract, edges, _cut = read(tmp_path, [(1, [1, 2], both)])
    assert ends(edges) == [(1, 2, True), (2, 1, True)]
    assert edges.kmh.tolist() == [60, 40]
    assert len(set(edges.edge.tolist())) == 2


def test_a_barrier_has_two_sides_and_no_way_through(tmp_path: Path) -> None:
    square = [(1, [1, 2, 3], STREET), (2, [3, 4, 1], STREET)]
    _extract, edges, cut = read(tmp_path, square, {2: {"barrier": "bollard"}})
    assert cut.stopped == 1
    sides = [node for pair in edges.ends.tolist() for node in pair if node < 0]
    assert len(sides) == len(set(sides)) == 2
    _extract, gate, _cut = read(tmp_path, square, {2: {"barrier": "gate"}})
    assert (gate.ends > 0).all()


def test_nodes_that_the_extract_lacks_cut_the_way(tmp_path: Path) -> None:
    _extract, edges, cut = read(tmp_path, [(1, [1, 2, 99, 6, 7], STREET), (2, [2, 3], STREET), (3, [98, 97], STREET)])
    assert (1, 2, False) in ends(edges)
    assert (6, 7, False) in ends(edges)
    assert cut.missing_nodes == 3


def test_every_place_can_be_driven_to_and_left(tmp_path: Path) -> None:
    oneway = {**STREET, "oneway": "yes"}
    ring = [(1, [1, 2, 3, 4, 1], oneway), (2, [2, 6], oneway), (3, [6, 7], STREET), (4, [8, 9], STREET)]
    _extract, edges, cut = read(tmp_path, ring)
    whole = graph.joined(edges, cut)
    assert (cut.dropped, len(cut.opened)) == (1, 1)  # the far street; the way into the tail
    (opened,) = cut.opened
    assert not whole.oneway[whole.edge == opened][0]
    assert whole.oneway[whole.road == 0].all()  # a ring is no trap


def test_what_lies_outside_the_outline_is_left(tmp_path: Path) -> None:
    _extract, edges, cut = read(tmp_path, [(1, [1, 2, 6, 7], STREET), (2, [2, 3], STREET), (3, [8, 9], STREET)])
    kept = graph.within(edges, shapely.box(9.99, 49.99, 10.015, 50.02), cut)
    assert cut.outside == 1
    assert len(kept.edge) == 3


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.osm.pbf", b""),
        ("a.osm.pbf", b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18"),
        ("a.osm.pbf", b"PK\x03\x04 no extract"),
        ("a.osm", b"<?xml version='1.0'?><osm version='0.6'><node id='1' lat='1'"),
        ("a.osm", b"not xml at all"),
        ("a.osm.gz", b"\x1f\x8b\x08\x00\x00"),
    ],
)
def test_half_a_file_is_refused_with_a_word(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Invalid) as problem:
        read_roads(path, silent)
    assert str(path) in str(problem.value.where)
    assert problem.value.fix


def test_what_has_no_roads_or_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        read_roads(write(tmp_path / "a.osm", [(1, [1, 2], {"highway": "path"})]), silent)
    with pytest.raises(Invalid):
        read_roads(tmp_path / "b.osm", silent)
    with pytest.raises(Invalid):
        read_roads(write(tmp_path / "c.xml", [(1, [1, 2], STREET)], nodes=NODES), silent)
