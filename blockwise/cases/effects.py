"""Effects: what an act sets off. A kind names them; a room (this one or a higher one) registers what they do.

An effect runs inside the engine's transaction, after the case is changed and before its line is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from blockwise.access.actors import Actor
from blockwise.ledger.lines import Entry
from blockwise.ledger.vault import Salted

from .kinds.model import Act, Kind
from .models import Case


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


@dataclass(frozen=True)
class Effect:
    run: Callable[[Change], None]
    takes: Mapping[str, Mapping[str, Any]]  # keys of the act's data that are the effect's own, with their JSON Schema
    needs: tuple[str, ...]  # those of them without which the API need not try


_effects: dict[str, Effect] = {}


def register(
    name: str, *, takes: Mapping[str, Mapping[str, Any]] | None = None, needs: tuple[str, ...] = ()
) -> Callable[[Callable[[Change], None]], Callable[[Change], None]]:
    """Say what the effect `name` does; `takes` are the keys it reads from the act's data, each with its JSON Schema."""

    def keep(run: Callable[[Change], None]) -> Callable[[Change], None]:
        _effects[name] = Effect(run, takes or {}, needs)
        return run

    return keep


def known() -> frozenset[str]:
    return frozenset(_effects)


def inputs(names: tuple[str, ...]) -> frozenset[str]:
    """Every key that these effects read from the act's data."""
    return frozenset(schemas(names))


def schemas(names: tuple[str, ...]) -> dict[str, Mapping[str, Any]]:
    """JSON Schema of every key that these effects read."""
    return {key: schema for name in names for key, schema in _effects[name].takes.items()}


def needed(names: tuple[str, ...]) -> tuple[str, ...]:
    """Keys that must be given for these effects."""
    return tuple(key for name in names for key in _effects[name].needs)


def run(change: Change) -> None:
    for name in change.act.effects:
        _effects[name].run(change)
