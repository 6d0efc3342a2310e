"""What an open case waits for: a unit, its place, an acknowledgement, its time, or somebody else who has it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django.db.models import Case as When
from django.db.models import DateTimeField, Exists, F, IntegerField, OrderBy, OuterRef, Q, QuerySet
from django.db.models import When as Branch
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.cases.kinds import registry
from blockwise.cases.models import Case
from blockwise.cases.rules.placing import UNPLACED
from blockwise.cases.rules.quiet import WHILE_IT_STANDS
from blockwise.units.models import Assignment

UNIT, PLACE, ACKNOWLEDGEMENT, STAGE, TIME = "unit", "place", "acknowledgement", "stage", "time"
WORDS: dict[str, Promise] = {
    UNIT: _("no unit"),
    PLACE: _("no place yet"),
    ACKNOWLEDGEMENT: _("unanswered"),
}
AT_WORK = Exists(Assignment.objects.filter(case=OuterRef("pk"), cleared_at=None))
NUMBER = {"output_field": IntegerField()}


def sends() -> Q:
    """Cases to which units are sent. Said as those to which none are: one whose kind is not there is seen too."""
    return ~Q(kind_text__in=_sent_none(registry.stored()))


@lru_cache(maxsize=4)
def _sent_none(texts: frozenset[str]) -> tuple[str, ...]:
    """Of the kind texts ever stored, those to whose cases no units are sent."""
    return tuple(text for text in sorted(texts) if not registry.parsed(text).sends_units)


def quiet() -> Q:
    """Cases for which no unit is waited now. Of the others it is false, and not unknown."""
    return Q(quiet_until__isnull=False, quiet_until__gt=clock.now())


def urgent_first(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Open cases: those that wait for a unit or their place first, then the late ones, then by priority, then the
    oldest; last those that are quiet, the one that will wait first before the others.

    Priority 1 counts as late from its beginning: nothing of a lower priority stands above it for being overdue.
    """
    is_late = Q(due_at__lt=clock.now())
    held = When(
        Branch(AT_WORK & ~Q(place_found=UNPLACED), then=1),
        Branch(quiet() & ~is_late, then=2),
        Branch(quiet(), then=1),
        Branch(sends(), then=0),
        default=1,
        **NUMBER,
    )
    pressing = When(Branch(is_late | Q(priority=1), then=0), default=1, **NUMBER)
    near = When(Branch(quiet() & ~is_late, then=F("quiet_until")), default=None, output_field=DateTimeField())
    return cases.order_by(held, OrderBy(near, nulls_first=True), pressing, "priority", "opened_at", "pk")


def waiting(cases: QuerySet[Case]) -> QuerySet[Case]:
    return cases.filter(~AT_WORK).exclude(quiet())


def late(cases: QuerySet[Case]) -> QuerySet[Case]:
    return cases.filter(due_at__lt=clock.now())


def mine(cases: QuerySet[Case], actor_id: str) -> QuerySet[Case]:
    """What this person took, or sent a unit to that is still on it."""
    sent = Assignment.objects.filter(case=OuterRef("pk"), assigned_by=actor_id, cleared_at=None)
    return cases.filter(Q(opened_by=actor_id) | Exists(sent))


def waits_for(case: Case, unanswered: Sequence[bool]) -> str:
    """`unanswered`: for each unit at work on it, whether it neither acknowledged nor set out."""
    if not unanswered and case.quiet_until is not None and case.quiet_until > clock.now():
        return STAGE if case.quiet_until == WHILE_IT_STANDS else TIME
    if not unanswered and registry.of(case).sends_units:
        return UNIT
    if unanswered and all(unanswered):
        return ACKNOWLEDGEMENT
    return PLACE if case.place_found == UNPLACED else ""
