"""A recommendation in words: for each unit why it, or why not it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from blockwise.analysis.dispatch import Reason
from blockwise.units.models import Meaning

from .recommend import Judged, Recommendation
from .words import CAPABILITIES, MEANINGS

DIGITS = 9  # keys 1 to 9 choose
LEAST_SHARE, LEAST_OF_ONE = 0.0005, 0.005  # of the cover, that is worth a word
LISTED, SPARE = 6, 3  # units shown, at least; and beyond those to be sent


@dataclass(frozen=True)
class SpokenUnit:
    code: str
    call_sign: str
    minutes: str  # "3.4", empty beyond reach
    reason: str
    picked: bool
    overridable: bool  # it can be sent all the same, which is recorded
    digit: int | None
    lon: float
    lat: float


@dataclass(frozen=True)
class Spoken:
    units: tuple[SpokenUnit, ...]  # the picked ones first, then who could go too
    passed_over: tuple[SpokenUnit, ...]
    shortfalls: tuple[str, ...]
    needs: str
    considered: int
    cover_lost: str  # "1.2 %" of the residents; empty where it is nothing or not known

    def joins(self) -> list[dict[str, Any]]:
        """What the map joins to the case: the picked units, or the nearest one when none is picked."""
        chosen = [unit for unit in self.units if unit.picked] or list(self.units[:1])
        keys = ("call_sign", "minutes", "lon", "lat", "picked")
        return [{key: getattr(unit, key) for key in keys} for unit in chosen]


def spoken(found: Recommendation) -> Spoken:
    going = (*found.send, *found.next)[: max(LISTED, len(found.send) + SPARE)]
    units = tuple(_unit(one, place if place <= DIGITS else None) for place, one in enumerate(going, start=1))
    return Spoken(
        units=units,
        passed_over=tuple(_unit(one, None) for one in found.passed_over),
        shortfalls=tuple(_counted(name, count) for name, count in found.shortfalls.items() if count),
        needs=_("; ").join(_counted(name, count) for name, count in found.needs.items() if count),
        considered=found.considered,
        cover_lost=_share(found.cover_lost),
    )


def capability(name: str) -> str:
    return str(CAPABILITIES.get(name, name))


def _counted(name: str, count: int) -> str:
    return f"{capability(name)} {count}"


def _unit(one: Judged, digit: int | None) -> SpokenUnit:
    unit = one.unit
    minutes = "" if one.seconds is None else f"{one.seconds / 60:.1f}"
    picked = one.reason is Reason.PICKED
    lon, lat = unit.lon_e7 / 1e7, unit.lat_e7 / 1e7
    overridable = unit.case is None and one.reason in {Reason.OFF_SHIFT, Reason.BUSY}
    return SpokenUnit(unit.code, unit.call_sign, minutes, _reason(one), picked, overridable, digit, lon, lat)


def _reason(one: Judged) -> str:
    words = {
        "fills": capability(one.fills) if one.fills else "",
        "case": one.unit.case,
        "meaning": str(MEANINGS.get(Meaning(one.unit.meaning), one.unit.meaning)),
        "rank": one.rank,
    }
    reason = _pattern(one) % words
    if lost := _share(one.cover_lost, LEAST_OF_ONE):
        return _("%(reason)s; cover −%(share)s") % {"reason": reason, "share": lost}
    return reason


def _share(value: float | None, least: float = LEAST_SHARE) -> str:
    """In tenths of a percent; empty for less than `least`."""
    return "" if value is None or value < least else f"{100 * value:.1f} %"


def _pattern(one: Judged) -> str:
    match one.reason:
        case Reason.PICKED if one.rank == 1:
            return _("%(fills)s, free, nearest by road")
        case Reason.PICKED:
            return _("%(fills)s, free, number %(rank)s by road")
        case Reason.FARTHER:
            return _("free, number %(rank)s by road")
        case Reason.BUSY if one.unit.case:
            return _("on case %(case)s, %(meaning)s")
        case Reason.BUSY:
            return _("busy: %(meaning)s")
        case Reason.OFF_SHIFT:
            return _("off shift")
        case Reason.UNREACHABLE:
            return _("no way by road within an hour")
        case _:
            return _("cannot do this")
