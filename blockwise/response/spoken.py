"""A recommendation in words: who is coming, and for each unit why it, or why not it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from blockwise.analysis.dispatch import Reason
from blockwise.cases.kinds.model import Kind
from blockwise.cases.rules.words import block_words
from blockwise.units.models import Meaning

from .needs import ALARM
from .recommend import Filled, Judged, Recommendation
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
    there: bool  # it works on this very case
    off: int | None  # the case that it would be taken off
    override: bool  # it is not free to go: sent all the same, which is recorded
    digit: int | None
    lon: float
    lat: float

    @property
    def value(self) -> str:
        """As a form names it: a busy one with its case."""
        return f"{self.code}@{self.off}" if self.off else self.code


@dataclass(frozen=True)
class SpokenFilled:
    call_sign: str
    fills: str
    minutes: str
    late: str  # "10 min late since 10:32: traffic"
    faster: str  # "P3 could be there in 4.0 min"


@dataclass(frozen=True)
class Spoken:
    filled: tuple[SpokenFilled, ...]
    units: tuple[SpokenUnit, ...]  # the picked ones first, then who could go too
    passed_over: tuple[SpokenUnit, ...]
    found: tuple[SpokenUnit, ...]
    shortfalls: tuple[str, ...]
    needs: str  # what is still needed; empty when all is filled
    kinds: tuple[tuple[str, str], ...]  # capabilities of which one more may be asked for, the type's own first
    others: tuple[tuple[str, str], ...]
    alarm: int
    next_alarm: int | None  # None: the kind has no further level
    considered: int
    cover_lost: str  # "1.2 %" of the residents; empty where it is nothing or not known
    to_block: str  # as Recommendation has it, by its name

    def joins(self) -> list[dict[str, Any]]:
        """What the map joins to the case: the picked units, or the nearest one when none is picked."""
        chosen = [unit for unit in self.units if unit.picked] or list(self.units[:1])
        keys = ("code", "call_sign", "minutes", "lon", "lat", "picked")
        return [{key: getattr(unit, key) for key in keys} for unit in chosen]


def spoken(found: Recommendation, kind: Kind) -> Spoken:
    faster = {one.faster.unit.code for one in found.filled if one.faster}
    following = sorted(found.next, key=lambda one: one.unit.code not in faster)
    unit = partial(_unit, kind=kind, middle=bool(found.to_block))
    going = (*found.send, *following)[: max(LISTED, len(found.send) + SPARE)]
    level = kind.field_named(ALARM)
    higher = found.alarm + 1 if level and level.high and found.alarm < level.high else None
    return Spoken(
        filled=tuple(_filled(one, kind) for one in found.filled),
        units=tuple(unit(one, place=place) for place, one in enumerate(going, start=1)),
        passed_over=tuple(unit(one) for one in found.passed_over),
        found=tuple(unit(one) for one in found.found),
        shortfalls=tuple(_counted(name, count) for name, count in found.shortfalls.items() if count),
        needs=_("; ").join(_counted(name, count) for name, count in found.needs.items() if count),
        kinds=tuple((name, capability(name)) for name in found.needs),
        others=tuple((name, str(words)) for name, words in CAPABILITIES.items() if name not in found.needs),
        alarm=found.alarm,
        next_alarm=higher,
        considered=found.considered,
        cover_lost=_share(found.cover_lost),
        to_block=str(block_words(found.to_block)) if found.to_block else "",
    )


def capability(name: str) -> str:
    return str(CAPABILITIES.get(name, name))


def _counted(name: str, count: int) -> str:
    return f"{capability(name)} {count}"


def _filled(one: Filled, kind: Kind) -> SpokenFilled:
    late = faster = ""
    if one.delay:
        words = {"minutes": one.delay.minutes, "time": at(one.delay.at), "why": why_of(kind, "delay", one.delay.why)}
        late = _("about %(minutes)s min late, told at %(time)s: %(why)s") % words
    if one.faster:
        words = {"unit": one.faster.unit.call_sign, "minutes": _minutes(one.faster.seconds)}
        faster = _("%(unit)s could be there before it, in %(minutes)s min") % words
    return SpokenFilled(
        one.unit.call_sign, capability(one.fills) if one.fills else "", _minutes(one.seconds), late, faster
    )


def at(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%H:%M")


def why_of(kind: Kind, act: str, code: str) -> str:
    """A declared reason of an act in words; as it stands where the kind does not know it."""
    declared = kind.act(act)
    return str(dict(declared.why).get(code, code)) if declared else code


def _minutes(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds / 60:.1f}"


def _unit(one: Judged, *, kind: Kind, middle: bool, place: int = DIGITS + 1) -> SpokenUnit:
    unit = one.unit
    return SpokenUnit(
        code=unit.code,
        call_sign=unit.call_sign,
        minutes=_minutes(one.seconds),
        reason=_reason(one, kind, middle),
        picked=one.reason is Reason.PICKED,
        there=one.here,
        off=None if one.here else unit.case,
        override=unit.case is None and (unit.meaning != Meaning.AVAILABLE or not unit.on_shift),
        digit=place if place <= DIGITS else None,
        lon=unit.lon_e7 / 1e7,
        lat=unit.lat_e7 / 1e7,
    )


def _reason(one: Judged, kind: Kind, middle: bool) -> str:
    words = {
        "fills": capability(one.fills) if one.fills else "",
        "case": one.unit.case,
        "meaning": str(MEANINGS.get(Meaning(one.unit.meaning), one.unit.meaning)),
        "rank": one.rank,
    }
    reason = _pattern(one, middle) % words
    if one.stood_down and one.stood_down.cleared_at:
        left = {"time": at(one.stood_down.cleared_at), "why": why_of(kind, "stand_down", one.stood_down.ended_why)}
        reason = _("%(reason)s; %(left)s") % {
            "reason": reason,
            "left": _("stood down at %(time)s: %(why)s") % left,
        }
    if lost := _share(one.cover_lost, LEAST_OF_ONE):
        return _("%(reason)s; cover −%(share)s") % {"reason": reason, "share": lost}
    return reason


def _share(value: float | None, least: float = LEAST_SHARE) -> str:
    """In tenths of a percent; empty for less than `least`."""
    return "" if value is None or value < least else f"{100 * value:.1f} %"


def _pattern(one: Judged, middle: bool) -> str:
    """`middle`: measured to the middle of a block, so that nobody is called the nearest to a call without a place."""
    match one.reason:
        case _ if one.here:
            return _("on this case, %(meaning)s")
        case Reason.PICKED if middle:
            return _("%(fills)s, free, number %(rank)s by road to the block's middle")
        case Reason.PICKED if one.rank == 1:
            return _("%(fills)s, free, nearest by road")
        case Reason.PICKED:
            return _("%(fills)s, free, number %(rank)s by road")
        case Reason.FARTHER | Reason.STOOD_DOWN:
            return _("free, number %(rank)s by road")
        case _ if one.unit.case:
            return _("on case %(case)s, %(meaning)s")
        case Reason.BUSY if one.unit.meaning == Meaning.OFF_DUTY:
            return "%(meaning)s"
        case Reason.BUSY:
            return _("busy: %(meaning)s")
        case Reason.OFF_SHIFT:
            return _("off shift")
        case Reason.UNREACHABLE:
            return _("no way by road within an hour")
        case _ if one.unit.meaning != Meaning.AVAILABLE:
            return _("busy: %(meaning)s")
        case _ if not one.unit.on_shift:
            return _("off shift")
        case _:
            return _("free, but of another kind")
