"""Positions go through small steps in order; what is not used is listed with its reason."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blockwise import clock
from blockwise.access.actors import REPLAY, Actor
from blockwise.ledger.models import Line
from blockwise.problems import Forbidden, Invalid
from blockwise.units.actions import forget_tracks
from blockwise.units.models import Track, Unit
from blockwise.units.positions import STEPS, Fix
from blockwise.units.reporting import Reported, report_positions
from tests.people import People, point_in

from .conftest import NOW, call, crew_of, do

SECOND = timedelta(seconds=1)
LON, LAT = point_in("99010101")
METRE = 1 / 111_195  # degrees of latitude


def fix(unit: str = "P1", north: float = 0.0, seconds: float = 0, **more: Any) -> Fix:
    values: dict[str, Any] = {
        "unit": unit,
        "lon": LON,
        "lat": LAT + north * METRE,
        "at": NOW + seconds * SECOND,
        **more,
    }
    return Fix(**values)


def reasons(done: Reported) -> list[tuple[int, str]]:
    return [(one.index, str(one.reason)) for one in done.ignored]


def test_the_steps_and_their_order() -> None:
    assert [step.__name__ for step in STEPS] == [
        "known", "allowed", "on_duty", "of_this_clock", "timely", "in_a_block", "exact", "plausible", "moving",
        "arrived",
    ]  # fmt: skip


def test_a_batch_moves_its_units_and_writes_no_line(dispatcher: Actor) -> None:
    lines = Line.objects.count()
    lon, lat = point_in("99010102")
    done = report_positions([fix(north=100), Fix("P2", lon, lat, NOW)], dispatcher)
    assert (done.accepted, done.ignored) == (2, ())
    one, two = Unit.objects.get(pk="P1"), Unit.objects.get(pk="P2")
    assert (one.lat_e7, one.position_at, one.block_id) == (round((LAT + 100 * METRE) * 1e7), NOW, "99010101")
    assert (two.block_id, two.lon_e7) == ("99010102", round(lon * 1e7))
    assert Track.objects.count() == 2
    assert Line.objects.count() == lines


def test_one_units_fixes_are_taken_in_order_of_time(dispatcher: Actor) -> None:
    with clock.at(NOW + 60 * SECOND):
        batch = [fix(north=200, seconds=20), fix(north=100, seconds=10), fix(north=300, seconds=30)]
        done = report_positions(batch, dispatcher)
    assert done.accepted == 3
    assert Unit.objects.get(pk="P1").lat_e7 == round((LAT + 300 * METRE) * 1e7)
    assert [track.at for track in Track.objects.order_by("pk")] == [NOW + n * SECOND for n in (10, 20, 30)]


def test_each_thing_that_is_ignored_says_why(dispatcher: Actor) -> None:
    report_positions([fix("P1")], dispatcher)
    Unit.objects.filter(pk="F1").update(meaning="off_duty", status="off")
    batch = [
        fix("NOPE"),
        fix("P3", seconds=1),  # stands in 9902
        fix("F1", seconds=1),
        fix("P1", seconds=0),
        fix("P1", seconds=-30),
        fix("P1", seconds=61),
        fix("P2", seconds=-3601),
        fix("P1", at=datetime(2026, 5, 6, 2, 0)),  # noqa: DTZ001  (the point is that it has no zone)
        fix("P1", seconds=1, lon=0.0, lat=0.0),
        fix("P1", seconds=1, lon=math.nan),
        fix("P1", seconds=1, lon=LAT, lat=LON),
        fix("P1", seconds=1, crs="mercator"),
        fix("P1", seconds=2, north=381),
        fix("P1", seconds=2, accuracy_m=71),
        fix("P1", seconds=2, accuracy_m=5001),
        fix("P1", seconds=2, accuracy_m=math.nan),
        fix("P1", seconds=3, north=5),
    ]
    done = report_positions(batch, dispatcher)
    assert reasons(done) == [
        (0, "There is no such unit."),
        (1, "This lies outside the blocks your role is for."),
        (2, "The unit is off duty."),
        (3, "A newer position is known."),
        (4, "A newer position is known."),
        (5, "The time lies in the future, or has no zone."),
        (6, "The position is too old."),
        (7, "The time lies in the future, or has no zone."),
        (8, "Longitude and latitude are both 0: the place is missing."),
        (9, "Longitude is not a finite number."),
        (10, "The latitude is beyond 90 degrees: longitude and latitude seem to be swapped."),
        (11, "This coordinate system is not known."),
        (12, "The unit cannot have come so far in this time."),
        (13, "A more exact position is known."),
        (14, "The position is too inexact to be of use."),
        (15, "The position is too inexact to be of use."),
    ]
    assert done.accepted == 1
    assert done.accepted + len(done.ignored) == len(batch)


def where(unit: str = "P1") -> float:
    """Metres north of the start."""
    return round((Unit.objects.get(pk=unit).lat_e7 / 1e7 - LAT) / METRE)


def test_of_one_moment_the_most_exact_counts_in_one_batch_and_in_several(dispatcher: Actor) -> None:
    batch = [fix(north=n, accuracy_m=m) for n, m in ((300, 1038), (0, 22), (100, 600), (20, None))]
    assert report_positions(batch, dispatcher).accepted == 1
    assert (where(), Unit.objects.get(pk="P1").accuracy_m) == (0, 22)
    report_positions([fix("P2", north=300, accuracy_m=1038)], dispatcher)
    assert (where("P2"), Unit.objects.get(pk="P2").accuracy_m) == (300, 1038)
    report_positions([fix("P2", accuracy_m=22)], dispatcher)
    assert report_positions([fix("P2", north=100, accuracy_m=22)], dispatcher).accepted == 0
    assert (where("P2"), Unit.objects.get(pk="P2").accuracy_m) == (0, 22)


def test_a_coarse_fix_replaces_a_good_one_only_when_that_says_no_more(dispatcher: Actor) -> None:
    with clock.at(NOW + 120 * SECOND):
        report_positions([fix(accuracy_m=22), fix(seconds=100, north=300, accuracy_m=1038)], dispatcher)
        assert where() == 0
        report_positions([fix(seconds=102, north=300, accuracy_m=1038)], dispatcher)
        assert (where(), Unit.objects.get(pk="P1").accuracy_m) == (300, 1038)


def test_a_ghost_that_confirms_itself_does_not_keep_a_unit(dispatcher: Actor) -> None:
    """As it was found: true fixes, a silence, a false fix 540 metres away that is repeated, and true fixes again."""
    true = [fix(seconds=n) for n in range(0, 40, 5)]
    ghosts = [fix(seconds=n, north=540) for n in range(100, 180, 5)]
    for fixes in (true, ghosts):
        for one in fixes:
            with clock.at(one.at):
                report_positions([one], dispatcher)
    assert where() == 540  # nothing tells it from the truth
    for n in range(180, 190, 5):
        with clock.at(NOW + n * SECOND):
            report_positions([fix(seconds=n)], dispatcher)
    assert where() == 540
    for n in range(190, 250, 5):
        with clock.at(NOW + (n + 1) * SECOND):
            report_positions([fix(seconds=n), fix(seconds=n + 1, north=540)], dispatcher)
        assert where() == 0
    assert {one.at for one in Track.objects.filter(lat_e7=round(LAT * 1e7))} == {NOW, NOW + 190 * SECOND}


moments = st.builds(
    fix,
    north=st.integers(0, 40).map(lambda n: n * 25.0),
    seconds=st.integers(0, 120).map(float),
    accuracy_m=st.sampled_from([None, 5.0, 40.0, 300.0, 1038.0, math.nan]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(moments, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_a_batch_means_the_same_in_whatever_order_and_however_often(
    dispatcher: Actor, fixes: list[Fix], random: Any
) -> None:
    known = list(Unit.objects.filter(pk="P1").values())
    found = []
    other = [*fixes, *random.sample(fixes, random.randint(0, len(fixes)))]
    random.shuffle(other)
    for batch in (fixes, other):
        Unit.objects.filter(pk="P1").update(**known[0])
        with clock.at(NOW + 120 * SECOND):
            report_positions(batch, dispatcher)
        found.append(list(Unit.objects.filter(pk="P1").values()))
    assert found[0] == found[1]


def test_one_that_stands_is_seen_anew_but_leaves_no_track(dispatcher: Actor) -> None:
    with clock.at(NOW + 60 * SECOND):
        report_positions([fix(seconds=1), fix(north=5, seconds=11), fix(north=25, seconds=21)], dispatcher)
    assert Unit.objects.get(pk="P1").position_at == NOW + 21 * SECOND
    assert [track.at for track in Track.objects.order_by("pk")] == [NOW + SECOND, NOW + 21 * SECOND]


def test_slow_steps_add_up(dispatcher: Actor) -> None:
    with clock.at(NOW + 60 * SECOND):
        report_positions([fix(seconds=n, north=2.9 * n) for n in range(1, 21)], dispatcher)
    assert [track.at for track in Track.objects.order_by("pk")] == [NOW + n * SECOND for n in (1, 7, 13, 19)]


def test_a_crew_reports_its_own_unit_alone(dispatcher: Actor, people: People) -> None:
    crew = crew_of("P1")
    done = report_positions([fix("P1"), fix("P2")], crew)
    assert (done.accepted, [one.unit for one in done.ignored]) == (1, ["P2"])
    for actor in (crew_of("P2", login="other"), people.actor("neighbour"), people.actor("outsider")):
        with pytest.raises(Forbidden):
            report_positions([fix("P1", seconds=1)], actor)


def test_one_that_comes_to_its_case_is_told_so_and_stays_en_route(dispatcher: Actor) -> None:
    case = call(dispatcher, "99010102")
    do(case, "send", dispatcher, units=["P1", "P2"])
    do(case, "en_route", dispatcher, unit="P1")
    lon, lat = point_in("99010102")
    there = [Fix("P1", lon, lat + 79 * METRE, NOW), Fix("P2", lon, lat, NOW)]
    assert report_positions(there, dispatcher).near == (("P1", case.pk),)  # P2 has not said that it is on its way
    assert Unit.objects.get(pk="P1").meaning == "en_route"
    with clock.at(NOW + 60 * SECOND):
        assert report_positions([Fix("P1", lon, lat + 81 * METRE, NOW + 9 * SECOND)], dispatcher).near == ()


def test_a_dwellings_point_is_found_in_the_vault(dispatcher: Actor) -> None:
    lon, lat = point_in("99010102")
    case = call(dispatcher, place={"lon": lon, "lat": lat, "text": "3栋", "kind": "dwelling"})
    assert case.lon_e7 is None
    do(case, "send", dispatcher, units=["P1"])
    do(case, "en_route", dispatcher, unit="P1")
    assert report_positions([Fix("P1", lon, lat, NOW)], dispatcher).near == (("P1", case.pk),)


def test_three_and_three_hundred_fixes_cost_the_same_queries(dispatcher: Actor) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    with clock.at(NOW + timedelta(minutes=50)):
        for size, offset in ((3, 0), (300, 10)):
            batch = [fix(("P1", "P2", "M1")[n % 3], north=n, seconds=offset + n) for n in range(size)]
            with CaptureQueriesContext(connection) as queries:
                assert report_positions(batch, REPLAY).accepted == size
            counts.append(len(queries))
    assert counts[0] == counts[1] == 5  # savepoint, units, positions, tracks, release


def test_too_many_at_once_are_refused(dispatcher: Actor) -> None:
    with pytest.raises(Invalid):
        report_positions([fix()] * 1001, dispatcher)


def test_tracks_are_forgotten_after_days(dispatcher: Actor) -> None:
    report_positions([fix("P1"), fix("P2")], dispatcher)
    Unit.objects.filter(pk="P2").update(position_at=NOW - timedelta(hours=73))
    Track.objects.all().delete()
    unit = Unit.objects.get(pk="P1")
    for hours in (0, 71, 73, 200):
        Track.objects.create(unit=unit, at=NOW - timedelta(hours=hours), lon_e7=0, lat_e7=0)
    assert sum(forget_tracks(days=3)) == 2
    assert [NOW - track.at for track in Track.objects.order_by("-at")] == [timedelta(hours=h) for h in (0, 71)]
    assert [len(unit.courses) for unit in Unit.objects.filter(pk__in=("P1", "P2")).order_by("pk")] == [1, 0]
