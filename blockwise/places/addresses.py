"""Place search: what a text may mean, as people say it, and for each answer what it is.

What is not on record is never invented, and what is not the place asked for is never called exact: it is the nearest
door, only the street, or a guess, with a note that says why.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .coordinates import E7, Point
from .current import BlockFacts, Places, places
from .finding.ask import Ask, Blocks
from .finding.beside import beside
from .finding.between import between
from .finding.chinese import HAN
from .finding.crossings import crossings
from .finding.door import halves, said, without_inside
from .finding.doors import door, faces, named, street_hits
from .finding.hits import AddressHit, Found, guess, guessed, ranked, unknown
from .finding.likely import ALIKE, RIVAL
from .finding.marks import landmarks, of_kind, roadside
from .names import key_of, plain
from .pasted import NAMES, positions

MOST: Final = 50

_BLOCK: Final = re.compile(r"(?:THE\s+)?(\d{1,6})\s*(?:BLOCK|BLK)\s+(?:OF\s+)?(?:BLK\s+)?(.+)")
_CODED: Final = re.compile(r"(?:BLOCK\s+|网格|责任区|块)?([0-9A-Z]{1,24})(?:网格|块)?")
_STATE: Final = re.compile(r"(?:[A-Z]{2}\s+)?\d{5}(?:-\d{4})?|[A-Z]{2}|USA|UNITED STATES|CHINA")


def search(text: str, limit: int = 10, near: Point | None = None) -> list[AddressHit]:
    """Places a text may mean, the likeliest first; at most `limit` (to MOST). An unusable text finds nothing.

    Of guesses that are alike, the nearest to `near` come first.
    """
    most = min(limit, MOST)
    if sent := _sent(text):
        return sent[:most]
    wanted = halves(plain(text))
    if not re.search(r"\w", wanted):
        return []
    here = places()
    found = [_placed(here, one) for one in _found(Ask(here, near), wanted)]
    return [one.hit for one in ranked(found, near)][:most]


def _found(ask: Ask, wanted: str) -> list[Found]:
    if block := _by_code(ask.here, wanted):
        return [block]
    for read in (_beside, _between, roadside):
        if found := read(ask, wanted):
            return found
    return _anything(ask, wanted)


def _beside(ask: Ask, wanted: str) -> list[Found]:
    if (read := beside(wanted)) is None:
        return []
    rest, note = read
    return [guess(one, note) for one in _anything(ask, rest)]


def _between(ask: Ask, wanted: str) -> list[Found]:
    return between(ask, wanted, _anything)


def _anything(ask: Ask, wanted: str) -> list[Found]:
    """Doors, streets, crossings, landmarks and buildings; beside what is exact, only what could be meant as well."""
    if block := _BLOCK.fullmatch(wanted):
        return faces(ask, without_inside(block[2]), int(block[1]))
    crossed = crossings(ask, wanted)
    found = crossed + landmarks(ask, wanted) + named(ask, wanted, MOST)
    around, rest, left = _apart(ask, wanted)
    doors = [one for cut in said(rest) for one in door(around, cut)]
    settled = [one for one in (*found, *doors) if one.hit.exact or (one.hit.called == "near" and one.cost < ALIKE)]
    if not settled:
        doors += of_kind(ask, wanted) + ([] if crossed else street_hits(around, rest))
    found += [guess(one, unknown(left)) for one in doors] if left else doors
    found += _by_block(ask.here, wanted)
    exact = [one for one in found if one.hit.exact]
    return [one for one in found if one.hit.exact or one.cost <= RIVAL] if exact else found


def _apart(ask: Ask, wanted: str) -> tuple[Ask, str, str]:
    """What follows commas: blocks of the city, which must be the place's own; a flat or floor; else unknown words."""
    first, *after = [part.strip() for part in re.split(r"\s*[,;，；]\s*", without_inside(wanted)) if part.strip()] or [
        ""
    ]
    if first.isdigit() and after:
        first = f"{first} {after.pop(0)}"
    blocks: Blocks = ()
    left: list[str] = []
    for part in after:
        if part and (named_here := ask.blocks_of(key_of(part))):
            blocks += named_here
        elif without_inside(part) and not (blocks and _STATE.fullmatch(part)):
            left.append(part)
    return replace(ask, blocks=blocks), without_inside(first), " ".join(left)


def _placed(here: Places, found: Found) -> Found:
    """With its block; where other blocks were named than it lies in, a guess."""
    hit = found.hit
    at = hit.block or here.index.at(hit.lon_e7 / E7, hit.lat_e7 / E7)
    found = replace(found, hit=replace(hit, block=at))
    apart = [codes for codes in found.blocks if not any((at or "").startswith(code) for code in codes)]
    if not apart:
        return found
    return guess(found, _("It lies in another block than the one named: ask."), RIVAL)


def _by_code(here: Places, wanted: str) -> Found | None:
    """A block by its code."""
    coded = _CODED.fullmatch("".join(wanted.split()) if HAN.search(wanted) else wanted)
    facts = here.blocks.get(coded[1]) if coded else None
    return _block(facts) if facts and facts.retired_on is None else None


def _by_block(here: Places, wanted: str) -> list[Found]:
    """Blocks by their whole name."""
    codes = here.blocks_by_key.get(key_of(wanted), frozenset())
    found = [_block(here.blocks[code]) for code in sorted(codes)]
    return [guess(one, _("Several are called so: ask which.")) if len(found) > 1 else one for one in found]


def _block(facts: BlockFacts) -> Found:
    note = _("A block; this is its middle.")
    name_en = facts.name_en or facts.name
    at = (facts.lon_e7, facts.lat_e7)
    hit = AddressHit("block", facts.name, name_en, *at, note=note, code=facts.code, block=facts.code, called="block")
    return Found(0.0, hit)


def _sent(text: str) -> list[AddressHit]:
    """Positions that a text holds; where they may be in several systems, each is offered by its name."""
    sent = positions(text)
    hits = []
    for one in sent:
        words = f"{one.point.lat:.6f}, {one.point.lon:.6f}"
        note = format_lazy("{words} · {system}", words=_("a position that was sent"), system=NAMES[one.crs])
        at = (one.point.lon_e7, one.point.lat_e7)
        hits.append(AddressHit("position", words, words, *at, exact=one.certain, note=note, called="sent"))
    here = places() if hits else None
    return [replace(hit, block=here.index.at(hit.lon_e7 / E7, hit.lat_e7 / E7)) for hit in hits] if here else []


__all__ = ["MOST", "AddressHit", "guessed", "search"]
