"""What a list may be narrowed to: a name that nothing ever had is refused; an empty list would say there is none."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from blockwise.places.models import Block
from blockwise.problems import Invalid

from ..kinds import registry
from ..kinds.model import Kind
from .listing import Filter


def refuse_unknown(wanted: Filter) -> None:
    """Invalid, naming the parameter. Retired kinds and blocks, and what an earlier text of a kind had, are known."""
    kinds = registry.ever(wanted.kind) if wanted.kind else [registry.parsed(one) for one in registry.stored()]
    if wanted.kind and not kinds:
        raise Invalid(_("There is no such kind of case."), where="kind")
    if wanted.stage and not any(wanted.stage == one.name for kind in kinds for one in kind.stages):
        raise Invalid(
            _("There is no such stage."), where="stage", fix=_("GET /api/kinds/{kind} names those of a kind.")
        )
    if wanted.type and not any(_under(wanted.type, kind) for kind in kinds):
        fix = _("GET /api/kinds/{kind} names those of a kind.")
        raise Invalid(_("There is no such type of case."), where="type", fix=fix)
    if wanted.block and not Block.objects.filter(pk=wanted.block).exists():
        raise Invalid(_("There is no such block."), where="block")


def _under(branch: str, kind: Kind) -> bool:
    return any(one.code == branch or one.code.startswith(f"{branch}.") for one in kind.types)
