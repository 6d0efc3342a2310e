"""The one policy: what is asked, who may, where, and for what purpose. Every answer says why.

A rule opens what it names and nothing else. A kind narrows it further, to the roles that its declaration names
for opening, viewing or an act.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from blockwise.problems import Forbidden

from .actors import Actor, Held
from .models import Role
from .seams import ActLike, CaseLike, KindLike, LineLike, UnitLike, seams


class Where(Enum):
    ANYWHERE = "anywhere"
    SUBTREE = "in the block of the grant and below"
    PLAIN = "in the block of the grant and below, sensitive cases not"
    ASSIGNED = "on cases that one's own unit now works on"
    OWN_UNIT = "for one's own unit"


@dataclass(frozen=True)
class Rule:
    what: str
    who: Role
    where: Where
    purpose: Promise | str


RULES: tuple[Rule, ...] = (
    Rule("case.open", Role.CALL_TAKER, Where.SUBTREE, _("to take in what is reported")),
    Rule("case.open", Role.DISPATCHER, Where.SUBTREE, _("to take in what is reported")),
    Rule("case.open", Role.CREW, Where.SUBTREE, _("to report what was found on duty")),
    Rule("case.open", Role.BLOCK_LEADER, Where.SUBTREE, _("to report what was found in the own block")),
    Rule("case.open", Role.OVERSIGHT, Where.SUBTREE, _("to open what is to be examined")),
    Rule("case.view", Role.CALL_TAKER, Where.SUBTREE, _("to answer for what was taken in")),
    Rule("case.view", Role.DISPATCHER, Where.SUBTREE, _("to send help and follow it")),
    Rule("case.view", Role.CREW, Where.ASSIGNED, _("to do the work one was sent for")),
    Rule("case.view", Role.BLOCK_LEADER, Where.PLAIN, _("to answer for the block")),
    Rule("case.view", Role.OVERSIGHT, Where.SUBTREE, _("to see whether it was done right")),
    Rule("case.count", Role.CALL_TAKER, Where.SUBTREE, _("to know how much there is")),
    Rule("case.count", Role.DISPATCHER, Where.SUBTREE, _("to know how much there is")),
    Rule("case.count", Role.BLOCK_LEADER, Where.SUBTREE, _("to answer for the block")),
    Rule("case.count", Role.ANALYST, Where.SUBTREE, _("to see what is getting worse")),
    Rule("case.count", Role.OVERSIGHT, Where.SUBTREE, _("to see whether it was done right")),
    Rule("case.act", Role.CALL_TAKER, Where.SUBTREE, _("to answer for what was taken in")),
    Rule("case.act", Role.DISPATCHER, Where.SUBTREE, _("to send help and follow it")),
    Rule("case.act", Role.CREW, Where.ASSIGNED, _("to do the work one was sent for")),
    Rule("case.act", Role.BLOCK_LEADER, Where.PLAIN, _("to answer for the block")),
    Rule("case.act", Role.OVERSIGHT, Where.SUBTREE, _("to put right what was not")),
    Rule("contact.look", Role.CALL_TAKER, Where.SUBTREE, _("the act at hand needs the contact")),
    Rule("contact.look", Role.DISPATCHER, Where.SUBTREE, _("the act at hand needs the contact")),
    Rule("contact.look", Role.CREW, Where.ASSIGNED, _("the act at hand needs the contact")),
    Rule("contact.look", Role.BLOCK_LEADER, Where.PLAIN, _("the act at hand needs the contact")),
    Rule("contact.look", Role.OVERSIGHT, Where.SUBTREE, _("the act at hand needs the contact")),
    Rule("looks.view", Role.OVERSIGHT, Where.SUBTREE, _("to see who looked at what")),
    Rule("unit.view", Role.CALL_TAKER, Where.SUBTREE, _("to say when help comes")),
    Rule("unit.view", Role.DISPATCHER, Where.SUBTREE, _("to send help and follow it")),
    Rule("unit.view", Role.CREW, Where.OWN_UNIT, _("to speak for the own unit")),
    Rule("unit.view", Role.OVERSIGHT, Where.SUBTREE, _("to see whether it was done right")),
    Rule("unit.status", Role.DISPATCHER, Where.SUBTREE, _("to send help and follow it")),
    Rule("unit.status", Role.CREW, Where.OWN_UNIT, _("to speak for the own unit")),
    Rule("unit.position", Role.DISPATCHER, Where.SUBTREE, _("to pass on what the units' devices report")),
    Rule("unit.position", Role.CREW, Where.OWN_UNIT, _("to speak for the own unit")),
    Rule("roads.close", Role.DISPATCHER, Where.SUBTREE, _("to send help by roads that can be driven")),
    Rule("people.manage", Role.ADMINISTRATOR, Where.SUBTREE, _("to give people the roles they need")),
    Rule("people.log", Role.ADMINISTRATOR, Where.ANYWHERE, _("to give people the roles they need")),
    Rule("people.log", Role.OVERSIGHT, Where.ANYWHERE, _("to see who was given which role")),
    Rule("settings.manage", Role.ADMINISTRATOR, Where.ANYWHERE, _("to keep the installation in order")),
)

SCOPES = ("cases:read", "cases:write", "units:read", "units:write", "places:read", "places:write", "stream")
SCOPE_OF: dict[str, str] = {  # what is not here is not open to a token at all: people, tokens, settings
    "case.open": "cases:write",
    "case.view": "cases:read",
    "case.count": "cases:read",
    "case.act": "cases:write",
    "contact.look": "cases:write",
    "looks.view": "cases:read",
    "unit.view": "units:read",
    "unit.status": "units:write",
    "unit.position": "units:write",
    "roads.close": "places:write",
}

NO_ROLE = _("None of your roles allows this.")
NOT_NAMED = _("This kind of case names other roles for it.")
ELSEWHERE = _("This lies outside the blocks your role is for.")
NOT_ASSIGNED = _("Your unit is not working on this case.")
NOT_OWN_UNIT = _("You do not speak for this unit.")
SENSITIVE = _("Sensitive cases are shown to block leaders as counts only.")
NO_SCOPE = _("This token has no scope for it.")
NO_SUCH_ACT = _("This kind of case has no such act.")
NOT_OPEN = _("This act is not open at the present stage.")
NO_CONTACT_NEEDED = _("This act does not need the contact, so it is no purpose for looking at it.")
NO_MACHINE_LOOKS = _("Only a person with an act to do may look at a contact.")
OWN_GRANT = _("Nobody changes their own roles.")
DECLARED = _("The system does what is declared.")


@dataclass(frozen=True)
class Answer:
    """Yes or no, with the reason to show and the rule to keep ("case.view crew 9901", "case.view no")."""

    yes: bool
    reason: Promise | str
    rule: str

    def __bool__(self) -> bool:
        return self.yes

    def require(self) -> Answer:
        """This answer, or Forbidden with its reason."""
        if not self.yes:
            fix = _("Ask an administrator if you need it.")
            raise Forbidden(self.reason, fix=fix, more={"rule": self.rule})
        return self


@dataclass(frozen=True)
class About:
    """What a rule is tried on."""

    block: str = ""
    sensitive: bool = False
    case: int | None = None
    unit: str = ""


def _fault(where: Where, actor: Actor, held: Held, about: About) -> Promise | str | None:
    """Why this grant does not reach, or None when it does."""
    if where is Where.ASSIGNED:
        sent = seams.crews.sent_to(about.case) if actor.units and seams.crews and about.case else frozenset()
        return None if actor.units & sent else NOT_ASSIGNED
    if where is Where.OWN_UNIT:
        return None if about.unit in actor.units else NOT_OWN_UNIT
    if where is Where.ANYWHERE:
        return None
    if not held.covers(about.block):
        return ELSEWHERE
    return SENSITIVE if where is Where.PLAIN and about.sensitive else None


def decide(actor: Actor, what: str, about: About, named: Collection[str] | None = None) -> Answer:
    """By the first rule for `what` that reaches; `named` are the roles that a kind allows (None: all)."""
    if actor.system:
        return Answer(True, DECLARED, f"{what} system")
    if actor.scopes is not None and SCOPE_OF.get(what) not in actor.scopes:
        return _no(what, NO_SCOPE)
    reason: Promise | str = NO_ROLE
    for rule in (rule for rule in RULES if rule.what == what):
        for held in (held for held in actor.held if held.role == rule.who):
            if named is not None and rule.who not in named:
                reason = NOT_NAMED if reason is NO_ROLE else reason
                continue
            fault = _fault(rule.where, actor, held, about)
            if fault is None:
                return _yes(what, rule, held)
            reason = fault
    return _no(what, reason)


def _yes(what: str, rule: Rule, held: Held) -> Answer:
    role = rule.who
    why = format_lazy("{role} {block}: {purpose}", role=role.label, block=held.block, purpose=rule.purpose)
    return Answer(True, why, f"{what} {role.value} {held.block}")


def _no(what: str, reason: Promise | str) -> Answer:
    return Answer(False, reason, f"{what} no")


def _about(kind: KindLike, case: CaseLike) -> About:
    return About(block=case.block_id, sensitive=kind.sensitive or case.sensitive, case=case.pk)


def may_open(actor: Actor, kind: KindLike, block: str) -> Answer:
    return decide(actor, "case.open", About(block=block, sensitive=kind.sensitive), kind.open_roles)


def may_open_somewhere(actor: Actor, kind: KindLike) -> Answer:
    """Whether there is any block in which this actor may open such a case; asked before a form is shown."""
    answers = [may_open(actor, kind, block) for block in sorted({held.block for held in actor.held})]
    return next((answer for answer in answers if answer), answers[0] if answers else _no("case.open", NO_ROLE))


def may_act(actor: Actor, act: ActLike, kind: KindLike, case: CaseLike) -> Answer:
    """By role and place. Whether the act is open at the case's stage is the engine's transition table."""
    return decide(actor, "case.act", _about(kind, case), act.roles)


def may_view(actor: Actor, kind: KindLike, case: CaseLike) -> Answer:
    return decide(actor, "case.view", _about(kind, case), kind.view_roles)


def may_count(actor: Actor, block: str) -> Answer:
    """Whether numbers of cases in this block may be shown, of sensitive ones too."""
    return decide(actor, "case.count", About(block=block))


def may_look(actor: Actor, act: ActLike | str, kind: KindLike, case: CaseLike) -> Answer:
    """Whether `act` is a purpose for looking at the contact: declared so, open now and this actor's."""
    what = "contact.look"
    declared = kind.act(act) if isinstance(act, str) else act
    if declared is None:
        return _no(what, NO_SUCH_ACT)
    if actor.system:
        return _no(what, NO_MACHINE_LOOKS)
    if not declared.contact:
        return _no(what, NO_CONTACT_NEEDED)
    if case.stage not in declared.from_stages:
        return _no(what, NOT_OPEN)
    return decide(actor, what, _about(kind, case), declared.roles)


def may_view_units(actor: Actor, block: str) -> Answer:
    """Whether all units may be shown to whoever works in this block."""
    return decide(actor, "unit.view", About(block=block))


def may_set_status(actor: Actor, unit: UnitLike) -> Answer:
    return decide(actor, "unit.status", About(block=unit.block_id, unit=unit.pk))


def may_report_position(actor: Actor, unit: UnitLike) -> Answer:
    return decide(actor, "unit.position", About(block=unit.block_id, unit=unit.pk))


def may_close_roads(actor: Actor, block: str) -> Answer:
    return decide(actor, "roads.close", About(block=block))


def may_manage_users(actor: Actor, block: str | None = None) -> Answer:
    """Users and grants: over `block` and below; None asks whether anywhere at all."""
    first = next((held.block for held in actor.held if held.role == Role.ADMINISTRATOR), "")
    return decide(actor, "people.manage", About(block=first if block is None else block))


def may_grant(actor: Actor, user_id: int, block: str) -> Answer:
    if actor.id == f"user:{user_id}":
        return _no("people.manage", OWN_GRANT)
    return may_manage_users(actor, block)


def may_manage_person(actor: Actor, user_id: int, blocks: Collection[str]) -> Answer:
    """Password and way in of a user who holds roles over `blocks`: only for one who administers all of them."""
    if actor.id == f"user:{user_id}":
        return _no("people.manage", OWN_GRANT)
    answers = [may_manage_users(actor, block) for block in blocks] or [may_manage_users(actor)]
    return next((answer for answer in answers if not answer), answers[0])


def may_manage_settings(actor: Actor) -> Answer:
    return decide(actor, "settings.manage", About())


def may_see_line(actor: Actor, line: LineLike, subject: tuple[KindLike, CaseLike] | None = None) -> Answer:
    """Whether a line may be shown: as the case, unit or person it is about, in the line's own block.

    `subject` is the kind and case of a case's line; it is asked of the cases room when not given. A look at a
    contact is shown to oversight, and to the one who looked.
    """
    if actor.system:
        return Answer(True, DECLARED, "line.see system")
    room, _colon, code = str(line.thread).partition(":")
    if room == "unit":
        return decide(actor, "unit.view", About(block=line.block, unit=code))
    if room != "case":
        return decide(actor, "people.log", About())
    if subject is None and seams.cases:
        subject = seams.cases.subjects([int(code)]).get(int(code))
    if subject is None:
        return _no("line.see", ELSEWHERE)
    kind, case = subject
    if line.act == "look" and line.actor != actor.id:
        return decide(actor, "looks.view", About(block=line.block or case.block_id))
    about = About(line.block or case.block_id, kind.sensitive or case.sensitive, case.pk)
    return decide(actor, "case.view", about, kind.view_roles)
