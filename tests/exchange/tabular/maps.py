"""Maps and small files, written for the tests of tables by a map."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
import yaml

from blockwise.exchange.tabular import Account, read_map, take

CALLS: dict[str, Any] = {
    "table": "calls",
    "times": {"zone": "Asia/Shanghai"},
    "columns": {
        "call": "number",
        "received_at": "when",
        "type": {"column": "what", "words": {"theft": "crime.theft", "noise": "order.noise"}},
        "priority": "level",
        "lon": "lon",
        "lat": "lat",
    },
}
HEADER = "number,when,what,level,lon,lat\n"
ROW = "1,2026-01-05 13:05:00,theft,2,113.91,22.56\n"


def a_map(folder: Path, plan: dict[str, Any] | None = None, name: str = "map.yaml", **changes: Any) -> Path:
    """The map written to a file; keywords replace its keys."""
    path = folder / name
    text = yaml.safe_dump({**(plan or CALLS), **changes}, allow_unicode=True, sort_keys=False)
    path.write_text(text, encoding="utf-8")
    return path


def with_columns(plan: dict[str, Any] | None = None, **columns: Any) -> dict[str, Any]:
    """The plan with these columns beside or instead of its own; None takes one out."""
    plan = plan or CALLS
    every = {**plan["columns"], **columns}
    return {**plan, "columns": {name: one for name, one in every.items() if one is not None}}


def taken(
    folder: Path, content: str | bytes, plan: Path | None = None, *, into: bool = False, partly: bool = False
) -> Account:
    """The account of a file with this content."""
    path = folder / "table.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    city = folder / "city" if into else None
    if city:
        city.mkdir(exist_ok=True)
    return take(path, read_map(plan or a_map(folder)), city, partly=partly)


def xlsx(*rows: list[Any], hidden: tuple[int, ...] = ()) -> bytes:
    """A book of one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for number in hidden:
        sheet.row_dimensions[number].hidden = True
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
