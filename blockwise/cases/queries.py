"""What is asked about cases: one, a page of them, what may repeat what, and what the vault still holds for them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.access import policy
from blockwise.access import queries as access
from blockwise.access.actors import Actor
from blockwise.ledger import lines, vault
from blockwise.ledger.models import Line
from blockwise.places.queries import in_subtree
from blockwise.problems import Forbidden, Invalid, NotFound

from .kinds import registry
from .kinds.model import Act
from .models import Case, CaseClock

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
    open: bool | None = None
    late: bool = False
    raised: bool = False  # a promise that runs was raised to somebody above
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Page:
    cases: tuple[Case, ...]
    next: str  # cursor, empty at the end


def case_for(case_id: int, actor: Actor) -> Case:
    """The case, if `actor` may see it; NotFound or Forbidden with the reason."""
    case = Case.objects.filter(pk=case_id).first() if 0 < case_id < 2**63 else None
    if case is None:
        raise NotFound(_("There is no such case."), where="case")
    answer = policy.may_view(actor, registry.of(case), case)
    if not answer:
        raise Forbidden(answer.reason, where="case")
    return case


def listed(actor: Actor, wanted: Filter, *, cursor: str = "", limit: int = PAGE) -> Page:
    """A page of cases, newest first; the cursor holds across inserts."""
    rows = filtered(access.visible(actor, Case.objects.all()), wanted).order_by("-opened_at", "-id")
    if cursor:
        opened_at, pk = _read_cursor(cursor)
        rows = rows.filter(opened_at__lte=opened_at).exclude(opened_at=opened_at, id__gte=pk)
    size = max(1, min(limit, LONGEST_PAGE))
    found = list(rows[: size + 1])
    following = _cursor(found[size - 1]) if len(found) > size else ""
    return Page(tuple(found[:size]), following)


def filtered(rows: QuerySet[Case], wanted: Filter) -> QuerySet[Case]:
    equal: dict[str, Any] = {"kind": wanted.kind, "stage": wanted.stage, "priority": wanted.priority}
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
        rows = rows.filter(pk__in=CaseClock.objects.filter(level__gt=0, stopped_at=None).values("case"))
    if wanted.since:
        rows = rows.filter(opened_at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(opened_at__lt=wanted.until)
    return rows


def exact_places(cases: Iterable[Case]) -> dict[int, dict[str, Any]]:
    """The exact place {lon_e7, lat_e7, text} of each open case, in a few queries.

    A closed case has none here: what happened at a dwelling can be found again by cell and day only (SCOPE).
    """
    pairs = {
        (case.thread, case.sealed["place"]): case.pk for case in cases if not case.final and "place" in case.sealed
    }
    opened = vault.open_many(pairs)
    return {pk: place for pair, pk in pairs.items() if isinstance(place := opened[pair], dict)}


def possible_primaries(case: Case, actor: Actor) -> list[Case]:
    """Cases that the actor may view and this one may repeat, by its kind's merge rule; none without a rule."""
    from .merge import candidates

    rule = registry.of(case).merge
    return candidates(case, actor, rule.within, rule.metres) if rule else []


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


def open_acts(case: Case, actor: Actor) -> list[Act]:
    """The acts that are open at this stage and that `actor` may do, in the kind's order."""
    kind = registry.of(case)
    here = [act for act in kind.acts if case.stage in act.from_stages]
    return [act for act in here if policy.may_act(actor, act, kind, case)]


def lines_for(case: Case, actor: Actor) -> list[Line]:
    """The case's lines that `actor` may see, oldest first."""
    return access.visible_lines(actor, list(lines.thread_lines(case.thread)))
