"""Signing in with login, password and, where there is one, a second factor.

It is slowed so that guessing takes for ever and nobody is locked out by another: wrong tries are counted by network (an
IPv4 address, the /64 of an IPv6 one) and by login, and after each comes a wait that grows. A network from which a login
signed in before is held by neither, but by the tries of that login from there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from typing import Any, Protocol

from django import forms
from django.contrib import messages
from django.contrib.auth import authenticate, login
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.ledger.lines import Entry, write
from blockwise.problems import TooMany

from . import throttle, told
from .actors import FACTOR
from .lasting import SIGNED_IN
from .models import User
from .throttle import Slowing

PLACE, AGENT = "place", 300  # in a session: from which network, and so much of what its browser calls itself
PROVED = "proved_at"  # in a session that was begun elsewhere: when who it is was proved there, or empty
FORGET_S = 3600  # without a wrong try; more than the longest wait
KNOWN_S = 30 * 86_400  # for which a network is known from which a login signed in
OF_LOGIN = Slowing(free=5, longest=300)
OF_NETWORK = Slowing(free=20, longest=300)
OF_FACTOR = Slowing(free=5, longest=3600)
FORGET_FACTOR_S = 86_400
FRESH = timedelta(minutes=10)
STRANGERS, PATIENCE_S = 2, 1.0  # passwords checked at once of logins from where they never signed in; seconds
_strangers = threading.BoundedSemaphore(STRANGERS)
OF_BOTH = Slowing(free=5, longest=10)  # of one login from a network where it is known


def check_password(request: HttpRequest, login: str, password: str) -> User | None:
    """The user, or None when login or password is wrong. Raises TooMany; tries that must wait are not even looked at.

    The first failure of a login is a line, and so is the 10th, 100th, 1000th.
    """
    network, name = throttle.network_of(request.META.get("REMOTE_ADDR", "")), login.lower()
    both = f"login:{name}:{network}"
    if known := throttle.marked(_known(name, network), KNOWN_S):
        throttle.slow(both, OF_BOTH, FORGET_S)
    else:
        throttle.slow(f"login:{name}", OF_LOGIN, FORGET_S)
        throttle.slow(f"login-from:{network}", OF_NETWORK, FORGET_S)
    with nullcontext() if known else _turn():
        user = authenticate(request, username=login, password=password)
    if isinstance(user, User):
        throttle.clear(both)
        return user
    throttle.mark(both, FORGET_S)
    throttle.mark(f"login-from:{network}", FORGET_S)
    _failed(User.objects.filter(login=login).first(), "sign_in_failed", throttle.mark(f"login:{name}", FORGET_S))
    return None


@contextmanager
def _turn() -> Iterator[None]:
    """A password is made slow to check, so whoever has many networks could keep every processor at it."""
    if not _strangers.acquire(timeout=PATIENCE_S):
        raise TooMany(_("There were too many tries."), fix=_("Wait a moment and try again."), more={"retry_after": 1})
    try:
        yield
    finally:
        _strangers.release()


def check_factor(user: User, prove: Callable[[], str]) -> str:
    """The kind of factor that `prove` finds shown; empty for none. Raises TooMany, and `prove` is not called.

    Only whoever knows the password comes here, so every wrong try counts wherever it comes from.
    """
    key = throttle.of_factor(user.pk)
    throttle.slow(key, OF_FACTOR, FORGET_FACTOR_S)
    if shown := prove():
        throttle.clear(key)
        return shown
    _failed(user, "factor_failed", throttle.mark(key, FORGET_FACTOR_S))
    return ""


class Elsewhere(Protocol):
    """How somebody was signed in elsewhere: when they proved there who they are, as far as it is said."""

    @property
    def proved_at(self) -> datetime | None: ...


def complete(request: HttpRequest, user: User, shown: str = "", elsewhere: Elsewhere | None = None) -> bool:
    """Begin the session, by the kind of second factor that was shown; whether others did something to this way in,
    which is then told on the next page."""
    network = throttle.network_of(request.META.get("REMOTE_ADDR", ""))
    throttle.mark(_known(user.login.lower(), network), KNOWN_S)
    changes = told.since_last(user)
    login(request, user)
    request.session[SIGNED_IN] = clock.real_now().isoformat()
    request.session[PLACE] = [network, request.headers.get("User-Agent", "")[:AGENT]]
    if elsewhere:
        request.session[PROVED] = elsewhere.proved_at.isoformat() if elsewhere.proved_at else ""
    if shown:
        request.session[FACTOR] = shown
    _record(user, "signed_in", **({"factor": shown} if shown else {}), **({"elsewhere": True} if elsewhere else {}))
    for change in changes:
        messages.warning(request, change)
    return bool(changes)


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session was begun a moment ago, as a change of one's ways in asks; one that was begun by what was
    said elsewhere, whether the person proved it there a moment ago."""
    at = request.session.get(PROVED, request.session.get(SIGNED_IN))
    return bool(at) and clock.real_now() - datetime.fromisoformat(at) < FRESH


def _known(login: str, network: str) -> str:
    return f"signed-in:{login}:{network}"


def _failed(user: User | None, act: str, tries: int) -> None:
    if user and _is_power_of_ten(tries):
        _record(user, act, tries=tries)


def _is_power_of_ten(count: int) -> bool:
    return str(count).rstrip("0") == "1"


def _record(user: User, act: str, **data: Any) -> None:
    name = f"user:{user.pk}"
    with transaction.atomic():
        write([Entry(thread=name, act=act, actor=name, data=data)])


class SignInForm(AuthenticationForm):
    """Django's form with our counting; `blocked` holds the TooMany that stopped it."""

    username = forms.CharField(
        label=_("Login"), max_length=60, widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username"})
    )
    blocked: TooMany | None = None

    def clean(self) -> dict[str, Any]:
        login, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if login and password and self.request is not None:
            self.user_cache = self._signed_in(login, password)
        return self.cleaned_data

    def _signed_in(self, login: str, password: str) -> User:
        assert self.request is not None
        try:
            user = check_password(self.request, login, password)
        except TooMany as refusal:
            self.blocked = refusal
            wait = {"n": refusal.more["retry_after"]}
            raise ValidationError(_("Too many wrong tries. Wait %(n)s s, then try again."), params=wait) from refusal
        if user is None:
            raise ValidationError(_("Login or password is wrong."))
        return user
