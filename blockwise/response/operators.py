"""Whose screen the console is."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from blockwise.access.actors import Actor, actor_of
from blockwise.problems import Forbidden


def operator(request: HttpRequest) -> Actor:
    """Who asks, if it is a call taker or a dispatcher."""
    actor = actor_of(request)
    if not actor.roles() & {"call_taker", "dispatcher"}:
        raise Forbidden(_("The console is for call takers and dispatchers."), fix=_("Your work is under Cases."))
    return actor
