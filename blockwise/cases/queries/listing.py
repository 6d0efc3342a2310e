"""What is asked about cases: one, a page of them, what may repeat what, and what the vault still holds for them."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.access import queries as access
from blockwise.access.actors import Actor
from blockwise.places.queries import in_subtree
from blockwise.problems import Invalid

from ..models import Case, CaseClock

if TYPE_CHECKING:
    pass

PAGE = 50
LONGEST_PAGE = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Filter:
    """What a list of cases is narrowed to; empty means everything the viewer may see."""

    kind: str = ""
    stage: str = ""
    type: str = ""  # a leaf, or a branch of the type tree
    block: str = ""  # a subtree
    priority: int | None = None
    assignee: str = ""  # given to this person
    open: bool | None = None
    late: bool = False
    raised: bool = False  # a promise that runs was raised to somebody above
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Page:
    cases: tuple[Case, ...]
    next: str  # cursor, empty at the end


def listed(actor: Actor, wanted: Filter, *, cursor: str = "", limit: int = PAGE) -> Page:
    """A page of cases, newest first; the cursor holds across inserts."""
    rows = filtered(access.visible(actor, Case.objects.all()), wanted).order_by("-opened_at", "-id")
    if cursor:
        opened_at, pk = _read_cursor(cursor)
        rows = rows.filter(opened_at__lte=opened_at).exclude(opened_at=opened_at, id__gte=pk)
    size = max(1, min(limit, LONGEST_PAGE))
    found = list(rows[: size + 1])
    told = [case for case in found[:size] if not case.torn]
    following = _cursor(told[-1]) if told and len(found) > size else ""
    return Page(tuple(found[:size]), following)


def filtered(rows: QuerySet[Case], wanted: Filter) -> QuerySet[Case]:
    named = ("kind", "stage", "priority", "assignee")
    equal: dict[str, Any] = {name: getattr(wanted, name) for name in named}
    rows = rows.filter(**{name: value for name, value in equal.items() if value})
    if wanted.open is not None:
        rows = rows.filter(final=not wanted.open)
    if wanted.type:
        rows = rows.filter(Q(type=wanted.type) | Q(type__startswith=f"{wanted.type}."))
    if wanted.block:
        rows = rows.filter(in_subtree("block", wanted.block))
    if wanted.late:
        rows = rows.filter(due_at__lt=clock.now())
    if wanted.raised:
        running = CaseClock.objects.filter(
            level__gt=0, stopped_at__isnull=True, theirs=False
        )  # none runs on when its case ends
        rows = rows.filter(final=False, pk__in=running.values("case"))
    if wanted.since:
        rows = rows.filter(opened_at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(opened_at__lt=wanted.until)
    return rows


def _cursor(case: Case) -> str:
    micros = (case.opened_at - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(f"{micros}:{case.pk}".encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[datetime, int]:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
        micros, pk = (int(part) for part in raw.split(":"))
        return _EPOCH + timedelta(microseconds=micros), pk
    except (ValueError, binascii.Error, OverflowError) as error:
        fix = _("Use the cursor of an earlier answer, or none.")
        raise Invalid(_("This cursor is not one of ours."), where="cursor", fix=fix) from error
