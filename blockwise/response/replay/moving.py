"""Where a simulated unit is while it drives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from blockwise.places.roads import Way, ways_to
from blockwise.units.models import Unit


@dataclass(frozen=True)
class Journey:
    """A way begun at `starts`; `status_at` is when the unit's status was set, so that a newer order ends it."""

    way: Way
    starts: datetime
    status_at: datetime

    def point(self, at: datetime) -> tuple[float, float]:
        """Longitude and latitude at a moment, at the end once it has arrived."""
        elapsed = (at - self.starts).total_seconds()
        lon, lat = (float(np.interp(elapsed, self.way.seconds, self.way.points[:, axis])) for axis in (0, 1))
        return lon, lat

    def arrived(self, at: datetime) -> bool:
        return at >= self.starts + timedelta(seconds=float(self.way.seconds[-1]))

    def is_over(self, unit: str, at: datetime) -> bool:
        """Whether the unit was given something else to do since."""
        return at > self.starts and not Unit.objects.filter(pk=unit, status_at=self.status_at).exists()


def journey(unit: str, to: tuple[float, float], at: datetime) -> Journey | None:
    """The way by road from where the unit is now; None where there is none."""
    found = Unit.objects.get(pk=unit)
    start, end = (found.lon_e7, found.lat_e7), (round(to[0] * 1e7), round(to[1] * 1e7))
    [there] = ways_to(end, [start], at)
    return Journey(there, at, found.status_at) if there is not None else None
