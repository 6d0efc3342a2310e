"""Parquet that unfolds to gigabytes is refused with its number and the limit, in the memory of a small machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from blockwise.exchange.datasf.files import BadData, read_parquet
from blockwise.exchange.parquet import MOST_BYTES, MOST_ROWS, UnfitError, read_table
from blockwise.exchange.replay_source import read_source
from blockwise.problems import Invalid

MEMORY = 1_500_000_000  # bytes of addresses for the whole process, its libraries included
CHECK = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
from pathlib import Path
from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.read_roads import read_roads
problems = Problems()
read_roads(Path(sys.argv[2]), ["day"], "wgs84", ("zh", "en"), problems)
print(*problems.listed(), sep="\\n")
"""
NUMBERS = ("edge", "from_node", "to_node", "from_lon", "from_lat", "to_lon", "to_lat", "length_m", "speed_day_kmh")


def roads(path: Path, rows: int, times: int = 1, name: str = "路") -> Path:
    """Roads of which every row is the same: whatever their number, a few kilobytes."""
    whole = dict.fromkeys(NUMBERS[:3], pa.array(np.ones(rows, np.int64)))
    parts = dict.fromkeys(NUMBERS[3:], pa.array(np.full(rows, 50.0)))
    texts = dict.fromkeys(("name", "name_en", "class"), folded(name, rows))
    table = pa.table({**whole, **parts, "oneway": pa.array(np.ones(rows, np.bool_)), **texts})
    with pq.ParquetWriter(path, table.schema, compression="zstd") as file:
        for _ in range(times):
            file.write_table(table)
    return path


def folded(text: str, rows: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), [text])


def in_little_memory(path: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", CHECK, str(MEMORY), str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_rows_that_take_no_room_in_the_file_are_counted_before_they_are_read(tmp_path: Path) -> None:
    path = roads(tmp_path / "roads.parquet", 1_000_000, times=32)
    assert path.stat().st_size < 2_000_000
    assert in_little_memory(path) == (
        f"roads.parquet: the file has 32,000,000 rows, more than the {MOST_ROWS:,} it may have. "
        "Check that it is the right file."
    )


def test_a_text_that_is_repeated_by_reference_is_counted_as_often_as_it_stands_there(tmp_path: Path) -> None:
    path = roads(tmp_path / "roads.parquet", 200_000, name="x" * 20_000)
    assert path.stat().st_size < 2_000_000
    told = in_little_memory(path)
    assert told.startswith("roads.parquet: the file unfolds to ")
    assert told.endswith(f" bytes, more than the {MOST_BYTES:,} it may have. Check that it is the right file.")


def test_one_page_that_unfolds_to_more_than_all_may_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blockwise.exchange.parquet.MOST_BYTES", 1_000_000)
    pq.write_table(pa.table({"text": ["x" * 2_000_000]}), tmp_path / "a.parquet", compression="zstd")
    assert (tmp_path / "a.parquet").stat().st_size < 10_000
    with pytest.raises(UnfitError, match=r"unfolds to 2,000,\d+ bytes, more than the 1,000,000"):
        read_table(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("column", "what"),
    [(pa.array([[1] * 1000] * 10), "lists or records"), (pa.array([{"b": 1}] * 10), "lists or records")],
)
def test_a_column_of_lists_is_refused_by_its_name(tmp_path: Path, column: pa.Array, what: str) -> None:
    pq.write_table(pa.table({"a": column}), tmp_path / "a.parquet")
    with pytest.raises(UnfitError, match=f"the column a holds {what}"):
        read_table(tmp_path / "a.parquet")


def test_what_nobody_asks_for_is_not_read(tmp_path: Path) -> None:
    table = pa.table({"edge": [1, 2], "photos": [[b"x" * 1000] * 9] * 2})
    pq.write_table(table, tmp_path / "a.parquet")
    assert read_table(tmp_path / "a.parquet", ["edge", "gone"]).to_pydict() == {"edge": [1, 2]}


def test_a_sound_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    rows = 70_000  # more than a batch
    values: dict[str, Any] = {
        "whole": np.arange(rows),
        "text": [None if n % 7 == 0 else f"路 {n % 40}" for n in range(rows)],
        "kind": pa.array(["a", "b"] * (rows // 2)).dictionary_encode(),
        "at": pa.array(np.arange(rows), pa.timestamp("us", "UTC")),
    }
    table = pa.table(values)
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=30_000)
    found = read_table(tmp_path / "a.parquet")
    assert found.equals(table.set_column(2, "kind", table["kind"].cast(pa.string())))
    pq.write_table(table.slice(0, 0), tmp_path / "none.parquet")
    assert read_table(tmp_path / "none.parquet").num_rows == 0


def test_calls_and_open_data_that_are_too_much_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blockwise.exchange.parquet.MOST_ROWS", 9)
    path = tmp_path / "calls.parquet"
    pq.write_table(pa.table({"call": ["x"] * 10}), path)
    for read, given, kind in ((read_source, tmp_path, Invalid), (read_parquet, path, BadData)):
        with pytest.raises(kind, match="the file has 10 rows, more than the 9 it may have") as refused:
            read(given)
        assert refused.value.where == str(path)
