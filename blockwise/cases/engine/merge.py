"""Repeated calls: one joins its primary, and can be taken out again. Both threads carry a line."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from blockwise.access.actors import Actor
from blockwise.ledger.lines import Entry
from blockwise.problems import Conflict, Invalid

from ..models import Case
from ..rules.likeness import Apart, Reason, compared
from ..rules.sight import known_of, repeats_of
from ..rules.values import truth, whole_number
from .effects import Change

SAID: dict[Reason, Promise] = {
    "place": _("another place"),
    "time": _("another time"),
    "type": _("another type"),
}


def apply(change: Change) -> None:
    """Carry out the `merge` of the act; its `others` hold the locked primary."""
    if change.act.merge == "into":
        _into(change)
    elif change.act.merge == "undo":
        _undo(change)


def primary_id(value: object) -> int:
    number = case_number(value)
    if number is None:
        raise Invalid(_("Say which case it repeats."), where="primary", fix=_("Give that case's number."))
    return number


def case_number(value: object) -> int | None:
    """A case's number as somebody gave it; None where it can be none."""
    number = whole_number(value)
    return number if number and 0 < number < 2**63 else None


def _into(change: Change) -> None:
    case = change.case
    wanted = primary_id(change.data.get("primary"))
    primary = joinable(case, change.others.get(wanted), change.actor)
    rule = change.kind.merge
    if rule and (apart := compared(case, [primary], rule)[primary.pk]).reasons:
        _only_knowingly(change, apart)
    case.primary = primary
    change.line_data["primary"] = wanted
    change.entries.append(_repeat_line(change, primary, "repeat_added"))


def joinable(case: Case, primary: Case | None, actor: Actor) -> Case:
    """The case that `case` may join; Problem when it may not. One that the actor may not see is handed in as None."""
    another = _("Choose another case of the same kind.")
    hides = case.repeats.exists() and not repeats_of(case, actor)
    if primary is None or primary.torn or primary.kind != case.kind or primary.pk == case.pk or hides:
        raise Invalid(_("A case cannot repeat this one."), where="primary", fix=another)
    if primary.primary_id:
        instead = _("Merge into case %(number)d instead.") % {"number": primary.primary_id}
        known = known_of([primary.primary_id], actor)
        raise Conflict(_("That case is itself a repeat."), where="primary", fix=instead if known else another)
    if primary.final:
        reopen = _("Reopen that case first, or end this one by itself.")
        raise Conflict(_("That case is at its end."), where="primary", fix=reopen)
    if case.repeats.exists():
        undo = _("Merge the other way round, or undo its repeats first.")
        raise Conflict(_("This case has repeats of its own."), where="primary", fix=undo)
    return primary


def _only_knowingly(change: Change, apart: Apart) -> None:
    """Cases that are far apart are one only when that is said; the line keeps in what, and no distance: a dwelling's
    place must not follow from it."""
    if not truth(change.data.get("apart"), "apart"):
        more = {"apart": {"metres": apart.metres, "seconds": apart.seconds, "reasons": list(apart.reasons)}}
        fix = _("Look at both; if it is the same event all the same, say so (apart: true).")
        plain = _("Look at both; if it is the same event all the same, say so.")
        what = _("These two are far apart: %(far)s.") % {"far": said(apart)}
        raise Conflict(what, where="apart", fix=fix, plain=plain, more=more)
    change.line_data["apart"] = list(apart.reasons)


def said(apart: Apart) -> str:
    """In what the two differ, in words."""
    return gettext("; ").join(str(SAID[reason]) for reason in apart.reasons)


def _undo(change: Change) -> None:
    primary = change.case.primary  # its own row stays as it is, so it need not be locked
    if primary is None:
        raise Conflict(_("This case is not merged."), fix=_("Reload it."))
    change.case.primary = None
    change.line_data["primary"] = primary.pk
    change.entries.append(_repeat_line(change, primary, "repeat_removed"))


def _repeat_line(change: Change, primary: Case, act: str) -> Entry:
    return Entry(
        thread=primary.thread,
        act=act,
        actor=change.actor.id,
        block=primary.block_id,
        data={"repeat": change.case.pk},
        happened_at=change.moment,
    )
