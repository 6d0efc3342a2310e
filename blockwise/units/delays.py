"""Effects `delay_unit` and `tell_delay`: a unit comes later than it was thought, and the caller is told so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from blockwise.cases.engine.effects import Change
from blockwise.cases.rules.values import whole_number
from blockwise.problems import Conflict, Invalid

from .assignments import MOVING, at_work
from .models import Delay

LONGEST = 240  # minutes
DELAYING: Mapping[str, Mapping[str, Any]] = {
    "unit": MOVING["unit"],
    "minutes": {"type": "integer", "minimum": 1, "maximum": LONGEST, "description": "How much later it comes."},
}


def delay_unit(change: Change) -> None:
    """Note that `unit`, on its way to this case, comes `minutes` later."""
    unit, assignment = at_work(change)
    if assignment.on_scene_at:
        raise Conflict(_("%s is on scene already.") % unit.call_sign, where="unit", fix=_("Reload the case."))
    minutes = whole_number(change.data.get("minutes"))
    if minutes is None or not 1 <= minutes <= LONGEST:
        fix = _("Give a number from %(low)d to %(high)d.") % {"low": 1, "high": LONGEST}
        raise Invalid(_("Say by how many minutes."), where="minutes", fix=fix)
    Delay.objects.create(assignment=assignment, at=change.moment, minutes=minutes, why=change.line_data["why"])
    change.line_data.update(unit=unit.pk, minutes=minutes)


def tell_delay(change: Change) -> None:
    """The caller knows of every delay of the units that are still on their way."""
    untold = Delay.objects.filter(assignment__case=change.case, assignment__cleared_at=None, told_at=None)
    units = sorted(set(untold.values_list("assignment__unit", flat=True)))
    if not units:
        raise Conflict(_("There is no delay of which the caller does not know."), fix=_("Reload the case."))
    untold.update(told_at=change.moment)
    change.line_data["units"] = units
