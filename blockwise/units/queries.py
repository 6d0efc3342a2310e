"""What is asked about units, in a number of queries that does not grow with them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.access.queries import reach
from blockwise.cases.rules.sight import known_of

from .meanings import BY_HAND
from .models import Assignment, Delay, Meaning, Status, Unit
from .shifts import on_shift

STALE = timedelta(minutes=5)


class Candidate(NamedTuple):
    """A unit as the recommendation needs it. `case`: the id of the case it works on."""

    code: str
    call_sign: str
    meaning: str
    lon_e7: int
    lat_e7: int
    capabilities: frozenset[str]
    on_shift: bool
    case: int | None


class Candidates(NamedTuple):
    """Many candidates, a column (n) for each fact, as what is asked of all of them is asked of a column."""

    code: Sequence[str]
    call_sign: Sequence[str]
    meaning: Sequence[str]
    lon_e7: Sequence[int]
    lat_e7: Sequence[int]
    capabilities: Sequence[frozenset[str]]
    on_shift: Sequence[bool]
    case: Sequence[int | None]

    def one(self, index: int) -> Candidate:
        return Candidate._make(column[index] for column in self)


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit on the board. `minutes` in its status; `stale`: on duty, and its position is older than STALE. `case`:
    the one it works on, where whoever looks may know of it."""

    unit: Unit
    status: Status
    minutes: int
    stale: bool
    on_shift: bool
    case: int | None


ALL = 10_000  # rows at a time: more than a city has units
_FACTS = ("code", "call_sign", "meaning", "lon_e7", "lat_e7")


def candidates(at: datetime) -> Candidates:
    """Every unit that is not retired, by code, as things stand at `at`; four queries."""
    working, there = cases_of_units(), on_shift(at)
    rows = Unit.objects.filter(retired_on=None).order_by("code")
    found = rows.values_list(*_FACTS, Cast("capabilities", TextField())).iterator(ALL)
    *plain, able = list(zip(*found, strict=True)) or [()] * (len(_FACTS) + 1)
    present = [code in there for code in plain[0]]
    return Candidates._make([*plain, [_parsed(one) for one in able], present, [working.get(code) for code in plain[0]]])


@lru_cache(maxsize=1000)
def _parsed(capabilities: str) -> frozenset[str]:
    """A city has few sets of capabilities and many units: each text is read once."""
    return frozenset(json.loads(capabilities))


def board(actor: Actor, *, meaning: str = "", service: str = "", off_duty: bool = True) -> list[UnitRow]:
    """The units the actor may see, by code, unless `off_duty` without those; retired ones are left out."""
    narrowed = {name: value for name, value in (("meaning", meaning), ("service", service)) if value}
    rows = _visible(actor).filter(**narrowed)
    rows = rows if off_duty else rows.exclude(meaning=Meaning.OFF_DUTY)
    rows = rows.select_related("status").defer("courses").order_by("code")
    now = clock.now()
    working, present = known_work(actor), on_shift(now)
    return [
        UnitRow(
            unit=unit,
            status=unit.status,
            minutes=max(0, int((now - unit.status_at).total_seconds() // 60)),
            stale=is_stale(unit, now),
            on_shift=unit.pk in present,
            case=working.get(unit.pk),
        )
        for unit in rows
    ]


def off_duty(actor: Actor) -> int:
    """How many of the units the actor may see are off duty."""
    return _visible(actor).filter(meaning=Meaning.OFF_DUTY).count()


def _visible(actor: Actor) -> QuerySet[Unit]:
    allowed = reach(actor, "unit.view")
    return Unit.objects.none() if allowed is None else Unit.objects.filter(allowed, retired_on=None)


def is_stale(unit: Unit, now: datetime) -> bool:
    if unit.meaning == Meaning.OFF_DUTY:
        return False
    return unit.position_at is None or abs(now - unit.position_at) > STALE


def settable(unit: Unit) -> list[Status]:
    """The city's own labels that a person may set on a unit without an assignment: out of service, free, off duty."""
    possible = BY_HAND.get(Meaning(unit.meaning), frozenset(BY_HAND))
    order = [Meaning.AVAILABLE, Meaning.UNAVAILABLE, Meaning.OFF_DUTY]
    rows = Status.objects.filter(meaning__in=possible).exclude(pk=unit.status_id)
    return sorted(rows, key=lambda row: (order.index(Meaning(row.meaning)), row.label))


def cases_of_units(where: Q | None = None) -> Mapping[str, int]:
    """The case each busy unit works on."""
    return dict(Assignment.objects.filter(where or Q(), cleared_at=None).values_list("unit_id", "case_id"))


def known_work(actor: Actor) -> Mapping[str, int]:
    """The case each busy unit works on, where the actor may know of that case."""
    working = cases_of_units()
    known = known_of(working.values(), actor)
    return {unit: case for unit, case in working.items() if case in known}


def delays_on(case: int) -> dict[str, Delay]:
    """The last delay of each unit that is on its way to the case."""
    rows = Delay.objects.filter(assignment__case=case, assignment__cleared_at=None, assignment__on_scene_at=None)
    return {row.assignment.unit_id: row for row in rows.select_related("assignment__unit").order_by("at", "pk")}
