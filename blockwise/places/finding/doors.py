"""Doors on streets: on record, inside a range, or the nearest to the one asked for; never one that is not there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from django.db.models import QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ..models import Address
from ..names import key_of
from ..ranges import faces, nearest
from ..streets import Street
from .ask import Ask
from .door import Door, Said, recorded
from .hits import NOTES, AddressHit, Found, guess, unknown
from .likely import ALIKE, RIVAL, Likely

CLOSEST: Final = 3  # offered when the number asked for is not on record
SAME_NUMBER: Final = 50
Finder = Callable[[Street], Sequence[AddressHit]]


def on_streets(ask: Ask, name: str, find: Finder, rest: str = "") -> list[Found]:
    """What is found on the streets a name may mean, exact only where no other street or place could be meant."""
    found: list[Found] = []
    rivals: dict[int, int] = {}
    for likely in ask.here.streets.names.likely(name):
        street = ask.here.streets.all[likely.thing]
        there, blocks = ask.blocks_in(likely)
        hits = find(street)
        if there.cost <= RIVAL and any(hit.exact for hit in hits):
            rivals[likely.thing] = 1
        found += [_weighed(Found(there.cost + k / 1000, hit, blocks), there, rest) for k, hit in enumerate(hits)]
    certain = any(one.cost < ALIKE / 2 and one.hit.exact for one in found if not one.hit.note)
    if len(rivals) > 1:
        found = [one if one.cost < ALIKE / 4 else guess(one, NOTES["several"]) for one in found]
    return [one for one in found if one.cost < RIVAL + 0.05] if certain else found


def _weighed(found: Found, likely: Likely, rest: str) -> Found:
    if rest and rest not in found.hit.text:
        found = guess(found, unknown(rest))
    if likely.left:
        return guess(found, unknown(likely.left))
    return guess(found, NOTES[likely.why or "differs"]) if likely.cost > ALIKE else found


def door(ask: Ask, said: Said) -> list[Found]:
    """The door on each street that is likely."""
    return on_streets(ask, said.street, lambda street: _on(street, said.door, said.words), said.rest)


def _on(street: Street, asked: Door, words: str) -> list[AddressHit]:
    rows = Address.objects.filter(street=street.name)
    first = asked.number if asked.lane is None else asked.lane
    same = [(row, recorded(row.number)) for row in rows.filter(number_value=first).order_by("number", "code")]
    if asked.lane is not None and (inner := _in_lane(street, asked)):
        return inner
    if there := [row for row, at in same if at == asked]:
        return [standing(row) for row in there]
    ranged = nearest(street.name, asked.number) if asked.lane is None else None
    if ranged and ranged[0] == asked.number and asked.plain and not any(at and at.plain for _row, at in same):
        return [AddressHit("number", *_numbered(street, asked.number), *ranged[1])]
    close = [(_gap(asked, at), standing(row)) for row, at in [*same[:SAME_NUMBER], *_around(rows, first)] if at]
    if ranged:
        on_side = Door(ranged[0])
        close.append((_gap(asked, on_side), AddressHit("number", *_numbered(street, ranged[0]), *ranged[1])))
    note = format_lazy(_("Number {number} is not on record; this is the nearest."), number=words)
    ordered = sorted(((gap, hit) for gap, hit in close if gap is not None), key=lambda one: one[0])
    return [replace(hit, exact=False, called="near", note=note) for _gap, hit in ordered[:CLOSEST]]


def _in_lane(street: Street, asked: Door) -> list[AddressHit]:
    """Where the lane stands among the streets by its own name: 中山路123弄."""
    rows = Address.objects.filter(street=f"{street.name}{asked.lane}弄", number_value=asked.number)
    return [standing(row) for row in rows.order_by("code") if recorded(row.number) == replace(asked, lane=None)]


def _around(rows: QuerySet[Address], first: int) -> list[tuple[Address, Door | None]]:
    below = rows.filter(number_value__lt=first).order_by("-number_value", "number")
    above = rows.filter(number_value__gt=first).order_by("number_value", "number")
    found = [*below[: CLOSEST * 3], *above[: CLOSEST * 3]]
    return [(row, recorded(row.number)) for row in found]


def _gap(asked: Door, at: Door) -> tuple[int, int, int] | None:
    """How far apart two doors of a street are: by number, then by what is written beside it. None: in another lane."""
    if asked.lane != at.lane:
        return None
    unlike = (asked.mark != at.mark) + (asked.building != at.building)
    return abs(asked.number - at.number), 0 if at.plain or at == asked else 1, unlike


def face(street: Street, number: int) -> list[AddressHit]:
    """The block face whose numbers share the hundreds of `number`."""
    low = number - number % 100
    text = f"{low} Block of {street.name}"
    if place := faces(street.name, low, low + 99):
        return [AddressHit("block_face", text, text, *place, called="street")]
    inside = Address.objects.filter(street=street.name, number_value__range=(low, low + 99))
    if rows := list(inside.order_by("number_value", "number")):
        middle = rows[len(rows) // 2]
        return [AddressHit("block_face", text, text, middle.lon_e7, middle.lat_e7, called="street")]
    return _on(street, Door(low), str(low))


def street_hits(ask: Ask, name: str) -> list[Found]:
    """Streets by their name alone: each its middle."""

    def middle(street: Street) -> list[AddressHit]:
        point = ask.here.streets.middle_of(street)
        if point is None:
            return []
        return [AddressHit("street", street.name, street.name_en or street.name, *point, called="street")]

    return on_streets(ask, name, middle)


def named(ask: Ask, wanted: str, most: int) -> list[Found]:
    """Addresses whose text names more than street and number (a building, a shop) and holds the words typed."""
    codes = ask.here.named.find(wanted, most)
    rows = Address.objects.filter(pk__in=codes).order_by("pk")
    place = bool(ask.blocks_of(key_of(wanted))) or any(
        one.cost <= RIVAL for one in ask.here.streets.names.likely(wanted, 1)
    )  # a street or a block, and no building
    found = [(row, not place and ask.here.named.whole(row, wanted)) for row in rows]
    alone = sum(whole for _row, whole in found) == 1
    return [
        Found(0.0, standing(row)) if whole and alone
        else guess(Found(0.9, standing(row)), NOTES["several" if whole else "holds"])
        for row, whole in found
    ]  # fmt: skip


def standing(row: Address) -> AddressHit:
    return AddressHit(row.use, row.text, row.text_en, row.lon_e7, row.lat_e7, code=row.code)


def _numbered(street: Street, number: int) -> tuple[str, str]:
    if street.name.isascii():
        return (f"{number} {street.name}",) * 2
    return f"{street.name}{number}号", f"{number} {street.name_en or street.name}"
