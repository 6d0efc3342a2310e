"""The map: a YAML file that says which column of somebody's table is which field of ours."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

import yaml

from blockwise.exchange.folder.problems import Problem, Problems
from blockwise.exchange.folder.read_city import clock
from blockwise.exchange.folder.text import read_text
from blockwise.exchange.folder.yaml_nodes import Item, parse_yaml
from blockwise.exchange.tabular.batches import Layout
from blockwise.exchange.tabular.points import BadSystemError, Place
from blockwise.exchange.tabular.targets import TABLES, Table
from blockwise.exchange.tabular.words import MOST_STARS, WordTable
from blockwise.problems import Invalid

LARGEST: Final = 2_000_000  # bytes of a map
KEYS: Final = ("table", "file", "times", "place", "skip", "columns", "words")
FIELD_KEYS: Final = (
    *("column", "columns", "join", "value", "made", "words", "other", "width", "before", "needed", "take"),
    *("format", "at"),
)
ORDERS: Final = ("day", "month")
TWICE: Final = ("first", "second", "refuse")
TAKES: Final = ("first", "most")
FORMATS: Final = ("epoch", "epoch_ms", "excel")
SEPARATORS: Final = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
WIDEST: Final = 24


class BadMap(Invalid):
    """The map cannot be used; `problems` says why, each with its line."""

    def __init__(self, found: Sequence[Problem]) -> None:
        self.problems = tuple(found)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True)
class Field:
    """Where a field's text comes from. Of `columns` the ones that are not empty are joined; `value` is the same for
    every row, `made` is what a code worked out of the whole row begins with."""

    name: str
    line: int
    columns: tuple[str, ...] = ()
    join: str = " "
    value: str | None = None
    made: str | None = None
    words: WordTable | None = None
    other: str | None = None
    width: int = 0
    before: str = ""
    needed: bool = False
    take: str = "first"
    format: str | None = None
    at: str | None = None


@dataclass(frozen=True)
class Times:
    """`zone` of times without one; `order` where day and month come before the year; `twice`: see TWICE."""

    zone: ZoneInfo | None = None
    order: str | None = None
    twice: str = "first"


@dataclass(frozen=True)
class Map:
    """A whole map. `skip`: rows that are left out, by a column and the words in it."""

    file: str
    table: Table
    fields: Mapping[str, Field]
    layout: Layout = field(default_factory=Layout)
    times: Times = field(default_factory=Times)
    place: Place = field(default_factory=Place)
    skip: Mapping[str, WordTable] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the file that are used, in the order of the map."""
        named = (column for one in self.fields.values() for column in one.columns)
        return tuple(dict.fromkeys([*named, *self.skip]))


def read_map(path: Path) -> Map:
    """The map in a file; BadMap lists every fault with its line."""
    problems = Problems()
    text = read_text(path, problems, LARGEST)
    if text is None and not problems.found:
        problems.error(path.name, None, "there is no such map", "`--suggest` writes a first one from the file itself")
    found = parse_map(path.name, text, problems) if text is not None else None
    if found is None or problems.broken_files():
        raise BadMap(problems.listed())
    return found


def parse_map(file: str, text: str, problems: Problems) -> Map | None:
    """The map, or None; what is wrong is noted."""
    root = parse_yaml(file, text, problems)
    keys = root.mapping() if root else None
    if root is None or keys is None or not _known(keys, KEYS, "key"):
        return None
    missing = [name for name in ("table", "columns") if name not in keys]
    if missing:
        root.wrong(f"{' and '.join(missing)} is missing", f"Write {missing[0]}: into it")
        return None
    name = _one_of(keys["table"], tuple(TABLES))
    if name is None:
        return None
    table = TABLES[name]
    tables = _tables(keys.get("words"))
    return Map(
        file,
        table,
        _fields(keys["columns"], table, tables),
        _layout(keys.get("file")),
        _times(keys.get("times")),
        _place(keys.get("place")),
        _skip(keys.get("skip")),
    )


def _layout(item: Item | None) -> Layout:
    keys = _mapping(item, ("encoding", "separator", "sheet", "header"))
    encoding = keys["encoding"].text() if "encoding" in keys else None
    if encoding is not None:
        try:
            "".encode(encoding)
        except LookupError:
            keys["encoding"].wrong(f"{encoding!r} is no encoding", "Write one such as utf-8, gb18030 or cp1252")
    separator = None
    if "separator" in keys and (raw := _raw(keys["separator"])) is not None:
        separator = SEPARATORS.get(raw, raw)
        if len(separator) != 1 or separator in '"\r\n ':
            fix = f"Write one mark, or one of {', '.join(SEPARATORS)}"
            keys["separator"].wrong(f"the separator is {raw!r}", fix)
    sheet = keys["sheet"].text() if "sheet" in keys else None
    return Layout(encoding, separator, sheet, _header(keys["header"]) if "header" in keys else (1, 1))


def _header(item: Item) -> tuple[int, int]:
    said = item.text() or ""
    first, _, last = said.partition("-")
    last = last or first
    if not (first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last) <= 100):
        item.wrong(f"header is {said!r}", "Write the line it stands on, such as 3, or its lines, such as 2-3")
        return 1, 1
    return int(first), int(last)


def _times(item: Item | None) -> Times:
    keys = _mapping(item, ("zone", "order", "twice"))
    zone = keys["zone"].text() if "zone" in keys else None
    if zone is not None and zone not in available_timezones():
        keys["zone"].wrong(f"{zone!r} is no time zone", "Write one of IANA's, such as Asia/Shanghai")
        zone = None
    order = _one_of(keys["order"], ORDERS) if "order" in keys else None
    twice = (_one_of(keys["twice"], TWICE) if "twice" in keys else None) or "first"
    return Times(ZoneInfo(zone) if zone else None, order, twice)


def _place(item: Item | None) -> Place:
    keys = _mapping(item, ("crs", "box"))
    crs = (keys["crs"].text() if "crs" in keys else None) or "wgs84"
    box = None
    if "box" in keys:
        box = _box(keys["box"])
    try:
        return Place(crs if crs.upper().startswith("EPSG") else crs.lower(), box).checked()
    except BadSystemError as bad:
        keys["crs"].wrong(bad.what, bad.fix)
        return Place()


def _box(item: Item) -> tuple[float, float, float, float] | None:
    fix = "Write west, south, east and north in degrees: [113.7, 22.5, 114.0, 22.9]"
    texts = [one.text() for one in item.items() or ()]
    try:
        west, south, east, north = (float(text or "") for text in texts)
    except ValueError:
        item.wrong("the box is not four numbers", fix)
        return None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        item.wrong("the box has no inside", fix)
        return None
    return west, south, east, north


def _skip(item: Item | None) -> dict[str, WordTable]:
    found = {}
    for column, words in (item.mapping() or {} if item else {}).items():
        listed = [words] if isinstance(words.node, yaml.ScalarNode) else words.items() or []
        texts = [text for one in listed if (text := _raw(one)) is not None]
        found[column] = WordTable(column, dict.fromkeys(texts, "skip"))
    return found


def _tables(item: Item | None) -> dict[str, WordTable]:
    return {name: table for name, one in (item.mapping() or {} if item else {}).items() if (table := _table(name, one))}


def _table(name: str, item: Item) -> WordTable | None:
    entries = item.mapping()
    if entries is None:
        return None
    words, lines = {}, {}
    for word, meaning in entries.items():
        if word.count("*") > MOST_STARS:
            meaning.wrong(f"{word!r} has more than {MOST_STARS} stars", "Write it plainer")
        if (text := meaning.text()) is not None:
            words[word], lines[word] = text, meaning.line
    return WordTable(name, words, lines)


def _fields(item: Item, table: Table, tables: Mapping[str, WordTable]) -> dict[str, Field]:
    entries = item.mapping() or {}
    targets = table.by_name
    found: dict[str, Field] = {}
    used: set[str] = set()
    for name, one in entries.items():
        if name not in targets:
            one.wrong(f"{name!r} is no field of {table.name}", _instead(name, targets))
        elif (made := _field(name, one, tables, used)) is not None:
            found[name] = made
            _check_words(made, one, targets[name].choices)
    for name, target in targets.items():
        if target.needed and name not in entries:
            item.wrong(f"{name} is missing, which {table.name} need", f"Say what column {name} is")
    return found


def _field(name: str, item: Item, tables: Mapping[str, WordTable], used: set[str]) -> Field | None:
    if isinstance(item.node, yaml.ScalarNode):
        column = item.text()
        return Field(name, item.line, (column,)) if column else None
    keys = item.mapping()
    if keys is None or not _known(keys, FIELD_KEYS, "key"):
        return None
    columns = [keys["column"].text()] if "column" in keys else []
    columns += [one.text() for one in keys["columns"].items() or ()] if "columns" in keys else []
    sources = sum(key in keys for key in ("column", "columns", "value", "made"))
    if sources != 1:
        item.wrong(f"{name} has {sources} sources", "Give it one of: column, columns, value, made")
        return None

    def text(key: str) -> str | None:
        return keys[key].text() if key in keys else None

    value = _raw(keys["value"]) if "value" in keys else None
    at, form = text("at"), text("format")
    if at is not None and clock(at) is None:
        keys["at"].wrong(f"at is {at!r}", "Write the time of day that stands for a date alone, such as 12:00")
        at = None
    if form is not None and form not in FORMATS and "%" not in form:
        fix = f"Write one of {', '.join(FORMATS)}, or marks such as %d.%m.%Y %H:%M"
        keys["format"].wrong(f"format is {form!r}", fix)
    join = _raw(keys["join"]) if "join" in keys else " "
    return Field(
        name=name,
        line=item.line,
        columns=tuple(column for column in columns if column),
        join=" " if join is None else join,
        value=value,
        made=text("made"),
        words=_words(name, keys["words"], tables) if "words" in keys else None,
        other=text("other"),
        width=_width(keys["width"]) if "width" in keys else 0,
        before=text("before") or "",
        needed=(keys["needed"].boolean() or False) if "needed" in keys else False,
        take=(_one_of(keys["take"], TAKES) if "take" in keys else None) or "first",
        format=form,
        at=at,
    )


def _words(name: str, item: Item, tables: Mapping[str, WordTable]) -> WordTable | None:
    if not isinstance(item.node, yaml.ScalarNode):
        return _table(name, item)
    named = item.text()
    if named is not None and named not in tables:
        item.wrong(f"there is no table {named!r} under words", _instead(named, tables))
    return tables.get(named or "")


def _check_words(made: Field, item: Item, choices: tuple[str, ...]) -> None:
    """Whatever stands for a word must be one of the product's own, where these are fixed."""
    if not choices:
        return
    fix = f"Use one of: {', '.join(choices)}"
    for word, meaning in (made.words.words if made.words else {}).items():
        if meaning not in choices and made.words:
            line = made.words.lines.get(word, item.line)
            item.problems.error(item.file, line, f"{word!r} is given as {meaning!r} for {made.name}", fix)
    for said in (made.other, made.value):
        if said and said not in choices and not (said == made.value and made.words):
            item.wrong(f"{made.name} is {said!r}", fix)


def _width(item: Item) -> int:
    said = item.text() or ""
    if not (said.isdecimal() and 1 <= int(said) <= WIDEST):
        item.wrong(f"width is {said!r}", f"Write how many digits a code has, 1 to {WIDEST}")
        return 0
    return int(said)


def _mapping(item: Item | None, known: Sequence[str]) -> dict[str, Item]:
    keys = item.mapping() if item else {}
    return keys if keys and _known(keys, known, "key") else {}


def _known(keys: Mapping[str, Item], known: Sequence[str], noun: str) -> bool:
    for name in (unknown := [name for name in keys if name not in known]):
        keys[name].wrong(f"{name!r} is no {noun} here", _instead(name, known))
    return not unknown


def _instead(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, known := list(known), 1)
    return f"Write {close[0]}" if close else f"Known are {', '.join(known)}"


def _one_of(item: Item, choices: tuple[str, ...]) -> str | None:
    said = item.text()
    if said is not None and said not in choices:
        item.wrong(f"{item.key} is {said!r}", f"Use one of: {', '.join(choices)}")
        return None
    return said


def _raw(item: Item) -> str | None:
    """A scalar with its blanks, possibly empty."""
    if isinstance(item.node, yaml.ScalarNode) and len(item.node.value) <= 1000:
        return str(item.node.value)
    item.wrong(f"{item.key} is not a single value", f"Write one value for {item.key}")
    return None
