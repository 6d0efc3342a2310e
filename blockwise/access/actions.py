"""What changes people, roles and tokens. Every change asks the policy and writes its line in the same transaction."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.ledger import revocations
from blockwise.places.models import Block
from blockwise.places.queries import departments
from blockwise.problems import Conflict, Forbidden, Invalid, NotFound
from blockwise.rooms import GRANTED, Role, house

from . import ended, passwords, policy, tokens
from .actors import Actor, forget
from .models import ApiToken, Grant, OneTimeLink, User
from .record import line
from .texts import login_name, plain, storable

MOST_TOKENS = 20  # a user's tokens in force
LONGEST_TOKEN_DAYS = 365
_CODE = re.compile(r"[0-9A-Z]{1,24}")


def create_user(login: str, name: str, password: str, actor: Actor, *, name_en: str = "") -> User:
    """A user without any role. Forbidden, Invalid, or Conflict when the login is taken."""
    policy.may_manage_users(actor).require()
    user = User(login=login_name(login), name=plain(name, "name"), name_en=plain(name_en, "name_en", empty=True))
    passwords.check(password, user)
    user.set_password(password)
    with transaction.atomic():
        if User.objects.filter(login__iexact=user.login).exists():
            fix = _("Choose another one.")
            raise Conflict(_("This login is taken."), where="login", fix=fix)
        user.save(force_insert=True)
        line(user, "user_created", actor)
    return user


def set_active(user: User, active: bool, actor: Actor) -> None:
    """Let a user in again, or no longer: sessions and tokens end at once, grants and tokens are kept.

    Whoever lets somebody in administers all that they ever held: it was perhaps another who shut them out."""
    if active:
        passwords.demand_reach(user, actor)
    policy.may_manage_person(actor, user.pk, _blocks(user)).require()
    with transaction.atomic():
        if User.objects.filter(pk=user.pk).exclude(is_active=active).update(is_active=active):
            forget()
            OneTimeLink.objects.filter(user=user).delete()
            ended.note_person(user, line(user, "user_let_in" if active else "user_shut_out", actor))
    user.is_active = active


def grant(
    user: User,
    role: str,
    block: str,
    actor: Actor,
    *,
    department: str = "",
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Grant:
    """A role over the block with this code and everything below it, from `starts_at` (default now) until `ends_at`.

    `department`: of an officer, one of the city's.
    A password given by somebody who did not administer that block ends: see `passwords.end_foreign`.
    """
    policy.may_grant(actor, user.pk, block).require()
    if role not in GRANTED:
        raise Invalid(_("There is no such role."), where="role", fix=_("Use one of: %s.") % ", ".join(GRANTED))
    _refuse_department(role, department)
    starts_at = storable(starts_at or clock.now(), "starts_at")
    ends_at = storable(ends_at, "ends_at") if ends_at else None
    if ends_at is not None and ends_at <= starts_at:
        raise Invalid(_("The period ends before it begins."), where="ends_at", fix=_("Give a later end, or none."))
    if ends_at is not None and ends_at <= clock.now():
        raise Invalid(_("This end is past."), where="ends_at", fix=_("Give a later end, or none."))
    given = Grant(
        user=user, role=role, block_id=block, department=department,
        starts_at=starts_at, ends_at=ends_at, granted_by=actor.id,
    )  # fmt: skip
    with transaction.atomic():
        if not _CODE.fullmatch(block) or not Block.objects.filter(pk=block, retired_on=None).exists():
            raise NotFound(_("There is no such block."), where="block", fix=_("Give the code of a block of the city."))
        given.save(force_insert=True)
        line(user, "role_granted", actor, block=block, **grant_data(given))
        passwords.end_foreign(user, block, actor)
    return given


def _refuse_department(role: str, department: str) -> None:
    known = departments()
    if role != Role.DEPARTMENT_OFFICER and department:
        raise Invalid(_("Only a department officer is of a department."), where="department", fix=_("Leave it out."))
    if role == Role.DEPARTMENT_OFFICER and department not in known:
        fix = _("Give one of: %s.") % (", ".join(known) or "-")
        raise Invalid(_("The city has no such department."), where="department", fix=fix)


def revoke(grant_id: int, actor: Actor) -> Grant:
    """End a grant now; it is kept. Ending one that has ended changes nothing."""
    with transaction.atomic():
        given = Grant.objects.select_for_update().select_related("user").filter(pk=grant_id).first()
        if given is None:
            raise NotFound(_("There is no such grant."), where="grant")
        policy.may_manage_users(actor, given.block_id).require()
        now = clock.now()
        if given.ends_at is None or given.ends_at > now:
            given.ends_at = now
            given.save(update_fields=["ends_at"])
            data = {"grant": given.pk, "role": given.role}
            said = line(given.user, "role_revoked", actor, block=given.block_id, **data)
            revocations.JOURNAL.note(ended.role(given, said))
    return given


def make_token(
    user: User, name: str, scopes: Iterable[str], actor: Actor, *, days: int | None = 90
) -> tuple[ApiToken, str]:
    """A token for oneself, and its text, which is shown this once. `days` 1 to 365; None only for the system."""
    _demand_own(user, actor)
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in house().scopes]
    if unknown or not wanted:
        fix = _("Use one or more of: %s.") % ", ".join(house().scopes)
        raise Invalid(_("A token needs known scopes."), where="scopes", fix=fix)
    endless = days is None and actor.system
    if not endless and (days is None or not 1 <= days <= LONGEST_TOKEN_DAYS):
        fix = _("Give 1 to %d days.") % LONGEST_TOKEN_DAYS
        raise Invalid(_("A token needs an end."), where="days", fix=fix)
    secret, now = tokens.new_secret(), clock.real_now()
    token = ApiToken(
        user=user,
        name=plain(name, "name"),
        digest=tokens.digest_of(secret),
        scopes=wanted,
        expires_at=None if days is None else now + timedelta(days=days),
        with_factor=actor.factor or actor.system,
    )
    with transaction.atomic():
        if tokens.in_force(user).count() >= MOST_TOKENS:
            raise Conflict(_("You have too many tokens."), fix=_("Revoke one that is no longer used."))
        token.save(force_insert=True)
        line(user, "token_made", actor, token=token.pk, scopes=wanted)
    return token, secret


def revoke_token(token_id: int, actor: Actor) -> ApiToken:
    """End one's own token, or as an administrator anyone's. Ending one that has ended changes nothing."""
    with transaction.atomic():
        token = ApiToken.objects.select_related("user").filter(pk=token_id).first()
        if token is None or not _may_revoke(token, actor):
            raise NotFound(_("There is no such token."), where="token")
        if actor.scopes is not None:
            raise Forbidden(policy.NO_SCOPE)
        passwords.end_token(token, actor)
    return token


def tokens_of(user: User, actor: Actor) -> QuerySet[ApiToken]:
    """All tokens of a person, newest first, for oneself and for who administers them. Forbidden."""
    demand_own_or_administered(user, actor)
    return ApiToken.objects.filter(user=user).order_by("-pk")


def demand_own_or_administered(user: User, actor: Actor) -> None:
    """Forbidden unless they are this user, or administer all that this user holds or will hold."""
    if actor.id != f"user:{user.pk}":
        policy.may_manage_person(actor, user.pk, _blocks(user)).require()


def grant_data(given: Grant) -> dict[str, Any]:
    ends = given.ends_at.isoformat() if given.ends_at else None
    of = {"department": given.department} if given.department else {}
    return {"grant": given.pk, "role": given.role, **of, "from": given.starts_at.isoformat(), "until": ends}


def _demand_own(user: User, actor: Actor) -> None:
    if actor.system:
        return
    if actor.scopes is not None:
        raise Forbidden(policy.NO_SCOPE, fix=_("Sign in to make a token."))
    if actor.id != f"user:{user.pk}":
        raise Forbidden(_("A token is made by its own user."), fix=_("Ask them to make it."))


def _may_revoke(token: ApiToken, actor: Actor) -> bool:
    own = actor.id == f"user:{token.user_id}"
    return own or bool(policy.may_manage_person(actor, token.user_id, _blocks(token.user)))


def _blocks(user: User) -> list[str]:
    """Where the user holds a role now or later; of one who holds none, wherever they ever did."""
    lasting = Q(ends_at__isnull=True) | Q(ends_at__gt=clock.now())
    return list(Grant.objects.filter(lasting, user=user).values_list("block_id", flat=True)) or passwords.ever(user)
