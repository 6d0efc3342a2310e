"""A stretch of a street between two others, and the ground between two places."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from django.utils.translation import gettext_lazy as _

from ..coordinates import Point
from ..names import key_of
from .ask import Ask
from .chinese import HAN
from .crossings import crossings
from .hits import AddressHit, Found, guess, ranked

_AND: Final = r"\s*(?:\bAND\b|&|/|\bTO\b|-)\s*"
_ENGLISH: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:ON\s+)?(?P<main>.+?)\s+(?:BETWEEN|BTWN|BTW|BET\.?)\s+(?P<a>.+?){_AND}(?P<b>.+)",
        rf"(?:BETWEEN|BTWN|BTW)\s+(?P<a>.+?){_AND}(?P<b>.+?)\s+ON\s+(?P<main>.+)",
        r"(?:ON\s+)?(?P<main>.+?)\s+FROM\s+(?P<a>.+?)\s+TO\s+(?P<b>.+)",
        rf"(?:BETWEEN|BTWN|BTW)\s+(?P<a>.+?){_AND}(?P<b>.+)",
    )
)
_CHINESE: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<a>.+?)[和与跟到至](?P<b>.+?)(?:之间|中间)的(?P<main>.+)",
        r"(?P<main>.+?)(?:在|位于)(?P<a>.+?)[和与跟到至](?P<b>.+?)(?:之间|中间)(?:的?路段)?",
        r"(?P<main>.+?)\((?P<a>.+?)[到至\-—~](?P<b>.+?)(?:段|之间)?\)",
        r"(?P<run>.+?)[到至](?P<b>.+?)(?:之间)?(?:路段|段)",
        r"(?P<a>.+?)[和与跟到至](?P<b>.+?)(?:之间|中间)",
    )
)
Finder = Callable[[Ask, str], list[Found]]


def between(ask: Ask, wanted: str, anything: Finder) -> list[Found]:
    """What lies between: on one street, the middle between its crossings; without one, the middle of two places."""
    for main, a, b in _read(ask, wanted):
        found = _stretch(ask, main, a, b) if main else _ground(ask, a, b, anything)
        if found:
            return found
    return []


def _read(ask: Ask, wanted: str) -> Iterator[tuple[str, str, str]]:
    text = "".join(wanted.split()) if HAN.search(wanted) else wanted
    for pattern in _CHINESE if HAN.search(wanted) else _ENGLISH:
        if said := pattern.fullmatch(text):
            parts = said.groupdict()
            if "run" in parts:  # 宝安大道前进路至建设路段: two names without a word between them
                yield from ((main, a, parts["b"]) for main, a in _two(ask, parts["run"]))
            else:
                yield parts.get("main") or "", parts["a"], parts["b"]


def _two(ask: Ask, run: str) -> Iterator[tuple[str, str]]:
    """A run of two street names, cut where both are on record."""
    key = key_of(run)
    names = ask.here.streets.names.index
    for k in range(2, len(key) - 1):
        if (
            names.match(key[:k], 1)[:1]
            and names.match(key[k:], 1)[:1]
            and _whole(ask, key[:k])
            and _whole(ask, key[k:])
        ):
            yield key[:k], key[k:]


def _whole(ask: Ask, key: str) -> bool:
    return any(rank == 0 for rank, _thing in ask.here.streets.names.index.match(key, 1))


def _stretch(ask: Ask, main: str, a: str, b: str) -> list[Found]:
    """Between the two crossings of one street; exact where both are."""
    joint = "与" if HAN.search(main) else " & "
    sides = [ranked(crossings(ask, f"{main}{joint}{one}"), ask.near) for one in (a, b)]
    if not all(sides):
        return []
    first, second = (side[0] for side in sides)
    street, street_en = _shared(first.hit.text, second.hit.text), _shared(first.hit.text_en, second.hit.text_en)
    if not street:
        return []
    ends = [_other(one.hit.text, street) for one in (first, second)]
    ends_en = [_other(one.hit.text_en, street_en) for one in (first, second)]
    text = f"{street}（{ends[0]}-{ends[1]}）" if HAN.search(street) else f"{street} ({ends[0]} - {ends[1]})"
    point = _middle(first.hit, second.hit)
    hit = AddressHit(
        "between", text, f"{street_en} ({ends_en[0]} - {ends_en[1]})", point.lon_e7, point.lat_e7, called="street"
    )
    found = Found(first.cost + second.cost, hit, first.blocks)
    unsure = next((one.hit.note for one in (first, second) if not one.hit.exact), None)
    return [found if unsure is None else guess(found, unsure)]


def _shared(first: str, second: str) -> str:
    common = [name for name in first.split(" / ") if name in second.split(" / ")]
    return common[0] if common else ""


def _other(crossing: str, street: str) -> str:
    return next((name for name in crossing.split(" / ") if name != street), street)


def _ground(ask: Ask, a: str, b: str, anything: Finder) -> list[Found]:
    """Halfway between two places; always a guess."""
    sides = [ranked(anything(ask, one), ask.near)[:1] for one in (a, b)]
    if not all(sides):
        return []
    first, second = (side[0] for side in sides)
    point = _middle(first.hit, second.hit)
    text, text_en = (
        f"{one} - {other}"
        for one, other in ((first.hit.text, second.hit.text), (first.hit.text_en, second.hit.text_en))
    )
    hit = AddressHit("between", text, text_en, point.lon_e7, point.lat_e7)
    note = _("The middle between the two: ask for more.")
    return [guess(Found(first.cost + second.cost, replace(hit, note="")), note)]


def _middle(a: AddressHit, b: AddressHit) -> Point:
    return Point((a.lon_e7 + b.lon_e7) // 2, (a.lat_e7 + b.lat_e7) // 2)
