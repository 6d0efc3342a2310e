"""A case beside the one that it may repeat: what a person compares before the two are made one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.access.queries import visible
from blockwise.access.seams import seams
from blockwise.problems import Conflict

from ..engine import merge
from ..kinds import registry
from ..kinds.model import Merge
from ..models import Case
from ..rules.likeness import Apart, compared
from .shown import CaseRow, shown

MOST = 500  # cases compared with one


@dataclass(frozen=True)
class Side:
    row: CaseRow
    channel: Any
    units: tuple[str, ...]


@dataclass(frozen=True)
class Beside:
    """`far`: in what they hardly are one event, in words; empty when they may well be."""

    this: Side
    primary: Side
    how_far: str
    far: str

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.this, self.primary


@dataclass(frozen=True)
class Offered:
    """A case that may be repeated, and how far it is, in words."""

    row: CaseRow
    how_far: str


def beside(case: Case, number: object, actor: Actor) -> Beside:
    """The case and the one of this number; Problem when they cannot be merged, or the actor may not see it."""
    if case.final:
        raise Conflict(_("This case is at its end."), where="primary", fix=_("Reload it."))
    wanted = merge.primary_id(number)
    other = Case.objects.filter(pk=wanted).first()
    seen = other if other and policy.may_view(actor, registry.of(other), other) else None
    primary = merge.joinable(case, seen, actor)
    rule = registry.of(case).merge
    apart = compared(case, [primary], rule)[primary.pk] if rule else None
    at_work = seams.crews.at_work([case.pk, primary.pk]) if seams.crews else {}
    rows = shown([case, primary])
    this, that = (Side(row, _channel(row.case), tuple(at_work.get(row.pk, ()))) for row in rows)
    return Beside(this, that, how_far(apart) if apart else "", merge.said(apart) if apart else "")


def offered(pairs: list[tuple[Case, Apart]]) -> list[Offered]:
    far: Mapping[int, Apart] = {other.pk: apart for other, apart in pairs}
    return [Offered(row, how_far(far[row.pk])) for row in shown([other for other, _apart in pairs])]


def _channel(case: Case) -> Any:
    return dict(registry.of(case).channels).get(case.channel, "")


def how_far(apart: Apart) -> str:
    """ "240 m · 12 min apart · another type"."""
    said = [_distance(apart), _("%(time)s apart") % {"time": _span(apart.seconds)}]
    if apart.alike != "same":
        said.append(_("another type"))
    return " · ".join(said)


def _distance(apart: Apart) -> str:
    if apart.unplaced:
        return _("no place yet")
    if apart.metres is None:
        return _("same block") if apart.same_block else _("another block")
    if apart.metres < 1000:
        return _("%(n)s m") % {"n": apart.metres}
    return _("%(n)s km") % {"n": f"{apart.metres / 1000:.1f}"}


def _span(seconds: int) -> str:
    minutes = round(seconds / 60)
    if minutes < 60:
        return _("%(n)s min") % {"n": minutes}
    if minutes < 1440:
        return _("%(h)s h %(n)s min") % {"h": minutes // 60, "n": minutes % 60}
    return _("%(n)s d") % {"n": minutes // 1440}


def possible_primaries(case: Case, actor: Actor) -> list[tuple[Case, Apart]]:
    """Cases that the actor may view and this one may repeat, with how far they are from it, by its kind's merge rule;
    none without a rule."""
    from .beside import candidates

    rule = registry.of(case).merge
    return candidates(case, actor, rule) if rule else []


def candidates(case: Case, actor: Actor, rule: Merge) -> list[tuple[Case, Apart]]:
    """Open cases of the same kind that the actor may view and that this one may well repeat; the likeliest first."""
    if case.torn:
        return []
    moments = (case.opened_at - rule.within, case.opened_at + rule.within)
    near = visible(actor, Case.objects.all()).filter(
        kind=case.kind, primary=None, final=False, opened_at__range=moments
    )
    newest = near.exclude(pk=case.pk).order_by("-opened_at")[:MOST]
    found = [other for other in newest if not other.torn]
    apart = compared(case, found, rule)
    pairs = [(other, apart[other.pk]) for other in found]
    likely = [(other, far) for other, far in pairs if not far.reasons and not far.placeless]
    return sorted(likely, key=lambda pair: pair[1].unlikely)
