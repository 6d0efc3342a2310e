"""Repeated calls: one joins its primary, and can be taken out again. Both threads carry a line."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from blockwise.access.actors import Actor
from blockwise.access.queries import visible
from blockwise.analysis.distance import great_circle_km
from blockwise.ledger.lines import Entry
from blockwise.problems import Conflict, Invalid

from .effects import Change
from .models import Case


def apply(change: Change, others: dict[int, Case]) -> None:
    """Carry out the `merge` of the act; `others` holds the locked primary."""
    if change.act.merge == "into":
        _into(change, others)
    elif change.act.merge == "undo":
        _undo(change)


def primary_id(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
        raise Invalid(_("Say which case it repeats."), where="primary", fix=_("Give that case's number."))
    return value


def _into(change: Change, others: dict[int, Case]) -> None:
    case = change.case
    wanted = primary_id(change.data.get("primary"))
    primary = others.get(wanted)
    if primary is None or primary.kind != case.kind or wanted == case.pk:
        fix = _("Choose another case of the same kind.")
        raise Invalid(_("A case cannot repeat this one."), where="primary", fix=fix)
    if primary.primary_id:
        instead = _("Merge into case %(number)d instead.") % {"number": primary.primary_id}
        raise Conflict(_("That case is itself a repeat."), where="primary", fix=instead)
    if primary.final:
        reopen = _("Reopen that case first, or end this one by itself.")
        raise Conflict(_("That case is at its end."), where="primary", fix=reopen)
    if case.repeats.exists():
        undo = _("Merge the other way round, or undo its repeats first.")
        raise Conflict(_("This case has repeats of its own."), where="primary", fix=undo)
    case.primary = primary
    change.line_data["primary"] = wanted
    change.entries.append(_told(change, primary, "repeat_added"))


def _undo(change: Change) -> None:
    primary = change.case.primary  # its own row stays as it is, so it need not be locked
    if primary is None:
        raise Conflict(_("This case is not merged."), fix=_("Reload it."))
    change.case.primary = None
    change.line_data["primary"] = primary.pk
    change.entries.append(_told(change, primary, "repeat_removed"))


def _told(change: Change, primary: Case, act: str) -> Entry:
    return Entry(
        thread=primary.thread,
        act=act,
        actor=change.actor.id,
        block=primary.block_id,
        data={"repeat": change.case.pk},
        happened_at=change.moment,
    )


def candidates(case: Case, actor: Actor, within: timedelta, metres: int) -> list[Case]:
    """Open cases of the same kind that the actor may view, near in time and place: this one may repeat them; the
    nearest in time first.

    A dwelling's point is in the vault, so those are compared by their block.
    """
    near: QuerySet[Case] = (
        visible(actor, Case.objects.all())
        .filter(
            kind=case.kind,
            primary=None,
            final=False,
            opened_at__range=(case.opened_at - within, case.opened_at + within),
        )
        .exclude(pk=case.pk)
    )
    found = [other for other in near.order_by("-opened_at")[:500] if _close(case, other, metres)]
    return sorted(found, key=lambda other: abs(other.opened_at - case.opened_at))


def _close(case: Case, other: Case, metres: int) -> bool:
    if case.lon_e7 is None or other.lon_e7 is None or case.lat_e7 is None or other.lat_e7 is None:
        return bool(case.block_id == other.block_id)
    here, there = (case.lon_e7 / 1e7, case.lat_e7 / 1e7), (other.lon_e7 / 1e7, other.lat_e7 / 1e7)
    apart_km = float(great_circle_km(*here, *there))
    return apart_km * 1000 <= metres
