"""A tiny city in the database, and people to try everything with: in charge, from the neighbouring block, an outsider.

Blocks: root 99; districts 9901 (west) and 9902 (east); communities 990101, 990102 and 990201, 990202; each with two
cells (99010101, 99010102, ...). Cells are squares of 0.01 degree side by side along one parallel, from 113.90 east,
22.55 north; `point_in(code)` is the middle of a block. In `tests/conftest.py` are the fixtures `city` and `people`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely
from django.test import Client

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.access.models import Grant, User
from blockwise.access.periods import ALWAYS
from blockwise.places.current import forget
from blockwise.places.models import Block, City
from blockwise.rooms import Role
from tests.recorded import recorded

WEST, SOUTH, SIDE = 113.90, 22.55, 0.01
PASSWORD = "correct horse battery"
CELLS = [f"99{d}{c}{n}" for d in ("01", "02") for c in ("01", "02") for n in ("01", "02")]
CODES = ["99", *sorted({cell[:4] for cell in CELLS}), *sorted({cell[:6] for cell in CELLS}), *CELLS]


def box(code: str) -> tuple[float, float, float, float]:
    """West, south, east, north of a block in degrees."""
    inside = [column for column, cell in enumerate(CELLS) if cell.startswith(code)]
    west, east = WEST + SIDE * inside[0], WEST + SIDE * (inside[-1] + 1)
    return round(west, 6), SOUTH, round(east, 6), SOUTH + SIDE


def point_in(code: str) -> tuple[float, float]:
    """Longitude and latitude of the middle of a block, degrees."""
    west, south, east, north = box(code)
    return round((west + east) / 2, 6), round((south + north) / 2, 6)


@recorded
def make_city(purpose: str = "demo", timezone: str = "Asia/Shanghai") -> City:
    """The city and its 15 blocks; call within a test's database."""
    city = City.objects.create(
        code="99",
        name_zh="小城",
        name_en="Tiny City",
        timezone=timezone,
        languages=["zh", "en"],
        calendar="cn",
        working_hours=[["08:00", "12:00"], ["14:00", "18:00"]],
        levels=[
            {"key": key, "zh": zh, "en": key}
            for key, zh in (("city", "市"), ("district", "区"), ("community", "社区"), ("cell", "网格"))
        ],
        departments=[
            {"key": "housing", "zh": "住房建设局", "en": "housing"},
            {"key": "transport", "zh": "交通运输局", "en": "transport"},
        ],
        rings=[5, 15],
        road_periods=[{"key": "day", "from": "00:00", "to": "00:00"}],
        purpose=purpose,
        loaded_at=clock.real_now(),
    )
    Block.objects.bulk_create(_block(code) for code in CODES)
    forget()
    return city


def _block(code: str) -> Block:
    lon, lat = point_in(code)
    return Block(
        code=code,
        name=f"块{code}",
        name_en=f"Block {code}",
        level=len(code) // 2 - 1,
        parent_id=code[:-2] if len(code) > 2 else None,
        population=1000 * sum(cell.startswith(code) for cell in CELLS),
        core=code.startswith("9901"),
        shape=shapely.to_wkb(shapely.box(*box(code))),
        lon_e7=round(lon * 1e7),
        lat_e7=round(lat * 1e7),
    )


@recorded
def person(login: str, *roles: tuple[Role | str, str], **fields: Any) -> User:
    """A user with PASSWORD who always had and has these (role, block)."""
    user = User.objects.create_user(login, PASSWORD, name=fields.pop("name", login), **fields)
    for role, block in roles:
        give(user, role, block)
    return user


def signed_in(user: User, language: str = "en") -> Client:
    """A browser of theirs."""
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


@recorded
def give(
    user: User, role: Role | str, block: str, starts_at: datetime = ALWAYS, ends_at: datetime | None = None
) -> Grant:
    department = "housing" if role == Role.DEPARTMENT_OFFICER else ""
    return Grant.objects.create(
        user=user, role=role, block_id=block, department=department,
        starts_at=starts_at, ends_at=ends_at, granted_by="system:test",
    )  # fmt: skip


@dataclass(frozen=True)
class People:
    """Three who are tried on every endpoint. `in_charge` takes calls, dispatches and oversees over 9901."""

    in_charge: User
    neighbour: User  # the same roles over 9902
    outsider: User  # signed in, no role

    def actor(self, name: str) -> Actor:
        return actor_for(getattr(self, name))


WORKING_ROLES = (Role.CALL_TAKER, Role.DISPATCHER, Role.OVERSIGHT)


def make_people() -> People:
    """Call taker, dispatcher and oversight over 9901; the same over 9902; nobody."""
    return People(
        in_charge=person("alice", *((role, "9901") for role in WORKING_ROLES), name="爱丽", name_en="Alice"),
        neighbour=person("bob", *((role, "9902") for role in WORKING_ROLES), name="鲍勃", name_en="Bob"),
        outsider=person("charlie", name="查理", name_en="Charlie"),
    )
