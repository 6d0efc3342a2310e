"""A city folder taken into the database, idempotently: a changed folder is applied as a difference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.db import transaction

from blockwise.access.actors import LOADER
from blockwise.access.load import People, load_people
from blockwise.cases.kinds import registry
from blockwise.exchange.folder import CityFolder, sound_folder
from blockwise.ledger.lines import Entry, write
from blockwise.places import actions as places
from blockwise.units.load import Forces, load_forces

Purpose = Literal["live", "demo", "replay"]
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Report:
    """What a load changed. `kinds` are the names of the kinds whose text is new."""

    places: places.Loaded
    kinds: tuple[str, ...]
    forces: Forces
    people: People

    @property
    def changed(self) -> bool:
        people = self.people.users or self.people.granted or self.people.ended
        return bool(self.places.changed or self.kinds or self.forces.changed or people)

    def __str__(self) -> str:
        """One line a table that changed: how many rows were added, changed, and retired or taken away."""
        if not self.changed:
            return "nothing has changed"
        tables = {**self.places.tables, **self.forces.tables}
        rows = [
            f"{name}: {len(one.added):,} added, {len(one.changed):,} changed, {len(one.gone):,} gone"
            for name, one in tables.items()
            if one
        ]
        if self.kinds:
            rows.append(f"kinds: {', '.join(self.kinds)}")
        people = self.people
        rows.append(f"people: {people.users:,} added; roles: {people.granted:,} given, {people.ended:,} ended")
        return "\n".join(rows)


def load_folder(
    path: Path, *, purpose: Purpose | None = None, password: str | None = None, progress: Progress | None = None
) -> Report:
    """Check the folder at `path` and apply it, all or nothing. BadFolder lists every problem with file and line.

    `purpose` defaults to the folder's: a demo city is `demo`, any other `live`. `password`: see `load_people`.
    """
    step = progress or (lambda _what, _share: None)
    step("check", 0.0)
    folder, _warnings = sound_folder(path)
    wanted: Purpose = purpose or ("demo" if folder.city.demo else "live")
    step("load", 0.5)
    with transaction.atomic():
        report = _apply(folder, wanted, password)
    step("loaded", 1.0)
    return report


def _apply(folder: CityFolder, purpose: Purpose, password: str | None) -> Report:
    loaded = places.load(folder, purpose=purpose, record=_record)
    texts = {**registry.builtin_texts(), **{file.stem: file.read_text(encoding="utf-8") for file in folder.kinds}}
    kinds = registry.store(texts, LOADER.id) + registry.retire_others(texts, LOADER.id)
    zone = ZoneInfo(folder.city.timezone)
    people = load_people(folder.people, zone, password if purpose != "live" else None)
    forces = load_forces(folder)
    return Report(loaded, tuple(kinds), forces, people)


def _record(act: str, data: Mapping[str, Any]) -> None:
    write([Entry(thread="system", act=act, actor=LOADER.id, data=data)])
