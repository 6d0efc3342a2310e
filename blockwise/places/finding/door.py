"""A door as it is said or recorded: its number and all that makes it another door than the plain number.

Chinese: 弄 (lane), 号, 甲 乙, 之, 附, 幢 栋 座 号楼 (a building of its own); 单元, 层, 室 lie inside a door.
English: a letter, a half, a flat inside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from . import chinese
from .chinese import HAN, STEMS

_DOOR: Final = rf"""
    (?:(?P<lane>\d{{1,5}})(?P<way>弄|巷))?
    (?P<before>[{STEMS}])?(?P<number>\d{{1,6}})
    (?P<mark>[A-Z{STEMS}]?(?:[-之]\d{{1,4}})?)
    (?:号(?P<after>[{STEMS}]|[A-Z](?![A-Z])|[-之]\d{{1,4}})?)?
    (?:附(?P<annexe>\d{{1,4}})号?)?
    (?:(?P<building>\d{{1,4}}|[A-Z]|[{STEMS}])(?:幢|栋楼?|座|号楼|\#楼?))?
    (?:(?:\d{{1,4}}|[A-Z]\d{{0,4}}|[东西南北中{STEMS}])(?:单元|门|室|层|楼|房|户))*\d{{0,4}}
"""
_RECORDED: Final = re.compile(_DOOR, re.VERBOSE)
_SAID: Final = re.compile(rf"(?P<street>.*?[^\d{STEMS}]){_DOOR}(?P<rest>(?<=号)\D.*)?", re.VERBOSE)
_FIRST: Final = re.compile(
    r"(?:(?:NO\.?|NUMBER|#)\s*(?=\d))?(\d{1,6})-?([A-Z½]?)(?:\s*-\s*(\d{1,6})[A-Z]?)?,?\s+(?P<street>.+)"
)
_LANE: Final = re.compile(r"(?:NO\.?\s*)?(\d{1,6}),?\s+LANE\s+(\d{1,5}),?\s+(?:OF\s+)?(?P<street>.+)")
_LAST: Final = re.compile(r"(?P<street>.*[A-Z.)])\s*(?:NO\.?\s*|#\s*)?(\d{1,6})([A-Z½]?)(?:\s*HAO)?")
_APART: Final = re.compile(r"(?<=\d)\s+(?=\d)")  # "12 302" is a room in 12, and not 12302
_HALF: Final = re.compile(r"(\d{1,6})\s*-?\s*1[/⁄]2\b")
_INSIDE: Final = re.compile(
    r"(?:,?\s*(?:(?:\b(?:APT|APARTMENT|UNIT|SUITE|STE|ROOM|RM|FLAT|FLOOR|FL)\b\.?|#)\s*[A-Z]{0,2}-?\d*[A-Z]?"
    r"|\b\d{1,3}(?:ST|ND|RD|TH)\s+FLOOR))+$"
)


@dataclass(frozen=True, slots=True)
class Door:
    """`mark` holds what follows or precedes the number in one form: "A", "之3", "附1", "甲", "甲^" (before it), "½"."""

    number: int
    mark: str = ""
    lane: int | None = None
    building: str = ""

    @property
    def plain(self) -> bool:
        return not (self.mark or self.building or self.lane)


@dataclass(frozen=True, slots=True)
class Said:
    """A door on a street, in words; `rest`: words after it that are no part of either."""

    street: str
    door: Door
    words: str
    rest: str = ""


def halves(text: str) -> str:
    """ "401 1/2" as "401½": its stroke is no crossing."""
    return _HALF.sub(r"\1½", text)


def without_inside(text: str) -> str:
    """An English address without flat, floor and room."""
    return _INSIDE.sub("", text).strip(" ,")


def recorded(number: str) -> Door | None:
    """A door by the number of a standard address; None where it holds none."""
    found = _RECORDED.fullmatch(chinese.digits("".join(number.upper().split())).replace("號", "号"))
    return _door(found) if found else None


def said(text: str) -> Iterator[Said]:
    """How a text (in capitals) may be cut into street and door, the likelier first."""
    if HAN.search(text):
        yield from _chinese(chinese.digits("".join(_APART.sub("号", text).split())))
        return
    if lane := _LANE.fullmatch(text):
        yield Said(lane["street"], Door(int(lane[1]), lane=int(lane[2])), f"{lane[1]}, Lane {lane[2]}")
    if first := _FIRST.fullmatch(text):
        door = Door(int(first[1]), first[2])
        yield Said(first["street"], door, f"{first[1]}{first[2]}")
    if last := _LAST.fullmatch(text):
        yield Said(last["street"].strip(" .,"), Door(int(last[2]), last[3]), f"{last[2]}{last[3]}")


def _chinese(text: str) -> Iterator[Said]:
    found = _SAID.fullmatch(text)
    if found is None:
        return
    door, street = _door(found), found["street"]
    words = text[len(street) : len(text) - len(found["rest"] or "")].removesuffix("号")
    if door.lane is not None:
        lane = f"{found['lane']}{found['way']}"
        inner = Door(door.number, door.mark, None, door.building)
        yield Said(f"{street}{lane}", inner, words.removeprefix(lane), found["rest"] or "")
    yield Said(street, door, words, found["rest"] or "")


def _door(found: re.Match[str]) -> Door:
    before = f"{found['before']}^" if found["before"] else ""
    annexe = f"附{found['annexe']}" if found["annexe"] else ""
    mark = f"{before}{found['mark']}{found['after'] or ''}{annexe}"
    lane = int(found["lane"]) if found["lane"] else None
    return Door(int(found["number"]), mark, lane, found["building"] or "")
