"""Forces of a city folder, taken in as a difference; and people with the units they speak for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from blockwise import clock
from blockwise.access.actors import Actor, actor_for
from blockwise.access.load import People, load_people
from blockwise.access.models import Grant, User
from blockwise.cases.models import Case
from blockwise.exchange.folder.rows import PersonRow, RosterRow, StatusRow
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.ledger.verify import verify_database
from blockwise.places.difference import Difference
from blockwise.places.models import City
from blockwise.problems import Invalid, Problem
from blockwise.rooms import Role
from blockwise.units.actions import set_status, turn_shifts
from blockwise.units.models import Assignment, Crew, Shift, Station, Status, Unit
from blockwise.units.queries import board, candidates
from blockwise.units.shifts import on_shift
from tests.forces import CONTENT, crew_row, make_forces, station, unit
from tests.people import PASSWORD, person, point_in
from tests.recorded import on_record

from .conftest import call, do

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_a_second_load_changes_and_records_nothing(city: City) -> None:
    first, lines = make_forces(), Line.objects.count()
    again = make_forces()
    assert (first.changed, again.changed, Line.objects.count()) == (True, False, lines)
    assert data_of(Line.objects.get(act="forces_loaded"))["units"] == {"added": 6, "changed": 0, "gone": 0}


def test_a_unit_stands_at_its_station_until_it_reports(city: City) -> None:
    make_forces()
    lon, lat = point_in("99010101")
    shown = Unit.objects.get(pk="P1")
    assert (shown.block_id, shown.lon_e7, shown.lat_e7, shown.position_at) == (
        "99010101", round(lon * 1e7), round(lat * 1e7), None,
    )  # fmt: skip
    Unit.objects.filter(pk="P2").update(position_at=clock.now(), lon_e7=1, lat_e7=2)
    make_forces(stations=(station("SW", "99010202"), CONTENT.stations[1]))
    assert Unit.objects.get(pk="P1").block_id == "99010202"
    assert Unit.objects.values_list("lon_e7", "lat_e7").get(pk="P2") == (1, 2)


def test_what_a_unit_is_doing_outlives_a_load(city: City) -> None:
    make_forces()
    Unit.objects.filter(pk="P1").update(status="there", meaning="on_scene")
    changed = make_forces(units=(unit("P1", call_sign="新号"), *CONTENT.units[1:])).tables["units"]
    assert changed == Difference((), ("P1",), ())
    one = Unit.objects.get(pk="P1")
    assert (one.call_sign, one.status_id, one.meaning) == ("新号", "there", "on_scene")


def test_units_and_stations_retire_and_come_back(city: City) -> None:
    make_forces()
    fewer = tuple(row for row in CONTENT.units if row.code != "F1")
    roster = tuple(row for row in CONTENT.roster if row.unit != "F1")
    assert make_forces(units=fewer, roster=roster).tables["units"] == Difference((), (), ("F1",))
    gone = Unit.objects.get(pk="F1")
    assert gone.retired_on == clock.now().astimezone(SHANGHAI).date()
    assert not make_forces(units=fewer, roster=roster).changed
    assert make_forces().tables["units"].changed == ("F1",)
    assert Unit.objects.get(pk="F1").retired_on is None
    assert Station.objects.count() == 2


def test_shifts_follow_the_roster(city: City) -> None:
    make_forces()
    roster = (*CONTENT.roster[1:], RosterRow("P1", (0, 6), time(8), time(20)))
    done = make_forces(roster=roster).tables["shifts"]
    assert done.added == (("P1", "06", time(8), time(20)),)
    assert done.gone == (("P1", "0123456", time(0), time(0)),)
    assert Shift.objects.filter(unit="P1").count() == 1


def test_a_label_that_goes_leaves_its_units_another_of_its_meaning(city: City) -> None:
    make_forces()
    Unit.objects.filter(pk="P1").update(status="returning")
    without = tuple(row for row in CONTENT.statuses if row.label != "returning")
    assert make_forces(statuses=without).tables["statuses"] == Difference((), (), ("returning",))
    assert Unit.objects.get(pk="P1").status_id == "ready"
    assert not Status.objects.filter(pk="returning").exists()


def test_the_last_label_of_a_meaning_in_use_cannot_go(city: City) -> None:
    make_forces()
    Unit.objects.filter(pk="P1").update(status="meal", meaning="unavailable")
    with pytest.raises(Invalid, match="meal"):
        make_forces(statuses=tuple(row for row in CONTENT.statuses if row.label != "meal"))
    assert Status.objects.filter(pk="meal").exists()


def test_a_renamed_label_is_swapped_in_one_load(city: City) -> None:
    make_forces()
    Unit.objects.filter(pk="P1").update(status="meal", meaning="unavailable")
    lunch = StatusRow("lunch", "午饭", "Lunch", "unavailable")
    make_forces(statuses=tuple(lunch if row.label == "meal" else row for row in CONTENT.statuses))
    assert Unit.objects.get(pk="P1").status_id == "lunch"


def test_a_station_outside_the_city_is_refused_and_nothing_is_kept(city: City) -> None:
    outside = replace(CONTENT.stations[0], lon=0.0, lat=0.0)
    with pytest.raises(Invalid, match="SW"):
        make_forces(stations=(outside, CONTENT.stations[1]))
    assert not Unit.objects.exists()
    assert not Status.objects.exists()


def test_crews_follow_the_folder(city: City) -> None:
    for login in ("ann", "ben"):
        person(login, ("crew", "99"))
    make_forces(people=(crew_row("ann", "P1"), crew_row("ann", "P2"), SimpleNamespace(login="ben", unit=None)))
    assert actor_for(User.objects.get(login="ann")).units == {"P1", "P2"}
    done = make_forces(people=(crew_row("ann", "P2"), crew_row("ben", "P1")))
    assert done.tables["crews"] == Difference((("ben", "P1"),), (), (("ann", "P1"),))
    assert actor_for(User.objects.get(login="ben")).units == {"P1"}
    assert Crew.objects.count() == 2


def row(login: str, role: str, block: str, starts: date | None = None, ends: date | None = None) -> PersonRow:
    return PersonRow(login, login.title(), "", role, block, starts, ends, None, "")


ROWS = (row("ann", "crew", "99"), row("ann", "dispatcher", "9901"), row("ben", "analyst", "99", ends=date(2026, 5, 6)))


class TestPeople:
    @pytest.fixture(autouse=True)
    def _city(self, city: City) -> None:
        pass

    def test_people_come_with_their_roles_and_a_second_time_nothing_changes(self) -> None:
        with clock.at(datetime(2026, 5, 6, 2, tzinfo=UTC)):
            assert load_people(ROWS, SHANGHAI, PASSWORD) == People(2, 3, 0)
            lines = Line.objects.count()
            assert load_people(ROWS, SHANGHAI, PASSWORD) == People(0, 0, 0)
        assert Line.objects.count() == lines == 5
        ann = User.objects.get(login="ann")
        assert ann.check_password(PASSWORD)
        assert actor_for(ann).roles() == {"crew", "dispatcher"}

    def test_without_a_password_nobody_gets_in(self) -> None:
        load_people(ROWS, SHANGHAI)
        assert not User.objects.get(login="ann").has_usable_password()

    def test_a_last_day_is_included(self) -> None:
        with clock.at(datetime(2026, 5, 6, 2, tzinfo=UTC)):
            load_people(ROWS, SHANGHAI)
        ben = User.objects.get(login="ben")
        with clock.at(datetime(2026, 5, 6, 15, 59, 59, tzinfo=UTC)):
            assert actor_for(ben).roles() == {"analyst"}
        with clock.at(datetime(2026, 5, 6, 16, tzinfo=UTC)):
            assert actor_for(ben).roles() == set()

    def test_roles_of_the_folder_hold_in_a_replay_of_years_ago(self) -> None:
        load_people(ROWS, SHANGHAI)
        with clock.at(datetime(2018, 1, 8, tzinfo=UTC)):
            assert actor_for(User.objects.get(login="ann")).roles() == {"crew", "dispatcher"}

    def test_what_left_the_folder_ends_and_what_was_given_by_hand_stays(self) -> None:
        load_people(ROWS, SHANGHAI)
        ann = User.objects.get(login="ann")
        Grant.objects.create(user=ann, role="oversight", block_id="99", starts_at=clock.now(), granted_by="user:1")
        assert load_people(ROWS[:1], SHANGHAI) == People(0, 0, 1 + (clock.now() < datetime(2026, 5, 6, 16, tzinfo=UTC)))
        assert actor_for(ann).roles() == {"crew", "oversight"}
        assert User.objects.count() == 2

    def test_a_new_name_is_taken_over_and_a_password_is_not_touched(self) -> None:
        load_people(ROWS, SHANGHAI, PASSWORD)
        renamed = tuple(replace(one, name="安") if one.login == "ann" else one for one in ROWS)
        assert load_people(renamed, SHANGHAI, "another password") == People(1, 0, 0)
        ann = User.objects.get(login="ann")
        assert (ann.name, ann.check_password(PASSWORD)) == ("安", True)


class TestRemovedAndAddedAgain:
    """F1 has worked on a case and is left out of the folder for some days."""

    @pytest.fixture
    def case(self, dispatcher: Actor) -> Case:
        user = person("fire", (Role.CREW, "99"))
        make_forces(people=(crew_row("fire", "F1"),))
        case = call(dispatcher, type="fire.building")
        do(case, "send", dispatcher, units=["F1"])
        do(case, "on_scene", actor_for(user), unit="F1")
        do(case, "clear", dispatcher, unit="F1")
        set_status("F1", "meal", dispatcher)
        return case

    @pytest.fixture
    def gone(self, case: Case) -> Case:
        fewer = tuple(row for row in CONTENT.units if row.code != "F1")
        roster = tuple(row for row in CONTENT.roster if row.unit != "F1")
        with clock.at(clock.now() + timedelta(days=1)):
            make_forces(units=fewer, roster=roster)
        return case

    def test_it_is_nowhere_meanwhile(self, gone: Case, dispatcher: Actor) -> None:
        assert "F1" not in candidates(clock.now()).code
        assert "F1" not in [one.unit.pk for one in board(dispatcher)]
        assert actor_for(User.objects.get(login="fire")).units == frozenset()
        with pytest.raises(Problem):
            set_status("F1", "ready", dispatcher)
        with pytest.raises(Problem):
            do(gone, "send", dispatcher, units=["F1"])

    def test_it_comes_back_as_the_one_it_was(self, gone: Case, dispatcher: Actor) -> None:
        before = Line.objects.filter(thread="unit:F1").count()
        loaded = make_forces(people=(crew_row("fire", "F1"),))
        assert (loaded.tables["units"], Unit.objects.count()) == (Difference((), ("F1",), ()), len(CONTENT.units))
        again = Unit.objects.get(pk="F1")
        assert (again.retired_on, again.status_id, again.meaning) == (None, "meal", "unavailable")
        assert list(Assignment.objects.filter(unit="F1").values_list("case", flat=True)) == [gone.pk]
        assert actor_for(User.objects.get(login="fire")).units == {"F1"}
        set_status("F1", "ready", dispatcher)
        numbers = Line.objects.filter(thread="unit:F1").order_by("number").values_list("thread_number", flat=True)
        assert list(numbers) == list(range(1, before + 2))
        do(call(dispatcher, type="fire.building"), "send", dispatcher, units=["F1"])
        assert Assignment.objects.filter(unit="F1").count() == 2

    def test_it_comes_on_duty_by_its_roster_as_before(self, gone: Case) -> None:
        with on_record():
            Unit.objects.filter(pk="F1").update(status="off", meaning="off_duty")
        with clock.at(clock.now() + timedelta(days=3)):
            make_forces()
            turn_shifts(clock.now())
            assert Unit.objects.get(pk="F1").meaning == "available"
            assert "F1" in on_shift(clock.now())

    def test_the_record_bears_what_it_is_then(self, gone: Case, dispatcher: Actor) -> None:
        make_forces()
        set_status("F1", "ready", dispatcher)
        assert verify_database().fault is None
