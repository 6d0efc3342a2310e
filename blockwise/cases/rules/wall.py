"""Times as the clocks on the city's walls show them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from blockwise import clock
from blockwise.places.queries import city

HALF_A_YEAR = timedelta(days=182)


def zone() -> ZoneInfo:
    return ZoneInfo(city().timezone)


def shown(moment: datetime) -> datetime:
    """What the clocks show at `moment`, with its offset."""
    return moment.astimezone(zone())


def moments(wall: datetime) -> list[datetime]:
    """When the clocks show `wall` (no zone), with its offset: once as a rule, never where they skip it, twice where
    they are set back."""
    both = [shown(wall.replace(tzinfo=zone(), fold=fold).astimezone(UTC)) for fold in (0, 1)]
    there = [moment for moment in both if moment.replace(tzinfo=None, fold=0) == wall]
    return there if len({moment.utcoffset() for moment in there}) > 1 else there[:1]


def after_the_gap(wall: datetime) -> datetime:
    """What the clocks show next when they skip `wall`."""
    before = wall.replace(tzinfo=zone(), fold=1).utcoffset()
    after = wall.replace(tzinfo=zone(), fold=0).utcoffset()
    assert before is not None
    assert after is not None
    return wall + abs(before - after)


def turns() -> bool:
    """Whether the clocks are set forward and back here."""
    now = clock.now()
    return shown(now).utcoffset() != shown(now + HALF_A_YEAR).utcoffset()


def words(iso: str) -> str:
    """A kept time as it is read: 2026-11-27 09:00; as it stands there, where it is none."""
    moment = moment_of(iso)
    return shown(moment).strftime("%Y-%m-%d %H:%M") if moment else str(iso)


def moment_of(iso: object) -> datetime | None:
    """The time that was kept; None where it was damaged."""
    try:
        return datetime.fromisoformat(str(iso)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
