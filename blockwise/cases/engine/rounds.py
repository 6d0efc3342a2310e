"""The rounds of a case during one act: begun, ended, ended with the case."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from blockwise.problems import Conflict

from ..models import CaseRound
from .effects import Change
from .opening import Given


def apply(change: Change, given: Given) -> None:
    """Carry out the act's `begins` or `ends`; the case is locked, and has its new stage already."""
    if not change.kind.rounds:
        return
    if change.act.begins:
        _begin(change, given)
    elif change.act.ends:
        _end(change, given)
    if change.case.final:
        _lapse(change)


def _begin(change: Change, given: Given) -> None:
    declared = change.kind.round_named(change.act.begins)
    assert declared
    rows = CaseRound.objects.filter(case=change.case, name=declared.name)
    if rows.filter(ended_at=None).exists():
        what = _("“%(round)s” is open already.") % {"round": declared.words}
        raise Conflict(what, where="act", fix=_("End that round first."))
    if (before := rows.count()) >= declared.most:
        words = {"round": declared.words, "n": declared.most}
        what = _("“%(round)s” may come %(n)d times in one case, and has.") % words
        raise Conflict(what, where="act", fix=_("Go on without it, or end the case."))
    CaseRound.objects.create(
        case=change.case, name=declared.name, number=before + 1,
        begun_by=change.actor.id, begun_at=change.moment, fields=given.kept,
    )  # fmt: skip
    change.line_data["round"] = before + 1


def _end(change: Change, given: Given) -> None:
    declared = change.kind.round_named(change.act.ends)
    assert declared
    row = CaseRound.objects.filter(case=change.case, name=declared.name, ended_at=None).first()
    if row is None:
        what = _("No “%(round)s” is open.") % {"round": declared.words}
        raise Conflict(what, where="act", fix=_("Begin one first."))
    row.ended_at, row.fields = change.moment, {**row.fields, **given.kept}
    row.save(update_fields=["ended_at", "fields"])
    change.line_data["round"] = row.number


def _lapse(change: Change) -> None:
    """What is open ends with the case, and its line says so."""
    rows = list(CaseRound.objects.filter(case=change.case, ended_at=None).order_by("pk"))
    for row in rows:
        row.ended_at, row.lapsed = change.moment, True
        row.save(update_fields=["ended_at", "lapsed"])
    if rows:
        change.line_data["rounds_ended"] = {row.name: row.number for row in rows}
