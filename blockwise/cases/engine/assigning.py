"""Who answers for a case now: a person to whom it is given, who took it, or a department to which it is passed."""

from __future__ import annotations

from copy import copy

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from blockwise.access import policy
from blockwise.access.actors import Actor, actors_for
from blockwise.access.queries import active, working_over
from blockwise.messages.actions import To
from blockwise.places.queries import departments
from blockwise.problems import Invalid
from blockwise.rooms import Effect, Role

from ..kinds.model import Kind
from ..models import Case
from ..rules.inputs import Choices, Input
from .effects import Change
from .topics import GIVEN

MOST = 100  # people offered
NEVER = frozenset({Role.REPORTER, Role.CREW})  # a crew has what its unit is sent to


def people(case: Case, kind: Kind) -> Choices:
    """Those to whom the case can be given, by login: they hold a role that acts on it there, and would see it."""
    roles = sorted({role for act in kind.acts for role in act.roles} - NEVER)
    found = working_over(roles, case.block_id, MOST)
    actors = actors_for(found)
    able = [user for user in found if can_answer(actors[user.pk], case, kind)]
    chinese = (get_language() or "en").startswith("zh")
    return tuple(
        (user.login, user.name if chinese or not user.name_en else user.name_en)
        for user in sorted(able, key=lambda user: (user.name, user.pk))
    )


def can_answer(person: Actor, case: Case, kind: Kind) -> bool:
    """Whether the case can be given to them: then they see it, and some act that leads on is theirs."""
    theirs = _given_to(case, person)
    leads = [act for act in kind.acts if act.to or act.advance]
    return bool(policy.may_view(person, kind, theirs)) and any(
        policy.may_act(person, act, kind, theirs) for act in leads
    )


def _given_to(case: Case, person: Actor) -> Case:
    """The case as it would be; it is not saved."""
    found = copy(case)
    found.assignee = person.id
    return found


def _assign(change: Change) -> None:
    login = change.data.get("assignee")
    user = active(login) if isinstance(login, str) and login else None
    person = actors_for([user])[user.pk] if user else None
    if user is None or person is None or not can_answer(person, change.case, change.kind):
        fix = _("Give the login of somebody who holds a role for such cases there.")
        raise Invalid(_("The case cannot be given to this person."), where="assignee", fix=fix)
    _give(change, person.id)
    if person.id != change.actor.id:
        change.told.append((GIVEN, To(person=user.pk)))


def _take(change: Change) -> None:
    _give(change, change.actor.id)


def _give(change: Change, person: str) -> None:
    change.case.assignee = change.line_data["assignee"] = person


def _pass_on(change: Change) -> None:
    known = departments()
    wanted = change.data.get("department")
    if wanted not in known:
        fix = _("Give one of: %s.") % (", ".join(known) or "-")
        raise Invalid(_("The city has no such department."), where="department", fix=fix)
    change.case.department = change.line_data["department"] = str(wanted)
    if change.case.assignee:
        _give(change, "")


def _departments(_case: Case, _kind: Kind) -> Choices:
    return tuple(departments().items())


_PERSON = {"type": "string", "description": "Login of whoever answers for the case now."}
_DEPARTMENT = {"type": "string", "description": "Key of a department of the city."}
EFFECTS = (
    Effect(
        "assign", _("gives the case to a person: it is in their list until it ends or is given to somebody else"),
        _assign, takes={"assignee": _PERSON}, needs=("assignee",), says=("assignee",), gives=True,
        inputs=(Input("assignee", _("Given to"), "choice", required=True, offers=people),),
    ),
    Effect(
        "take", _("gives the case to whoever does the act"), _take, says=("assignee",), gives=True,
    ),
    Effect(
        "pass_to_department", _("passes the case to a department; nobody has it there yet"), _pass_on,
        takes={"department": _DEPARTMENT}, needs=("department",), says=("department",),
        inputs=(Input("department", _("Department"), "choice", required=True, offers=_departments),),
    ),
)  # fmt: skip
