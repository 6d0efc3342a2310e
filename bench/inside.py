"""What is done inside an installation's own process: `python -m bench.inside FUNCTION`, arguments as JSON on stdin."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import Any


def clients(count: int, login: str = "dispatcher") -> list[str]:
    """Tokens for `count` clients, in the name of the user `login` and copies of that user."""
    from django.db import transaction

    from blockwise.access.actions import make_token
    from blockwise.access.actors import LOADER
    from blockwise.access.models import Grant, User
    from blockwise.access.policy import SCOPES
    from blockwise.ledger.lines import Entry, write

    first = User.objects.get(login=login)
    grants = list(Grant.objects.filter(user=first))
    secrets = []
    for number in range(count):
        with transaction.atomic():
            user, _new = User.objects.get_or_create(
                login=f"{login}-{number}", defaults={"name": f"{first.name}{number}"}
            )
            for grant in grants:
                values = {"role": grant.role, "block_id": grant.block_id, "starts_at": grant.starts_at}
                Grant.objects.get_or_create(user=user, **values, defaults={"granted_by": LOADER.id})
            write([Entry(f"user:{user.pk}", "client_made", LOADER.id)])
        secrets.append(make_token(user, "load", SCOPES, LOADER)[1])
    return secrets


def sessions(logins: list[str]) -> list[str]:
    """A session cookie for each login."""
    from django.conf import settings
    from django.test import Client

    from blockwise.access.models import User

    cookies = []
    for login in logins:
        browser = Client()
        browser.force_login(User.objects.get(login=login))
        cookies.append(f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}")
    return cookies


def places(count: int, seed: int = 1) -> list[tuple[float, float]]:
    """Points (lon, lat) inside the city: its cells' own, drawn with a seed."""
    import random

    from blockwise.places.models import Block

    points = list(Block.objects.filter(children=None).values_list("lon_e7", "lat_e7"))
    drawn = random.Random(seed).choices(points, k=count)
    return [(lon / 1e7, lat / 1e7) for lon, lat in drawn]


def durability() -> str:
    """The settings that make a commit durable, as the product's own connection has them; asserted."""
    from django.db import connection

    asked = {"sqlite": ("journal_mode", "synchronous"), "postgresql": ("fsync", "synchronous_commit")}
    wanted = {"sqlite": ["wal", "2"], "postgresql": ["on", "on"]}
    verb = "PRAGMA" if connection.vendor == "sqlite" else "SHOW"
    found = []
    with connection.cursor() as cursor:
        for name in asked[connection.vendor]:
            cursor.execute(f"{verb} {name}")
            found.append(str(cursor.fetchone()[0]))
    assert found == wanted[connection.vendor], found
    named = dict(zip(asked[connection.vendor], found, strict=True))
    return ", ".join(f"{name}={'FULL' if value == '2' else value}" for name, value in named.items())


def count(model: str) -> int:
    from django.apps import apps

    return apps.get_model(model).objects.count()


def main(function: str) -> Any:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "blockwise.site.settings")
    import django

    django.setup()
    name, _dot, inner = function.rpartition(".")
    return getattr(import_module(f"bench.{name}") if name else sys.modules[__name__], inner)(**json.load(sys.stdin))


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
