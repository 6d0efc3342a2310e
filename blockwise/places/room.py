from django.utils.translation import gettext_lazy as _

from blockwise.rooms import GRANTED, Api, Role, Room, Rule, Where

ROOM = Room(
    "places",
    allows={
        "places.view": _("see the map, blocks and addresses"),
        "places.reach": _("see what is reached in minutes"),
    },
    rules=(
        *(Rule("places.view", role, Where.ANYWHERE, _("to find one's way in the city")) for role in GRANTED),
        Rule("places.reach", Role.CALL_TAKER, Where.SUBTREE, _("to say when help comes")),
        Rule("places.reach", Role.DISPATCHER, Where.SUBTREE, _("to send help and follow it")),
        Rule("places.reach", Role.SHIFT_LEADER, Where.SUBTREE, _("to answer for the shift")),
        Rule("places.reach", Role.BLOCK_LEADER, Where.SUBTREE, _("to answer for the block")),
        Rule("places.reach", Role.ANALYST, Where.SUBTREE, _("to see what is getting worse")),
        Rule("places.reach", Role.OVERSIGHT, Where.SUBTREE, _("to see whether it was done right")),
    ),
    scopes={"places:read": ("places.view", "places.reach")},
    api=Api("blockwise.places.api", "Blocks, addresses, roads and what is reached in minutes.", what="places.view"),
)
