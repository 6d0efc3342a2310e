"""Rows of units, stations, rosters, people and addresses: found again by their key, judged as the folder judges."""

from __future__ import annotations

import csv
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from blockwise.exchange.folder.problems import Line, Problems
from blockwise.exchange.folder.read_tables import (
    read_addresses,
    read_people,
    read_roster,
    read_stations,
    read_units,
)
from blockwise.exchange.tabular.account import Account
from blockwise.exchange.tabular.batches import Batch
from blockwise.exchange.tabular.city import City
from blockwise.exchange.tabular.fields import Cells
from blockwise.exchange.tabular.mapfile import Field, Map
from blockwise.exchange.tabular.points import Points
from blockwise.exchange.tabular.times import COMPACT, YEAR_FIRST, YEAR_LAST, Undecided
from blockwise.places.coordinates import from_wgs84

Key = tuple[str, ...]
READERS: Final[Mapping[str, Callable[[Path, City, Problems], Any]]] = {
    "units.csv": lambda path, _city, problems: read_units(path, problems),
    "stations.csv": lambda path, city, problems: read_stations(path, "wgs84", city.languages, problems),
    "roster.csv": lambda path, _city, problems: read_roster(path, problems),
    "people.csv": lambda path, city, problems: read_people(path, city.languages, problems),
    "addresses.csv": lambda path, city, problems: read_addresses(path, "wgs84", city.languages, problems),
}
_CLOCK: Final = re.compile(r"(\d{1,2})[:：时点.](\d{2})?分?(?::\d{2})?", re.ASCII)


@dataclass(slots=True)
class _Judged(Problems):
    """What the folder's own reader says of each line, all of it."""

    lines: dict[int, str] = field(default_factory=dict)

    def error(self, file: str, line: Line, what: str, fix: str) -> None:
        if isinstance(line, int):
            self.lines.setdefault(line, f"{what}. {fix}")


@dataclass
class RowTable:
    """Takes batch after batch; `found` are the rows by key, in the order of the file."""

    plan: Map
    city: City
    cells: Cells
    account: Account
    points: Points
    order: str | None = None
    found: dict[Key, dict[str, str]] = field(default_factory=dict)
    _first: dict[Key, int] = field(default_factory=dict)
    _said: dict[tuple[Key, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    _everywhere: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def take(self, batch: Batch, skipped: set[int]) -> None:
        texts = {name: list(self.cells.texts(one, batch)) for name, one in self.plan.fields.items()}
        bad: dict[int, tuple[str, str]] = {}
        unknown: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
        if "lon" in texts:
            self._place(texts, bad)
        for name, one in self.plan.fields.items():
            kind = self.plan.table.by_name[name].kind
            for row, text in enumerate(texts[name]):
                try:
                    texts[name][row] = self._value(kind, one, text, unknown[row])
                except ValueError as error:
                    bad.setdefault(row, (name, str(error)))
        for row, number in enumerate(batch.numbers):
            if row in skipped:
                self.account.left_out += 1
            elif row in bad:
                self.account.refuse(number, *bad[row])
            else:
                self._keep(number, {name: values[row] for name, values in texts.items()}, unknown[row])

    def finish(self) -> None:
        """Fill in what several rows decide together, and refuse what a city folder would not take."""
        for name, one in self.plan.fields.items():
            if one.take == "most":
                for key, row in self.found.items():
                    counts = self._said.get((key, name)) or self._everywhere[name] or Counter([row[name]])
                    row[name] = min(counts, key=lambda text: (-counts[text], text))
        lines = list(self.found)
        for line, why in self._judged().items():
            key = lines[line - 2]
            self.found.pop(key)
            self.account.written -= 1
            self.account.refuse(self._first[key], "", why)

    def _place(self, texts: dict[str, list[str]], bad: dict[int, tuple[str, str]]) -> None:
        lon, lat, why = self.points.turned(texts["lon"], texts["lat"])
        if self.city.crs != "wgs84":
            lon, lat = from_wgs84(lon, lat, self.city.crs)
        for row, reason in enumerate(why):
            if reason:
                bad[row] = ("lon, lat", reason)
        for name, values in (("lon", lon), ("lat", lat)):
            texts[name] = [repr(round(value, 7)) for value in values.tolist()]

    def _value(self, kind: str, said: Field, text: str, unknown: list[tuple[str, str, str]]) -> str:
        """What stands in the folder for a text. ValueError where it cannot be told."""
        target = self.plan.table.by_name[said.name]
        if said.words is not None:
            meaning = said.words.meaning(text)
            if meaning is None and said.other is not None:
                unknown.append((said.name, text, said.other))
                meaning = said.other
            if meaning is None and target.choices:
                raise ValueError(
                    f"{text[:40]!r} is in no table of words; add it, or say which stands for others (other)"
                )
            text = text if meaning is None else meaning
        if target.choices and text not in target.choices:
            if not (other := said.other or ("" if text else target.usual)):
                fix = f"give a table of words that says which of {', '.join(target.choices)} it is"
                raise ValueError(f"{text[:40]!r} is not known; {fix}")
            if text:
                unknown.append((said.name, text, other))
            text = other
        if said.needed and not text:
            raise ValueError(f"{' and '.join(said.columns) or said.name} is empty")
        if kind == "clock":
            return _clock(text)
        return self._day(text) if kind == "day" and text else text

    def _day(self, text: str) -> str:
        found = YEAR_FIRST.fullmatch(text) or COMPACT.fullmatch(text)
        if found:
            year, month, day = found["y"], found["a"], found["b"]
        elif found := YEAR_LAST.fullmatch(text):
            if self.order is None:
                raise Undecided
            day, month = (found["a"], found["b"]) if self.order == "day" else (found["b"], found["a"])
            year = found["y"]
        else:
            raise ValueError(f"{text[:40]!r} is no date")
        try:
            return datetime(int(year), int(month), int(day)).date().isoformat()  # noqa: DTZ001 - a day has no zone
        except ValueError:
            raise ValueError(f"{text[:40]!r} is no day of the calendar") from None

    def _keep(self, number: int, row: dict[str, str], unknown: Sequence[tuple[str, str, str]]) -> None:
        for name, target in self.plan.table.by_name.items():
            row.setdefault(name, target.usual)
        if "call_sign" in row:
            row["call_sign"] = row["call_sign"] or row["code"]
        key = tuple(row[name] for name in self.plan.table.key)
        for name, one in self.plan.fields.items():
            if one.take == "most" and row[name] and self._counts(name, row[name]):
                self._said[(key, name)][row[name]] += 1
                self._everywhere[name][row[name]] += 1
        if key not in self.found:
            self.found[key], self._first[key] = row, number
            self.account.written += 1
            for name, word, played in unknown:
                self.account.words.count(name, word, number, played)
            return
        self.account.repeated += 1
        first = self.found[key]
        if any(row[name] != first[name] for name, one in self.plan.fields.items() if one.take == "first"):
            self.account.note(number, ", ".join(self.plan.table.key), "an earlier row says otherwise; that one stands")

    def _counts(self, name: str, text: str) -> bool:
        """A home that is no station of the city does not count among a unit's homes."""
        return name != "station" or self.city.stations is None or text in self.city.stations

    def _judged(self) -> dict[int, str]:
        """By line of a table with these rows, what the folder's own reader has against it."""
        judged = _Judged()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / self.plan.table.file
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, [one.name for one in self.plan.table.fields], lineterminator="\n")
                writer.writeheader()
                writer.writerows(
                    {name: " ".join(text.split("\n")) for name, text in row.items()} for row in self.found.values()
                )
            READERS[self.plan.table.file](path, self.city, judged)
        return judged.lines


def _clock(text: str) -> str:
    found = _CLOCK.fullmatch(text)
    if not found or int(found[1]) > 24 or int(found[2] or 0) > 59:
        raise ValueError(f"{text[:40]!r} is no time of day")
    return f"{int(found[1]) % 24:02d}:{int(found[2] or 0):02d}"
