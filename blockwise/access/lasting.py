"""How long a session lasts: a shift at most, and only so long without a hand on it: docs/decisions/0036."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import DatabaseError
from django.http import HttpRequest

from blockwise import clock
from blockwise.rooms import Role

from .models import Session

SIGNED_IN = "signed_in_at"  # in a session: when
SHIFT = timedelta(hours=12)  # after which one signs in again
NOTED = timedelta(minutes=1)  # how often it is kept that a session is used
ON_DUTY = frozenset({Role.CALL_TAKER, Role.DISPATCHER, Role.SHIFT_LEADER, Role.CREW})
OPENED = "navigate"  # how a browser asks for a page that a person opens, and not for a piece of one


def idle(roles: Collection[str]) -> timedelta:
    """For how long nobody's hand may be on the session of a person with these roles."""
    return timedelta(minutes=settings.IDLE_DUTY if roles and ON_DUTY.issuperset(roles) else settings.IDLE)


def used_of(session: SessionBase) -> datetime | None:
    """None for a session that was begun in this request."""
    found: datetime | None = getattr(session, "used_at", None)
    return found


def lasts(session: Mapping[str, Any] | SessionBase, used_at: datetime | None, roles: Collection[str]) -> bool:
    """Whether a session with these contents was begun less than a shift ago, and used within its idle limit."""
    now, at = clock.real_now(), session.get(SIGNED_IN)
    begun = at is None or now - datetime.fromisoformat(at) < SHIFT
    return begun and (used_at is None or now - used_at < idle(roles))


def note_use(request: HttpRequest) -> None:
    """Keep that a hand is on this session, once a minute; what a page fetches by itself is no use."""
    used_at, now = used_of(request.session), clock.real_now()
    if used_at is None or now - used_at < NOTED or not _by_hand(request):
        return
    with suppress(DatabaseError):  # a disk that is full, or a database that others write, closes no page
        Session.objects.filter(pk=request.session.session_key).update(used_at=now)
    request.session.used_at = now  # type: ignore[attr-defined]  # access/kept_sessions.py


def _by_hand(request: HttpRequest) -> bool:
    """A page that was opened, or anything sent. What a browser reads of the API, the stream too, is no page; where it
    does not say what it asks for, it is believed to be opening one."""
    if request.method not in {"GET", "HEAD"}:
        return True
    piece = request.path.startswith("/api/") or "HX-Request" in request.headers
    return not piece and request.headers.get("Sec-Fetch-Mode", OPENED) == OPENED
