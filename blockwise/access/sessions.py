"""Sessions that last: seen and ended by whose they are, and by who administers all that this person holds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from blockwise.problems import Forbidden, NotFound

from . import actions, policy, ways_in
from .actors import Actor, actor_for
from .browsers import words_of
from .lasting import SIGNED_IN, lasts
from .models import Session, User
from .record import line
from .signing_in import PLACE


@dataclass(frozen=True)
class Shown:
    """`id` names the session and opens nothing; `network` as far as an address tells; `factor`: its kind, or empty."""

    id: str
    network: str
    browser: str
    begun_at: datetime | None
    used_at: datetime
    factor: str
    this: bool


def of(user: User, actor: Actor, this: str | None = None) -> list[Shown]:
    """The sessions of a person, the one used last first; `this` is the key of the one that asks. Forbidden."""
    _demand(user, actor)
    return [_shown(one, this) for one in _lasting(user)]


def end(user: User, actor: Actor, named: str) -> None:
    """End one by its id. NotFound for one that has ended or is another's."""
    _demand(user, actor)
    keys = [one.key for one in _lasting(user) if _id(one.key) == named]
    if not keys:
        raise NotFound(_("There is no such session; it may have ended."), where="session")
    _end(user, actor, keys)


def end_others(user: User, actor: Actor, this: str | None = None) -> int:
    """End all but `this`; how many there were."""
    _demand(user, actor)
    keys = [one.key for one in _lasting(user) if one.key != this]
    if keys:
        _end(user, actor, keys)
    return len(keys)


def _demand(user: User, actor: Actor) -> None:
    if actor.scopes is not None:
        raise Forbidden(policy.NO_SCOPE)
    actions.demand_own_or_administered(user, actor)


def _lasting(user: User) -> list[ways_in.SignedIn]:
    roles = actor_for(user).roles()
    found = ways_in.signed_in(Session.objects.filter(user=user).order_by("-used_at", "pk"))
    return [one for one in found if lasts(one.data, one.used_at, roles)]


def _end(user: User, actor: Actor, keys: list[str]) -> None:
    with transaction.atomic():
        Session.objects.filter(pk__in=keys).delete()
        line(user, "sessions_ended", actor, number=len(keys))


def _shown(one: ways_in.SignedIn, this: str | None) -> Shown:
    network, agent = one.data.get(PLACE) or ("", "")
    at = one.data.get(SIGNED_IN)
    begun = datetime.fromisoformat(at) if at else None
    factor = one.data.get("factor", "")
    return Shown(_id(one.key), network, words_of(agent), begun, one.used_at, factor, one.key == this)


def _id(key: str) -> str:
    return hashlib.sha256(f"session:{key}".encode()).hexdigest()
