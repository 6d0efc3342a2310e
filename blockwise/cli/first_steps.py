"""What an operator does next in a city in which nobody can sign in yet: make an administrator."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

LOGIN = "admin"


def lines(address: str = "") -> list[str]:
    """The commands to type; empty as soon as an administrator is there who can sign in. `address`: of the server."""
    from blockwise.access.actors import in_force
    from blockwise.access.models import Grant
    from blockwise.places.models import City
    from blockwise.rooms import Role

    held = Grant.objects.filter(in_force(), role=Role.ADMINISTRATOR, user__is_active=True).select_related("user")
    known = [grant.user for grant in held.order_by("block__level", "user__login")]
    city = City.objects.first()
    if city is None or any(user.has_usable_password() for user in known):
        return []
    command = shlex.quote(_shown(Path(sys.executable).with_name("blockwise")))
    if home := os.environ.get("BLOCKWISE_HOME"):
        command = f"BLOCKWISE_HOME={shlex.quote(home)} {command}"
    others = Grant.objects.filter(in_force(), user__is_active=True).select_related("user")
    nobody = "No administrator" if any(one.user.has_usable_password() for one in others) else "Nobody"
    login = known[0].login if known else LOGIN
    then = f"Then sign in{f' at {address}' if address else ''} as {login}; everybody else gets a "
    if known:
        steps = [f"{nobody} can sign in yet. Give an administrator a password:", f"  {command} user password {login}"]
        return [*steps, f"{then}password there, under People and roles."]
    return [
        f"{nobody} can sign in yet. Make an administrator:",
        f'  {command} user create {login} --name "Duty Administrator"',
        f"  {command} user grant {login} administrator {city.code}",
        f"{then}role and a password there, under People and roles.",
    ]


def _shown(path: Path) -> str:
    """Shorter where it lies below the folder one is in."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
