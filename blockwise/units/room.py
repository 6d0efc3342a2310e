from django.utils.translation import gettext_lazy as _

from blockwise.rooms import Api, Job, Role, Room, Rule, Thread, Where

from . import actions, jobs
from .effects import EFFECTS

ROOM = Room(
    "units",
    allows={
        "unit.view": _("see units"),
        "unit.status": _("set a unit's status"),
        "unit.position": _("report where a unit is"),
    },
    rules=(
        Rule("unit.view", Role.CALL_TAKER, Where.SUBTREE, _("to say when help comes")),
        Rule("unit.view", Role.DISPATCHER, Where.SUBTREE, _("to send help and follow it")),
        Rule("unit.view", Role.SHIFT_LEADER, Where.SUBTREE, _("to answer for the shift")),
        Rule("unit.view", Role.CREW, Where.OWN_UNIT, _("to speak for the own unit")),
        Rule("unit.view", Role.OVERSIGHT, Where.SUBTREE, _("to see whether it was done right")),
        Rule("unit.status", Role.DISPATCHER, Where.SUBTREE, _("to send help and follow it")),
        Rule("unit.status", Role.SHIFT_LEADER, Where.SUBTREE, _("to answer for the shift")),
        Rule("unit.status", Role.CREW, Where.OWN_UNIT, _("to speak for the own unit")),
        Rule("unit.position", Role.DISPATCHER, Where.SUBTREE, _("to pass on what the units' devices report")),
        Rule("unit.position", Role.CREW, Where.OWN_UNIT, _("to speak for the own unit")),
    ),
    scopes={"units:read": ("unit.view",), "units:write": ("unit.status", "unit.position")},
    threads=(Thread("unit", "unit.view", about="unit"),),
    effects=EFFECTS,
    jobs=(
        Job("shifts", 20, jobs.turn, timely=True),
        Job("tracks", 600, actions.forget_tracks, timely=True),
    ),
    api=Api("blockwise.units.api", "Who can be sent: statuses and positions."),
)
