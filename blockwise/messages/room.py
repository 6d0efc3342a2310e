from django.utils.translation import gettext_lazy as _

from blockwise.rooms import GRANTED, Api, Check, Entrance, Job, Role, Room, Rule, Section, Where

from . import delivering, health, queries, raising, ways

ROOM = Room(
    "messages",
    allows={
        "message.read": _("read messages for this role"),
    },
    rules=tuple(Rule("message.read", role, Where.SUBTREE, _("to know what one must know")) for role in GRANTED),
    scopes={"messages": ("message.read",)},
    jobs=(
        Job("messages", 1, ways.spreading),
        Job("carriers", 1, delivering.send_due, oldest=delivering.behind),
        Job("reading", 5, raising.raisings, timely=True, oldest=raising.behind),
    ),
    checks=(Check(health.messages),),
    api=Api("blockwise.messages.api", "What somebody must know: an inbox by person, role and block."),
    pages="blockwise.messages.pages",
    sections=(Section("inbox/not_read.html", queries.on_page),),
    entrances=(Entrance("inbox", _("Messages"), frozenset(Role), at=50),),
)
