"""A case whose place turns out to lie in another block: moved where its mover may open one, else passed on."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from blockwise.access import policy
from blockwise.access.queries import held_over
from blockwise.problems import Conflict, Forbidden

from ..rules.values import truth
from ..rules.words import block_words
from .effects import Change


def into(change: Change, block: str) -> None:
    """Refuse what brings the case into `block` without right; a kind to which units are sent may be passed on to it,
    as help must not wait for a form, and where somebody there can take it over."""
    case, kind, act = change.case, change.kind, change.act
    if block == case.block_id or policy.may_move(change.actor, act, kind, block):
        return
    what = _("This place lies in %(block)s, where you may open no case.") % {"block": block_words(block)}
    if not kind.sends_units:
        fix = _("Tell whoever answers there to open one, and end this one here.")
        raise Forbidden(what, where="place", fix=fix)
    if not held_over(act.roles, block):
        fix = _("Nobody there could take it over. Tell whoever is in charge above, by telephone.")
        raise Conflict(what, where="pass_on", fix=fix)
    if not truth(change.data.get("pass_on"), "pass_on"):
        fix = _("If it is right, pass the case on to that block (pass_on: true); then you no longer see it.")
        plain = _("If it is right, say that it is passed on to that block; then you no longer see it.")
        raise Conflict(what, where="pass_on", fix=fix, plain=plain, more={"block": block})
    change.line_data["passed_on"] = case.block_id
