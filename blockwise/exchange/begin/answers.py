"""What a beginning is asked, as a YAML file or one question after the other; read into one frozen `Answers`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from zoneinfo import available_timezones

import yaml

from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.read_city import CALENDARS, CODE, KEY
from blockwise.exchange.folder.text import read_text
from blockwise.exchange.folder.yaml_nodes import Item, parse_yaml
from blockwise.problems import Invalid

LARGEST: Final = 262_144
LANGUAGES: Final = ("zh", "en")
COLUMNS: Final = ("code", "name", "name_en", "population")  # of a file of outlines
KEYS: Final = (
    *("code", "name", "timezone", "languages", "calendar", "levels", "population", "extract", "tolerance_m"),
    "tables",
)
NEEDED: Final = ("code", "name", "timezone", "levels")
MOST_PEOPLE: Final = 100_000_000
MOST_TOLERANCE_M: Final = 2_000
LONGEST_CODE: Final = 12  # so that those of the levels below, which begin with it, have room
Ask = Callable[[str, str], str]  # question, default -> answer


@dataclass(frozen=True)
class LevelAnswer:
    """A level of the tree. `file`: its outlines; the last one may have none and is cut into cells of `people`."""

    key: str
    words: Mapping[str, str]
    file: Path | None = None
    crs: str = ""
    layer: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)  # code, name, name_en, population -> theirs
    people: int = 0  # of a cell


@dataclass(frozen=True)
class TableAnswer:
    """One of the city's own tables, and the map by which it comes in."""

    file: Path
    plan: Path


@dataclass(frozen=True)
class Answers:
    code: str
    name: Mapping[str, str]
    timezone: str
    languages: tuple[str, ...]
    calendar: str
    levels: tuple[LevelAnswer, ...]  # below the city itself, from the top
    root: LevelAnswer  # what the city is: a district, a town
    extract: Path | None = None  # None: a stand-in mesh of roads
    tolerance_m: float = 30.0
    population: int = 0  # residents of the city, spread over its blocks where their file has none
    tables: tuple[TableAnswer, ...] = ()


def read_answers(path: Path) -> Answers:
    """Answers in a file; paths are from where the file lies. Invalid names every fault with its line."""
    problems = Problems()
    text = read_text(path, problems, LARGEST)
    if text is None and not problems.found:
        problems.error(path.name, None, "there are no such answers", "Give the path of a YAML file")
    return _read(path.name, text or "", path.parent, problems)


def _read(file: str, text: str, base: Path, problems: Problems) -> Answers:
    root = parse_yaml(file, text, problems) if not problems.found else None
    found = _Reading(base).answers(root) if root else None
    if found is None or problems.found:
        raise Invalid("\n".join(map(str, problems.listed())), where=file)
    return found


class _Reading:
    """Each method notes what is wrong at its item and returns None."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.languages: tuple[str, ...] = LANGUAGES

    def answers(self, root: Item) -> Answers | None:
        keys = _known(root, KEYS, NEEDED)
        if keys is None:
            return None
        self.languages = self._languages(keys["languages"]) if "languages" in keys else LANGUAGES
        code, zone = self._code(keys["code"]), _one_of(keys["timezone"], available_timezones(), "such as Asia/Shanghai")
        levels = [self._level(one) for one in keys["levels"].items() or ()]
        calendar = _one_of(keys["calendar"], CALENDARS, "") if "calendar" in keys else "plain"
        tables = [self._table(one) for one in keys["tables"].items() or ()] if "tables" in keys else []
        extract = self._path(keys["extract"]) if "extract" in keys else None
        people = _number(keys["population"], 0, MOST_PEOPLE) if "population" in keys else 0
        tolerance = _number(keys["tolerance_m"], 1, MOST_TOLERANCE_M) if "tolerance_m" in keys else 30
        name = self._words(keys["name"])
        sound = [one for one in levels if one]
        if len(sound) < len(levels) or not self._levels_sound(keys["levels"], sound):
            return None
        if (
            code is None or zone is None or calendar is None or people is None or tolerance is None or name is None
        ):  # fmt: skip
            return None
        return Answers(
            code, name, zone, self.languages, calendar, tuple(sound[1:]), sound[0], extract=extract,
            tolerance_m=float(tolerance), population=people, tables=tuple(one for one in tables if one),
        )  # fmt: skip

    def _levels_sound(self, item: Item, levels: list[LevelAnswer]) -> bool:
        if len(levels) < 2:
            item.wrong("levels has fewer than two entries", "Write the city itself first, then each level below it")
            return False
        keys = [one.key for one in levels]
        if len(set(keys)) < len(keys):
            item.wrong("levels names one key twice", "Give each level a key of its own")
        if levels[0].file is not None:
            item.wrong("the city itself has a file", "It is made of the outlines below it; leave its file out")
        lacking = [one.key for one in levels[1:-1] if one.file is None] or (
            [levels[1].key] if len(levels) == 2 and levels[1].file is None else []
        )
        if lacking:
            item.wrong(f"{lacking[0]} lacks a file", "Give a file for each level but the city and the last")
        return not item.problems.found

    def _languages(self, item: Item) -> tuple[str, ...]:
        given = tuple(text for one in item.items() or () if (text := one.text()))
        if not given or not set(given) <= set(LANGUAGES):
            item.wrong("languages are not known here", "Write [zh, en], [zh] or [en]")
            return LANGUAGES
        return given

    def _code(self, item: Item) -> str | None:
        value = item.text()
        if value is None or (CODE.fullmatch(value) and len(value) <= LONGEST_CODE):
            return value
        fix = f"Write up to {LONGEST_CODE} digits and capital letters, such as 440306"
        item.wrong(f"code is {value!r}", fix)
        return None

    def _level(self, item: Item) -> LevelAnswer | None:
        keys = _known(item, ("key", *self.languages, "file", "crs", "layer", "people", *COLUMNS), ("key",))
        if keys is None:
            return None
        key = keys["key"].text()
        if key is not None and not KEY.fullmatch(key):
            keys["key"].wrong(f"key is {key!r}", "Write lower-case letters, such as subdistrict")
        people = _number(keys["people"], 1, 1_000_000) if "people" in keys else 0
        columns: dict[str, str] = {name: text for name in COLUMNS if name in keys and (text := keys[name].text())}
        words = self._words(item, keys)
        texts = {name: (keys[name].text() or "") if name in keys else "" for name in ("crs", "layer")}
        file = self._path(keys["file"]) if "file" in keys else None
        if key is None or words is None or people is None:
            return None
        return LevelAnswer(key, words, file, texts["crs"], texts["layer"], columns, people)

    def _table(self, item: Item) -> TableAnswer | None:
        keys = _known(item, ("file", "map"), ("file", "map"))
        paths = [self._path(keys[name]) for name in ("file", "map")] if keys else []
        return TableAnswer(paths[0], paths[1]) if len(paths) == 2 and paths[0] and paths[1] else None

    def _words(self, item: Item, keys: Mapping[str, Item] | None = None) -> dict[str, str] | None:
        """What something is called, in each language of the city; `keys`: where they stand beside others."""
        own = keys if keys is not None else _known(item, self.languages, self.languages)
        if own is None:
            return None
        words = {one: (own[one].text() or "") if one in own else "" for one in self.languages}
        if not all(0 < len(text) <= 80 for text in words.values()):
            fix = f"Write {', '.join(self.languages)}, each up to 80 characters"
            item.wrong(f"{item.key} lacks its words", fix)
            return None
        return words

    def _path(self, item: Item) -> Path | None:
        given = item.text()
        if given is None:
            return None
        path = self.base / given
        if not path.is_file():
            item.wrong(f"{item.key} names {given}, which is not there", f"Give a path from {self.base}")
            return None
        return path


def _known(item: Item, known: Collection[str], needed: Collection[str]) -> dict[str, Item] | None:
    keys = item.mapping()
    if keys is None:
        return None
    for name, one in keys.items():
        if name not in known:
            one.wrong(f"{name} is not asked", f"Use only: {', '.join(known)}")
    for name in needed:
        if name not in keys:
            item.wrong(f"{name} is missing", "Add it")
    return keys if set(needed) <= keys.keys() <= set(known) else None


def _one_of(item: Item, known: Collection[str], such: str) -> str | None:
    value = item.text()
    if value is None or value in known:
        return value
    item.wrong(f"{item.key} is {value!r}", f"Write a name {such}" if such else f"Write one of {', '.join(known)}")
    return None


def _number(item: Item, low: int, high: int) -> int | None:
    text = item.text()
    value = int(text) if text and text.isascii() and text.isdecimal() and len(text) < 12 else -1
    if text is None or low <= value <= high:
        return None if text is None else value
    item.wrong(f"{item.key} is {text!r}", f"Write a whole number from {low:,} to {high:,}, in digits alone")
    return None


def asked(ask: Ask, base: Path, keep: Path | None = None) -> Answers:
    """The same, one question after the other; `ask` gets the question and what stands if nothing is typed.

    What was answered is kept in `keep`, so that `--answers` goes on from there where something was wrong.
    """
    given: dict[str, Any] = {"code": ask("Code of the city (digits and capital letters)", "CITY")}
    name = {"zh": ask("Its name in Chinese (empty: none)", ""), "en": ask("Its name in English (empty: none)", "")}
    languages = [one for one in LANGUAGES if name[one]] or ["en"]
    called = {one: name[one] or given["code"] for one in languages}
    words = {"zh": ("市", "片区", "网格"), "en": ("city", "part", "cell")}
    city, part, cell = ({one: words[one][k] for one in languages} for k in range(3))
    given |= {"name": called, "languages": languages}
    given["timezone"] = ask("Time zone", "Asia/Shanghai")
    given["calendar"] = ask("Calendar of holidays (cn, us, plain)", "cn")
    given["population"] = ask("Its residents, in digits (0: not known)", "0")
    outlines = {
        "file": ask("File of the outlines of its parts (GeoJSON, zipped Shapefile, GeoPackage, KML, CSV)", ""),
        "crs": ask("Its coordinate system, if the file does not say it (EPSG:..., gcj02, bd09)", ""),
        "code": ask("The column of codes", "code"), "name": ask("The column of names", "name"),
    }  # fmt: skip
    people = ask("Residents of a cell, in digits", "620")
    given["levels"] = [
        {"key": "city", **city},
        {"key": "part", **part, **{key: text for key, text in outlines.items() if text}},
        {"key": "cell", **cell, "people": people},
    ]
    if extract := ask("OpenStreetMap extract (.osm.pbf, .osm, .osm.gz; empty: a stand-in)", ""):
        given["extract"] = extract
    text = yaml.safe_dump(given, allow_unicode=True, sort_keys=False)
    if keep is not None:
        keep.write_text(text, encoding="utf-8", newline="\n")
    return _read(keep.name if keep else "the answers", text, base, Problems())
