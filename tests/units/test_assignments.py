"""Units sent, moved on and cleared by acts on a case."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from blockwise import clock
from blockwise.access.actors import REPLAY, Actor
from blockwise.ledger.lines import data_of
from blockwise.ledger.models import Line
from blockwise.problems import Conflict, Forbidden, Invalid, NotFound, Problem
from blockwise.units.models import Assignment, Shift, Unit
from tests.people import People

from .conftest import NOW, call, crew_of, do

MINUTE = timedelta(minutes=1)


def state(code: str) -> tuple[str, str]:
    unit = Unit.objects.get(pk=code)
    return unit.meaning, unit.status_id


def last_line(thread: str) -> tuple[str, dict[str, object]]:
    line = Line.objects.filter(thread=thread).order_by("-number").first()
    assert line is not None
    return line.act, data_of(line)


def test_sending_assigns_and_the_line_names_the_units(dispatcher: Actor) -> None:
    case = call(dispatcher)
    do(case, "send", dispatcher, units=["P2", "M1"])
    rows = Assignment.objects.order_by("unit").values_list(
        "case", "unit", "assigned_by", "dispatched_at", "rank", "cleared_at"
    )
    assert list(rows) == [
        (case.pk, "M1", dispatcher.id, NOW, None, None),
        (case.pk, "P2", dispatcher.id, NOW, None, None),
    ]
    assert state("M1") == state("P2") == ("committed", "sent")
    assert state("P1") == ("available", "ready")
    act, data = last_line(case.thread)
    assert (act, data["units"], "override" in data) == ("send", ["M1", "P2"], False)
    case.refresh_from_db()
    assert case.stage == "dispatched"


def test_every_time_of_an_assignment_is_kept_and_its_unit_follows(dispatcher: Actor) -> None:
    case = call(dispatcher)
    do(case, "send", dispatcher, units=["M1"])
    acts = {
        "acknowledge": ("committed", "sent"),
        "en_route": ("en_route", "blue_lights"),  # the first by name of the labels that mean it
        "on_scene": ("on_scene", "there"),
        "transport": ("transporting", "carrying"),
        "at_hospital": ("at_hospital", "hospital"),
        "clear": ("available", "ready"),
    }
    for number, (act, wanted) in enumerate(acts.items(), start=1):
        with clock.at(NOW + number * MINUTE):
            do(case, act, dispatcher, unit="M1")
        assert state("M1") == wanted, act
        name, data = last_line(case.thread)
        assert (name, data["unit"]) == (act, "M1")
    kept = Assignment.objects.get()
    times = [
        kept.dispatched_at, kept.acknowledged_at, kept.en_route_at, kept.on_scene_at, kept.transport_at,
        kept.hospital_at, kept.cleared_at,
    ]  # fmt: skip
    assert times == [NOW + number * MINUTE for number in range(7)]
    assert Unit.objects.get(pk="M1").status_at == NOW + 6 * MINUTE
    case.refresh_from_db()
    assert (case.stage, case.final) == ("on_scene", False)  # clearing a unit never closes a case


def test_closing_a_case_clears_its_units_and_no_others(dispatcher: Actor) -> None:
    case, other = call(dispatcher), call(dispatcher)
    do(case, "send", dispatcher, units=["P1", "M1"])
    do(other, "send", dispatcher, units=["P2"])
    do(case, "clear", dispatcher, unit="M1")
    with clock.at(NOW + 9 * MINUTE):
        do(case, "close", dispatcher, outcome="founded")
    cleared = dict(Assignment.objects.values_list("unit", "cleared_at"))
    assert cleared == {"M1": NOW, "P1": NOW + 9 * MINUTE, "P2": None}
    assert (state("P1"), state("P2")) == (("available", "ready"), ("committed", "sent"))
    assert last_line(case.thread)[1]["units"] == ["P1"]


def test_a_busy_unit_is_refused_with_who_has_it_and_since_when(dispatcher: Actor) -> None:
    first, second = call(dispatcher), call(dispatcher)
    do(first, "send", dispatcher, units=["P1"])
    before = Line.objects.count()
    with pytest.raises(Conflict) as refusal:
        do(second, "send", dispatcher, units=["M1", "P1"])
    assert str(refusal.value.what) == f"P1号 has been on case {first.pk} since 10:00:00, sent by Alice."
    assert refusal.value.more == {"unit": "P1", "case": first.pk, "since": NOW.isoformat(), "by": dispatcher.id}
    assert Assignment.objects.count() == 1
    assert (state("M1"), Line.objects.count()) == (("available", "ready"), before)  # nothing half done
    second.refresh_from_db()
    assert second.stage == "received"


def test_the_database_itself_holds_one_assignment_a_unit(dispatcher: Actor) -> None:
    case = call(dispatcher)
    do(case, "send", dispatcher, units=["P1"])
    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.create(case=case, unit_id="P1", assigned_by="x", dispatched_at=NOW)


def test_a_cleared_unit_can_be_sent_again(dispatcher: Actor) -> None:
    first, second = call(dispatcher), call(dispatcher)
    do(first, "send", dispatcher, units=["P1"])
    do(first, "clear", dispatcher, unit="P1")
    do(second, "send", dispatcher, units=["P1"])
    assert list(Assignment.objects.filter(unit="P1").order_by("pk").values_list("case", "cleared_at")) == [
        (first.pk, NOW), (second.pk, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "change", "why"),
    [("P1", "off", "off_duty"), ("P1", "meal", "unavailable"), ("P1", None, "off_shift"), ("V1", None, "off_duty")],
)
def test_one_not_on_shift_or_not_available_goes_only_with_a_recorded_override(
    dispatcher: Actor, code: str, change: str | None, why: str
) -> None:
    if change:
        meaning = {"off": "off_duty", "meal": "unavailable"}[change]
        Unit.objects.filter(pk=code).update(status=change, meaning=meaning)
    else:
        Shift.objects.filter(unit=code).delete()
    case = call(dispatcher)
    with pytest.raises(Conflict) as refusal:
        do(case, "send", dispatcher, units=[code, "P2"])
    assert refusal.value.more == {"unit": code, "why": why}
    with pytest.raises(Conflict):
        do(case, "send", dispatcher, units=[code], override="yes")
    do(case, "send", dispatcher, units=[code, "P2"], override=True)
    assert last_line(case.thread)[1]["override"] == {code: why}
    assert Assignment.objects.filter(cleared_at=None).count() == 2


def test_a_replay_sends_as_it_was_recorded(dispatcher: Actor) -> None:
    case = call(dispatcher)
    do(case, "send", REPLAY, units=["V1"])
    assert last_line(case.thread)[1]["override"] == {"V1": "off_duty"}
    do(case, "clear", REPLAY, unit="V1")
    assert state("V1") == ("off_duty", "off")  # its shift does not run


@pytest.mark.parametrize(
    ("units", "error"),
    [
        (None, Invalid), ([], Invalid), ([""], Invalid), ([1], Invalid), ({"P1": 1}, Invalid), ("", Invalid),
        (["NOPE"], NotFound), (["P1", "p1"], NotFound), (["X" * 30], NotFound), ([f"P{n}" for n in range(51)], Invalid),
    ],
)  # fmt: skip
def test_units_that_are_none_are_refused(dispatcher: Actor, units: object, error: type[Problem]) -> None:
    case = call(dispatcher)
    with pytest.raises(error):
        do(case, "send", dispatcher, units=units)
    assert not Assignment.objects.exists()


def test_a_retired_unit_is_not_there(dispatcher: Actor) -> None:
    Unit.objects.filter(pk="P1").update(retired_on=NOW.date())
    with pytest.raises(NotFound):
        do(call(dispatcher), "send", dispatcher, units=["P1"])


def test_a_unit_that_was_retired_at_work_still_ends_it(dispatcher: Actor) -> None:
    """A changed city folder does not leave a case that nobody can close."""
    first, second = call(dispatcher), call(dispatcher)
    do(first, "send", dispatcher, units=["P1"])
    do(second, "send", dispatcher, units=["P2"])
    Unit.objects.filter(pk__in=["P1", "P2"]).update(retired_on=NOW.date())
    do(first, "clear", dispatcher, unit="P1")
    do(second, "close", dispatcher, outcome="founded")
    assert not Assignment.objects.filter(cleared_at=None).exists()


def test_the_same_unit_twice_in_one_sending_is_sent_once(dispatcher: Actor) -> None:
    do(call(dispatcher), "send", dispatcher, units=["P1", "P1"])
    assert Assignment.objects.count() == 1


class TestSteps:
    def test_a_step_is_told_once(self, dispatcher: Actor) -> None:
        case = call(dispatcher)
        do(case, "send", dispatcher, units=["P1"])
        do(case, "on_scene", dispatcher, unit="P1")
        with pytest.raises(Conflict, match="10:00:00"):
            do(case, "on_scene", dispatcher, unit="P1")

    def test_an_earlier_step_told_later_keeps_its_time_and_does_not_move_the_unit_back(self, dispatcher: Actor) -> None:
        case = call(dispatcher)
        do(case, "send", dispatcher, units=["P1"])
        with clock.at(NOW + 10 * MINUTE):
            do(case, "on_scene", dispatcher, unit="P1", happened_at=NOW + 9 * MINUTE)
            do(case, "en_route", dispatcher, unit="P1", happened_at=NOW + 2 * MINUTE)
        kept = Assignment.objects.get()
        assert (kept.en_route_at, kept.on_scene_at) == (NOW + 2 * MINUTE, NOW + 9 * MINUTE)
        assert (state("P1"), Unit.objects.get(pk="P1").status_at) == (("on_scene", "there"), NOW + 9 * MINUTE)

    @pytest.mark.parametrize(("act", "minutes"), [("en_route", 11), ("clear", 8)])
    def test_a_time_that_does_not_fit_the_others_is_refused(self, dispatcher: Actor, act: str, minutes: int) -> None:
        case = call(dispatcher)
        do(case, "send", dispatcher, units=["P1"])
        with clock.at(NOW + 20 * MINUTE):
            do(case, "on_scene", dispatcher, unit="P1", happened_at=NOW + 9.5 * MINUTE)
            with pytest.raises(Invalid):
                do(case, act, dispatcher, unit="P1", happened_at=NOW + minutes * MINUTE)

    def test_a_clock_less_than_a_minute_behind_is_forgiven(self, dispatcher: Actor) -> None:
        case = call(dispatcher)
        with clock.at(NOW + 2 * MINUTE):
            do(case, "send", dispatcher, units=["P1"])
            claimed = NOW + timedelta(seconds=61)
            do(case, "en_route", dispatcher, unit="P1", happened_at=claimed)
        assert Assignment.objects.get().en_route_at == claimed

    def test_a_step_claimed_for_before_the_call_is_held_at_its_opening(self, dispatcher: Actor) -> None:
        case = call(dispatcher)
        do(case, "send", dispatcher, units=["P1"])
        do(case, "en_route", dispatcher, unit="P1", happened_at=NOW - 2 * MINUTE)
        assert Assignment.objects.get().en_route_at == NOW

    def test_a_replay_keeps_even_impossible_times(self, dispatcher: Actor) -> None:
        case = call(dispatcher)
        do(case, "send", REPLAY, units=["M1"])
        with clock.at(NOW + 30 * MINUTE):
            do(case, "transport", REPLAY, unit="M1", happened_at=NOW + 20 * MINUTE)
            do(case, "at_hospital", REPLAY, unit="M1", happened_at=NOW + 10 * MINUTE)
        kept = Assignment.objects.get()
        assert (kept.transport_at, kept.hospital_at) == (NOW + 20 * MINUTE, NOW + 10 * MINUTE)

    def test_a_unit_that_is_not_on_the_case_is_not_moved_by_it(self, dispatcher: Actor) -> None:
        case, other = call(dispatcher), call(dispatcher)
        do(other, "send", dispatcher, units=["P1"])
        for unit in ("P1", "P2"):
            with pytest.raises(Conflict):
                do(case, "clear", dispatcher, unit=unit)
        with pytest.raises(Invalid):
            do(case, "clear", dispatcher)

    def test_a_label_must_mean_what_the_act_says(self, dispatcher: Actor) -> None:
        case = call(dispatcher)
        do(case, "send", dispatcher, units=["P1"])
        for label in ("ready", "nope", 7, {"a": 1}):
            with pytest.raises(Invalid):
                do(case, "en_route", dispatcher, unit="P1", label=label)
        do(case, "en_route", dispatcher, unit="P1", label="driving")
        assert state("P1") == ("en_route", "driving")


class TestCrews:
    def test_a_crew_moves_its_own_unit_without_naming_it(self, dispatcher: Actor) -> None:
        crew, case = crew_of("P1"), call(dispatcher)
        do(case, "send", dispatcher, units=["P1", "P2"])
        do(case, "en_route", crew)
        assert (state("P1"), state("P2")) == (("en_route", "blue_lights"), ("committed", "sent"))

    def test_a_crew_does_not_move_another_unit_of_the_case(self, dispatcher: Actor) -> None:
        crew, case = crew_of("P1"), call(dispatcher)
        do(case, "send", dispatcher, units=["P1", "P2"])
        with pytest.raises(Forbidden):
            do(case, "en_route", crew, unit="P2")

    def test_a_crew_with_two_units_says_which(self, dispatcher: Actor) -> None:
        crew, case = crew_of("P1", "P2"), call(dispatcher)
        do(case, "send", dispatcher, units=["P1", "P2"])
        with pytest.raises(Invalid):
            do(case, "en_route", crew)
        do(case, "en_route", crew, unit="P2")

    def test_a_crew_sees_a_case_from_its_sending_until_it_is_cleared(self, dispatcher: Actor) -> None:
        from blockwise.access.queries import visible
        from blockwise.cases.models import Case

        crew, case, other = crew_of("P1"), call(dispatcher), call(dispatcher)
        assert not visible(crew, Case.objects.all()).exists()
        do(case, "send", dispatcher, units=["P1"])
        do(other, "send", dispatcher, units=["P2"])
        assert [row.pk for row in visible(crew, Case.objects.all())] == [case.pk]
        do(case, "clear", crew)
        assert not visible(crew, Case.objects.all()).exists()
        with pytest.raises(NotFound):
            do(other, "on_scene", crew)


def test_the_neighbouring_dispatcher_and_the_outsider_send_nothing(dispatcher: Actor, people: People) -> None:
    case = call(dispatcher)
    for name in ("neighbour", "outsider"):
        with pytest.raises(NotFound):
            do(case, "send", people.actor(name), units=["P1"])


def test_a_crew_off_shift_goes_off_duty_when_it_is_cleared(dispatcher: Actor) -> None:
    case = call(dispatcher)
    do(case, "send", dispatcher, units=["P1"])
    Shift.objects.filter(unit="P1").delete()
    do(case, "clear", dispatcher, unit="P1")
    assert state("P1") == ("off_duty", "off")


def test_sending_costs_the_same_queries_for_one_unit_and_for_four(dispatcher: Actor) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for units in (["P1"], ["P2", "P3", "M1", "F1"]):
        case = call(dispatcher)
        with CaptureQueriesContext(connection) as queries:
            do(case, "send", dispatcher, units=units)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_times_are_told_in_the_citys_zone(dispatcher: Actor) -> None:
    case = call(dispatcher)
    with clock.at(datetime(2026, 5, 6, 17, 30, tzinfo=NOW.tzinfo)):
        do(case, "send", dispatcher, units=["P1"])
        with pytest.raises(Conflict, match="01:30:00"):
            do(case, "send", dispatcher, units=["P1"])


def test_a_call_on_which_a_unit_works_is_not_merged_in_silence(dispatcher: Actor) -> None:
    primary, repeat = call(dispatcher), call(dispatcher)
    do(repeat, "send", dispatcher, units=["P1"])
    with pytest.raises(Conflict) as refused:
        do(repeat, "merge", dispatcher, primary=primary.pk)
    assert refused.value.more == {"unit": "P1"}
    do(repeat, "clear", dispatcher, unit="P1")
    do(repeat, "merge", dispatcher, primary=primary.pk)
    repeat.refresh_from_db()
    assert (repeat.stage, repeat.primary_id) == ("merged", primary.pk)
    do(repeat, "unmerge", dispatcher)
    repeat.refresh_from_db()
    assert (repeat.stage, repeat.primary_id) == ("received", None)
