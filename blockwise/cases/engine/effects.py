"""What an act sets off: a kind names it, a room hands it up (blockwise/rooms.py), here it is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from blockwise.access.actors import Actor
from blockwise.ledger.lines import Entry
from blockwise.ledger.vault import Salted
from blockwise.messages.actions import To
from blockwise.rooms import Effect, JsonSchema, house

from ..kinds.model import Act, Kind
from ..models import Case
from ..rules.inputs import Input


@dataclass
class Change:
    """One act on one case while it happens. Effects may add to `line_data` and `entries`; they raise to refuse."""

    case: Case
    kind: Kind
    act: Act
    data: Mapping[str, Any]  # what was given, with the inputs the effects take
    actor: Actor
    moment: datetime  # when it is claimed to have happened
    line_data: dict[str, Any] = field(default_factory=dict)
    sealed: list[Salted] = field(default_factory=list)  # what goes into the vault
    entries: list[Entry] = field(default_factory=list)  # lines of other threads, written with the case's own
    others: Mapping[int, Case] = field(default_factory=dict)  # cases that the data names, locked with this one
    prepared: Mapping[str, Any] = field(default_factory=dict)  # by effect, what it worked out before the transaction
    told: list[tuple[str, To]] = field(default_factory=list)  # topics of messages about the case, and whom they are for
    asides: list[Aside] = field(default_factory=list)
    opened: list[Change] = field(default_factory=list)  # cases that the act opens
    waits: bool = False  # no unit works on the case any more, and it waits for one again


@dataclass
class Aside:
    """What an act does to one of the `others`: its row, its promises and a line of its own."""

    case: Case
    kind: Kind
    act: str  # of the line
    line_data: dict[str, Any]
    waits: bool = False


def wait_again(changed: Change | Aside, stage: str | None) -> None:
    """The case waits for a unit again, back in `stage` (None: where it is); its line says from where to where."""
    changed.waits = True
    case = changed.case
    if stage is not None and stage != case.stage:
        changed.line_data.update({"from": changed.line_data.get("from", case.stage), "to": stage})
        case.stage = stage


def _of(names: tuple[str, ...]) -> list[Effect]:
    known = house().effects
    return [known[name] for name in names]


def inputs(names: tuple[str, ...]) -> frozenset[str]:
    """Every key that these effects read from the act's data."""
    return frozenset(schemas(names))


def schemas(names: tuple[str, ...]) -> dict[str, JsonSchema]:
    """JSON Schema of every key that these effects read."""
    return {key: schema for effect in _of(names) for key, schema in effect.takes.items()}


def needed(names: tuple[str, ...]) -> tuple[str, ...]:
    """Keys that must be given for these effects."""
    return tuple(key for effect in _of(names) for key in effect.needs)


def asked(names: tuple[str, ...]) -> list[Input]:
    """How a person is asked for what these effects take, each thing once."""
    return list({entry.name: entry for effect in _of(names) for entry in effect.inputs}.values())


def naming_cases() -> frozenset[str]:
    """Keys of an act's data that name further cases."""
    return frozenset(effect.cases for effect in house().effects.values() if effect.cases)


def prepare(names: tuple[str, ...], case: Case, data: Mapping[str, Any]) -> dict[str, Any]:
    """What these effects work out before the transaction, so that nobody waits for it at the ledger's head."""
    return {effect.name: effect.prepare(case, data) for effect in _of(names) if effect.prepare}


def run(change: Change) -> None:
    for effect in _of(change.act.effects):
        effect.run(change)
