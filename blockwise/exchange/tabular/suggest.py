"""A first map, out of a file's headings and contents: for a person to look through, correct and fill in."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from blockwise.cases.kinds.parse import parse
from blockwise.exchange.folder.check_kinds import BUILT_IN
from blockwise.exchange.tabular import delimited, sheets
from blockwise.exchange.tabular.batches import Batch, Layout, Told, read_file
from blockwise.exchange.tabular.fields import DAMAGED
from blockwise.exchange.tabular.headings import HEADINGS, fitting
from blockwise.exchange.tabular.points import number
from blockwise.exchange.tabular.targets import PRIORITIES, TABLES
from blockwise.exchange.tabular.times import COMPACT, YEAR_FIRST, YEAR_LAST, Order

LOOKED_AT: Final = 30  # first rows, for the header
MOST_WORDS: Final = 200  # of a field, listed
MARGIN: Final = 0.001  # degrees around the points seen
TOTALS: Final = ("合计", "总计", "小计", "total", "sum")
_NUMERIC: Final = re.compile(r"[-+]?[0-9][0-9.,]*")


def suggest(path: Path, sheet: str | None = None, table: str | None = None) -> str:
    """The text of a map with its guesses explained; `table`: where the operator knows what it is. BadFile may come."""
    layout, told = _layout(path, sheet), Told()
    batches = list(read_file(path, layout, told))
    columns = [name for name in batches[0].columns if name]
    table = table or _likeliest(columns)
    fields = fitting(table, columns)
    lines = [
        f"# A first map of {path.name}: look through every line, the guesses are from headings and contents.",
        *(f"# {sentence}" for sentence in told.lines.values()),
        f"table: {table}",
        *_file(layout),
        *_times(batches, table, fields),
        *_place(batches, fields),
        *_skip(batches, fields),
        "columns:",
        *_columns(batches, table, fields, columns),
        *_words(batches, table, fields),
    ]
    return "\n".join(lines) + "\n"


def _layout(path: Path, sheet: str | None) -> Layout:
    """Where the header stands: the lines before the first row with a number or time in it, at most two of them."""
    first = b""
    if path.is_file():
        with path.open("rb") as file:
            first = file.read(4)
    layout = Layout(sheet=sheet)
    if first.startswith(b"PK"):
        rows = sheets.first_rows(path, layout, LOOKED_AT)
    elif first.startswith((b"PAR1", b"{", b"[")) or not first:
        return layout
    else:
        rows = delimited.first_rows(path, layout, LOOKED_AT)
    width = max((sum(bool(cell) for cell in row) for row in rows), default=0)
    for place, row in enumerate(rows[1:], 1):
        if sum(bool(cell) for cell in row) * 2 >= width and any(_is_value(cell) for cell in row):
            above = rows[place - 2] if place > 1 else []
            two = sum(bool(cell) for cell in above) > 1 and not any(_is_value(cell) for cell in above)
            return replace(layout, header=(place - two, place))
    return layout


def _is_value(cell: str) -> bool:
    return bool(_NUMERIC.fullmatch(cell) or YEAR_FIRST.fullmatch(cell) or YEAR_LAST.fullmatch(cell))


def _likeliest(columns: list[str]) -> str:
    """The table of which most fields are there, and of those the one that lacks least of what it needs."""

    def score(name: str) -> tuple[float, int]:
        found = fitting(name, columns)
        needed = [one.name for one in TABLES[name].fields if one.needed]
        return sum(one in found for one in needed) / len(needed), len(found)

    return max(HEADINGS, key=score)


def _file(layout: Layout) -> Iterator[str]:
    first, last = layout.header
    said = [f"header: {first}" if first == last else f"header: {first}-{last}"] if layout.header != (1, 1) else []
    said += [f"sheet: {_quoted(layout.sheet)}"] if layout.sheet else []
    if said:
        yield f"file: {{{', '.join(said)}}}"


def _times(batches: Sequence[Batch], table: str, fields: Mapping[str, str]) -> Iterator[str]:
    kinds = TABLES[table].by_name
    names = [column for name, column in fields.items() if kinds[name].kind in ("time", "day")]
    if not names:
        return
    order = Order()
    for batch in batches:
        for name in names:
            order.look(batch.numbers, batch.columns.get(name, ()))
    said = []
    if order.seen:
        if len(order.days) == 1:
            ((which, (row, text)),) = order.days.items()
            said.append(f"order: {which}")
            yield f"# {text} in row {row} can only have its {which} first."
        else:
            yield "# Whether the day or the month comes first cannot be told: give it, order: day or order: month."
    if kinds.get("received_at"):
        yield "# Say of which zone the times are, where the city's folder does not: zone: Asia/Shanghai"
    if said:
        yield f"times: {{{', '.join(said)}}}"


def _place(batches: Sequence[Batch], fields: Mapping[str, str]) -> Iterator[str]:
    if not {"lon", "lat"} <= fields.keys():
        return
    lon, lat = (
        np.array([number(text) for batch in batches for text in batch.columns.get(fields[name], ())])
        for name in ("lon", "lat")
    )
    known = np.isfinite(lon) & np.isfinite(lat) & (lon != 0)
    if not known.any():
        return
    x, y = float(np.median(lon[known])), float(np.median(lat[known]))
    if abs(x) > 180 or abs(y) > 180:
        yield f"# Points such as {x:,.0f}, {y:,.0f} are no degrees: say which system they are of, by its EPSG number."
        yield "# place: {crs: EPSG:4547}"
    elif abs(y) > 90:
        yield f"# {fields['lat']} goes beyond 90 degrees: longitude and latitude seem to be changed over."
    else:
        yield "# Points are read as WGS84; of Chinese maps say which they are: place: {crs: gcj02} or {crs: bd09}"


def _skip(batches: Sequence[Batch], fields: Mapping[str, str]) -> Iterator[str]:
    for column in dict.fromkeys(fields.values()):
        found = {text for batch in batches for text in batch.columns.get(column, ()) if text.casefold() in TOTALS}
        if found:
            yield "skip:"
            yield f"  {_quoted(column)}: [{', '.join(_quoted(text) for text in sorted(found))}]  # rows of sums"
            return


def _columns(batches: Sequence[Batch], table: str, fields: Mapping[str, str], columns: Sequence[str]) -> Iterator[str]:
    for one in TABLES[table].fields:
        column = fields.get(one.name)
        if column is None:
            if one.name in ("call", "code") and table in ("calls", "addresses", "premises", "stations"):
                yield f"  {one.name}: {{made: X}}  # none was found: a code is made out of each row"
            elif one.needed:
                choices = f" one of {', '.join(one.choices)}," if one.choices else ""
                yield f"  # {one.name}: needed,{choices} and no column is called so; {{value: ...}} is the same for all"
            continue
        cells = [text for batch in batches for text in batch.columns.get(column, ()) if text]
        said = []
        if one.kind == "code" and (width := _width(cells)):
            said.append(f"width: {width}")
        if one.name in ("type", "priority") and table == "calls":
            said.append(f"words: {one.name}")
        if one.kind == "time" and cells and not any(":" in cell or COMPACT.fullmatch(cell) for cell in cells[:100]):
            said.append('at: "12:00"')
        if DAMAGED.search("\n".join(cells)):
            yield f"  # {column} was rounded by a spreadsheet: export the table again."
        written = _quoted(column)
        yield f"  {one.name}: " + (f"{{column: {written}, {', '.join(said)}}}" if said else written)
    left = [name for name in columns if name not in fields.values()]
    if left:
        yield f"  # not used: {', '.join(left)}"


def _width(cells: Sequence[str]) -> int:
    """How many digits codes have of which some lost their leading zeros; 0 where none did."""
    lengths = {len(cell) for cell in cells if cell.isdecimal()}
    return max(lengths) if len(lengths) > 1 and max(lengths) <= 12 else 0


def _words(batches: Sequence[Batch], table: str, fields: Mapping[str, str]) -> Iterator[str]:
    named = [name for name in ("type", "priority") if table == "calls" and name in fields]
    if named:
        yield "words:  # what is not in them is kept as other, or the type's own priority, and listed with its count"
    known = _types() if named else {}
    for name in named:
        yield f"  {name}:"
        counts = Counter(text for batch in batches for text in batch.columns.get(fields[name], ()))
        width = _width([text for text in counts if text])
        for word, rows in counts.most_common(MOST_WORDS):
            guess = _guessed(name, word, known)
            key = _quoted(word, always=True)
            yield f"    {key}: {guess}  # {rows:,} rows" if guess else f"    # {key}: ...  # {rows:,} rows"
        if len(counts) > MOST_WORDS:
            yield f"    # and {len(counts) - MOST_WORDS:,} more"
        if width:
            yield f"    # with width: {width} in the field, leading zeros come back before a word is looked up"
        if not any(_guessed(name, word, known) for word in counts):
            yield '    "": other' if name == "type" else '    "": "3"'


def _types() -> dict[str, str]:
    """Words of the built-in kind call, with the type that each of them is."""
    kind = parse(BUILT_IN.joinpath("call.yaml").read_text(encoding="utf-8"), "call.yaml", languages=()).kind
    found: dict[str, str] = {}
    for leaf in kind.types if kind else ():
        for word in (leaf.words.zh, leaf.words.en):
            found.setdefault(word.casefold(), leaf.code)
    return found


def _guessed(name: str, word: str, known: Mapping[str, str]) -> str:
    """The type whose name stands in the word, or the priority that it is; "" where neither can be told."""
    if name == "priority":
        return json.dumps(word) if word in PRIORITIES else ""
    small = word.casefold()
    return known.get(small) or next((code for said, code in known.items() if len(said) > 1 and said in small), "")


def _quoted(text: str | None, always: bool = False) -> str:
    """As YAML reads it back."""
    plain = bool(text and re.fullmatch(r"[^\W\d]\w*", text)) and text not in ("true", "false", "null", "yes", "no")
    return str(text) if plain and not always else json.dumps(text or "", ensure_ascii=False)
