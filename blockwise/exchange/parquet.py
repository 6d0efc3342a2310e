"""Parquet in bounded memory: what a file unfolds to is looked at before it is read, and again as it is.

Runs of one value and texts in a dictionary take next to nothing in a file: two megabytes of them are gigabytes of rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

MOST_BYTES: Final = 1024 * 1024 * 1024  # of all columns that are read, unfolded; as of a CSV table
MOST_ROWS: Final = 3_000_000  # several times the roads of the largest city, and its calls of a year
A_BATCH: Final = 65_536  # rows
_TEXT: Final = "BYTE_ARRAY"
_WIDTHS: Final = {"BOOLEAN": 1, "INT32": 4, "INT64": 8, "INT96": 12, "FLOAT": 4, "DOUBLE": 8, _TEXT: 4}  # bytes a row


class UnfitError(ValueError):
    """The file is readable and will not be read: `what` says why with number and limit, `fix` what to do."""

    def __init__(self, what: str, fix: str = "Check that it is the right file") -> None:
        super().__init__(what)
        self.what, self.fix = what, fix


def read_table(path: Path, names: Collection[str] | None = None) -> pa.Table:
    """The columns of these names (None: all) that the file has; the others are not read at all.

    UnfitError beyond MOST_ROWS or MOST_BYTES, and for columns of lists or of one name; ArrowException, OSError or
    ValueError where it is no readable Parquet.
    """
    # A ParquetFile reads this one file; pq.read_table would take neighbouring files for parts of it.
    with pq.ParquetFile(path) as file:
        columns = [
            leaf for leaf in range(len(file.schema)) if names is None or _top(file.schema.column(leaf).path) in names
        ]
        _refuse_shapes(file, columns)
        _refuse_large(file.metadata, columns)
        fields = [file.schema_arrow.field(file.schema.column(leaf).path) for leaf in columns]
        texts = [file.schema.column(leaf).path for leaf in columns if file.schema.column(leaf).physical_type == _TEXT]
    schema = pa.schema([pa.field(one.name, _plain(one.type)) for one in fields])
    with pq.ParquetFile(path, read_dictionary=texts) as folded:
        return pa.Table.from_batches(_batches(folded, schema), schema)


def _batches(file: pq.ParquetFile, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Counted as they come, since what a file says of itself need not be so; texts are unfolded once counted."""
    rows = size = 0
    for batch in file.iter_batches(A_BATCH, columns=schema.names, use_threads=False):
        rows += batch.num_rows
        _refuse_rows(rows)
        size += sum(_unfolded(column) for column in batch.columns)
        _refuse_bytes(size)
        arrays = [column.cast(kind) for column, kind in zip(batch.columns, schema.types, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _unfolded(column: pa.Array) -> int:
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    longest = pc.fill_null(pc.binary_length(column.dictionary), 0).to_numpy(zero_copy_only=False)
    places = column.indices.drop_null().to_numpy(zero_copy_only=False)
    return int(np.bincount(places, minlength=len(longest)) @ longest.astype(np.int64)) + 4 * len(column)


def _refuse_shapes(file: pq.ParquetFile, columns: list[int]) -> None:
    for leaf in columns:
        one = file.schema.column(leaf)
        name = _top(one.path)
        if one.max_repetition_level or name != one.path:
            raise UnfitError(f"the column {name} holds lists or records", "Write one plain value a row and column")
        if file.schema_arrow.names.count(name) != 1:
            raise UnfitError(f"the column {name} is there twice", "Leave one of them out")


def _refuse_large(metadata: pq.FileMetaData, columns: list[int]) -> None:
    _refuse_rows(metadata.num_rows)
    kinds = [metadata.schema.column(leaf) for leaf in columns]
    width = sum(_WIDTHS.get(kind.physical_type, kind.length or 0) for kind in kinds)
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    pages = sum(group.column(leaf).total_uncompressed_size for group in groups for leaf in columns)
    _refuse_bytes(metadata.num_rows * width + pages)


def _refuse_rows(rows: int) -> None:
    if rows > MOST_ROWS:
        raise UnfitError(f"the file has {rows:,} rows, more than the {MOST_ROWS:,} it may have")


def _refuse_bytes(size: int) -> None:
    if size > MOST_BYTES:
        raise UnfitError(f"the file unfolds to {size:,} bytes, more than the {MOST_BYTES:,} it may have")


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _top(path: str) -> str:
    return path.partition(".")[0]
