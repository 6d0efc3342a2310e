"""The kinds of a demonstration or a replay, which production serves to nobody, signed by the people made up for it."""

from __future__ import annotations

from blockwise.access.actors import LOADER, Actor, actors_for, in_force
from blockwise.access.models import Grant
from blockwise.places.queries import city
from blockwise.rooms import Role

from . import registry, signing

GROUND = "示范城市，数据均为虚构，无须法律依据 / a demonstration of made-up people: no law is needed"


def sign_all() -> None:
    """Sign what waits, as oversight and one other; where the folder names nobody for it, it comes into force unsigned.

    For databases that say of themselves that they are a demonstration or a replay, and stay so for good.
    """
    signers = _signers()
    for one in signing.waiting():
        if len(signers) < signing.NEEDED:
            registry.store({one.kind: one.text}, LOADER.id)
        for actor in signers:
            signing.sign(one.kind, one.digest, GROUND, actor)


def _signers() -> list[Actor]:
    """Somebody of oversight over the whole city and an administrator or another of oversight; else nobody."""
    held = Grant.objects.filter(in_force(), block=city().code, user__is_active=True).select_related("user")
    rows = sorted(held.filter(role__in=(Role.OVERSIGHT, Role.ADMINISTRATOR)), key=lambda one: one.role, reverse=True)
    users = list({row.user_id: row.user for row in rows}.values())[: signing.NEEDED]
    able = rows[:1] and rows[0].role == Role.OVERSIGHT and len(users) == signing.NEEDED
    return list(actors_for(users).values()) if able else []
