"""On a case's page: the units that were sent, each with its times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from blockwise.access import policy
from blockwise.access.actors import Actor
from blockwise.cases.kinds.model import Kind
from blockwise.cases.models import Case

from .queries import STEPS, Work, ending, on_cases

WORDS = {
    "dispatched": _("sent"),
    "acknowledged": _("acknowledged"),
    "en_route": _("en route"),
    "on_scene": _("on scene"),
    "transport": _("transporting"),
    "hospital": _("at hospital"),
    "cleared": _("cleared"),
}


def units_sent(case: Case, kind: Kind, actor: Actor) -> Mapping[str, Any] | None:
    """None for a kind to which no units are sent, and for whoever may not see the units there."""
    if not kind.sends_units or not policy.may_view_units(actor, case.block_id):
        return None
    works = on_cases([case.pk], cleared=True).get(case.pk, [])
    reached = [step for step in STEPS if any(step in dict(work.times) for work in works)]
    return {"steps": [WORDS[step] for step in reached], "rows": [_row(work, reached, kind) for work in works]}


def _row(work: Work, steps: list[str], kind: Kind) -> dict[str, Any]:
    times = dict(work.times)
    return {"call_sign": work.call_sign, "times": [times.get(step) for step in steps], "ending": ending(work, kind)}
