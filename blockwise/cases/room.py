from django.utils.translation import gettext_lazy as _

from blockwise.rooms import Api, Check, Entrance, Job, Role, Room, Rule, Section, Thread, Where

from .engine import announcing, assigning, attaching, clocks, jobs, looks, parties, topics
from .queries import health
from .rules.field_types import FIELD_TYPES
from .screens import party_pages
from .screens.attachment_pages import section
from .screens.mine_page import WORKERS

DESK = frozenset({Role.CALL_TAKER, Role.DISPATCHER, Role.SHIFT_LEADER})
HANDLERS = DESK | WORKERS | {Role.CREW, Role.OVERSIGHT}
WATCHING = frozenset({Role.OVERSIGHT, Role.ADMINISTRATOR})
AT_WORK = {  # where each role sees cases and acts on them, and what for
    Role.CALL_TAKER: (Where.SUBTREE, _("to answer for what was taken in")),
    Role.DISPATCHER: (Where.SUBTREE, _("to send help and follow it")),
    Role.SHIFT_LEADER: (Where.SUBTREE, _("to answer for the shift")),
    Role.CREW: (Where.ASSIGNED, _("to do the work one was sent for")),
    Role.BLOCK_LEADER: (Where.PLAIN, _("to answer for the block")),
    Role.INSPECTOR: (Where.PLAIN, _("to inspect, and to check again")),
    Role.MEDIATOR: (Where.SUBTREE, _("to mediate")),
    Role.CLERK: (Where.SUBTREE, _("to handle what was applied for")),
    Role.DEPARTMENT_OFFICER: (Where.DEPARTMENT, _("to do what is for the department")),
    Role.VOLUNTEER: (Where.ASSIGNEE, _("to do the work one took on")),
    Role.OVERSIGHT: (Where.SUBTREE, _("to see whether it was done right")),
}
PUTTING_RIGHT = {Role.OVERSIGHT: (Where.SUBTREE, _("to put right what was not"))}
LOOKS, NEEDED = ("contact.look", "attachment.look"), _("the act at hand needs it")

ROOM = Room(
    "cases",
    allows={
        "case.open": _("open a case"),
        "case.view": _("see a case"),
        "case.count": _("see how many cases there are"),
        "case.act": _("act on a case"),
        "contact.look": _("look at a contact"),
        "attachment.look": _("open an attachment"),
        "looks.view": _("see who looked at which contact or attachment"),
        "erasures.view": _("see what will be erased"),
        "erasures.release": _("release an unusual number of erasures"),
        "kind.sign": _("sign a kind of case"),
    },
    rules=(
        Rule("case.open", Role.CALL_TAKER, Where.SUBTREE, _("to take in what is reported")),
        Rule("case.open", Role.DISPATCHER, Where.SUBTREE, _("to take in what is reported")),
        Rule("case.open", Role.SHIFT_LEADER, Where.SUBTREE, _("to take in what is reported")),
        Rule("case.open", Role.CREW, Where.SUBTREE, _("to report what was found on duty")),
        Rule("case.open", Role.BLOCK_LEADER, Where.SUBTREE, _("to report what was found in the own block")),
        Rule("case.open", Role.INSPECTOR, Where.SUBTREE, _("to report what was found on duty")),
        Rule("case.open", Role.MEDIATOR, Where.SUBTREE, _("to take in what is reported")),
        Rule("case.open", Role.CLERK, Where.SUBTREE, _("to take in what is applied for at the counter")),
        Rule("case.open", Role.VOLUNTEER, Where.SUBTREE, _("to report what was found on duty")),
        Rule("case.open", Role.OVERSIGHT, Where.SUBTREE, _("to open what is to be examined")),
        *(Rule("case.view", role, *there) for role, there in AT_WORK.items()),
        Rule("case.count", Role.CALL_TAKER, Where.SUBTREE, _("to know how much there is")),
        Rule("case.count", Role.DISPATCHER, Where.SUBTREE, _("to know how much there is")),
        Rule("case.count", Role.SHIFT_LEADER, Where.SUBTREE, _("to know how much there is")),
        Rule("case.count", Role.BLOCK_LEADER, Where.SUBTREE, _("to answer for the block")),
        Rule("case.count", Role.ANALYST, Where.SUBTREE, _("to see what is getting worse")),
        Rule("case.count", Role.OVERSIGHT, Where.SUBTREE, _("to see whether it was done right")),
        *(Rule("case.act", role, *there) for role, there in (AT_WORK | PUTTING_RIGHT).items()),
        Rule("case.act", Role.REPORTER, Where.RECEIPT, _("to follow what one reported oneself")),
        *(Rule(look, role, where, NEEDED) for look in LOOKS for role, (where, _purpose) in AT_WORK.items()),
        Rule("looks.view", Role.OVERSIGHT, Where.SUBTREE, _("to see who looked at what")),
        Rule("erasures.view", Role.ADMINISTRATOR, Where.ANYWHERE, _("to keep the installation in order")),
        Rule("erasures.view", Role.OVERSIGHT, Where.ANYWHERE, _("to see that no more is erased than should be")),
        Rule("erasures.release", Role.OVERSIGHT, Where.SUBTREE, _("to see that no more is erased than should be")),
        Rule("kind.sign", Role.OVERSIGHT, Where.SUBTREE, _("to see that no kind of case is used against people")),
        Rule("kind.sign", Role.ADMINISTRATOR, Where.SUBTREE, _("to answer for what the city's folder brings")),
    ),
    scopes={
        "cases:read": ("case.view", "case.count", "looks.view"),
        "cases:write": ("case.open", "case.act", *LOOKS),
    },
    threads=(
        Thread("case", "case.view", about="case"),
        Thread(looks.ALARMS, "looks.view", about="block"),
        Thread(announcing.THREAD, "people.log"),
    ),
    topics=topics.TOPICS,
    effects=assigning.EFFECTS,
    field_types=FIELD_TYPES,
    jobs=(
        Job("clocks", 1, jobs.escalate, timely=True, oldest=clocks.behind),
        Job("calendars", 60, jobs.recount, timely=True),
        Job("retention", 3600, jobs.end_retention),
        Job("idempotency", 3600, jobs.forget_requests, timely=True),
        Job("uploads", 3600, attaching.sweep, timely=True),
        Job("parties", 60, parties.finish),
    ),
    checks=(Check(health.cases, vital=False),),
    api=Api("blockwise.cases.screens.api", "What must be handled: opened, acted on and read, with its record."),
    pages="blockwise.cases.screens.pages",
    sections=(
        Section("cases/attachments.html", section, at=20),
        Section("cases/parties.html", party_pages.section, at=15),
    ),
    entrances=(
        Entrance("mine", _("Mine"), WORKERS, at=30, begins=True),
        Entrance("cases", _("Cases"), HANDLERS, at=40, begins=True),
        Entrance("erasures", _("Erasures"), WATCHING, at=70),
        Entrance("kinds", _("Kinds of case"), WATCHING, at=80),
    ),
)
