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
from blockwise.cases.kinds import demonstration, registry, signing
from blockwise.exchange.folder import CityFolder, sound_folder
from blockwise.exchange.losses import refuse_losses
from blockwise.ledger.lines import Entry, write
from blockwise.places import actions as places
from blockwise.units.load import Forces, load_forces

Purpose = Literal["live", "demo", "replay"]
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Report:
    """What a load changed. `kinds` are the names of the kinds whose text is new, signed or not."""

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
    """Check the folder at `path` and apply it, all or nothing. BadFolder lists every problem with file and line."""
    step = progress or (lambda _what, _share: None)
    step("check", 0.0)
    folder, _warnings = sound_folder(path)
    step("load", 0.5)
    report = load_sound(folder, purpose=purpose, password=password)
    step("loaded", 1.0)
    return report


def load_sound(
    folder: CityFolder,
    *,
    purpose: Purpose | None = None,
    password: str | None = None,
    gone: bool = False,
    by: str = LOADER.id,
) -> Report:
    """Apply a folder that `sound_folder` has read, all or nothing.

    In a live city its new and changed kinds wait for their signatures; `by` is who proposes them, and signs none.
    `purpose` defaults to the folder's: a demo city is `demo`, any other `live`. `password`: see `load_people`.
    Conflict where much would be taken away (`refuse_losses`), unless it is `gone` indeed.
    """
    wanted: Purpose = purpose or ("demo" if folder.city.demo else "live")
    with transaction.atomic():
        report = _apply(folder, wanted, password, by)
        if not gone:
            refuse_losses(folder, {**report.places.tables, **report.forces.tables}, report.people)
    return report


def _apply(folder: CityFolder, purpose: Purpose, password: str | None, by: str) -> Report:
    loaded = places.load(folder, purpose=purpose, record=_record)
    texts = {**registry.builtin_texts(), **{file.stem: file.read_text(encoding="utf-8") for file in folder.kinds}}
    kinds = signing.propose(texts, by) + registry.retire_others(texts, LOADER.id)
    signing.withdraw_others(texts, LOADER.id)
    zone = ZoneInfo(folder.city.timezone)
    people = load_people(folder.people, zone, password if purpose != "live" else None)
    if purpose != "live":
        demonstration.sign_all()
    forces = load_forces(folder)
    return Report(loaded, tuple(kinds), forces, people)


def _record(act: str, data: Mapping[str, Any]) -> None:
    write([Entry(thread="system", act=act, actor=LOADER.id, data=data)])
