"""What a beginning is asked, as a YAML file or one question after the other; read into one frozen `Answers`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from zoneinfo import available_timezones

import yaml

from blockwise.exchange.folder.read_city import CALENDARS, CODE, KEY
from blockwise.problems import Invalid

LARGEST: Final = 262_144
LANGUAGES: Final = ("zh", "en")
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
    examples: bool = True  # stand-in stations, units and people


def read_answers(path: Path) -> Answers:
    """Answers in a file; paths are from where the file lies. Invalid names the key and what to write."""
    try:
        content = path.read_bytes()
        found = yaml.safe_load(content[:LARGEST].decode("utf-8-sig")) if len(content) <= LARGEST else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        said = str(error).splitlines()[0][:120]
        raise Invalid(
            f"The answers cannot be read: {said}", where=str(path), fix="Write them as YAML, UTF-8."
        ) from error
    if not isinstance(found, dict):
        raise Invalid("These are no answers.", where=str(path), fix="Write keys and values, as docs/operate.md shows.")
    return _Reading(str(path), path.parent).answers(found)


class _Reading:
    def __init__(self, where: str, base: Path) -> None:
        self.where, self.base = where, base

    def wrong(self, key: str, what: str, fix: str) -> Invalid:
        return Invalid(f"{key} {what}.", where=self.where, fix=fix)

    def answers(self, given: Mapping[str, Any]) -> Answers:
        known = {
            *("code", "name", "timezone", "languages", "calendar", "levels", "extract", "tolerance_m", "examples"),
            *("population", "tables"),
        }
        if unknown := sorted(str(key) for key in given.keys() - known):
            raise self.wrong(unknown[0], "is not asked", f"Use only: {', '.join(sorted(known))}.")
        languages = tuple(given.get("languages") or LANGUAGES)
        if not languages or not set(languages) <= set(LANGUAGES):
            raise self.wrong("languages", "is wrong", "Write [zh, en], [zh] or [en].")
        code = str(given.get("code", "")).upper()
        if not CODE.fullmatch(code):
            raise self.wrong("code", f"is {code!r}", "Write digits and capital letters, such as 440306.")
        levels = [self._level(one, languages) for one in given.get("levels") or ()]
        if len(levels) < 2:
            fix = "Write the city itself first, then each level below it, with the file of its outlines."
            raise self.wrong("levels", "has fewer than two entries", fix)
        root, *below = levels
        if any(one.file is None for one in below[:-1]) or (len(below) == 1 and below[0].file is None):
            raise self.wrong("levels", "lacks a file", "Give a file for each level but the city and the last.")
        zone = str(given.get("timezone", ""))
        if zone not in available_timezones():
            raise self.wrong("timezone", f"is {zone!r}", "Write a name such as Asia/Shanghai.")
        calendar = str(given.get("calendar", "plain"))
        if calendar not in CALENDARS:
            raise self.wrong("calendar", f"is {calendar!r}", f"Write one of {', '.join(CALENDARS)}.")
        return Answers(
            code, self._words("name", given.get("name"), languages), zone, languages, calendar, tuple(below), root,
            extract=self._path("extract", given.get("extract")), tolerance_m=self._tolerance(given),
            population=self._count("population", given.get("population", 0), 100_000_000),
            tables=tuple(self._table(one) for one in given.get("tables") or ()),
            examples=bool(given.get("examples", True)),
        )  # fmt: skip

    def _table(self, given: Any) -> TableAnswer:
        paths = [self._path(key, given.get(key)) for key in ("file", "map")] if isinstance(given, dict) else []
        if len(paths) != 2 or paths[0] is None or paths[1] is None:
            raise self.wrong("tables", "holds something else", "Write {file: units.xlsx, map: units.yaml} for each.")
        return TableAnswer(paths[0], paths[1])

    def _tolerance(self, given: Mapping[str, Any]) -> float:
        value = given.get("tolerance_m", 30.0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 2000:
            raise self.wrong("tolerance_m", f"is {value!r}", "Write metres, above 0 and at most 2000.")
        return float(value)

    def _count(self, key: str, value: Any, most: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise self.wrong(key, f"is {value!r}", f"Write how many residents, from 0 to {most:,}.")
        return value

    def _level(self, given: Any, languages: tuple[str, ...]) -> LevelAnswer:
        if not isinstance(given, dict):
            raise self.wrong("levels", "holds something else", "Write {key, zh, en, file, code, name} for each.")
        key = str(given.get("key", ""))
        if not KEY.fullmatch(key):
            raise self.wrong("levels: key", f"is {key!r}", "Write lower-case letters, such as subdistrict.")
        people = self._count("people", given.get("people", 0), 1_000_000)
        columns = {name: str(given[name]) for name in ("code", "name", "name_en", "population") if given.get(name)}
        return LevelAnswer(
            key, self._words(f"level {key}", given, languages), self._path("file", given.get("file")),
            str(given.get("crs", "")), str(given.get("layer", "")), columns, people,
        )  # fmt: skip

    def _words(self, key: str, given: Any, languages: tuple[str, ...]) -> dict[str, str]:
        words = {one: str(given.get(one, "")).strip() for one in languages} if isinstance(given, dict) else {}
        if not words or not all(0 < len(text) <= 80 for text in words.values()):
            raise self.wrong(key, "lacks its words", f"Write {', '.join(languages)}, each up to 80 characters.")
        return words

    def _path(self, key: str, given: Any) -> Path | None:
        if given in (None, "", "none"):
            return None
        path = self.base / str(given)
        if not path.is_file():
            raise self.wrong(key, f"names {given}, which is not there", f"Give a path from {self.base}.")
        return path


def asked(ask: Ask, base: Path) -> Answers:
    """The same, one question after the other; `ask` gets the question and what stands if nothing is typed."""
    code = ask("Code of the city (digits and capital letters)", "CITY")
    name = {"zh": ask("Its name in Chinese (empty: none)", ""), "en": ask("Its name in English (empty: none)", "")}
    languages = [one for one in LANGUAGES if name[one]] or ["en"]
    name = name if any(name.values()) else {"en": code}
    outlines = ask("File of the outlines of its parts (GeoJSON, zipped Shapefile, GeoPackage, KML, CSV)", "")
    given: dict[str, Any] = {
        "code": code, "name": name, "languages": languages,
        "population": int(ask("Its residents, as far as known", "0") or 0),
        "timezone": ask("Time zone", "Asia/Shanghai"), "calendar": ask("Calendar of holidays (cn, us, plain)", "cn"),
        "levels": [
            {"key": "city", "zh": "市", "en": "city"},
            {
                "key": "part", "zh": "片区", "en": "part", "file": outlines,
                "crs": ask("Its coordinate system, if the file does not say it (EPSG:..., gcj02, bd09)", ""),
                "code": ask("The column of codes", "code"), "name": ask("The column of names", "name"),
            },
            {"key": "cell", "zh": "网格", "en": "cell", "people": int(ask("Residents of a cell", "620") or 0)},
        ],
        "extract": ask("OpenStreetMap extract (.osm.pbf, .osm, .osm.gz; empty: a stand-in)", ""),
    }  # fmt: skip
    return _Reading("the answers", base).answers(given)
