"""The one policy: every answer says why. The rules themselves stand in the rooms' `room.py`, all of them on one page.

A rule opens what it names and nothing else. A kind narrows it further, to the roles that its declaration names
for opening, viewing or an act.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from blockwise.problems import Forbidden
from blockwise.rooms import Role, Rule, Where, house

from .actors import Actor, Held
from .seams import ActLike, CaseLike, KindLike, LineLike, UnitLike, seams

PLAIN = (Where.PLAIN, Where.ASSIGNEE)  # no sensitive case
LOOKS = frozenset({"look", "attachment_look"})  # acts of lines that tell who looked at what
NO_ROLE = _("None of your roles allows this.")
NOT_NAMED = _("This kind of case names other roles for it.")
ELSEWHERE = _("This lies outside the blocks your role is for.")
NOT_ASSIGNED = _("Your unit is not working on this case.")
NO_RECEIPT = _("This is not the case of this receipt.")
NOT_THEIRS = _("This case is not given to you.")
OTHER_DEPARTMENT = _("This case is another department's.")
NOT_OWN_UNIT = _("You do not speak for this unit.")
SENSITIVE = _("Sensitive cases are shown to this role as counts only.")
NO_SCOPE = _("This token has no scope for it.")
NO_SUCH_ACT = _("This kind of case has no such act.")
NOT_OPEN = _("This act is not open at the present stage.")
NO_SUCH_THREAD = _("Nobody says who may read this.")
NO_CONTACT_NEEDED = _("This act does not need the contact, so it is no purpose for looking at it.")
NOT_NEEDED = _("This act does not need it, so it is no purpose for looking at it.")
NOT_FOR_IT = _("This act neither needs the contact nor takes files, so it is no purpose for opening one.")
SAY_WHAT_FOR = _("Say for which act that is open to you it is needed.")
NO_MACHINE_LOOKS = _("Only a person with an act to do may look at a contact or an attachment.")
A_PERSON_SIGNS = _("A person signs, never a program.")
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
            scope = house().scope_of.get(self.rule.partition(" ")[0]) if self.reason is NO_SCOPE else None
            fix = _with_scope(scope) if scope else _("Ask an administrator if you need it.")
            raise Forbidden(self.reason, fix=fix, more={"rule": self.rule})
        return self


def need_scope(actor: Actor, scope: str) -> None:
    """Forbidden for a token that has not got it; people at a screen have no scopes to lack."""
    if actor.scopes is not None and scope not in actor.scopes:
        raise Forbidden(NO_SCOPE, fix=_with_scope(scope))


def _with_scope(scope: str) -> Promise | str:
    return format_lazy(_("Use a token with the scope {scope}."), scope=scope)


Sent = dict[int, frozenset[str]]  # the units now on each case, as far as that was asked: many answers, one question


@dataclass(frozen=True)
class About:
    """What a rule is tried on."""

    block: str = ""
    sensitive: bool = False
    case: int | None = None
    unit: str = ""
    department: str = ""
    assignee: str = ""  # the person to whom the case is given
    sent: Sent | None = None


def _fault(where: Where, actor: Actor, held: Held, about: About) -> Promise | str | None:
    """Why this grant does not reach, or None when it does."""
    if where is Where.ASSIGNED:
        return None if actor.units & _sent_to(about, actor) else NOT_ASSIGNED
    if where is Where.RECEIPT:
        return None if about.case and about.case == actor.receipt else NO_RECEIPT
    if where is Where.OWN_UNIT:
        return None if about.unit in actor.units else NOT_OWN_UNIT
    if where is Where.ANYWHERE:
        return None
    if not held.covers(about.block):
        return ELSEWHERE
    if where is Where.DEPARTMENT:
        return None if held.department and held.department == about.department else OTHER_DEPARTMENT
    if where is Where.ASSIGNEE and about.assignee != actor.id:
        return NOT_THEIRS
    return SENSITIVE if where in PLAIN and about.sensitive else None


def _sent_to(about: About, actor: Actor) -> frozenset[str]:
    if not (actor.units and seams.crews and about.case):
        return frozenset()
    known = {} if about.sent is None else about.sent
    if about.case not in known:
        known[about.case] = seams.crews.sent_to(about.case)
    return known[about.case]


def decide(actor: Actor, what: str, about: About, named: Collection[str] | None = None) -> Answer:
    """By the first rule for `what` that reaches; `named` are the roles that a kind allows (None: all)."""
    if actor.system:
        return Answer(True, DECLARED, f"{what} system")
    if actor.scopes is not None and house().scope_of.get(what) not in actor.scopes:
        return _no(what, NO_SCOPE)
    reason: Promise | str = NO_ROLE
    for rule in house().rules.get(what, ()):
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


def _about(kind: KindLike, case: CaseLike, sent: Sent | None = None) -> About:
    return About(
        block=case.block_id,
        sensitive=kind.sensitive or case.sensitive,
        case=case.pk,
        department=case.department,
        assignee=case.assignee,
        sent=sent,
    )


def may_know(actor: Actor, kind: KindLike, case: CaseLike, sent: Sent | None = None) -> Answer:
    """Whether this person may see the case, whatever the token is for: whoever may not is told nothing of it."""
    return may_view(replace(actor, scopes=None), kind, case, sent)


def demand_scope(actor: Actor, what: str) -> None:
    """Forbidden for a token that is not for `what`, before anything is looked up."""
    if actor.scopes is not None and house().scope_of.get(what) not in actor.scopes:
        _no(what, NO_SCOPE).require()


def sight(actor: Actor) -> tuple[Hashable, ...]:
    """The same for all who see the same: what was worked out for one of them is for the others, too."""
    alone = {rule.who for rule in house().rules.get("case.view", ()) if rule.where is Where.ASSIGNEE}
    return actor.held, actor.scopes, actor.units, actor.system, actor.id if alone & actor.roles() else ""


def widest(actor: Actor, what: str, named: Collection[str]) -> str:
    """The widest block over which one of the `named` roles is held that some rule opens for `what`; empty: none."""
    able = {rule.who for rule in house().rules.get(what, ())} & set(named)
    return min((held.block for held in actor.held if held.role in able), key=len, default="")


def may_open(actor: Actor, kind: KindLike, block: str) -> Answer:
    return decide(actor, "case.open", About(block=block, sensitive=kind.sensitive), kind.open_roles)


def may_open_somewhere(actor: Actor, kind: KindLike) -> Answer:
    """Whether there is any block in which this actor may open such a case; asked before a form is shown."""
    answers = [may_open(actor, kind, block) for block in sorted({held.block for held in actor.held})]
    return next((answer for answer in answers if answer), answers[0] if answers else _no("case.open", NO_ROLE))


def may_move(actor: Actor, act: ActLike, kind: KindLike, block: str) -> Answer:
    """Whether this act may bring a case into this block: judged as opening one there, by those who open it or do the
    act."""
    return decide(actor, "case.open", About(block=block), {*kind.open_roles, *act.roles})


def may_act(actor: Actor, act: ActLike, kind: KindLike, case: CaseLike, sent: Sent | None = None) -> Answer:
    """By role and place, and by whom the case is given to. Whether the act is open at the case's stage is the engine's
    transition table."""
    if _anothers(act, case, actor) and not actor.system:
        return _no("case.act", NOT_THEIRS)
    return decide(actor, "case.act", _about(kind, case, sent), act.roles)


def _anothers(act: ActLike, case: CaseLike, actor: Actor) -> bool:
    """Whether the act is for whoever the case is given to, and that is somebody else."""
    return act.by == "assignee" and case.assignee != actor.id


def may_view(actor: Actor, kind: KindLike, case: CaseLike, sent: Sent | None = None) -> Answer:
    return decide(actor, "case.view", _about(kind, case, sent), kind.view_roles)


def may_view_in(actor: Actor, kind: KindLike, block: str, *, sensitive: bool) -> Answer:
    """Whether every such case in this block may be viewed."""
    return decide(actor, "case.view", About(block=block, sensitive=kind.sensitive or sensitive), kind.view_roles)


def may_count(actor: Actor, kind: KindLike, block: str, *, sensitive: bool) -> Answer:
    """Whether numbers of such cases in this block may be shown: to roles that the kind names; to an analyst of plain
    cases whatever their kind names."""
    hidden = kind.sensitive or sensitive
    return decide(actor, "case.count", About(block=block), {*kind.view_roles, *(() if hidden else (Role.ANALYST,))})


def may_look(
    actor: Actor, act: ActLike | str, kind: KindLike, case: CaseLike, sent: Sent | None = None, *, at: str = ""
) -> Answer:
    """Whether `act` is a purpose for looking at the contact, or `at` what it names in its needs: declared so, open now
    and this actor's."""
    what = "contact.look"
    declared = kind.act(act) if isinstance(act, str) else act
    if declared is None:
        return _no(what, NO_SUCH_ACT)
    if actor.system:
        return _no(what, NO_MACHINE_LOOKS)
    if not (at in declared.needs if at else declared.contact):
        return _no(what, NOT_NEEDED if at else NO_CONTACT_NEEDED)
    if case.stage not in declared.from_stages or (at and case.final):
        return _no(what, NOT_OPEN)
    if _anothers(declared, case, actor):
        return _no(what, NOT_THEIRS)
    return decide(actor, what, _about(kind, case, sent), declared.roles)


def may_open_attachment(
    actor: Actor, act: ActLike | str, kind: KindLike, case: CaseLike, sent: Sent | None = None
) -> Answer:
    """For an `act` that needs it, on a case that is open, and theirs; for oversight without one. Nobody who may not see
    the case."""
    what = "attachment.look"
    if actor.system:
        return _no(what, NO_MACHINE_LOOKS)
    seen = may_view(actor, kind, case, sent)
    if not seen and seen.reason is not NO_SCOPE:
        return _no(what, seen.reason)
    if not act:
        answer = decide(actor, what, _about(kind, case, sent), {Role.OVERSIGHT})
        return answer if answer or answer.reason is NO_SCOPE else _no(what, SAY_WHAT_FOR)
    declared = kind.act(act) if isinstance(act, str) else act
    if declared is None:
        return _no(what, NO_SUCH_ACT)
    if case.final or case.stage not in declared.from_stages:
        return _no(what, NOT_OPEN)
    if not (declared.contact or declared.files):
        return _no(what, NOT_FOR_IT)
    if _anothers(declared, case, actor):
        return _no(what, NOT_THEIRS)
    return decide(actor, what, _about(kind, case, sent), declared.roles)


def may_view_units(actor: Actor, block: str) -> Answer:
    """Whether all units may be shown to whoever works in this block."""
    return decide(actor, "unit.view", About(block=block))


def may_set_status(actor: Actor, unit: UnitLike) -> Answer:
    return decide(actor, "unit.status", About(block=unit.block_id, unit=unit.pk))


def may_report_position(actor: Actor, unit: UnitLike) -> Answer:
    return decide(actor, "unit.position", About(block=unit.block_id, unit=unit.pk))


def may_close_roads(actor: Actor, block: str) -> Answer:
    return decide(actor, "roads.close", About(block=block))


def may_view_places(actor: Actor) -> Answer:
    """Maps, addresses and which block answers where: to whoever has any role now. Forbidden names a lacking scope."""
    return may_enter(actor, "places.view")


def may_enter(actor: Actor, what: str) -> Answer:
    """Whether all that the rule opens is open to this actor, whatever the block. Forbidden names a lacking scope."""
    need_scope(actor, house().scope_of[what])
    return decide(actor, what, About())


def may_measure_reach(actor: Actor, block: str) -> Answer:
    """Whether what is reached in some minutes from a place in this block is worked out for this actor."""
    return decide(actor, "places.reach", About(block=block))


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


def may_view_erasures(actor: Actor) -> Answer:
    return decide(actor, "erasures.view", About())


def may_release_erasures(actor: Actor, city: str) -> Answer:
    """Whether an unusual number may be erased, in the city whose root block is `city`."""
    return decide(actor, "erasures.release", About(block=city))


def may_sign_kinds(actor: Actor, city: str) -> Answer:
    """Whether this person's signature counts for a kind of case, in the city whose root block is `city`."""
    if actor.system or actor.scopes is not None:
        return _no("kind.sign", A_PERSON_SIGNS)
    return decide(actor, "kind.sign", About(block=city))


def may_read_messages(actor: Actor, role: str, block: str) -> Answer:
    """Whether what is for whoever holds `role` over `block` is for this actor."""
    return decide(actor, "message.read", About(block=block), (role,))


def may_manage_settings(actor: Actor) -> Answer:
    return decide(actor, "settings.manage", About())


def may_see_line(
    actor: Actor, line: LineLike, subject: tuple[KindLike, CaseLike] | None = None, sent: Sent | None = None
) -> Answer:
    """Whether a line may be shown: as the case, unit or person it is about, in the line's own block.

    `subject` is the kind and case of a case's line; it is asked of the cases room when not given. A look at a
    contact or an attachment is shown to oversight, and to the one who looked.
    """
    if actor.system:
        return Answer(True, DECLARED, "line.see system")
    prefix, _colon, code = str(line.thread).partition(":")
    thread = house().threads.get(prefix)
    if thread is None:
        return _no("line.see", NO_SUCH_THREAD)
    if thread.about != "case":
        block = "" if thread.about == "nothing" else line.block
        return decide(actor, thread.what, About(block=block, unit=code if thread.about == "unit" else ""))
    if subject is None and seams.cases:
        subject = seams.cases.subjects([int(code)]).get(int(code))
    if subject is None:
        return _no("line.see", ELSEWHERE)
    kind, case = subject
    if line.act in LOOKS and line.actor != actor.id:
        return decide(actor, "looks.view", About(block=line.block or case.block_id))
    about = replace(_about(kind, case, sent), block=line.block or case.block_id)
    return decide(actor, "case.view", about, kind.view_roles)


def may_be_told(actor: Actor, units: Collection[str]) -> Answer:
    """Whether an actor hears that something happened to these units: a crew, of its own, also when it left the case."""
    own = actor.units.intersection(units)
    return decide(actor, "unit.view", About(unit=min(own))) if own else _no("unit.view", NOT_OWN_UNIT)
