"""A grant's period: dates as people write them, in the city's zone, made into moments."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


def first_moment(day: date | None, zone: ZoneInfo) -> datetime:
    """When `day` begins in the city; ALWAYS for none."""
    return _midnight(day, zone) if day else ALWAYS


def last_moment(day: date | None, zone: ZoneInfo) -> datetime | None:
    """When `day` is over in the city, the day itself included; None for no end."""
    return _midnight(day + timedelta(days=1), zone) if day else None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of the day, also where the clocks are changed at midnight and 00:00 does not exist."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
