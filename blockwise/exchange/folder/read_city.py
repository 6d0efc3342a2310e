"""city.yaml to a City."""

import re
from collections.abc import Callable, Mapping
from datetime import time
from pathlib import Path
from typing import Final, TypeVar, get_args
from zoneinfo import ZoneInfo, available_timezones

from blockwise.exchange.folder.languages import filled
from blockwise.exchange.folder.problems import Problems
from blockwise.exchange.folder.rows import City, Level, RoadPeriod
from blockwise.exchange.folder.text import read_text
from blockwise.exchange.folder.yaml_nodes import Item, parse_yaml
from blockwise.places.coordinates import Crs

FILE: Final = "city.yaml"
CODE: Final = re.compile(r"[0-9A-Z]{1,24}", re.ASCII)
KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,29}", re.ASCII)
CALENDARS: Final = ("cn", "us", "plain")
REQUIRED: Final = (
    *("code", "name", "timezone", "languages", "crs", "calendar", "working_hours"),
    *("levels", "rings", "road_periods", "features", "demo"),
)
OPTIONAL: Final = ("departments", "attribution")
LONGEST_ATTRIBUTION: Final = 200

_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_LARGEST: Final = 262_144
T = TypeVar("T")


def clock(text: str) -> time | None:
    """HH:MM from 00:00 to 23:59; None for anything else."""
    found = _CLOCK.fullmatch(text)
    return time(int(found[1]), int(found[2])) if found else None


def read_city(path: Path, problems: Problems) -> City | None:
    """The folder's city.yaml; None when any key is missing or wrong (all are noted)."""
    text = read_text(path, problems, _LARGEST, long_lines=True)
    root = parse_yaml(FILE, text, problems) if text is not None else None
    keys = root.mapping() if root else None
    if root is None or keys is None or not _has_keys(root, keys):
        return None
    languages = _list(keys["languages"], _language)
    if languages is None:
        return None
    names = _names(keys["name"], languages)
    parts = (
        _matching(keys["code"], CODE, "capital letters and digits, at most 24"),
        names,
        _timezone(keys["timezone"]),
        _one_of(keys["crs"], get_args(Crs), "; CGCS2000 in degrees is wgs84 here"),
        _one_of(keys["calendar"], CALENDARS),
        _list(keys["working_hours"], _hours),
        _list(keys["levels"], lambda item: _level(item, languages)),
        _list(keys["rings"], _minutes),
        _list(keys["road_periods"], _period),
        _features(keys["features"]),
        keys["demo"].boolean(),
        _list(keys["departments"], lambda item: _level(item, languages)) if "departments" in keys else (),
        _attribution(keys["attribution"]) if "attribution" in keys else "",
    )
    code, names, timezone, crs, calendar, hours, levels, rings, periods, features, demo, departments, attribution = (
        parts
    )
    if (
        code is None or names is None or timezone is None or crs is None or calendar is None or hours is None
        or levels is None or rings is None or periods is None or features is None or demo is None
        or departments is None or attribution is None
    ):  # fmt: skip
        return None
    sound = (
        _levels_sound(keys["levels"], levels),
        _named_once(keys["departments"], departments, "department") if departments else True,
        _periods_sound(keys["road_periods"], periods),
    )
    if not all(sound):
        return None
    system: Crs = "gcj02" if crs == "gcj02" else "bd09" if crs == "bd09" else "wgs84"
    return City(
        code=code,
        names=names,
        timezone=timezone,
        languages=languages,
        crs=system,
        calendar=calendar,
        working_hours=hours,
        levels=levels,
        rings=rings,
        road_periods=periods,
        features=features,
        demo=demo,
        departments=departments,
        attribution=attribution,
        crs_line=keys["crs"].line,
    )


def _attribution(item: Item) -> str | None:
    value = item.text()
    if value is None or len(value) <= LONGEST_ATTRIBUTION:
        return value
    item.wrong(f"attribution has {len(value)} characters", f"Write at most {LONGEST_ATTRIBUTION}")
    return None


def _has_keys(root: Item, keys: Mapping[str, Item]) -> bool:
    for name, item in keys.items():
        if name not in REQUIRED + OPTIONAL:
            item.wrong(f"unknown key {name}", f"Use only: {', '.join(REQUIRED + OPTIONAL)}")
    for name in REQUIRED:
        if name not in keys:
            root.wrong(f"the key {name} is missing", "Add it")
    return set(REQUIRED) <= set(keys) <= {*REQUIRED, *OPTIONAL}


def _list(item: Item, read: Callable[[Item], T | None]) -> tuple[T, ...] | None:
    entries = item.items()
    if entries is None:
        return None
    values = [read(entry) for entry in entries]
    kept = tuple(value for value in values if value is not None)
    return kept if len(kept) == len(values) else None


def _matching(item: Item, pattern: re.Pattern[str], words: str) -> str | None:
    value = item.text()
    if value is None or pattern.fullmatch(value):
        return value
    item.wrong(f"{item.key} is {value!r}", f"Use {words}")
    return None


def _one_of(item: Item, choices: tuple[str, ...], more: str = "") -> str | None:
    value = item.text()
    if value is None or value in choices:
        return value
    item.wrong(f"{item.key} is {value!r}", f"Use one of: {', '.join(choices)}{more}")
    return None


def _language(item: Item) -> str | None:
    return _one_of(item, ("zh", "en"))


def _names(item: Item, languages: tuple[str, ...]) -> Mapping[str, str] | None:
    entries = item.mapping()
    if entries is None:
        return None
    return _named(item, entries, languages)


def _named(item: Item, entries: Mapping[str, Item], languages: tuple[str, ...]) -> Mapping[str, str] | None:
    missing = [language for language in languages if language not in entries]
    if missing:
        item.wrong(f"{item.key} has no {missing[0]}", "Give a name in each of the city's languages")
        return None
    names = {language: entries[language].text() for language in languages}
    return filled({key: value for key, value in names.items() if value}) if all(names.values()) else None


def _timezone(item: Item) -> str | None:
    value = item.text()
    if value is None:
        return None
    if value not in available_timezones():
        item.wrong(f"there is no time zone {value!r}", "Use an IANA name, such as Asia/Shanghai")
        return None
    return ZoneInfo(value).key


def _hours(item: Item) -> tuple[time, time] | None:
    ends = _list(item, _time)
    if ends is None:
        return None
    if len(ends) != 2 or ends[0] >= ends[1]:
        item.wrong(f"{item.key} is not a start and a later end", 'Write it as ["08:00", "12:00"]')
        return None
    return ends[0], ends[1]


def _time(item: Item) -> time | None:
    value = item.text()
    if value is None:
        return None
    found = clock(value)
    if found is None:
        item.wrong(f"{item.key} is {value!r}", "Write times as HH:MM, from 00:00 to 23:59")
    return found


def _level(item: Item, languages: tuple[str, ...]) -> Level | None:
    entries = item.mapping()
    if entries is None:
        return None
    if "key" not in entries:
        item.wrong(f"{item.key} has no key", "Write each as {key: cell, zh: 网格, en: cell}")
        return None
    key = _matching(entries["key"], KEY, "small letters, digits and _")
    names = _named(item, entries, languages)
    return Level(key, names) if key and names else None


def _minutes(item: Item) -> int | None:
    value = item.text()
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= 120):
        item.wrong(f"{item.key} is {value!r}", "Give rings in whole minutes, 1 to 120")
        return None
    return int(value)


def _period(item: Item) -> RoadPeriod | None:
    entries = item.mapping()
    if entries is None:
        return None
    if set(entries) != {"key", "from", "to"}:
        item.wrong(
            f"{item.key} has the keys {', '.join(entries)}",
            'Write road periods as {key: day, from: "07:00", to: "22:00"}',
        )
        return None
    key = _matching(entries["key"], KEY, "small letters, digits and _")
    starts, ends = _time(entries["from"]), _time(entries["to"])
    if key is None or starts is None or ends is None:
        return None
    return RoadPeriod(key, starts, ends, item.line)


def _features(item: Item) -> Mapping[str, str] | None:
    entries = item.mapping()
    if entries is None:
        return None
    values = {name: entry.text() for name, entry in entries.items()}
    return {name: value for name, value in values.items() if value} if all(values.values()) else None


def _levels_sound(item: Item, levels: tuple[Level, ...]) -> bool:
    if len(levels) < 2:
        item.wrong("there is only one level", "Name at least the city's level and the cell's")
        return False
    return _named_once(item, levels, "level")


def _named_once(item: Item, named: tuple[Level, ...], what: str) -> bool:
    keys = [one.key for one in named]
    for key in dict.fromkeys(keys):
        if keys.count(key) > 1:
            item.wrong(f"the {what} {key} is named twice", f"Name each {what} once")
            return False
    return True


def _periods_sound(item: Item, periods: tuple[RoadPeriod, ...]) -> bool:
    """Every minute of the day must belong to exactly one period."""
    owner: list[RoadPeriod | None] = [None] * 1440
    for period in periods:
        starts, ends = _minute(period.starts), _minute(period.ends)
        length = (ends - starts) % 1440 or 1440
        for minute in range(starts, starts + length):
            taken = owner[minute % 1440]
            if taken is not None:
                item.problems.error(
                    FILE, period.line,
                    f"the road periods {taken.key} (line {taken.line}) and {period.key} both hold "
                    f"{_written(minute % 1440)}",
                    "Let each minute of the day be in exactly one period",
                )  # fmt: skip
                return False
            owner[minute % 1440] = period
    if None in owner:
        minute = owner.index(None)
        item.wrong(
            f"no road period holds {_written(minute)}",
            "Let each minute of the day be in exactly one period",
        )
        return False
    return True


def _minute(value: time) -> int:
    return value.hour * 60 + value.minute


def _written(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
