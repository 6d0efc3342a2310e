from django.utils.translation import gettext_lazy as _

from blockwise.rooms import Api, Entrance, Job, Role, Room, Rule, Thread, Where

from . import forgetting

ROOM = Room(
    "access",
    allows={
        "people.manage": _("give and end roles, passwords and ways in"),
        "people.log": _("read the record of people, roles and the system"),
        "settings.manage": _("manage what is for the whole installation"),
    },
    rules=(
        Rule("people.manage", Role.ADMINISTRATOR, Where.SUBTREE, _("to give people the roles they need")),
        Rule("people.log", Role.ADMINISTRATOR, Where.ANYWHERE, _("to give people the roles they need")),
        Rule("people.log", Role.OVERSIGHT, Where.ANYWHERE, _("to see who was given which role")),
        Rule("settings.manage", Role.ADMINISTRATOR, Where.ANYWHERE, _("to keep the installation in order")),
    ),
    threads=(Thread("user", "people.log"),),
    jobs=(
        Job("throttles", 3600, forgetting.throttles, timely=True),
        Job("sessions", 3600, forgetting.sessions, timely=True),
    ),
    api=Api("blockwise.access.api", "Who I am; tokens, people and their roles."),
    pages="blockwise.access.pages",
    entrances=(Entrance("people", _("People and roles"), frozenset({Role.ADMINISTRATOR}), at=90, begins=True),),
)
