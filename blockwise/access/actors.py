"""Who acts: a person with the roles in force now, a program in that person's name, or the system itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic

from django.conf import settings
from django.db.models import Q
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.problems import Forbidden, Unauthenticated
from blockwise.rooms import Role

from . import lasting, throttle, tokens
from .models import ApiToken, Grant, User
from .seams import seams

FACTOR = "factor"  # in a session: by which second factor it was begun


@dataclass(frozen=True)
class Held:
    """A role over the block with this code and everything below it; an officer's, for one department."""

    role: str
    block: str
    department: str = ""

    def covers(self, block: str) -> bool:
        return block.startswith(self.block)


@dataclass(frozen=True)
class Actor:
    """`scopes` is None for a person at a screen; a program has only what its token names."""

    id: str  # "user:3", "system:worker"; what the ledger keeps
    name: str
    held: tuple[Held, ...] = ()
    scopes: frozenset[str] | None = None
    units: frozenset[str] = frozenset()  # codes of the units for which a crew speaks
    system: bool = False
    name_en: str = ""
    receipt: int = 0  # the case whose receipt this reporter holds
    factor: bool = False  # came in by a second factor, or with a token made so

    def holds(self, role: str, block: str) -> bool:
        """Whether the role is held over the block with this code."""
        return any(held.role == role and held.covers(block) for held in self.held)

    def roles(self) -> frozenset[str]:
        return frozenset(held.role for held in self.held)


class FactorNeeded(Forbidden):
    """A role of theirs asks for a second factor, which they have not shown."""

    code = "factor-needed"


def demand_factor(actor: Actor) -> Actor:
    """The actor. Raises FactorNeeded."""
    if actor.factor or not settings.FACTOR_ROLES & actor.roles():
        return actor
    if actor.scopes is not None:
        fix = _("Sign in with the factor and make a new one.")
        raise FactorNeeded(_("This token was made without the second factor that a role of yours needs."), fix=fix)
    fix = _("Set one up at /account, or sign in again with it.")
    raise FactorNeeded(_("A role of yours needs a second factor."), fix=fix)


WORKER = Actor(id="system:worker", name="Blockwise", system=True)
REPLAY = Actor(id="system:replay", name="Blockwise", system=True)
LOADER = Actor(id="system:loader", name="Blockwise", system=True)
OPERATOR = Actor(id="system:operator", name="Blockwise", system=True)  # whoever has a shell on the machine

PUBLIC = Actor(id="system:public", name="Blockwise", system=True)  # somebody without an account, at a public page


_HELD = ("user_id", "role", "block_id", "department")


def in_force() -> Q:
    """The condition on a grant that it holds at the city's time: from its start until just before its end."""
    return held_at(clock.now())


def held_at(moment: datetime) -> Q:
    return Q(starts_at__lte=moment) & (Q(ends_at__isnull=True) | Q(ends_at__gt=moment))


def oneself(user: User) -> Actor:
    """Who does something to their own way in: the user, without roles."""
    return Actor(id=f"user:{user.pk}", name=user.name)


def actor_for(user: User, scopes: Iterable[str] | None = None) -> Actor:
    """The user as an actor, with the grants in force (one query, and one more for a crew)."""
    actor = actors_for([user])[user.pk]
    return actor if scopes is None else replace(actor, scopes=frozenset(scopes))


def actors_for(users: Collection[User]) -> dict[int, Actor]:
    """The same of many people, by user, in as few queries."""
    held: dict[int, dict[Held, None]] = {user.pk: {} for user in users}
    rows = Grant.objects.filter(in_force(), user__in=held).order_by("pk").values_list(*_HELD)
    for user_id, *own in rows:
        held[user_id][Held(*own)] = None
    crews = [user_id for user_id, own in held.items() if any(one.role == Role.CREW for one in own)]
    units = seams.crews.units_of(crews) if crews and seams.crews else {}
    return {
        user.pk: Actor(
            id=f"user:{user.pk}",
            name=user.name,
            name_en=user.name_en,
            held=tuple(held[user.pk]),
            units=units.get(user.pk, frozenset()),
        )
        for user in users
    }


def actor_of(request: HttpRequest) -> Actor:
    """Who makes this request: by bearer token where one is given, otherwise by session.

    Raises Unauthenticated. Cross-site forgery is checked before: for pages by Django's middleware, for the
    API by `auth.py`.
    """
    known: Actor | None = getattr(request, "actor", None)
    if known is not None:
        return known
    actor = _bearer(request) or _session(request)
    request.actor = actor  # type: ignore[attr-defined]  # kept for the rest of this request
    return actor


RATE, BURST = 30, 300  # requests of a person at screens, a second and at once: docs/decisions/0024
RECENT_S = 1.0  # how long a program's roles are remembered: another process learns of a revocation that much later
_MOST = 10_000
_recent: dict[str, tuple[float, Actor]] = {}  # by the token's digest


def _bearer(request: HttpRequest) -> Actor | None:
    header = request.headers.get("Authorization")
    if header is None:
        return None
    address = request.META.get("REMOTE_ADDR", "")
    digest = tokens.read(header, address)
    found = _recent.get(digest)
    if found is None or monotonic() - found[0] > RECENT_S:
        token = tokens.find(digest, address)
        if len(_recent) >= _MOST:
            _recent.clear()
        actor = replace(actor_for(token.user, token.scopes), factor=token.with_factor)
        found = _recent[digest] = monotonic(), actor
    return demand_factor(found[1])


def forget(**_signal: object) -> None:
    """Ask the database again who the tokens speak for."""
    _recent.clear()


for _model in (ApiToken, Grant, User):
    post_save.connect(forget, sender=_model)
    post_delete.connect(forget, sender=_model)


def _session(request: HttpRequest) -> Actor:
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.is_active:
        raise _signed_out()
    throttle.bucket(f"session:{user.pk}", RATE, burst=BURST)
    actor = actor_for(user)
    if not lasting.lasts(request.session, lasting.used_of(request.session), actor.roles()):
        request.session.flush()
        raise _signed_out()
    lasting.note_use(request)
    return demand_factor(replace(actor, factor=bool(request.session.get(FACTOR))))


def _signed_out() -> Unauthenticated:
    fix = _("Sign in, or send a token in the header `Authorization: Bearer <token>`.")
    return Unauthenticated(_("You are not signed in."), fix=fix)
