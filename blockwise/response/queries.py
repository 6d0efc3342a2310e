"""What the console shows, in a number of queries that does not grow with the city."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from blockwise import clock
from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.access.queries import visible
from blockwise.cases.kinds import registry
from blockwise.cases.kinds.model import Kind, Words
from blockwise.cases.models import Case, Heartbeat
from blockwise.cases.queries.listing import Filter, filtered
from blockwise.cases.queries.shown import CaseRow, shown
from blockwise.cases.rules import wall
from blockwise.cases.rules.quiet import scheduled_for
from blockwise.cases.rules.words import both
from blockwise.ledger.models import Head
from blockwise.places.current import places
from blockwise.units import queries as units
from blockwise.units.models import Assignment, Meaning, Status

from .readings import Readings
from .waiting import (
    AT_WORK,
    STAGE,
    TIME,
    WORDS,
    late,
    mine,
    quiet,
    sends,
    urgent_first,
    waiting,
    waits_for,
)
from .words import MEANINGS

QUEUE = 150
DEAD = timedelta(seconds=30)
WORKING = (Meaning.ON_SCENE, Meaning.EN_ROUTE, Meaning.COMMITTED, Meaning.TRANSPORTING, Meaning.AT_HOSPITAL)
ORDER = (*WORKING, Meaning.AVAILABLE, Meaning.UNAVAILABLE)
NARROWING = (1, 2)  # levels of blocks below the city


@dataclass(frozen=True)
class Wanted:
    """What a queue is narrowed to; empty means every open case to which units are sent. `limit`: rows at most."""

    mine: bool = False
    waiting: bool = False
    late: bool = False
    kind: str = ""
    block: str = ""  # a subtree
    limit: int = QUEUE

    @property
    def narrowed(self) -> bool:
        return self != Wanted(limit=self.limit)


@dataclass(frozen=True)
class QueueRow:
    shown: CaseRow
    units: tuple[str, ...]  # call signs now on it
    late: bool
    waits: str  # "unit", "place", "acknowledgement", "time", "stage": another has it; empty: for nothing

    @property
    def pk(self) -> int:
        return self.shown.pk

    @property
    def waits_words(self) -> Any:
        if self.waits == TIME:
            at = scheduled_for(registry.of(self.shown.case), self.shown.case)
            return _("scheduled %(time)s") % {"time": wall.shown(at).strftime("%m-%d %H:%M") if at else ""}
        return self.shown.stage if self.waits == STAGE else WORDS.get(self.waits, "")


@dataclass(frozen=True)
class Queue:
    """`late` and `waiting` count everything the viewer may see, `hidden` what was narrowed away; `more` did not fit."""

    rows: tuple[QueueRow, ...]
    late: int
    waiting: int
    hidden: int
    more: int
    wanted: Wanted = Wanted()


@dataclass(frozen=True)
class Chip:
    """A unit in the strip or on the map; `stale`: its position is older than it should be while it works; `off_shift`:
    on duty though its shift is over, or none runs: nobody counts on it for more."""

    code: str
    call_sign: str
    meaning: str
    label: str
    since: datetime
    lon: float
    lat: float
    stale: bool
    off_shift: bool
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
    ended: tuple[str, str]  # the act that ended it, and its reason

    @property
    def unanswered(self) -> bool:
        """Sent, and neither acknowledged nor set out."""
        return len(self.times) == 1


def sending_kinds() -> list[Kind]:
    """The kinds to which units are sent, as new cases are opened: those with an act that assigns them."""
    return [kind for kind in registry.all_current().values() if kind.sends_units]


def open_cases(actor: Actor) -> QuerySet[Case]:
    """Open cases to which units are sent, of those that the actor may see."""
    return visible(actor, Case.objects.filter(sends(), final=False))


queues: Readings[Queue] = Readings()


def queue(actor: Actor, wanted: Wanted = Wanted()) -> Queue:
    """Open cases to which units are sent, in the order of `urgent_first`; shared by all who see the same."""
    seen = (policy.sight(actor), actor.id if wanted.mine else "")
    return queues.get((seen, wanted, get_language()), lambda: _queue(actor, wanted))


def _queue(actor: Actor, wanted: Wanted) -> tuple[Queue, datetime | None]:
    """With the moment at which the next of them is late, or begins to wait."""
    now = clock.now()
    rows = open_cases(actor)
    narrow = _narrowed(rows, wanted, actor)
    cases = list(urgent_first(narrow)[: wanted.limit])
    is_late = Q(due_at__lt=now)
    counts = rows.aggregate(
        all=Count("pk"),
        late=Count("pk", filter=is_late),
        held=Count("pk", filter=AT_WORK | quiet()),
        due=Min("due_at", filter=Q(due_at__gte=now)),
        loud=Min("quiet_until", filter=quiet()),
    )
    matching = narrow.count() if wanted.narrowed else counts["all"]
    read = Queue(
        rows=queue_rows(cases, now),
        late=counts["late"],
        waiting=counts["all"] - counts["held"],
        hidden=counts["all"] - matching,
        more=matching - len(cases),
        wanted=wanted,
    )
    return read, min(filter(None, (counts["due"], counts["loud"])), default=None)


def blocks_of(actor: Actor) -> list[tuple[str, Words]]:
    """The blocks of two levels below the city, where the actor works: by them a queue is narrowed."""
    here = places().blocks.values()
    own = {held.block for held in actor.held}
    near = [facts for facts in here if facts.level in NARROWING and facts.retired_on is None]
    reached = [facts for facts in near if any(facts.code.startswith(block) for block in own)]
    return [(facts.code, both(facts.name, facts.name_en)) for facts in sorted(reached, key=lambda facts: facts.code)]


def queue_rows(cases: Sequence[Case], now: datetime) -> tuple[QueueRow, ...]:
    """The cases in the same order, with who is at work on them and what they wait for."""
    assigned = on_cases(case.pk for case in cases)
    return tuple(_row(row, assigned.get(row.pk, ()), now) for row in shown(cases))


def _row(row: CaseRow, works: Sequence[Work], now: datetime) -> QueueRow:
    waits = waits_for(row.case, [work.unanswered for work in works])
    return QueueRow(row, _signs(works), _late(row, now), waits)


def _narrowed(rows: QuerySet[Case], wanted: Wanted, actor: Actor) -> QuerySet[Case]:
    rows = mine(rows, actor.id) if wanted.mine else rows
    rows = waiting(rows) if wanted.waiting else rows
    rows = late(rows) if wanted.late else rows
    return filtered(rows, Filter(kind=wanted.kind, block=wanted.block))


def _late(row: CaseRow, now: datetime) -> bool:
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
    following, ended = NEXT.get(last, "en_route"), (row.ended_by, row.ended_why)
    return Work(
        unit.pk, unit.call_sign, unit.meaning, label, times, since, following, row.cleared_at is not None, ended
    )


def ending(work: Work, kind: Kind) -> str:
    """What ended a unit's work, in words, where it was not done; else empty."""
    name, why = work.ended
    act = kind.act(name)
    return f"{act.words}: {dict(act.why).get(why, why)}" if act and why else ""


@dataclass(frozen=True)
class Late:
    """A unit that said it comes later. `told`: the caller knows."""

    call_sign: str
    minutes: int
    why: str
    at: datetime
    told: bool


def delays(case: int, kind: Kind) -> list[Late]:
    """The last delay of each unit that is on its way to the case."""
    act = kind.act("delay")
    words = dict(act.why) if act else {}
    found = units.delays_on(case).values()
    return [
        Late(row.assignment.unit.call_sign, row.minutes, str(words.get(row.why, row.why)), row.at, bool(row.told_at))
        for row in found
    ]


def _labels() -> dict[str, Words]:
    return {row.label: Words(row.zh, row.en) for row in Status.objects.all()}


def board(actor: Actor) -> Board:
    """The units the viewer may see, by what they are doing; who is off duty is only counted."""
    chips = [_chip(one) for one in units.board(actor, off_duty=False)]
    groups = tuple(
        Group(meaning.value, MEANINGS[meaning], tuple(chip for chip in chips if chip.meaning == meaning))
        for meaning in ORDER
    )
    free = sum(chip.meaning == Meaning.AVAILABLE and not chip.off_shift for chip in chips)
    return Board(tuple(group for group in groups if group.chips), units.off_duty(actor), free)


def _chip(one: units.UnitRow) -> Chip:
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
        off_shift=not one.on_shift,
        case=one.case,
    )


def last_line() -> int:
    """The number of the newest line: a page follows the stream from there."""
    head = Head.objects.first()
    return head.number if head else 0


def worker_alive() -> bool:
    """Whether a worker went round lately: clocks escalate and what goes outside is sent only then."""
    now = clock.real_now()
    return Heartbeat.objects.filter(beat_at__gte=now - DEAD, beat_at__lt=now + DEAD).exists()
