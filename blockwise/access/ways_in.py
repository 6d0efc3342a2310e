"""By what somebody came in, kept while an answer lasts, and who comes in by it now: many at once, in few queries."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth import HASH_SESSION_KEY
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from blockwise import clock

from . import tokens
from .actors import FACTOR, Actor, FactorNeeded, actors_for, demand_factor
from .lasting import lasts
from .models import Session, User


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
    people = {one.key: one for one in _signed_in([way.session for way in ways if way.session])}
    users = {
        user.pk: user for user in [token.user for token in programs.values()] + [one.user for one in people.values()]
    }
    actors = actors_for(users.values())
    found = {}
    for key, one in people.items():
        actor = actors[one.user.pk]
        if lasts(one.data, one.used_at, actor.roles()):
            found[WayIn(session=key)] = replace(actor, factor=bool(one.data.get(FACTOR)))
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


class SignedIn(NamedTuple):
    """A session of somebody who may sign in, by the password that holds now."""

    key: str
    user: User
    data: Mapping[str, Any]
    used_at: datetime


def _signed_in(keys: Collection[str]) -> Iterator[SignedIn]:
    return signed_in(Session.objects.filter(pk__in=keys))


def signed_in(rows: QuerySet[Session]) -> Iterator[SignedIn]:
    """Those of the sessions that somebody is signed in by; whether they last, their roles decide."""
    present = list(rows.filter(expire_date__gt=clock.real_now()))
    users = User.objects.filter(is_active=True).in_bulk({row.user_id for row in present if row.user_id})
    for row in present:
        user, data = users.get(row.user_id or 0), row.get_decoded()
        if user and constant_time_compare(data.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
            yield SignedIn(row.session_key, user, data, row.used_at)
