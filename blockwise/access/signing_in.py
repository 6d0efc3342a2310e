"""Signing in with login and password, counted so that guessing is slow and an attack leaves few lines."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from blockwise.ledger.lines import Entry, write
from blockwise.problems import TooMany

from . import throttle
from .models import User

WINDOW_S = 15 * 60
TRIES = 5  # of one login from one address in a window
ADDRESS_TRIES = 50  # of all logins from one address in a window


def sign_in(request: HttpRequest, login: str, password: str) -> User | None:
    """The user, or None when login or password is wrong. Raises TooMany; blocked tries are not even looked at.

    A success and the first failure of a login in a window are lines, and so is the 10th, 100th, 1000th.
    """
    address = request.META.get("REMOTE_ADDR", "")
    pair, origin = f"login:{login.lower()}:{address}", f"login-from:{address}"
    throttle.check(pair, TRIES, WINDOW_S)
    throttle.check(origin, ADDRESS_TRIES, WINDOW_S)
    user = authenticate(request, username=login, password=password)
    if isinstance(user, User):
        throttle.clear(pair)
        _record(user, "signed_in")
        return user
    _failed(login, pair, origin)
    return None


def _failed(login: str, pair: str, origin: str) -> None:
    tries = throttle.hit(f"login:{login.lower()}", None, WINDOW_S)
    if _is_power_of_ten(tries) and (user := User.objects.filter(login=login).first()):
        _record(user, "sign_in_failed", tries=tries)
    throttle.hit(origin, ADDRESS_TRIES, WINDOW_S)
    throttle.hit(pair, TRIES, WINDOW_S)


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
            user = sign_in(self.request, login, password)
        except TooMany as refusal:
            self.blocked = refusal
            raise ValidationError(_("Too many tries. Wait a quarter of an hour, then try again.")) from refusal
        if user is None:
            raise ValidationError(_("Login or password is wrong."))
        return user
