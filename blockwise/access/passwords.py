"""Passwords: set by the person, by a link that works once, or by who administers all that the person ever holds.

Whoever sets somebody's password could sign in as them. So it is not theirs to set whose roles, past, present or to
come, they do not all administer; and where a role is given beyond their blocks later, what they gave ends.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.ledger.models import Line
from blockwise.places.queries import city
from blockwise.problems import Forbidden, Invalid, NotFound
from blockwise.rooms import Role

from . import ended, factors, policy, throttle, tokens
from .actors import Actor, forget, held_at, oneself
from .models import ApiToken, Elsewhere, Grant, OneTimeLink, User
from .record import line

LINK_HOURS = 24
GIVING = ("user_created", "password_set", "link_made")  # lines after which whoever wrote them could know a way in


def set_password(user: User, password: str, actor: Actor) -> None:
    """A new password; every session of the user ends, and where another than the user sets it, every token too."""
    own = actor.id == f"user:{user.pk}"
    if own and actor.scopes is not None:
        raise Forbidden(policy.NO_SCOPE)
    if not own:
        demand_reach(user, actor)
    check(password, user)
    user.set_password(password)
    with transaction.atomic():
        _keep(user, "password_set", actor)
        if not own:
            end_tokens(user, actor)


def make_link(user: User, actor: Actor) -> tuple[OneTimeLink, str]:
    """A link by which the user sets a password, once and within a day, and its secret, shown this once; an earlier one
    ends. Forbidden as for a password; Invalid for one who is shut out."""
    demand_reach(user, actor)
    if not user.is_active:
        raise Invalid(_("This person is shut out."), where="user", fix=_("Let them in again first."))
    secret, now = secrets.token_urlsafe(32), clock.real_now()
    link = OneTimeLink(
        user=user, digest=tokens.digest_of(secret), made_at=now, expires_at=now + timedelta(hours=LINK_HOURS)
    )
    with transaction.atomic():
        OneTimeLink.objects.filter(user=user).delete()
        link.save(force_insert=True)
        line(user, "link_made", actor, until=link.expires_at.isoformat())
    return link, secret


def reset(user: User, actor: Actor) -> tuple[OneTimeLink, str]:
    """Take away the password and every second factor, with all sessions and tokens; who they are elsewhere is known
    anew at the next time; a link is made as by `make_link`.

    For who lost the factor and the codes on paper. It is on the record, and told to the person at the next sign-in.
    """
    demand_reach(user, actor)
    with transaction.atomic():
        known = list(Elsewhere.objects.filter(user=user))
        Elsewhere.objects.filter(user=user).delete()
        said = _void(user, "way_in_reset", actor)
        for one in known:
            ended.note_elsewhere(one, said)
        end_tokens(user, actor)
        return make_link(user, actor)


def link_of(secret: str) -> OneTimeLink:
    """The link in force with this secret. NotFound for one that was used, has expired, was replaced or never was."""
    rows = OneTimeLink.objects.filter(expires_at__gt=clock.real_now(), user__is_active=True)
    link = rows.filter(digest=tokens.digest_of(secret)).select_related("user").first()
    if link is None:
        fix = _("Ask whoever gave it to you for a new one.")
        raise NotFound(_("This link was used, has expired or is not known."), where="link", fix=fix)
    return link


def use_link(secret: str, password: str) -> User:
    """Set the password of the link's user; their sessions and tokens end. Raises as `link_of`, Invalid."""
    user = link_of(secret).user
    check(password, user)
    user.set_password(password)
    own = oneself(user)
    with transaction.atomic():
        if not OneTimeLink.objects.filter(digest=tokens.digest_of(secret)).delete()[0]:
            link_of(secret)  # another was quicker
        _keep(user, "link_used", own)
        end_tokens(user, own)
    return user


def end_foreign(user: User, block: str, actor: Actor) -> None:
    """Now that a role over `block` is given: end the way in that somebody gave who did not administer that block.

    Whoever gives the role makes a link then. Within the caller's transaction.
    """
    if not user.has_usable_password() or _given_within(user, block):
        return
    _void(user, "password_voided", actor, block)
    end_tokens(user, actor)


def end_tokens(user: User, actor: Actor) -> None:
    """End every token in force, within the caller's transaction."""
    for token in tokens.in_force(user).order_by("pk"):
        end_token(token, actor)


def end_token(token: ApiToken, actor: Actor) -> None:
    """Ending one that has ended changes nothing."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=clock.real_now()):
        forget()
        ended.note_token(token, line(token.user, "token_revoked", actor, token=token.pk))


def demand_reach(user: User, actor: Actor) -> None:
    """Forbidden unless the actor administers all that the user ever held or will hold; of one without any, the city."""
    if not actor.system:
        policy.may_manage_person(actor, user.pk, ever(user)).require()


def ever(user: User) -> list[str]:
    """Over which blocks the user held, holds or will hold a role; the whole city for one who never did."""
    return list(Grant.objects.filter(user=user).values_list("block_id", flat=True).distinct()) or [city().code]


def check(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), where="password", fix=_("Choose another one.")) from error


def _void(user: User, act: str, actor: Actor, block: str = "") -> Line:
    user.set_unusable_password()
    said = _keep(user, act, actor, block)
    factors.remove_all(user, said)
    return said


def _keep(user: User, act: str, actor: Actor, block: str = "") -> Line:
    """The line that says so. Tries of second factors by whoever knew the old password count no longer."""
    user.save(update_fields=["password"])
    said = line(user, act, actor, block=block)
    throttle.clear(throttle.of_factor(user.pk))
    OneTimeLink.objects.filter(user=user).delete()
    ended.note_password(user, said)
    return said


def _given_within(user: User, block: str) -> bool:
    """Whether whoever last gave this person a way in, other than themselves, administered the block then."""
    own = f"user:{user.pk}"
    last = Line.objects.filter(thread=own, act__in=GIVING).exclude(actor=own).order_by("-thread_number").first()
    if last is None or not last.actor.startswith("user:"):
        return True
    above = [block[:length] for length in range(1, len(block) + 1)]
    rows = Grant.objects.filter(held_at(last.recorded_at), user_id=int(last.actor[5:]), block_id__in=above)
    return rows.filter(role=Role.ADMINISTRATOR).exists()
