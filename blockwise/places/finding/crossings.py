"""Where two streets meet, by their names: the likeliest pair; one pair alone, or it is a guess."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ..names import key_of
from ..streets import Meeting, Street
from .ask import Ask, Blocks
from .chinese import HAN
from .hits import BETWEEN, NOTES, AddressHit, Found, guess, unknown
from .likely import ALIKE, RIVAL

_CUT: Final = re.compile(r"\s*[/&@\\]\s*|\s+(?:AND|AT|X|Y|WITH|NEAR|CROSS(?:ES|ING)?(?:\s+OF)?)\s+|[与和跟]")
_DOUBTFUL: Final = re.compile(r"[与和跟]|NEAR")
_LEAD: Final = re.compile(r"^(?:(?:ON|AT)\s+)?(?:THE\s+)?(?:CORNER|INTERSECTION|JUNCTION|CROSSING)\s+OF\s+")
_END: Final = re.compile(
    r"(?:的|处)*(?:十字路口|丁字路口|交叉路?口|交汇处|交界处?|相交处?|(?<![a-z])路口|口)(?:处|附近)?$|\s+(?:INTERSECTION|CORNER|JUNCTION)$"
)
MOST: Final = 6


@dataclass(frozen=True, slots=True, order=True)
class _Pair:
    cost: float
    first: int
    second: int
    left: str = ""
    why: str = ""
    blocks: Blocks = ()
    nearby: bool = False
    worst: float = 0.0  # of the two names


def crossings(ask: Ask, wanted: str) -> list[Found]:
    """Crossings of the likeliest pairs of names; where no pair meets, the closest approach."""
    pairs = sorted(_pairs(ask, wanted), key=lambda pair: pair.cost)[: MOST * MOST]
    found = [(pair, one) for pair in pairs for one in _meeting(ask, pair)]
    met = [(pair, one) for pair, one in found if one.hit.exact]
    likely = {(pair.first, pair.second) for pair, _one in met if pair.worst <= RIVAL}
    whole = {(pair.first, pair.second) for pair, _one in met if pair.cost == 0}
    return [_weighed(pair, one, (pair.first, pair.second) in whole or len(likely) == 1) for pair, one in met] or [
        guess(one, one.hit.note) for _pair, one in found[:1]
    ]


def _meeting(ask: Ask, pair: _Pair) -> list[Found]:
    streets = ask.here.streets
    a, b = streets.all[pair.first], streets.all[pair.second]
    return [
        Found(pair.cost, _crossing(a, b, meeting), pair.blocks) for meeting in streets.meetings(pair.first, pair.second)
    ]


def _weighed(pair: _Pair, found: Found, certain: bool) -> Found:
    if pair.left:
        return guess(found, unknown(pair.left))
    if pair.nearby:
        return guess(found, NOTES["differs"])
    if certain and pair.cost <= 2 * ALIKE:
        return found
    return guess(found, NOTES[pair.why or "several"])


def _pairs(ask: Ask, wanted: str) -> Iterator[_Pair]:
    """Pairs of streets a text may name. A cut that also stands inside street names takes whole names alone."""
    lead = _LEAD.sub("", wanted)
    trimmed = _END.sub("", lead)
    cuts = list(_CUT.finditer(trimmed))
    for cut in cuts:
        yield from _cut(ask, trimmed[: cut.start()], trimmed[cut.end() :], cut[0])
    if not cuts and HAN.search(trimmed) and (trimmed != lead or "路口" in lead):
        yield from _side_by_side(ask, lead, trimmed)


def _cut(ask: Ask, first: str, second: str, mark: str) -> Iterator[_Pair]:
    names = ask.here.streets.names
    most = SPELT_WHOLE if _DOUBTFUL.search(mark) and HAN.search(first) else 9.0
    for a in names.likely(first, MOST):
        one, blocks = ask.blocks_in(a)
        for b in names.likely(second, MOST):
            other, more = ask.blocks_in(b)
            if one.thing == other.thing or max(one.cost, other.cost) > most:
                continue
            why = max(one, other, key=lambda likely: likely.cost).why
            left = " ".join(filter(None, (one.left, other.left)))
            costs = (one.cost, other.cost)
            around = (*blocks, *more)
            yield _Pair(sum(costs), one.thing, other.thing, left, why, around, "NEAR" in mark, max(costs))


SPELT_WHOLE: Final = 2.1  # a name misspelt once, and no more, around 与 and 和


def _side_by_side(ask: Ask, lead: str, trimmed: str) -> Iterator[_Pair]:
    """宝安大道前进路口: two names without a word between them; the last may have lost its 路 to 路口."""
    streets = ask.here.streets
    for text in dict.fromkeys((trimmed, lead.removesuffix("口"))):
        key = key_of(text)
        things = streets.names.index.within(key)[:4]
        rest = key
        for thing in things:
            rest = rest.replace(key_of(streets.all[thing].name), "", 1)
        blocks = ask.blocks_of(rest)
        for a, b in combinations(sorted(things, key=lambda k: key.find(key_of(streets.all[k].name))), 2):
            yield _Pair(0.0, a, b, "" if blocks else rest, "", blocks)


def _crossing(a: Street, b: Street, meeting: Meeting) -> AddressHit:
    text, text_en = f"{a.name}{BETWEEN}{b.name}", f"{a.name_en or a.name}{BETWEEN}{b.name_en or b.name}"
    at = meeting.point
    if meeting.gap_m == 0:
        return AddressHit("crossing", text, text_en, at.lon_e7, at.lat_e7, called="crossing")
    note = format_lazy(_("These streets do not meet; here they are {metres} m apart."), metres=round(meeting.gap_m))
    return AddressHit("crossing", text, text_en, at.lon_e7, at.lat_e7, exact=False, note=note, called="guess")
