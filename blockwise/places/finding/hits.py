"""What the search answers with, and how it says what each answer is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from ..coordinates import Point

Called = Literal["door", "near", "street", "crossing", "landmark", "block", "sent", "guess"]
BETWEEN: Final = " / "  # the streets of a crossing
NOTES: Final[dict[str, Any]] = {
    "several": _("Several are called so: ask which."),
    "direction": _("The direction was not said: ask which."),
    "differs": _("Another name than the one typed: ask."),
    "begins": _("The name goes on from what was typed."),
    "holds": _("Only a part of the name was typed."),
    "initials": _("Found by its initials."),
    "spelling": _("Spelt otherwise on record: ask."),
}


@dataclass(frozen=True, slots=True)
class AddressHit:
    """A place that a text may mean. `kind`: dwelling, premises, public, number, block_face, between, crossing, street,
    landmark, block or position.

    `exact`: the very place asked for is on record. `called` says what this is: the door, the nearest door (`near`),
    the street, the crossing, the landmark, the block, a position that was sent, or a guess. `note` says why not exact.
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
    called: Called = "door"


@dataclass(frozen=True, slots=True)
class Found:
    """A hit with what it costs to believe in it (0: nothing), and the blocks that were named with it."""

    cost: float
    hit: AddressHit
    blocks: tuple[frozenset[str], ...] = ()


def guessed(hit: AddressHit, note: Any) -> AddressHit:
    """The same, as a guess; what was wrong first is what is said."""
    return replace(hit, exact=False, called="guess", note=hit.note or note)


def guess(found: Found, note: Any, cost: float = 0.0) -> Found:
    return replace(found, cost=found.cost + cost, hit=guessed(found.hit, note))


def unknown(words: str) -> Any:
    """The note that part of a text names nothing."""
    return format_lazy(_("“{words}” is not on record."), words=words[:40])


def ranked(found: list[Found], near: Point | None) -> list[Found]:
    """The exact first, then by what it costs to believe in them, then by nearness; the first of each place."""

    def order(one: Found) -> tuple[bool, float, int]:
        far = 0
        if near is not None:
            far = abs(one.hit.lon_e7 - near.lon_e7) + abs(one.hit.lat_e7 - near.lat_e7)
        return not one.hit.exact, round(one.cost, 2), far

    kept: dict[tuple[str, int, int], Found] = {}
    for one in sorted(found, key=order):
        kept.setdefault((one.hit.text, one.hit.lon_e7, one.hit.lat_e7), one)
    return list(kept.values())
