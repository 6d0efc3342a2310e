"""A case as it is shown in a row or on top of its page, in the reader's language; a few queries however many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from blockwise.places.current import BlockFacts, places
from blockwise.places.queries import answer_of

from .kinds import registry
from .kinds.model import Kind, Words
from .models import Case, CaseClock
from .queries import exact_places


@dataclass(frozen=True)
class ShownClock:
    """`state`: running, paused, kept, missed (stopped after its due time), lapsed (the case ended without it)."""

    words: Words
    due_at: datetime | None
    remaining_s: int | None
    stopped_at: datetime | None
    level: int
    provisional: bool
    state: str


@dataclass(frozen=True)
class Shown:
    case: Case
    noun: Words
    type: str
    stage: Words
    place: str
    block: str
    point: tuple[float, float] | None
    due_at: datetime | None
    clock: Words | None
    final: bool

    @property
    def pk(self) -> int:
        return int(self.case.pk)

    @property
    def place_short(self) -> str:
        """The place without the names of the larger blocks that it begins with."""
        text = self.place
        for entry in answer_of(self.case.block_id).chain:
            text = text.removeprefix(entry.name).strip()
        return text


def both(zh: str, en: str) -> Words:
    """A name in two languages, either standing in for the other."""
    return Words(zh or en, en or zh)


def block_words(code: str) -> Words:
    """A block's short name: its own, and its parent's where it is a cell."""
    facts = places().blocks.get(code)
    if facts is None:
        return Words(code, code)
    above = _above(facts)
    return Words(f"{above.zh} {both(facts.name, facts.name_en).zh}".strip(), f"{facts.name_en or facts.name}")


def _above(facts: BlockFacts) -> Words:
    here = places()
    deepest = facts.level == len(here.city.levels) - 1
    parent = here.blocks.get(facts.parent or "") if deepest else None
    return both(parent.name, parent.name_en) if parent else Words("", "")


def type_words(kind: Kind, code: str) -> str:
    found = kind.type_coded(code)
    return str(found.words) if found else str(kind.title)


def shown(cases: Sequence[Case]) -> list[Shown]:
    """The cases in the same order; one query for clocks and the vault's few for places."""
    exact = exact_places(cases)
    clocks = _first_due(cases)
    return [_shown(case, exact.get(case.pk), clocks.get(case.pk)) for case in cases]


def _first_due(cases: Iterable[Case]) -> dict[int, CaseClock]:
    rows = CaseClock.objects.filter(case__in=[case.pk for case in cases], stopped_at=None, due_at__isnull=False)
    return {row.case_id: row for row in rows.order_by("-due_at")}


def _shown(case: Case, exact: Any, clock: CaseClock | None) -> Shown:
    kind = registry.of(case)
    point = exact or {"lon_e7": case.lon_e7, "lat_e7": case.lat_e7}
    declared = next((entry for entry in kind.clocks if clock and entry.name == clock.name), None)
    return Shown(
        case=case,
        noun=kind.noun,
        type=type_words(kind, case.type),
        stage=kind.stage(case.stage).words,
        place=str(exact.get("text") or "") if exact else "",
        block=str(block_words(case.block_id)),
        point=None if point["lon_e7"] is None else (point["lon_e7"] / 1e7, point["lat_e7"] / 1e7),
        due_at=clock.due_at if clock else None,
        clock=declared.words if declared else None,
        final=case.final,
    )


def clocks_of(case: Case) -> list[ShownClock]:
    """Every promise of the case, in the order in which the kind declares them."""
    kind = registry.of(case)
    rows = {row.name: row for row in case.clocks.all()}
    return [_clock(entry.words, rows[entry.name]) for entry in kind.clocks if entry.name in rows]


def _clock(words: Words, row: CaseClock) -> ShownClock:
    remaining = None if row.remaining_ms is None else row.remaining_ms // 1000
    if row.stopped_at:
        missed = row.level or (row.due_at and row.stopped_at > row.due_at)
        state = "missed" if missed else "lapsed" if row.lapsed else "kept"
    else:
        state = "paused" if row.due_at is None else "running"
    return ShownClock(words, row.due_at, remaining, row.stopped_at, row.level, row.provisional, state)
