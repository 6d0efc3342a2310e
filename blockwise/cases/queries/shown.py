"""A case as it is shown in a row or on top of its page, in the reader's language; a few queries however many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from blockwise.places.queries import chain_of

from ..kinds import registry
from ..kinds.model import Clock, Kind, Words
from ..models import Case, CaseClock
from ..rules.counting import missed
from ..rules.placing import FOUND, ROUGH, UNPLACED
from ..rules.words import block_words, in_reader_language, type_words
from .damage import Read, read


@dataclass(frozen=True)
class ShownClock:
    """`state`: running, paused, kept, missed (stopped after its due time), lapsed (the case ended without it).

    `round` counts from 1; 0 where the promise was made only once.
    """

    words: Words
    round: int
    due_at: datetime | None
    remaining_s: int | None
    stopped_at: datetime | None
    level: int
    provisional: bool
    state: str
    ground: Words | None = None  # on which it stands still
    of: Words | None = None  # who promised it, where the agency did not


@dataclass(frozen=True)
class CaseRow:
    case: Case
    noun: Words
    type: str
    stage: Words
    place: str
    said: str  # the caller's own words for it, where others stand for them
    found: Any  # how exactly it was found; empty: not said
    rough: bool  # whoever goes there must know that it is no door
    block: str
    point: tuple[float, float] | None
    due_at: datetime | None
    clock: Words | None
    final: bool
    grade: str  # by its kind's table; empty where there is none
    fault: str  # why it cannot be shown (whole), where it was damaged; its `type` says so

    @property
    def pk(self) -> int:
        return int(self.case.pk)

    @property
    def unplaced(self) -> bool:
        """Whether it is open and waits for its place."""
        return self.case.place_found == UNPLACED and not self.final

    @property
    def place_short(self) -> str:
        """The place without the names of the larger blocks that it begins with."""
        text = self.place
        for entry in chain_of(self.case.block_id):
            text = text.removeprefix(entry.name).strip()
        return text


def shown(cases: Sequence[Case]) -> list[CaseRow]:
    """The cases in the same order; one query for clocks, the vault's few for places, and one more where a place was
    written down in the other language. One that was damaged is shown as far as it can be read, and says so."""
    running = list(_running(cases))
    whole, clocks = read(cases, running), {row.case_id: row for row in running}
    words = in_reader_language(str(place.get("text") or "") for place in whole.places.values())
    return [_shown(case, whole, clocks.get(case.pk), words) for case in cases]


def _running(cases: Iterable[Case]) -> QuerySet[CaseClock]:
    """The agency's own; the last of a case is due first."""
    named = [case.pk for case in cases]
    rows = CaseClock.objects.filter(case__in=named, stopped_at=None, due_at__isnull=False, theirs=False)
    return rows.order_by("-due_at")


def _shown(case: Case, whole: Read, clock: CaseClock | None, words: Mapping[str, str]) -> CaseRow:
    kind, exact, fault = registry.of(case), whole.places.get(case.pk), whole.faults.get(case.pk, "")
    if kind.unreadable:
        return _only_there(case, kind, fault)
    point = exact or {"lon_e7": case.lon_e7, "lat_e7": case.lat_e7}
    text = str(exact.get("text") or "") if exact else ""
    declared = next((entry for entry in kind.clocks if clock and entry.name == clock.name), None)
    return CaseRow(
        case=case,
        noun=kind.noun,
        type=f"{type_words(kind, case.type)} · {fault}" if fault else type_words(kind, case.type),
        stage=kind.stage(case.stage).words,
        place=words.get(text, text),
        said=str(exact.get("said") or "") if exact else "",
        found=FOUND.get(case.place_found, ""),
        rough=case.place_found in ROUGH,
        block=str(block_words(case.block_id)),
        point=None if point["lon_e7"] is None else (point["lon_e7"] / 1e7, point["lat_e7"] / 1e7),
        due_at=clock.due_at if clock else None,
        clock=declared.words if declared else None,
        final=case.final,
        grade=_grade(kind, case),
        fault=fault,
    )


def _grade(kind: Kind, case: Case) -> str:
    field = kind.field_named(kind.grade.name) if kind.grade else None
    return str(dict(field.choices).get(case.fields.get(field.name, ""), "")) if field else ""


def _only_there(case: Case, kind: Kind, fault: str) -> CaseRow:
    """One of which it is not known who may see more of it."""
    nothing = Words("", "")
    return CaseRow(
        case,
        kind.noun,
        fault,
        nothing,
        "",
        "",
        "",
        False,
        str(block_words(case.block_id)),
        None,
        None,
        None,
        case.final,
        "",
        fault,
    )


def clocks_of(case: Case) -> list[ShownClock]:
    """Every promise of the case, in the order in which the kind declares them, each round on its own."""
    kind, rounds = registry.of(case), dict[str, list[CaseClock]]()
    for row in case.clocks.order_by("round"):
        rounds.setdefault(row.name, []).append(row)
    return [
        _clock(kind, declared, row, case.stage, row.round if len(rounds[declared.name]) > 1 else 0)
        for declared in kind.clocks
        for row in rounds.get(declared.name, ())
    ]


def _clock(kind: Kind, declared: Clock, row: CaseClock, stage: str, number: int) -> ShownClock:
    return ShownClock(
        declared.words,
        number,
        row.due_at,
        None if row.remaining_ms is None else row.remaining_ms // 1000,
        row.stopped_at,
        0 if row.theirs else row.level,
        row.provisional,
        clock_state(row),
        declared.ground(stage) if clock_state(row) == "paused" else None,
        kind.promiser(declared.of) if row.theirs else None,
    )


def clock_state(row: CaseClock) -> str:
    """As in ShownClock."""
    if row.stopped_at is None:
        return "paused" if row.due_at is None else "running"
    if row.level or missed(row, row.stopped_at):
        return "missed"
    return "lapsed" if row.lapsed else "kept"
