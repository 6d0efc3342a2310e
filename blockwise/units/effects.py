"""What acts set off here: each effect by the name under which kinds call it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from blockwise.cases.rules.inputs import Input
from blockwise.rooms import Effect

from .assignments import MOVING, SENDING, assign_units, clear_units, move_assignment, without_units
from .delays import DELAYING, delay_unit, tell_delay
from .diversions import DIVERTING, divert_units

UNITS = Input("units", _("Units, by code"), "codes", required=True)
UNIT = Input("unit", _("Unit, by code"), "line", required=True)
MINUTES = Input("minutes", _("How many minutes later"), "integer", required=True, low=1, high=240)
OFF = Input("off", _("Busy units with the case that they are taken off, like P1@12"), "pairs")
OVERRIDE = Input("override", _("Although it is off shift or not available (recorded)"), "boolean")

ASSIGN, DIVERT, MOVE, DELAY, TELL_DELAY = "assign_units", "divert_units", "move_assignments", "delay_unit", "tell_delay"

EFFECTS = (
    Effect(
        ASSIGN, _("sends units"), assign_units, takes=SENDING, needs=("units",), inputs=(UNITS, OVERRIDE),
        says=("unit",), sends=True,
    ),
    Effect(
        DIVERT, _("takes busy units off their cases and sends them here"), divert_units, takes=DIVERTING,
        needs=("units",), cases="off", inputs=(UNITS, OFF, OVERRIDE), says=("unit",), sends=True,
    ),
    Effect(
        MOVE, _("moves a unit's work on by the step that the act is called"), move_assignment,
        takes=MOVING, inputs=(UNIT,), says=("unit",),
    ),
    Effect(
        DELAY, _("notes that a unit on its way comes later"), delay_unit, takes=DELAYING, needs=("minutes",),
        inputs=(UNIT, MINUTES), says=("unit", "minutes"),
    ),
    Effect(TELL_DELAY, _("notes that the caller was told so"), tell_delay, says=("unit",)),
    Effect("clear_units", _("ends the work of every unit"), clear_units, frees=True),
    Effect("without_units", _("refuses while a unit works on the case"), without_units, frees=True),
)  # fmt: skip
