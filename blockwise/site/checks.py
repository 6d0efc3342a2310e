"""What must be right before the server starts; it refuses with every fault in words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from blockwise.cases.kinds import registry
from blockwise.cases.models import KindText
from blockwise.ledger import begin, keys, seals, triggers
from blockwise.places.models import City
from blockwise.problems import Problem

from . import names

SHORTEST_SECRET = 40
HOST = r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?"
PLACES = ("{z}", "{x}", "{y}")
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
        said = next(iter(str(error).splitlines()), type(error).__name__)
        yield f"The database cannot be read: {said.rstrip('.')}. Check DATABASE_URL."
        return
    try:
        seals.refuse_emptied()
    except Problem as problem:
        yield str(problem)
        return
    if waiting and not executor.loader.applied_migrations:
        place = (
            f"database in {settings.HOME}" if connection.vendor == "sqlite" else "table in the database of DATABASE_URL"
        )
        yield f"There is no {place} yet. `blockwise city load CITY` makes it and takes a city in."
    elif waiting:
        yield f"{len(waiting)} migrations are not applied. Run `blockwise migrate`."
    elif absent := triggers.missing():
        yield f"Triggers that guard the record are missing: {', '.join(absent)}. Run `blockwise migrate`."
    elif begin.due():
        yield "The record of an earlier version has not taken in what is there. Run `blockwise migrate`."


def durable() -> Iterator[str]:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous")
            if cursor.fetchone()[0] < 2:
                yield "SQLite does not run with synchronous=FULL; an acknowledged call could be lost."
    else:
        yield from durable_postgresql()


def durable_postgresql() -> Iterator[str]:
    whole = ("fsync", "full_page_writes") if settings.MODE == "production" else ()
    for name in ("synchronous_commit", *whole):
        if _shown(name) == "off":
            yield f"PostgreSQL runs with {name}=off; an acknowledged call could be lost. Set it to on."


def _shown(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return str(cursor.fetchone()[0])


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


def encrypted() -> Iterator[str]:
    """The library's own choice would go on in the clear where the other side has no TLS, or is another one."""
    given: dict[str, Any] = settings.DATABASES["default"]
    if settings.MODE != "production" or not settings.TLS or "sqlite" in str(given["ENGINE"]):
        return
    far = [host for host in str(given["HOST"]).split(",") if not _here(host)]
    if far and given["OPTIONS"].get("sslmode") not in {"verify-full", "verify-ca"}:
        yield (
            f"DATABASE_URL: {', '.join(far)} is another machine, and its certificate is not looked at. Add "
            "sslmode=verify-full (and sslrootcert=, the authority's certificate)."
        )


def _here(host: str) -> bool:
    return not host or host.startswith(("/", "@")) or host in {"localhost", "127.0.0.1", "::1"}


def weak(secret: str) -> bool:
    known = any(word in secret.lower() for word in PLAIN_SECRETS)
    return known or len(secret) < SHORTEST_SECRET or len(set(secret)) < 10


def hosts() -> Iterator[str]:
    """A name that is met by no request would have everything answered with 400."""
    for given in settings.ALLOWED_HOSTS:
        if fault := names.host_fault(given):
            yield f"BLOCKWISE_HOSTS: {given!r} {fault}."


def origins() -> Iterator[str]:
    """An origin that no browser sends would have every form behind the proxy refused."""
    for given in settings.CSRF_TRUSTED_ORIGINS:
        if fault := names.origin_fault(given, settings.SESSION_COOKIE_SECURE):
            yield f"BLOCKWISE_ORIGINS: {given!r} {fault}."


def proxies() -> Iterator[str]:
    """A request's address is looked for among them as it is (site/bridge.py): a name or a network is never met."""
    if settings.MODE == "production" and settings.TLS and not settings.PROXIES:
        yield (
            "BLOCKWISE_PROXIES is not set in production: nobody is believed that a request came over TLS, and no form "
            "would be taken. Name the proxy's address (127.0.0.1 on this machine); without TLS set BLOCKWISE_TLS=0."
        )
    for given in sorted(settings.PROXIES):
        if fault := names.address_fault(given):
            yield f"BLOCKWISE_PROXIES: {given!r} {fault}. Give each proxy's own, with spaces between them."


def tiles() -> Iterator[str]:
    """Every page may load from the tile server: its host goes into the policy that browsers hold to."""
    if not settings.TILES:
        return
    schemes = "https" if settings.SESSION_COOKIE_SECURE else "https?"  # pages over TLS load nothing without it
    if not re.fullmatch(rf"{schemes}://{HOST}/\S*", settings.TILES):
        yield f"BLOCKWISE_TILES is no {schemes.replace('s?', ' or https')} address such as {EXAMPLE_TILES}."
    elif absent := [part for part in PLACES if part not in settings.TILES]:
        yield f"BLOCKWISE_TILES lacks {', '.join(absent)}. Give an address such as {EXAMPLE_TILES}."
    elif unknown := sorted(set(re.findall(r"\{[^{}]*\}", settings.TILES)) - set(PLACES)):
        yield f"BLOCKWISE_TILES holds {', '.join(unknown)}, which nothing fills in. Write one server's address out."


def zone() -> Iterator[str]:
    """Without its zone every page would fail."""
    try:
        city = City.objects.first()
    except DatabaseError:
        return  # told by migrated()
    if city is None:
        return
    try:
        ZoneInfo(city.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"The city's time zone {city.timezone} is not known to this machine. Install Debian's tzdata."


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
        yield f"{fault} Mend the city folder, if the kind is its own, and load it again: `blockwise city load`."


CHECKS: tuple[Callable[[], Iterator[str]], ...] = (
    migrated, durable, production, encrypted, hosts, origins, proxies, tiles, zone, purpose, master_keys, kinds,
)  # fmt: skip
