"""Address search: standing addresses, numbers inside street ranges, block faces, crossings, streets.

What is not on record is never invented: the nearest number is offered instead, with `exact` false and a note.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations, groupby
from typing import Any, Final

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .coordinates import E7
from .current import Places, places
from .models import Address
from .names import key_of, plain
from .ranges import faces, nearest
from .streets import Meeting, Street

MOST: Final = 50
BETWEEN: Final = " / "  # the streets of a crossing
CLOSEST: Final = 3  # offered when the number asked for is not on record

_BLOCK = re.compile(r"(\d{1,6})\s*(?:BLOCK|BLK)\s+(?:OF\s+)?(.+)")
_NUMBER_FIRST = re.compile(r"(\d{1,6})-?([A-Z]?)(?:\s*-\s*\d+[A-Z]?)?\s+(.+)")
_NUMBER_LAST = re.compile(r"(.*?[^\d\s])\s*(\d{1,6})\s*([A-Z]?)(?:\s*[-之]\s*\d+)?\s*(?:号.*|號.*|NO\.?)?")
_CROSSING = re.compile(r"\s*[/&@\\]\s*|\s+(?:AND|AT)\s+|[与和]")
_CROSSING_END = re.compile(r"(?:的)?(?:交叉路?口|交汇处|路口|十字路口)$")


@dataclass(frozen=True, slots=True)
class AddressHit:
    """A place that a text may mean. `kind`: dwelling, premises, public, number, block_face, crossing or street.

    `exact` says that the place asked for is on record; otherwise `note` says what this is instead.
    """

    kind: str
    text: str
    text_en: str
    lon_e7: int
    lat_e7: int
    exact: bool = True
    note: Any = ""
    code: str = ""
    block: str | None = None


def search(text: str, limit: int = 10) -> list[AddressHit]:
    """Places a text may mean, the likeliest first; at most `limit` (to MOST). An unusable text finds nothing."""
    wanted = plain(text)
    if not re.search(r"\w", wanted):
        return []
    here = places()
    hits: dict[tuple[str, int, int], AddressHit] = {}
    for hit in _hits(here, wanted):
        hits.setdefault((hit.text, hit.lon_e7, hit.lat_e7), hit)
        if len(hits) >= min(limit, MOST) * 3:
            break
    ranked = sorted(hits.values(), key=lambda hit: not hit.exact)[: min(limit, MOST)]
    return [replace(hit, block=here.index.at(hit.lon_e7 / E7, hit.lat_e7 / E7)) for hit in ranked]


def _hits(here: Places, wanted: str) -> Iterator[AddressHit]:
    if crossings := _crossings(here, wanted):
        yield from crossings
        return
    if block := _BLOCK.fullmatch(wanted):
        yield from _on_streets(here, block[2], lambda street: _face(street, int(block[1])))
        return
    named = list(_numbered(here, wanted)) or list(_street_only(here, wanted))
    yield from named
    if not any(hit.exact for hit in named):
        yield from _by_name(here, wanted)


def _numbered(here: Places, wanted: str) -> Iterator[AddressHit]:
    if first := _NUMBER_FIRST.fullmatch(wanted):
        yield from _on_streets(here, first[3], lambda street: _door(street, int(first[1]), first[2]))
    elif last := _NUMBER_LAST.fullmatch(wanted):
        yield from _on_streets(here, last[1], lambda street: _door(street, int(last[2]), last[3]))


def _on_streets(here: Places, name: str, find: Callable[[Street], Iterable[AddressHit]]) -> Iterator[AddressHit]:
    """What is found on the streets a name may mean; not on unlikelier ones once the place is found."""
    for rank, group in groupby(here.streets.match(name), key=lambda hit: hit[0]):
        hits = [hit for _rank, k in group for hit in find(here.streets.all[k])]
        yield from hits
        if rank == 0 or any(hit.exact for hit in hits):
            return


def _door(street: Street, number: int, suffix: str) -> list[AddressHit]:
    rows = Address.objects.filter(street=street.name)
    same = list(rows.filter(number_value=number).order_by("number", "code")[:MOST])
    asked = f"{number}{suffix}"
    if exact := [row for row in same if row.number.upper() == asked]:
        return [_standing(row) for row in exact]
    ranged = nearest(street.name, number)
    if ranged and ranged[0] == number and not same:
        return [AddressHit("number", *_numbered_text(street, number), *ranged[1])]
    note = format_lazy(_("Number {number} is not on record; this is the nearest."), number=asked)
    below = rows.filter(number_value__lt=number).order_by("-number_value", "number")[:CLOSEST]
    above = rows.filter(number_value__gt=number).order_by("number_value", "number")[:CLOSEST]
    close = [(abs(row.number_value - number), _standing(row)) for row in (*same, *below, *above)]
    if ranged:
        close.append((abs(ranged[0] - number), AddressHit("number", *_numbered_text(street, ranged[0]), *ranged[1])))
    close.sort(key=lambda hit: hit[0])
    return [replace(hit, exact=False, note=note) for _gap, hit in close[:CLOSEST]]


def _face(street: Street, number: int) -> list[AddressHit]:
    """The block face whose numbers share the hundreds of `number`."""
    low = number - number % 100
    text = f"{low} Block of {street.name}"
    if place := faces(street.name, low, low + 99):
        return [AddressHit("block_face", text, text, *place)]
    inside = Address.objects.filter(street=street.name, number_value__range=(low, low + 99))
    if rows := list(inside.order_by("number_value", "number")):
        middle = rows[len(rows) // 2]
        return [AddressHit("block_face", text, text, middle.lon_e7, middle.lat_e7)]
    return _door(street, low, "")


def _street_only(here: Places, wanted: str) -> Iterator[AddressHit]:
    for rank, k in here.streets.match(wanted):
        street = here.streets.all[k]
        if point := here.streets.middle(k):
            note = "" if rank < 4 else _("Only the street was found.")
            at = (point.lon_e7, point.lat_e7)
            yield AddressHit("street", street.name, street.name_en or street.name, *at, exact=not note, note=note)


def _crossings(here: Places, wanted: str) -> list[AddressHit]:
    """Crossings of the likeliest pair of names; where no pair meets, the closest approach."""
    found: list[tuple[int, AddressHit]] = []
    for rank, first, second in sorted(_pairs(here, wanted)):
        if found and found[0][1].exact and rank > found[0][0]:
            break
        a, b = here.streets.all[first], here.streets.all[second]
        found += [(rank, _crossing(a, b, meeting)) for meeting in here.streets.meetings(first, second)]
        found.sort(key=lambda hit: (not hit[1].exact, hit[0]))
    return [hit for _rank, hit in found if hit.exact] or [hit for _rank, hit in found[:1]]


def _pairs(here: Places, wanted: str) -> Iterator[tuple[int, int, int]]:
    """Pairs of streets a text may name: (rank, position, position)."""
    trimmed = _CROSSING_END.sub("", wanted)
    match = here.streets.match
    for cut in _CROSSING.finditer(trimmed):
        worst = 1 if cut[0] in "与和" else 9  # these two also stand inside street names
        for rank_a, a in match(trimmed[: cut.start()]):
            for rank_b, b in match(trimmed[cut.end() :]):
                if a != b and max(rank_a, rank_b) <= worst:
                    yield rank_a + rank_b, a, b
    if trimmed != wanted:
        for a, b in combinations(here.streets.names.within(key_of(trimmed))[:4], 2):
            yield 0, a, b


def _crossing(a: Street, b: Street, meeting: Meeting) -> AddressHit:
    text, text_en = f"{a.name}{BETWEEN}{b.name}", f"{a.name_en or a.name}{BETWEEN}{b.name_en or b.name}"
    at = meeting.point
    if meeting.gap_m == 0:
        return AddressHit("crossing", text, text_en, at.lon_e7, at.lat_e7)
    note = format_lazy(_("These streets do not meet; here they are {metres} m apart."), metres=round(meeting.gap_m))
    return AddressHit("crossing", text, text_en, at.lon_e7, at.lat_e7, exact=False, note=note)


def _by_name(here: Places, wanted: str) -> Iterator[AddressHit]:
    """Addresses whose text names more than street and number (a building, a shop) and holds the words typed."""
    yield from (_standing(row) for row in Address.objects.filter(pk__in=here.named.find(wanted, MOST)))


def _standing(row: Address) -> AddressHit:
    return AddressHit(row.use, row.text, row.text_en, row.lon_e7, row.lat_e7, code=row.code)


def _numbered_text(street: Street, number: int) -> tuple[str, str]:
    if street.name.isascii():
        return (f"{number} {street.name}",) * 2
    return f"{street.name}{number}号", f"{number} {street.name_en or street.name}"
