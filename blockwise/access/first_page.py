"""Where signing in leads: to what was asked for, else where the person's work is."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext as _

from blockwise.rooms import house

from . import factors, signing_in
from .actors import actor_for
from .models import User


def first_page(user: object) -> str:
    """Where this person's work is, when nothing else was asked for."""
    roles = actor_for(user).roles() if isinstance(user, User) else frozenset()
    return resolve_url(next((one.page for one in house().entrances if one.begins and roles & one.roles), "tokens"))


def enter(
    request: HttpRequest, user: User, to: str, shown: str = "", elsewhere: signing_in.Elsewhere | None = None
) -> HttpResponse:
    """Begin the session. What has to be told is told at the account: not every page of work shows it."""
    to_be_told = signing_in.complete(request, user, shown, elsewhere)
    if shown == factors.Kind.RECOVERY_CODES:
        messages.warning(request, _("A code on paper was used; %d are left.") % factors.left(user))
        to_be_told = True
    return redirect("account" if to_be_told else to or first_page(user))
