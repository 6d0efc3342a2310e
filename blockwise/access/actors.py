"""Who acts: a person with the roles in force now, a program in that person's name, or the system itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic

from django.db.models import Q
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.problems import Unauthenticated

from . import tokens
from .models import ApiToken, Grant, Role, User
from .seams import seams


@dataclass(frozen=True)
class Held:
    """A role over the block with this code and everything below it."""

    role: str
    block: str

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

    def holds(self, role: str, block: str) -> bool:
        """Whether the role is held over the block with this code."""
        return any(held.role == role and held.covers(block) for held in self.held)

    def roles(self) -> frozenset[str]:
        return frozenset(held.role for held in self.held)


WORKER = Actor(id="system:worker", name="Blockwise", system=True)
REPLAY = Actor(id="system:replay", name="Blockwise", system=True)
LOADER = Actor(id="system:loader", name="Blockwise", system=True)
OPERATOR = Actor(id="system:operator", name="Blockwise", system=True)  # whoever has a shell on the machine


def in_force() -> Q:
    """The condition on a grant that it holds at the city's time: from its start until just before its end."""
    now = clock.now()
    return Q(starts_at__lte=now) & (Q(ends_at__isnull=True) | Q(ends_at__gt=now))


def actor_for(user: User, scopes: Iterable[str] | None = None) -> Actor:
    """The user as an actor, with the grants in force (one query, and one more for a crew)."""
    rows = Grant.objects.filter(in_force(), user=user).order_by("pk").values_list("role", "block_id")
    held = tuple(dict.fromkeys(Held(role, block) for role, block in rows))
    is_crew = any(one.role == Role.CREW for one in held)
    return Actor(
        id=f"user:{user.pk}",
        name=user.name,
        name_en=user.name_en,
        held=held,
        scopes=None if scopes is None else frozenset(scopes),
        units=seams.crews.units_of(user.pk) if is_crew and seams.crews else frozenset(),
    )


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
        found = _recent[digest] = monotonic(), actor_for(token.user, token.scopes)
    return found[1]


def forget(**_signal: object) -> None:
    """Ask the database again who the tokens speak for."""
    _recent.clear()


for _model in (ApiToken, Grant, User):
    post_save.connect(forget, sender=_model)
    post_delete.connect(forget, sender=_model)


def _session(request: HttpRequest) -> Actor:
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.is_active:
        raise Unauthenticated(
            _("You are not signed in."),
            fix=_("Sign in, or send a token in the header `Authorization: Bearer <token>`."),
        )
    return actor_for(user)
