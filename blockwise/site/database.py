"""`DATABASE_URL` to Django's settings: the library's own reading of it, so that all it knows is kept."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn
from urllib.parse import parse_qsl, urlsplit

from blockwise.problems import Invalid

FORM = "Give postgresql://user:password@host:port/name, or nothing for SQLite in the home."
NOT_OURS = frozenset({"client_encoding", "dbname", "replication", "service"})  # set by the address or by Django


def database(url: str, home: Path) -> dict[str, object]:
    """The settings of `DATABASES["default"]`. Raises Invalid, which never quotes the address: it holds a password."""
    if not url:
        return {
            "ENGINE": "blockwise.site.sqlite",
            "NAME": home / "blockwise.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY",
            },
        }
    given = _read(url)
    ports = given.pop("port", "")
    if not ports.replace(",", "").isdigit() and ports:
        _refuse("This is no address.")
    if not (name := given.pop("dbname", "")):
        _refuse("It names no database.")
    return {
        "ENGINE": "blockwise.site.postgresql",
        "NAME": name,
        "USER": given.pop("user", ""),
        "PASSWORD": given.pop("password", ""),
        "HOST": given.pop("host", ""),
        "PORT": ports,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": "10", **given},  # seconds; the library would wait minutes for a silent machine
    }


def _read(url: str) -> dict[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        _refuse("This is no address.")
    if parts.scheme not in {"postgresql", "postgres"}:
        _refuse(f"{parts.scheme}:// is not known." if parts.scheme else "This is no address.")
    from psycopg import Error, pq
    from psycopg.conninfo import conninfo_to_dict

    known = {one.keyword.decode() for one in pq.Conninfo.get_defaults()} - NOT_OURS
    asked = [key for key, _value in parse_qsl(url.partition("?")[2], keep_blank_values=True)]
    if unknown := [key for key in asked if key not in known]:
        fix = "Give what PostgreSQL's library knows, such as sslmode, connect_timeout or application_name."
        _refuse(f"The query names {', '.join(map(repr, unknown))}, which is not known here.", fix)
    try:
        return {key: str(value) for key, value in conninfo_to_dict(url).items()}
    except Error:
        _refuse("It cannot be read.", f"Write % @ : / ? in a name or password as %25 %40 %3A %2F %3F. {FORM}")


def _refuse(what: str, fix: str = FORM) -> NoReturn:
    raise Invalid(what, where="DATABASE_URL", fix=fix)
