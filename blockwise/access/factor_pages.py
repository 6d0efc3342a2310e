"""One's own second factors: shown when signing in, set up and taken away at /account."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

from allauth.mfa.totp.internal.auth import generate_totp_secret
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from blockwise.problems import TooMany

from . import factors, half_in, ids, passkeys, signing_in  # noqa: F401  (ids registers access_id)
from .actors import FACTOR, FactorNeeded, actor_for, actor_of, oneself
from .factor_adapter import Adapter
from .first_page import enter
from .forms import did
from .models import User

SECRET = "totp_secret"  # noqa: S105  (where in a session the locked one lies until its first code is right)
Page = Callable[..., HttpResponse]


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Verification code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
    )


class PasskeyForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("What you call it"), max_length=60)
    credential = forms.CharField(max_length=passkeys.LONGEST, widget=forms.HiddenInput)


@require_http_methods(["GET", "POST"])
def factor(request: HttpRequest) -> HttpResponse:
    """The second step of signing in: a passkey, a code from the app, or one on paper.

    A passkey cannot be guessed: no wrong codes of others keep it waiting.
    """
    found = half_in.of(request)
    if found is None:
        return redirect("login")
    user, to = found
    if "credential" in request.POST:
        if shown := passkeys.prove(user, request.POST["credential"]):
            return _in(request, user, to, shown)
        messages.error(request, _("The passkey was not taken."))
        return redirect("factor")
    form, status = CodeForm(request.POST or None), 200
    if form.is_valid():
        try:
            if shown := signing_in.check_factor(user, lambda: factors.prove(user, form.cleaned_data["code"])):
                return _in(request, user, to, shown)
            form.add_error("code", _("This code is wrong or was used."))
        except TooMany as refusal:
            status, wait = refusal.status, refusal.more["retry_after"]
            form.add_error("code", _("Too many wrong tries. Wait %(n)s s, then try again.") % {"n": wait})
    context = {"form": form, "asked": passkeys.asked_to_show(user)}
    response = render(request, "access/factor.html", context, status=status)
    if status == TooMany.status:
        response["Retry-After"] = str(wait)
    return response


def _in(request: HttpRequest, user: User, to: str, shown: str) -> HttpResponse:
    half_in.end(request)
    return enter(request, user, to, shown)


def fresh(page: Page) -> Page:
    """Only soon after signing in: whoever finds a screen left open changes no way in."""

    @wraps(page)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if factors.has(_own(request)) and not request.session.get(FACTOR):
            return _again(request)
        return page(request, *args, **kwargs) if signing_in.is_fresh(request) else _again(request)

    return guarded


def _again(request: HttpRequest) -> HttpResponse:
    logout(request)
    messages.info(request, _("Sign in again to change how you sign in."))
    return redirect(f"{reverse('login')}?{urlencode({'next': reverse('account')})}")


@login_required
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    return _account(request)


@login_required
@require_http_methods(["GET", "POST"])
@fresh
def app(request: HttpRequest) -> HttpResponse:
    """An app that shows codes: its secret as a picture and in letters, and its first code to prove that it has it."""
    user, adapter = _own(request), Adapter()
    locked = request.session.get(SECRET)
    if locked is None:
        locked = request.session[SECRET] = adapter.encrypt(generate_totp_secret())
    secret = adapter.decrypt(locked)
    form = CodeForm(request.POST or None)
    if did(form, lambda data: factors.add_totp(user, secret, data["code"], oneself(user))):
        del request.session[SECRET]
        return _added(request, user, factors.Kind.TOTP.value)
    address = adapter.build_totp_url(user, secret)
    picture = base64.b64encode(adapter.build_totp_svg(address).encode()).decode()
    letters = " ".join(secret[first : first + 4] for first in range(0, len(secret), 4))
    return render(request, "access/app.html", {"form": form, "picture": picture, "letters": letters})


@login_required
@require_http_methods(["GET", "POST"])
@fresh
def passkey(request: HttpRequest) -> HttpResponse:
    """A passkey of this device, or of a key that is plugged in."""
    user = _own(request)
    form = PasskeyForm(request.POST or None)
    if did(form, lambda data: passkeys.add(user, data["name"], data["credential"], oneself(user))):
        return _added(request, user, factors.Kind.WEBAUTHN.value)
    return render(request, "access/passkey.html", {"form": form, "asked": passkeys.asked_to_make(user)})


def _added(request: HttpRequest, user: User, kind: str) -> HttpResponse:
    """With the first factor come the codes on paper, shown in this answer."""
    request.session[FACTOR] = kind
    messages.success(request, _("The second factor is added. From now on you sign in with it."))
    first = not factors.of(user).filter(type=factors.Kind.RECOVERY_CODES).exists()
    return _account(request, factors.new_codes(user, oneself(user))) if first else redirect("account")


@login_required
@require_POST
@fresh
def codes(request: HttpRequest) -> HttpResponse:
    """New codes on paper, shown in this answer and never again."""
    user = _own(request)
    return _account(request, factors.new_codes(user, oneself(user)))


@login_required
@require_POST
@fresh
def remove(request: HttpRequest, factor_id: int) -> HttpResponse:
    user = _own(request)
    factors.remove(user, factor_id, oneself(user))
    messages.success(request, _("The second factor is removed."))
    return redirect("account")


def _account(request: HttpRequest, shown_codes: list[str] | None = None) -> HttpResponse:
    user = _own(request)
    rows = factors.of(user)
    context = {
        "factors": [row for row in rows if row.type in factors.REAL],
        "has_app": any(row.type == factors.Kind.TOTP for row in rows),
        "left": factors.left(user),
        "codes": shown_codes,
        "shown": request.session.get(FACTOR),
        "needed": bool(settings.FACTOR_ROLES & actor_for(user).roles()),
    }
    return render(request, "access/account.html", context)


def _own(request: HttpRequest) -> User:
    """Who is signed in, by whatever: these pages are open without the second factor that a role may need."""
    with suppress(FactorNeeded):
        actor_of(request)
    user = request.user
    assert isinstance(user, User)
    return user


urlpatterns = [
    path("login/factor", factor, name="factor"),
    path("account", account, name="account"),
    path("account/app", app, name="factor_app"),
    path("account/passkey", passkey, name="factor_passkey"),
    path("account/codes", codes, name="factor_codes"),
    path("account/factors/<access_id:factor_id>/remove", remove, name="factor_remove"),
]
