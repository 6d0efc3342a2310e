"""What the console shows, in a number of queries that does not grow with the city."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.access.queries import visible
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.model import Kind, Words
from blockwise.cases.models import Case, Heartbeat
from blockwise.cases.shown import Shown, shown
from blockwise.units import queries as units
from blockwise.units.models import Assignment, Meaning, Status

from .words import MEANINGS

QUEUE = 150
DEAD = timedelta(seconds=30)
WORKING = (Meaning.ON_SCENE, Meaning.EN_ROUTE, Meaning.COMMITTED, Meaning.TRANSPORTING, Meaning.AT_HOSPITAL)
ORDER = (*WORKING, Meaning.AVAILABLE, Meaning.UNAVAILABLE)
SENDING = "assign_units"


@dataclass(frozen=True)
class QueueRow:
    shown: Shown
    units: tuple[str, ...]  # call signs now on it
    late: bool

    @property
    def pk(self) -> int:
        return self.shown.pk


@dataclass(frozen=True)
class Queue:
    """`late` and `waiting` count everything the viewer may see; `more` is how many rows did not fit."""

    rows: tuple[QueueRow, ...]
    late: int
    waiting: int
    more: int


@dataclass(frozen=True)
class Chip:
    """A unit in the strip or on the map; `stale`: its position is older than it should be while it works."""

    code: str
    call_sign: str
    meaning: str
    label: str
    since: datetime
    lon: float
    lat: float
    stale: bool
    case: int | None


@dataclass(frozen=True)
class Group:
    meaning: str
    words: Any
    chips: tuple[Chip, ...]


@dataclass(frozen=True)
class Board:
    groups: tuple[Group, ...]
    off_duty: int
    free: int

    @property
    def chips(self) -> list[Chip]:
        return [chip for group in self.groups for chip in group.chips]


@dataclass(frozen=True)
class Work:
    """One unit on one case, with its own times."""

    unit: str
    call_sign: str
    meaning: str
    label: str
    times: tuple[tuple[str, datetime], ...]
    since: datetime
    next: str  # the act that usually comes next for it
    cleared: bool


def sending_kinds() -> list[Kind]:
    """The kinds to which units are sent: those with an act that assigns them."""
    return [kind for kind in registry.all_current().values() if any(SENDING in act.effects for act in kind.acts)]


def queue(actor: Actor) -> Queue:
    """Open cases to which units are sent: late first, then by priority, then by age."""
    now = clock.now()
    kinds = [kind.name for kind in sending_kinds()]
    rows = visible(actor, Case.objects.filter(final=False, kind__in=kinds))
    is_late, order = Q(due_at__lt=now), ("priority", "opened_at")
    cases = list(rows.filter(is_late).order_by(*order)[:QUEUE])
    cases += rows.filter(Q(due_at=None) | Q(due_at__gte=now)).order_by(*order)[: QUEUE - len(cases)]
    at_work = Exists(Assignment.objects.filter(case=OuterRef("pk"), cleared_at=None))
    counts = rows.aggregate(all=Count("pk"), late=Count("pk", filter=is_late), waiting=Count("pk", filter=~at_work))
    assigned = on_cases(case.pk for case in cases)
    found = tuple(QueueRow(row, _signs(assigned.get(row.pk, ())), _late(row, now)) for row in shown(cases))
    return Queue(found, counts["late"], counts["waiting"], counts["all"] - len(found))


def _late(row: Shown, now: datetime) -> bool:
    return row.due_at is not None and row.due_at < now


def _signs(works: Sequence[Work]) -> tuple[str, ...]:
    return tuple(work.call_sign for work in works)


def on_cases(ids: Iterable[int], *, cleared: bool = False) -> dict[int, list[Work]]:
    """The units on each case, first sent first; with `cleared` those that have left too. Two queries."""
    rows = Assignment.objects.filter(case__in=list(ids)).select_related("unit").order_by("dispatched_at", "pk")
    if not cleared:
        rows = rows.filter(cleared_at=None)
    labels = _labels()
    found: dict[int, list[Work]] = {}
    for row in rows:
        found.setdefault(row.case_id, []).append(_work(row, labels))
    return found


NEXT = {"en_route": "on_scene", "on_scene": "clear", "transport": "at_hospital", "hospital": "clear"}
STEPS = ("dispatched", "acknowledged", "en_route", "on_scene", "transport", "hospital", "cleared")


def _work(row: Assignment, labels: Mapping[str, Words]) -> Work:
    times = tuple((step, moment) for step in STEPS if (moment := getattr(row, f"{step}_at")))
    unit = row.unit
    label = str(labels.get(unit.status_id, Words(unit.status_id, unit.status_id)))
    last, since = times[-1]
    following = NEXT.get(last, "en_route")
    return Work(unit.pk, unit.call_sign, unit.meaning, label, times, since, following, row.cleared_at is not None)


def _labels() -> dict[str, Words]:
    return {row.label: Words(row.zh, row.en) for row in Status.objects.all()}


def board(actor: Actor) -> Board:
    """The units the viewer may see, by what they are doing; who is off duty is only counted."""
    found = units.board(actor)
    chips = [_chip(one) for one in found if one.unit.meaning != Meaning.OFF_DUTY]
    groups = tuple(
        Group(meaning.value, MEANINGS[meaning], tuple(chip for chip in chips if chip.meaning == meaning))
        for meaning in ORDER
    )
    free = sum(chip.meaning == Meaning.AVAILABLE for chip in chips)
    return Board(tuple(group for group in groups if group.chips), len(found) - len(chips), free)


def _chip(one: units.Shown) -> Chip:
    unit = one.unit
    return Chip(
        code=unit.pk,
        call_sign=unit.call_sign,
        meaning=unit.meaning,
        label=str(Words(one.status.zh, one.status.en)),
        since=unit.status_at,
        lon=unit.lon_e7 / 1e7,
        lat=unit.lat_e7 / 1e7,
        stale=one.stale,
        case=one.case,
    )


def worker_alive() -> bool:
    """Whether a worker went round lately: clocks escalate and what goes outside is sent only then."""
    return Heartbeat.objects.filter(beat_at__gte=clock.real_now() - DEAD).exists()
