"""Whose screen the console is."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from blockwise.access.actors import Actor, actor_of
from blockwise.problems import Forbidden
from blockwise.rooms import Role

DESK = frozenset({Role.CALL_TAKER, Role.DISPATCHER, Role.SHIFT_LEADER})


def operator(request: HttpRequest) -> Actor:
    """Who asks, if it is a call taker, a dispatcher or their shift leader."""
    actor = actor_of(request)
    if not DESK & actor.roles():
        raise Forbidden(
            _("The console is for call takers, dispatchers and shift leaders."), fix=_("Your work is under Cases.")
        )
    return actor
