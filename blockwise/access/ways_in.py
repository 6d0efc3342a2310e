"""By what somebody came in, kept while an answer lasts, and who comes in by it now: many at once, in few queries."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import NamedTuple

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from blockwise import clock

from . import tokens
from .actors import FACTOR, Actor, FactorNeeded, actors_for, demand_factor, lasts
from .models import User


class WayIn(NamedTuple):
    """One of the two: a token's digest, or the key of a session."""

    token: str = ""
    session: str = ""


def way_of(request: HttpRequest) -> WayIn:
    """Of a request whose actor is known."""
    header = request.headers.get("Authorization")
    return WayIn(session=request.session.session_key or "") if header is None else WayIn(tokens.digest_in(header))


def by_ways(ways: Collection[WayIn]) -> dict[WayIn, Actor]:
    """Who comes in by each of `ways`, with the roles in force; a way that is closed is not among them.

    Five queries however many: tokens, sessions, their people, grants, units of crews.
    """
    programs = {token.digest: token for token in tokens.find_all([way.token for way in ways if way.token])}
    people = {key: (user, shown) for key, user, shown in _signed_in([way.session for way in ways if way.session])}
    users = {
        user.pk: user
        for user in [*(token.user for token in programs.values()), *(user for user, _shown in people.values())]
    }
    actors = actors_for(users.values())
    found = {WayIn(session=key): replace(actors[user.pk], factor=shown) for key, (user, shown) in people.items()}
    for digest, token in programs.items():
        scopes = frozenset(token.scopes)
        found[WayIn(digest)] = replace(actors[token.user_id], scopes=scopes, factor=token.with_factor)
    return {way: actor for way, actor in found.items() if _admitted(actor)}


def _admitted(actor: Actor) -> bool:
    try:
        demand_factor(actor)
    except FactorNeeded:
        return False
    return True


def _signed_in(keys: Collection[str]) -> Iterator[tuple[str, User, bool]]:
    """The keys of sessions that last, each with who is signed in and whether by a second factor.

    A password set since has ended them.
    """
    rows = Session.objects.filter(pk__in=keys, expire_date__gt=clock.real_now())
    data = {row.session_key: kept for row in rows if lasts(kept := row.get_decoded())}
    users = User.objects.filter(is_active=True).in_bulk(
        [one[SESSION_KEY] for one in data.values() if SESSION_KEY in one]
    )
    for key, one in data.items():
        user = users.get(int(one.get(SESSION_KEY, 0)))
        if user and constant_time_compare(one.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
            yield key, user, bool(one.get(FACTOR))
