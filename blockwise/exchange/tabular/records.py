"""Parquet, as text: a table whose file says the types, which the map need not know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from blockwise.exchange.parquet import UnfitError, read_table
from blockwise.exchange.tabular.batches import SIZE, BadFile, Batch, Told, checked_names


def read(path: Path, told: Told) -> Iterator[Batch]:
    """The records, numbered from 1."""
    try:
        table = read_table(path)
        checked_names(table.column_names, str(path))
        told.say("form", "The file is Parquet.")
        start = 1
        for batch in table.to_batches(SIZE):
            columns = {name: _texts(batch.column(name)) for name in batch.schema.names}
            yield Batch(range(start, start + batch.num_rows), columns)
            start += batch.num_rows
    except UnfitError as unfit:
        raise BadFile(f"It cannot be used: {unfit.what}.", where=str(path), fix=f"{unfit.fix}.") from None
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadFile("The file is not readable Parquet.", where=str(path), fix="Fetch it again.") from error


def _texts(column: pa.Array) -> list[str]:
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        column = pc.cast(column, pa.timestamp("us", "UTC"))
    if pa.types.is_floating(kind):
        return [_number(value) for value in column.to_pylist()]
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        column = pc.cast(column, pa.string())
    texts = pc.fill_null(pc.cast(column, pa.string()), "")
    found: list[str] = pc.utf8_trim_whitespace(texts).to_pylist()
    return found


def _number(value: float | None) -> str:
    if value is None or value != value:
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
