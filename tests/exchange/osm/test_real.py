"""Real extracts: the figures that their index gives, and folders of them."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import shapely

from blockwise.exchange.osm import graph
from blockwise.exchange.osm.extract import read_roads
from blockwise.exchange.osm.write import NOTES, Report, write_osm
from blockwise.problems import Invalid

PERIODS = ("night", "day", "peak")


def silent(_step: str) -> None:
    """No progress is told."""


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize(
    ("name", "ways", "nodes", "km"),
    [
        ("monaco.osm.gz", 509, 3068, 60.7),
        ("one_way_dead_end.osm.pbf", 64, 471, 13.4),
        ("Helsinki.osm.pbf", 993, 2092, 32.0),  # 3 ways for cars less: closed to all but those on foot
    ],
)
def test_what_is_driven(shared: Path, name: str, ways: int, nodes: int, km: float) -> None:
    extract = read_roads(shared / "data" / "osm" / name, silent)
    edges, _cut = graph.edges_of(extract)
    oneway = {road for road, one in zip(edges.road.tolist(), edges.oneway.tolist(), strict=True) if one}
    assert (len(extract.roads), len(extract.ids)) == (ways, nodes)
    metres = edges.length_m.sum() / 1000
    assert metres == pytest.approx(km, abs=0.1)
    assert oneway


def test_conditions_are_kept_as_written_though_no_road_is_driven(shared: Path, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no road"):
        write_osm(shared / "data" / "osm" / "conditional-restrictions.osm.xml", tmp_path, PERIODS, silent)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def helsinki(shared: Path, tmp_path: Path) -> Report:
    return write_osm(shared / "data" / "osm" / "Helsinki.osm.pbf", tmp_path, PERIODS, silent)


def test_the_files_of_a_folder(helsinki: Report, tmp_path: Path) -> None:
    roads = pq.read_table(tmp_path / "roads.parquet").to_pydict()
    assert len(roads["edge"]) == helsinki.counts["edges"] == len(set(roads["edge"]))
    assert all(0 < speed <= 100 for period in PERIODS for speed in roads[f"speed_{period}_kmh"])
    assert "Mannerheimintie" in roads["name"]
    rows = rows_of(tmp_path / "addresses.csv")
    assert len({row["code"] for row in rows}) == len(rows) == helsinki.counts["addresses"]
    assert {row["use"] for row in rows} <= {"dwelling", "premises", "public"}
    marks = rows_of(tmp_path / "landmarks.csv")
    assert any(row["kind"] == "station" and row["name"] == "Helsinki" for row in marks)
    notes = rows_of(tmp_path / NOTES)
    assert len(notes) == helsinki.counts["traps_opened"]


def test_it_comes_out_the_same_again(helsinki: Report, shared: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    again.mkdir()
    assert write_osm(shared / "data" / "osm" / "Helsinki.osm.pbf", again, PERIODS, silent) == helsinki
    for name in ("roads.parquet", "addresses.csv", "landmarks.csv", NOTES):
        assert (again / name).read_bytes() == (tmp_path / name).read_bytes()


def test_an_outline_elsewhere_or_with_its_axes_swapped_is_told(shared: Path, tmp_path: Path) -> None:
    for box in (shapely.box(0, 0, 1, 1), shapely.box(60.1, 24.9, 60.2, 25.0)):
        with pytest.raises(Invalid, match="outline"):
            write_osm(shared / "data" / "osm" / "Helsinki.osm.pbf", tmp_path, PERIODS, silent, box)
    assert list(tmp_path.iterdir()) == []


def test_half_of_a_real_extract_is_refused(shared: Path, tmp_path: Path) -> None:
    whole = (shared / "data" / "osm" / "Helsinki.osm.pbf").read_bytes()
    half = tmp_path / "half.osm.pbf"
    half.write_bytes(whole[: len(whole) // 2])
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(Invalid, match="ends early"):
        write_osm(half, out, PERIODS, silent)
    assert list(out.iterdir()) == []
