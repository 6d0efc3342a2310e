"""Doors on streets: on record, inside a range, or the nearest to the one asked for; never one that is not there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from django.db.models import Q
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ..models import Address
from ..names import key_of
from ..ranges import middle, nearest, sides_of
from ..streets import Street
from .ask import Ask
from .door import Door, Said, recorded
from .hits import NOTES, AddressHit, Found, guess, unknown
from .likely import ALIKE, RIVAL, WHOLE, Likely

CLOSEST: Final = 3  # offered when the number asked for is not on record
SAME_NUMBER: Final = 50
UNSURE: Final = 2  # streets that are guesses, and whose nearest doors are looked for all the same
Finder = Callable[[Street, bool], Sequence[AddressHit]]  # of a street, and whether it is looked for thoroughly


def on_streets(ask: Ask, likely: Sequence[Likely], find: Finder, rest: str = "") -> list[Found]:
    """What is found on the streets a name may mean, exact only where no other street or place could be meant."""
    found: list[Found] = []
    alike: set[int] = set()
    for number, one in enumerate(likely):
        street = ask.here.streets.all[one.thing]
        there, blocks = ask.blocks_in(one)
        hits = find(street, there.cost <= RIVAL or number < UNSURE)
        if there.cost <= RIVAL and any(hit.exact for hit in hits):
            alike.add(one.thing)
        found += [_weighed(Found(there.cost + k / 1000, hit, blocks), there, rest) for k, hit in enumerate(hits)]
    if any(one.cost < WHOLE and one.hit.exact for one in found):
        return [one for one in found if one.cost < RIVAL + WHOLE]
    return [guess(one, NOTES["several"]) for one in found] if len(alike) > 1 else found


def _weighed(found: Found, likely: Likely, rest: str) -> Found:
    if rest and rest not in found.hit.text:
        found = guess(found, unknown(rest))
    if likely.left:
        return guess(found, unknown(likely.left))
    return guess(found, NOTES[likely.why or "differs"]) if likely.cost > ALIKE else found


def door(ask: Ask, said: Said) -> list[Found]:
    """The door on each street that is likely."""
    likely = ask.here.streets.names.likely(said.street)
    rows = _Rows([ask.here.streets.all[one.thing].name for one in likely], said.door)
    return on_streets(ask, likely, lambda street, well: _on(street, rows, said.words, well), said.rest)


class _Rows:
    """What is on record of one door on several streets: two questions to the database for all of them."""

    def __init__(self, streets: Sequence[str], asked: Door) -> None:
        self.asked = asked
        self.first = asked.number if asked.lane is None else asked.lane
        self.doors: dict[str, list[tuple[Address, Door | None]]] = {}
        lanes = {f"{street}{asked.lane}弄": street for street in streets} if asked.lane is not None else {}
        named = Q(street__in=streets, number_value=self.first)
        if lanes:  # a lane stands among the streets by its own name, or in the numbers of its street
            named |= Q(street__in=lanes, number_value=asked.number)
        for row in Address.objects.filter(named).order_by("number", "code"):
            at = recorded(row.number)
            if at and row.street in lanes:
                at = replace(at, lane=asked.lane)
            self.doors.setdefault(lanes.get(row.street, row.street), []).append((row, at))
        self.sides = sides_of(streets) if asked.lane is None else {}


def _on(street: Street, rows: _Rows, words: str, well: bool) -> list[AddressHit]:
    asked, same = rows.asked, rows.doors.get(street.name, [])
    if there := [row for row, at in same if at == asked]:
        return [standing(row) for row in there]
    ranged = nearest(rows.sides.get(street.name, []), asked.number)
    if ranged and ranged[0] == asked.number and asked.plain and not any(at and at.plain for _row, at in same):
        return [AddressHit("number", *_numbered(street, asked.number), *ranged[1])]
    if not well:
        return []
    around = [*same[:SAME_NUMBER], *_around(street.name, rows.first)]
    close = [(_gap(asked, at), standing(row)) for row, at in around if at]
    if ranged:
        hit = AddressHit("number", *_numbered(street, ranged[0]), *ranged[1])
        close.append((_gap(asked, Door(ranged[0])), hit))
    note = format_lazy(_("Number {number} is not on record; this is the nearest."), number=words)
    ordered = sorted(((gap, hit) for gap, hit in close if gap is not None), key=lambda one: one[0])
    return [replace(hit, exact=False, called="near", note=note) for _gap, hit in ordered[:CLOSEST]]


def _around(street: str, first: int) -> list[tuple[Address, Door | None]]:
    rows = Address.objects.filter(street=street)
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


def faces(ask: Ask, name: str, number: int) -> list[Found]:
    """The block face whose numbers share the hundreds of `number`, on each street that is likely."""
    low = number - number % 100
    likely = ask.here.streets.names.likely(name)
    rows = _Rows([ask.here.streets.all[one.thing].name for one in likely], Door(low))
    return on_streets(ask, likely, lambda street, well: _face(street, rows, low, well))


def _face(street: Street, rows: _Rows, low: int, well: bool) -> list[AddressHit]:
    text = f"{low} Block of {street.name}"
    if place := middle(rows.sides.get(street.name, []), low, low + 99):
        return [AddressHit("block_face", text, text, *place, called="street")]
    inside = Address.objects.filter(street=street.name, number_value__range=(low, low + 99))
    if there := list(inside.order_by("number_value", "number")):
        at = there[len(there) // 2]
        return [AddressHit("block_face", text, text, at.lon_e7, at.lat_e7, called="street")]
    return _on(street, rows, str(low), well)


def street_hits(ask: Ask, name: str) -> list[Found]:
    """Streets by their name alone: each its middle."""

    def whole(street: Street, _well: bool) -> list[AddressHit]:
        point = ask.here.streets.middle_of(street)
        if point is None:
            return []
        return [AddressHit("street", street.name, street.name_en or street.name, *point, called="street")]

    return on_streets(ask, ask.here.streets.names.likely(name), whole)


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
