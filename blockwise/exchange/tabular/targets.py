"""What kinds of table there are, and what each must and may say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from blockwise.exchange.folder.check_calls import CHANNELS, PLACES, TIMES
from blockwise.exchange.folder.read_tables import ROLES, SERVICES, USES

Kind = Literal["text", "code", "word", "number", "time", "day", "clock", "count", "yes"]


@dataclass(frozen=True, slots=True)
class Target:
    """A field of a table. `choices`: the words it may be, in the product's own; `usual`: where a map says nothing."""

    name: str
    kind: Kind = "text"
    needed: bool = False
    choices: tuple[str, ...] = ()
    usual: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A kind of table. `key`: the fields by which a row is found again."""

    name: str
    file: str
    key: tuple[str, ...]
    fields: tuple[Target, ...]

    @property
    def by_name(self) -> Mapping[str, Target]:
        return {one.name: one for one in self.fields}


PRIORITIES: Final = ("1", "2", "3", "4")
_POINT: Final = (Target("lon", "number", needed=True), Target("lat", "number", needed=True))
_NAMES: Final = (Target("name"), Target("name_en"))


def _addresses(use: str) -> tuple[Target, ...]:
    return (
        Target("code", "code", needed=True),
        Target("street", needed=True),
        Target("number"),
        Target("text"),
        Target("text_en"),
        *_POINT,
        Target("use", "word", choices=USES, usual=use),
    )


TABLES: Final[Mapping[str, Table]] = {
    table.name: table
    for table in (
        Table(
            "calls",
            "calls.parquet",
            ("call",),
            (
                Target("call", "code", needed=True),
                Target("received_at", "time", needed=True),
                Target("channel", "word", choices=CHANNELS, usual="phone"),
                Target("type", "word", needed=True),
                Target("priority", "word", choices=PRIORITIES),
                *_POINT,
                Target("place_kind", "word", choices=PLACES, usual="street"),
                *(Target(name) for name in ("address", "repeat_of", "caller_name", "caller_phone", "text")),
                *(Target(name, "count") for name in ("injured", "trapped")),
                *(Target(name, "yes") for name in ("weapon", "hazmat")),
                Target("language"),
                Target("unit", "code"),
                *(Target(name, "time") for name in TIMES),
            ),
        ),
        Table(
            "units",
            "units.csv",
            ("code",),
            (
                Target("code", "code", needed=True),
                Target("call_sign"),
                Target("service", "word", choices=SERVICES, needed=True),
                Target("type", needed=True),
                Target("capabilities", needed=True),
                Target("station", "code", needed=True),
                Target("zone", "code"),
                Target("crew", "count", needed=True),
            ),
        ),
        Table(
            "stations",
            "stations.csv",
            ("code",),
            (
                Target("code", "code", needed=True),
                *_NAMES,
                Target("service", "word", choices=SERVICES, needed=True),
                *_POINT,
            ),
        ),
        Table(
            "roster",
            "roster.csv",
            ("unit", "days", "from", "to"),
            (
                Target("unit", "code", needed=True),
                Target("days", needed=True),
                Target("from", "clock", needed=True),
                Target("to", "clock", needed=True),
            ),
        ),
        Table(
            "people",
            "people.csv",
            ("login", "role", "block"),
            (
                Target("login", needed=True),
                *_NAMES,
                Target("role", "word", choices=ROLES, needed=True),
                Target("block", "code", needed=True),
                Target("from", "day"),
                Target("to", "day"),
                Target("unit", "code"),
                Target("department"),
            ),
        ),
        Table("addresses", "addresses.csv", ("code",), _addresses("public")),
        Table("premises", "addresses.csv", ("code",), _addresses("premises")),
    )
}
