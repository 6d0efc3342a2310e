"""The own clock of a replay: as fast as it goes, or a fixed number of times faster than the machine's."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from blockwise import clock
from blockwise.ledger.models import ReplayClock
from blockwise.places.queries import city
from blockwise.problems import Forbidden

LONGEST_SLEEP_S = 0.5


def demand_replayable() -> None:
    """Forbidden unless this database was made for replays (or is a demonstration) and this is not production."""
    if settings.MODE == "production":
        raise Forbidden(_("A replay is refused in production."), fix=_("Use an installation of its own."))
    if city().purpose not in {"replay", "demo"}:
        fix = _("Load the city with --purpose replay into a database of its own.")
        raise Forbidden(_("This database is not for replays."), where="city", fix=fix)


class Pace:
    """Waits until a city time comes. `speed` is city seconds a machine second, None as fast as it goes.

    With `own_clock` every other process of this database follows the replay's time; without, city time is the
    machine's and only the past is played faster.
    """

    def __init__(self, start: datetime, speed: float | None, *, own_clock: bool = True) -> None:
        self.start, self.speed, self.own_clock = start, speed, own_clock
        self.machine_start = clock.real_now()
        if own_clock:
            self._tell(start, self.machine_start, speed or 0.0)

    def wait_until(self, moment: datetime) -> None:
        """Return when city time has come to `moment`; at once when it has passed."""
        if self.speed is None:
            return
        while (left := (moment - self.now()).total_seconds() / self.speed) > 0:
            time.sleep(min(left, LONGEST_SLEEP_S))

    def now(self) -> datetime:
        """City time as this pace has it; with no speed, the distant past."""
        if self.speed is None:
            return datetime.min.replace(tzinfo=UTC)
        return self.start + (clock.real_now() - self.machine_start) * self.speed

    def reached(self, moment: datetime) -> None:
        """Tell the other processes how far a replay without speed has come."""
        if self.own_clock and self.speed is None:
            self._tell(moment, clock.real_now(), 0.0)

    def stop(self, moment: datetime) -> None:
        """The replay is over: its clock stands still at `moment`."""
        if self.own_clock:
            self._tell(moment, clock.real_now(), 0.0)

    def _tell(self, city_at: datetime, machine_at: datetime, speed: float) -> None:
        values = {"city_at": city_at, "machine_at": machine_at, "speed": speed}
        ReplayClock.objects.update_or_create(pk=1, defaults=values)
