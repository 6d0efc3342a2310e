"""What a table says, put together with what the folder holds: a row found again is changed, others stay."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from blockwise.exchange.folder.check_calls import CALLS, RESPONSES, TIMES
from blockwise.exchange.parquet import UnfitError, read_table
from blockwise.exchange.tabular.account import Change
from blockwise.exchange.tabular.targets import Table
from blockwise.problems import Invalid

MARK = "\x1f"


@dataclass
class Shelf:
    """What is to be written into a folder, all of it or nothing."""

    folder: Path
    papers: dict[str, bytes | pa.Table] = field(default_factory=dict)

    def put(self) -> None:
        """Write whatever differs from what is there: first beside it, then in its place."""
        parts = []
        for name, content in self.papers.items():
            path = self.folder / name
            if content == b"":
                continue
            if isinstance(content, bytes) and path.is_file() and path.read_bytes() == content:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f".{path.name}.part")
            if isinstance(content, bytes):
                part.write_bytes(content)
            else:
                pq.write_table(content, part)
            parts.append((part, path))
        for part, path in parts:
            os.replace(part, path)
        for name, content in self.papers.items():
            if content == b"":
                (self.folder / name).unlink(missing_ok=True)


def put_rows(
    shelf: Shelf, table: Table, found: Mapping[tuple[str, ...], Mapping[str, str]], mapped: Collection[str]
) -> Change:
    """A CSV of the folder with these rows in it; of a row that is there, what the map does not have stays."""
    path = shelf.folder / table.file
    header, present = _csv_of(path)
    columns = [one.name for one in table.fields]
    if header:
        told = {name for row in found.values() for name, text in row.items() if text}
        columns = [name for name in columns if name in header or name in told]
        columns += [name for name in header if name not in columns]
    rows = {tuple(row.get(name, "") for name in table.key): dict(row) for row in present}
    change = {"added": 0, "changed": 0, "same": 0}
    for key in sorted(found):
        old = rows.get(key)
        from_old = {} if old is None else {name: old.get(name, "") for name in columns if name not in mapped}
        new = {name: found[key].get(name, "") for name in columns} | from_old
        if old is not None and {name: old.get(name, "") for name in columns} == new:
            change["same"] += 1
        else:
            change["added" if old is None else "changed"] += 1
            rows[key] = new
    if change["added"] or change["changed"]:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows.values())
        shelf.papers[table.file] = text.getvalue().encode()
    return Change(**change)


def _csv_of(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    if not path.is_file():
        return [], []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            rows = [{name: text or "" for name, text in row.items() if name} for row in reader]
            return list(reader.fieldnames or ()), rows
    except (UnicodeDecodeError, csv.Error) as error:
        fix = "Mend it first; `blockwise city check` says where."
        raise Invalid("The folder's own table cannot be read.", where=str(path), fix=fix) from error


def put_calls(shelf: Shelf, calls: pa.Table, responses: pa.Table) -> dict[str, Change]:
    """calls.parquet and, where there are responses, responses.parquet."""
    old = _parquet_of(shelf.folder / "calls.parquet", CALLS)
    calls = _without_strange_repeats(calls, old)
    changes = {"calls.parquet": _put(shelf, "calls.parquet", *_joined_calls(calls, old))}
    sent = _parquet_of(shelf.folder / "responses.parquet", RESPONSES)
    if responses.num_rows:
        changes["responses.parquet"] = _put(shelf, "responses.parquet", *_joined_responses(responses, sent))
    return changes


def _put(shelf: Shelf, name: str, table: pa.Table, change: Change) -> Change:
    if change.added or change.changed or not (shelf.folder / name).is_file():
        shelf.papers[name] = table
    return change


def _parquet_of(path: Path, schema: pa.Schema) -> pa.Table:
    if not path.is_file():
        return schema.empty_table()
    try:
        return read_table(path, schema.names).select(schema.names).cast(schema)
    except (UnfitError, pa.ArrowException, OSError, ValueError, KeyError) as error:
        fix = "Mend or remove it first; `blockwise city check` says what is wrong."
        raise Invalid("The folder's own calls cannot be read.", where=str(path), fix=fix) from error


def _without_strange_repeats(calls: pa.Table, old: pa.Table) -> pa.Table:
    """A call that repeats one which nobody has repeats none."""
    known = pa.concat_arrays([*calls["call"].chunks, *old["call"].chunks])
    fine = pc.is_in(calls["repeat_of"], known)
    place = calls.column_names.index("repeat_of")
    return calls.set_column(place, "repeat_of", pc.if_else(fine, calls["repeat_of"], pa.scalar(None, pa.string())))


def _joined_calls(new: pa.Table, old: pa.Table) -> tuple[pa.Table, Change]:
    place = pc.index_in(new["call"], old["call"])
    known = pc.is_valid(place)
    mine, theirs = new.filter(known), old.take(place.filter(known))
    same = pc.sum(_alike(mine, theirs)).as_py() or 0
    change = Change(new.num_rows - mine.num_rows, mine.num_rows - same, same)
    others = old.filter(pc.invert(pc.is_in(old["call"], new["call"].combine_chunks())))
    whole = pa.concat_tables([others, new])
    return whole.sort_by([("received_at", "ascending"), ("call", "ascending")]), change


def _alike(left: pa.Table, right: pa.Table) -> Any:
    alike = pa.chunked_array([pa.array([True] * left.num_rows, pa.bool_())])
    for name in left.column_names:
        mine, theirs = left[name], right[name]
        both_none = pc.and_(pc.is_null(mine), pc.is_null(theirs))
        alike = pc.and_(alike, pc.or_(both_none, pc.fill_null(pc.equal(mine, theirs), fill_value=False)))
    return alike


def _joined_responses(new: pa.Table, old: pa.Table) -> tuple[pa.Table, Change]:
    """By call, unit and time of dispatch; numbers go on behind those of rows that stay."""
    if not old.num_rows:
        return new, Change(new.num_rows, 0, 0)
    key, whole = ("call", "unit", "dispatched_at"), ("call", "unit", *TIMES)
    there = pc.is_in(_text(new, whole), _text(old, whole))
    fresh = new.filter(pc.invert(there))
    same = new.num_rows - fresh.num_rows
    told_anew = pc.is_in(_text(old, key), _text(fresh, key))
    still = pc.is_in(_text(old, whole), _text(new, whole))
    kept = old.filter(pc.or_(pc.invert(told_anew), still))
    changed = old.num_rows - kept.num_rows
    if kept.num_rows and fresh.num_rows:
        behind = pc.add(fresh["row"], pc.max(kept["row"]))
        fresh = fresh.set_column(fresh.column_names.index("row"), "row", behind)
    joined = pa.concat_tables([kept, fresh]).sort_by("row")
    return joined, Change(max(0, fresh.num_rows - changed), min(changed, fresh.num_rows), same)


def _text(table: pa.Table, names: Iterable[str]) -> pa.Array:
    parts: Sequence[Any] = [
        pc.fill_null(pc.cast(_plain(table[name]), pa.string()), "").combine_chunks() for name in names
    ]
    return pc.binary_join_element_wise(*parts, MARK)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.cast(column, pa.int64()) if pa.types.is_timestamp(column.type) else column
