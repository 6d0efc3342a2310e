from __future__ import annotations

from datetime import timedelta

from blockwise import clock
from blockwise.access.actors import Actor
from blockwise.response.replay.pace import Pace
from blockwise.response.replay.recommended import STANDING, Simulation
from blockwise.units import queries as units
from blockwise.units.models import Meaning, Unit


def test_units_that_stand_still_report_again_and_again(dispatcher: Actor) -> None:
    """Otherwise a quiet city would be a map of old positions."""
    start = clock.real_now()
    Unit.objects.filter(pk="P2").update(meaning=Meaning.OFF_DUTY)
    simulation = Simulation(Pace(start, None, own_clock=False), 1, moving=True)
    simulation.stand(start)
    reported = dict(Unit.objects.values_list("pk", "position_at"))
    assert reported == dict.fromkeys(("P1", "P3", "M1", "F1"), start) | dict.fromkeys(("P2", "V1"))
    later = start + 3 * STANDING + timedelta(seconds=1)
    simulation.run_until(later)
    assert set(Unit.objects.values_list("position_at", flat=True)) == {start + 3 * STANDING, None}
    with clock.at(later):
        assert not any(shown.stale for shown in units.board(dispatcher))
