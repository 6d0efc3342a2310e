"""What must be right before the server starts; it refuses with every fault in words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from blockwise.cases.kinds import registry
from blockwise.cases.models import KindText
from blockwise.ledger import keys, triggers
from blockwise.places.models import City
from blockwise.problems import Problem

SHORTEST_SECRET = 40
HOST = r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?"
EXAMPLE_TILES = "https://tiles.example.org/{z}/{x}/{y}.png"
PLAIN_SECRETS = ("secret", "changeme", "insecure", "password", "blockwise", "only-for-tests")


class Unfit(Problem):
    status, code = 500, "unfit"


def refuse_unfit() -> None:
    """Raises Unfit naming everything that is wrong."""
    faults = [fault for check in CHECKS for fault in check()]
    if faults:
        raise Unfit("The server does not start:\n" + "\n".join(f"- {fault}" for fault in faults))


def migrated() -> Iterator[str]:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        yield f"The database cannot be read ({type(error).__name__}). Check DATABASE_URL."
        return
    if waiting:
        yield f"{len(waiting)} migrations are not applied. Run `blockwise migrate`."
    elif absent := triggers.missing():
        yield f"Triggers that guard the record are missing: {', '.join(absent)}. Run `blockwise migrate`."


def durable() -> Iterator[str]:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous")
            if cursor.fetchone()[0] < 2:
                yield "SQLite does not run with synchronous=FULL; an acknowledged call could be lost."


def production() -> Iterator[str]:
    if settings.MODE not in {"demo", "production"}:
        yield f"BLOCKWISE_MODE is {settings.MODE!r}; it is demo or production."
    if settings.MODE != "production":
        return
    if settings.DEBUG:
        yield "BLOCKWISE_DEBUG is on in production. Unset it."
    if not settings.SECRET_KEY_GIVEN:
        yield "BLOCKWISE_SECRET_KEY is not set in production."
    elif weak(settings.SECRET_KEY):
        yield f"BLOCKWISE_SECRET_KEY is weak. Use {SHORTEST_SECRET} random characters or more."
    if not settings.HOSTS_GIVEN:
        yield "BLOCKWISE_HOSTS is not set in production. Name the hosts by which this server is called."
    elif "*" in settings.ALLOWED_HOSTS:  # a forged Host would be believed in every address that we write
        yield "BLOCKWISE_HOSTS is * in production. Name the hosts by which this server is called."


def weak(secret: str) -> bool:
    known = any(word in secret.lower() for word in PLAIN_SECRETS)
    return known or len(secret) < SHORTEST_SECRET or len(set(secret)) < 10


def proxies() -> Iterator[str]:
    """A request's address is looked for among them as it is (site/bridge.py): a name or a network is never met."""
    for given in sorted(settings.PROXIES):
        try:
            ip_address(given)
        except ValueError:
            yield f"BLOCKWISE_PROXIES: {given!r} is no IP address. Give each proxy's own, with spaces between them."


def tiles() -> Iterator[str]:
    """Every page may load from the tile server: its host goes into the policy that browsers hold to."""
    if not settings.TILES:
        return
    schemes = "https" if settings.SESSION_COOKIE_SECURE else "https?"  # pages over TLS load nothing without it
    if not re.fullmatch(rf"{schemes}://{HOST}/\S*", settings.TILES):
        yield f"BLOCKWISE_TILES is no {schemes.replace('s?', ' or https')} address such as {EXAMPLE_TILES}."
    elif absent := [part for part in ("{z}", "{x}", "{y}") if part not in settings.TILES]:
        yield f"BLOCKWISE_TILES lacks {', '.join(absent)}. Give an address such as {EXAMPLE_TILES}."


def purpose() -> Iterator[str]:
    if settings.MODE != "production":
        return
    try:
        city = City.objects.first()
    except DatabaseError:
        return  # told by migrated()
    if city and city.purpose != "live":
        yield f"This is a {city.purpose} database; production serves live ones only. Use another DATABASE_URL."


def master_keys() -> Iterator[str]:
    """What is sealed must open: a server that went on under a key of its own would lose what it seals under it."""
    try:
        absent = keys.absent()
    except keys.KeyTrouble as trouble:
        yield str(trouble)
        return
    except DatabaseError:
        return  # told by migrated()
    if absent:
        yield (
            f"Texts in the database are sealed under master keys that are not in this home: {', '.join(absent)}. Put "
            "them into keys/master.json (or BLOCKWISE_MASTER_KEY) beside those that are there, never over them. If "
            "they are lost, `blockwise keys rotate --without-old` erases those texts for good."
        )


def kinds() -> Iterator[str]:
    """A kind's text was altered in the database, or passes the present checker no more."""
    try:
        rows = {row.kind: row for row in KindText.objects.filter(current=True)}
    except DatabaseError:
        return  # told by migrated()
    for name, row in rows.items():
        if hashlib.sha256(row.text.encode()).hexdigest() != row.digest:
            yield f"The stored text of the kind {name} was altered. Restore a backup."
    for fault in registry.check_all({name: row.text for name, row in rows.items()}):
        yield f"{fault} Mend the city folder and load it with the release before."


CHECKS: tuple[Callable[[], Iterator[str]], ...] = (
    migrated, durable, production, proxies, tiles, purpose, master_keys, kinds,
)  # fmt: skip
