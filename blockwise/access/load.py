"""The people of a city folder: users and grants made equal to its rows; what people were given by hand stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Q

from blockwise import clock
from blockwise.ledger import revocations
from blockwise.ledger.lines import Entry, write

from . import ended
from .actions import grant_data
from .actors import LOADER, in_force
from .models import Grant, User
from .periods import first_moment, last_moment


class PersonRow(Protocol):
    """A login with one role over a block; several rows for one login are several roles. Dates are the city's."""

    @property
    def login(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def name_en(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def block(self) -> str: ...
    @property
    def department(self) -> str: ...
    @property
    def starts(self) -> date | None: ...
    @property
    def ends(self) -> date | None: ...


@dataclass(frozen=True)
class People:
    """How many users a load added or renamed, and how many grants it added and ended.

    `lost`: of the `held` grants of the folder before, those whose login has that role no more; `unheld`: roles that
    somebody lost and nobody holds now.
    """

    users: int
    granted: int
    ended: int
    lost: int = field(default=0, compare=False)
    held: int = field(default=0, compare=False)
    unheld: tuple[str, ...] = field(default=(), compare=False)


def load_people(rows: Iterable[PersonRow], zone: ZoneInfo, password: str | None = None) -> People:
    """Make the loader's users and grants equal to `rows`; a second time nothing changes and nothing is recorded.

    `password` is a demonstration's, the same for all new users; without one nobody can sign in until an
    administrator gives a password. A login that exists keeps its password. `ends` is the last day, included.
    """
    by_login: dict[str, PersonRow] = {}
    rows = list(rows)
    for row in rows:
        by_login.setdefault(row.login, row)
    with transaction.atomic():
        created, renamed = _users(by_login, password)
        users = {user.login: user for user in User.objects.filter(login__in=by_login)}
        wanted = {_wanted(row, users[row.login].pk, zone) for row in rows}
        given, gone, held = _grants(wanted)
        kept = {(user, role) for user, role, *_place_and_time in wanted}
        lost = [one for one in gone if (one.user_id, one.role) not in kept]
        entries = [_entry(user.pk, "user_created") for user in created]
        entries += [_entry(one.user_id, "role_granted", one.block_id, grant_data(one)) for one in given]
        entries += [_entry(one.user_id, "role_revoked", one.block_id, grant_data(one)) for one in gone]
        lines = write(entries)[len(entries) - len(gone) :]
        revocations.JOURNAL.note(*(ended.role(one, line) for one, line in zip(gone, lines, strict=True)))
        unheld = _unheld({one.role for one in gone})
    return People(len(created) + renamed, len(given), len(gone), len(lost), held, unheld)


def _unheld(roles: set[str]) -> tuple[str, ...]:
    held = Grant.objects.filter(in_force(), user__is_active=True, role__in=roles).values_list("role", flat=True)
    return tuple(sorted(roles - set(held)))


_Key = tuple[int, str, str, str, datetime, datetime | None]


def _wanted(row: PersonRow, user: int, zone: ZoneInfo) -> _Key:
    return user, row.role, row.block, row.department, first_moment(row.starts, zone), last_moment(row.ends, zone)


def _users(rows: Mapping[str, PersonRow], password: str | None) -> tuple[list[User], int]:
    """The new users, and how many names were changed."""
    known = {user.login: user for user in User.objects.filter(login__in=rows)}
    new = [row for login, row in sorted(rows.items()) if login not in known]
    encoded = make_password(password) if new else ""  # one for all: hashing is slow by design
    made = [User(login=row.login, name=row.name, name_en=row.name_en, password=encoded) for row in new]
    User.objects.bulk_create(made)
    renamed = [user for user in known.values() if _named(user, rows[user.login])]
    User.objects.bulk_update(renamed, ["name", "name_en"], 500)
    return made, len(renamed)


def _named(user: User, row: PersonRow) -> bool:
    """Take over the row's name; whether it was another."""
    was = (user.name, user.name_en)
    user.name, user.name_en = row.name, row.name_en
    return was != (row.name, row.name_en)


def _grants(wanted: set[_Key]) -> tuple[list[Grant], list[Grant], int]:
    """What was given, what was ended, how many there were before. A row whose time is over is not given any more."""
    now = clock.now()
    lasting = Q(ends_at=None) | Q(ends_at__gt=now)
    own = Grant.objects.filter(lasting, granted_by=LOADER.id).order_by("pk")
    held = {(one.user_id, one.role, one.block_id, one.department, one.starts_at, one.ends_at): one for one in own}
    gone = [one for key, one in held.items() if key not in wanted]
    for one in gone:
        one.ends_at = now
    Grant.objects.bulk_update(gone, ["ends_at"], 500)
    fresh = sorted((key for key in wanted - held.keys() if key[-1] is None or key[-1] > now), key=str)
    return Grant.objects.bulk_create([_grant(key) for key in fresh]), gone, len(held)


def _grant(key: _Key) -> Grant:
    user, role, block, department, starts_at, ends_at = key
    return Grant(
        user_id=user, role=role, block_id=block, department=department,
        starts_at=starts_at, ends_at=ends_at, granted_by=LOADER.id,
    )  # fmt: skip


def _entry(user: int, act: str, block: str = "", data: Mapping[str, Any] | None = None) -> Entry:
    return Entry(thread=f"user:{user}", act=act, actor=LOADER.id, block=block, data=data or {})
