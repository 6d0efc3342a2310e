"""Between the right password and the second factor: nobody is signed in yet, and it is known for five minutes who."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from blockwise import clock

from .models import User

KEPT = "half_in"
LONGEST = timedelta(minutes=5)


def begin(request: HttpRequest, user: User, to: str) -> None:
    """`to`: where the person wanted to go; empty for no particular page."""
    request.session.flush()
    request.session[KEPT] = {
        "user": user.pk, "hash": user.get_session_auth_hash(), "at": clock.real_now().isoformat(), "to": to,
    }  # fmt: skip


def of(request: HttpRequest) -> tuple[User, str] | None:
    """Who, and where to; None when nobody is, when it took too long or the password was set since."""
    kept = request.session.get(KEPT)
    if not kept or clock.real_now() - datetime.fromisoformat(kept["at"]) > LONGEST:
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    if user is None or not constant_time_compare(kept["hash"], user.get_session_auth_hash()):
        return None
    return user, kept["to"]


def end(request: HttpRequest) -> None:
    request.session.pop(KEPT, None)
