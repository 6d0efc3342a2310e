"""Landmarks as people name them: by name, by kind ("the market"), and what stands beside a motorway."""

from __future__ import annotations

import re
from typing import Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ..landmark_kinds import BY_ROAD
from ..landmarks import Mark
from ..names import key_of
from .ask import Ask
from .chinese import HAN, digits
from .hits import NOTES, AddressHit, Found, guess, unknown
from .likely import RIVAL, SPOKEN

KIND_WORDS: Final = {
    "station": ("STATION", "TRAIN STATION", "RAILWAY STATION", "火车站", "车站", "高铁站"),
    "metro": ("METRO", "METRO STATION", "SUBWAY", "SUBWAY STATION", "地铁站", "地铁口"),
    "bus_stop": ("BUS STOP", "公交站", "公交车站", "车站"),
    "hospital": ("HOSPITAL", "CLINIC", "医院", "卫生院"),
    "school": ("SCHOOL", "学校", "中学", "小学", "幼儿园"),
    "market": ("MARKET", "市场", "菜市场", "集市"),
    "park": ("PARK", "公园"),
    "fuel": ("GAS STATION", "PETROL STATION", "加油站"),
    "bank": ("BANK", "银行"),
    "hotel": ("HOTEL", "酒店", "宾馆"),
    "bridge": ("BRIDGE", "桥", "天桥"),
    "temple": ("CHURCH", "MOSQUE", "TEMPLE", "教堂", "寺"),
}
EXITS: Final = frozenset(BY_ROAD[:1])
STONES: Final = frozenset(BY_ROAD[1:])
_OF_WORD: Final = {
    word: frozenset(kind for kind, words in KIND_WORDS.items() if word in words)
    for words in KIND_WORDS.values() for word in words
}  # fmt: skip
_A: Final = re.compile(r"^(?:THE|A|AN|THIS)\s+|^(?:那个|这个|一个|某)")
_STONE: Final = r"(?:KM|KILOMET(?:ER|RE)|MILE)(?:\s+(?:MARKER|POST|STONE))?\s*(?P<number>\d{1,4}(?:\.\d{1,3})?)"
_METRES: Final = r"(?P<metres>\d{1,3})"
_ROADSIDE: Final = tuple(
    (kinds, re.compile(pattern))
    for kinds, pattern in (
        (EXITS, r"(?P<road>.+?)[\s,]*(?:\bAT\s+)?\bEXIT\s*(?:NO\.?\s*)?(?P<number>\d{1,4}\s*-?[A-Z]?)"),
        (EXITS, r"EXIT\s*(?:NO\.?\s*)?(?P<number>\d{1,4}\s*-?[A-Z]?)\s*,?\s*(?:(?:ON|OFF|OF|FROM)\s+)?(?P<road>.+)"),
        (EXITS, r"(?P<road>.+?)(?:第)?(?P<number>\d{1,4}[A-Z]?)号?(?:出口|出入口|匝道口?)"),
        (STONES, rf"(?P<road>.+?)[\s,]*(?:\bAT\s+)?\b{_STONE}"),
        (STONES, rf"{_STONE}\s*,?\s*(?:(?:ON|OF)\s+)?(?P<road>.+)"),
        (STONES, rf"(?P<road>.+?)\s*K\s*(?P<number>\d{{1,4}}(?:\.\d{{1,3}})?)(?:\s*\+\s*{_METRES})?处?"),
        (STONES, rf"(?P<road>.+?)(?P<number>\d{{1,4}}(?:\.\d{{1,3}})?)(?:公里|千米)(?:加|\+|处)?(?:{_METRES}米)?处?"),
    )
)


def landmarks(ask: Ask, wanted: str) -> list[Found]:
    """Landmarks by their name; one is meant where its whole name is typed and nothing else is called so."""
    text = _A.sub("", wanted)
    likely = ask.here.landmarks.names.likely(text)
    sure = [one for one in likely if one.cost <= SPOKEN]
    found = []
    for one in likely:
        placed, blocks = ask.blocks_in(one)
        hit = Found(placed.cost, mark_hit(ask.here.landmarks.all[one.thing]), blocks or ask.blocks)
        if one.left and placed.left:
            found.append(guess(hit, unknown(one.left)))
        elif placed.cost <= SPOKEN and len(sure) < 2:
            found.append(hit)
        else:
            found.append(guess(hit, NOTES[one.why or "several"], 0.0 if placed.cost > RIVAL else RIVAL))
    return found


def mark_hit(mark: Mark) -> AddressHit:
    return AddressHit("landmark", mark.name, mark.name_en, mark.lon_e7, mark.lat_e7, code=mark.code, called="landmark")


def of_kind(ask: Ask, wanted: str) -> list[Found]:
    """ "The market": each of the city's markets is a guess, the nearest first."""
    kinds = _OF_WORD.get(_A.sub("", wanted).strip())
    if not kinds:
        return []
    note = _("Any of this kind may be meant: ask which.")
    return [guess(Found(1.0, mark_hit(mark)), note) for mark in ask.here.landmarks.of_kinds(kinds)]


def roadside(ask: Ask, wanted: str) -> list[Found]:
    """A motorway's exit or stone by its number; the nearest numbers where it is not on record."""
    text = digits("".join(wanted.split())) if HAN.search(wanted) else wanted
    for kinds, pattern in _ROADSIDE:
        if (said := pattern.fullmatch(text)) and (marks := _on_road(ask, said["road"], kinds)):
            metres = said.groupdict().get("metres")
            number = "".join(said["number"].split()).replace("-", "")
            return _numbered(marks, number, int(metres or 0))
    return []


def _on_road(ask: Ask, road: str, kinds: frozenset[str]) -> list[Mark]:
    key = key_of(road)
    wanted = {key, key.removesuffix("高速").removesuffix("公路"), f"{key}高速", f"{key}快速路"}
    return [mark for mark in ask.here.landmarks.of_kinds(kinds) if wanted & mark.roads]


def _numbered(marks: list[Mark], number: str, metres: int) -> list[Found]:
    value = _value(number) + metres / 1000
    whole = number if not metres else ""
    same = [mark for mark in marks if _plain(mark.number) == _plain(whole)] if whole else []
    if not same and value:
        same = [mark for mark in marks if mark.kind in STONES and _value(mark.number) == value]
    if same:
        several = len(same) > 1
        found = [Found(0.0, mark_hit(mark)) for mark in same]
        return [guess(one, NOTES["several"]) if several else one for one in found]
    note = format_lazy(_("Number {number} is not on record; this is the nearest."), number=f"{value:g}")
    near = sorted(marks, key=lambda mark: abs(_value(mark.number) - value))
    return [guess(Found(1.0 + k / 10, mark_hit(mark)), note) for k, mark in enumerate(near[:3])]


def _plain(number: str) -> str:
    return number.upper().replace("-", "").replace(" ", "").lstrip("0")


def _value(number: str) -> float:
    found = re.match(r"\d{1,6}(?:\.\d{1,3})?", number)
    return float(found[0]) if found else 0.0
