from django.utils.translation import gettext_lazy as _

from blockwise.rooms import Api, Effect, Entrance, Role, Room, Rule, Section, Where

from .case_section import units_sent
from .operators import DESK
from .ranking import NAME, rank, rank_units

ROOM = Room(
    "response",
    allows={
        "roads.close": _("close and open a road"),
    },
    rules=(
        Rule("roads.close", Role.DISPATCHER, Where.SUBTREE, _("to send help by roads that can be driven")),
        Rule("roads.close", Role.SHIFT_LEADER, Where.SUBTREE, _("to send help by roads that can be driven")),
    ),
    scopes={"places:write": ("roads.close",)},
    effects=(
        Effect(NAME, _("keeps each unit's place in the recommendation with its sending"), rank_units, prepare=rank),
    ),
    api=Api("blockwise.response.api", "Calls, which units to send, and sending them."),
    pages="blockwise.response.pages",
    sections=(Section("response/units_sent.html", units_sent),),
    entrances=(
        Entrance("console", _("Console"), DESK, at=10, begins=True),
        Entrance("field", _("My unit"), frozenset({Role.CREW}), at=20, begins=True),
        Entrance("sheet", _("Sheet"), DESK | {Role.BLOCK_LEADER}, at=60),
    ),
)
